#include "lacuna/precond/fill_reducing.hpp"

namespace lacuna {

Status PivotOrdering::begin(const CsrView& a) {
  stage_ = Stage::graph;
  status_ = builder_.begin(a);
  return status_;
}

TaskState PivotOrdering::step(Budget& budget) {
  if (stage_ == Stage::graph) {
    const TaskState state = builder_.step(budget);
    if (state == TaskState::failed) status_ = builder_.status();
    if (state != TaskState::done) return state;
    graph_ = builder_.take();
    status_ = amd_.begin(graph_);
    if (status_ != Status::ok) return TaskState::failed;
    stage_ = Stage::order;
  }
  if (stage_ == Stage::order) {
    if (amd_.step(budget) != TaskState::done) return TaskState::running;
    order_.row = amd_.take();
    graph_ = Adjacency();
    status_ = order_.position.allocate(order_.row.size());
    if (status_ != Status::ok) return TaskState::failed;
    for (std::size_t k = 0; k < order_.row.size(); ++k) {
      order_.position[static_cast<std::size_t>(order_.row[k])] = static_cast<std::int32_t>(k);
    }
    stage_ = Stage::done;
  }
  return TaskState::done;
}

}  // namespace lacuna
