#pragma once
#include <memory>
#include <utility>

#include "lacuna/base/task.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// `Solver::prepare` in slices, for a solver that is not ready. Destroyed before its end it leaves the
/// solver as it was. The solver is kept alive, and locked against `update`, as long as it exists.
class PrepareTask final : public Task {
 public:
  explicit PrepareTask(std::shared_ptr<Solver> solver) : solver_(std::move(solver)) {
    solver_->task_started();
    solver_->begin_climb();
  }
  ~PrepareTask() override {
    solver_->end_climb();
    solver_->task_ended();
  }

  TaskState step(Budget& budget) override {
    return solver_->ready() ? TaskState::done : solver_->climb(budget);
  }
  double progress() const override { return solver_->ready() ? 1 : solver_->climb_progress(); }
  /// Why a step returned `failed`.
  Fault fault() const { return solver_->ready() ? Fault() : solver_->climb_fault(); }

 private:
  std::shared_ptr<Solver> solver_;
};

}  // namespace lacuna
