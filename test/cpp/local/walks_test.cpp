#include "lacuna/local/walks.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/systems.hpp"
#include "support/walk_problem.hpp"

using namespace lacuna;
using test::Problem;
using test::Random;
using test::Real;

namespace {

/// Errors of many estimates over their own standard deviations: mean 0 and variance 1, if the
/// estimator has no bias and says its variance truly.
void check_unbiased(int samples) {
  Random random(21);
  for (const bool exact : {false, true}) {
    double square = 0, mean = 0, worst = 0, drawn = 0;
    for (int k = 0; k < samples; ++k) {
      Problem problem(random, k % 4 == 0 ? 1 : 0, 12);
      if (k % 3 == 0) problem.weigh();
      WalkSettings settings;
      settings.max_walks = 6000;
      settings.seed = random.bits();
      settings.exact_first_step = exact;
      const WalkResult r = problem.run(settings);
      const double sigma = std::sqrt(r.variance / r.walks);
      const double error = static_cast<double>(r.estimate - problem.truth);
      // Where strata leave hardly any chance, what is charged shows instead.
      if (!(sigma >= 10 * r.charged)) {
        CHECK(std::fabs(error) <= r.half_width);
        continue;
      }
      ++drawn;
      const double z = error / sigma;
      square += z * z;
      mean += z;
      worst = std::fmax(worst, std::fabs(z));
    }
    CHECK(drawn > 0.8 * samples);
    CHECK(std::fabs(mean / drawn) < 4 / std::sqrt(drawn));
    CHECK(std::fabs(square / drawn - 1) < 5 * std::sqrt(2 / drawn));
    CHECK(worst < 5);
  }
}

/// Fixed numbers of walks, many seeds, and targets that are to be reached.
void check_coverage(int samples) {
  Random random(22);
  for (const double confidence : {0.5, 0.95}) {
    int misses = 0;
    for (int k = 0; k < samples; ++k) {
      Problem problem(random, k % 4 == 0 ? 1 : 0);
      if (k % 3 == 0) problem.weigh();
      WalkSettings settings;
      settings.confidence = confidence;
      settings.max_walks = k % 2 == 0 ? 2 * random.between(1, 400) : 30000;
      settings.target = k % 2 == 0 ? 0 : 0.03 * problem.reach();
      settings.seed = random.bits();
      settings.exact_first_step = random.chance(0.5);
      const WalkResult r = problem.run(settings);
      misses += std::fabs(r.estimate - problem.truth) > r.half_width;
      if (k % 2 == 0) continue;
      CHECK(r.half_width <= settings.target);
      CHECK(r.reached == 1);
    }
    CHECK(misses <= (1 - confidence) * samples);
  }
}

WalkResult run(Walks& walks, double slice = 0) {
  for (;;) {
    Budget budget = slice > 0 ? Budget(slice) : Budget();
    const WalkOutcome outcome = walks.step(budget);
    if (outcome == WalkOutcome::reached || outcome == WalkOutcome::limit) return walks.result();
    REQUIRE(outcome == WalkOutcome::running);
  }
}

bool same(const WalkResult& a, const WalkResult& b) {
  return a.estimate == b.estimate && a.half_width == b.half_width && a.walks == b.walks &&
         a.steps == b.steps && a.variance == b.variance && a.exact_part == b.exact_part &&
         a.charged == b.charged;
}

}  // namespace

LACUNA_SAMPLED(check_unbiased, "walks have no bias and say their variance truly", 150, 5000)
LACUNA_SAMPLED(check_coverage, "intervals cover, and targets are met", 800, 20000)

TEST_CASE("intervals cover in thousands of repetitions on one system") {
  Random random(23);
  const Problem problem(random, 0, 12);
  int misses = 0;
  const int repetitions = 3000;
  for (int k = 0; k < repetitions; ++k) {
    WalkSettings settings;
    settings.max_walks = 300;
    settings.confidence = 0.9;
    settings.seed = 1000 + k;
    const WalkResult r = problem.run(settings);
    misses += std::fabs(r.estimate - problem.truth) > r.half_width;
  }
  CHECK(misses <= 0.1 * repetitions);
}

TEST_CASE("no wider than three times what the central limit theorem gives") {
  Random random(24);
  int typical = 0, wide = 0;
  for (int k = 0; k < 60; ++k) {
    Problem problem(random, 0, 12);
    problem.weigh();
    WalkSettings settings;
    settings.max_walks = 1e6;
    settings.target = 0.004 * problem.reach();
    settings.seed = k;
    const WalkResult r = problem.run(settings);
    REQUIRE(r.reached == 1);
    // With hundreds of walks only, what may be rare has to be covered.
    if (r.walks < 1500) continue;
    ++typical;
    wide += r.half_width > 3 * 1.96 * std::sqrt(r.variance / r.walks);
  }
  CHECK(typical > 30);
  CHECK(wide <= typical / 20);
}

