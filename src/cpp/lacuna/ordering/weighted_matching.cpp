#include "lacuna/ordering/weighted_matching.hpp"

#include <limits>

#include "lacuna/base/elementary.hpp"
#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double magnitude(double v) { return v < 0 ? -v : v; }

/// Scalings beyond this would overflow products of the size of the numbers they scale.
constexpr double largest_exponent = 700;

double bounded(double x) {
  return x > largest_exponent ? largest_exponent : x < -largest_exponent ? -largest_exponent : x;
}

}  // namespace

Status WeightedMatching::begin(const CsrView& a, bool scalings) {
  scalings_ = scalings;
  if (!a.square()) return Status::not_square;
  const auto n = static_cast<std::size_t>(a.rows());
  const bool allocated =
      matching_.index_of_line.allocate(n) == Status::ok &&
      matching_.line_of_index.allocate(n) == Status::ok && cost_.allocate(a.nnz()) == Status::ok &&
      row_dual_.allocate(n) == Status::ok && col_dual_.allocate(n) == Status::ok &&
      largest_.allocate(n) == Status::ok && distance_.allocate(n) == Status::ok &&
      from_.allocate(n) == Status::ok && reached_.allocate(n) == Status::ok &&
      heap_.allocate(n) == Status::ok && place_.allocate(n) == Status::ok &&
      settled_.allocate(n) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  for (std::size_t i = 0; i < n; ++i) {
    matching_.index_of_line[i] = matching_.line_of_index[i] = reached_[i] = -1;
    col_dual_[i] = infinity;
  }
  matching_.rank = 0;
  view_ = a;
  stage_ = Stage::costs;
  root_ = 0;
  searching_ = false;
  return Status::ok;
}

void WeightedMatching::take_costs(std::int32_t row) {
  const std::int32_t* indptr = view_->indptr();
  double largest = 0;
  for (std::int32_t p = indptr[row]; p < indptr[row + 1]; ++p) {
    const double v = magnitude(view_->data()[p]);
    if (v > largest) largest = v;
  }
  largest_[row] = largest > 0 ? natural_log(largest) : 0;
  for (std::int32_t p = indptr[row]; p < indptr[row + 1]; ++p) {
    const double v = magnitude(view_->data()[p]);
    cost_[p] = v > 0 ? largest_[row] - natural_log(v) : infinity;
    double& dual = col_dual_[view_->indices()[p]];
    if (cost_[p] < dual) dual = cost_[p];
  }
}

/// The first dual variable of a row, and a pair where an entry without reduced cost meets a free
/// column.
void WeightedMatching::open_row(std::int32_t row) {
  const std::int32_t* indptr = view_->indptr();
  double least = infinity;
  std::int32_t col = -1;
  for (std::int32_t p = indptr[row]; p < indptr[row + 1]; ++p) {
    if (!(cost_[p] < infinity)) continue;
    const std::int32_t j = view_->indices()[p];
    const double reduced = cost_[p] - col_dual_[j];
    const bool free = matching_.line_of_index[j] < 0;
    // Of equal ones the diagonal is preferred, then any free column.
    const bool better = reduced < least || (reduced == least && free && (col < 0 || j == row));
    if (!better) continue;
    least = reduced;
    col = free ? j : -1;
  }
  row_dual_[row] = least < infinity ? least : 0;
  if (col < 0) return;
  matching_.index_of_line[row] = col;
  matching_.line_of_index[col] = row;
  ++matching_.rank;
}

void WeightedMatching::lift(std::int32_t at) {
  const std::int32_t col = heap_[at];
  while (at > 0) {
    const std::int32_t parent = (at - 1) / 2;
    if (!before(col, heap_[parent])) break;
    heap_[at] = heap_[parent];
    place_[heap_[at]] = at;
    at = parent;
  }
  heap_[at] = col;
  place_[col] = at;
}

std::int32_t WeightedMatching::pop() {
  const std::int32_t first = heap_[0];
  place_[first] = -1;
  const std::int32_t last = heap_[--heap_size_];
  if (heap_size_ == 0) return first;
  std::int32_t at = 0;
  for (std::int32_t child = 1; child < heap_size_; child = 2 * at + 1) {
    if (child + 1 < heap_size_ && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], last)) break;
    heap_[at] = heap_[child];
    place_[heap_[at]] = at;
    at = child;
  }
  heap_[at] = last;
  place_[last] = at;
  return first;
}

