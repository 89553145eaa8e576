#include "lacuna/direct/symbolic.hpp"

#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {

Fault Symbolic::begin(const CsrView& a, const Ordering& ordering, const Relaxation& relaxation) {
  fault_ = graph_builder_.begin(a);
  if (!fault_.ok()) return fault_;
  wanted_ = ordering;
  relaxation_ = relaxation;
  stage_ = Stage::graph;
  out_ = Supernodes();
  return {};
}

Fault Symbolic::begin(Adjacency&& graph, const Ordering& ordering, const Relaxation& relaxation) {
  graph_ = std::move(graph);
  relaxation_ = relaxation;
  stage_ = Stage::order;
  out_ = Supernodes();
  return fault_ = ordering_.begin(graph_, ordering);
}

double Symbolic::progress() const {
  switch (stage_) {
    case Stage::graph: return 0;
    case Stage::order: return 0.05 + 0.75 * ordering_.progress();
    case Stage::tree: return 0.8;
    case Stage::amalgamate: return 0.9;
    case Stage::done: return 1;
    default: return 0.95;
  }
}

TaskState Symbolic::fail(Fault fault) {
  fault_ = fault;
  return TaskState::failed;
}

TaskState Symbolic::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::graph) {
    const TaskState state = graph_builder_.step(budget);
    if (state == TaskState::failed) return fail(graph_builder_.status());
    if (state != TaskState::done) return state;
    graph_ = graph_builder_.take();
    if (const Fault fault = ordering_.begin(graph_, wanted_); !fault.ok()) return fail(fault);
    stage_ = Stage::order;
  }
  if (stage_ == Stage::order) {
    const TaskState state = ordering_.step(budget);
    if (state == TaskState::failed) return fail(ordering_.fault());
    if (state != TaskState::done) return state;
    tree_ = ordering_.take_tree();
    if (tree_.parent.empty()) {
      const Status status = tree_builder_.begin(graph_, std::move(tree_.permutation));
      if (status != Status::ok) return fail(status);
    }
    stage_ = Stage::tree;
  }
  if (stage_ == Stage::tree) {
    if (tree_.parent.empty()) {
      const TaskState state = tree_builder_.step(budget);
      if (state != TaskState::done) return state;
      tree_ = tree_builder_.take();
    }
    if (const Status status = amalgamation_.begin(tree_, relaxation_); status != Status::ok) {
      return fail(status);
    }
    stage_ = Stage::amalgamate;
  }
  if (stage_ == Stage::amalgamate) {
    const TaskState state = amalgamation_.step(budget);
    if (state == TaskState::failed) return fail(Status::out_of_memory);
    if (state != TaskState::done) return state;
    groups_ = amalgamation_.take();
    if (const Fault fault = begin_numbering(); !fault.ok()) return fail(fault);
    stage_ = Stage::number;
    at_ = 0;
  }
  Meter meter(budget);
  if (stage_ == Stage::number) {
    while (at_ < out_.n) {
      const std::int32_t old = at_++;
      const std::int32_t s = groups_.group_of[old];
      const std::int32_t k = next_[s]++;
      const std::int32_t v = tree_.permutation[old];
      out_.permutation[k] = v;
      out_.position[v] = k;
      out_.supernode_of[k] = s;
      if (meter.spend(6)) return TaskState::running;
    }
    tree_ = EliminationTree();
    if (const Fault fault = begin_panels(); !fault.ok()) return fail(fault);
    stage_ = Stage::panels;
    at_ = 0;
  }
  if (stage_ == Stage::panels) {
    while (at_ < out_.count) {
      if (meter.spend(place_panel())) return TaskState::running;
    }
    stage_ = Stage::rows;
    at_ = 0;
  }
  while (stage_ == Stage::rows) {
    if (at_ == out_.n) {
      next_.release();
      row_end_.release();
      seen_.release();
      groups_ = ColumnGroups();
      graph_ = Adjacency();
      stage_ = Stage::done;
    } else if (meter.spend(place_row(at_++))) {
      return TaskState::running;
    }
  }
  return TaskState::done;
}

/// Offsets of the columns, rows and panels of each supernode, and the figures.
Fault Symbolic::begin_numbering() {
  out_.n = tree_.n;
  out_.count = groups_.count;
  out_.nnz = tree_.nnz;
  out_.flops = tree_.flops;
  const auto n = static_cast<std::size_t>(out_.n);
  const auto count = static_cast<std::size_t>(out_.count);
  for (const Status status :
       {out_.permutation.allocate(n), out_.position.allocate(n), out_.supernode_of.allocate(n),
        out_.first_column.allocate(count + 1), out_.row_begin.allocate(count + 1),
        out_.value_begin.allocate(count + 1), next_.allocate(count)}) {
    if (status != Status::ok) return status;
  }
  std::int32_t column = 0;
  std::int64_t row = 0;
  std::int64_t value = 0;
  for (std::int32_t s = 0; s < out_.count; ++s) {
    const std::int64_t width = groups_.width[s];
    const std::int64_t height = groups_.height[s];
    out_.first_column[s] = next_[s] = column;
    out_.row_begin[s] = row;
    out_.value_begin[s] = value;
    column += groups_.width[s];
    row += height;
    // At most n panels of n² entries: far from overflow for any n that fits memory, yet checked.
    if (value > std::numeric_limits<std::int64_t>::max() - width * height) {
      return Status::out_of_memory;
    }
    value += width * height;
    // Σ k² for k = height − width + 1 … height; each term is exact below 2⁵³.
    const double h = static_cast<double>(height);
    const double w = static_cast<double>(width);
    out_.panel_flops += w * h * h - h * w * (w - 1) + (w - 1) * w * (2 * w - 1) / 6;
  }
  out_.first_column[out_.count] = column;
  out_.row_begin[out_.count] = row;
  out_.value_begin[out_.count] = value;
  out_.stored = static_cast<double>(value);
  return {};
}

Fault Symbolic::begin_panels() {
  const auto count = static_cast<std::size_t>(out_.count);
  const std::int64_t rows = out_.row_begin[out_.count];
  if (static_cast<std::uint64_t>(rows) > std::numeric_limits<std::size_t>::max()) {
    return Status::out_of_memory;
  }
  for (const Status status : {out_.rows.allocate(static_cast<std::size_t>(rows)),
                              row_end_.allocate(count), seen_.allocate(count)}) {
    if (status != Status::ok) return status;
  }
  out_.parent = std::move(groups_.parent);
  return {};
}

/// A supernode's own columns head its rows.
double Symbolic::place_panel() {
  const std::int32_t s = at_++;
  std::int64_t p = out_.row_begin[s];
  for (std::int32_t j = out_.first_column[s]; j < out_.first_column[s + 1]; ++j) out_.rows[p++] = j;
  row_end_[s] = p;
  seen_[s] = -1;
  return 4 + out_.width(s);
}

/// Enters row i into every supernode of its row subtree but its own.
double Symbolic::place_row(std::int32_t i) {
  const std::int32_t own = out_.supernode_of[i];
  const std::int32_t v = out_.permutation[i];
  double work = 4;
  for (std::int32_t p = graph_.begin[v]; p < graph_.begin[v + 1]; ++p) {
    const std::int32_t j = out_.position[graph_.neighbors[p]];
    work += 4;
    if (j >= i) continue;
    for (std::int32_t s = out_.supernode_of[j]; s != own && seen_[s] != i; s = out_.parent[s]) {
      seen_[s] = i;
      out_.rows[row_end_[s]++] = i;
      work += 4;
    }
  }
  return work;
}

}  // namespace lacuna
