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
    if (const Fault fault = begin_grouping(); !fault.ok()) return fail(fault);
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
  while (stage_ != Stage::done) {
    double work = 0;
    switch (stage_) {
      case Stage::columns: work = place_columns(); break;
      case Stage::number: work = number_columns(); break;
      case Stage::panels: work = place_panels(); break;
      default: work = place_rows();
    }
    if (at_ == (stage_ == Stage::panels ? out_.count : out_.n)) {
      if (const Fault fault = next_stage(); !fault.ok()) return fail(fault);
    }
    if (meter.spend(work) && stage_ != Stage::done) return TaskState::running;
  }
  return TaskState::done;
}

/// After the columns are placed.
Fault Symbolic::next_stage() {
  at_ = 0;
  if (stage_ == Stage::panels) {
    stage_ = Stage::rows;
    return {};
  }
  if (stage_ != Stage::rows) {
    stage_ = Stage::panels;
    tree_ = EliminationTree();
    return begin_panels();
  }
  counts_.release();
  next_.release();
  row_end_.release();
  seen_.release();
  groups_ = ColumnGroups();
  graph_ = Adjacency();
  stage_ = Stage::done;
  return {};
}

Fault Symbolic::begin_grouping() {
  if (tree_.flops < relaxation_.columns_below * tree_.nnz) {
    stage_ = Stage::columns;
    at_ = 0;
    return begin_columns();
  }
  stage_ = Stage::amalgamate;
  return amalgamation_.begin(tree_, relaxation_);
}

/// The columns of the tree are the supernodes, in its order.
Fault Symbolic::begin_columns() {
  const auto n = static_cast<std::size_t>(tree_.n);
  for (const Status status : {out_.supernode_of.allocate(n), out_.first_column.allocate(n + 1),
                              out_.row_begin.allocate(n + 1), out_.value_begin.allocate(n + 1)}) {
    if (status != Status::ok) return status;
  }
  out_.n = out_.count = tree_.n;
  out_.nnz = out_.stored = tree_.nnz;
  out_.flops = out_.panel_flops = tree_.flops;
  out_.permutation = std::move(tree_.permutation);
  out_.position = std::move(tree_.position);
  counts_ = std::move(tree_.counts);
  groups_.parent = std::move(tree_.parent);
  out_.first_column[0] = 0;
  out_.row_begin[0] = out_.value_begin[0] = 0;
  return {};
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

}  // namespace lacuna
