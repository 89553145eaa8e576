#include "lacuna/ordering/nested_dissection.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

}  // namespace

Status NestedDissection::begin(const Adjacency& graph, std::uint64_t seed) {
  const auto n = static_cast<std::size_t>(graph.n);
  const double dense = std::max(16.0, Amd::dense_factor * std::sqrt(static_cast<double>(graph.n)));
  for (const Status status :
       {twins_.begin(graph, dense), vertices_.allocate(n), scratch_.allocate(n), local_.allocate(n),
        stage_of_.allocate(n), parts_.allocate(64)}) {
    if (status != Status::ok) return status;
  }
  graph_ = &graph;
  seed_ = seed;
  stage_ = Stage::group;
  at_ = 0;
  settled_ = 0;
  deepest_ = -1;
  part_number_ = 0;
  part_count_ = 0;
  return Status::ok;
}

double NestedDissection::progress() const {
  if (stage_ == Stage::done) return 1;
  if (stage_ == Stage::order) return 0.8 + 0.2 * amd_.progress();
  return graph_->n == 0 ? 0 : 0.8 * settled_ / graph_->n;
}

TaskState NestedDissection::step(Budget& budget) {
  if (stage_ < Stage::order) {
    Meter meter(budget);
    const TaskState state = dissect(meter);
    if (state != TaskState::done) return state;
  }
  if (stage_ == Stage::order) {
    const TaskState state = amd_.step(budget);
    if (state != TaskState::done) return state;
    stage_ = Stage::done;
  }
  return TaskState::done;
}

TaskState NestedDissection::dissect(Meter& meter) {
  const std::int32_t n = graph_->n;
  TaskState state = TaskState::done;
  for (;;) {
    switch (stage_) {
      case Stage::group:
        state = twins_.step(*graph_, meter);
        if (state != TaskState::done) return state;
        stage_ = Stage::list;
        at_ = reached_ = 0;
        break;
      case Stage::list:
        while (at_ < n) {
          const std::int32_t v = at_++;
          local_[v] = none;
          stage_of_[v] = none;
          if (twins_.representative(v) == v) vertices_[reached_++] = v;
          if (meter.spend(2)) return TaskState::running;
        }
        if (push({0, reached_, 0}) != Status::ok) return TaskState::failed;
        stage_ = Stage::next;
        break;
      case Stage::next:
        state = next_part();
        if (state == TaskState::failed) return state;
        if (meter.spend(64)) return TaskState::running;
        break;
      case Stage::extract:
        while (at_ < part_.end - part_.begin) {
          extract(at_++);
          const std::int32_t v = vertices_[part_.begin + at_ - 1];
          if (meter.spend(4.0 * graph_->degree(v) + 8)) return TaskState::running;
        }
        at_ = reached_ = component_begin_ = unseen_ = 0;
        stage_ = Stage::explore;
        break;
      case Stage::explore:
        state = explore(meter);
        if (state != TaskState::done) return state;
        break;
      case Stage::bisect:
        state = bisection_.step(meter);
        if (state != TaskState::done) return state;
        at_ = 0;
        stage_ = Stage::split;
        break;
      case Stage::split:
        state = split(meter);
        if (state != TaskState::done) return state;
        break;
      case Stage::label:
        // The deepest separators come first after the leaves, dense vertices last of all.
        while (at_ < n) {
          const std::int32_t v = at_++;
          if (twins_.representative(v) == none) {
            stage_of_[v] = deepest_ + 2;
          } else if (twins_.representative(v) == v) {
            stage_of_[v] = stage_of_[v] == none ? 0 : deepest_ + 1 - stage_of_[v];
          }
          if (meter.spend(2)) return TaskState::running;
        }
        at_ = 0;
        stage_ = Stage::spread;
        break;
      case Stage::spread:
        while (at_ < n) {
          const std::int32_t v = at_++;
          const std::int32_t r = twins_.representative(v);
          if (r != none) stage_of_[v] = stage_of_[r];
          if (meter.spend(2)) return TaskState::running;
        }
        bisection_ = Bisection();
        if (amd_.begin(*graph_, stage_of_.span(), deepest_ + 3) != Status::ok) {
          return TaskState::failed;
        }
        stage_ = Stage::order;
        return TaskState::done;
      case Stage::order:
      case Stage::done: return TaskState::done;
    }
  }
}

Status NestedDissection::push(Part part) {
  if (static_cast<std::size_t>(part_count_) == parts_.size()) {
    Buffer<Part> larger;
    if (larger.allocate(2 * parts_.size()) != Status::ok) return Status::out_of_memory;
    std::copy_n(parts_.data(), part_count_, larger.data());
    parts_ = std::move(larger);
  }
  parts_[part_count_++] = part;
  return Status::ok;
}