TEST_CASE("the bits depend on neither walks in flight nor slices") {
  Random random(25);
  for (int k = 0; k < 6; ++k) {
    const Problem problem(random, k % 2, 12);
    WalkSettings settings;
    settings.max_walks = 20000;
    settings.target = k < 3 ? 0 : 0.05 * problem.reach();
    settings.seed = k;
    LocalRhs rhs = LocalRhs::dense(problem.b);
    Walks walks;
    REQUIRE(walks.begin(problem.table, problem.starts, rhs, settings).ok());
    const WalkResult whole = run(walks);
    CHECK(whole.walks > 100);
    for (const std::int32_t in_flight : {1, 8, 33, 1024}) {
      for (const double slice : {0.0, 1.0, 12345.0}) {
        settings.in_flight = in_flight;
        REQUIRE(walks.begin(problem.table, problem.starts, rhs, settings).ok());
        CHECK(same(run(walks, slice), whole));
      }
    }
  }
}

TEST_CASE("at any time the interval holds what is true") {
  Random random(26);
  for (int k = 0; k < 10; ++k) {
    const Problem problem(random, 0, 12);
    WalkSettings settings;
    settings.max_walks = 40000;
    settings.confidence = 0.999;
    settings.seed = k;
    LocalRhs rhs = LocalRhs::dense(problem.b);
    Walks walks;
    REQUIRE(walks.begin(problem.table, problem.starts, rhs, settings).ok());
    CHECK(std::isinf(walks.result().half_width));
    double before = walks.result().half_width;
    for (WalkOutcome outcome = WalkOutcome::running; outcome == WalkOutcome::running;) {
      Budget budget(2e5);
      outcome = walks.step(budget);
      const WalkResult r = walks.result();
      CHECK(std::fabs(r.estimate - problem.truth) <= r.half_width);
      CHECK(r.half_width <= before * (1 + 1e-12));
      before = r.half_width;
    }
    CHECK(before < 0.3 * problem.reach());
  }
}

TEST_CASE("the exact first step narrows the range and not the answer") {
  Random random(27);
  const Problem problem(random, 0, 12);
  WalkSettings settings;
  settings.max_walks = 50000;
  const WalkResult exact = problem.run(settings);
  settings.exact_first_step = false;
  const WalkResult plain = problem.run(settings);
  CHECK(exact.range < plain.range);
  CHECK(plain.exact_part == 0);
  Real part = 0;
  for (const WalkStart& s : problem.starts) {
    part += Real(s.weight) * problem.b[s.id] / test::Dense(problem.a.view())(s.id, s.id);
  }
  CHECK(std::fabs(exact.exact_part - part) <= exact.exact_rounding);
  CHECK(exact.exact_rounding < 1e-12 * problem.reach());
  CHECK(std::fabs(exact.estimate - plain.estimate) <= exact.half_width + plain.half_width);
}

TEST_CASE("diagonal systems are exact without a walk") {
  for (const std::int32_t n : {1, 7}) {
    test::Triplets t(n, n);
    for (std::int32_t i = 0; i < n; ++i) t.add(i, i, i % 2 == 0 ? 3 : -3);
    const std::vector<double> b(n, 1);
    const Problem problem(t.matrix(), b, {{0, 1.0}, {n - 1, -4.0}});
    WalkSettings settings;
    settings.target = 1e-12;
    const WalkResult r = problem.run(settings);
    CHECK(r.walks == 0);
    CHECK(r.reached == 1);
    CHECK(std::fabs(r.estimate - problem.truth) <= r.half_width);
    // Without the exact step every walk scores the same.
    settings.exact_first_step = false;
    settings.target = 0.1;
    settings.max_walks = 1e5;
    const WalkResult walked = problem.run(settings);
    CHECK(std::fabs(walked.estimate - problem.truth) <= walked.half_width);
    CHECK(walked.reached == 1);
  }
}

TEST_CASE("nothing to estimate and nothing on the right") {
  Random random(28);
  Problem problem(random, 0);
  problem.b.assign(problem.b.size(), 0);
  WalkSettings settings;
  CHECK(problem.run(settings).estimate == 0);
  CHECK(problem.run(settings).half_width < 1e-300);
  CHECK(problem.run(settings).walks == 0);
  problem.starts.clear();
  CHECK(problem.run(settings).half_width == 0);
  problem.starts.push_back({0, 0.0});
  CHECK(problem.run(settings).reached == 1);
}

TEST_CASE("one sign throughout halves the range") {
  const auto grid = test::grid(6, 6, 1).matrix();
  std::vector<double> b(36);
  Random random(29);
  for (double& v : b) v = random.unit();
  std::vector<WalkStart> starts{{3, 1.0}, {20, 2.0}};
  for (const double sign : {1.0, -1.0}) {
    for (WalkStart& s : starts) s.weight *= sign;
    auto copy = grid.copy();
    const Problem problem(copy.take(), b, starts);
    WalkSettings settings;
    settings.max_walks = 20000;
    const WalkResult r = problem.run(settings);
    const double largest = *std::max_element(b.begin(), b.end());
    // Three neighbours of one, four of the other, on a diagonal of 5.
    CHECK(r.range == Approx((1 * 0.6 + 2 * 0.8) * largest));
    CHECK(std::fabs(r.estimate - problem.truth) <= r.half_width);
  }
}

