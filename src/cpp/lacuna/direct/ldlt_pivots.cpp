// Fronts of multifrontal L·D·Lᵀ: how pivots are chosen and eliminated.
#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "lacuna/direct/ldlt_fronts.hpp"
#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Growth up to which a pivot is taken without a look at others. Along largest entries one of one
/// column with at most that, or one of two with at most 1/(1 − 1/2.8), is always met in a root.
constexpr double good_growth = 2.8;
/// Share of d₂₁² that has to be left of a determinant d₁₁·d₂₂ − d₂₁²: what cancels costs digits.
constexpr double least_determinant = 0.05;

double magnitude(double v) { return v < 0 ? -v : v; }

}  // namespace

template <class Real>
void FrontLdlt<Real>::begin_block() {
  column_ = 0;
  good_ = candidates_;
  progressed_ = everywhere_ = false;
  block_begin_ = 0;
  block_end_ = block_good_ = std::min(block_columns, good_);
  begin_panel();
}

template <class Real>
void FrontLdlt<Real>::begin_panel() {
  panel_begin_ = column_;
  const std::int32_t left = block_good_ - column_;
  // A panel of a few columns more rather than one of few.
  const bool last = everywhere_ || left <= panel_columns + panel_columns / 2;
  panel_end_ = tried_ = column_ + (last ? left : panel_columns);
  stage_ = Stage::panel;
}

/// Column j of the symmetric rest of the front.
template <class Real>
typename FrontLdlt<Real>::Column FrontLdlt<Real>::scan(std::int32_t j) {
  Column c;
  const auto look = [&](std::int32_t row, double value) {
    const double v = magnitude(value);
    if (v > c.largest) {
      c.second = c.largest;
      c.largest = v;
      c.row = row;
    } else if (v > c.second) {
      c.second = v;
    }
  };
  for (std::int32_t t = column_; t < j; ++t) look(t, element(j, t));
  const Real* x = &element(0, j);
  for (std::int32_t t = j + 1; t < panel_end_; ++t) look(t, x[t]);
  c.coupling = c.largest;
  c.partner = c.row;
  for (std::int32_t t = panel_end_; t < order_; ++t) look(t, x[t]);
  return c;
}

/// Largest sum of magnitudes that bounds the elements of a row of L for the pivot of p and r.
template <class Real>
double FrontLdlt<Real>::growth_of_two(std::int32_t p, const Column& at_p, std::int32_t r,
                                      const Column& at_r) {
  const double d21 = element(std::max(p, r), std::min(p, r));
  const double d11 = element(p, p) / d21;
  const double d22 = element(r, r) / d21;
  const double determinant = d11 * d22 - 1;
  if (!(magnitude(determinant) >= least_determinant * std::max(1.0, magnitude(d11 * d22)))) {
    return infinity;
  }
  const double of_p = at_p.row == r ? at_p.second : at_p.largest;
  const double of_r = at_r.row == p ? at_r.second : at_r.largest;
  const double scale = magnitude(determinant * d21);
  const double growth =
      std::max((magnitude(d22) * of_p + of_r) / scale, (of_p + magnitude(d11) * of_r) / scale);
  return growth >= 0 ? growth : infinity;
}

/// Follows largest entries from the next column on, and takes the first good pivot, or else the
/// best that was met if that passes the threshold.
template <class Real>
typename FrontLdlt<Real>::Pivot FrontLdlt<Real>::choose() {
  Pivot best;
  best.growth = infinity;
  std::int32_t p = column_;
  Column at_p = scan(p);
  if (at_p.largest == 0 && element(p, p) == 0) {
    // A NaN is no zero, but hides from comparisons: `close` finds it.
    double sum = 0;
    for (std::int32_t t = p; t < order_; ++t) sum += element(t, p);
    if (sum == 0) fault_ = {Status::zero_pivot, column_of_a(p)};
    return {};
  }
  const auto offer = [&](std::int32_t first, std::int32_t second, double growth) {
    if (growth < best.growth) best = {first, second, growth};
    return growth <= good_growth;
  };
  const auto of_one = [&](std::int32_t j, const Column& c) {
    const double d = magnitude(element(j, j));
    return d > 0 ? c.largest / d : infinity;
  };
  bool good = offer(p, -1, of_one(p, at_p));
  while (!good && at_p.partner >= 0) {
    const std::int32_t r = at_p.partner;
    const Column at_r = scan(r);
    good = offer(r, -1, of_one(r, at_r)) || offer(p, r, growth_of_two(p, at_p, r, at_r));
    // Entries grow along the way, so it ends.
    if (!(at_r.coupling > at_p.coupling)) break;
    p = r;
    at_p = at_r;
  }
  return best.growth <= 1 / threshold ? best : Pivot();
}

/// Exchanges two columns, and the rows of the same numbers.
template <class Real>
void FrontLdlt<Real>::exchange(std::int32_t i, std::int32_t j) {
  if (i == j) return;
  if (i > j) std::swap(i, j);
  for (std::int32_t t = 0; t < i; ++t) std::swap(element(i, t), element(j, t));
  std::swap(element(i, i), element(j, j));
  for (std::int32_t t = i + 1; t < j; ++t) std::swap(element(t, i), element(j, t));
  if (j + 1 < order_) {
    std::swap_ranges(&element(j + 1, i), &element(0, i) + order_, &element(j + 1, j));
  }
  std::swap(ids()[i], ids()[j]);
}

