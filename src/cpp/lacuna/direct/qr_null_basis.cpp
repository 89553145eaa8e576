#include "lacuna/direct/qr_null_basis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {

Status QrNullBasis::begin(const QrPlan& plan, const QrFactors& factors) {
  const auto dependent = static_cast<std::size_t>(plan.cols - factors.rank);
  for (const Status status :
       {sweep_.reserve(plan), pivots_.allocate(plan.cols), begin_.allocate_zero(dependent + 1)}) {
    if (status != Status::ok) return status;
  }
  plan_ = &plan;
  factors_ = &factors;
  return Status::ok;
}

TaskState QrNullBasis::step(Meter& meter) {
  while (at_ < plan_->cols) {
    if (factors_->equation[at_] >= 0) {
      ++at_;
      continue;
    }
    if (!sweeping_) {
      std::fill_n(pivots_.data(), plan_->cols, 0.0);
      pivots_[at_] = 1;
      sweep_.begin(*plan_, *factors_, false);
      sweeping_ = true;
    }
    if (!sweep_.step(pivots_.data(), meter)) return TaskState::running;
    if (append() != Status::ok) return TaskState::failed;
    sweeping_ = false;
    ++at_;
  }
  return TaskState::done;
}

Status QrNullBasis::append() {
  std::int32_t count = 0;
  for (const double v : pivots_.span()) count += v != 0;
  if (count == 1) return Status::ok;
  const double norm = simd::norm2(pivots_.span());
  const std::size_t size = used_ + count;
  if (size > std::numeric_limits<std::int32_t>::max() || !std::isfinite(norm)) {
    return Status::out_of_memory;
  }
  if (size > row_.size()) {
    const std::size_t room = size + size / 2;
    if (grow(row_, used_, room) != Status::ok || grow(value_, used_, room) != Status::ok) {
      return Status::out_of_memory;
    }
  }
  for (std::int32_t k = 0; k < plan_->cols; ++k) {
    if (pivots_[k] == 0) continue;
    row_[used_] = k;
    value_[used_++] = pivots_[k] / norm;
  }
  begin_[++count_] = static_cast<std::int32_t>(used_);
  return Status::ok;
}

Result<CsrMatrix> QrNullBasis::take() const {
  return CsrMatrix::from_csc(plan_->cols, count_, {begin_.data(), std::size_t(count_) + 1},
                             {row_.data(), used_}, {value_.data(), used_});
}

}  // namespace lacuna