TEST_CASE("walks that are cut off are charged") {
  const auto make = [] { return test::grid(5, 5, 0.1).matrix(); };
  const Problem problem(make(), std::vector<double>(25, 1), {{12, 1.0}});
  WalkSettings settings;
  settings.max_walks = 20000;
  settings.longest_walk = 6;
  const WalkResult cut = problem.run(settings);
  CHECK(cut.truncated > 100);
  CHECK(std::fabs(cut.estimate - problem.truth) <= cut.half_width);
  const double q = 4 / 4.1;
  CHECK(cut.charged >= std::pow(q, 5) * 10 * (1 - 1e-6) * q);
  // Far from what chance would explain: without the charge it would be wrong.
  CHECK(std::fabs(cut.estimate - problem.truth) > 20 * std::sqrt(cut.variance / cut.walks));
  settings.longest_walk = 0;
  const WalkResult whole = problem.run(settings);
  CHECK(whole.truncated == 0);
  CHECK(whole.charged < 1e-5 * whole.range);
}

TEST_CASE("limits hold and leave an interval") {
  Random random(30);
  const Problem problem(random, 0, 12);
  WalkSettings settings;
  settings.target = 1e-5 * problem.reach();
  settings.max_walks = 30000;
  const WalkResult walked = problem.run(settings);
  CHECK(walked.walks <= 30000);
  CHECK(walked.walks > 25000);
  CHECK(walked.reached == 0);
  settings.max_steps = 20000;
  const WalkResult stepped = problem.run(settings);
  CHECK(stepped.steps < 1.25 * settings.max_steps);
  CHECK(stepped.half_width < 0.5 * problem.reach());
  settings.max_walks = 0;
  const WalkResult none = problem.run(settings);
  CHECK(none.walks == 0);
  CHECK(std::fabs(none.estimate - problem.truth) <= none.half_width);
  // A target below what is charged is not tried.
  settings = WalkSettings();
  settings.target = 1e-14 * problem.reach();
  CHECK(problem.run(settings).walks == 0);
}

TEST_CASE("forecasts tell the order of the work") {
  Random random(31);
  for (int k = 0; k < 10; ++k) {
    Problem problem(random, 0, 12);
    problem.weigh();
    WalkSettings settings;
    settings.max_walks = 1e6;
    settings.target = 0.01 * problem.reach();
    const WalkResult r = problem.run(settings);
    const double q = problem.table.contraction();
    const auto known = forecast_walks(r.range, r.variance, 0.95, settings.target, q);
    const auto blind = forecast_walks(r.range, -1, 0.95, settings.target, q);
    CHECK(r.walks <= 1.05 * blind.walks + WalkPlan::pilot_walks(r.range, 0.95, settings.target));
    CHECK(r.walks < 3 * known.walks + 1);
    if (r.walks == 0) continue;
    CHECK(r.walks > 0.3 * known.walks);
    CHECK(r.steps <= 1.05 * known.steps * std::fmax(1.0, r.walks / known.walks));
  }
}

TEST_CASE("arguments outside their domain are refused") {
  Random random(32);
  const Problem problem(random, 0);
  LocalRhs rhs = LocalRhs::dense(problem.b);
  Walks walks;
  const auto begin = [&](const std::vector<WalkStart>& starts, WalkSettings settings) {
    return walks.begin(problem.table, starts, rhs, settings);
  };
  WalkSettings settings;
  settings.confidence = 1;
  CHECK(begin(problem.starts, settings).status == Status::invalid_argument);
  settings = WalkSettings();
  settings.in_flight = 0;
  CHECK(begin(problem.starts, settings).status == Status::invalid_argument);
  settings = WalkSettings();
  const Fault outside = begin({{0, 1.0}, {problem.a.view().rows(), 1.0}}, settings);
  CHECK(outside.status == Status::index_out_of_range);
  CHECK(outside.position == 1);
  CHECK(begin({{0, INFINITY}}, settings).status == Status::not_finite);
  CHECK(walks.begin(WalkTable(), problem.starts, rhs, settings).status == Status::not_ready);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("walks begin again after memory was short") {
  Random random(33);
  const Problem problem(random, 0);
  LocalRhs rhs = LocalRhs::dense(problem.b);
  for (long k = 1; k <= 3; ++k) {
    Walks walks;
    {
      test::FailingMemory failing(k, false);
      const Fault fault = walks.begin(problem.table, problem.starts, rhs, {});
      CHECK(failing.struck());
      CHECK(fault.status == Status::out_of_memory);
    }
    CHECK(walks.begin(problem.table, problem.starts, rhs, {}).ok());
  }
}
#endif
