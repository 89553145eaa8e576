#pragma once
#include <memory>

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

  /// Null before the first factorization that succeeded.
  const LdltFactors* factors() const { return factors_.get(); }
  /// Rows that the analysis paired for pivots of two columns.
  std::int64_t pairs() const { return pairs_; }

 private:
  TaskState end(Fault fault);

  Fault fault_;
  bool analyzed_ = false;
  std::int64_t rank_ = -1;
  std::int64_t pairs_ = 0;
  double peak_bytes_ = -1;
  double failed_pivot_ = 0;
  OrderingKind chosen_ = OrderingKind::automatic;
  Supernodes tree_;
  std::unique_ptr<LdltAnalysis> analysis_;  // under way
  std::unique_ptr<FrontLdlt> numeric_;      // under way
  std::unique_ptr<LdltFactors> factors_;
  SupernodalSolve solve_;
};

}  // namespace lacuna
