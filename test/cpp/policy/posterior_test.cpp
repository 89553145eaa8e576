#include "lacuna/policy/posterior.hpp"

#include <cmath>
#include <vector>

#include "lacuna/policy/truncated_student.hpp"
#include "support/catch.hpp"
#include "support/quadrature.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

void check_close(double value, double reference, double tolerance = 1e-12) {
  CHECK(std::fabs(value - reference) <= tolerance * std::fmax(std::fabs(reference), 1e-3));
}

/// Expectations of τ, τμ, τμ² and τ².
struct Expectations {
  double precision, product, square, precision_square;
};

Expectations of(const NormalPosterior& p) {
  const double precision = p.alpha / p.beta;
  return {precision, precision * p.mean, 1 / p.kappa + precision * p.mean * p.mean,
          precision * (p.alpha + 1) / p.beta};
}

/// The same after x ≥ bound, from Bayes' rule alone: prior density times the chance of x ≥ bound,
/// integrated over τ and μ.
Expectations censored_by_integration(const NormalPosterior& p, double bound) {
  double mass = 0;
  Expectations sum{0, 0, 0, 0};
  const double typical = p.alpha / p.beta;
  const auto over_mean = [&](double tau, auto&& weight) {
    const double width = 1 / std::sqrt(p.kappa * tau);
    return test::integrate_line(
        p.mean, width,
        [&](double mu) {
          const double z = (mu - p.mean) / width;
          const double tail = 0.5 * std::erfc((bound - mu) * std::sqrt(tau / 2));
          return std::exp(-z * z / 2) / width * tail * weight(mu);
        },
        1.0 / 64);
  };
  const auto over_precision = [&](auto&& weight) {
    return test::integrate_above(0, [&](double u) {
      const double tau = u * typical;
      return std::exp((p.alpha - 1) * std::log(tau) - p.beta * tau) * weight(tau);
    });
  };
  const auto integral = [&](auto&& weight) {
    return over_precision(
        [&](double tau) { return over_mean(tau, [&](double mu) { return weight(tau, mu); }); });
  };
  mass = integral([](double, double) { return 1; });
  sum.precision = integral([](double tau, double) { return tau; }) / mass;
  sum.product = integral([](double tau, double mu) { return tau * mu; }) / mass;
  sum.square = integral([](double tau, double mu) { return tau * mu * mu; }) / mass;
  sum.precision_square = integral([](double tau, double) { return tau * tau; }) / mass;
  return sum;
}

NormalPosterior drawn(test::Random& random) {
  return {3 * random.sign(), 0.05 + 5 * random.unit(), 0.3 + 8 * random.unit(),
          0.1 + 4 * random.unit()};
}

}  // namespace

TEST_CASE("the Beta posterior counts") {
  BetaPosterior p{0.5, 2};
  for (const bool happened : {true, true, false, true}) p.update(happened);
  CHECK(p == BetaPosterior{3.5, 3});
  check_close(p.mean(), 3.5 / 6.5);
  check_close(p.variance(), 3.5 * 3 / (6.5 * 6.5 * 7.5));
  BetaPosterior a{1, 1}, b{1, 1}, both{1, 1};
  a.update(true);
  b.update(false);
  b.update(true);
  for (const bool happened : {true, false, true}) both.update(happened);
  a.merge(b, BetaPosterior{1, 1});
  CHECK(a == both);
}

TEST_CASE("the normal posterior has the closed form of its observations") {
  test::Random random(1);
  for (int round = 0; round < 20; ++round) {
    const NormalPosterior prior = drawn(random);
    NormalPosterior p = prior;
    const int n = 1 + random.below(40);
    std::vector<double> x(n);
    for (double& value : x) p.update(value = 5 * random.sign() + 2);
    double mean = 0;
    for (const double value : x) mean += value / n;
    double squares = 0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    const double shift = mean - prior.mean;
    check_close(p.kappa, prior.kappa + n);
    check_close(p.mean, (prior.kappa * prior.mean + n * mean) / (prior.kappa + n));
    check_close(p.alpha, prior.alpha + n / 2.0);
    check_close(p.beta, prior.beta + squares / 2 +
                            prior.kappa * n * shift * shift / (2 * (prior.kappa + n)));
    const StudentT next = p.predictive();
    check_close(next.dof, 2 * p.alpha);
    check_close(next.scale * next.scale, p.beta * (p.kappa + 1) / (p.alpha * p.kappa));
  }
}

