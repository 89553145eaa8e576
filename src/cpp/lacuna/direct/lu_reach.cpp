#include "lacuna/direct/lu_reach.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lacuna/base/sort.hpp"

namespace lacuna {

Status LuReach::attach(const LuPlan& plan, const LuFactors<double>& factors) {
  const auto n = static_cast<std::size_t>(plan.n);
  const auto blocks = static_cast<std::size_t>(plan.blocks());
  for (auto* list : {&row_at_, &col_at_, &block_of_, &row_owner_, &col_owner_, &outer_cols_, &list_,
                     &heap_, &marked_.next, &asked_.next}) {
    if (list->allocate(n) != Status::ok) return Status::out_of_memory;
  }
  for (auto* list : {&row_run_, &col_run_, &lower_run_, &upper_run_, &asked_run_}) {
    if (list->allocate_zero(n) != Status::ok) return Status::out_of_memory;
  }
  std::int32_t order = 0;
  for (const auto* f = factors.fronts.get(); f != nullptr; f = f->next.get()) {
    order = std::max(order, f->largest_order);
  }
  for (const Status status :
       {rows_.allocate(n), cols_.allocate(n), front_.allocate(static_cast<std::size_t>(order)),
        tree_of_.allocate(blocks), fronts_of_.allocate(blocks), outer_begin_.allocate(blocks + 1),
        marked_.mark.allocate_zero(blocks), marked_.head.allocate(blocks),
        asked_.mark.allocate_zero(blocks), asked_.head.allocate(blocks)}) {
    if (status != Status::ok) return status;
  }
  const FrontBlock* tree = plan.fronts.get();
  const FrontFactors<double>* made = factors.fronts.get();
  std::int32_t outer = 0;
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    const std::int32_t begin = plan.block_begin[b];
    outer_begin_[b] = outer;
    for (std::int32_t k = begin; k < plan.block_begin[b + 1]; ++k) {
      row_at_[plan.row_of[k]] = k;
      col_at_[plan.col_of[k]] = k;
      block_of_[k] = b;
      if (plan.outer_begin[k + 1] > plan.outer_begin[k]) outer_cols_[outer++] = k;
    }
    tree_of_[b] = nullptr;
    if (plan.kind[b] != BlockKind::fronts) continue;
    tree_of_[b] = tree;
    fronts_of_[b] = made->fronts.get();
    for (std::int32_t s = 0; s < made->count; ++s) {
      const Front<double>& f = made->fronts[s];
      for (std::int32_t k = 0; k < f.eliminated; ++k) {
        row_owner_[begin + f.rows()[k]] = col_owner_[begin + f.cols()[k]] = s;
      }
    }
    tree = tree->next.get();
    made = made->next.get();
  }
  outer_begin_[plan.blocks()] = outer;
  plan_ = &plan;
  factors_ = &factors;
  run_ = 0;
  stage_ = Stage::done;
  return Status::ok;
}

Fault LuReach::begin(const SparseEntries& b, std::span<const std::int32_t> rows,
                     std::span<double> out) {
  if (b.indices.size() != b.values.size() || rows.size() != out.size()) {
    return Status::shape_mismatch;
  }
  for (std::size_t k = 0; k < b.indices.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (b.indices[k] < 0 || b.indices[k] >= plan_->n) return {Status::index_out_of_range, position};
    if (!std::isfinite(b.values[k])) return {Status::not_finite, position};
  }
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k] < 0 || rows[k] >= plan_->n) {
      return {Status::index_out_of_range, static_cast<std::int64_t>(k)};
    }
  }
  if (run_ == std::numeric_limits<std::int32_t>::max()) {
    for (auto* list : {&row_run_, &col_run_, &lower_run_, &upper_run_, &asked_run_, &marked_.mark,
                       &asked_.mark}) {
      std::fill_n(list->data(), list->size(), 0);
    }
    run_ = 0;
  }
  ++run_;
  in_ = b;
  wanted_ = rows;
  out_ = out;
  at_ = 0;
  block_ = -1;
  least_ = plan_->blocks();
  entries_ = supernodes_ = 0;
  stage_ = Stage::mark;
  return {};
}

TaskState LuReach::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    if (advance(meter)) return TaskState::running;
  }
  return TaskState::done;
}

