#include "solver_binding.hpp"

#include <emscripten.h>
#include <emscripten/bind.h>

#include <cmath>

#include "lacuna/solver/line_task.hpp"
#include "lacuna/solver/query_task.hpp"

namespace lacuna::native {

SolveSettings settings_from(std::int32_t flags, double rtol, double atol, double maxiter) {
  SolveSettings settings;
  settings.transposed = flags & transposed_flag;
  settings.guess = flags & guess_flag;
  settings.refine = !(flags & no_refinement_flag);
  settings.rtol = rtol;
  settings.atol = atol;
  settings.maxiter = static_cast<std::int64_t>(maxiter);
  return settings;
}

namespace {

/// What is tracked of a solver, after whose update it is of no use.
class SolverTracked final : public TrackedState {
 public:
  SolverTracked(std::shared_ptr<KeptRhs> rhs, std::shared_ptr<Solver> solver,
                const QueryProblem& problem, const QuerySettings& settings)
      : rhs_(std::move(rhs)),
        solver_(std::move(solver)),
        number_(solver_->local_number()),
        query_(problem, settings) {}

  bool current() const override { return solver_->local_number() == number_; }
  QueryRun& run() override { return query_; }
  TrackedQuery& query() override { return query_; }
  Fault update(const Change& change, bool) override { return query_.update(change); }

