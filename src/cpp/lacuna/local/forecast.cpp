#include "lacuna/local/forecast.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Growth of the work within a stretch of the fit.
constexpr double least_growth = 1.4;

constexpr double ln2 = 0x1.62e42fefa39efp-1;

/// ln x to 1e-8, with the same bits on every compiler and target: a forecast is made after each
/// stretch, from some twenty of them, and needs no more than that. ∞ for ∞, for normal x > 0 else.
double rough_log(double x) {
  if (!(x < infinity)) return x;
  const auto bits = __builtin_bit_cast(std::uint64_t, x);
  int e = static_cast<int>(bits >> 52) - 1023;
  double m = __builtin_bit_cast(double, (bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
  constexpr double root_two = 0x1.6a09e667f3bcdp+0;
  if (m >= root_two) {
    m *= 0.5;
    ++e;
  }
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  return e * ln2 + s * (2 + z * (2.0 / 3 + z * (2.0 / 5 + z * (2.0 / 7 + z * (2.0 / 9)))));
}

/// eˣ to 1e-8 of itself likewise; ∞ above 700, 0 below −700.
double rough_exponential(double x) {
  if (!(x < 700)) return infinity;
  if (x < -700) return 0;
  const int k = static_cast<int>(x * (1 / ln2) + (x < 0 ? -0.5 : 0.5));
  const double r = x - k * ln2;
  double y = 1.0 / 5040;
  y = 1.0 / 720 + r * y;
  y = 1.0 / 120 + r * y;
  y = 1.0 / 24 + r * y;
  y = 1.0 / 6 + r * y;
  y = 1 + r * (1 + r * (0.5 + r * y));
  return y * __builtin_bit_cast(double, static_cast<std::uint64_t>(k + 1023) << 52);
}

double power(double x, double y) { return rough_exponential(y * rough_log(x)); }

}  // namespace

void Forecast::begin(double residual, double least_rate) {
  work_ = 0;
  least_rate_ = least_rate;
  count_ = 0;
  exponent_ = -1;
  log_ = residual > 0 ? -rough_log(residual) : infinity;
}

void Forecast::note(double work, double residual) {
  if (!(work > work_)) return;
  const double now = residual > 0 ? -rough_log(residual) : infinity;
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
  const double beta = -rough_log(last.rate / first.rate) / rough_log(last.middle / first.middle);
  exponent_ = std::fmin(1, std::fmax(0, beta));
}

double Forecast::remaining(double target) const {
  if (count_ == 0) return infinity;
  const double wanted = target > 0 ? -rough_log(target) - log_ : infinity;
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
      least_rate_ > 0 && beta > 0 ? rough_log(here / least_rate_) / beta : infinity;
  // L gained until then, in units of here·work.
  const bool critical = beta > 0.98;
  const double gained =
      critical ? log_reach
               : (log_reach < 600 ? (rough_exponential((1 - beta) * log_reach) - 1) / (1 - beta)
                                  : infinity);
  const double exponent = wanted / (here * work_);
  if (exponent > gained) {
    const double after = (exponent - gained) * here * work_ / least_rate_;
    return work_ * (rough_exponential(log_reach) - 1) + after;
  }
  const double log_grown = critical ? exponent : rough_log(1 + (1 - beta) * exponent) / (1 - beta);
  return log_grown > 600 ? infinity : work_ * (rough_exponential(log_grown) - 1);
}

double Forecast::remaining_overall(double target) const {
  if (count_ < 2) return infinity;
  const double wanted = target > 0 ? -rough_log(target) - log_ : infinity;
  if (wanted <= 0) return 0;
  const double power = (log_ - first_log_) / rough_log(work_ / first_work_);
  const double exponent = wanted / power;
  return power > 0 && exponent < 600 ? work_ * (rough_exponential(exponent) - 1) : infinity;
}

}  // namespace lacuna
