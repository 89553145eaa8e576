#include "lacuna/direct/lu_analysis.hpp"

#include <algorithm>

#include "lacuna/base/meter.hpp"
#include "lacuna/direct/lu_factors.hpp"

namespace lacuna {
namespace {

/// Share of the entries off the diagonal whose mirror image is an entry, too.
double mirrored_share(const CsrView& a) {
  double off_diagonal = 0, mirrored = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      if (i == j) continue;
      ++off_diagonal;
      mirrored +=
          std::binary_search(a.indices() + a.indptr()[j], a.indices() + a.indptr()[j + 1], i);
    }
  }
  return off_diagonal > 0 ? mirrored / off_diagonal : 1;
}

}  // namespace

Fault LuAnalysis::begin(const CsrView& a, LuKernel kernel, const Ordering& ordering) {
  fault_ = {};
  noted_ = 0;
  wanted_ = ordering;
  deficiency_ = {};
  last_front_ = nullptr;
  plan_.reset();
  if (!a.square()) return Status::not_square;
  view_ = a;
  kernel_ = kernel;
  at_ = 0;
  stage_ = Stage::match;
  const bool given = ordering.kind == OrderingKind::given;
  if (given && ordering.permutation.size() != static_cast<std::size_t>(a.cols())) {
    return Status::shape_mismatch;
  }
  return matcher_.begin(PatternView(a));
}

/// Parts the order that was given into those of the blocks.
Fault LuAnalysis::split_permutation() {
  const std::int32_t n = plan_->n;
  if (given_.allocate(n) != Status::ok) return Status::out_of_memory;
  for (std::int32_t b = 0; b < plan_->blocks(); ++b) reordered_[b] = plan_->block_begin[b];
  for (std::int32_t k = 0; k < n; ++k) {
    const std::int32_t v = wanted_.permutation[k];
    if (v < 0 || v >= n) return {Status::invalid_argument, k};
    const std::int32_t b = block_of_[position_[v]];
    if (reordered_[b] == plan_->block_begin[b + 1]) return {Status::invalid_argument, k};
    given_[reordered_[b]++] = position_[v] - plan_->block_begin[b];
  }
  return {};
}

void LuAnalysis::note_ordering(OrderingKind kind) {
  const std::int32_t size = plan_->block_begin[at_ + 1] - plan_->block_begin[at_];
  if (size <= noted_) return;
  noted_ = size;
  plan_->ordering = kind;
}

TaskState LuAnalysis::fail(Fault fault) {
  fault_ = fault;
  plan_.reset();
  return TaskState::failed;
}

double LuAnalysis::progress() const {
  switch (stage_) {
    case Stage::match: return 0.05 * matcher_.progress();
    case Stage::weigh: return 0.1 + 0.05 * weigher_.progress();
    case Stage::decompose: return 0.1;
    case Stage::blocks:
    case Stage::order:
    case Stage::order_columns:
      return 0.15 + 0.75 * plan_->block_begin[at_] / std::max(1, view_->rows());
    case Stage::count: return 0.9;
    case Stage::fill: return 0.95;
    case Stage::done: return 1;
  }
  return 1;
}