/// Eliminates the columns of the panel that have a pivot; the others gather at its end.
template <class Real>
double FrontLdlt<Real>::factor_panel() {
  if (column_ >= tried_) {
    const std::int32_t width = column_ - panel_begin_;
    if constexpr (std::is_same_v<Real, float>) {
      simd::flush(order_ - column_, width, &element(0, panel_begin_) + column_, order_);
    }
    begin_update(panel_begin_, column_, panel_end_, block_end_);
    stage_ = Stage::panel_update;
    return 1 + double(order_ - column_) * width;
  }
  const Pivot p = choose();
  double work = 3.0 * (order_ - column_);
  if (!fault_.ok()) return work;
  if (p.first < 0) {
    exchange(column_, --tried_);
    return work;
  }
  progressed_ = true;
  const std::int32_t k = column_;
  exchange(k, p.first);
  if (p.second < 0) return work + eliminate_one();
  exchange(k + 1, p.second == k ? p.first : p.second);
  return work + eliminate_two();
}

template <class Real>
double FrontLdlt<Real>::eliminate_one() {
  const std::int32_t k = column_++;
  Real* l = &element(0, k);
  const Real d = l[k];
  pivot(k)[0] = d;
  pivot(k)[1] = 0;
  ++(d > 0 ? out_->positive : out_->negative);
  out_->smallest = std::min(out_->smallest, magnitude(d));
  l[k] = 1;
  Real* w = divided_.data();
  for (std::int32_t i = k + 1; i < order_; ++i) {
    w[i] = l[i];
    l[i] /= d;
  }
  return update_panel(k, 1);
}

/// The columns of the panel that are left, less what the pivot that ends before `column_` gives.
template <class Real>
double FrontLdlt<Real>::update_panel(std::int32_t k, std::int32_t width) {
  const std::int32_t left = panel_end_ - column_;
  const double flops = 2.0 * width * (order_ - column_) * left;
  if (left > 0) {
    simd::gemmt(order_ - column_, left, width, &element(column_, k), order_,
                divided_.data() + column_, order_, &element(column_, column_), order_,
                packed_.data());
  }
  out_->flops += flops;
  return flops + 8.0 * (order_ - column_);
}

/// The inverse of the pivot as LAPACK's sytf2 forms it: divided by what couples the columns.
template <class Real>
double FrontLdlt<Real>::eliminate_two() {
  const std::int32_t k = column_;
  column_ += 2;
  Real* l1 = &element(0, k);
  Real* l2 = &element(0, k + 1);
  const double d21 = l1[k + 1];
  pivot(k)[0] = l1[k];
  pivot(k)[1] = d21;
  pivot(k + 1)[0] = l2[k + 1];
  pivot(k + 1)[1] = 0;
  const double d11 = l2[k + 1] / d21;
  const double d22 = l1[k] / d21;
  const double determinant = d11 * d22 - 1;
  if (determinant < 0) {
    ++out_->positive;
    ++out_->negative;
  } else {
    (pivot(k)[0] > 0 ? out_->positive : out_->negative) += 2;
  }
  ++out_->two_by_two;
  // |λ₁·λ₂| over the norm is at most the smaller one.
  const double norm = std::max(magnitude(l1[k]), magnitude(l2[k + 1])) + magnitude(d21);
  out_->smallest = std::min(out_->smallest, magnitude(determinant * d21) * (magnitude(d21) / norm));
  const auto factor = static_cast<Real>(1 / determinant / d21);
  const auto of_one = static_cast<Real>(d11), of_two = static_cast<Real>(d22);
  l1[k] = l2[k + 1] = 1;
  l1[k + 1] = 0;
  Real* w1 = divided_.data();
  Real* w2 = w1 + order_;
  for (std::int32_t i = k + 2; i < order_; ++i) {
    const Real x1 = l1[i], x2 = l2[i];
    w1[i] = x1;
    w2[i] = x2;
    l1[i] = factor * (of_one * x1 - x2);
    l2[i] = factor * (of_two * x2 - x1);
  }
  return update_panel(k, 2);
}

/// Columns that failed go behind those of the block.
template <class Real>
void FrontLdlt<Real>::end_panel() {
  for (std::int32_t c = panel_end_ - 1; c >= column_; --c) exchange(c, --block_good_);
  if (column_ < block_good_) {
    begin_panel();
  } else {
    begin_update(block_begin_, column_, block_end_, candidates_);
    stage_ = Stage::block_update;
  }
}

/// Columns that failed go behind the candidates. Once those are used up, the failed ones, which
/// have been updated since, are tried again as long as that helps; in the end among all that are
/// left.
template <class Real>
void FrontLdlt<Real>::end_block() {
  for (std::int32_t c = block_end_ - 1; c >= column_; --c) exchange(c, --good_);
  const std::int32_t left = candidates_ - column_;
  if (column_ >= good_ && left > 0) {
    const bool again = progressed_ || (!everywhere_ && left > panel_columns);
    if (!progressed_) everywhere_ = true;
    if (again) good_ = candidates_;
    progressed_ = false;
  }
  if (column_ >= good_) {
    begin_update(0, column_, candidates_, order_);
    stage_ = Stage::border_update;
    return;
  }
  block_begin_ = column_;
  block_end_ = block_good_ = everywhere_ ? good_ : std::min(column_ + block_columns, good_);
  begin_panel();
}

// What the other source file of the class calls.
#define LACUNA_PIVOTS(Real)                        \
  template void FrontLdlt<Real>::begin_block();    \
  template double FrontLdlt<Real>::factor_panel(); \
  template void FrontLdlt<Real>::end_panel();      \
  template void FrontLdlt<Real>::end_block();
LACUNA_PIVOTS(double)
LACUNA_PIVOTS(float)
#undef LACUNA_PIVOTS

}  // namespace lacuna
