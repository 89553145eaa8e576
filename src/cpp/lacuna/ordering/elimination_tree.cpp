#include "lacuna/ordering/elimination_tree.hpp"

#include <algorithm>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

/// Work, or columns, between two looks at the budget.
constexpr std::int32_t run = 2048;

}  // namespace

Status EliminationTreeBuilder::begin(const Adjacency& graph, Buffer<std::int32_t>&& permutation,
                                     double most_flops) {
  const auto n = static_cast<std::size_t>(graph.n);
  for (Buffer<std::int32_t>* buffer :
       {&tree_.position, &tree_.parent, &tree_.counts, &ancestor_, &first_, &second_, &third_}) {
    if (buffer->allocate(n) != Status::ok) return Status::out_of_memory;
  }
  tree_.permutation = std::move(permutation);
  tree_.n = graph.n;
  tree_.nnz = 0;
  tree_.flops = 0;
  graph_ = &graph;
  most_flops_ = most_flops;
  least_nnz_ = 0;
  finished_ = false;
  stage_ = Stage::invert;
  at_ = 0;
  return Status::ok;
}

TaskState EliminationTreeBuilder::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    if (meter.spend(advance())) return TaskState::running;
  }
  return TaskState::done;
}

/// Some vertices more of the current stage, or on to the next stage; returns the work.
double EliminationTreeBuilder::advance() {
  const std::int32_t n = tree_.n;
  const bool over = stage_ == Stage::children ? at_ == 0 : at_ == n;
  if (!over) {
    switch (stage_) {
      case Stage::link: return link_rows();
      case Stage::bound: return bound_rows();
      case Stage::count: return count_columns();
      case Stage::invert:
        for (const std::int32_t end = next_run(); at_ < end; ++at_) {
          tree_.position[tree_.permutation[at_]] = at_;
        }
        break;
      case Stage::children: list_children(); break;
      case Stage::postorder: number(); break;
      case Stage::relabel: relabel(); break;
      case Stage::reset:
        for (const std::int32_t end = next_run(); at_ < end; ++at_) {
          tree_.counts[at_] = 0;
          ancestor_[at_] = at_;
          first_[at_] = second_[at_] = third_[at_] = none;
        }
        break;
      case Stage::sum: sum_counts(); break;
      case Stage::done: break;
    }
    return 4.0 * run;
  }
  at_ = 0;
  switch (stage_) {
    case Stage::invert: stage_ = Stage::link; break;
    case Stage::link:
      // Children are listed from the last to the first, so each list ascends; roots hang on one
      // more list, whose head is `cursor_`.
      stage_ = Stage::children;
      cursor_ = none;
      at_ = n;
      break;
    case Stage::children:
      stage_ =
          most_flops_ < std::numeric_limits<double>::infinity() ? Stage::bound : Stage::postorder;
      break;
    case Stage::bound:
      // Columns of equal length have the fewest flops.
      stage_ = Stage::postorder;
      if (least_nnz_ * least_nnz_ > most_flops_ * n) finish(false);
      break;
    case Stage::postorder:
      // ancestor_: new number of each column. Into the counting's arrays go the permutation and
      // the parents under the new numbers.
      stage_ = Stage::relabel;
      break;
    case Stage::relabel:
      std::swap(tree_.permutation, first_);
      std::swap(tree_.parent, tree_.counts);
      stage_ = Stage::reset;
      break;
    case Stage::reset: stage_ = Stage::count; break;
    case Stage::count: stage_ = Stage::sum; break;
    default: finish(true);
  }
  return 0;
}

void EliminationTreeBuilder::finish(bool counted) {
  finished_ = counted;
  for (Buffer<std::int32_t>* buffer : {&ancestor_, &first_, &second_, &third_}) buffer->release();
  stage_ = Stage::done;
}

std::int32_t EliminationTreeBuilder::next_run() const {
  return tree_.n - at_ < run ? tree_.n : at_ + run;
}

/// Row k of L reaches from each neighbor j < k up the tree so far; the top of each path gets
/// parent k, and the paths are shortened to end at k.
double EliminationTreeBuilder::link_rows() {
  const std::int32_t* position = tree_.position.data();
  std::int32_t* ancestor = ancestor_.data();
  std::int32_t* parent = tree_.parent.data();
  double work = 0;
  std::int32_t k = at_;
  for (; k < tree_.n && work < run; ++k) {
    parent[k] = none;
    ancestor[k] = none;
    first_[k] = none;
    const std::int32_t v = tree_.permutation[k];
    const std::int32_t end = graph_->begin[v + 1];
    for (std::int32_t p = graph_->begin[v]; p < end; ++p) {
      std::int32_t j = position[graph_->neighbors[p]];
      while (j < k) {
        const std::int32_t up = ancestor[j];
        if (up == k) break;
        ancestor[j] = k;
        if (up == none) {
          parent[j] = k;
          break;
        }
        j = up;
      }
    }
    work += 4.0 * (end - graph_->begin[v]) + 4;
  }
  at_ = k;
  return work;
}

