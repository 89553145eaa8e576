#pragma once
#include <limits>
#include <memory>
#include <optional>

#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/qr_analysis.hpp"
#include "lacuna/direct/qr_fronts.hpp"
#include "lacuna/direct/qr_null_basis.hpp"
#include "lacuna/direct/qr_solve.hpp"

namespace lacuna {

/// How QR factors.
struct QrOptions {
  /// Norm up to which what is left of a column counts as nothing; negative: 20·(m + n)·ε·maxⱼ‖aⱼ‖₂
  /// (Davis, TOMS 38, 2011), aⱼ the columns, or the rows where there are fewer.
  double tolerance = -1;
  QrStorage storage = QrStorage::automatic;
  /// For `automatic`: reflections that would take more bytes are not kept.
  double most_bytes = 1024.0 * 1024 * 1024;
  /// For `automatic`: they are not kept either where all would take more than that.
  double max_bytes = std::numeric_limits<double>::infinity();
  /// With false, what depends on dependent columns is 0 (a basic solution), and no null space is
  /// computed.
  bool minimum_norm = true;
};

/// Sparse QR of any matrix, for least squares and minimum norm: A⁺b and (Aᵀ)⁺b. A matrix with fewer
/// rows than columns is factored as its transpose. See `QrAnalysis`, `QrFronts`, `QrSolve`.
///
/// Columns are not exchanged for their size: where independent ones come close to dependent, more
/// may be left of a dependent one than the tolerance, and the rank is told too large.
///
/// `info().rank` is the number of independent columns found; `nnz` counts R and the reflections,
/// after the analysis as if all were independent. New values on an analyzed pattern keep its
/// analysis, unless a singleton pivot is too small now. Both phases run in slices. A factorization
/// that fails leaves the earlier one in use: the new one is built beside it.
///
/// Where columns are dependent, a basis of the null space is computed, at most (cols − rank)·cols
/// numbers and as many solves with R as there are dependent columns, and its own QR.
class QrFactorization final : public Factorization {
 public:
  explicit QrFactorization(const QrOptions& options = {}) : options_(options) {}

  Fault begin_analyze(const CsrView& a) override;
  /// `not_ready`, `shape_mismatch`, `out_of_memory`.
  Fault begin_factorize(const CsrView& a) override;
  TaskState step(Budget& budget) override;
  Fault fault() const override { return fault_; }
  double progress() const override;

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override;
  std::unique_ptr<Substitution> substitution() override;
  bool has_substitution() const override { return true; }
  bool solves_transposed() const override { return true; }
  FactorInfo info() const override;

  /// Begins to take over factors that were computed before (see `QrImport`), in place of any other:
  /// what else belongs to them is computed, in steps. The view has to stay alive. `out_of_memory`.
  Fault begin_adopt(const CsrView& a, std::unique_ptr<QrPlan> plan, QrFactors&& factors);

  /// True where the answers come from the seminormal equations: the reflections were not kept.
  bool seminormal() const { return made_ && made_->matrix.has_value(); }
  /// Of the factors in use; null before the first factorization.
  const QrPlan* plan() const { return plan_.get(); }
  const QrFactors* factors() const { return made_ ? &made_->factors : nullptr; }
  /// Norm up to which columns counted as dependent.
  double tolerance() const { return made_ ? made_->factors.tolerance : -1; }

 private:
  enum class Stage { idle, measure, analyze, fronts, null_basis, null_space };

  /// What a factorization makes.
  struct Made {
    QrFactors factors;
    std::optional<CsrMatrix> matrix;
    std::optional<CsrMatrix> basis;
    std::unique_ptr<QrFactorization> null_space;
  };

  const QrPlan& active() const { return next_plan_ ? *next_plan_ : *plan_; }
  QrAnswer answer() const;
  double peak_bytes(bool reflections) const;
  bool keeps_reflections() const;
  Fault begin_measure(const CsrView& a);
  Fault begin_analysis();
  void measure_row(std::int32_t i);
  Fault end_measure();
  bool singles_hold() const;
  Fault begin_fronts();
  Fault end_fronts();
  Fault begin_null_space();
  Fault finish();
  TaskState end(Fault fault);

  QrOptions options_;
  Fault fault_;
  Stage stage_ = Stage::idle;
  std::optional<CsrView> a_;

  // In use.
  std::unique_ptr<QrPlan> plan_;
  std::unique_ptr<Made> made_;

  // Under way.
  bool analyzing_ = false;
  std::unique_ptr<QrAnalysis> analysis_;
  std::unique_ptr<QrPlan> next_plan_;  // analyzed, but not factored yet
  std::unique_ptr<Made> next_;
  std::unique_ptr<QrFronts> fronts_;
  std::unique_ptr<QrNullBasis> basis_;
  std::int32_t at_ = 0;
  double largest_ = 0;
  double scale_ = 1;
  double tolerance_ = 0;
  Buffer<double> squares_;  // of columns
};

}  // namespace lacuna
