#include "lacuna/direct/lu_solve.hpp"

#include <algorithm>

#include "lacuna/base/meter.hpp"
#include "lacuna/direct/lu_lanes.hpp"

namespace lacuna {
namespace {

using namespace lu;

/// Numbers that are moved before the budget is looked at.
constexpr std::int32_t stretch = 16384;

/// L y = b for one front, in the space of rows.
template <int R, class Real>
void forward(const Front<Real>& f, double* rows, double* t) {
  pick<R>(rows, f.rows(), f.order, t);
  for (std::int32_t j = 0; j < f.eliminated; ++j) {
    const Real* l = f.panel.data() + std::size_t(j) * f.order;
    const auto x = Lanes<R>::load(t + std::size_t(j) * R);
    for (std::int32_t i = j + 1; i < f.order; ++i) {
      subtract_from<R>(t + std::size_t(i) * R, l[i], x);
    }
  }
  put<R>(t, f.rows(), f.order, rows);
}

/// t ← t − (rows of U right of the candidates)·x: sums of four rows side by side, each in order.
template <int R, class Real>
void subtract_right(const Front<Real>& f, const double* x, double* t) {
  const std::int32_t border = f.border();
  std::int32_t i = 0;
  for (; i + group <= f.eliminated; i += group) {
    const Real* u = f.right() + std::size_t(i) * border;
    Lanes<R> sum[group];
    for (int q = 0; q < group; ++q) sum[q] = Lanes<R>::load(t + std::size_t(i + q) * R);
    for (std::int32_t b = 0; b < border; ++b) {
      for (int q = 0; q < group; ++q) {
        sum[q].subtract(u[std::size_t(q) * border + b], x + std::size_t(b) * R);
      }
    }
    for (int q = 0; q < group; ++q) sum[q].store(t + std::size_t(i + q) * R);
  }
  for (; i < f.eliminated; ++i) {
    const Real* u = f.right() + std::size_t(i) * border;
    auto sum = Lanes<R>::load(t + std::size_t(i) * R);
    for (std::int32_t b = 0; b < border; ++b) sum.subtract(u[b], x + std::size_t(b) * R);
    sum.store(t + std::size_t(i) * R);
  }
}

/// U x = y for one front; y stands in the space of rows, x in that of columns.
template <int R, class Real>
void backward(const Front<Real>& f, const double* rows, double* cols, double* t) {
  pick<R>(rows, f.rows(), f.eliminated, t);
  double* beyond = t + std::size_t(f.eliminated) * R;
  pick<R>(cols, f.cols() + f.eliminated, f.order - f.eliminated, beyond);
  const std::int32_t delayed = f.candidates - f.eliminated;
  subtract_right<R>(f, beyond + std::size_t(delayed) * R, t);
  for (std::int32_t j = f.candidates - 1; j >= 0; --j) {
    const Real* u = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    if (j < f.eliminated) {
      x.divide(u[j]);
      x.store(t + std::size_t(j) * R);
    }
    const std::int32_t above = std::min(j, f.eliminated);
    for (std::int32_t i = 0; i < above; ++i) subtract_from<R>(t + std::size_t(i) * R, u[i], x);
  }
  put<R>(t, f.cols(), f.eliminated, cols);
}

}  // namespace

template <class Real>
Status LuSolve<Real>::begin(const LuPlan& plan, const LuFactors<Real>& factors, const double* b,
                            double* x, std::int32_t k, bool transposed) {
  const std::size_t width = k >= group ? group : 1;
  std::int32_t order = 0;
  for (const auto* f = factors.fronts.get(); f != nullptr; f = f->next.get()) {
    order = std::max(order, f->largest_order);
  }
  const std::size_t n = static_cast<std::size_t>(plan.n) * width;
  const std::size_t front = static_cast<std::size_t>(order) * width;
  const bool allocated = (rows_.size() >= n || rows_.allocate(n) == Status::ok) &&
                         (cols_.size() >= n || cols_.allocate(n) == Status::ok) &&
                         (front_.size() >= front || front_.allocate(front) == Status::ok);
  if (!allocated) return Status::out_of_memory;
  plan_ = &plan;
  factors_ = &factors;
  b_ = b;
  x_ = x;
  left_ = k;
  transposed_ = transposed;
  open_group();
  return Status::ok;
}

template <class Real>
TaskState LuSolve<Real>::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    if (meter.spend(advance())) return TaskState::running;
  }
  return TaskState::done;
}

template <class Real>
void LuSolve<Real>::open_group() {
  lanes_ = left_ >= group ? group : 1;
  at_ = 0;
  stage_ = left_ > 0 ? Stage::gather : Stage::done;
  fronts_ = transposed_ ? factors_->fronts.get() : factors_->last_front;
}

