#pragma once
#include <memory>

#include "lacuna/base/registry.hpp"
#include "lacuna/solver/prepare_task.hpp"
#include "lacuna/solver/solve_task.hpp"
#include "local_binding.hpp"
#include "matrix_binding.hpp"
#include "native.hpp"
#include "tracked_binding.hpp"

namespace lacuna::native {

/// Bits of the `flags` of a solve.
enum SolveFlags : std::int32_t {
  transposed_flag = 1,
  guess_flag = 2,
  no_refinement_flag = 4,
};

SolveSettings settings_from(std::int32_t flags, double rtol, double atol, double maxiter);

/// A solve, or a set-up, in steps.
class NativeTask {
 public:
  explicit NativeTask(std::unique_ptr<SolveTask> task) : task_(std::move(task)) {}
  explicit NativeTask(std::unique_ptr<PrepareTask> task) : setup_(std::move(task)) {}

  /// Does about `work` flops at the most, or until the host's clock (milliseconds since `start`
  /// of the page or process) passes `deadline`. Returns a TaskState.
  std::int32_t step(double work, double deadline);
  /// Ends it with a Reason; the reports of a solve are complete afterwards, a set-up is given up with
  /// the task.
  std::int32_t stop(std::int32_t reason);
  std::int32_t status() const { return static_cast<std::int32_t>(fault_.status); }
  double progress() const { return task_ ? task_->progress() : setup_->progress(); }
  double iterations() const { return task_ ? task_->iterations() : 0; }
  Address reports() const { return address(task_->reports().data()); }

 private:
  LiveHandle live_;
  std::unique_ptr<SolveTask> task_;
  std::unique_ptr<PrepareTask> setup_;
  Fault fault_;
};

/// Solvers that plain exports can name.
Registry<Solver>& registry();

/// A solver and its number in the registry.
class NativeSolver {
 public:
  NativeSolver() = default;
  ~NativeSolver() { registry().remove(handle_); }

  /// Takes the sealed matrix and plans; a matrix that was refused stays with its owner.
  std::int32_t create(NativeMatrix& matrix, std::int32_t method, std::int32_t preconditioner,
                      double drop_tolerance, std::int32_t fill_factor, std::int32_t ordering,
                      std::int32_t prefer, double max_flops);
  /// Analyzes and factors in steps; null where memory is short.
  Owner<NativeTask> prepare();
  std::int32_t update(Address values, double count);
  double fault_position() const { return static_cast<double>(fault().position); }
  double fault_partner() const { return static_cast<double>(fault().partner); }
  std::uint32_t handle() const { return handle_; }
  /// 1 once it can solve.
  std::int32_t ready() const { return solver_ && solver_->ready() ? 1 : 0; }
  Address setup() const { return address(&solver_->setup()); }
  /// The pattern that the solver works on.
  Address indptr() const { return address(solver_->matrix(false).indptr()); }
  Address indices() const { return address(solver_->matrix(false).indices()); }

  /// Null where it cannot start; `status` tells why.
  Owner<NativeTask> begin(Address b, Address x, std::int32_t k, std::int32_t flags, double rtol,
                          double atol, double maxiter);
  std::int32_t status() const { return static_cast<std::int32_t>(fault_.status); }

  /// Queries with targets given by int32 `starts` and float64 ids and weights; `settings` is a
  /// SettingsBlock. Null where they cannot start; `status` and `faultPosition` tell why.
  Owner<NativeQuery> query(NativeRhs& rhs, Address starts, Address ids, Address weights,
                           std::int32_t targets, Address settings);
  Owner<NativeLine> inverse_line(std::int32_t column, double vertex, Address settings);
  /// An answer to keep up to date, with float64 ids and weights of t; its first update gives it.
  /// `not_ready` where the rows have no weights.
  Owner<NativeTracked> track(NativeRhs& rhs, Address ids, Address weights, std::int32_t count,
                             Address settings);
  /// Address of a ConditionsReport, measured now where that is needed; 0 on a fault.
  Address conditions();

 private:
  /// Of the last call, or of a set-up in steps that failed.
  Fault fault() const {
    return fault_.ok() && solver_ && !solver_->ready() ? solver_->climb_fault() : fault_;
  }
  std::int32_t note(Fault fault) {
    fault_ = fault;
    return status();
  }

  LiveHandle live_;
  std::shared_ptr<Solver> solver_;
  std::uint32_t handle_ = 0;
  Fault fault_;
  ConditionsReport conditions_;
};

}  // namespace lacuna::native
