#include "lacuna/ordering/elimination_tree.hpp"

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

}  // namespace

Status EliminationTreeBuilder::begin(const Adjacency& graph, Buffer<std::int32_t>&& permutation) {
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

/// One vertex more of the current stage, or on to the next stage; returns the work.
double EliminationTreeBuilder::advance() {
  const std::int32_t n = tree_.n;
  switch (stage_) {
    case Stage::invert:
      if (at_ < n) {
        tree_.position[tree_.permutation[at_]] = at_;
        ++at_;
        return 2;
      }
      stage_ = Stage::link;
      at_ = 0;
      return 0;
    case Stage::link:
      if (at_ < n) {
        link_row(at_);
        return 4.0 * graph_->degree(tree_.permutation[at_++]) + 4;
      }
      // Children are listed from the last to the first, so each list ascends; roots hang on one
      // more list, whose head is `cursor_`.
      stage_ = Stage::children;
      cursor_ = none;
      at_ = n;
      return 0;
    case Stage::children:
      if (at_ > 0) {
        const std::int32_t j = --at_;
        std::int32_t& head = tree_.parent[j] == none ? cursor_ : first_[tree_.parent[j]];
        second_[j] = head;
        head = j;
        return 2;
      }
      stage_ = Stage::postorder;
      at_ = 0;
      return 0;
    case Stage::postorder:
      if (at_ < n) {
        next_in_postorder();
        return 4;
      }
      // ancestor_: new number of each column. Into the counting's arrays go the permutation and
      // the parents under the new numbers.
      stage_ = Stage::relabel;
      at_ = 0;
      return 0;
    case Stage::relabel:
      if (at_ < n) {
        const std::int32_t k = at_++;
        const std::int32_t up = tree_.parent[k];
        first_[ancestor_[k]] = tree_.permutation[k];
        tree_.counts[ancestor_[k]] = up == none ? none : ancestor_[up];
        return 2;
      }
      std::swap(tree_.permutation, first_);
      std::swap(tree_.parent, tree_.counts);
      stage_ = Stage::reset;
      at_ = 0;
      return 0;
    case Stage::reset:
      if (at_ < n) {
        const std::int32_t k = at_++;
        tree_.position[tree_.permutation[k]] = k;
        tree_.counts[k] = 0;
        ancestor_[k] = k;
        first_[k] = none;
        second_[k] = none;
        third_[k] = none;
        return 2;
      }
      stage_ = Stage::count;
      at_ = 0;
      return 0;
    case Stage::count:
      if (at_ < n) {
        count_column(at_);
        return 4.0 * graph_->degree(tree_.permutation[at_++]) + 4;
      }
      stage_ = Stage::sum;
      at_ = 0;
      return 0;
    case Stage::sum:
      if (at_ < n) {
        const std::int32_t j = at_++;
        const std::int32_t up = tree_.parent[j];
        if (up != none) tree_.counts[up] += tree_.counts[j];
        const double count = tree_.counts[j];
        tree_.nnz += count;
        tree_.flops += count * count;
        return 2;
      }
      for (Buffer<std::int32_t>* buffer : {&ancestor_, &first_, &second_, &third_}) {
        buffer->release();
      }
      stage_ = Stage::done;
      return 0;
    case Stage::done: break;
  }
  return 0;
}

/// Row k of L reaches from each neighbor j < k up the tree so far; the top of each path gets
/// parent k, and the paths are shortened to end at k.
void EliminationTreeBuilder::link_row(std::int32_t k) {
  tree_.parent[k] = none;
  ancestor_[k] = none;
  first_[k] = none;
  const std::int32_t v = tree_.permutation[k];
  for (std::int32_t p = graph_->begin[v]; p < graph_->begin[v + 1]; ++p) {
    std::int32_t j = tree_.position[graph_->neighbors[p]];
    while (j < k) {
      const std::int32_t up = ancestor_[j];
      if (up == k) break;
      ancestor_[j] = k;
      if (up == none) {
        tree_.parent[j] = k;
        break;
      }
      j = up;
    }
  }
}

/// Numbers one more column: down to a leaf by first children, which are unlinked on the way, so
/// that a column is found without children once all of them are numbered.
void EliminationTreeBuilder::next_in_postorder() {
  std::int32_t j = cursor_;
  while (first_[j] != none) {
    const std::int32_t child = first_[j];
    first_[j] = second_[child];
    second_[child] = none;
    j = child;
  }
  ancestor_[j] = at_++;
  // Up to the parent, or on to the next root.
  cursor_ = tree_.parent[j] == none ? second_[j] : tree_.parent[j];
}

/// Column j of the counting. counts: the weight Δ of each column, summed over subtrees in the end;
/// first_: first descendant; second_: the last leaf seen of each row subtree; third_: the
/// first descendant of that leaf. In postorder, j is a new leaf of row i's subtree exactly when
/// its first descendant comes after that of the leaf before it.
void EliminationTreeBuilder::count_column(std::int32_t j) {
  const std::int32_t up = tree_.parent[j];
  if (first_[j] == none) {
    first_[j] = j;
    ++tree_.counts[j];
  }
  if (up != none) {
    if (first_[up] == none) first_[up] = first_[j];
    --tree_.counts[up];
  }
  const std::int32_t v = tree_.permutation[j];
  for (std::int32_t p = graph_->begin[v]; p < graph_->begin[v + 1]; ++p) {
    const std::int32_t i = tree_.position[graph_->neighbors[p]];
    if (i <= j || first_[j] <= third_[i]) continue;
    ++tree_.counts[j];
    const std::int32_t before = second_[i];
    if (before != none) --tree_.counts[common_ancestor(before)];
    second_[i] = j;
    third_[i] = first_[j];
  }
  if (up != none) ancestor_[j] = up;
}

/// Least common ancestor of the column being counted and j, an earlier leaf: the root of j's set,
/// where sets are merged upwards as columns are finished.
std::int32_t EliminationTreeBuilder::common_ancestor(std::int32_t j) {
  std::int32_t root = j;
  while (ancestor_[root] != root) root = ancestor_[root];
  while (j != root) {
    const std::int32_t up = ancestor_[j];
    ancestor_[j] = root;
    j = up;
  }
  return root;
}

}  // namespace lacuna
