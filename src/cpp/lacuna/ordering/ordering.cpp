#include "lacuna/ordering/ordering.hpp"

namespace lacuna {

Fault OrderingTask::begin(const Graph& graph, const Ordering& ordering) {
  graph_ = &graph;
  kind_ = ordering.kind == OrderingKind::automatic ? OrderingKind::amd : ordering.kind;
  done_ = false;
  fault_ = {};
  switch (kind_) {
    case OrderingKind::given: return copy_given(ordering.permutation);
    case OrderingKind::amd: return amd_.begin(graph);
    case OrderingKind::nested_dissection: return dissection_.begin(graph);
    default: break;
  }
  if (order_.allocate(graph.n) != Status::ok) return Status::out_of_memory;
  for (std::int32_t v = 0; v < graph.n; ++v) order_[v] = v;
  done_ = true;
  return {};
}

Fault OrderingTask::copy_given(std::span<const std::int32_t> permutation) {
  const std::int32_t n = graph_->n;
  if (permutation.size() != static_cast<std::size_t>(n)) return Status::shape_mismatch;
  Buffer<unsigned char> used;
  if (used.allocate_zero(n) != Status::ok || order_.copy_from(permutation) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t k = 0; k < n; ++k) {
    const std::int32_t v = permutation[k];
    if (v < 0 || v >= n || used[v]) return {Status::invalid_argument, k};
    used[v] = 1;
  }
  done_ = true;
  return {};
}

TaskState OrderingTask::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (done_) return TaskState::done;
  const bool nd = kind_ == OrderingKind::nested_dissection;
  const TaskState state = nd ? dissection_.step(budget) : amd_.step(budget);
  if (state == TaskState::failed) fault_ = Status::out_of_memory;
  if (state != TaskState::done) return state;
  order_ = nd ? dissection_.take() : amd_.take();
  done_ = true;
  return TaskState::done;
}

double OrderingTask::progress() const { return done_ ? 1 : amd_.progress(); }

}  // namespace lacuna