 private:
  std::shared_ptr<KeptRhs> rhs_;
  std::shared_ptr<Solver> solver_;
  std::uint64_t number_;
  TrackedQuery query_;
};

}  // namespace

std::int32_t NativeTask::step(double work, double deadline) {
  auto state = TaskState::failed;
  const Fault fault = guard([&]() -> Fault {
    Budget budget(work, emscripten_get_now, deadline);
    state = task_ ? task_->step(budget) : setup_->step(budget);
    return task_ ? task_->fault() : setup_->fault();
  });
  // Rungs that failed before one that works are no fault.
  if (fault.ok() || state == TaskState::running) return static_cast<std::int32_t>(state);
  fault_ = fault;
  return static_cast<std::int32_t>(TaskState::failed);
}

std::int32_t NativeTask::stop(std::int32_t reason) {
  fault_ = guard([&]() -> Fault {
    if (task_) task_->stop(static_cast<Reason>(reason));
    return {};
  });
  return status();
}

std::int32_t NativeSolver::create(NativeMatrix& matrix, std::int32_t method,
                                  std::int32_t preconditioner, double drop_tolerance,
                                  std::int32_t fill_factor, std::int32_t ordering,
                                  std::int32_t prefer, double max_flops) {
  return note(guard([&]() -> Fault {
    if (!matrix.matrix()) return Status::not_ready;
    SolverOptions options;
    options.method = static_cast<Method>(method);
    options.preconditioner = static_cast<PreconditionerKind>(preconditioner);
    options.drop_tolerance = drop_tolerance;
    options.fill_factor = fill_factor;
    options.ordering = static_cast<OrderingKind>(ordering);
    options.prefer = prefer != 0;
    options.max_flops = max_flops;
    // Before the work, and before the matrix changes hands.
    if (!registry().has_room()) return Status::instance_limit;
    auto created = Solver::create(std::move(*matrix.matrix()), options);
    if (!created.ok()) return created.fault();
    matrix.matrix().reset();
    registry().remove(handle_);
    solver_ = created.take();
    auto handle = registry().add(solver_);
    handle_ = handle.ok() ? handle.value() : 0;
    return handle.fault();
  }));
}

Owner<NativeTask> NativeSolver::prepare() {
  std::shared_ptr<NativeTask> task;
  note(guard([&]() -> Fault {
    task = std::make_shared<NativeTask>(std::make_unique<PrepareTask>(solver_));
    return {};
  }));
  return Owner<NativeTask>(std::move(task));
}

std::int32_t NativeSolver::update(Address values, double count) {
  return note(guard([&] {
    return solver_->update({pointer<const double>(values), static_cast<std::size_t>(count)});
  }));
}

Owner<NativeTask> NativeSolver::begin(Address b, Address x, std::int32_t k, std::int32_t flags,
                                      double rtol, double atol, double maxiter) {
  std::shared_ptr<NativeTask> task;
  note(guard([&]() -> Fault {
    const SolveSettings settings = settings_from(flags, rtol, atol, maxiter);
    const auto count = static_cast<std::size_t>(k);
    const std::size_t m = settings.transposed ? solver_->cols() : solver_->rows();
    const std::size_t n = settings.transposed ? solver_->rows() : solver_->cols();
    auto created = SolveTask::create(solver_, {pointer<const double>(b), count * m},
                                     {pointer<double>(x), count * n}, k, settings);
    if (!created.ok()) return created.fault();
    task = std::make_shared<NativeTask>(created.take());
    return {};
  }));
  return Owner<NativeTask>(std::move(task));
}

Owner<NativeQuery> NativeSolver::query(NativeRhs& rhs, Address starts, Address ids, Address weights,
                                       std::int32_t targets, Address settings) {
  std::shared_ptr<NativeQuery> query;
  note(guard([&]() -> Fault {
    if (!rhs.rhs()) return Status::not_ready;
    const std::span<const std::int32_t> offsets{pointer<const std::int32_t>(starts),
                                                static_cast<std::size_t>(targets) + 1};
    const auto count = static_cast<std::size_t>(offsets.back());
    Buffer<std::int32_t> copied;
    if (copied.allocate(count) != Status::ok) return Status::out_of_memory;
    const double* from = pointer<const double>(ids);
    for (std::size_t k = 0; k < count; ++k) copied[k] = static_cast<std::int32_t>(from[k]);
    auto created = QueryTask::create(solver_, rhs.rhs(), offsets, std::as_const(copied).span(),
                                     {pointer<const double>(weights), count},
                                     settings_from(*pointer<const SettingsBlock>(settings)));
    if (!created.ok()) return created.fault();
    query = std::make_shared<NativeQuery>(created.take(), solver_);
    return {};
  }));
  return Owner<NativeQuery>(std::move(query));
}

Owner<NativeLine> NativeSolver::inverse_line(std::int32_t column, double vertex, Address settings) {
  std::shared_ptr<NativeLine> line;
  note(guard([&]() -> Fault {
    auto created = LineTask::create(solver_, column != 0, static_cast<std::int64_t>(vertex),
                                    settings_from(*pointer<const SettingsBlock>(settings)));
    if (!created.ok()) return created.fault();
    line = std::make_shared<NativeLine>(created.take(), solver_);
    return {};
  }));
  return Owner<NativeLine>(std::move(line));
}

Owner<NativeTracked> NativeSolver::track(NativeRhs& rhs, Address ids, Address weights,
                                         std::int32_t count, Address settings) {
  std::shared_ptr<NativeTracked> tracked;
  note(guard([&]() -> Fault {
    // With columns: what is tracked would keep them from being made later.
    auto system = solver_->local(true);
    if (!system.ok()) return system.fault();
    if (!system.value()->conditions().rows.known()) return Status::not_ready;
    auto made = native_tracked(std::make_shared<SolverTracked>(
                                   rhs.rhs(), solver_, system.value()->problem(rhs.rhs()->local()),
                                   settings_from(*pointer<const SettingsBlock>(settings))),
                               ids, weights, count);
    if (!made.ok()) return made.fault();
    tracked = made.take();
    return {};
  }));
  return Owner<NativeTracked>(std::move(tracked));
}

Address NativeSolver::conditions() {
  const std::int32_t failed = note(guard([&]() -> Fault {
    auto system = solver_->local(true);
    if (!system.ok()) return system.fault();
    conditions_ = report_of(system.value()->conditions());
    return {};
  }));
  return failed != 0 ? 0 : address(&conditions_);
}

}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_solver) {
  using namespace lacuna::native;
  emscripten::class_<NativeSolver>("NativeSolver")
      .smart_ptr_constructor("NativeSolver", &make_owner<NativeSolver>)
      .function("create", &NativeSolver::create)
      .function("prepare", &NativeSolver::prepare)
      .function("update", &NativeSolver::update)
      .function("status", &NativeSolver::status)
      .function("faultPosition", &NativeSolver::fault_position)
      .function("faultPartner", &NativeSolver::fault_partner)
      .function("handle", &NativeSolver::handle)
      .function("ready", &NativeSolver::ready)
      .function("setup", &NativeSolver::setup)
      .function("indptr", &NativeSolver::indptr)
      .function("indices", &NativeSolver::indices)
      .function("begin", &NativeSolver::begin)
      .function("query", &NativeSolver::query)
      .function("inverseLine", &NativeSolver::inverse_line)
      .function("track", &NativeSolver::track)
      .function("conditions", &NativeSolver::conditions);
  emscripten::class_<NativeTask>("NativeTask")
      .smart_ptr<Owner<NativeTask>>("NativeTaskHandle")
      .function("step", &NativeTask::step)
      .function("stop", &NativeTask::stop)
      .function("status", &NativeTask::status)
      .function("progress", &NativeTask::progress)
      .function("iterations", &NativeTask::iterations)
      .function("reports", &NativeTask::reports);
}