TaskState LuAnalysis::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::match) {
    if (const TaskState state = matcher_.step(budget); state != TaskState::done) return state;
    matching_ = matcher_.take();
    if (!matching_.perfect()) return fail(note_deficiency());
    if (const Fault fault = begin_decomposition(); !fault.ok()) return fail(fault);
  }
  if (stage_ == Stage::decompose) {
    const TaskState state = decomposer_.step(budget);
    if (state == TaskState::failed) return fail(Status::out_of_memory);
    if (state != TaskState::done) return state;
    if (const Fault fault = begin_blocks(); !fault.ok()) return fail(fault);
    if (weak_diagonals()) {
      if (const Status status = weigher_.begin(*view_, false); status != Status::ok) {
        return fail(status);
      }
      stage_ = Stage::weigh;
    }
  }
  if (stage_ == Stage::weigh) {
    if (const TaskState state = weigher_.step(budget); state != TaskState::done) return state;
    // Every perfect matching pairs the rows of a block with its columns: only they change places.
    const Matching weighted = weigher_.take();
    for (std::int32_t k = 0; k < plan_->n && weighted.perfect(); ++k) {
      plan_->row_of[k] = weighted.line_of_index[plan_->col_of[k]];
    }
    weigher_ = {};
    stage_ = Stage::blocks;
  }
  Meter meter(budget);
  while (stage_ == Stage::blocks || stage_ == Stage::order || stage_ == Stage::order_columns) {
    if (stage_ == Stage::blocks) {
      if (at_ == plan_->blocks()) {
        if (const Fault fault = begin_lists(); !fault.ok()) return fail(fault);
        break;
      }
      const std::int32_t size = plan_->block_begin[at_ + 1] - plan_->block_begin[at_];
      if (const Fault fault = begin_block(); !fault.ok()) return fail(fault);
      if (meter.spend(10.0 * size)) return TaskState::running;
    } else if (stage_ == Stage::order) {
      const TaskState state = symbolic_.step(budget);
      if (state == TaskState::failed) return fail(symbolic_.fault());
      if (state != TaskState::done) return state;
      if (const Fault fault = finish_symbolic(); !fault.ok()) return fail(fault);
    } else {
      if (const TaskState state = column_order_.step(budget); state != TaskState::done)
        return state;
      const auto order = column_order_.take();
      if (const Fault fault = reorder(order.span()); !fault.ok()) return fail(fault);
      ++at_;
      stage_ = Stage::blocks;
    }
  }
  const std::int32_t* indptr = view_->indptr();
  if (stage_ == Stage::count) {
    while (at_ < plan_->n) {
      const std::int32_t i = plan_->row_of[at_];
      count_row(at_++);
      if (meter.spend(3.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    if (const Fault fault = begin_fill(); !fault.ok()) return fail(fault);
  }
  if (stage_ == Stage::fill) {
    while (at_ < plan_->n) {
      const std::int32_t i = plan_->row_of[at_];
      fill_row(at_++);
      if (meter.spend(3.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    stage_ = Stage::done;
    position_.release();
    block_of_.release();
    reordered_.release();
  }
  return TaskState::done;
}

Fault LuAnalysis::note_deficiency() {
  const std::int32_t n = view_->rows();
  const auto missing = static_cast<std::size_t>(n - matching_.rank);
  if (deficiency_.rows.allocate(missing) != Status::ok ||
      deficiency_.cols.allocate(missing) != Status::ok) {
    return Status::out_of_memory;
  }
  std::size_t rows = 0, cols = 0;
  for (std::int32_t k = 0; k < n; ++k) {
    if (matching_.index_of_line[k] < 0) deficiency_.rows[rows++] = k;
    if (matching_.line_of_index[k] < 0) deficiency_.cols[cols++] = k;
  }
  deficiency_.rank = matching_.rank;
  return {Status::singular_matrix, deficiency_.cols[0]};
}

bool LuAnalysis::weak_diagonals() const {
  for (std::int32_t k = 0; k < plan_->n; ++k) {
    if (plan_->kind[block_of_[k]] == BlockKind::single) continue;
    const std::int32_t i = plan_->row_of[k];
    double diagonal = 0, largest = 0;
    for (std::int32_t p = view_->indptr()[i]; p < view_->indptr()[i + 1]; ++p) {
      const double v = view_->data()[p] < 0 ? -view_->data()[p] : view_->data()[p];
      if (view_->indices()[p] == plan_->col_of[k]) diagonal = v;
      largest = std::max(largest, v);
    }
    if (diagonal < weak_diagonal * largest) return true;
  }
  return false;
}

Fault LuAnalysis::begin_decomposition() {
  stage_ = Stage::decompose;
  return decomposer_.begin(PatternView(*view_), matching_.line_of_index.span());
}

Fault LuAnalysis::begin_blocks() {
  BlockTriangularForm form = decomposer_.take();
  plan_.reset(create<LuPlan>());
  if (!plan_) return Status::out_of_memory;
  const auto n = static_cast<std::size_t>(view_->rows());
  const auto blocks = static_cast<std::size_t>(form.blocks());
  const bool allocated =
      plan_->kind.allocate(blocks) == Status::ok && position_.allocate(n) == Status::ok &&
      block_of_.allocate(n) == Status::ok && reordered_.allocate(n) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  plan_->n = view_->rows();
  plan_->nnz = view_->nnz();
  plan_->row_of = std::move(form.rows);
  plan_->col_of = std::move(form.cols);
  plan_->block_begin = std::move(form.start);
  matching_ = {};
  for (std::int32_t b = 0; b < plan_->blocks(); ++b) {
    const std::int32_t begin = plan_->block_begin[b];
    const std::int32_t end = plan_->block_begin[b + 1];
    plan_->kind[b] = end - begin == 1 ? BlockKind::single : BlockKind::columns;
    plan_->largest_block = std::max(plan_->largest_block, end - begin);
    for (std::int32_t k = begin; k < end; ++k) {
      block_of_[k] = b;
      position_[plan_->col_of[k]] = k;
    }
  }
  stage_ = Stage::blocks;
  at_ = 0;
  return wanted_.kind == OrderingKind::given ? split_permutation() : Fault();
}

/// Copies the pattern of block `at_` and starts to order it. Columns of a block ascend, so its rows
/// stay sorted.
Fault LuAnalysis::begin_block() {
  const std::int32_t begin = plan_->block_begin[at_];
  const std::int32_t end = plan_->block_begin[at_ + 1];
  const bool small = end - begin < least_ordered && kernel_ != LuKernel::fronts &&
                     wanted_.kind != OrderingKind::given;
  if (end - begin == 1 || small) {
    if (end - begin > 1) plan_->largest_columns = std::max(plan_->largest_columns, end - begin);
    ++at_;
    return {};
  }
  std::int64_t nnz = 0;
  const auto inside = [&](std::int32_t p) {
    const std::int32_t k = position_[view_->indices()[p]];
    return k >= begin && k < end;
  };
  for (std::int32_t k = begin; k < end; ++k) {
    const std::int32_t i = plan_->row_of[k];
    for (std::int32_t p = view_->indptr()[i]; p < view_->indptr()[i + 1]; ++p) nnz += inside(p);
  }
  auto parts = CsrParts::allocate(end - begin, end - begin, nnz);
  if (!parts.ok()) return parts.fault();
  CsrParts& block = parts.value();
  std::int32_t at = 0;
  for (std::int32_t k = begin; k < end; ++k) {
    block.indptr[k - begin] = at;
    const std::int32_t i = plan_->row_of[k];
    for (std::int32_t p = view_->indptr()[i]; p < view_->indptr()[i + 1]; ++p) {
      if (!inside(p)) continue;
      block.indices[at] = position_[view_->indices()[p]] - begin;
      block.data[at++] = 0;
    }
  }
  block.indptr[end - begin] = at;
  auto made = CsrMatrix::adopt(std::move(block));
  if (!made.ok()) return made.fault();
  block_.emplace(made.take());
  return begin_symbolic();
}

Fault LuAnalysis::begin_symbolic() {
  Ordering ordering = wanted_;
  if (wanted_.kind == OrderingKind::automatic) ordering.kind = OrderingKind::amd;
  if (wanted_.kind == OrderingKind::given) {
    ordering.permutation = given_.span().subspan(plan_->block_begin[at_], block_->view().rows());
  }
  stage_ = Stage::order;
  return symbolic_.begin(block_->view(), ordering);
}

Fault LuAnalysis::finish_symbolic() {
  Supernodes tree = symbolic_.take();
  const double per_entry = tree.nnz > 0 ? tree.flops / tree.nnz : 0;
  const bool fronts =
      kernel_ == LuKernel::fronts || (kernel_ == LuKernel::automatic && per_entry >= front_ratio);
  note_ordering(symbolic_.chosen());
  if (fronts) return keep_fronts(std::move(tree));

  const std::int32_t size = tree.n;
  plan_->largest_columns = std::max(plan_->largest_columns, size);
  const bool fills =
      wanted_.kind == OrderingKind::automatic && tree.nnz > fill_limit * block_->view().nnz();
  if (!fills || mirrored_share(block_->view()) >= symmetry_share) {
    const Fault fault = reorder(tree.permutation.span());
    block_.reset();
    ++at_;
    stage_ = Stage::blocks;
    return fault;
  }
  stage_ = Stage::order_columns;
  noted_ = 0;
  note_ordering(OrderingKind::column_amd);
  const Status status = column_order_.begin(PatternView(block_->view()));
  block_.reset();
  return status;
}

/// Rows and columns of block `at_` in a new order, the same for both: the diagonal stays full.
Fault LuAnalysis::reorder(std::span<const std::int32_t> order) {
  const std::int32_t begin = plan_->block_begin[at_];
  const auto size = static_cast<std::int32_t>(order.size());
  for (auto* list : {&plan_->row_of, &plan_->col_of}) {
    for (std::int32_t k = 0; k < size; ++k) reordered_[k] = (*list)[begin + order[k]];
    for (std::int32_t k = 0; k < size; ++k) (*list)[begin + k] = reordered_[k];
  }
  return {};
}

Fault LuAnalysis::keep_fronts(Supernodes&& tree) {
  std::unique_ptr<FrontBlock> front(create<FrontBlock>());
  if (!front) return Status::out_of_memory;
  if (const Fault fault = reorder(tree.permutation.span()); !fault.ok()) return fault;
  plan_->kind[at_] = BlockKind::fronts;
  // Both factors, and their diagonal once.
  plan_->predicted_flops += 2 * tree.panel_flops;
  for (std::int32_t s = 0; s < tree.count; ++s) {
    const double width = tree.width(s);
    plan_->predicted_nnz += width * (2.0 * tree.height(s) - width);
  }
  plan_->supernodes += tree.count;
  if (const Fault fault = predict_bytes(tree); !fault.ok()) return fault;
  front->begin = plan_->block_begin[at_];
  front->tree = std::move(tree);
  front->tree.permutation.release();
  front->tree.position.release();
  FrontBlock* kept = front.get();
  if (last_front_ != nullptr) {
    last_front_->next = std::move(front);
  } else {
    plan_->fronts = std::move(front);
  }
  last_front_ = kept;
  block_.reset();
  ++at_;
  stage_ = Stage::blocks;
  return kept->entry_begin.allocate_zero(static_cast<std::size_t>(kept->tree.count) + 1);
}

/// Panels stay, the update of a front until its parent has taken it in: what `FrontLu::open`
/// allocates where no pivot is delayed.
Fault LuAnalysis::predict_bytes(const Supernodes& tree) {
  Buffer<double> handed_on;  // updates of the children of each front
  if (handed_on.allocate_zero(tree.count) != Status::ok) return Status::out_of_memory;
  double kept = plan_->kept_bytes, live = 0, peak = 0;
  for (std::int32_t s = 0; s < tree.count; ++s) {
    const double width = tree.width(s), order = tree.height(s), border = order - width;
    const double update = sizeof(double) * border * border;
    kept += sizeof(double) * (order + border) * width + 2 * sizeof(std::int32_t) * order +
            sizeof(Front<double>);
    live += update;
    peak = std::max(peak, kept + live);
    live -= handed_on[s];
    if (tree.parent[s] >= 0) handed_on[tree.parent[s]] += update;
  }
  plan_->kept_bytes = kept;
  plan_->predicted_bytes = std::max(plan_->predicted_bytes, peak);
  return {};
}

Fault LuAnalysis::begin_lists(const CsrView& a, std::unique_ptr<LuPlan> plan) {
  fault_ = {};
  view_ = a;
  plan_ = std::move(plan);
  const auto n = static_cast<std::size_t>(plan_->n);
  if (position_.allocate(n) != Status::ok || block_of_.allocate(n) != Status::ok) {
    return fault_ = Status::out_of_memory;
  }
  for (std::int32_t b = 0; b < plan_->blocks(); ++b) {
    for (std::int32_t k = plan_->block_begin[b]; k < plan_->block_begin[b + 1]; ++k) {
      block_of_[k] = b;
    }
  }
  return fault_ = begin_lists();
}

Fault LuAnalysis::begin_lists() {
  const auto n = static_cast<std::size_t>(plan_->n);
  if (plan_->inner_begin.allocate_zero(n + 1) != Status::ok ||
      plan_->outer_begin.allocate_zero(n + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t k = 0; k < plan_->n; ++k) position_[plan_->col_of[k]] = k;
  front_ = plan_->fronts.get();
  at_ = 0;
  stage_ = Stage::count;
  return {};
}

/// Of the front in which entry (r, c), by position, is assembled: that of whichever is pivot first.
std::int32_t LuAnalysis::supernode_at(std::int32_t r, std::int32_t c) const {
  return front_->tree.supernode_of[std::min(r, c) - front_->begin];
}

template <class Outer, class Front, class Column>
void LuAnalysis::each_entry(std::int32_t r, Outer&& outer, Front&& front, Column&& column) {
  const std::int32_t b = block_of_[r];
  const bool in_front = plan_->kind[b] == BlockKind::fronts;
  const std::int32_t i = plan_->row_of[r];
  for (std::int32_t p = view_->indptr()[i]; p < view_->indptr()[i + 1]; ++p) {
    const std::int32_t c = position_[view_->indices()[p]];
    if (block_of_[c] != b) {
      outer(plan_->outer_begin[c + 1]++, p);
    } else if (in_front) {
      front(front_->entry_begin[supernode_at(r, c) + 1]++, c, p);
    } else {
      column(plan_->inner_begin[c + 1]++, p);
    }
  }
  if (in_front && r + 1 == plan_->block_begin[b + 1]) front_ = front_->next.get();
}

void LuAnalysis::count_row(std::int32_t r) {
  const auto ignore = [](auto...) {};
  each_entry(r, ignore, ignore, ignore);
}

Fault LuAnalysis::begin_fill() {
  // List k is filled through place k + 1, which holds its start until then and its end afterwards.
  const auto accumulate = [](Buffer<std::int32_t>& begin) {
    for (std::size_t k = 1; k < begin.size(); ++k) begin[k] += begin[k - 1];
    const std::int32_t total = begin[begin.size() - 1];
    for (std::size_t k = begin.size() - 1; k > 0; --k) begin[k] = begin[k - 1];
    return static_cast<std::size_t>(total);
  };
  const std::size_t inner = accumulate(plan_->inner_begin);
  const std::size_t outer = accumulate(plan_->outer_begin);
  bool allocated = plan_->inner_row.allocate(inner) == Status::ok &&
                   plan_->inner_source.allocate(inner) == Status::ok &&
                   plan_->outer_row.allocate(outer) == Status::ok &&
                   plan_->outer_source.allocate(outer) == Status::ok;
  for (FrontBlock* f = plan_->fronts.get(); f != nullptr && allocated; f = f->next.get()) {
    const std::size_t entries = accumulate(f->entry_begin);
    allocated = f->row.allocate(entries) == Status::ok && f->col.allocate(entries) == Status::ok &&
                f->source.allocate(entries) == Status::ok;
  }
  if (!allocated) return Status::out_of_memory;
  front_ = plan_->fronts.get();
  at_ = 0;
  stage_ = Stage::fill;
  return {};
}

void LuAnalysis::fill_row(std::int32_t r) {
  each_entry(
      r,
      [&](std::int32_t at, std::int32_t p) {
        plan_->outer_row[at] = r;
        plan_->outer_source[at] = p;
      },
      [&](std::int32_t at, std::int32_t c, std::int32_t p) {
        front_->row[at] = r - front_->begin;
        front_->col[at] = c - front_->begin;
        front_->source[at] = p;
      },
      [&](std::int32_t at, std::int32_t p) {
        plan_->inner_row[at] = r;
        plan_->inner_source[at] = p;
      });
}

}  // namespace lacuna
