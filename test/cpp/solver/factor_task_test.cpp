#include "lacuna/solver/factor_task.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/factor.hpp"

using namespace lacuna;
using test::Dense;
using test::factor_by;
using test::factored;
using test::Random;
using test::Real;
using test::Triplets;

namespace {

/// Exact inverse, column by column.
Dense inverse(const Dense& a) {
  Dense result(a.rows, a.cols);
  for (int j = 0; j < a.cols; ++j) {
    test::Vector unit(a.rows, 0);
    unit[j] = 1;
    const test::Elimination solved(a, unit);
    for (int i = 0; i < a.rows; ++i) result(i, j) = solved.x[i];
  }
  return result;
}

/// A matrix of a condition about `kappa`: graded rows.
Triplets graded(int n, double kappa, Random& random) {
  Triplets t = test::scattered(n, 2, random.between(1, 1000));
  for (std::size_t k = 0; k < t.v.size(); ++k) {
    t.v[k] *= std::pow(kappa, static_cast<double>(t.i[k]) / n);
  }
  return t;
}

}  // namespace

TEST_CASE("the condition is within a factor of three of the true one") {
  Random random(911);
  for (int sample = 0; sample < 30; ++sample) {
    const int n = random.between(1, 25);
    const auto t = graded(n, std::pow(10.0, random.between(0, 9)), random);
    const Dense a(t.matrix().view());
    const Real truth = a.transposed().norm_inf() * inverse(a).transposed().norm_inf();
    const auto factor = factored(t.matrix(), factor_by(Method::lu));
    auto task = FactorCondition::create(factor);
    REQUIRE(task.ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(1);
      state = task.value()->step(budget);
    }
    const auto found = task.value()->result();
    CHECK(found[0] <= 1.001L * truth);
    CHECK(3 * found[0] >= truth);
    CHECK(std::fabs(found[0] * found[1] - 1) <= 1e-12);
    CHECK(std::fabs(found[2] * found[3] / found[0] - 1) <= 1e-12);
    CHECK((found[4] >= 1 && found[4] <= 11));
  }
}

TEST_CASE("the error bound holds, and not by much") {
  Random random(912);
  int close = 0;
  for (int sample = 0; sample < 60; ++sample) {
    const int n = random.between(2, 25);
    const auto t = graded(n, std::pow(10.0, random.between(0, 8)), random);
    const bool transposed = random.chance(0.5);
    const Dense dense(t.matrix().view());
    const auto b = random.vector(n);
    const auto factor = factored(t.matrix(), factor_by(Method::lu));
    FactorSettings settings;
    settings.transposed = transposed;
    settings.error_bound = true;
    settings.refinement = random.between(0, 3);
    const auto answer = test::solve(factor, b, settings, 1, 100);
    REQUIRE(answer.status == Status::ok);
    const test::Elimination exact(transposed ? dense.transposed() : dense,
                                  test::Vector(b.begin(), b.end()));
    const Real error = test::largest(test::minus(answer.x, exact.x)) / test::largest(answer.x);
    const double bound = answer.reports[0].forward_error;
    // The estimate may be low by a factor of three.
    CHECK(error <= 3 * bound);
    close += bound <= 1000 * static_cast<double>(error) + 1e-14;
  }
  CHECK(close >= 50);
}

TEST_CASE("refinement is told step by step, and each step is better") {
  Random random(913);
  int refined = 0;
  for (int sample = 0; sample < 80; ++sample) {
    const auto t = graded(random.between(20, 60), 1e12, random);
    const auto factor = factored(t.matrix(), factor_by(Method::lu));
    const auto b = random.vector(t.rows);
    FactorSettings settings;
    settings.refinement = 0;
    const auto plain = test::solve(factor, b, settings);
    CHECK(plain.reports[0].refinement_steps == 0);
    settings.refinement = 10;
    const auto answer = test::solve(factor, b, settings);
    const auto& report = answer.reports[0];
    const int steps = static_cast<int>(report.refinement_steps);
    CHECK(report.refinement[0] == plain.reports[0].normwise_error);
    CHECK(report.refinement[1] == plain.reports[0].componentwise_error);
    for (int k = 1; k <= steps; ++k) {
      const bool componentwise = report.refinement[2 * k + 1] < 0.5 * report.refinement[2 * k - 1];
      const bool normwise = report.refinement[2 * k] < report.refinement[2 * k - 2];
      CHECK((componentwise || normwise));
    }
    CHECK(report.refinement[2 * steps] == report.normwise_error);
    CHECK(report.refinement[2 * steps + 1] == report.componentwise_error);
    refined += steps > 0;
  }
  CHECK(refined > 0);
}