/// Lists of children; third_: the depth below the root.
void EliminationTreeBuilder::list_children() {
  const std::int32_t end = std::max(0, at_ - run);
  std::int32_t* first = first_.data();
  for (std::int32_t j = at_ - 1; j >= end; --j) {
    const std::int32_t up = tree_.parent[j];
    std::int32_t& head = up == none ? cursor_ : first[up];
    second_[j] = head;
    head = j;
    third_[j] = up == none ? 0 : third_[up] + 1;
  }
  at_ = end;
}

/// Row k of L has at least the columns of the path from the deepest of its neighbors.
double EliminationTreeBuilder::bound_rows() {
  const std::int32_t* depth = third_.data();
  double work = 0;
  std::int32_t k = at_;
  for (; k < tree_.n && work < run; ++k) {
    const std::int32_t v = tree_.permutation[k];
    const std::int32_t end = graph_->begin[v + 1];
    std::int32_t deepest = depth[k];
    for (std::int32_t p = graph_->begin[v]; p < end; ++p) {
      const std::int32_t j = tree_.position[graph_->neighbors[p]];
      if (j < k) deepest = std::max(deepest, depth[j]);
    }
    least_nnz_ += deepest - depth[k] + 1;
    work += 2.0 * (end - graph_->begin[v]) + 4;
  }
  at_ = k;
  return work;
}

/// Numbers columns in postorder: down to a leaf by first children, which are unlinked on the way,
/// so that a column is found without children once all of them are numbered.
void EliminationTreeBuilder::number() {
  std::int32_t* first = first_.data();
  std::int32_t* next = second_.data();
  std::int32_t cursor = cursor_;
  for (const std::int32_t end = next_run(); at_ < end; ++at_) {
    std::int32_t j = cursor;
    while (first[j] != none) {
      const std::int32_t child = first[j];
      first[j] = next[child];
      next[child] = none;
      j = child;
    }
    ancestor_[j] = at_;
    // Up to the parent, or on to the next root.
    cursor = tree_.parent[j] == none ? next[j] : tree_.parent[j];
  }
  cursor_ = cursor;
}

void EliminationTreeBuilder::relabel() {
  const std::int32_t* label = ancestor_.data();
  for (const std::int32_t end = next_run(); at_ < end; ++at_) {
    const std::int32_t up = tree_.parent[at_];
    const std::int32_t v = tree_.permutation[at_];
    const std::int32_t k = label[at_];
    first_[k] = v;
    tree_.counts[k] = up == none ? none : label[up];
    tree_.position[v] = k;
  }
}

/// The counting. counts: the weight Δ of each column, summed over subtrees in the end;
/// first_: first descendant; second_: the last leaf seen of each row subtree; third_: the
/// first descendant of that leaf. In postorder, j is a new leaf of row i's subtree exactly when
/// its first descendant comes after that of the leaf before it.
double EliminationTreeBuilder::count_columns() {
  const std::int32_t* position = tree_.position.data();
  std::int32_t* counts = tree_.counts.data();
  double work = 0;
  std::int32_t j = at_;
  for (; j < tree_.n && work < run; ++j) {
    const std::int32_t up = tree_.parent[j];
    if (first_[j] == none) {
      first_[j] = j;
      ++counts[j];
    }
    const std::int32_t first = first_[j];
    if (up != none) {
      if (first_[up] == none) first_[up] = first;
      --counts[up];
    }
    const std::int32_t v = tree_.permutation[j];
    const std::int32_t end = graph_->begin[v + 1];
    for (std::int32_t p = graph_->begin[v]; p < end; ++p) {
      const std::int32_t i = position[graph_->neighbors[p]];
      if (i <= j || first <= third_[i]) continue;
      ++counts[j];
      const std::int32_t before = second_[i];
      if (before != none) --counts[common_ancestor(before)];
      second_[i] = j;
      third_[i] = first;
    }
    if (up != none) ancestor_[j] = up;
    work += 4.0 * (end - graph_->begin[v]) + 4;
  }
  at_ = j;
  return work;
}

/// Least common ancestor of the column being counted and j, an earlier leaf: the root of j's set,
/// where sets are merged upwards as columns are finished.
std::int32_t EliminationTreeBuilder::common_ancestor(std::int32_t j) {
  std::int32_t* ancestor = ancestor_.data();
  std::int32_t root = j;
  while (ancestor[root] != root) root = ancestor[root];
  while (j != root) {
    const std::int32_t up = ancestor[j];
    ancestor[j] = root;
    j = up;
  }
  return root;
}

void EliminationTreeBuilder::sum_counts() {
  std::int32_t* counts = tree_.counts.data();
  double nnz = 0, flops = 0;
  for (const std::int32_t end = next_run(); at_ < end; ++at_) {
    const std::int32_t up = tree_.parent[at_];
    if (up != none) counts[up] += counts[at_];
    const double count = counts[at_];
    nnz += count;
    flops += count * count;
  }
  tree_.nnz += nnz;
  tree_.flops += flops;
}

}  // namespace lacuna
