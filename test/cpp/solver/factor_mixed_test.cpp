// Factors in single precision whose answers are as good as those of factors in double precision.
#include <cmath>
#include <vector>

#include "lacuna/direct/inner_gmres.hpp"
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
  int single = 0, fallen = 0, iterated = 0;
  for (int k = 0; k < samples; ++k) {
    const double digits = 15 * random.unit();
    const int n = random.between(2, 50);
    auto t = test::spd_of_condition(n, std::pow(10, digits), random);
    const bool scaled = random.chance(0.3);
    if (scaled) test::scale_at_random(t, random);
    const auto factor = factored(t.matrix(), mixed(Method::cholesky));
    const FactorReport report = factor->report();
    CHECK((report.single == 1) == (report.fallback == 0));
    if (digits < 6) CHECK(report.single == 1);
    const std::int32_t columns = random.between(1, 3);
    const auto b = random.vector(n * std::size_t(columns));
    FactorSettings raw;
    raw.refinement = 0;
    test::check_answers(t, test::solve(factor, b, raw, columns), b, false);
    const auto answer = test::solve(factor, b, {}, columns);
    test::check_answers(t, answer, b, true);
    for (const FactorSolveReport& solved : answer.reports) {
      CHECK((solved.corrections >= 0) == (report.single == 1));
      iterated += solved.iterations > 0;
    }
    (report.single == 1 ? single : fallen) += 1;
  }
  CHECK(single >= samples / 5);
  CHECK(fallen >= samples / 5);
  CHECK(iterated > 0);
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
  const auto solve_at = [&](double kappa) {
    const auto t = test::spd_of_condition(60, kappa, random);
    const auto factor = factored(t.matrix(), mixed(Method::cholesky));
    const auto b = random.vector(60);
    FactorSettings raw;
    raw.refinement = 0;
    return std::pair(factor->report(), test::solve(factor, b, raw).reports[0]);
  };
  const auto [easy, refined] = solve_at(1e2);
  CHECK(easy.single == 1);
  CHECK(easy.condition == -1);
  CHECK(refined.iterations == 0);
  CHECK((refined.corrections >= 1 && refined.corrections <= 4));
  const auto [hard, iterated] = solve_at(1e7);
  CHECK(hard.single == 1);
  CHECK((hard.condition > 1e6 && hard.condition < 1e9));
  CHECK(iterated.iterations > 0);
  CHECK(iterated.iterations <= 3 * InnerGmres::most);
  const auto [broken, direct] = solve_at(1e12);
  CHECK(broken.single == 0);
  CHECK((broken.fallback == int(Fallback::breakdown) ||
         broken.fallback == int(Fallback::ill_conditioned)));
  CHECK(direct.corrections == -1);
  CHECK(direct.iterations == -1);
}

TEST_CASE("mixed precision takes half the bytes, and falls back within the limit only") {
  Random random(954);
  const auto t = test::cube(10, 0);
  const auto full = factored(t.matrix(), test::factor_by(Method::cholesky))->report();
  FactorOptions options = mixed(Method::cholesky);
  options.max_bytes = 0.75 * full.peak_bytes;
  const auto half = factored(t.matrix(), options)->report();
  CHECK(half.single == 1);
  CHECK(half.peak_bytes < options.max_bytes);
  CHECK(half.factor_nnz == full.factor_nnz);
  CHECK(half.flops == full.flops);
  // No room for the other.
  const auto hard = test::spd_of_condition(300, 1e13, random);
  options = mixed(Method::cholesky);
  const auto fallen = factored(hard.matrix(), options);
  CHECK(fallen->report().fallback != 0);
  options.max_bytes = 0.75 * fallen->report().peak_bytes;
  const auto refused = made(hard.matrix(), options);
  CHECK(run(*refused, Goal::factorize).status == Status::over_budget);
  CHECK_FALSE(refused->ready());
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
