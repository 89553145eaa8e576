// Factors in single precision whose answers are as good as those of factors in double precision.
#include <cmath>
#include <vector>

#include "lacuna/solver/factor_bytes_task.hpp"
#include "lacuna/solver/factor_entries.hpp"
#include "support/catch.hpp"
#include "support/factor.hpp"
#include "support/mixed.hpp"
#include "support/spd_shapes.hpp"
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
  Random random(951);
  test::check_any_condition(Method::cholesky, samples, 6, random, [&](double kappa) {
    auto t = test::spd_of_condition(random.between(2, 50), kappa, random);
    if (random.chance(0.3)) test::scale_at_random(t, random);
    return t;
  });
}

void check_shapes(int samples) {
  Random random(952);
  for (int k = 0; k < samples; ++k) {
    for (Triplets& t : test::spd_shapes(k, random)) {
      if (random.chance(0.5)) test::scale_at_random(t, random);
      const auto factor = factored(t.matrix(), mixed(Method::cholesky));
      CHECK(factor->report().single == 1);
      // The transpose is the same.
      test::check_together(t, factor, random.chance(0.5), random);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_conditions, "answers of mixed precision are as good at any condition", 40,
               2000)
LACUNA_SAMPLED(check_shapes, "answers of mixed precision have the same bits alone and together", 3,
               100)

TEST_CASE("mixed precision: what refines follows the condition") {
  Random random(953);
  const auto at = [&](double kappa) {
    return test::factored_once(test::spd_of_condition(60, kappa, random), Method::cholesky, random);
  };
  const auto easy = at(1e2);
  CHECK(easy.first.condition == -1);
  CHECK(easy.second.corrections <= 4);
  test::check_refinement(easy, at(1e7), {at(1e12)});
}

TEST_CASE("mixed precision takes half the bytes, and falls back within the limit only") {
  Random random(954);
  const auto [full, half] = test::check_bytes(
      test::cube(10, 0), test::spd_of_condition(300, 1e13, random), Method::cholesky, 0.75);
  CHECK(half.factor_nnz == full.factor_nnz);
  CHECK(half.flops == full.flops);
}

TEST_CASE("mixed precision is for Cholesky, LDLᵀ and LU; QR is told to be in double precision") {
  const auto report = [](const Triplets& t, const FactorOptions& options) {
    return factored(t.matrix(), options)->report();
  };
  const auto qr = report(test::rectangular(9, 6, 2, 1), mixed(Method::automatic));
  CHECK(qr.method == int(Method::qr));
  CHECK(qr.single == 0);
  CHECK(qr.fallback == int(Fallback::method));
  // With a positive diagonal, but indefinite: neither precision has factors, the next method has.
  const auto ldlt = report(test::grid(9, 9, -3.3), mixed(Method::automatic));
  CHECK(ldlt.method == int(Method::ldlt));
  CHECK(ldlt.single == 1);
  const auto refused = made(test::grid(9, 9, -3.3).matrix(), mixed(Method::cholesky));
  const Fault fault = run(*refused, Goal::factorize);
  CHECK(fault.status == Status::indefinite_matrix);
  CHECK(fault.position >= 0);
  CHECK(refused->failure().value <= 0);
}

TEST_CASE("mixed precision refuses what only double precision gives, until it falls back") {
  Random random(955);
  const auto t = test::grid(8, 8, 0.5);
  const auto factor = factored(t.matrix(), mixed(Method::cholesky));
  CHECK(factor->cholesky() == nullptr);
  CHECK(factor->report().positive == -1);
  CHECK_FALSE(factor->factorization().determinant());
  CHECK(FactorExport::create(factor).fault().status == Status::invalid_argument);
  const std::vector<std::int32_t> begin{0, 1}, rows{3};
  const std::vector<double> values{0.5};
  CHECK(factor->begin_change(Factor::Change::update, {begin, rows, values}).status ==
        Status::invalid_argument);
  std::vector<double> out(1);
  CHECK(FactorInverse::create(factor, rows, rows, out).fault().status == Status::invalid_argument);
  auto condition = FactorCondition::create(factor);
  REQUIRE(condition.ok());
  Budget unlimited;
  REQUIRE(condition.value()->step(unlimited) == TaskState::done);
  const auto exact = factored(t.matrix(), test::factor_by(Method::cholesky));
  auto truth = FactorCondition::create(exact);
  REQUIRE(truth.value()->step(unlimited) == TaskState::done);
  CHECK(condition.value()->result()[0] == Approx(truth.value()->result()[0]).epsilon(1e-10));

  const auto hard =
      factored(test::spd_of_condition(30, 1e12, random).matrix(), mixed(Method::cholesky));
  CHECK(hard->report().positive == 30);
  CHECK(hard->factorization().determinant());
  CHECK(FactorExport::create(hard).ok());
}

TEST_CASE("new values in mixed precision, and what a failure leaves") {
  Random random(956);
  auto t = test::cube(5, 0.5);
  const auto factor = factored(t.matrix(), mixed(Method::cholesky));
  const auto b = random.vector(t.rows);
  auto csr = t.matrix();
  std::vector<double> data(csr.view().values().begin(), csr.view().values().end());
  for (double& v : data) v *= -1;
  const auto before = test::solve(factor, b);
  CHECK(run(*factor, Goal::update, data).status == Status::indefinite_matrix);
  CHECK(test::solve(factor, b).x == before.x);
  CHECK(factor->report().single == 1);
  for (double& v : data) v *= -4;
  REQUIRE(run(*factor, Goal::update, data, 1).ok());
  const auto after = test::solve(factor, b);
  for (int i = 0; i < t.rows; ++i) CHECK(after.x[i] == before.x[i] / 4);
  CHECK(factor->report().analyses == 1);
  CHECK(factor->report().factorizations == 2);
  // Nearly singular values go to double precision, and what follows stays there.
  const auto easy = test::spd_of_condition(40, 100, random);
  const auto other = factored(easy.matrix(), mixed(Method::cholesky));
  CHECK(other->report().single == 1);
  const auto hard_csr = test::spd_of_condition(40, 1e13, random).matrix();
  const auto easy_csr = easy.matrix();
  REQUIRE(run(*other, Goal::update, hard_csr.view().values()).ok());
  CHECK(other->report().fallback != 0);
  CHECK(other->report().single == 0);
  REQUIRE(run(*other, Goal::update, easy_csr.view().values()).ok());
  CHECK(other->report().single == 0);
  const auto full = factored(easy.matrix(), test::factor_by(Method::cholesky));
  const auto rhs = random.vector(easy.rows);
  CHECK(test::solve(other, rhs).x == test::solve(full, rhs).x);
}

TEST_CASE("automatic precision takes what is faster") {
  FactorOptions options = test::factor_by(Method::cholesky);
  options.precision = Precision::automatic;
  const auto report = factored(test::cube(6, 0).matrix(), options)->report();
  CHECK(report.single == 0);
  CHECK(report.fallback == 0);
  CHECK(report.positive == 216);
  // Where the numbers take far longer than a solve, single if that is well-conditioned.
  Random random(958);
  const auto large = factored(test::spd_of_condition(640, 50, random).matrix(), options);
  CHECK(large->report().single == 1);
  const auto b = random.vector(640);
  CHECK(test::solve(large, b).reports[0].normwise_error <= 1e-15);
  const auto hard = factored(test::spd_of_condition(640, 1e7, random).matrix(), options);
  CHECK(hard->report().single == 0);
  CHECK(hard->report().fallback == int(Fallback::ill_conditioned));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short is a status of mixed precision") {
  Random random(957);
  // Plain refinement, GMRES, and double precision after all.
  for (const double kappa : {1e2, 1e8, 1e13}) {
    const auto t = test::spd_of_condition(40, kappa, random);
    test::check_short_memory(t, Method::cholesky, false, random);
  }
}
#endif
