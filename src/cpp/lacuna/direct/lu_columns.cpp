#include "lacuna/direct/lu_columns.hpp"

#include <limits>
#include <utility>

namespace lacuna {
namespace {

constexpr double largest_finite = std::numeric_limits<double>::max();

double magnitude(double v) { return v < 0 ? -v : v; }

}  // namespace

Status ColumnLu::begin(const LuPlan& plan, LuSparseNumbers& factors, double tolerance) {
  const auto n = static_cast<std::size_t>(plan.n);
  const auto most = static_cast<std::size_t>(plan.largest_columns);
  const bool allocated = x_.allocate_zero(n) == Status::ok && mark_.allocate(n) == Status::ok &&
                         scan_end_.allocate(n) == Status::ok && pruned_.allocate(n) == Status::ok &&
                         path_.allocate(most) == Status::ok &&
                         cursor_.allocate(most) == Status::ok &&
                         topological_.allocate(most) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  for (std::size_t k = 0; k < n; ++k) mark_[k] = -1;
  plan_ = &plan;
  factors_ = &factors;
  tolerance_ = tolerance;
  return Status::ok;
}

void ColumnLu::open_block(std::int32_t begin, std::int32_t end) {
  begin_ = begin;
  end_ = end;
  ColumnPattern& pattern = *factors_->pattern;
  for (std::int32_t k = begin; k < end; ++k) pattern.pivot_of[k] = pattern.pivot_row[k] = -1;
}

Status ColumnLu::reserve(std::size_t lower, std::size_t upper) {
  ColumnPattern& p = *factors_->pattern;
  if (p.lower.reserve(lower) != Status::ok || p.upper.reserve(upper) != Status::ok) {
    return Status::out_of_memory;
  }
  if (factors_->lower.size() < p.lower.row.size() &&
      grow(factors_->lower, p.lower.used, p.lower.row.size()) != Status::ok) {
    return Status::out_of_memory;
  }
  if (factors_->upper.size() < p.upper.row.size() &&
      grow(factors_->upper, p.upper.used, p.upper.row.size()) != Status::ok) {
    return Status::out_of_memory;
  }
  return Status::ok;
}

/// Lists what `column` of L reaches and no search for column k has met before: pivotal columns in
/// topological order in front of those listed so far, other rows at the end of column k of L.
void ColumnLu::reach(std::int32_t column, std::int32_t k) {
  ColumnPattern& pattern = *factors_->pattern;
  ColumnLists& lower = pattern.lower;
  std::int32_t depth = 0;
  path_[0] = column;
  cursor_[0] = lower.begin[column];
  while (depth >= 0) {
    const std::int32_t j = path_[depth];
    const std::size_t end = scan_end_[j];
    std::size_t p = cursor_[depth];
    std::int32_t deeper = -1;
    while (p < end && deeper < 0) {
      const std::int32_t i = lower.row[p++];
      if (mark_[i] == k) continue;
      mark_[i] = k;
      deeper = pattern.pivot_of[i];
      if (deeper < 0) lower.row[lower.used++] = i;
    }
    cursor_[depth] = p;
    if (deeper >= 0) {
      path_[++depth] = deeper;
      cursor_[depth] = lower.begin[deeper];
    } else {
      topological_[--top_] = j;
      --depth;
    }
  }
}

/// Subtracts the columns of L that the column at hand depends on, and stores its part of U.
double ColumnLu::update() {
  ColumnPattern& pattern = *factors_->pattern;
  ColumnLists& upper = pattern.upper;
  const std::int32_t size = end_ - begin_;
  double flops = 0;
  for (std::int32_t t = top_; t < size; ++t) {
    const std::int32_t j = topological_[t];
    const std::int32_t pivot = pattern.pivot_row[j];
    const double xj = x_[pivot];
    x_[pivot] = 0;
    upper.row[upper.used] = j;
    factors_->upper[upper.used++] = xj;
    const std::int32_t* row = pattern.lower.row.data();
    const double* value = factors_->lower.data();
    double* x = x_.data();
    const std::size_t end = pattern.lower.begin[j + 1];
    for (std::size_t p = pattern.lower.begin[j]; p < end; ++p) x[row[p]] -= value[p] * xj;
    flops += 2.0 * static_cast<double>(end - pattern.lower.begin[j]);
  }
  return flops;
}

Status ColumnLu::factor_column(std::int32_t k, const double* values, double& work) {
  ColumnPattern& pattern = *factors_->pattern;
  ColumnLists& lower = pattern.lower;
  const std::int32_t size = end_ - begin_;
  const auto before = static_cast<std::size_t>(k - begin_);
  if (reserve(static_cast<std::size_t>(size) - before, before) != Status::ok) {
    return Status::out_of_memory;
  }
  const std::int32_t first = plan_->inner_begin[k];
  const std::int32_t last = plan_->inner_begin[k + 1];
  lower.begin[k] = lower.used;
  pattern.upper.begin[k] = pattern.upper.used;
  top_ = size;
  for (std::int32_t p = first; p < last; ++p) {
    const std::int32_t i = plan_->inner_row[p];
    if (mark_[i] == k) continue;
    mark_[i] = k;
    const std::int32_t j = pattern.pivot_of[i];
    if (j < 0) {
      lower.row[lower.used++] = i;
    } else {
      reach(j, k);
    }
  }
  double largest = 0;
  for (std::int32_t p = first; p < last; ++p) {
    const std::int32_t i = plan_->inner_row[p];
    x_[i] = values[plan_->inner_source[p]] * factors_->row_scale[i];
    if (magnitude(x_[i]) > largest) largest = magnitude(x_[i]);
  }
  double flops = update();
  const Status status = choose_pivot(k, largest);
  if (status != Status::ok) return status;
  const auto below = static_cast<double>(lower.used - lower.begin[k]);
  flops += below;
  factors_->flops += flops;
  work += flops + 2 * (size - top_ + below) + 4.0 * (last - first);
  lower.begin[k + 1] = lower.used;
  pattern.upper.begin[k + 1] = pattern.upper.used;
  scan_end_[k] = lower.used;
  pruned_[k] = 0;
  prune(k);
  return Status::ok;
}

void ColumnLu::note_growth(double of_a, double of_u) {
  // Written so that no division overflows.
  double& growth = factors_->quality.pivot_growth;
  if (of_a < growth * of_u) growth = of_a / of_u;
}

/// Ends a column: the pivot leaves its list in L, whose other entries become multipliers.
Status ColumnLu::choose_pivot(std::int32_t k, double largest_of_a) {
  ColumnPattern& pattern = *factors_->pattern;
  ColumnLists& lower = pattern.lower;
  const std::size_t begin = lower.begin[k];
  double largest = 0;
  std::size_t at = begin;
  bool finite = true;
  std::size_t diagonal = lower.used;
  for (std::size_t p = begin; p < lower.used; ++p) {
    const double v = magnitude(x_[lower.row[p]]);
    finite = finite && v <= largest_finite;
    if (v > largest) {
      largest = v;
      at = p;
    }
    if (lower.row[p] == k) diagonal = p;
  }
  if (!finite || largest == 0) {
    failure_ = {k, finite ? 0 : std::numeric_limits<double>::infinity()};
    for (std::size_t p = begin; p < lower.used; ++p) x_[lower.row[p]] = 0;
    return finite ? Status::singular_matrix : Status::not_finite;
  }
  if (diagonal < lower.used && magnitude(x_[k]) >= tolerance_ * largest) at = diagonal;
  const std::int32_t row = lower.row[at];
  const double pivot = x_[row];
  x_[row] = 0;
  lower.row[at] = lower.row[--lower.used];
  for (std::size_t p = begin; p < lower.used; ++p) {
    const std::int32_t i = lower.row[p];
    factors_->lower[p] = x_[i] / pivot;
    x_[i] = 0;
  }
  factors_->diagonal[k] = pivot;
  pattern.pivot_row[k] = row;
  pattern.pivot_of[row] = k;
  factors_->quality.off_diagonal_pivots += row != k;
  double of_u = magnitude(pivot);
  for (std::size_t p = pattern.upper.begin[k]; p < pattern.upper.used; ++p) {
    if (magnitude(factors_->upper[p]) > of_u) of_u = magnitude(factors_->upper[p]);
  }
  note_growth(largest_of_a, of_u);
  return Status::ok;
}

/// Where u(j, k) ≠ 0 and the pivot row of k stands in column j of L, all that is reached from there
/// by rows that are not pivots yet is reached through column k, too: searches need to scan no more
/// of column j than its pivotal rows, which are moved to its front.
void ColumnLu::prune(std::int32_t k) {
  ColumnPattern& pattern = *factors_->pattern;
  ColumnLists& lower = pattern.lower;
  const std::int32_t pivot = pattern.pivot_row[k];
  for (std::size_t q = pattern.upper.begin[k]; q < pattern.upper.used; ++q) {
    const std::int32_t j = pattern.upper.row[q];
    if (pruned_[j]) continue;
    const std::size_t begin = lower.begin[j];
    const std::size_t end = lower.begin[j + 1];
    std::size_t found = begin;
    while (found < end && lower.row[found] != pivot) ++found;
    if (found == end) continue;
    std::size_t head = begin;
    for (std::size_t p = begin; p < end; ++p) {
      if (pattern.pivot_of[lower.row[p]] < 0) continue;
      std::swap(lower.row[head], lower.row[p]);
      std::swap(factors_->lower[head], factors_->lower[p]);
      ++head;
    }
    scan_end_[j] = head;
    pruned_[j] = 1;
  }
}

double ColumnLu::close_block() {
  ColumnPattern& pattern = *factors_->pattern;
  const std::size_t begin = pattern.lower.begin[begin_];
  for (std::size_t p = begin; p < pattern.lower.used; ++p) {
    pattern.lower.row[p] = pattern.pivot_of[pattern.lower.row[p]];
  }
  return static_cast<double>(pattern.lower.used - begin);
}

Status ColumnLu::refactor_column(std::int32_t k, const double* values, double& work) {
  const ColumnPattern& pattern = *factors_->pattern;
  const std::int32_t* lower_row = pattern.lower.row.data();
  const std::int32_t* upper_row = pattern.upper.row.data();
  double* lower = factors_->lower.data();
  double* upper = factors_->upper.data();
  double* x = x_.data();
  double of_a = 0;
  for (std::int32_t p = plan_->inner_begin[k]; p < plan_->inner_begin[k + 1]; ++p) {
    const std::int32_t i = plan_->inner_row[p];
    const double v = values[plan_->inner_source[p]] * factors_->row_scale[i];
    x[pattern.pivot_of[i]] = v;
    if (magnitude(v) > of_a) of_a = magnitude(v);
  }
  double of_u = 0, flops = 0;
  for (std::size_t q = pattern.upper.begin[k]; q < pattern.upper.begin[k + 1]; ++q) {
    const std::int32_t j = upper_row[q];
    const double xj = x[j];
    x[j] = 0;
    upper[q] = xj;
    if (magnitude(xj) > of_u) of_u = magnitude(xj);
    const std::size_t end = pattern.lower.begin[j + 1];
    for (std::size_t p = pattern.lower.begin[j]; p < end; ++p) x[lower_row[p]] -= lower[p] * xj;
    flops += 2.0 * static_cast<double>(end - pattern.lower.begin[j]);
  }
  const double pivot = x[k];
  x[k] = 0;
  double largest = magnitude(pivot);
  bool finite = largest <= largest_finite;
  const std::size_t begin = pattern.lower.begin[k];
  const std::size_t end = pattern.lower.begin[k + 1];
  for (std::size_t p = begin; p < end; ++p) {
    const double v = magnitude(x[lower_row[p]]);
    finite = finite && v <= largest_finite;
    if (v > largest) largest = v;
    lower[p] = x[lower_row[p]] / pivot;
    x[lower_row[p]] = 0;
  }
  const auto below = static_cast<double>(end - begin);
  flops += below;
  factors_->flops += flops;
  work += flops + 2 * below + 2.0 * (pattern.upper.begin[k + 1] - pattern.upper.begin[k]) + 4;
  if (!finite || largest == 0 || magnitude(pivot) < tolerance_ * largest) return Status::zero_pivot;
  factors_->diagonal[k] = pivot;
  note_growth(of_a, magnitude(pivot) > of_u ? magnitude(pivot) : of_u);
  return Status::ok;
}

}  // namespace lacuna
