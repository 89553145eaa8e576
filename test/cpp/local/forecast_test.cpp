#include "lacuna/local/forecast.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace lacuna;

namespace {

/// A residual whose −ln falls by `rate`(c) per unit of work, noted at growing distances.
template <class Rate>
Forecast watched(Rate rate, double until, double least_rate = 0) {
  Forecast forecast;
  forecast.begin(1, least_rate);
  double log = 0;
  double noted = 0;
  for (double work = 0; work < until; work += 1) {
    log += rate(work + 0.5);
    if (work + 1 < 1.3 * noted + 100) continue;
    noted = work + 1;
    forecast.note(noted, std::exp(-log));
  }
  return forecast;
}

}  // namespace

TEST_CASE("power laws of growth are found and followed") {
  for (const double beta : {0.0, 0.3, 0.5, 0.8}) {
    const auto rate = [&](double c) { return 0.01 * std::pow(c, -beta); };
    const Forecast forecast = watched(rate, 20000);
    CHECK(forecast.exponent() == Approx(beta).margin(0.05));
    // L(c) = 0.01·c^(1 − β)/(1 − β): the work at which it has grown by a fifth.
    const double log = 0.01 * std::pow(forecast.work(), 1 - beta) / (1 - beta);
    const double end = forecast.work() * std::pow(1.2, 1 / (1 - beta));
    CHECK(forecast.remaining(std::exp(-1.2 * log)) == Approx(end - forecast.work()).epsilon(0.2));
    CHECK(forecast.remaining(std::exp(-0.5 * log)) == 0);
  }
}

TEST_CASE("no extrapolation goes below the rate of sweeps") {
  // An expander of which a part is seen; sweeps bring 1e-4 a unit.
  const auto rate = [](double c) { return 1 / (c + 1); };
  const Forecast seen = watched(rate, 1000, 1e-4);
  const Forecast endless = watched(rate, 1000);
  const double target = std::exp(-20.0);
  CHECK(endless.remaining(target) > 1e8);
  // ln(c) until c = 1e4, where the rate has fallen to the least, then straight on.
  const double expected = (1e4 - seen.work()) + (20 - std::log(1e4)) / 1e-4;
  CHECK(seen.remaining(target) == Approx(expected).epsilon(0.2));
  // Slower than that at the moment: a step of a stair.
  const Forecast stair = watched([](double) { return 1e-6; }, 1000, 1e-4);
  CHECK(stair.remaining(std::exp(-1.0)) == Approx(1e4).epsilon(0.01));
  CHECK(watched([](double) { return -1e-3; }, 500).remaining(0.5) ==
        std::numeric_limits<double>::infinity());
}
