#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/matching.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Rows matched with columns such that the product of the |aᵢⱼ| on the matching is largest, and
/// scalings r, c for which |rᵢ·aᵢⱼ·cⱼ| is 1 on the matching and at most 1 elsewhere, up to the
/// rounding of the logarithms (relative 10⁻¹³ or so). Explicit zeros do not count as entries.
///
/// With cᵢⱼ = log maxₖ|aᵢₖ| − log|aᵢⱼ| this is an assignment problem, solved by shortest
/// augmenting paths with dual variables (Dijkstra's algorithm on a binary heap), whose duals are
/// the logarithms of the scalings (Duff & Koster, "On algorithms for permuting large entries to
/// the diagonal of a sparse matrix", SIMAX 22, 2001). Where no perfect matching exists, the result
/// is one of the largest size, not of the largest product, and unmatched rows and columns are
/// scaled like the others.
///
/// O(n·nnz·log n) at worst, as a rule far less; nnz + 3·n doubles and 5·n integers.
class WeightedMatching {
 public:
  /// The view has to stay alive until the last step. Without `scalings` only the matching is made.
  /// `not_square`, `out_of_memory`.
  Status begin(const CsrView& a, bool scalings = true);

  /// Never fails.
  TaskState step(Budget& budget);

  double progress() const { return view_ ? static_cast<double>(root_) / view_->rows() : 0; }
  /// Lines are rows, indices are columns.
  Matching take() { return std::move(matching_); }
  Buffer<double> take_row_scale() { return std::move(row_dual_); }
  Buffer<double> take_col_scale() { return std::move(col_dual_); }

 private:
  enum class Stage { costs, row_duals, search, scale, done };

  void take_costs(std::int32_t row);
  void open_row(std::int32_t row);
  void start(std::int32_t row);
  /// Extends the paths through one row.
  void relax(std::int32_t row, double base);
  /// Goes on with the nearest column; false once the search has ended.
  bool advance(double& work);
  void augment();

  bool before(std::int32_t i, std::int32_t j) const {
    return distance_[i] < distance_[j] || (distance_[i] == distance_[j] && i < j);
  }
  void lift(std::int32_t at);
  std::int32_t pop();

  std::optional<CsrView> view_;
  Stage stage_ = Stage::done;
  std::int32_t root_ = 0;
  bool searching_ = false;
  bool scalings_ = true;
  Matching matching_;
  Buffer<double> cost_;      // by entry
  Buffer<double> row_dual_;  // in the end, the scalings
  Buffer<double> col_dual_;
  Buffer<double> largest_;        // of each row, its logarithm
  Buffer<double> distance_;       // of columns reached
  Buffer<std::int32_t> from_;     // row from which a column was reached
  Buffer<std::int32_t> reached_;  // root of the last search that reached the column
  Buffer<std::int32_t> heap_;
  Buffer<std::int32_t> place_;    // of a reached column in the heap, −1 once settled
  Buffer<std::int32_t> settled_;  // columns whose distance is final
  std::int32_t heap_size_ = 0;
  std::int32_t settled_count_ = 0;
  double best_ = 0;  // distance of the nearest free column
  std::int32_t best_col_ = -1;
};

}  // namespace lacuna
