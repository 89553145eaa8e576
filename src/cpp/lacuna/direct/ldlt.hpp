#pragma once
#include <memory>
#include <optional>

#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/ldlt_analysis.hpp"
#include "lacuna/direct/ldlt_factors.hpp"
#include "lacuna/direct/ldlt_fronts.hpp"
#include "lacuna/direct/supernodal_solve.hpp"

namespace lacuna {

/// L·D·Lᵀ of a symmetric matrix, definite or not, zeros on its diagonal included: `LdltAnalysis`,
/// `FrontLdlt` and `SupernodalSolve` behind the interface of all direct methods. Every phase runs
/// in slices. About the flops of Cholesky, and more by every column that is passed on.
///
/// Where the smallest pivot keeps less than half the digits, the scaling may have hidden the
/// others: the numbers are computed once more with that of a matching, if it differs, and the
/// factor of the larger smallest pivot is kept. That takes the time and memory of two; where memory
/// is short, and where the matrix is scaled well, the first one stays.
///
/// A new factor is computed beside the earlier one where memory allows, so that one that fails or
/// is not finished leaves the earlier one in force; where it does not, in its place.
class Ldlt final : public Factorization {
 public:
  Fault begin_analyze(const CsrView& a) override;
  Fault begin_factorize(const CsrView& a) override;
  TaskState step(Budget& budget) override;
  Fault fault() const override { return fault_; }
  double progress() const override;
  void cancel() override;

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override;
  std::unique_ptr<Substitution> substitution() override;
  bool has_substitution() const override { return true; }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override;
  std::optional<Determinant> determinant() const override;
  double failed_pivot() const override { return failed_pivot_; }

  /// Takes over factors that were computed before (see `LdltImport`), in place of any other, with
  /// the tree that they were computed by. `out_of_memory`.
  Fault adopt(Supernodes&& tree, std::unique_ptr<LdltFactors<double>>&& factors,
              OrderingKind ordering, std::int64_t pairs);

  /// Of the analysis.
  const Supernodes& tree() const { return tree_; }
  /// Null before the first factorization that succeeded.
  const LdltFactors<double>* factors() const { return factors_.get(); }
  /// Gives the structure of the factors what `ReachSolve` and `InverseEntries` go by, if it has not
  /// got it: position, supernodes of pivots and their tree, entries and flops of the panels. O(n).
  /// `out_of_memory`.
  Status link_tree();
  /// Rows that the analysis paired for pivots of two columns.
  std::int64_t pairs() const { return pairs_; }

 private:
  TaskState end(Fault fault);
  Fault end_analysis();
  TaskState step_analysis(Budget& budget);
  TaskState step_numeric(Budget& budget);
  TaskState step_scaling(Budget& budget);
  TaskState keep_best();

  Fault fault_;
  bool analyzed_ = false;
  std::int64_t rank_ = -1;
  std::int64_t pairs_ = 0;
  double peak_bytes_ = -1;
  double failed_pivot_ = 0;
  OrderingKind chosen_ = OrderingKind::automatic;
  Supernodes tree_;
  std::unique_ptr<LdltAnalysis> analysis_;      // under way
  std::unique_ptr<FrontLdlt<double>> numeric_;  // under way
  std::optional<CsrView> a_;
  bool rescaling_ = false;  // under way
  SymmetricScaling scaling_;
  std::unique_ptr<LdltFactors<double>> best_;  // of those under way
  Fault best_fault_;
  std::unique_ptr<LdltFactors<double>> factors_;
  SupernodalSolve<double> solve_;
};

}  // namespace lacuna
