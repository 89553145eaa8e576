#include "lacuna/local/forecast.hpp"

#include <cmath>
#include <limits>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double power(double x, double y) { return exponential(y * natural_log(x)); }

}  // namespace

void Forecast::begin(double residual) {
  work_ = 0;
  count_ = 0;
  exponent_ = -1;
  log_ = residual > 0 ? -natural_log(residual) : infinity;
}

void Forecast::note(double work, double residual) {
  if (!(work > work_)) return;
  const double now = residual > 0 ? -natural_log(residual) : infinity;
  const Stretch stretch{0.5 * (work_ + work), (now - log_) / (work - work_)};
  recent_[0] = recent_[1];
  recent_[1] = recent_[2];
  recent_[2] = stretch;
  ++count_;
  work_ = work;
  log_ = now;
  if (count_ == 1) first_work_ = work, first_log_ = now;
  fit();
}

void Forecast::fit() {
  const Stretch& first = recent_[count_ >= 3 ? 0 : 1];
  const Stretch& last = recent_[2];
  if (count_ < 2) return;
  if (!(first.rate > 0) || !(last.rate > 0)) {
    exponent_ = 1;
    return;
  }
  const double beta =
      -natural_log(last.rate / first.rate) / natural_log(last.middle / first.middle);
  exponent_ = std::fmin(1, std::fmax(0, beta));
}

double Forecast::remaining(double target) const {
  if (count_ == 0) return infinity;
  const double wanted = target > 0 ? -natural_log(target) - log_ : infinity;
  if (wanted <= 0) return 0;
  const double rate = recent_[2].rate;
  if (!(rate > 0) || !std::isfinite(wanted)) return infinity;
  // Before a fit: the middle between a plane grid and an expander.
  const double beta = exponent_ >= 0 ? exponent_ : 0.7;
  // The rate now, from that of the middle of the last stretch.
  const double here = rate * power(recent_[2].middle / work_, beta);
  const double exponent = wanted / (here * work_);
  if (beta > 0.98) return exponent > 600 ? infinity : work_ * (exponential(exponent) - 1);
  const double grown = 1 + (1 - beta) * exponent;
  const double log_grown = natural_log(grown) / (1 - beta);
  return log_grown > 600 ? infinity : work_ * (exponential(log_grown) - 1);
}

double Forecast::remaining_overall(double target) const {
  if (count_ < 2) return infinity;
  const double wanted = target > 0 ? -natural_log(target) - log_ : infinity;
  if (wanted <= 0) return 0;
  const double power = (log_ - first_log_) / natural_log(work_ / first_work_);
  const double exponent = wanted / power;
  return power > 0 && exponent < 600 ? work_ * (exponential(exponent) - 1) : infinity;
}

}  // namespace lacuna
