#include "lacuna/policy/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/quadrature.hpp"

using namespace lacuna;

namespace {

/// The largest distance between the distribution of samples and `cdf`, times √samples. More than
/// 2.2 has a chance of 1.2e-4 where they are the same (Kolmogorov).
template <class Draw, class Cdf>
double distance(int samples, Draw&& draw, Cdf&& cdf) {
  std::vector<double> drawn(samples);
  for (double& x : drawn) x = draw();
  std::sort(drawn.begin(), drawn.end());
  double worst = 0;
  for (int k = 0; k < samples; ++k) {
    const double p = cdf(drawn[k]);
    worst = std::max({worst, p - double(k) / samples, double(k + 1) / samples - p});
  }
  return worst * std::sqrt(double(samples));
}

/// P(X ≤ x) for Gamma(shape, 1), by its power series.
double gamma_cdf(double shape, double x) {
  double term = 1 / shape;
  double sum = term;
  for (int k = 1; k < 10000 && term > 1e-18 * sum; ++k) sum += term *= x / (shape + k);
  return std::exp(shape * std::log(x) - x - std::lgamma(shape)) * sum;
}

double beta_cdf(double a, double b, double x) {
  const auto density = [&](double u, double) {
    return std::pow(u, a - 1) * std::pow(1 - x * u, b - 1);
  };
  const double part = std::pow(x, a) * test::integrate_unit(density);
  return part * std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b));
}

void check_normal(int samples) {
  SeededRandom random(1);
  const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  CHECK(distance(
            samples, [&] { return draw_normal(random); }, cdf) < 2.2);
}

void check_gamma(int samples) {
  SeededRandom random(2);
  for (const double shape : {0.05, 0.5, 1.0, 1.5, 7.0, 60.0}) {
    INFO("shape " << shape);
    const auto cdf = [&](double x) { return x > 0 ? gamma_cdf(shape, x) : 0; };
    CHECK(distance(
              samples, [&] { return draw_gamma(random, shape); }, cdf) < 2.2);
  }
}

void check_beta(int samples) {
  SeededRandom random(3);
  for (const auto& [a, b] :
       {std::pair{1.0, 1.0}, {0.5, 0.5}, {2.0, 5.0}, {30.0, 1.0}, {0.2, 3.0}}) {
    INFO("alpha " << a << ", beta " << b);
    const auto cdf = [a = a, b = b](double x) { return x > 0 ? x < 1 ? beta_cdf(a, b, x) : 1 : 0; };
    CHECK(distance(
              samples, [&, a = a, b = b] { return draw_beta(random, a, b); }, cdf) < 2.2);
  }
}

}  // namespace

LACUNA_SAMPLED(check_normal, "normal samples have their distribution", 4000, 1000000)
LACUNA_SAMPLED(check_gamma, "gamma samples have their distribution", 2000, 200000)
LACUNA_SAMPLED(check_beta, "beta samples have their distribution", 1000, 30000)

TEST_CASE("samples of tiny shapes stay finite as logarithms") {
  SeededRandom random(4);
  for (int k = 0; k < 1000; ++k) {
    REQUIRE(std::isfinite(draw_log_gamma(random, 1e-6)));
    const double log = draw_log_beta(random, 1e-4, 1e-4);
    REQUIRE(std::isfinite(log));
    REQUIRE(log <= 0);
  }
}

TEST_CASE("samples have the same bits everywhere") {
  SeededRandom random(5);
  std::uint64_t hash = 0;
  const auto mix = [&](double x) {
    hash = hash * 1099511628211u + __builtin_bit_cast(std::uint64_t, x);
  };
  for (int k = 0; k < 2000; ++k) {
    mix(draw_normal(random));
    mix(draw_gamma(random, 0.25 + k % 40));
    mix(draw_beta(random, 0.5 + k % 7, 0.5 + k % 11));
  }
  CHECK(hash == 0x43c6fda7ba6ac5ddu);
}

TEST_CASE("a generator goes on from its state") {
  SeededRandom random(6);
  for (int k = 0; k < 10; ++k) draw_normal(random);
  SeededRandom other(random.state());
  for (int k = 0; k < 10; ++k) CHECK(draw_gamma(random, 3) == draw_gamma(other, 3));
}