/// Takes a part off the stack; leaves are settled at once.
TaskState NestedDissection::next_part() {
  if (part_count_ == 0) {
    stage_ = Stage::label;
    at_ = 0;
    return TaskState::done;
  }
  part_ = parts_[--part_count_];
  const std::int32_t size = part_.end - part_.begin;
  if (size <= leaf_size) {
    settled_ += size;
    return TaskState::done;
  }
  Level& level = bisection_.graph();
  std::int64_t bound = 0;
  for (std::int32_t k = part_.begin; k < part_.end; ++k) {
    const std::int32_t v = vertices_[k];
    local_[v] = k - part_.begin;
    bound += graph_->degree(v);
  }
  if (level.ensure_vertices(size) != Status::ok ||
      level.ensure_entries(static_cast<std::size_t>(bound)) != Status::ok) {
    return TaskState::failed;
  }
  level.n = size;
  level.total = 0;
  level.begin[0] = 0;
  entries_ = 0;
  at_ = 0;
  stage_ = Stage::extract;
  return TaskState::done;
}

/// Row k of the part's graph.
void NestedDissection::extract(std::int32_t k) {
  Level& level = bisection_.graph();
  const std::int32_t v = vertices_[part_.begin + k];
  level.weight[k] = twins_.weight(v);
  level.total += level.weight[k];
  for (std::int32_t p = graph_->begin[v]; p < graph_->begin[v + 1]; ++p) {
    const std::int32_t u = local_[graph_->neighbors[p]];
    if (u == none) continue;
    level.neighbors[entries_] = u;
    level.edge_weight[entries_] = 1;
    ++entries_;
  }
  level.begin[k + 1] = entries_;
  level.side[k] = Side::separator;  // not reached yet
}

/// Breadth-first search over the part, `at_` behind `reached_` in the queue. One connected part is
/// bisected, several become parts of their own at the same depth.
TaskState NestedDissection::explore(Meter& meter) {
  Level& level = bisection_.graph();
  while (reached_ < level.n || at_ < reached_) {
    if (at_ == reached_) {
      if (reached_ > 0 && close_component() != Status::ok) return TaskState::failed;
      while (level.side[unseen_] != Side::separator) ++unseen_;
      level.side[unseen_] = Side::first;
      scratch_[reached_++] = unseen_;
    }
    const std::int32_t k = scratch_[at_++];
    for (std::int32_t p = level.begin[k]; p < level.begin[k + 1]; ++p) {
      const std::int32_t u = level.neighbors[p];
      if (level.side[u] != Side::separator) continue;
      level.side[u] = Side::first;
      scratch_[reached_++] = u;
    }
    if (meter.spend(2.0 * level.degree(k) + 2)) return TaskState::running;
  }
  for (std::int32_t k = part_.begin; k < part_.end; ++k) local_[vertices_[k]] = none;
  if (component_begin_ == 0) {
    if (bisection_.begin(seed_ + ++part_number_) != Status::ok) return TaskState::failed;
    stage_ = Stage::bisect;
    return TaskState::done;
  }
  if (close_component() != Status::ok) return TaskState::failed;
  for (std::int32_t k = 0; k < level.n; ++k) scratch_[k] = vertices_[part_.begin + scratch_[k]];
  std::copy_n(scratch_.data(), level.n, vertices_.data() + part_.begin);
  stage_ = Stage::next;
  meter.spend(4.0 * level.n);
  return TaskState::done;
}

/// What the queue has held since the last component is one.
Status NestedDissection::close_component() {
  const std::int32_t size = reached_ - component_begin_;
  const std::int32_t begin = part_.begin + component_begin_;
  component_begin_ = reached_;
  if (size <= leaf_size) {
    settled_ += size;
    return Status::ok;
  }
  return push({begin, begin + size, part_.depth});
}

/// Sorts the part's vertices by side and stacks both sides. Where a side is empty, nothing was
/// separated: the part stays whole, a leaf.
TaskState NestedDissection::split(Meter& meter) {
  Level& level = bisection_.graph();
  std::int32_t count[3] = {0, 0, 0};
  for (std::int32_t k = 0; k < level.n; ++k) ++count[static_cast<int>(level.side[k])];
  if (count[0] == 0 || count[1] == 0) {
    settled_ += level.n;
    stage_ = Stage::next;
    return TaskState::done;
  }
  std::int32_t place[3] = {0, count[0], count[0] + count[1]};
  for (std::int32_t k = 0; k < level.n; ++k) {
    const std::int32_t v = vertices_[part_.begin + k];
    scratch_[place[static_cast<int>(level.side[k])]++] = v;
    if (level.side[k] == Side::separator) stage_of_[v] = part_.depth;
  }
  std::copy_n(scratch_.data(), level.n, vertices_.data() + part_.begin);
  const std::int32_t middle = part_.begin + count[0];
  const std::int32_t end = middle + count[1];
  settled_ += count[2];
  const std::int32_t below = part_.depth + (count[2] > 0);
  if (count[2] > 0) deepest_ = std::max(deepest_, part_.depth);
  if (push({middle, end, below}) != Status::ok ||
      push({part_.begin, middle, below}) != Status::ok) {
    return TaskState::failed;
  }
  stage_ = Stage::next;
  meter.spend(4.0 * level.n);
  return TaskState::done;
}

}  // namespace lacuna
