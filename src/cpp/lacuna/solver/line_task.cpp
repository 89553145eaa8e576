#include "lacuna/solver/line_task.hpp"

namespace lacuna {

Result<std::unique_ptr<LineTask>> LineTask::create(std::shared_ptr<Solver> solver, bool column,
                                                   std::int64_t vertex,
                                                   const QuerySettings& settings) {
  if (vertex < 0 || vertex >= solver->rows()) return Fault(Status::index_out_of_range, 0);
  auto found = solver->local(true);
  if (!found.ok()) return found.fault();
  LocalSystem& system = *found.value();
  std::unique_ptr<LineTask> task(lacuna::create<LineTask>(std::move(solver)));
  if (!task) return Status::out_of_memory;
  const Conditions& c = system.conditions();
  const Status status = column ? task->line_.begin(*system.columns(), c.columns, c.rows,
                                                   c.column_contraction, vertex, settings)
                               : task->line_.begin(system.rows(), c.rows, c.columns,
                                                   c.row_contraction, vertex, settings);
  if (status != Status::ok) return status;
  return task;
}

TaskState LineTask::step(Budget& budget) {
  switch (line_.step(budget)) {
    case InverseLine::Outcome::running: return TaskState::running;
    case InverseLine::Outcome::done: break;
    default: return TaskState::failed;
  }
  fault_ = line_.collect();
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

double LineTask::progress() const { return line_.progress(); }

void LineTask::stop(Reason reason) {
  line_.stop(reason);
  fault_ = line_.collect();
}

}  // namespace lacuna
