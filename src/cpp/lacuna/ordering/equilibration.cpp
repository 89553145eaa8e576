#include "lacuna/ordering/equilibration.hpp"

#include <algorithm>

#include "lacuna/base/power_of_two.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

double scale_of(double largest) { return largest > 0 ? reciprocal_power(largest) : 1; }

}  // namespace

Status Equilibration::begin(const CsrView& a) {
  const auto n = static_cast<std::size_t>(a.rows());
  if (rows_.allocate(n) != Status::ok || columns_.allocate_zero(n) != Status::ok) {
    return Status::out_of_memory;
  }
  a_ = a;
  at_ = 0;
  matching_ = false;
  return Status::ok;
}

/// What scaling leaves of the columns is noted.
double Equilibration::scale_row(std::int32_t i) {
  const std::int32_t begin = a_->indptr()[i], end = a_->indptr()[i + 1];
  double largest = 0;
  for (std::int32_t p = begin; p < end; ++p) largest = std::max(largest, magnitude(a_->data()[p]));
  const double scale = rows_[i] = scale_of(largest);
  for (std::int32_t p = begin; p < end; ++p) {
    double& of_column = columns_[a_->indices()[p]];
    of_column = std::max(of_column, magnitude(a_->data()[p] * scale));
  }
  return 4.0 * (end - begin) + 1;
}

bool Equilibration::wide(const Buffer<double>& scale) {
  const auto [least, most] = std::minmax_element(scale.data(), scale.data() + scale.size());
  return exponent_of(*most) - exponent_of(*least) > wide_spread;
}

void Equilibration::scale_by_matching() {
  if (!matcher_.take().perfect()) return;
  const auto r = matcher_.take_row_scale();
  const auto c = matcher_.take_col_scale();
  const auto whole = [](double v) { return power_of_two(std::clamp(exponent_of(v), -1000, 1000)); };
  for (std::int32_t i = 0; i < a_->rows(); ++i) {
    rows_[i] = whole(r[i]);
    columns_[i] = whole(c[i]);
  }
}

TaskState Equilibration::step(Budget& budget) {
  if (!matching_) {
    Meter meter(budget);
    while (at_ < a_->rows()) {
      if (meter.spend(scale_row(at_++))) return TaskState::running;
    }
    for (double& v : columns_.span()) v = scale_of(v);
    matching_ = wide(rows_) || wide(columns_);
    if (!matching_) return TaskState::done;
    if (matcher_.begin(*a_) != Status::ok) return TaskState::failed;
  }
  if (matcher_.step(budget) == TaskState::running) return TaskState::running;
  scale_by_matching();
  matcher_ = {};
  return TaskState::done;
}

}  // namespace lacuna