template <class Real>
void LuSolve<Real>::open_block(std::int32_t b) {
  block_ = b;
  if (b < 0 || b >= plan_->blocks()) {
    stage_ = Stage::scatter;
    at_ = 0;
  } else if (transposed_) {
    enter(Stage::outer);
  } else {
    enter(plan_->kind[b] == BlockKind::columns ? Stage::permute : Stage::forward);
  }
}

template <class Real>
void LuSolve<Real>::leave_block() {
  if (plan_->kind[block_] == BlockKind::fronts) {
    fronts_ = transposed_ ? fronts_->next.get() : fronts_->previous;
  }
  open_block(transposed_ ? block_ + 1 : block_ - 1);
}

template <class Real>
void LuSolve<Real>::enter(Stage stage) {
  stage_ = stage;
  const bool by_fronts = stage != Stage::outer && plan_->kind[block_] == BlockKind::fronts;
  const std::int32_t first = by_fronts ? 0 : plan_->block_begin[block_];
  const std::int32_t end = by_fronts ? fronts_->count : plan_->block_begin[block_ + 1];
  at_ = stage == Stage::backward ? end - 1 : first;
}

template <class Real>
double LuSolve<Real>::advance() {
  const bool several = lanes_ == group;
  switch (stage_) {
    case Stage::gather: return gather();
    case Stage::outer: return subtract_outer();
    case Stage::permute: return permute();
    case Stage::forward:
      if (plan_->kind[block_] == BlockKind::single) return divide();
      if (transposed_) return go_forward_transposed();
      return several ? go_forward<group>() : go_forward<1>();
    case Stage::backward:
      if (transposed_) return go_backward_transposed();
      return several ? go_backward<group>() : go_backward<1>();
    case Stage::scatter: return scatter();
    case Stage::done: break;
  }
  return 0;
}

/// Right-hand sides into `rows`, scaled, or into `cols`.
template <class Real>
double LuSolve<Real>::gather() {
  const auto n = static_cast<std::size_t>(plan_->n);
  const auto lanes = static_cast<std::size_t>(lanes_);
  const std::int32_t* place = transposed_ ? plan_->col_of.data() : plan_->row_of.data();
  double* to = transposed_ ? cols_.data() : rows_.data();
  const std::int32_t from = at_;
  at_ = plan_->n - at_ < stretch ? plan_->n : at_ + stretch;
  for (std::size_t k = from; k < static_cast<std::size_t>(at_); ++k) {
    const double scale = transposed_ ? 1 : factors_->row_scale[k];
    for (std::size_t r = 0; r < lanes; ++r) to[k * lanes + r] = scale * b_[r * n + place[k]];
  }
  const double work = 4.0 * lanes_ * (at_ - from);
  if (at_ == plan_->n) open_block(transposed_ ? 0 : plan_->blocks() - 1);
  return work;
}

template <class Real>
double LuSolve<Real>::scatter() {
  const auto n = static_cast<std::size_t>(plan_->n);
  const auto lanes = static_cast<std::size_t>(lanes_);
  const std::int32_t* place = transposed_ ? plan_->row_of.data() : plan_->col_of.data();
  const double* source = transposed_ ? rows_.data() : cols_.data();
  const std::int32_t from = at_;
  at_ = plan_->n - at_ < stretch ? plan_->n : at_ + stretch;
  for (std::size_t k = from; k < static_cast<std::size_t>(at_); ++k) {
    const double scale = transposed_ ? factors_->row_scale[k] : 1;
    for (std::size_t r = 0; r < lanes; ++r) x_[r * n + place[k]] = scale * source[k * lanes + r];
  }
  const double work = 4.0 * lanes_ * (at_ - from);
  if (at_ == plan_->n) {
    left_ -= lanes_;
    b_ += lanes * n;
    x_ += lanes * n;
    open_group();
  }
  return work;
}

/// A block of one row.
template <class Real>
double LuSolve<Real>::divide() {
  const std::int32_t k = plan_->block_begin[block_];
  const auto first = std::size_t(k) * static_cast<std::size_t>(lanes_);
  const double* from = (transposed_ ? cols_ : rows_).data() + first;
  double* to = (transposed_ ? rows_ : cols_).data() + first;
  for (std::int32_t r = 0; r < lanes_; ++r) to[r] = from[r] / factors_->diagonal[k];
  if (transposed_) {
    leave_block();
  } else {
    enter(Stage::outer);
  }
  return 4.0 * lanes_;
}

