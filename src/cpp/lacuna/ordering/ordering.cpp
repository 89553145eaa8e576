#include "lacuna/ordering/ordering.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

/// Flops of a supernodal factorization in the time that nested dissection takes for an entry of
/// the graph and a doubling of the parts: 90 ns at 15 GFLOP/s.
constexpr double flops_per_entry = 1350;

}  // namespace

const char* ordering_name(OrderingKind kind) {
  switch (kind) {
    case OrderingKind::automatic: return "auto";
    case OrderingKind::natural: return "natural";
    case OrderingKind::given: return "given";
    case OrderingKind::amd: return "amd";
    case OrderingKind::nested_dissection: return "nested-dissection";
    case OrderingKind::rcm: return "rcm";
    case OrderingKind::column_amd: return "column-amd";
  }
  return "unknown";
}

double OrderingTask::dissection_work(const Adjacency& graph) {
  double levels = 1;
  for (std::int32_t n = graph.n; n > NestedDissection::leaf_size; n /= 2) ++levels;
  return flops_per_entry * levels * graph.entries();
}

Fault OrderingTask::begin(const Adjacency& graph, const Ordering& ordering) {
  graph_ = &graph;
  wanted_ = ordering;
  fault_ = {};
  flops_ = -1;
  progress_ = 0;
  if (!(ordering.factorizations >= 1)) return fault_ = Status::invalid_argument;
  if (ordering.kind == OrderingKind::automatic) {
    stage_ = Stage::fill;
    at_ = 0;
    return {};
  }
  candidate_ = ordering.kind;
  return fault_ = begin_candidate();
}

/// Whether the elimination of vertex `at_`, in the natural order, joins two that were not joined:
/// whether a later neighbor is none of the first one of them. If no vertex does, nothing is filled
/// in (Rose, Tarjan & Lueker, SIAM J. Computing 5, 1976).
bool OrderingTask::fills() const {
  const std::int32_t* neighbors = graph_->neighbors.data();
  const std::int32_t* end = neighbors + graph_->begin[at_ + 1];
  const std::int32_t* later = neighbors + graph_->begin[at_];
  while (later < end && *later < at_) ++later;
  if (later == end) return false;
  const std::int32_t* from = neighbors + graph_->begin[*later];
  const std::int32_t* const to = neighbors + graph_->begin[*later + 1];
  while (++later < end) {
    from = std::lower_bound(from, to, *later);
    if (from == to || *from != *later) return true;
  }
  return false;
}

Fault OrderingTask::begin_candidate() {
  stage_ = Stage::order;
  switch (candidate_) {
    case OrderingKind::given: return copy_given(wanted_.permutation);
    case OrderingKind::amd: return amd_.begin(*graph_);
    case OrderingKind::nested_dissection: return dissection_.begin(*graph_, wanted_.seed);
    case OrderingKind::rcm: return rcm_.begin(*graph_);
    default: break;
  }
  if (current_.allocate(graph_->n) != Status::ok) return Status::out_of_memory;
  for (std::int32_t v = 0; v < graph_->n; ++v) current_[v] = v;
  return {};
}

Fault OrderingTask::copy_given(std::span<const std::int32_t> permutation) {
  const std::int32_t n = graph_->n;
  if (permutation.size() != static_cast<std::size_t>(n)) return Status::shape_mismatch;
  Buffer<unsigned char> used;
  if (used.allocate_zero(n) != Status::ok || current_.copy_from(permutation) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t k = 0; k < n; ++k) {
    const std::int32_t v = permutation[k];
    if (v < 0 || v >= n || used[v]) return {Status::invalid_argument, k};
    used[v] = 1;
  }
  return {};
}

/// Runs the candidate and leaves its order in `current_`.
TaskState OrderingTask::order(Budget& budget) {
  TaskState state = TaskState::done;
  switch (candidate_) {
    case OrderingKind::amd:
      state = amd_.step(budget);
      if (state == TaskState::done) current_ = amd_.take();
      break;
    case OrderingKind::nested_dissection:
      state = dissection_.step(budget);
      if (state == TaskState::done) current_ = dissection_.take();
      break;
    case OrderingKind::rcm:
      state = rcm_.step(budget);
      if (state == TaskState::done) current_ = rcm_.take();
      break;
    default: break;
  }
  return state;
}

TaskState OrderingTask::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::fill) {
    Meter meter(budget);
    for (; at_ < graph_->n && !fills(); ++at_) {
      if (meter.spend(8.0 * graph_->degree(at_) + 4)) return TaskState::running;
    }
    candidate_ = at_ < graph_->n ? OrderingKind::amd : OrderingKind::natural;
    if (fault_ = begin_candidate(); !fault_.ok()) return TaskState::failed;
  }
  while (stage_ != Stage::done) {
    const bool counting = stage_ == Stage::count;
    const TaskState state = counting ? tree_builder_.step(budget) : order(budget);
    if (state == TaskState::failed) {
      // What an earlier candidate found stands.
      if (flops_ >= 0) break;
      fault_ = Status::out_of_memory;
    }
    if (candidate_ == OrderingKind::amd) progress_ = std::max(progress_, 0.2 * amd_.progress());
    if (candidate_ == OrderingKind::nested_dissection) {
      progress_ = std::max(progress_, dissection_.progress());
    }
    if (state != TaskState::done) return state;
    if (counting) {
      fault_ = judge();
    } else if (wanted_.kind != OrderingKind::automatic) {
      best_ = EliminationTree();
      best_.permutation = std::move(current_);
      chosen_ = candidate_;
      stage_ = Stage::done;
    } else {
      const double most = flops_ < 0 ? std::numeric_limits<double>::infinity() : flops_;
      fault_ = tree_builder_.begin(*graph_, std::move(current_), most);
      if (!fault_.ok() && flops_ >= 0) {
        fault_ = {};
        break;
      }
      stage_ = Stage::count;
    }
    if (!fault_.ok()) return TaskState::failed;
  }
  stage_ = Stage::done;
  progress_ = 1;
  return TaskState::done;
}

/// Keeps the counted candidate if it is the best so far, and begins the next one that can pay.
Fault OrderingTask::judge() {
  EliminationTree tree = tree_builder_.take();
  const bool natural = candidate_ == OrderingKind::natural;
  const bool better = flops_ < 0 || tree.flops < flops_ || (natural && tree.flops == flops_);
  if (tree_builder_.finished() && better) {
    flops_ = tree.flops;
    chosen_ = candidate_;
    best_ = std::move(tree);
  }
  stage_ = Stage::done;
  // What is found by now stands if memory is short for more.
  if (!next_candidate().ok()) stage_ = Stage::done;
  return {};
}

Fault OrderingTask::next_candidate() {
  // Without fill: no order has fewer entries.
  if (2 * (best_.nnz - best_.n) == graph_->entries()) return {};
  if (candidate_ == OrderingKind::amd) {
    candidate_ = OrderingKind::natural;
    return begin_candidate();
  }
  if (candidate_ == OrderingKind::natural) {
    const double work = dissection_work(*graph_);
    if (work > wanted_.most_work || work > 0.5 * flops_ * wanted_.factorizations) return {};
    candidate_ = OrderingKind::nested_dissection;
    return begin_candidate();
  }
  return {};
}

}  // namespace lacuna
