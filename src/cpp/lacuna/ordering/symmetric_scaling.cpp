#include "lacuna/ordering/symmetric_scaling.hpp"

#include <algorithm>

#include "lacuna/base/power_of_two.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t largest_exponent = 500;
/// Of a row without entries.
constexpr std::int32_t none = -1 << 20;

}  // namespace

Status SymmetricScaling::begin(const CsrView& a, bool by_matching) {
  const auto n = static_cast<std::size_t>(a.rows());
  for (const Status status :
       {exponent_.allocate_zero(n), largest_.allocate(n), scale_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  a_ = a;
  at_ = sweep_ = 0;
  by_matching_ = by_matching;
  matching_ = false;
  return Status::ok;
}

void SymmetricScaling::measure_row(std::int32_t i) {
  std::int32_t largest = none;
  for (std::int32_t p = a_->indptr()[i]; p < a_->indptr()[i + 1]; ++p) {
    const double v = a_->data()[p];
    if (v == 0) continue;
    largest = std::max(largest, exponent_of(v) + exponent_[a_->indices()[p]]);
  }
  largest_[i] = largest == none ? 0 : largest + exponent_[i];
}

/// Moves the exponents; true when they are final.
bool SymmetricScaling::end_sweep() {
  bool moved = false;
  for (std::int32_t i = 0; i < a_->rows(); ++i) {
    // Rounded down, so that a power of four in all entries is one of two in all factors.
    const std::int32_t change = largest_[i] >> 1;
    moved = moved || change != 0;
    exponent_[i] = std::clamp(exponent_[i] - change, -largest_exponent, largest_exponent);
  }
  return !moved || ++sweep_ == most_sweeps;
}

/// True once the sweeps are over, false where the meter ran out.
bool SymmetricScaling::sweep(Meter& meter) {
  const std::int32_t n = a_->rows();
  do {
    for (; at_ < n; ++at_) {
      if (meter.spend(2.0 * (a_->indptr()[at_ + 1] - a_->indptr()[at_]) + 4)) return false;
      measure_row(at_);
    }
    at_ = 0;
  } while (!end_sweep());
  return true;
}

bool SymmetricScaling::wide() const {
  const std::int32_t* e = exponent_.data();
  const auto [least, most] = std::minmax_element(e, e + a_->rows());
  return *most - *least > wide_spread;
}

/// sᵢ = √(rᵢ·cᵢ) of the scalings r, c of rows and columns, if all rows are matched.
void SymmetricScaling::scale_by_matching() {
  if (!matcher_.take().perfect()) return;
  const auto r = matcher_.take_row_scale();
  const auto c = matcher_.take_col_scale();
  for (std::int32_t i = 0; i < a_->rows(); ++i) {
    // Both exponents are rounded down.
    const std::int32_t exponent = (exponent_of(r[i]) + exponent_of(c[i]) + 1) >> 1;
    exponent_[i] = std::clamp(exponent, -largest_exponent, largest_exponent);
  }
}

TaskState SymmetricScaling::step(Budget& budget) {
  if (!matching_) {
    Meter meter(budget);
    if (!sweep(meter)) return TaskState::running;
    matching_ = by_matching_ || wide();
    if (matching_ && matcher_.begin(*a_) != Status::ok) return TaskState::failed;
  }
  if (matching_) {
    if (matcher_.step(budget) == TaskState::running) return TaskState::running;
    scale_by_matching();
    matcher_ = {};
  }
  for (std::int32_t i = 0; i < a_->rows(); ++i) scale_[i] = power_of_two(exponent_[i]);
  return TaskState::done;
}

}  // namespace lacuna