/// What stands above the block: of other blocks' rows (transposed: of its own columns).
template <class Real>
double LuSolve<Real>::subtract_outer() {
  const bool transposed = transposed_;
  const auto lanes = static_cast<std::size_t>(lanes_);
  const std::int32_t end = plan_->block_begin[block_ + 1];
  double work = 0;
  for (; at_ < end && work < quantum; ++at_) {
    double* x = cols_.data() + at_ * lanes;
    const std::int32_t last = plan_->outer_begin[at_ + 1];
    for (std::int32_t p = plan_->outer_begin[at_]; p < last; ++p) {
      double* row = rows_.data() + plan_->outer_row[p] * lanes;
      const double a = factors_->outer[p];
      for (std::size_t r = 0; r < lanes; ++r) {
        if (transposed) {
          x[r] -= a * row[r];
        } else {
          row[r] -= a * x[r];
        }
      }
    }
    work += 4 + 2.0 * lanes_ * (last - plan_->outer_begin[at_]);
  }
  if (at_ == end) {
    if (transposed) {
      enter(Stage::forward);
    } else {
      leave_block();
    }
  }
  return work;
}

/// The rows of a column block to the columns that they are the pivots of.
template <class Real>
double LuSolve<Real>::permute() {
  const auto lanes = static_cast<std::size_t>(lanes_);
  const std::int32_t from = at_, end = plan_->block_begin[block_ + 1];
  at_ = end - at_ < stretch ? end : at_ + stretch;
  for (std::int32_t k = from; k < at_; ++k) {
    const double* row = rows_.data() + std::size_t(factors_->pattern->pivot_row[k]) * lanes;
    std::copy(row, row + lanes, cols_.data() + std::size_t(k) * lanes);
  }
  const double work = 2.0 * lanes_ * (at_ - from);
  if (at_ == end) enter(Stage::forward);
  return work;
}

/// L of the block; that of a column block is in `cols`.
template <class Real>
template <int R>
double LuSolve<Real>::go_forward() {
  const std::int32_t begin = plan_->block_begin[block_];
  const std::int32_t end = plan_->block_begin[block_ + 1];
  double* rows = rows_.data();
  double work = 0;
  if (plan_->kind[block_] == BlockKind::columns) {
    const ColumnPattern& pattern = *factors_->pattern;
    double* cols = cols_.data();
    const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
    for (; at_ < end && work < quantum; ++at_) {
      const auto x = Lanes<R>::load(at(at_));
      const std::size_t first = pattern.lower.begin[at_];
      const std::size_t last = pattern.lower.begin[at_ + 1];
      for (std::size_t p = first; p < last; ++p) {
        subtract_from<R>(at(pattern.lower.row[p]), factors_->lower[p], x);
      }
      work += 4 + 2.0 * R * double(last - first);
    }
    if (at_ == end) enter(Stage::backward);
    return work;
  }
  for (; at_ < fronts_->count && work < quantum; ++at_) {
    const Front<Real>& f = fronts_->fronts[at_];
    forward<R>(f, rows + std::size_t(begin) * R, front_.data());
    work += 4 + 2.0 * R * f.eliminated * f.order;
  }
  if (at_ == fronts_->count) enter(Stage::backward);
  return work;
}

/// U of the block.
template <class Real>
template <int R>
double LuSolve<Real>::go_backward() {
  const std::int32_t begin = plan_->block_begin[block_];
  double* cols = cols_.data();
  double work = 0;
  if (plan_->kind[block_] == BlockKind::columns) {
    const ColumnPattern& pattern = *factors_->pattern;
    const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
    for (; at_ >= begin && work < quantum; --at_) {
      auto x = Lanes<R>::load(at(at_));
      x.divide(factors_->diagonal[at_]);
      x.store(at(at_));
      const std::size_t first = pattern.upper.begin[at_];
      const std::size_t last = pattern.upper.begin[at_ + 1];
      for (std::size_t p = first; p < last; ++p) {
        subtract_from<R>(at(pattern.upper.row[p]), factors_->upper[p], x);
      }
      work += 4 + 2.0 * R * double(last - first);
    }
    if (at_ < begin) enter(Stage::outer);
    return work;
  }
  for (; at_ >= 0 && work < quantum; --at_) {
    const Front<Real>& f = fronts_->fronts[at_];
    backward<R>(f, rows_.data() + std::size_t(begin) * R, cols + std::size_t(begin) * R,
                front_.data());
    work += 4 + 2.0 * R * f.eliminated * f.order;
  }
  if (at_ < 0) enter(Stage::outer);
  return work;
}

template class LuSolve<double>;
template class LuSolve<float>;

}  // namespace lacuna
