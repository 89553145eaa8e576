#include "lacuna/ordering/rcm.hpp"

#include <utility>

#include "lacuna/base/meter.hpp"
#include "lacuna/base/sort.hpp"

namespace lacuna {

Status ReverseCuthillMcKee::begin(const Adjacency& graph) {
  const auto n = static_cast<std::size_t>(graph.n);
  if (seen_.allocate_zero(n) != Status::ok || order_.allocate(n) != Status::ok) {
    return Status::out_of_memory;
  }
  graph_ = &graph;
  n_ = graph.n;
  stage_ = Stage::seek;
  placed_ = 0;
  next_ = 0;
  search_ = 0;
  return Status::ok;
}

TaskState ReverseCuthillMcKee::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    if (meter.spend(advance())) return TaskState::running;
  }
  return TaskState::done;
}

bool ReverseCuthillMcKee::lower(std::int32_t a, std::int32_t b) const {
  const std::int32_t degree_a = graph_->degree(a);
  const std::int32_t degree_b = graph_->degree(b);
  return degree_a < degree_b || (degree_a == degree_b && a < b);
}

double ReverseCuthillMcKee::advance() {
  switch (stage_) {
    case Stage::seek:
      // Vertices of finished parts are marked by −1.
      while (next_ < n_ && seen_[next_] < 0) ++next_;
      if (next_ == n_) {
        stage_ = Stage::reverse;
        at_ = 0;
        return 2;
      }
      best_height_ = -1;
      start_search(next_);
      stage_ = Stage::search;
      return 4;
    case Stage::search:
      if (at_ < reached_) return visit(false);
      judge_search();
      return 2.0 * (level_end_ - level_begin_);
    case Stage::number:
      if (at_ < reached_) return visit(true);
      placed_ = reached_;
      stage_ = Stage::seek;
      return 0;
    case Stage::reverse:
      if (at_ < n_ / 2) {
        std::swap(order_[at_], order_[n_ - 1 - at_]);
        ++at_;
        return 1;
      }
      seen_.release();
      stage_ = Stage::done;
      return 0;
    case Stage::done: break;
  }
  return 0;
}

void ReverseCuthillMcKee::start_search(std::int32_t root) {
  root_ = root;
  ++search_;
  seen_[root] = search_;
  order_[placed_] = root;
  at_ = placed_;
  reached_ = placed_ + 1;
  level_begin_ = placed_;
  level_end_ = reached_;
  height_ = 0;
}

/// Queues what the vertex at the head of the queue has not met. Numbering marks by −1 and orders
/// each vertex's new neighbors by degree.
double ReverseCuthillMcKee::visit(bool by_degree) {
  if (at_ == level_end_) {
    level_begin_ = level_end_;
    level_end_ = reached_;
    ++height_;
  }
  const std::int32_t v = order_[at_++];
  const std::int32_t mark = by_degree ? -1 : search_;
  const std::int32_t first = reached_;
  for (std::int32_t p = graph_->begin[v]; p < graph_->begin[v + 1]; ++p) {
    const std::int32_t u = graph_->neighbors[p];
    if (seen_[u] == mark) continue;
    seen_[u] = mark;
    order_[reached_++] = u;
  }
  if (by_degree && reached_ - first > 1) {
    sort_in_place(order_.data() + first, static_cast<std::size_t>(reached_ - first),
                  [this](std::int32_t a, std::int32_t b) { return lower(a, b); });
  }
  return 2.0 * graph_->degree(v) + 4 + (by_degree ? 8.0 * (reached_ - first) : 0);
}

/// After a search: again from its far end where that was farther than before, or number from here.
void ReverseCuthillMcKee::judge_search() {
  if (height_ > best_height_) {
    best_height_ = height_;
    std::int32_t far = order_[level_begin_];
    for (std::int32_t k = level_begin_ + 1; k < reached_; ++k) {
      if (lower(order_[k], far)) far = order_[k];
    }
    if (far != root_) {
      start_search(far);
      return;
    }
  }
  start_search(root_);
  seen_[root_] = -1;
  stage_ = Stage::number;
}

}  // namespace lacuna
