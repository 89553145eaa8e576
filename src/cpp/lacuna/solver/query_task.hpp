#pragma once
#include <memory>
#include <optional>
#include <span>

#include "lacuna/local/query.hpp"
#include "lacuna/solver/kept_rhs.hpp"
#include "lacuna/solver/solve_task.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// Answers tᵀA⁻¹b for one or several t over a solver's matrix: by local methods where they are
/// cheaper, by one full solve, kept with the right-hand side, where that is. For m targets the full
/// solve is weighed against what the first of them takes, m-fold.
class QueryTask final : public Task {
 public:
  /// Target k has entries `starts[k] … starts[k+1]` of `ids` and `weights`. The spans must outlive
  /// the task. `not_square`; `index_out_of_range` and `not_finite` with the position in `ids` or
  /// `weights`; `not_ready` for a way that is not to be had here; `out_of_memory`.
  static Result<std::unique_ptr<QueryTask>> create(
      std::shared_ptr<Solver> solver, std::shared_ptr<KeptRhs> rhs,
      std::span<const std::int32_t> starts, std::span<const std::int32_t> ids,
      std::span<const double> weights, const QuerySettings& settings);
  ~QueryTask() override;

  TaskState step(Budget& budget) override;
  double progress() const override;

  /// Ends the task: the query in work gets the best value and bound so far, those not begun `reason`
  /// and no bound.
  void stop(Reason reason);

  /// One report a target, complete once the task is done.
  std::span<const QueryReport> reports() const { return reports_.span(); }
  Fault fault() const { return fault_; }
  /// Vertices whose values of an on-demand right-hand side are waited for (`needs_rows`).
  std::span<const std::int64_t> wanted() const { return rhs_->local().wanted(); }
  /// Values for them.
  Fault supply(std::span<const double> values);

 private:
  enum class Stage { begin, local, prepare, full, weigh, read, finished };

  QueryTask(std::shared_ptr<Solver> solver, std::shared_ptr<KeptRhs> rhs,
            const QuerySettings& settings);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  TaskState fail(Fault fault);
  Fault begin_target();
  Fault begin_full();
  Fault end_full();
  /// Weights from a full solve of A w = 1, for the bound on full solutions.
  Fault begin_weights();
  Fault end_weights();
  void read_solution();
  void next_target();

  std::shared_ptr<Solver> solver_;
  std::shared_ptr<KeptRhs> rhs_;
  std::span<const std::int32_t> starts_;
  std::span<const std::int32_t> ids_;
  std::span<const double> weights_;
  QuerySettings settings_;
  LocalSystem* system_ = nullptr;
  LocalQuery* query_ = nullptr;
  std::unique_ptr<SolveTask> solve_;
  Buffer<double> x_;
  Buffer<double> ones_;
  double full_flops_ = 0;
  Stage stage_ = Stage::begin;
  std::size_t target_ = 0;
  Buffer<QueryReport> reports_;
  Fault fault_;
};

}  // namespace lacuna
