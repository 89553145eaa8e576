#include "lacuna/policy/exploration.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "lacuna/policy/prior_table.hpp"
#include "support/catch.hpp"
#include "support/policy.hpp"
#include "support/random.hpp"

namespace lacuna::test {
namespace {

double uniform(Random& random, double low, double high) {
  return low + (high - low) * random.unit();
}

ArmForecast expected_at(double cost, double deviation, double noise, double safety) {
  ArmForecast f;
  f.mean = std::log(cost);
  f.deviation = deviation;
  f.noise = noise;
  f.safety = safety;
  return f;
}

TEST_CASE("a ledger allows a share of what the base plan cost, less what was lost", "[policy]") {
  Ledger ledger;
  CHECK(ledger.allowance(1e6) == Approx(Ledger::first * 1e6));
  ledger.book_base(5e6);
  CHECK(ledger.allowance(1e6) == Approx(Ledger::share * 5e6 + Ledger::first * 1e6));
  // Dearer by 3e4; cheaper; a failure with what followed it; cut off, with that to come.
  ledger.book_other(1.03e6, true, false, 1e6, 8e5);
  CHECK(ledger.loss == Approx(3e4));
  CHECK(ledger.base == Approx(6e6));
  ledger.book_other(4e5, true, false, 1e6, 8e5);
  CHECK(ledger.loss == Approx(3e4));
  CHECK(ledger.base == Approx(6.4e6));
  ledger.book_other(1.5e6, false, false, 1e6, 8e5);
  CHECK(ledger.loss == Approx(5.3e5));
  CHECK(ledger.base == Approx(7.2e6));
  ledger.book_other(2e5, false, true, 1e6, 8e5);
  CHECK(ledger.loss == Approx(7.3e5));
  CHECK(ledger.base == Approx(8e6));
  CHECK(ledger.allowance(1e6) < 0);
}

TEST_CASE("an affordable limit loses no more than the allowance in expectation", "[policy]") {
  // A plan sure to end at its cost may be run up to `reach` allowances.
  const ArmForecast sure = expected_at(1e5, 1e-6, 0, 1);
  CHECK(affordable_limit(sure, 1e9, 1e5) == Approx(Ledger::reach * 1e5));
  CHECK(affordable_limit(sure, 1.5e5, 1e5) == Approx(1.5e5));
  CHECK(affordable_limit(sure, 1e9, 3e4) == 0);
  // One that always fails, not beyond the allowance.
  const ArmForecast failing = expected_at(1e5, 0.1, 0, 1e-12);
  CHECK(affordable_limit(failing, 1e9, 5e5) <= 5e5);
  CHECK(affordable_limit(failing, 1e9, 9e4) == 0);
  Random random(41);
  for (int k = 0; k < 500; ++k) {
    const double cost = std::exp(uniform(random, 5, 15));
    const ArmForecast f =
        expected_at(cost, uniform(random, 0.01, 1), uniform(random, 0, 1), uniform(random, 0.1, 1));
    const double allowance = cost * std::exp(uniform(random, -3, 3));
    const double most = cost * std::exp(uniform(random, -1, 3));
    const double limit = affordable_limit(f, most, allowance);
    const bool within = limit <= most && limit <= Ledger::reach * allowance;
    CHECK(within);
    const bool useful = limit == 0 || limit > cost;
    CHECK(useful);
    if (limit == 0) continue;
    const double z = (std::log(limit) - f.mean) / f.spread();
    const double ends = f.safety / (1 + std::exp(-1.7 * z));
    CHECK((1 - ends) * limit <= allowance * (1 + 1e-12));
    // More may be risked with more to lose.
    CHECK(affordable_limit(f, most, 2 * allowance) >= limit * 0.8);
  }
}

TEST_CASE("the base plan is what the rules try first, and then what does not fail", "[policy]") {
  auto policy = made();
  const Features f = features_by(*policy, grid(20, 20));
  const Arms& arms = policy->arms();
  const Context context = context_of(f);
  const auto base = [&](const Policy& p) {
    return std::string(arms.name(base_plan(arms, p.beliefs(), f, context, f.arms)));
  };
  CHECK(base(*policy) == "cholesky:amd");
  RunOutcome failed;
  failed.log_cost = std::log(2e6);
  policy->record(f, arms.find("cholesky"), Source::observed, failed);
  CHECK(base(*policy) == "ldlt:amd");
  for (int k = 0; k < 2; ++k) {
    policy->record(f, arms.find("cholesky:amd"), Source::observed, certified(1e6));
  }
  CHECK(base(*policy) == "cholesky:amd");
  CHECK(policy->ledger(context.shape()) == Ledger{});
  Features heavy = f;
  heavy[Feature::factor_flops] = 2 * deferral_flops;
  CHECK(base_plan(arms, policy->beliefs(), heavy, context, heavy.arms) == Arms::rules);
}

/// What each arm costs on a system as a multiple of the base plan's, at random but fixed: some
/// cheaper, most dearer, some by far; a tenth fails.
struct World {
  std::vector<double> factor;
  std::vector<bool> fails;
  World(std::uint64_t seed, const Arms& arms, int base) {
    Random random(seed);
    for (int k = 0; k < arms.count(); ++k) {
      factor.push_back(std::exp(uniform(random, -0.3, 3)));
      fails.push_back(uniform(random, 0, 1) < 0.1);
    }
    for (const int k : {int(Arms::rules), base}) {
      factor[k] = 1;
      fails[k] = false;
    }
  }
};

TEST_CASE("exploring costs a share of what the base plan would have, whatever plans cost",
          "[policy]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    PolicySettings settings;
    settings.seed = seed;
    auto policy = made(settings);
    const Arms& arms = policy->arms();
    const auto systems = family(*policy, 60);
    double spent = 0;
    double base_total = 0;
    double largest = 0;
    for (std::size_t k = 0; k < systems.size(); ++k) {
      const Features& f = systems[k];
      Decision d;
      policy->propose(f, {}, true, d);
      const World world(seed, arms, d.base);
      const double base = std::exp(prior_log_cost(arms, d.base, f));
      const double cost = world.factor[d.arm] * base;
      RunOutcome outcome;
      outcome.censored = cost > d.limit;
      outcome.certified = !outcome.censored && !world.fails[d.arm];
      const double own = std::min(cost, d.limit);
      const double total = outcome.certified ? own : own + base;
      outcome.log_cost = std::log(outcome.censored ? own : total);
      policy->record(f, d.arm, d.source, outcome);
      spent += total;
      base_total += base;
      largest = std::max(largest, base);
      // Beyond what was booked nothing is lost.
      const Ledger& ledger = policy->ledger(context_of(f).shape());
      CHECK(spent <= 1.01 * base_total + ledger.loss);
    }
    // The share, and the overshoot of the last run.
    CHECK(spent <= (1 + Ledger::share) * base_total + (1 + Ledger::reach) * 0.2 * largest);
  }
}

}  // namespace
}  // namespace lacuna::test