/// To the end of the stage; true where it has to pause.
bool LuReach::advance(Meter& meter) {
  switch (stage_) {
    case Stage::mark:
      while (at_ < static_cast<std::int64_t>(in_.indices.size())) {
        const std::int32_t k = row_at_[in_.indices[at_]];
        touch_row(k);
        rows_[k] += factors_->row_scale[k] * in_.values[at_++];
        block_ = std::max(block_, block_of_[k]);
        if (meter.spend(8)) return true;
      }
      at_ = 0;
      stage_ = Stage::want;
      break;
    case Stage::want:
      while (at_ < static_cast<std::int64_t>(wanted_.size())) {
        const std::int32_t k = col_at_[wanted_[at_++]];
        least_ = std::min(least_, block_of_[k]);
        // What is asked for twice stands in the list once.
        if (asked_run_[k] != run_) asked_.add(block_of_[k], k, run_);
        asked_run_[k] = run_;
        if (meter.spend(8)) return true;
      }
      stage_ = Stage::next;
      break;
    case Stage::next:
      while (block_ >= least_ && marked_.first(block_, run_) < 0) {
        --block_;
        if (meter.spend(1)) return true;
      }
      if (block_ < least_) {
        at_ = 0;
        stage_ = Stage::put;
      } else {
        open_block();
      }
      break;
    case Stage::forward:
      while (fronts() ? at_ < listed_ : heaped_ > 0) {
        const double work = fronts() ? forward_front(list_[at_++]) : forward_column(pop());
        if (meter.spend(work)) return true;
      }
      begin_backward();
      break;
    case Stage::backward:
      while (fronts() ? at_ > 0 : heaped_ > 0) {
        const double work = fronts() ? backward_front(list_[--at_]) : backward_column(-pop());
        if (meter.spend(work)) return true;
      }
      begin_outer();
      break;
    case Stage::outer:
      while (at_ > 0) {
        if (meter.spend(outer_column(list_[--at_]))) return true;
      }
      --block_;
      stage_ = Stage::next;
      break;
    case Stage::put:
      while (at_ < static_cast<std::int64_t>(wanted_.size())) {
        const std::int32_t k = col_at_[wanted_[at_]];
        out_[at_++] = col_run_[k] == run_ ? cols_[k] : 0;
        if (meter.spend(4)) return true;
      }
      stage_ = Stage::done;
      break;
    case Stage::done: break;
  }
  return false;
}

void LuReach::touch_row(std::int32_t k) {
  if (row_run_[k] == run_) return;
  row_run_[k] = run_;
  rows_[k] = 0;
  marked_.add(block_of_[k], k, run_);
}

/// Rows with an entry into the list of fronts, or the heap of columns.
void LuReach::open_block() {
  const BlockKind kind = plan_->kind[block_];
  listed_ = heaped_ = 0;
  at_ = 0;
  stage_ = Stage::forward;
  for (std::int32_t k = marked_.first(block_, run_); k >= 0; k = marked_.next[k]) {
    if (kind == BlockKind::fronts) {
      meet(row_owner_[k]);
    } else if (kind == BlockKind::columns) {
      const std::int32_t column = factors_->pattern->pivot_of[k];
      reach_column(column, column);
      cols_[column] = rows_[k];
    } else {
      reach_column(k, k);
      cols_[k] = rows_[k];
    }
  }
  sort_in_place(list_.data(), static_cast<std::size_t>(listed_));
}

/// Fronts from one up to its root, whose rows get values.
void LuReach::meet(std::int32_t front) {
  const std::int32_t begin = plan_->block_begin[block_];
  for (std::int32_t s = front; s >= 0 && lower_run_[begin + s] != run_;
       s = tree_of_[block_]->tree.parent[s]) {
    lower_run_[begin + s] = run_;
    list_[listed_++] = s;
    const Front<double>& f = fronts_of_[block_][s];
    for (std::int32_t k = 0; k < f.eliminated; ++k) {
      const std::int32_t row = begin + f.rows()[k];
      if (row_run_[row] == run_) continue;
      row_run_[row] = run_;
      rows_[row] = 0;
    }
  }
}

/// Fronts from that of a column up to its root.
void LuReach::need(std::int32_t column) {
  const std::int32_t begin = plan_->block_begin[block_];
  for (std::int32_t s = col_owner_[column]; s >= 0 && upper_run_[begin + s] != run_;
       s = tree_of_[block_]->tree.parent[s]) {
    upper_run_[begin + s] = run_;
    list_[listed_++] = s;
  }
}

double LuReach::forward_front(std::int32_t s) {
  const Front<double>& f = fronts_of_[block_][s];
  double* rows = rows_.data() + plan_->block_begin[block_];
  double* t = front_.data();
  for (std::int32_t i = 0; i < f.order; ++i) t[i] = rows[f.rows()[i]];
  for (std::int32_t j = 0; j < f.eliminated; ++j) {
    const double* l = f.panel.data() + std::size_t(j) * f.order;
    const double x = t[j];
    for (std::int32_t i = j + 1; i < f.order; ++i) t[i] -= l[i] * x;
  }
  for (std::int32_t i = 0; i < f.order; ++i) rows[f.rows()[i]] = t[i];
  const double read = double(f.eliminated) * f.order - 0.5 * f.eliminated * (f.eliminated + 1.0);
  entries_ += read;
  ++supernodes_;
  return 4 + 2 * read;
}

