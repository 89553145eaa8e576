#pragma once
#include <memory>

#include "lacuna/local/local_run.hpp"
#include "lacuna/solver/local_system.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// A row or column of the inverse of a solver's matrix, see `InverseLine`. The solver is kept
/// alive, and locked against `update`, as long as the task exists.
class LineTask final : public LineRun {
 public:
  /// Column `vertex` or row `vertex`. `not_square`, `index_out_of_range`, `out_of_memory`.
  static Result<std::unique_ptr<LineTask>> create(std::shared_ptr<Solver> solver, bool column,
                                                  std::int64_t vertex,
                                                  const QuerySettings& settings);
  ~LineTask() override { solver_->task_ended(); }

  TaskState step(Budget& budget) override;
  double progress() const override;
  void stop(Reason reason) override;
  Fault fault() const override { return line_.fault().ok() ? fault_ : line_.fault(); }
  /// Nothing: the matrix is loaded.
  std::span<const std::int64_t> wanted(Wanted) const override { return {}; }
  Fault supply_lines(Wanted, std::span<const std::int32_t>, std::span<const std::int64_t>,
                     std::span<const double>) override {
    return Status::invalid_argument;
  }
  Fault supply_values(std::span<const double>) override { return Status::invalid_argument; }

  const LineReport& report() const override { return line_.report(); }
  std::span<const double> ids() const override { return line_.ids(); }
  std::span<const double> values() const override { return line_.values(); }

 private:
  explicit LineTask(std::shared_ptr<Solver> solver) : solver_(std::move(solver)) {
    solver_->task_started();
  }
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  Status begin();

  std::shared_ptr<Solver> solver_;
  LocalSystem* system_ = nullptr;
  bool column_ = false;
  bool begun_ = false;
  std::int64_t vertex_ = 0;
  QuerySettings settings_;
  InverseLine line_;
  Fault fault_;
};

}  // namespace lacuna
