#include "lacuna/ordering/block_triangular.hpp"

#include "lacuna/base/meter.hpp"

namespace lacuna {

Status BlockTriangularSearch::begin(const PatternView& rows,
                                    std::span<const std::int32_t> row_of_col) {
  const auto n = static_cast<std::size_t>(rows.lines);
  const bool allocated = number_.allocate(n) == Status::ok && low_.allocate(n) == Status::ok &&
                         component_.allocate(n) == Status::ok && path_.allocate(n) == Status::ok &&
                         next_.allocate(n) == Status::ok && stack_.allocate(n) == Status::ok &&
                         form_.rows.allocate(n) == Status::ok &&
                         form_.cols.allocate(n) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  for (std::size_t j = 0; j < n; ++j) number_[j] = component_[j] = -1;
  pattern_ = rows;
  row_of_col_ = row_of_col;
  n_ = rows.lines;
  root_ = visited_ = open_ = components_ = 0;
  depth_ = -1;
  return Status::ok;
}

void BlockTriangularSearch::open(std::int32_t col) {
  number_[col] = low_[col] = visited_++;
  stack_[open_++] = col;
  path_[++depth_] = col;
  next_[depth_] = pattern_.indptr[row_of_col_[col]];
}

/// Scans the column at the end of the path until it finds a new one or is finished with.
double BlockTriangularSearch::advance() {
  const std::int32_t col = path_[depth_];
  const std::int32_t begin = next_[depth_];
  const std::int32_t end = pattern_.indptr[row_of_col_[col] + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t k = pattern_.indices[p];
    if (number_[k] < 0) {
      next_[depth_] = p + 1;
      open(k);
      return p - begin + 1;
    }
    if (component_[k] < 0 && number_[k] < low_[col]) low_[col] = number_[k];
  }
  --depth_;
  if (depth_ >= 0 && low_[col] < low_[path_[depth_]]) low_[path_[depth_]] = low_[col];
  if (low_[col] == number_[col]) {
    std::int32_t k;
    do {
      k = stack_[--open_];
      component_[k] = components_;
    } while (k != col);
    ++components_;
  }
  return end - begin + 1;
}

TaskState BlockTriangularSearch::step(Budget& budget) {
  Meter meter(budget);
  while (root_ < n_ || depth_ >= 0) {
    double work = 1;
    if (depth_ >= 0) {
      work += advance();
    } else if (number_[root_] < 0) {
      open(root_++);
    } else {
      ++root_;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  return arrange();
}

/// A component is complete only after all that it points to: the last one comes first. Columns
/// are sorted into theirs by counting.
TaskState BlockTriangularSearch::arrange() {
  if (form_.start.allocate_zero(static_cast<std::size_t>(components_) + 1) != Status::ok) {
    return TaskState::failed;
  }
  for (std::int32_t j = 0; j < n_; ++j) ++form_.start[components_ - component_[j]];
  for (std::int32_t b = 0; b < components_; ++b) form_.start[b + 1] += form_.start[b];
  for (std::int32_t b = 0; b < components_; ++b) stack_[b] = form_.start[b];
  for (std::int32_t j = 0; j < n_; ++j) {
    const std::int32_t at = stack_[components_ - 1 - component_[j]]++;
    form_.cols[at] = j;
    form_.rows[at] = row_of_col_[j];
  }
  return TaskState::done;
}

}  // namespace lacuna