void WeightedMatching::relax(std::int32_t row, double base) {
  const std::int32_t* indptr = view_->indptr();
  for (std::int32_t p = indptr[row]; p < indptr[row + 1]; ++p) {
    if (!(cost_[p] < infinity)) continue;
    const std::int32_t j = view_->indices()[p];
    const double reduced = cost_[p] - row_dual_[row] - col_dual_[j];
    const double distance = base + (reduced > 0 ? reduced : 0);
    if (!(distance < best_)) continue;
    if (matching_.line_of_index[j] < 0) {
      best_ = distance;
      best_col_ = j;
      from_[j] = row;
      continue;
    }
    const bool known = reached_[j] == root_;
    // Settled columns are nearer than any that is still to come.
    if (known && (place_[j] < 0 || !(distance < distance_[j]))) continue;
    distance_[j] = distance;
    from_[j] = row;
    if (!known) {
      reached_[j] = root_;
      place_[j] = heap_size_;
      heap_[heap_size_++] = j;
    }
    lift(place_[j]);
  }
}

void WeightedMatching::start(std::int32_t row) {
  heap_size_ = settled_count_ = 0;
  best_ = infinity;
  best_col_ = -1;
  searching_ = true;
  relax(row, 0);
}

bool WeightedMatching::advance(double& work) {
  if (heap_size_ == 0) return false;
  const std::int32_t col = pop();
  if (!(distance_[col] < best_)) return false;
  settled_[settled_count_++] = col;
  const std::int32_t row = matching_.line_of_index[col];
  work += 4.0 * (view_->indptr()[row + 1] - view_->indptr()[row]);
  relax(row, distance_[col]);
  return true;
}

void WeightedMatching::augment() {
  for (std::int32_t k = 0; k < settled_count_; ++k) {
    const std::int32_t col = settled_[k];
    const double change = best_ - distance_[col];
    col_dual_[col] -= change;
    row_dual_[matching_.line_of_index[col]] += change;
  }
  row_dual_[root_] += best_;
  std::int32_t col = best_col_;
  while (true) {
    const std::int32_t row = from_[col];
    const std::int32_t given_up = matching_.index_of_line[row];
    matching_.index_of_line[row] = col;
    matching_.line_of_index[col] = row;
    if (row == root_) break;
    col = given_up;
  }
  ++matching_.rank;
}

TaskState WeightedMatching::step(Budget& budget) {
  Meter meter(budget);
  const std::int32_t n = view_->rows();
  const std::int32_t* indptr = view_->indptr();
  if (stage_ == Stage::costs) {
    while (root_ < n) {
      const std::int32_t i = root_++;
      take_costs(i);
      if (meter.spend(20.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    for (std::int32_t j = 0; j < n; ++j) {
      if (!(col_dual_[j] < infinity)) col_dual_[j] = 0;
    }
    stage_ = Stage::row_duals;
    root_ = 0;
  }
  if (stage_ == Stage::row_duals) {
    while (root_ < n) {
      const std::int32_t i = root_++;
      open_row(i);
      if (meter.spend(4.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    stage_ = Stage::search;
    root_ = 0;
  }
  if (stage_ == Stage::search) {
    while (root_ < n) {
      double work = 1;
      if (matching_.index_of_line[root_] >= 0) {
        ++root_;
      } else if (!searching_) {
        start(root_);
      } else if (!advance(work)) {
        if (best_col_ >= 0) augment();
        searching_ = false;
        ++root_;
      }
      if (meter.spend(work)) return TaskState::running;
    }
    stage_ = scalings_ ? Stage::scale : Stage::done;
    root_ = 0;
  }
  if (stage_ == Stage::scale) {
    while (root_ < n) {
      const std::int32_t i = root_++;
      row_dual_[i] = exponential(bounded(row_dual_[i] - largest_[i]));
      col_dual_[i] = exponential(bounded(col_dual_[i]));
      if (meter.spend(40)) return TaskState::running;
    }
    stage_ = Stage::done;
  }
  return TaskState::done;
}

}  // namespace lacuna
