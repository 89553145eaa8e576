#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/lu_analysis.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"
#include "lacuna/direct/lu_solve.hpp"
#include "lacuna/direct/numeric_lu.hpp"

namespace lacuna {

/// How LU factors.
struct LuOptions {
  LuKernel kernel = LuKernel::automatic;
  PivotTolerance tolerance;
  /// Bytes that a factorization with blocks by columns may come to allocate
  /// (`FactorInfo::peak_bytes`), which nobody knows before: `over_budget` where the next column
  /// could need more.
  double max_bytes = std::numeric_limits<double>::infinity();
};

/// How the factors in use came about.
enum class LuRoute : std::int8_t {
  fresh,     ///< pivots chosen for these values
  reused,    ///< the earlier pivots, each of which passed its threshold again
  fallback,  ///< chosen anew, because an earlier pivot did not pass
  strict,    ///< chosen anew with `LuFactorization::strict`, because elements had grown
};

/// Sparse LU of a square matrix with threshold pivoting: R the diagonal of row scalings (powers of
/// two), P and Q permutations to block upper triangular form, P·R·A·Q = L·U in each diagonal block,
/// entries above the blocks kept as they are (the design of KLU: Davis & Palamadai Natarajan, TOMS
/// 37, 2010). A block is factored by columns (`ColumnLu`) or by dense fronts (`FrontLu`), see
/// `LuAnalysis`.
///
/// New values on an analyzed and factored pattern keep the pivots of column blocks as long as each
/// passes the test that its diagonal had to pass; where one does not, all are chosen anew. Where
/// the elements of a fresh factorization have grown beyond `growth_limit`, it is repeated with the
/// thresholds `strict`, and the better of the two is kept.
///
/// Both phases run in slices: `begin_…`, then `step` until it does not return `running`. A
/// factorization that fails or is given up leaves the earlier one in use: the new factors are built
/// beside the old ones, and `out_of_memory` is the answer where both do not fit.
class LuFactorization final : public Factorization {
 public:
  explicit LuFactorization(const LuOptions& options = {}) : options_(options) {}

  static constexpr double growth_limit = 1e-8;
  static constexpr PivotTolerance strict = {1, 0.5};

  /// Starts the analysis of a pattern; the view has to stay alive until its last step. Faults: see
  /// `LuAnalysis`.
  Fault begin_analyze(const CsrView& a) override;

  /// Starts the factorization of a matrix with the pattern analyzed last; the view has to stay
  /// alive until the last step. `not_ready`, `shape_mismatch`, `out_of_memory`.
  Fault begin_factorize(const CsrView& a) override;

  /// `done`, also where nothing is under way, or `failed` with `fault()`: `singular_matrix` with
  /// the column of A that has no pivot (or is left over by the matching, see `deficiency`) and the
  /// largest candidate in `failed_pivot()`; `not_finite` with the column in which elements
  /// overflow; `out_of_memory`.
  TaskState step(Budget& budget) override;

  void cancel() override;

  Fault fault() const override { return fault_; }
  /// Share of the phase under way.
  double progress() const override;

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override;
  /// X ← A⁻¹B or A⁻ᵀB for k right-hand sides, column by column; B and X may be the same.
  Status solve_columns(std::span<const double> b, std::span<double> x, std::int32_t k,
                       bool transposed);
  std::unique_ptr<Substitution> substitution() override;
  bool has_substitution() const override { return true; }
  bool solves_transposed() const override { return true; }
  FactorInfo info() const override;

  /// Takes over factors that were computed before (see `LuImport`), in place of any other.
  /// `out_of_memory`.
  Fault adopt(std::unique_ptr<LuPlan>&& plan, std::unique_ptr<LuFactors<double>>&& factors,
              std::unique_ptr<ColumnPattern>&& pattern, LuRoute route) {
    cancel();
    next_plan_ = std::move(plan);
    return fault_ = keep(std::move(factors), std::move(pattern), route);
  }

  bool factored() const { return factors_ != nullptr; }
  LuRoute route() const { return route_; }
  /// Of the factors in use.
  const LuQuality& quality() const { return factors_->quality; }
  const LuFactors<double>& factors() const { return *factors_; }
  /// The plan in use; null before the first factorization.
  const LuPlan* plan() const { return plan_.get(); }
  /// Of the analysis that was last, whether it has been factored by or not.
  const LuPlan& analyzed() const { return active(); }
  /// Estimate of 1/(‖A‖₁·‖A⁻¹‖₁) by `OneNormEstimate`, for the matrix factored last: four or five
  /// solves as a rule. `not_ready`, `out_of_memory`.
  Result<double> reciprocal_condition(const CsrView& a);
  /// From the pivots, scalings and permutations in use.
  std::optional<Determinant> determinant() const override;
  const StructuralDeficiency& deficiency() const { return deficiency_; }
  /// Magnitude of the largest candidate for the pivot that failed.
  double failed_pivot() const override { return numeric_.failed_pivot(); }

 private:
  enum class Stage { idle, analyze, numbers };

  const LuPlan& active() const { return next_plan_ ? *next_plan_ : *plan_; }
  TaskState fail(Fault fault);
  Fault begin_numbers(bool reuse);
  Fault begin_anew(LuRoute route, double spent);
  /// Next stage after all blocks: done, or once more with stricter thresholds.
  Fault finish();
  Fault keep(std::unique_ptr<LuFactors<double>>&& factors, std::unique_ptr<ColumnPattern>&& pattern,
             LuRoute route);

  LuOptions options_;
  Fault fault_;
  Stage stage_ = Stage::idle;
  std::optional<CsrView> view_;
  StructuralDeficiency deficiency_;
  double predicted_nnz_ = -1;
  double predicted_flops_ = -1;

  // In use.
  std::unique_ptr<LuPlan> plan_;
  std::unique_ptr<LuFactors<double>> factors_;
  std::unique_ptr<ColumnPattern> pattern_;
  LuRoute route_ = LuRoute::fresh;
  LuSolve<double> solver_;

  // Under way.
  LuAnalysis analysis_;
  std::unique_ptr<LuPlan> next_plan_;  // analyzed, but not factored yet
  NumericLu<double> numeric_;
  bool reuses_ = false;
  LuRoute next_route_ = LuRoute::fresh;
  PivotTolerance tolerance_;
  // Finished, but with growth: in use if the stricter one is no better.
  std::unique_ptr<LuFactors<double>> grown_factors_;
  std::unique_ptr<ColumnPattern> grown_pattern_;
  LuRoute grown_route_ = LuRoute::fresh;
};

}  // namespace lacuna
