#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/direct/symbolic.hpp"
#include "lacuna/ordering/matching.hpp"
#include "lacuna/ordering/weighted_matching.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Analysis of a symmetric indefinite matrix, in slices. Where no diagonal entry is weak, that is
/// `Symbolic`. Otherwise rows whose diagonal entry is no pivot, as those of constraints, are first
/// paired with others: along the cycles of a matching of largest product, two neighbors are a pivot
/// of two columns in waiting (Duff & Pralet, SIMAX 27, 2005). The rows of a pair are given the same
/// pattern, so that orderings see twins and keep them together.
///
/// Values are hints: with others on the same pattern the analysis stays valid, with more columns
/// passed on. O(nnz) beyond `WeightedMatching` and `Symbolic`.
class LdltAnalysis {
 public:
  /// Magnitude of a diagonal entry, as a share of the largest of its row, below which it is weak.
  static constexpr double weak_diagonal = 0.01;

  /// For a symmetric matrix. The view and the caller's permutation have to stay alive until the
  /// last step. `not_square`, the faults of `OrderingTask`, `out_of_memory`.
  Fault begin(const CsrView& a, const Ordering& ordering);

  /// `failed` with `fault()`: `singular_matrix` and the first row that the largest matching of rows
  /// with columns leaves over, see `rank`; `out_of_memory`, `invalid_size`.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  double progress() const { return stage_ == Stage::symbolic ? symbolic_.progress() : 0; }

  /// Once done.
  Supernodes take() { return symbolic_.take(); }
  OrderingKind chosen() const { return symbolic_.chosen(); }
  /// Structural rank where it falls short, −1 otherwise.
  std::int64_t rank() const { return rank_; }
  std::int64_t pairs() const { return pairs_; }

 private:
  enum class Stage { look, match, weigh, count, fill, symbolic };

  TaskState fail(Fault fault);
  void look_at_row(std::int32_t i);
  void pair_up(const Matching& matching);
  void pair_cycle(const Matching& matching, std::int32_t start);
  std::int32_t merge_row(std::int32_t i);
  Fault begin_pattern();
  Fault end_pattern();
  Fault begin_symbolic(const CsrView& pattern);

  std::optional<CsrView> a_;
  Ordering ordering_;
  Stage stage_ = Stage::look;
  Fault fault_;
  std::int32_t at_ = 0;
  std::int64_t rank_ = -1;
  std::int64_t pairs_ = 0;
  bool absent_ = false;        // a diagonal entry is
  bool weak_ = false;          // a diagonal entry is
  Buffer<double> strength_;    // of diagonal entries, as a share of the largest of the row
  Buffer<std::int32_t> mate_;  // of rows in pairs, negative for others
  std::int64_t nnz_ = 0;       // of the pattern in which mates are twins, as far as it is known
  CsrParts parts_;
  MaximumMatching matcher_;
  WeightedMatching weigher_;
  std::optional<CsrMatrix> pattern_;
  Symbolic symbolic_;
};

}  // namespace lacuna
