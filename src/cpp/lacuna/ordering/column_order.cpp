#include "lacuna/ordering/column_order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t unowned = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t limit_of_tags = std::numeric_limits<std::int32_t>::max() / 2;

std::int32_t dense_limit(std::int32_t n) {
  return static_cast<std::int32_t>(
      std::max(16.0, ColumnOrder::dense_factor * std::sqrt(double(n))));
}

}  // namespace

Status ColumnOrder::begin(const PatternView& rows) {
  const auto m = static_cast<std::size_t>(rows.lines);
  const auto n = static_cast<std::size_t>(rows.width);
  const auto nnz = static_cast<std::size_t>(rows.indptr[rows.lines]);
  const bool allocated =
      row_pool_.allocate(2 * nnz) == Status::ok && row_begin_.allocate(m) == Status::ok &&
      row_length_.allocate(m) == Status::ok && row_degree_.allocate(m) == Status::ok &&
      row_mark_.allocate_zero(m) == Status::ok && col_pool_.allocate(nnz) == Status::ok &&
      col_begin_.allocate(n + 1) == Status::ok && col_length_.allocate_zero(n) == Status::ok &&
      weight_.allocate(n) == Status::ok && degree_.allocate_zero(n) == Status::ok &&
      col_mark_.allocate(n) == Status::ok && owner_.allocate(n) == Status::ok &&
      head_.allocate(n + 1) == Status::ok && next_.allocate(n) == Status::ok &&
      previous_.allocate(n) == Status::ok && bucket_.allocate(n) == Status::ok &&
      row_seen_.allocate(m) == Status::ok && pivot_at_.allocate(n) == Status::ok &&
      order_.allocate(n) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  rows_ = rows.lines;
  cols_ = rows.width;
  placed_ = pivots_ = least_ = 0;
  tag_ = 1;
  load(rows);
  set_aside();
  done_ = false;
  return Status::ok;
}

/// Both pools, without dense rows.
void ColumnOrder::load(const PatternView& rows) {
  const std::int32_t limit = dense_limit(cols_);
  free_ = 0;
  for (std::int32_t i = 0; i < rows_; ++i) {
    const std::int32_t length = rows.length(i);
    row_begin_[i] = free_;
    row_seen_[i] = -1;
    row_length_[i] = row_degree_[i] = length > limit ? 0 : length;
    for (std::int32_t k = 0; k < row_length_[i]; ++k) {
      const std::int32_t j = rows.indices[rows.indptr[i] + k];
      row_pool_[free_++] = j;
      ++col_length_[j];
    }
  }
  col_begin_[0] = 0;
  for (std::int32_t j = 0; j < cols_; ++j) {
    col_begin_[j + 1] = col_begin_[j] + col_length_[j];
    col_length_[j] = 0;
    weight_[j] = 1;
    col_mark_[j] = bucket_[j] = head_[j] = -1;
    owner_[j] = unowned;
  }
  head_[cols_] = -1;
  for (std::int32_t i = 0; i < rows_; ++i) {
    for (std::int32_t p = row_begin_[i]; p < row_begin_[i] + row_length_[i]; ++p) {
      const std::int32_t j = row_pool_[p];
      col_pool_[col_begin_[j] + col_length_[j]++] = i;
    }
  }
}

/// Dense and empty columns take the last places; the others get their first degree.
void ColumnOrder::set_aside() {
  const std::int32_t limit = dense_limit(rows_);
  std::int32_t last = cols_;
  for (std::int32_t j = cols_ - 1; j >= 0; --j) {
    if (col_length_[j] <= limit) continue;
    order_[--last] = j;
    weight_[j] = 0;
    for (std::int32_t p = col_begin_[j]; p < col_begin_[j + 1]; ++p) --row_degree_[col_pool_[p]];
  }
  for (std::int32_t j = cols_ - 1; j >= 0; --j) {
    if (weight_[j] == 0) continue;
    std::int64_t degree = 0;
    bool covered = false;
    for (std::int32_t p = col_begin_[j]; p < col_begin_[j] + col_length_[j]; ++p) {
      degree += row_degree_[col_pool_[p]] - 1;
      covered = true;
    }
    if (covered) {
      insert(j, static_cast<std::int32_t>(std::min<std::int64_t>(degree, cols_ - 1)));
    } else {
      order_[--last] = j;
      weight_[j] = 0;
    }
  }
  placed_ = cols_ - last;
}

void ColumnOrder::insert(std::int32_t col, std::int32_t degree) {
  degree_[col] = degree;
  const std::int32_t first = head_[degree];
  next_[col] = first;
  previous_[col] = -1;
  if (first >= 0) previous_[first] = col;
  head_[degree] = col;
  if (degree < least_) least_ = degree;
}

void ColumnOrder::remove(std::int32_t col) {
  if (previous_[col] >= 0) {
    next_[previous_[col]] = next_[col];
  } else {
    head_[degree_[col]] = next_[col];
  }
  if (next_[col] >= 0) previous_[next_[col]] = previous_[col];
}

