#include "lacuna/ordering/amd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

/// Work that a loop over vertices does between two looks at the budget.
constexpr double run = 2048;

std::uint32_t power_of_two_below(std::uint32_t n) {
  std::uint32_t p = 1;
  while (p <= n / 2) p *= 2;
  return p;
}

}  // namespace

Status Amd::begin(const Adjacency& graph, std::span<const std::int32_t> stage,
                  std::int32_t stages) {
  n_ = graph.n;
  const auto n = static_cast<std::size_t>(n_);
  const auto entries = static_cast<std::size_t>(graph.entries());
  // Live lists never grow beyond the entries of the graph, and a new element takes n places at
  // most while the lists that it replaces still stand; the rest keeps compactions rare.
  const std::uint64_t room = static_cast<std::uint64_t>(entries) + entries / 5 + n + 1;
  if (room > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
    return Status::out_of_memory;
  }
  const std::uint32_t buckets = power_of_two_below(n_ < 1 ? 1 : n_);
  for (const Status status :
       {pool_.allocate(static_cast<std::size_t>(room)), begin_.allocate(n), length_.allocate(n),
        elements_.allocate(n), weight_.allocate(n), degree_.allocate(n), mark_.allocate(n),
        owner_.allocate(n), head_.allocate(n + 1), next_.allocate(n), previous_.allocate(n),
        buckets_.allocate(buckets), pivot_order_.allocate(n), order_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  if (!stage.empty()) {
    if (stage_head_.allocate(stages) != Status::ok || stage_next_.allocate(n) != Status::ok) {
      return Status::out_of_memory;
    }
    std::fill_n(stage_head_.data(), stages, none);
  }
  std::fill_n(buckets_.data(), buckets, none);
  std::fill_n(head_.data(), n + 1, none);
  bucket_mask_ = buckets - 1;
  graph_ = &graph;
  stage_ = stage;
  dense_ = std::max(16.0, dense_factor * std::sqrt(static_cast<double>(n_)));
  phase_ = Phase::load;
  at_ = 0;
  out_ = 0;
  free_ = 0;
  tag_ = 2;
  least_ = n_;
  current_ = -1;
  stage_left_ = 0;
  left_ = n_;
  largest_element_ = 0;
  pivots_ = 0;
  return Status::ok;
}

void Amd::load_vertex(std::int32_t v) {
  const std::int32_t degree = graph_->degree(v);
  begin_[v] = free_;
  length_[v] = degree;
  elements_[v] = 0;
  weight_[v] = 1;
  degree_[v] = degree;
  mark_[v] = 1;
  owner_[v] = none;
  next_[v] = none;
  previous_[v] = none;
  // A row that meets nearly all others says little about the order of the rest and costs most.
  if (degree > dense_) {
    weight_[v] = 0;
    length_[v] = 0;
    elements_[v] = dead;
    --left_;
    return;
  }
  if (!stage_.empty()) {
    stage_next_[v] = stage_head_[stage_[v]];
    stage_head_[stage_[v]] = v;
  }
  std::copy_n(graph_->neighbors.data() + graph_->begin[v], degree, pool_.data() + free_);
  free_ += degree;
}

void Amd::insert(std::int32_t v) {
  const std::int32_t d = degree_[v];
  const std::int32_t old = head_[d];
  next_[v] = old;
  previous_[v] = none;
  if (old != none) previous_[old] = v;
  head_[d] = v;
  least_ = std::min(least_, d);
}

void Amd::remove(std::int32_t v) {
  const std::int32_t before = previous_[v];
  const std::int32_t after = next_[v];
  if (after != none) previous_[after] = before;
  if (before != none) {
    next_[before] = after;
  } else {
    head_[degree_[v]] = after;
  }
}

/// Lists one more vertex of the stage, the last one first: among equals the first is taken first.
void Amd::open_next(double& spent) {
  if (at_ == none) {
    phase_ = Phase::eliminate;
    return;
  }
  const std::int32_t v = at_;
  at_ = stage_.empty() ? v - 1 : stage_next_[v];
  spent += 2;
  if (elements_[v] < 0) return;
  stage_left_ += weight_[v];
  insert(v);
}

/// Whether the pool holds the pivot's element behind its end, whatever its size.
bool Amd::has_room(std::int32_t pivot) const {
  if (elements_[pivot] == 0) return true;
  return static_cast<std::int64_t>(free_) + left_ <= static_cast<std::int64_t>(pool_.size());
}

TaskState Amd::step(Budget& budget) {
  Meter meter(budget);
  while (phase_ != Phase::done) {
    double spent = 0;
    advance(spent);
    if (meter.spend(spent)) return TaskState::running;
  }
  return TaskState::done;
}

/// The next small piece of the current phase: a run of vertices, or one pivot.
void Amd::advance(double& spent) {
  switch (phase_) {
    case Phase::load:
      for (; at_ < n_ && spent < run; ++at_) {
        load_vertex(at_);
        spent += 4 + graph_->degree(at_);
      }
      if (at_ == n_) phase_ = Phase::eliminate;
      break;
    case Phase::open:
      while (phase_ == Phase::open && spent < run) open_next(spent);
      break;
    case Phase::eliminate:
      if (left_ == 0) {
        phase_ = Phase::rank_pivots;
        at_ = 0;
        out_ = 0;
      } else if (stage_left_ == 0) {
        ++current_;
        least_ = n_;
        at_ = stage_.empty() ? n_ - 1 : stage_head_[current_];
        phase_ = Phase::open;
      } else {
        while (head_[least_] == none) ++least_;
        const std::int32_t pivot = head_[least_];
        if (has_room(pivot)) {
          spent = eliminate(pivot);
        } else {
          phase_ = Phase::mark;
          at_ = 0;
        }
      }
      break;
    // Compaction of the pool: the first entry of each live list gives way to the list's name,
    // and waits in `begin_` until the sweep has moved the list down.
    case Phase::mark:
      if (at_ < n_) {
        const std::int32_t v = at_++;
        if (elements_[v] != dead && length_[v] > 0) {
          const std::int32_t p = begin_[v];
          begin_[v] = pool_[p];
          pool_[p] = -v - 1;
        }
        spent = 2;
      } else {
        phase_ = Phase::sweep;
        at_ = 0;
        out_ = 0;
      }
      break;
    case Phase::sweep: sweep_next(spent); break;
    case Phase::rank_pivots:
      while (phase_ == Phase::rank_pivots && spent < run) rank_pivot(spent);
      break;
    case Phase::rank_dense:
      while (phase_ == Phase::rank_dense && spent < run) rank_dense(spent);
      break;
    case Phase::place:
      for (; at_ < n_ && spent < run; ++at_, spent += 4) order_[degree_[root(at_)]++] = at_;
      if (at_ == n_) phase_ = Phase::done;
      break;
    case Phase::done: break;
  }
}

void Amd::sweep_next(double& spent) {
  if (at_ == free_) {
    free_ = out_;
    phase_ = Phase::eliminate;
    return;
  }
  const std::int32_t v = -pool_[at_] - 1;
  if (v < 0) {
    ++at_;
    spent = 1;
    return;
  }
  const std::int32_t length = length_[v];
  pool_[out_] = begin_[v];
  begin_[v] = out_;
  for (std::int32_t k = 1; k < length; ++k) pool_[out_ + k] = pool_[at_ + k];
  out_ += length;
  at_ += length;
  spent = length;
}

/// First place in the order of each pivot, kept in `degree_`: what a pivot absorbed shares its run.
void Amd::rank_pivot(double& spent) {
  if (at_ == pivots_) {
    phase_ = Phase::rank_dense;
    at_ = 0;
    return;
  }
  const std::int32_t v = pivot_order_[at_++];
  degree_[v] = out_;
  out_ += weight_[v];
  spent += 2;
}

/// Dense vertices, which are neither pivots nor absorbed, follow all pivots.
void Amd::rank_dense(double& spent) {
  if (at_ == n_) {
    phase_ = Phase::place;
    at_ = 0;
    return;
  }
  const std::int32_t v = at_++;
  if (elements_[v] == dead && owner_[v] == none && weight_[v] == 0) degree_[v] = out_++;
  spent += 1;
}

/// The pivot with which v was eliminated, or v itself if it is dense.
std::int32_t Amd::root(std::int32_t v) {
  std::int32_t r = v;
  while (owner_[r] != none) r = owner_[r];
  while (v != r) {
    const std::int32_t up = owner_[v];
    owner_[v] = r;
    v = up;
  }
  return r;
}

}  // namespace lacuna
