// Bytes to LU.
#include <algorithm>
#include <utility>

#include "lacuna/direct/lu_bytes.hpp"
#include "lacuna/direct/lu_sections.hpp"

namespace lacuna {

using namespace lu;

namespace {

constexpr std::int64_t sizes_of_front = 3;

}  // namespace

Fault LuImport::advance(Budget& budget) {
  Fault fault;
  Meter meter(budget);
  switch (stage_) {
    case Stage::open:
      fault = open();
      stage_ = Stage::heads;
      break;
    case Stage::heads:
      if (!read(budget, fault)) break;
      fault = check_heads();
      stage_ = Stage::rows;
      break;
    case Stage::rows:
      if (invert(plan_->row_of.span(), inverse_.data(), tag_row_of, budget, fault)) {
        stage_ = Stage::cols;
      }
      break;
    case Stage::cols:
      if (invert(plan_->col_of.span(), inverse_.data(), tag_col_of, budget, fault)) {
        stage_ = Stage::blocks;
      }
      break;
    case Stage::blocks:
      while (block_ < plan_->blocks() && plan_->kind[block_] != BlockKind::fronts) {
        ++block_;
        if (meter.spend(2)) return {};
      }
      if (block_ < plan_->blocks()) {
        stage_ = Stage::tree;
        return begin_block();
      }
      if (trees_ != static_cast<std::int64_t>(tree_count_.size())) return damaged(tag_tree_count);
      stage_ = Stage::lists;
      return analysis_.begin_lists(*a_, std::move(plan_));
    case Stage::tree:
      if (check_.advance(meter)) {
        fault = of_tree(check_.fault(), tag_tree_column);
        break;
      }
      stage_ = Stage::fronts;
      fault = begin_fronts();
      break;
    case Stage::fronts:
      while (at_ < tree_->tree.count) {
        const auto s = static_cast<std::int32_t>(at_++);
        fault = open_front(s);
        if (!fault.ok() || meter.spend(100 + 2.0 * tree_->tree.height(s))) return fault;
      }
      stage_ = Stage::pivots;
      break;
    case Stage::pivots:
      while (at_ > 0) {
        const auto s = static_cast<std::int32_t>(--at_);
        fault = check_pivots(s);
        if (!fault.ok() || meter.spend(8.0 * tree_->tree.height(s))) return fault;
      }
      ++block_;
      stage_ = Stage::blocks;
      break;
    case Stage::lists: {
      const TaskState state = analysis_.step(budget);
      if (state == TaskState::failed) return analysis_.fault();
      if (state != TaskState::done) break;
      plan_ = analysis_.take();
      tree_ = plan_->fronts.get();
      std::fill_n(inverse_.data(), plan_->n, -1);
      at_ = 0;
      stage_ = Stage::entries;
      break;
    }
    case Stage::entries:
      for (; tree_ != nullptr; tree_ = tree_->next.get(), at_ = 0) {
        while (at_ < tree_->tree.count) {
          const auto s = static_cast<std::int32_t>(at_++);
          const double entries = tree_->entry_begin[s + 1] - tree_->entry_begin[s];
          fault = check_entries(s);
          if (!fault.ok() || meter.spend(tree_->tree.height(s) + 2 * entries)) return fault;
        }
      }
      fault = begin_columns();
      stage_ = Stage::columns;
      break;
    case Stage::columns:
      while (at_ < plan_->n) {
        const auto k = static_cast<std::int32_t>(at_++);
        fault = check_column(k);
        const double listed = pattern_ ? count_[k] + count_[plan_->n + k] : 0;
        const double outer = plan_->outer_begin[k + 1] - plan_->outer_begin[k];
        if (!fault.ok() || meter.spend(8 + 2 * (listed + outer))) return fault;
      }
      fault = open_numbers();
      stage_ = Stage::numbers;
      break;
    case Stage::numbers:
      if (read(budget, fault)) stage_ = Stage::check;
      break;
    case Stage::check:
      while (at_ < plan_->n) {
        const auto k = static_cast<std::int32_t>(at_++);
        fault = check_numbers(k);
        if (!fault.ok() ||
            meter.spend(8 + 4.0 * (plan_->outer_begin[k + 1] - plan_->outer_begin[k])))
          return fault;
      }
      fault = finish();
      done_ = true;
      break;
  }
  return fault;
}

Fault LuImport::open() {
  plan_.reset(create<LuPlan>());
  factors_.reset(create<LuFactors<double>>());
  pattern_.reset(create<ColumnPattern>());
  if (!plan_ || !factors_ || !pattern_) return Status::out_of_memory;
  fetch(tag_reals, tag_wholes, figures_);
  fetch(tag_row_of, plan_->row_of);
  fetch(tag_col_of, plan_->col_of);
  fetch(tag_block_begin, plan_->block_begin);
  fetch(tag_kind, plan_->kind);
  fetch(tag_tree_count, tree_count_);
  fetch(tag_tree_column, tree_column_);
  fetch(tag_tree_begin, tree_begin_);
  fetch(tag_tree_rows, tree_rows_);
  fetch(tag_front_size, front_size_);
  fetch(tag_count, count_);
  fetch(tag_pivot_row, pivot_row_);
  fetch(tag_lower_row, pattern_->lower.row);
  fetch(tag_upper_row, pattern_->upper.row);
  return {};
}

Fault LuImport::check_heads() {
  LuPlan& p = *plan_;
  const auto n = static_cast<std::size_t>(a_->rows());
  if (!a_->square() || p.row_of.size() != n) return damaged(tag_row_of);
  if (p.col_of.size() != n) return damaged(tag_col_of);
  const std::size_t blocks = p.kind.size();
  if (blocks > n || p.block_begin.size() != blocks + 1 || p.block_begin[0] != 0) {
    return damaged(tag_block_begin);
  }
  p.n = a_->rows();
  p.nnz = a_->nnz();
  for (std::int32_t b = 0; b < p.blocks(); ++b) {
    const std::int32_t begin = p.block_begin[b], end = p.block_begin[b + 1];
    if (end <= begin || end > p.n) return damaged(tag_block_begin, 4 * std::int64_t(b));
    const auto kind = p.kind[b];
    const bool alone = end - begin == 1;
    if (alone != (kind == BlockKind::single) || kind < BlockKind::single ||
        kind > BlockKind::fronts) {
      return damaged(tag_kind, b);
    }
    if (kind == BlockKind::columns) p.largest_columns = std::max(p.largest_columns, end - begin);
    p.largest_block = std::max(p.largest_block, end - begin);
  }
  if (p.block_begin[p.blocks()] != p.n) return damaged(tag_block_begin);
  for (const Status status : {inverse_.allocate(n), of_column_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  return {};
}

/// The tree of a block by fronts, out of those of all.
Fault LuImport::begin_block() {
  std::unique_ptr<FrontBlock> made(create<FrontBlock>());
  if (!made) return Status::out_of_memory;
  FrontBlock& front = *made;
  Supernodes& t = front.tree;
  front.begin = plan_->block_begin[block_];
  t.n = plan_->block_begin[block_ + 1] - front.begin;
  if (trees_ == static_cast<std::int64_t>(tree_count_.size())) return damaged(tag_tree_count);
  t.count = tree_count_[trees_];
  if (t.count < 1 || t.count > t.n) return damaged(tag_tree_count, 4 * trees_);
  ++trees_;
  const std::size_t ends = static_cast<std::size_t>(t.count) + 1;
  const auto from = static_cast<std::size_t>(heads_);
  if (tree_column_.size() < from + ends || tree_begin_.size() < from + ends) {
    return damaged(tag_tree_column);
  }
  const std::int64_t rows = tree_begin_[from + ends - 1];
  if (rows < 0 || rows > static_cast<std::int64_t>(tree_rows_.size()) - rows_) {
    return damaged(tag_tree_begin);
  }
  for (const Status status : {t.first_column.copy_from(tree_column_.span().subspan(from, ends)),
                              t.row_begin.copy_from(tree_begin_.span().subspan(from, ends)),
                              t.rows.copy_from(tree_rows_.span().subspan(
                                  static_cast<std::size_t>(rows_), static_cast<std::size_t>(rows))),
                              front.entry_begin.allocate_zero(ends), check_.begin(t)}) {
    if (status != Status::ok) return status;
  }
  heads_ += static_cast<std::int64_t>(ends);
  rows_ += rows;
  plan_->supernodes += t.count;
  FrontBlock* const kept = made.get();
  if (tree_ != nullptr) {
    tree_->next = std::move(made);
  } else {
    plan_->fronts = std::move(made);
  }
  tree_ = kept;
  return {};
}

Fault LuImport::begin_fronts() {
  const Supernodes& t = tree_->tree;
  FrontFactors<double>* const added = factors_->add_fronts();
  if (added == nullptr) return Status::out_of_memory;
  added->fronts.reset(new (std::nothrow) Front<double>[static_cast<std::size_t>(t.count)]);
  if (!added->fronts || coming_.allocate_zero(t.count) != Status::ok) return Status::out_of_memory;
  added->count = t.count;
  for (std::int32_t k = 0; k < t.n; ++k) inverse_[k] = of_column_[k] = -1;
  at_ = 0;
  return {};
}

/// Sizes as `FrontLu::open` gives them, memory, and the numbers of rows and columns.
Fault LuImport::open_front(std::int32_t s) {
  const Supernodes& t = tree_->tree;
  Front<double>& f = factors_->last_front->fronts[s];
  const std::int64_t place = sizes_of_front * fronts_++;
  if (place + sizes_of_front > static_cast<std::int64_t>(front_size_.size())) {
    return damaged(tag_front_size);
  }
  const std::int32_t* size = front_size_.data() + place;
  const std::int64_t candidates = std::int64_t(t.width(s)) + coming_[s];
  const std::int64_t order = candidates + t.height(s) - t.width(s);
  const std::int32_t parent = t.parent[s];
  if (order > t.n || size[0] != order || size[1] != candidates || size[2] < 0 ||
      size[2] > candidates || (parent < 0 && size[2] != candidates)) {
    return damaged(tag_front_size, 4 * place);
  }
  f.order = size[0];
  f.candidates = size[1];
  f.eliminated = size[2];
  if (parent >= 0) coming_[parent] += f.candidates - f.eliminated;
  const std::int64_t ids = 2 * order;
  if (ids_ + ids > reader_.count(tag_front_ids, sizeof(std::int32_t)))
    return damaged(tag_front_ids);
  if (panels_ + panel_size(f) > reader_.count(tag_panels, sizeof(double))) {
    return damaged(tag_panels);
  }
  if (f.ids.allocate(static_cast<std::size_t>(ids)) != Status::ok ||
      f.panel.allocate(static_cast<std::size_t>(panel_size(f))) != Status::ok) {
    return Status::out_of_memory;
  }
  std::memcpy(f.ids.data(),
              reader_.section(tag_front_ids) + ids_ * std::int64_t(sizeof(std::int32_t)),
              f.ids.bytes());
  ids_ += ids;
  panels_ += panel_size(f);
  FrontFactors<double>& fronts = *factors_->last_front;
  fronts.largest_order = std::max(fronts.largest_order, f.order);
  return {};
}

/// Every row and column of the block is pivot once, and fronts hold those of their ancestors beside
/// their own: from the last one to the first.
Fault LuImport::check_pivots(std::int32_t s) {
  const Front<double>& f = factors_->last_front->fronts[s];
  return owned(f, f.rows(), inverse_.data(), s) && owned(f, f.cols(), of_column_.data(), s)
             ? Fault()
             : damaged(tag_front_ids);
}

bool LuImport::owned(const Front<double>& f, const std::int32_t* ids, std::int32_t* owner,
                     std::int32_t s) const {
  const auto n = static_cast<std::uint32_t>(tree_->tree.n);
  for (std::int32_t i = 0; i < f.order; ++i) {
    const auto id = static_cast<std::uint32_t>(ids[i]);
    if (id >= n) return false;
    const std::int32_t by = owner[id];
    if (i < f.eliminated ? by >= 0 : by <= s || check_.first_of(by) > s) return false;
    if (i < f.eliminated) owner[id] = s;
  }
  return true;
}

/// A front has a place for each entry that is assembled in it.
Fault LuImport::check_entries(std::int32_t s) {
  const Supernodes& t = tree_->tree;
  std::int32_t* mark = inverse_.data() + tree_->begin;
  for (std::int64_t p = t.row_begin[s]; p < t.row_begin[s + 1]; ++p) mark[t.rows[p]] = s;
  for (std::int32_t e = tree_->entry_begin[s]; e < tree_->entry_begin[s + 1]; ++e) {
    if (mark[tree_->row[e]] != s || mark[tree_->col[e]] != s) return damaged(tag_tree_rows);
  }
  return {};
}

Fault LuImport::begin_columns() {
  const auto n = static_cast<std::size_t>(plan_->n);
  at_ = 0;
  block_ = 0;
  if (plan_->largest_columns == 0) {
    pattern_.reset();
    return count_.empty() && pivot_row_.empty() ? Fault() : damaged(tag_count);
  }
  ColumnPattern& p = *pattern_;
  factors_->pattern = &p;
  if (count_.size() != 2 * n) return damaged(tag_count);
  for (const Status status : {p.lower.begin.allocate(n + 1), p.upper.begin.allocate(n + 1),
                              p.pivot_row.allocate(n), p.pivot_of.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  for (std::size_t k = 0; k < n; ++k) p.pivot_row[k] = p.pivot_of[k] = -1;
  p.lower.begin[0] = p.upper.begin[0] = 0;
  return {};
}

/// What stands in column k: above its block rows of earlier blocks; in L and U of a block by
/// columns rows of the block. A single entry has a value.
Fault LuImport::check_column(std::int32_t k) {
  const LuPlan& plan = *plan_;
  if (k == plan.block_begin[block_ + 1]) ++block_;
  const std::int32_t begin = plan.block_begin[block_], end = plan.block_begin[block_ + 1];
  for (std::int32_t p = plan.outer_begin[k]; p < plan.outer_begin[k + 1]; ++p) {
    if (plan.outer_row[p] >= begin) return damaged(tag_block_begin);
  }
  const bool single = plan.kind[block_] == BlockKind::single;
  if (single && plan.inner_begin[k + 1] - plan.inner_begin[k] != 1) return damaged(tag_row_of);
  if (!pattern_) return {};
  const bool columns = plan.kind[block_] == BlockKind::columns;
  ColumnPattern& pattern = *pattern_;
  const auto check = [&](ColumnLists& lists, std::int32_t count, std::int32_t least,
                         std::int32_t below) {
    if (count < 0 || (!columns && count > 0)) return false;
    const std::size_t from = lists.begin[k];
    const std::size_t to = from + static_cast<std::size_t>(count);
    if (to > lists.row.size() || (k + 1 == plan.n && to != lists.row.size())) return false;
    for (std::size_t p = from; p < to; ++p) {
      if (lists.row[p] < least || lists.row[p] >= below) return false;
    }
    lists.begin[k + 1] = lists.used = to;
    return true;
  };
  if (!check(pattern.lower, count_[k], k + 1, end)) return damaged(tag_lower_row);
  if (!check(pattern.upper, count_[plan.n + k], begin, k)) return damaged(tag_upper_row);
  if (!columns) return {};
  if (pivots_ == static_cast<std::int64_t>(pivot_row_.size())) return damaged(tag_pivot_row);
  const std::int32_t row = pivot_row_[pivots_++];
  if (row < begin || row >= end || pattern.pivot_of[row] >= 0) return damaged(tag_pivot_row);
  pattern.pivot_row[k] = row;
  pattern.pivot_of[row] = k;
  return {};
}

Fault LuImport::open_numbers() {
  LuFactors<double>& f = *factors_;
  const auto n = static_cast<std::size_t>(plan_->n);
  const ColumnPattern* p = pattern_.get();
  for (const Status status :
       {f.row_scale.allocate(n), f.diagonal.allocate(n), f.outer.allocate(plan_->outer_row.size()),
        f.lower.allocate(p == nullptr ? 0 : p->lower.used),
        f.upper.allocate(p == nullptr ? 0 : p->upper.used)}) {
    if (status != Status::ok) return status;
  }
  list_numbers(f, pieces_);
  at_ = 0;
  return {};
}

/// Scales and pivots; what stands above the block of column k is that of the matrix.
Fault LuImport::check_numbers(std::int32_t k) {
  LuFactors<double>& f = *factors_;
  if (!(f.row_scale[k] > 0)) return damaged(tag_scale, 8 * std::int64_t(k));
  if (f.diagonal[k] == 0) return damaged(tag_diagonal, 8 * std::int64_t(k));
  for (std::int32_t p = plan_->outer_begin[k]; p < plan_->outer_begin[k + 1]; ++p) {
    f.outer[p] = a_->data()[plan_->outer_source[p]] * f.row_scale[plan_->outer_row[p]];
  }
  return {};
}

Fault LuImport::finish() {
  LuFactors<double>& f = *factors_;
  f.nnz = figures_.real[0];
  f.flops = figures_.real[1];
  f.quality.pivot_growth = figures_.real[2];
  f.quality.diagonal_ratio = figures_.real[3];
  plan_->predicted_bytes = figures_.real[4];
  if (pattern_) f.column_bytes = figures_.real[5];
  f.quality.off_diagonal_pivots = figures_.whole[0];
  f.quality.delayed_pivots = figures_.whole[1];
  if (const Fault fault = negative(figures_, tag_reals, tag_wholes); !fault.ok()) return fault;
  if (figures_.whole[2] > static_cast<std::int64_t>(OrderingKind::column_amd) ||
      figures_.whole[3] > static_cast<std::int64_t>(LuRoute::strict)) {
    return damaged(tag_wholes);
  }
  plan_->ordering = static_cast<OrderingKind>(figures_.whole[2]);
  made_.reset(create<LuFactorization>());
  if (!made_) return Status::out_of_memory;
  return made_->adopt(std::move(plan_), std::move(factors_), std::move(pattern_),
                      static_cast<LuRoute>(figures_.whole[3]));
}

}  // namespace lacuna