std::int32_t ColumnOrder::next_pivot() {
  while (head_[least_] < 0) ++least_;
  const std::int32_t pivot = head_[least_];
  remove(pivot);
  return pivot;
}

/// Moves the live rows together, without dead columns.
void ColumnOrder::collect_rows() {
  // A live row's first place holds its number for the sweep, and its first column waits in
  // `row_begin_`.
  for (std::int32_t i = 0; i < rows_; ++i) {
    if (row_degree_[i] == 0) continue;
    const std::int32_t at = row_begin_[i];
    row_begin_[i] = row_pool_[at];
    row_pool_[at] = -1 - i;
  }
  std::int32_t to = 0;
  for (std::int32_t from = 0; from < free_;) {
    if (row_pool_[from] >= 0) {
      ++from;
      continue;
    }
    const std::int32_t i = -1 - row_pool_[from];
    row_pool_[from] = row_begin_[i];
    row_begin_[i] = to;
    const std::int32_t end = from + row_length_[i];
    for (; from < end; ++from) {
      if (weight_[row_pool_[from]] > 0) row_pool_[to++] = row_pool_[from];
    }
    row_length_[i] = to - row_begin_[i];
  }
  free_ = to;
}

/// Replaces the rows of the pivot by one that holds their columns, but not the pivot. It is written
/// behind all others: where the dead are cleared away, half of the pool is free.
double ColumnOrder::merge_rows(std::int32_t pivot, std::int32_t& row) {
  const std::int32_t begin = col_begin_[pivot];
  const std::int32_t end = begin + col_length_[pivot];
  std::int64_t needed = 0;
  for (std::int32_t p = begin; p < end; ++p) {
    if (row_degree_[col_pool_[p]] > 0) needed += row_length_[col_pool_[p]];
  }
  double work = static_cast<double>(needed) + (end - begin);
  if (free_ + needed > static_cast<std::int64_t>(row_pool_.size())) {
    work += free_ + rows_;
    collect_rows();
  }
  col_mark_[pivot] = pivot;
  const std::int32_t merged = free_;
  std::int32_t degree = 0;
  row = -1;
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = col_pool_[p];
    if (row_degree_[i] == 0) continue;
    for (std::int32_t q = row_begin_[i]; q < row_begin_[i] + row_length_[i]; ++q) {
      const std::int32_t j = row_pool_[q];
      if (weight_[j] == 0 || col_mark_[j] == pivot) continue;
      col_mark_[j] = pivot;
      degree += weight_[j];
      row_pool_[free_++] = j;
    }
    row_degree_[i] = 0;
    row = i;
  }
  if (row < 0) return work;
  row_begin_[row] = merged;
  row_length_[row] = free_ - merged;
  merged_degree_ = degree;
  return work;
}

/// For every row that shares columns with the merged one: tag + the columns it has besides.
double ColumnOrder::measure_rows(std::int32_t row) {
  double work = 0;
  for (std::int32_t q = row_begin_[row]; q < row_begin_[row] + row_length_[row]; ++q) {
    const std::int32_t j = row_pool_[q];
    remove(j);
    std::int32_t kept = col_begin_[j];
    const std::int32_t end = kept + col_length_[j];
    work += col_length_[j];
    for (std::int32_t p = kept; p < end; ++p) {
      const std::int32_t i = col_pool_[p];
      if (row_degree_[i] == 0) continue;
      if (row_mark_[i] < tag_) row_mark_[i] = tag_ + row_degree_[i];
      row_mark_[i] -= weight_[j];
      col_pool_[kept++] = i;
    }
    col_length_[j] = kept - col_begin_[j];
  }
  return work;
}

/// Rows inside the merged one are absorbed; a column left without another row goes with the pivot;
/// the others get their degree and are hashed by their rows.
double ColumnOrder::update_degrees(std::int32_t row, std::int32_t pivot) {
  double work = 0;
  const std::int32_t begin = row_begin_[row];
  std::int32_t kept_columns = begin;
  for (std::int32_t q = begin; q < begin + row_length_[row]; ++q) {
    const std::int32_t j = row_pool_[q];
    std::int32_t kept = col_begin_[j];
    const std::int32_t end = kept + col_length_[j];
    work += col_length_[j];
    std::int64_t outside = 0;
    std::uint32_t hash = 0;
    for (std::int32_t p = kept; p < end; ++p) {
      const std::int32_t i = col_pool_[p];
      if (row_degree_[i] == 0) continue;
      const std::int32_t besides = row_mark_[i] - tag_;
      if (besides == 0) {
        row_degree_[i] = 0;
        continue;
      }
      outside += besides;
      hash += static_cast<std::uint32_t>(i);
      col_pool_[kept++] = i;
    }
    col_length_[j] = kept - col_begin_[j];
    if (col_length_[j] == 0) {
      weight_[pivot] += weight_[j];
      merged_degree_ -= weight_[j];
      weight_[j] = 0;
      owner_[j] = pivot;
      continue;
    }
    degree_[j] = static_cast<std::int32_t>(std::min<std::int64_t>(outside, cols_ - 1));
    // Until it is listed by degree again, a column is listed by hash.
    const auto slot = static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(cols_));
    next_[j] = bucket_[slot];
    bucket_[slot] = j;
    previous_[j] = slot;
    row_pool_[kept_columns++] = j;
  }
  row_length_[row] = kept_columns - begin;
  return work;
}

