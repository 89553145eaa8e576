#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "lacuna/base/meter.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/lu_columns.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_fronts.hpp"
#include "lacuna/direct/lu_plan.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// One run of the numeric phase of LU by a plan, in slices: scales the rows, copies what stands
/// above the diagonal blocks, and factors these one after the other. `Real` is that of the fronts;
/// blocks by columns are in double precision always.
template <class Real>
class NumericLu {
 public:
  struct Settings {
    PivotTolerance tolerance;
    const double* values = nullptr;  ///< on the pattern of A instead of its own, where given
    double max_bytes = std::numeric_limits<double>::infinity();  ///< see `LuOptions`
    /// Of an earlier run by this plan: its pivots of column blocks are to be used again. Null: all
    /// are chosen.
    ColumnPattern* pattern = nullptr;
    double column_bytes = -1;  ///< of that run
  };

  /// Everything has to stay alive until the last step. `out_of_memory`.
  Status begin(const LuPlan& plan, const CsrView& a, const Settings& settings);

  /// `failed` with `fault()`: `singular_matrix` or `not_finite` with the column of A that has no
  /// pivot, `failed_pivot()` the largest candidate; `zero_pivot` where one of an earlier run does
  /// not pass; `over_budget`, `out_of_memory`.
  TaskState step(Meter& meter);
  void cancel();

  Fault fault() const { return fault_; }
  double failed_pivot() const { return failed_pivot_; }
  /// That there may be in the end, of a run that was over budget.
  double refused_bytes() const { return refused_bytes_; }
  double progress() const;

  /// What there is of them; null where nothing has begun.
  LuFactors<Real>* factors() { return factors_.get(); }
  std::unique_ptr<LuFactors<Real>> take() { return std::move(factors_); }
  /// Of pivots that were chosen, by columns.
  std::unique_ptr<ColumnPattern> take_pattern() { return std::move(pattern_); }

 private:
  enum class Stage { scale, outer, blocks, columns, refactor, fronts, done };

  bool reuses() const { return settings_.pattern != nullptr; }
  bool allocate_columns();
  Fault advance(double& work);
  Fault begin_block();
  Fault begin_fronts();
  Fault pivot_fault(Status status, PivotFailure failure);
  bool fits_budget(std::int32_t k);
  double scale_row(std::int32_t k);
  double copy_outer(std::int32_t k);
  void finish();

  const LuPlan* plan_ = nullptr;
  const std::int32_t* indptr_ = nullptr;
  const double* values_ = nullptr;
  Settings settings_;
  Stage stage_ = Stage::done;
  Fault fault_;
  double failed_pivot_ = 0;
  double refused_bytes_ = -1;
  std::unique_ptr<LuFactors<Real>> factors_;
  std::unique_ptr<ColumnPattern> pattern_;
  ColumnLu columns_;
  FrontLu<Real> fronts_;
  FrontBlock* front_block_ = nullptr;
  std::int32_t at_ = 0;
  std::int32_t block_ = 0;
};

}  // namespace lacuna
