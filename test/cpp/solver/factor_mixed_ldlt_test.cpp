// L·D·Lᵀ in single precision: answers as good as those of factors in double precision.
#include <cmath>
#include <vector>

#include "lacuna/solver/factor_bytes_task.hpp"
#include "lacuna/solver/factor_entries.hpp"
#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::factored;
using test::made;
using test::mixed;
using test::Random;
using test::run;
using test::Triplets;

namespace {

using Goal = Factor::Goal;

void check_conditions(int samples) {
  Random random(971);
  test::check_any_condition(Method::ldlt, samples, 5, random, [&](double kappa) {
    auto t = test::of_condition(random.between(2, 50), kappa, true, random);
    if (random.chance(0.3)) test::scale_at_random(t, random);
    return t;
  });
}

void check_shapes(int samples) {
  Random random(972);
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(1, 60);
    for (Triplets& t :
         std::vector{test::quasi_definite(n, 4, k), test::symmetric_scattered(n, 3, k),
                     test::saddle_point(test::random_spd(n, 3, k), n / 3, k),
                     test::grid(random.between(2, 12), 7, -3.3), test::cube(6, -5.1)}) {
      if (random.chance(0.5)) test::scale_at_random(t, random);
      const auto factor = factored(t.matrix(), mixed(Method::ldlt));
      const FactorReport report = factor->report();
      const auto exact = factored(t.matrix(), test::factor_by(Method::ldlt));
      if (report.single == 1) {
        CHECK(report.two_by_two >= 0);
        CHECK(report.perturbed == 0);
        CHECK(report.positive == -1);
      } else {
        // Only where the condition is bad.
        CHECK(report.fallback != int(Fallback::method));
        CHECK((report.condition > 1e5 || report.fallback == int(Fallback::breakdown)));
        CHECK(report.positive == exact->report().positive);
      }
      test::check_together(t, factor, random.chance(0.5), random);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_conditions, "answers of LDLᵀ in mixed precision are as good at any condition",
               40, 2000)
LACUNA_SAMPLED(check_shapes,
               "answers of LDLᵀ in mixed precision have the same bits alone and together", 3, 100)

TEST_CASE("mixed precision of LDLᵀ: what refines follows the condition") {
  Random random(973);
  const auto at = [&](double kappa) {
    return test::factored_once(test::of_condition(60, kappa, true, random), Method::ldlt, random);
  };
  const auto easy = at(1e2);
  CHECK((easy.first.condition > 1e1 && easy.first.condition < 1e5));
  const std::vector hopeless{at(1e12), at(1e14)};
  test::check_refinement(easy, at(1e7), hopeless);
  for (const auto& [broken, direct] : hopeless) {
    CHECK(broken.fallback == int(Fallback::ill_conditioned));
    CHECK(broken.positive == 30);
    CHECK(broken.negative == 30);
  }
}

TEST_CASE("mixed precision of LDLᵀ takes half the bytes, and falls back within the limit only") {
  Random random(974);
  test::check_bytes(test::cube(10, -5.1), test::of_condition(300, 1e13, true, random), Method::ldlt,
                    0.75);
}

TEST_CASE("mixed precision of LDLᵀ refuses what only double precision gives") {
  Random random(975);
  const auto t = test::quasi_definite(40, 4, 2);
  const auto factor = factored(t.matrix(), mixed(Method::ldlt));
  REQUIRE(factor->report().single == 1);
  CHECK(factor->exact() == nullptr);
  CHECK_FALSE(factor->factorization().determinant());
  CHECK(FactorExport::create(factor).fault().status == Status::invalid_argument);
  const std::vector<std::int32_t> rows{3};
  const std::vector<double> values{0.5};
  std::vector<double> out(1);
  CHECK(FactorInverse::create(factor, rows, rows, out).fault().status == Status::invalid_argument);
  CHECK(FactorReach::create(factor, {rows, values}, rows, out).fault().status ==
        Status::invalid_argument);
  auto condition = FactorCondition::create(factor);
  REQUIRE(condition.ok());
  Budget unlimited;
  REQUIRE(condition.value()->step(unlimited) == TaskState::done);
  const auto exact = factored(t.matrix(), test::factor_by(Method::ldlt));
  auto truth = FactorCondition::create(exact);
  REQUIRE(truth.value()->step(unlimited) == TaskState::done);
  CHECK(condition.value()->result()[0] == Approx(truth.value()->result()[0]).epsilon(1e-10));

  const auto hard =
      factored(test::of_condition(30, 1e12, true, random).matrix(), mixed(Method::ldlt));
  CHECK(hard->report().positive == 15);
  CHECK(hard->factorization().determinant());
  CHECK(FactorExport::create(hard).ok());
  CHECK(FactorReach::create(hard, {rows, values}, rows, out).ok());
}

TEST_CASE("new values of LDLᵀ in mixed precision, and what a failure leaves") {
  Random random(976);
  const auto t = test::cube(5, -5.1);
  const auto factor = factored(t.matrix(), mixed(Method::ldlt));
  REQUIRE(factor->report().single == 1);
  const auto b = random.vector(t.rows);
  const auto before = test::solve(factor, b);
  auto csr = t.matrix();
  std::vector<double> data(csr.view().values().size(), 0);
  CHECK_FALSE(run(*factor, Goal::update, data).ok());
  CHECK(test::solve(factor, b).x == before.x);
  CHECK(factor->report().single == 1);
  for (std::size_t k = 0; k < data.size(); ++k) data[k] = -4 * csr.view().values()[k];
  REQUIRE(run(*factor, Goal::update, data, 1).ok());
  const auto after = test::solve(factor, b);
  for (int i = 0; i < t.rows; ++i) CHECK(after.x[i] == before.x[i] / -4);
  CHECK(factor->report().analyses == 1);
  CHECK(factor->report().factorizations == 2);
  // Nearly singular values go to double precision, and what follows stays there.
  const auto easy = test::of_condition(40, 100, true, random);
  const auto other = factored(easy.matrix(), mixed(Method::ldlt));
  CHECK(other->report().single == 1);
  const auto hard = test::of_condition(40, 1e13, true, random).matrix();
  const auto back = easy.matrix();
  REQUIRE(run(*other, Goal::update, hard.view().values()).ok());
  CHECK(other->report().fallback != 0);
  CHECK(other->report().single == 0);
  REQUIRE(run(*other, Goal::update, back.view().values()).ok());
  CHECK(other->report().single == 0);
  const auto full = factored(easy.matrix(), test::factor_by(Method::ldlt));
  const auto rhs = random.vector(easy.rows);
  CHECK(test::solve(other, rhs).x == test::solve(full, rhs).x);
}

TEST_CASE("automatic precision of LDLᵀ takes what is faster") {
  FactorOptions options = test::factor_by(Method::ldlt);
  options.precision = Precision::automatic;
  const auto report = factored(test::cube(6, -5.1).matrix(), options)->report();
  CHECK(report.single == 0);
  CHECK(report.fallback == 0);
  CHECK(report.positive > 0);
  Random random(978);
  const auto large = factored(test::of_condition(800, 50, true, random).matrix(), options);
  CHECK(large->report().single == 1);
  const auto b = random.vector(800);
  CHECK(test::solve(large, b).reports[0].normwise_error <= 1e-15);
  const auto hard = factored(test::of_condition(800, 1e8, true, random).matrix(), options);
  CHECK(hard->report().single == 0);
  CHECK(hard->report().fallback == int(Fallback::ill_conditioned));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short is a status of LDLᵀ in mixed precision") {
  Random random(977);
  for (const double kappa : {1e2, 1e8, 1e13}) {
    const auto t = test::of_condition(40, kappa, true, random);
    test::check_short_memory(t, Method::ldlt, false, random);
  }
}
#endif
