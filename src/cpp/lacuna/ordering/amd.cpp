#include "lacuna/ordering/amd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;
/// In `elements_`: a vertex that has become an element, or was absorbed.
constexpr std::int32_t element = -1;
constexpr std::int32_t dead = -2;

std::uint32_t power_of_two_below(std::uint32_t n) {
  std::uint32_t p = 1;
  while (p <= n / 2) p *= 2;
  return p;
}

}  // namespace

Status Amd::begin(const Graph& graph, std::span<const std::int32_t> stage, std::int32_t stages) {
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
  if (degree > std::max(16.0, dense_factor * std::sqrt(static_cast<double>(n_)))) {
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
  spent = 2;
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

/// The next small piece of the current phase.
void Amd::advance(double& spent) {
  switch (phase_) {
    case Phase::load:
      if (at_ < n_) {
        load_vertex(at_);
        spent = 4 + graph_->degree(at_);
        ++at_;
      } else {
        phase_ = Phase::eliminate;
      }
      break;
    case Phase::open: open_next(spent); break;
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
    case Phase::rank_pivots: rank_pivot(spent); break;
    case Phase::rank_dense: rank_dense(spent); break;
    case Phase::place:
      if (at_ < n_) {
        const std::int32_t v = at_++;
        order_[degree_[root(v)]++] = v;
        spent = 4;
      } else {
        phase_ = Phase::done;
      }
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
  spent = 2;
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
  spent = 1;
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

double Amd::eliminate(std::int32_t pivot) {
  work_ = 0;
  remove(pivot);
  pivot_order_[pivots_++] = pivot;
  pivot_weight_ = weight_[pivot];
  left_ -= pivot_weight_;
  stage_left_ -= pivot_weight_;
  weight_[pivot] = -pivot_weight_;
  collect(pivot);
  measure_overlaps(pivot);
  update_degrees(pivot);
  largest_element_ = std::max(largest_element_, element_size_);
  advance_tag(largest_element_);
  merge_equal(pivot);
  close(pivot);
  return 4 * work_ + 8;
}

/// Gathers variables that are not in the new element yet and takes them out of their lists.
void Amd::collect_from(std::int32_t p, std::int32_t end) {
  work_ += end - p;
  std::int32_t out = free_;
  for (; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = weight_[i];
    if (w <= 0) continue;
    element_size_ += w;
    weight_[i] = -w;
    pool_[out++] = i;
    if (listed(i)) remove(i);
  }
  free_ = out;
}

/// L_pivot: the pivot's variables and those of its elements, which it absorbs.
void Amd::collect(std::int32_t pivot) {
  element_size_ = 0;
  const std::int32_t begin = begin_[pivot];
  const std::int32_t split = begin + elements_[pivot];
  const std::int32_t end = begin + length_[pivot];
  const std::int32_t old_free = free_;
  if (split == begin) {
    // Without elements the new list fits over the old one.
    free_ = begin;
    collect_from(begin, end);
    length_[pivot] = free_ - begin;
    free_ = old_free;
  } else {
    for (std::int32_t p = begin; p < split; ++p) {
      const std::int32_t e = pool_[p];
      collect_from(begin_[e], begin_[e] + length_[e]);
      elements_[e] = dead;
      mark_[e] = 0;
    }
    collect_from(split, end);
    begin_[pivot] = old_free;
    length_[pivot] = free_ - old_free;
  }
  elements_[pivot] = element;
}

/// mark_[e] ← tag_ + |Lₑ \ L_pivot| for every element e next to a variable of the new one.
void Amd::measure_overlaps(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = -weight_[i];
    const std::int32_t first = begin_[i];
    const std::int32_t last = first + elements_[i];
    work_ += elements_[i];
    for (std::int32_t q = first; q < last; ++q) {
      const std::int32_t e = pool_[q];
      const std::int32_t m = mark_[e];
      if (m >= tag_) {
        mark_[e] = m - w;
      } else if (m != 0) {
        mark_[e] = degree_[e] + tag_ - w;
      }
    }
  }
}

void Amd::update_degrees(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) update_degree(pivot, pool_[p]);
}

/// Drops from the list of i what the new element covers and puts the element first; sums the
/// degree outside L_pivot; eliminates i at once where nothing is left there.
void Amd::update_degree(std::int32_t pivot, std::int32_t i) {
  const std::int32_t begin = begin_[i];
  const std::int32_t split = begin + elements_[i];
  const std::int32_t end = begin + length_[i];
  work_ += end - begin;
  std::int32_t out = begin;
  std::int32_t degree = 0;
  std::uint32_t hash = static_cast<std::uint32_t>(pivot);
  for (std::int32_t p = begin; p < split; ++p) {
    const std::int32_t e = pool_[p];
    const std::int32_t m = mark_[e];
    if (m == 0) continue;
    if (m == tag_) {
      // Lₑ ⊆ L_pivot: aggressive absorption.
      mark_[e] = 0;
      elements_[e] = dead;
      continue;
    }
    degree += m - tag_;
    hash += static_cast<std::uint32_t>(e);
    pool_[out++] = e;
  }
  const std::int32_t variables = out;
  for (std::int32_t p = split; p < end; ++p) {
    const std::int32_t j = pool_[p];
    const std::int32_t w = weight_[j];
    if (w <= 0) continue;
    degree += w;
    hash += static_cast<std::uint32_t>(j);
    pool_[out++] = j;
  }
  if (out == begin && listed(i)) {
    const std::int32_t w = -weight_[i];
    owner_[i] = pivot;
    elements_[i] = dead;
    weight_[i] = 0;
    element_size_ -= w;
    pivot_weight_ += w;
    left_ -= w;
    stage_left_ -= w;
    return;
  }
  degree_[i] = std::min(degree_[i], degree);
  // The place of whatever tied i to the pivot is free.
  pool_[out] = pool_[variables];
  pool_[variables] = pool_[begin];
  pool_[begin] = pivot;
  elements_[i] = variables - begin + 1;
  length_[i] = out - begin + 1;
  const std::uint32_t bucket = hash & bucket_mask_;
  next_[i] = buckets_[bucket];
  buckets_[bucket] = i;
  previous_[i] = static_cast<std::int32_t>(bucket);
}

/// Merges variables of the new element whose lists are equal; hashes tell which to compare.
void Amd::merge_equal(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    if (weight_[i] == 0) continue;
    std::int32_t& bucket = buckets_[previous_[i]];
    const std::int32_t first = bucket;
    bucket = none;
    if (first != none && next_[first] != none) merge_bucket(first);
  }
}

void Amd::merge_bucket(std::int32_t first) {
  for (std::int32_t i = first; i != none && next_[i] != none; i = next_[i]) {
    const std::int32_t from = begin_[i] + 1;
    const std::int32_t to = begin_[i] + length_[i];
    work_ += length_[i];
    for (std::int32_t p = from; p < to; ++p) mark_[pool_[p]] = tag_;
    std::int32_t before = i;
    for (std::int32_t j = next_[i]; j != none; j = next_[j]) {
      if (equal_lists(i, j)) {
        owner_[j] = i;
        elements_[j] = dead;
        weight_[i] += weight_[j];
        weight_[j] = 0;
        next_[before] = next_[j];
      } else {
        before = j;
      }
    }
    advance_tag(1);
  }
}

/// Whether j's list holds what `merge_bucket` marked, the list of i. Both begin with the pivot.
bool Amd::equal_lists(std::int32_t i, std::int32_t j) const {
  if (length_[i] != length_[j] || elements_[i] != elements_[j]) return false;
  if (!stage_.empty() && stage_[i] != stage_[j]) return false;
  const std::int32_t to = begin_[j] + length_[j];
  for (std::int32_t p = begin_[j] + 1; p < to; ++p) {
    if (mark_[pool_[p]] != tag_) return false;
  }
  return true;
}

/// Bounds the degrees of what is left of the new element, lists it anew and closes the element.
void Amd::close(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  std::int32_t out = begin;
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = -weight_[i];
    if (w == 0) continue;
    weight_[i] = w;
    degree_[i] = std::min(degree_[i] + element_size_ - w, left_ - w);
    if (listed(i)) insert(i);
    pool_[out++] = i;
  }
  if (end == free_) free_ = out;
  length_[pivot] = out - begin;
  degree_[pivot] = element_size_;
  weight_[pivot] = pivot_weight_;
  mark_[pivot] = 1;
}

/// Marks of earlier pivots have to stay below the tag.
void Amd::advance_tag(std::int32_t by) {
  constexpr std::int32_t limit = std::numeric_limits<std::int32_t>::max() / 2;
  if (tag_ <= limit - by) {
    tag_ += by;
    return;
  }
  for (std::int32_t v = 0; v < n_; ++v) mark_[v] = mark_[v] != 0;
  tag_ = 2;
}

}  // namespace lacuna
