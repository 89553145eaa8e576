#include "lacuna/local/forecast.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace lacuna;

namespace {

/// A residual exp(−L(c)), noted at growing distances.
template <class Log>
Forecast watched(Log log, double until, double least_rate = 0) {
  Forecast forecast;
  forecast.begin(std::exp(-log(0.0)), least_rate);
  for (double work = 100; work < until; work = 1.3 * work + 100) {
    forecast.note(work, std::exp(-log(work)));
  }
  return forecast;
}

}  // namespace

TEST_CASE("power laws of growth are found and followed") {
  for (const double beta : {0.0, 0.3, 0.5, 0.8}) {
    const auto course = [&](double c) { return 0.01 * std::pow(c, 1 - beta) / (1 - beta); };
    const Forecast forecast = watched(course, 20000);
    CHECK(forecast.exponent() == Approx(beta).margin(0.05));
    // The work at which L has grown by a fifth.
    const double log = course(forecast.work());
    const double end = forecast.work() * std::pow(1.2, 1 / (1 - beta));
    CHECK(forecast.remaining(std::exp(-1.2 * log)) == Approx(end - forecast.work()).epsilon(0.2));
    CHECK(forecast.remaining(std::exp(-0.5 * log)) == 0);
  }
}

TEST_CASE("no extrapolation goes below the rate of sweeps") {
  // An expander of which a part is seen; sweeps bring 1e-4 a unit.
  const auto course = [](double c) { return std::log(1 + c); };
  const Forecast seen = watched(course, 1000, 1e-4);
  const Forecast endless = watched(course, 1000);
  const double target = std::exp(-20.0);
  CHECK(endless.remaining(target) > 1e8);
  // ln(c) until c = 1e4, where the rate has fallen to the least, then straight on.
  const double expected = (1e4 - seen.work()) + (20 - std::log(1e4)) / 1e-4;
  CHECK(seen.remaining(target) == Approx(expected).epsilon(0.2));
  // Slower than that at the moment: a step of a stair.
  const Forecast stair = watched([](double c) { return 1e-6 * c; }, 1000, 1e-4);
  CHECK(stair.remaining(std::exp(-1.0)) == Approx(1e4).epsilon(0.01));
  CHECK(watched([](double c) { return -1e-3 * c; }, 500).remaining(0.5) ==
        std::numeric_limits<double>::infinity());
}
