#include "lacuna/solver/line_task.hpp"

namespace lacuna {

Result<std::unique_ptr<LineTask>> LineTask::create(std::shared_ptr<Solver> solver, bool column,
                                                   std::int64_t vertex,
                                                   const QuerySettings& settings) {
  if (vertex < 0 || vertex >= solver->rows()) return Fault(Status::index_out_of_range, 0);
  auto found = solver->begin_local(true);
  if (!found.ok()) return found.fault();
  std::unique_ptr<LineTask> task(lacuna::create<LineTask>(std::move(solver)));
  if (!task) return Status::out_of_memory;
  task->system_ = found.value();
  task->column_ = column;
  task->vertex_ = vertex;
  task->settings_ = settings;
  return task;
}

Status LineTask::begin() {
  const Conditions& c = system_->conditions();
  begun_ = true;
  return column_ ? line_.begin(*system_->columns(), c.columns, c.rows, c.column_contraction,
                               vertex_, settings_)
                 : line_.begin(system_->rows(), c.rows, c.columns, c.row_contraction, vertex_,
                               settings_);
}

TaskState LineTask::step(Budget& budget) {
  if (!begun_) {
    const TaskState state = system_->prepare(*solver_, budget);
    if (state == TaskState::running) return state;
    fault_ = state == TaskState::done ? begin() : Status::out_of_memory;
    if (!fault_.ok()) return TaskState::failed;
  }
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
  if (!begun_ && begin() != Status::ok) return;
  line_.stop(reason);
  fault_ = line_.collect();
}

}  // namespace lacuna