double LuReach::backward_front(std::int32_t s) {
  const Front<double>& f = fronts_of_[block_][s];
  const std::int32_t begin = plan_->block_begin[block_];
  const bool met = lower_run_[begin + s] == run_;
  double* cols = cols_.data() + begin;
  double* t = front_.data();
  for (std::int32_t i = 0; i < f.eliminated; ++i) t[i] = met ? rows_[begin + f.rows()[i]] : 0;
  for (std::int32_t i = f.eliminated; i < f.order; ++i) t[i] = cols[f.cols()[i]];
  const std::int32_t border = f.border();
  for (std::int32_t i = 0; i < f.eliminated; ++i) {
    const double* u = f.right() + std::size_t(i) * border;
    for (std::int32_t b = 0; b < border; ++b) t[i] -= u[b] * t[f.candidates + b];
  }
  for (std::int32_t j = f.candidates - 1; j >= 0; --j) {
    const double* u = f.panel.data() + std::size_t(j) * f.order;
    if (j < f.eliminated) t[j] /= u[j];
    const std::int32_t above = std::min(j, f.eliminated);
    for (std::int32_t i = 0; i < above; ++i) t[i] -= u[i] * t[j];
  }
  for (std::int32_t i = 0; i < f.eliminated; ++i) {
    cols[f.cols()[i]] = t[i];
    col_run_[begin + f.cols()[i]] = run_;
  }
  const double read = double(f.eliminated) * f.order - 0.5 * f.eliminated * (f.eliminated - 1.0);
  entries_ += read;
  ++supernodes_;
  return 4 + 2 * read;
}

/// A column that becomes other than zero.
void LuReach::reach_column(std::int32_t k, std::int32_t key) {
  if (col_run_[k] == run_) return;
  col_run_[k] = run_;
  cols_[k] = 0;
  push(key);
}

double LuReach::forward_column(std::int32_t k) {
  list_[listed_++] = k;
  ++supernodes_;
  if (plan_->kind[block_] == BlockKind::single) return 4;
  const ColumnLists& lower = factors_->pattern->lower;
  const double x = cols_[k];
  for (std::size_t p = lower.begin[k]; p < lower.begin[k + 1]; ++p) {
    reach_column(lower.row[p], lower.row[p]);
    cols_[lower.row[p]] -= factors_->lower[p] * x;
  }
  const auto read = static_cast<double>(lower.begin[k + 1] - lower.begin[k]);
  entries_ += read;
  return 8 + 4 * read;
}

double LuReach::backward_column(std::int32_t k) {
  list_[listed_++] = k;
  ++supernodes_;
  ++entries_;
  cols_[k] /= factors_->diagonal[k];
  if (plan_->kind[block_] == BlockKind::single) return 4;
  const ColumnLists& upper = factors_->pattern->upper;
  for (std::size_t p = upper.begin[k]; p < upper.begin[k + 1]; ++p) {
    reach_column(upper.row[p], -upper.row[p]);
    cols_[upper.row[p]] -= factors_->upper[p] * cols_[k];
  }
  const auto read = static_cast<double>(upper.begin[k + 1] - upper.begin[k]);
  entries_ += read;
  return 8 + 4 * read;
}

void LuReach::begin_backward() {
  const std::int32_t listed = std::exchange(listed_, 0);
  stage_ = Stage::backward;
  if (!fronts()) {
    for (std::int32_t k = 0; k < listed; ++k) push(-list_[k]);
    return;
  }
  for (std::int32_t k = asked_.first(block_, run_); k >= 0; k = asked_.next[k]) need(k);
  if (block_ > least_) {
    for (std::int32_t p = outer_begin_[block_]; p < outer_begin_[block_ + 1]; ++p) {
      need(outer_cols_[p]);
    }
  }
  sort_in_place(list_.data(), static_cast<std::size_t>(listed_));
  at_ = listed_;
}

/// Columns with entries above the block, in ascending order from the end of the list on: those of
/// columns came down.
void LuReach::begin_outer() {
  stage_ = Stage::outer;
  at_ = block_ > least_ ? listed_ : 0;
  if (!fronts() || block_ == least_) return;
  listed_ = 0;
  for (std::int32_t p = outer_begin_[block_ + 1]; p > outer_begin_[block_]; --p) {
    list_[listed_++] = outer_cols_[p - 1];
  }
  at_ = listed_;
}

double LuReach::outer_column(std::int32_t k) {
  const std::int32_t begin = plan_->outer_begin[k], end = plan_->outer_begin[k + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t row = plan_->outer_row[p];
    touch_row(row);
    rows_[row] -= factors_->outer[p] * cols_[k];
  }
  entries_ += end - begin;
  return 4 + 6.0 * (end - begin);
}

void LuReach::push(std::int32_t key) {
  std::int32_t at = heaped_++;
  for (; at > 0 && heap_[(at - 1) / 2] > key; at = (at - 1) / 2) heap_[at] = heap_[(at - 1) / 2];
  heap_[at] = key;
}

/// The least key.
std::int32_t LuReach::pop() {
  const std::int32_t least = heap_[0];
  const std::int32_t moved = heap_[--heaped_];
  std::int32_t at = 0;
  for (std::int32_t child = 1; child < heaped_; child = 2 * at + 1) {
    if (child + 1 < heaped_ && heap_[child + 1] < heap_[child]) ++child;
    if (heap_[child] >= moved) break;
    heap_[at] = heap_[child];
    at = child;
  }
  heap_[at] = moved;
  return least;
}

}  // namespace lacuna