bool ColumnOrder::equal(std::int32_t i, std::int32_t j) const {
  if (col_length_[i] != col_length_[j]) return false;
  // Both lists are free of dead rows; marks of this round say which rows the first one has.
  for (std::int32_t p = col_begin_[j]; p < col_begin_[j] + col_length_[j]; ++p) {
    if (row_seen_[col_pool_[p]] != i) return false;
  }
  return true;
}

/// Columns of the merged row in the same other rows are one from now on.
double ColumnOrder::merge_equal(std::int32_t row) {
  double work = 0;
  const std::int32_t begin = row_begin_[row];
  for (std::int32_t q = begin; q < begin + row_length_[row]; ++q) {
    const std::int32_t slot = previous_[row_pool_[q]];
    for (std::int32_t i = bucket_[slot]; i >= 0; i = next_[i]) {
      if (next_[i] < 0) break;
      for (std::int32_t p = col_begin_[i]; p < col_begin_[i] + col_length_[i]; ++p) {
        row_seen_[col_pool_[p]] = i;
      }
      work += col_length_[i];
      std::int32_t before = i;
      for (std::int32_t j = next_[i]; j >= 0; j = next_[j]) {
        work += 1 + (col_length_[i] == col_length_[j] ? col_length_[j] : 0);
        if (!equal(i, j)) {
          before = j;
          continue;
        }
        weight_[i] += weight_[j];
        weight_[j] = 0;
        owner_[j] = i;
        next_[before] = next_[j];
      }
    }
    bucket_[slot] = -1;
  }
  return work;
}

/// Gives the merged row to its columns, each of which has lost at least one row to it, and lists
/// them by degree again.
void ColumnOrder::close(std::int32_t row, std::int32_t pivot) {
  placed_ += weight_[pivot];
  const std::int32_t begin = row_begin_[row];
  const std::int32_t left = cols_ - placed_;
  std::int32_t kept = begin;
  for (std::int32_t q = begin; q < begin + row_length_[row]; ++q) {
    const std::int32_t j = row_pool_[q];
    if (weight_[j] == 0) continue;
    row_pool_[kept++] = j;
    col_pool_[col_begin_[j] + col_length_[j]++] = row;
    const std::int64_t bound = std::int64_t(degree_[j]) + merged_degree_ - weight_[j];
    insert(j, static_cast<std::int32_t>(std::min<std::int64_t>(bound, left - weight_[j])));
  }
  row_length_[row] = kept - begin;
  free_ = kept;
  row_degree_[row] = merged_degree_;
  row_mark_[row] = 0;
}

double ColumnOrder::eliminate(std::int32_t pivot) {
  std::int32_t row = -1;
  double work = merge_rows(pivot, row);
  owner_[pivot] = -1 - pivots_;
  pivot_at_[pivots_++] = pivot;
  if (row < 0) {
    placed_ += weight_[pivot];
    weight_[pivot] = 0;
    return work;
  }
  work += measure_rows(row);
  work += update_degrees(row, pivot);
  work += merge_equal(row);
  close(row, pivot);
  weight_[pivot] = 0;
  // Marks of this round are below tag + columns.
  if (tag_ > limit_of_tags - 2 * cols_) {
    for (std::int32_t i = 0; i < rows_; ++i) row_mark_[i] = 0;
    tag_ = 1;
    work += rows_;
  } else {
    tag_ += cols_ + 1;
  }
  return work;
}

TaskState ColumnOrder::step(Budget& budget) {
  Meter meter(budget);
  while (placed_ < cols_) {
    if (meter.spend(2 * eliminate(next_pivot()) + 10)) return TaskState::running;
  }
  if (!done_) finish();
  done_ = true;
  return TaskState::done;
}

/// Every pivot is followed by what was merged into it, in ascending order.
void ColumnOrder::finish() {
  std::int32_t* count = head_.data();
  for (std::int32_t k = 0; k <= pivots_; ++k) count[k] = 0;
  const auto root = [&](std::int32_t j) {
    std::int32_t top = j;
    while (owner_[top] >= 0) top = owner_[top];
    while (owner_[j] >= 0) {
      const std::int32_t up = owner_[j];
      owner_[j] = top;
      j = up;
    }
    return top;
  };
  // Columns set aside have no owner and a rank below that of every pivot.
  for (std::int32_t j = 0; j < cols_; ++j) {
    const std::int32_t top = root(j);
    if (owner_[top] != unowned) ++count[-owner_[top]];
  }
  for (std::int32_t k = 0; k < pivots_; ++k) count[k + 1] += count[k];
  for (std::int32_t k = 0; k < pivots_; ++k) order_[count[k]++] = pivot_at_[k];
  for (std::int32_t j = 0; j < cols_; ++j) {
    const std::int32_t top = root(j);
    if (owner_[top] != unowned && top != j) order_[count[-1 - owner_[top]]++] = j;
  }
}

}  // namespace lacuna
