#include <cmath>
#include <vector>

#include "lacuna/local/walks.hpp"
#include "support/catch.hpp"
#include "support/walk_problem.hpp"

// Walks of A·diag(w).

using namespace lacuna;
using test::Problem;
using test::Random;

TEST_CASE("weights narrow the range") {
  Random random(36);
  int narrower = 0;
  for (int k = 0; k < 20; ++k) {
    Problem problem(random, 0, 12);
    WalkSettings settings;
    settings.max_walks = 20000;
    const WalkResult plain = problem.run(settings);
    problem.weigh();
    const WalkResult weighed = problem.run(settings);
    CHECK(weighed.exact_part == Approx(plain.exact_part));
    CHECK(std::fabs(weighed.estimate - problem.truth) <= weighed.half_width);
    narrower += weighed.half_width < 0.7 * plain.half_width;
  }
  CHECK(narrower > 15);
}

TEST_CASE("a matrix that is dominant only once its columns are scaled is walked") {
  test::Triplets t(3, 3);
  t.add(0, 0, 1);
  t.add(0, 1, -3);
  t.add(1, 1, 2);
  t.add(1, 0, 0.2);
  t.add(1, 2, 0.1);
  t.add(2, 2, -1);
  t.add(2, 0, 0.3);
  const auto a = t.matrix();
  const auto conditions = measure_conditions(a.view(), false, nullptr);
  REQUIRE(conditions.value().rows.dominance == Dominance::scaled);
  REQUIRE_FALSE(conditions.value().rows.each.empty());
  WalkTable table;
  Budget budget;
  REQUIRE(table.begin(a.view(), &conditions.value().rows) == Status::ok);
  REQUIRE(table.step(budget) == TaskState::done);
  CHECK(table.largest_factor() <= 1 + 1e-12);
  const std::vector<double> b{1, -2, 3};
  const test::Elimination solved(test::Dense(a.view()), test::to_real(b), 0);
  for (std::int64_t v = 0; v < 3; ++v) {
    LocalRhs rhs = LocalRhs::dense(b);
    Walks walks;
    WalkSettings settings;
    settings.target = 0.2;
    const WalkStart start{v, 1.0};
    REQUIRE(walks.begin(table, {&start, 1}, rhs, settings).ok());
    CHECK(walks.step(budget) == WalkOutcome::reached);
    const WalkResult r = walks.result();
    CHECK(std::fabs(r.estimate - solved.x[v]) <= r.half_width);
  }
}