TEST_CASE("a truncated Student-t variable has the moments of its integrals") {
  for (const double dof : {0.3, 1.0, 2.0, 5.0, 31.0, 400.0, 20000.0}) {
    for (const double bound : {-40.0, -3.0, -0.5, -1e-3, 0.0, 1e-6, 0.2, 1.0, 2.5, 10.0, 1e4}) {
      INFO("dof " << dof << ", bound " << bound);
      if (dof > 300 && bound > 10) continue;  // the reference underflows
      const auto moment = [&](auto&& weight) {
        const auto f = [&](double t) {
          const double w = 1 / (1 + t * t / dof);
          return std::exp((dof + 1) / 2 * std::log(w)) * weight(t, w);
        };
        // Where it begins at the left of the peak, in two parts.
        if (bound >= 0) return test::integrate_above(bound, f, 1.0 / 128);
        const double half = test::integrate_above(0, f, 1.0 / 128);
        const auto back = [&](double s, double) { return f(bound * s); };
        return half - bound * test::integrate_unit(back, 1.0 / 128);
      };
      const double mass = moment([](double, double) { return 1; });
      const TruncatedStudent known = truncated_student(dof, bound);
      const double log_whole =
          std::lgamma((dof + 1) / 2) - std::lgamma(dof / 2) - 0.5 * std::log(dof * std::acos(-1.0));
      check_close(known.probability, mass * std::exp(log_whole), 1e-9);
      check_close(known.w, moment([](double, double w) { return w; }) / mass, 1e-10);
      check_close(known.t_w, moment([](double t, double w) { return t * w; }) / mass, 1e-10);
      check_close(known.t_square_w, moment([](double t, double w) { return t * t * w; }) / mass,
                  1e-10);
      // E[(w G)²] = E[w²] · (dof + 1)/2 · (dof + 3)/2.
      const double w_square = moment([](double, double w) { return w * w; }) / mass;
      check_close(known.spread, (dof + 3) / (dof + 1) * w_square / (known.w * known.w) - 1,
                  1e-12 * (1e2 + dof));
    }
  }
}

TEST_CASE("a censored observation leaves the expectations of the exact posterior") {
  test::Random random(2);
  for (int round = 0; round < 12; ++round) {
    const NormalPosterior prior = drawn(random);
    const StudentT next = prior.predictive();
    const double bound = next.location + 4 * random.sign() * next.scale;
    NormalPosterior p = prior;
    p.update_censored(bound);
    INFO("bound " << (bound - next.location) / next.scale << " alpha " << prior.alpha);
    REQUIRE(p.valid());
    const Expectations matched = of(p);
    const Expectations exact = censored_by_integration(prior, bound);
    check_close(matched.precision, exact.precision, 1e-7);
    check_close(matched.product, exact.product, 1e-7);
    check_close(matched.square, exact.square, 1e-7);
    check_close(matched.precision_square, exact.precision_square, 1e-7);
  }
}

TEST_CASE("a bound that says nothing changes nothing, and any bound raises the mean") {
  test::Random random(3);
  for (int round = 0; round < 200; ++round) {
    const NormalPosterior prior = drawn(random);
    NormalPosterior p = prior;
    p.update_censored(-1e60);
    check_close(p.mean, prior.mean, 1e-9);
    check_close(p.kappa, prior.kappa, 1e-9);
    check_close(p.alpha, prior.alpha, 1e-9);
    check_close(p.beta, prior.beta, 1e-9);
    p = prior;
    for (int k = 0; k < 30; ++k) {
      const NormalPosterior before = p;
      p.update_censored(20 * random.sign());
      REQUIRE(p.valid());
      REQUIRE(p.mean >= before.mean);
      REQUIRE(p.kappa >= before.kappa * (1 - 1e-9));
    }
  }
}

TEST_CASE("merging is learning in sequence, in any order") {
  test::Random random(4);
  for (int round = 0; round < 50; ++round) {
    const NormalPosterior prior = drawn(random);
    NormalPosterior one = prior, other = prior, both = prior;
    const double scale = round % 2 == 0 ? 1 : 1e5;
    for (int k = 0; k < 30; ++k) {
      const double x = scale * (3 + random.sign());
      (random.chance(0.3) ? one : other).update(x);
      both.update(x);
    }
    NormalPosterior back = other;
    back.merge(one, prior);
    one.merge(other, prior);
    for (const NormalPosterior& merged : {one, back}) {
      check_close(merged.mean, both.mean);
      check_close(merged.kappa, both.kappa);
      check_close(merged.alpha, both.alpha);
      check_close(merged.beta, both.beta, 1e-11);
    }
  }
}