TEST_CASE("right-hand sides together have the bits of each alone") {
  Random random(914);
  for (const Method method : {Method::cholesky, Method::lu}) {
    const auto factor = factored(test::mesh(8, 9, 3).matrix(), factor_by(method));
    const std::int32_t k = 21;
    const auto b = random.vector(72 * k);
    const auto together = test::solve(factor, b, {}, k, 1e4);
    for (std::int32_t j = 0; j < k; ++j) {
      const std::vector<double> one(b.begin() + 72 * j, b.begin() + 72 * (j + 1));
      const auto alone = test::solve(factor, one);
      CHECK(std::equal(alone.x.begin(), alone.x.end(), together.x.begin() + 72 * j));
      CHECK(alone.reports[0].componentwise_error == together.reports[j].componentwise_error);
    }
  }
}

TEST_CASE("a solve that is stopped tells the truth about what there is") {
  Random random(915);
  const auto t = test::cube(7, 0.2);
  const Dense dense(t.matrix().view());
  for (const Method method : {Method::cholesky, Method::lu}) {
    const auto factor = factored(t.matrix(), factor_by(method));
    const std::int32_t k = 5, n = 343;
    const auto b = random.vector(n * k);
    for (int steps = 0; steps < 12; ++steps) {
      std::vector<double> x(n * k, 7);
      auto task = FactorSolve::create(factor, b, x, k, {});
      REQUIRE(task.ok());
      for (int s = 0; s < steps; ++s) {
        Budget budget(1e4);
        task.value()->step(budget);
      }
      task.value()->stop(Reason::cancelled);
      const auto* reports =
          reinterpret_cast<const FactorSolveReport*>(task.value()->result().data());
      for (std::int32_t j = 0; j < k; ++j) {
        const std::vector<double> xj(x.begin() + n * j, x.begin() + n * (j + 1));
        const std::vector<double> bj(b.begin() + n * j, b.begin() + n * (j + 1));
        const Real residual = test::euclid(test::minus(bj, dense.times(xj)));
        CHECK(std::fabs(reports[j].residual_norm - residual) <= 1e-10L * test::euclid(bj) * 1e-3L);
      }
      CHECK(factor->begin(Factor::Goal::factorize).status == Status::busy);
    }
  }
}

TEST_CASE("a transposed solve by a factor can be stopped before Aᵀ is there") {
  Random random(916);
  const auto t = test::convection(40, 40, 5, 4);
  const std::int32_t n = t.rows;
  const Dense transposed = Dense(t.matrix().view()).transposed();
  const auto b = random.vector(n);
  FactorSettings settings;
  settings.transposed = true;
  for (int steps = 0; steps < 40; ++steps) {
    const auto factor = factored(t.matrix(), factor_by(Method::lu));
    std::vector<double> x(n, 7);
    auto task = FactorSolve::create(factor, b, x, 1, settings);
    REQUIRE(task.ok());
    for (int s = 0; s < steps; ++s) {
      Budget budget(500);
      task.value()->step(budget);
    }
    task.value()->stop(Reason::budget);
    const auto* report = reinterpret_cast<const FactorSolveReport*>(task.value()->result().data());
    const Real residual = test::euclid(test::minus(b, transposed.times(x)));
    CHECK(std::fabs(report->residual_norm - residual) <= 1e-12L * test::euclid(b));
  }
}

TEST_CASE("what a factor is asked wrongly is refused") {
  const auto factor = factored(test::grid(3, 3, 1).matrix());
  const auto status = [&](std::vector<double> b, const FactorSettings& settings,
                          std::int32_t k = 1) {
    std::vector<double> x(9 * k);
    return FactorSolve::create(factor, b, x, k, settings).fault();
  };
  std::vector<double> b(9, 1);
  FactorSettings settings;
  CHECK(status(std::vector<double>(8, 1), settings).status == Status::shape_mismatch);
  b[4] = std::numeric_limits<double>::infinity();
  CHECK(status(b, settings).status == Status::not_finite);
  CHECK(status(b, settings).position == 4);
  b[4] = 0;
  settings.refinement = 11;
  CHECK(status(b, settings).status == Status::invalid_argument);
  settings.refinement = 3;
  settings.rtol = -1;
  CHECK(status(b, settings).status == Status::invalid_argument);

  const auto tall = factored(test::rectangular(9, 4, 2, 1).matrix());
  settings = {};
  settings.error_bound = true;
  std::vector<double> x(4);
  CHECK(FactorSolve::create(tall, b, x, 1, settings).fault().status == Status::not_square);
  CHECK(FactorCondition::create(tall).fault().status == Status::not_square);
  // A least-squares solution is accepted by its gradient.
  const auto answer = test::solve(tall, b);
  CHECK(answer.reports[0].converged == 1);
  CHECK(answer.reports[0].normal_residual <= 1e-12);
}
