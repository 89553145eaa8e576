// Substitution with transposed factors, which few ask for: built for size.
#include <algorithm>

#include "lacuna/direct/lu_lanes.hpp"
#include "lacuna/direct/lu_solve.hpp"

namespace lacuna {
namespace {

using namespace lu;

/// Uᵀ y = b for one front: b in the space of columns, y in that of rows.
template <int R, class Real>
void forward_transposed(const Front<Real>& f, double* cols, double* rows, double* t) {
  pick<R>(cols, f.cols(), f.order, t);
  for (std::int32_t j = 0; j < f.candidates; ++j) {
    const Real* u = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    const std::int32_t above = std::min(j, f.eliminated);
    for (std::int32_t i = 0; i < above; ++i) x.subtract(u[i], t + std::size_t(i) * R);
    if (j < f.eliminated) x.divide(u[j]);
    x.store(t + std::size_t(j) * R);
  }
  double* beyond = t + std::size_t(f.candidates) * R;
  const std::int32_t border = f.border();
  for (std::int32_t i = 0; i < f.eliminated; ++i) {
    const Real* u = f.right() + std::size_t(i) * border;
    const auto x = Lanes<R>::load(t + std::size_t(i) * R);
    for (std::int32_t b = 0; b < border; ++b)
      subtract_from<R>(beyond + std::size_t(b) * R, u[b], x);
  }
  put<R>(t + std::size_t(f.eliminated) * R, f.cols() + f.eliminated, f.order - f.eliminated, cols);
  put<R>(t, f.rows(), f.eliminated, rows);
}

/// Lᵀ x = y for one front, in the space of rows.
template <int R, class Real>
void backward_transposed(const Front<Real>& f, double* rows, double* t) {
  pick<R>(rows, f.rows(), f.order, t);
  for (std::int32_t j = f.eliminated - 1; j >= 0; --j) {
    const Real* l = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    for (std::int32_t i = j + 1; i < f.order; ++i) x.subtract(l[i], t + std::size_t(i) * R);
    x.store(t + std::size_t(j) * R);
  }
  put<R>(t, f.rows(), f.eliminated, rows);
}

}  // namespace

template <class Real>
double LuSolve<Real>::go_forward_transposed() {
  return lanes_ == group ? upper_transposed<group>() : upper_transposed<1>();
}

template <class Real>
double LuSolve<Real>::go_backward_transposed() {
  return lanes_ == group ? lower_transposed<group>() : lower_transposed<1>();
}

/// Uᵀ of the block: column blocks stay in `cols`.
template <class Real>
template <int R>
double LuSolve<Real>::upper_transposed() {
  const std::int32_t begin = plan_->block_begin[block_];
  const std::int32_t end = plan_->block_begin[block_ + 1];
  double* cols = cols_.data();
  double work = 0;
  if (plan_->kind[block_] == BlockKind::columns) {
    const ColumnPattern& pattern = *factors_->pattern;
    const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
    for (; at_ < end && work < quantum; ++at_) {
      auto x = Lanes<R>::load(at(at_));
      const std::size_t first = pattern.upper.begin[at_];
      const std::size_t last = pattern.upper.begin[at_ + 1];
      for (std::size_t p = first; p < last; ++p) {
        x.subtract(factors_->upper[p], at(pattern.upper.row[p]));
      }
      x.divide(factors_->diagonal[at_]);
      x.store(at(at_));
      work += 4 + 2.0 * R * double(last - first);
    }
    if (at_ == end) enter(Stage::backward);
    return work;
  }
  for (; at_ < fronts_->count && work < quantum; ++at_) {
    const Front<Real>& f = fronts_->fronts[at_];
    forward_transposed<R>(f, cols + std::size_t(begin) * R, rows_.data() + std::size_t(begin) * R,
                          front_.data());
    work += 4 + 2.0 * R * f.eliminated * f.order;
  }
  if (at_ == fronts_->count) enter(Stage::backward);
  return work;
}

/// Lᵀ of the block: column blocks leave the solution in `rows`.
template <class Real>
template <int R>
double LuSolve<Real>::lower_transposed() {
  const std::int32_t begin = plan_->block_begin[block_];
  double* rows = rows_.data();
  double work = 0;
  if (plan_->kind[block_] == BlockKind::columns) {
    const ColumnPattern& pattern = *factors_->pattern;
    double* cols = cols_.data();
    const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
    for (; at_ >= begin && work < quantum; --at_) {
      auto x = Lanes<R>::load(at(at_));
      const std::size_t first = pattern.lower.begin[at_];
      const std::size_t last = pattern.lower.begin[at_ + 1];
      for (std::size_t p = first; p < last; ++p) {
        x.subtract(factors_->lower[p], at(pattern.lower.row[p]));
      }
      x.store(at(at_));
      x.store(rows + std::size_t(pattern.pivot_row[at_]) * R);
      work += 4 + 2.0 * R * double(last - first);
    }
    if (at_ < begin) leave_block();
    return work;
  }
  for (; at_ >= 0 && work < quantum; --at_) {
    const Front<Real>& f = fronts_->fronts[at_];
    backward_transposed<R>(f, rows + std::size_t(begin) * R, front_.data());
    work += 4 + 2.0 * R * f.eliminated * f.order;
  }
  if (at_ < 0) leave_block();
  return work;
}

template class LuSolve<double>;
template class LuSolve<float>;

}  // namespace lacuna
