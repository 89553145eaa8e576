#include "lacuna/local/forecast.hpp"

#include <cmath>
#include <limits>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Growth of the work within a stretch of the fit.
constexpr double least_growth = 1.4;

double power(double x, double y) { return exponential(y * natural_log(x)); }

}  // namespace

void Forecast::begin(double residual, double least_rate) {
  work_ = 0;
  least_rate_ = least_rate;
  count_ = 0;
  exponent_ = -1;
  log_ = residual > 0 ? -natural_log(residual) : infinity;
}

void Forecast::note(double work, double residual) {
  if (!(work > work_)) return;
  const double now = residual > 0 ? -natural_log(residual) : infinity;
  // Residuals fall in stairs: what is too short to tell a rate is taken together.
  if (count_ == 0 || work_ > least_growth * begun_work_) {
    recent_[0] = recent_[1];
    recent_[1] = recent_[2];
    begun_work_ = work_;
    begun_log_ = log_;
    ++count_;
  }
  recent_[2] = {0.5 * (begun_work_ + work), (now - begun_log_) / (work - begun_work_)};
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
  const double sweeps = least_rate_ > 0 ? wanted / least_rate_ : infinity;
  const double rate = recent_[2].rate;
  if (!(rate > 0) || !std::isfinite(wanted)) return sweeps;
  // Before a fit: the middle between a plane grid and an expander.
  const double beta = exponent_ >= 0 ? exponent_ : 0.7;
  // The rate now, from that of the middle of the last stretch.
  const double here = rate * power(recent_[2].middle / work_, beta);
  if (here <= least_rate_) return sweeps;
  // Until work has grown to a multiple of what it is, the rate has fallen to the least one.
  const double log_reach =
      least_rate_ > 0 && beta > 0 ? natural_log(here / least_rate_) / beta : infinity;
  // L gained until then, in units of here·work.
  const bool critical = beta > 0.98;
  const double gained =
      critical
          ? log_reach
          : (log_reach < 600 ? (exponential((1 - beta) * log_reach) - 1) / (1 - beta) : infinity);
  const double exponent = wanted / (here * work_);
  if (exponent > gained) {
    const double after = (exponent - gained) * here * work_ / least_rate_;
    return work_ * (exponential(log_reach) - 1) + after;
  }
  const double log_grown =
      critical ? exponent : natural_log(1 + (1 - beta) * exponent) / (1 - beta);
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
