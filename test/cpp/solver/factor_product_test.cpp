#include "lacuna/solver/factor_product.hpp"

#include <cmath>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/solver/query_task.hpp"
#include "support/catch.hpp"
#include "support/double_double.hpp"
#include "support/query.hpp"
#include "support/random.hpp"
#include "support/solve.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

constexpr SolverOptions by_cholesky{.method = Method::cholesky};

/// Symmetric and strictly dominant with entries of either sign: on a chain, a grid, or at random.
CsrMatrix symmetric_dominant(int shape, std::int32_t n, double margin, Random& random) {
  Triplets t(n, n);
  std::vector<double> sums(n, 0);
  const auto side = std::max<std::int32_t>(1, static_cast<std::int32_t>(std::sqrt(double(n))));
  const auto add = [&](std::int32_t i, std::int32_t j) {
    if (i == j || i >= n || j >= n) return;
    const double value = (random.chance(0.5) ? 1 : -1) * (0.1 + random.unit());
    t.add(i, j, value);
    t.add(j, i, value);
    sums[i] += std::fabs(value);
    sums[j] += std::fabs(value);
  };
  for (std::int32_t i = 0; i < n; ++i) {
    if (shape == 0) {
      add(i, i + 1);
    } else if (shape == 1) {
      if ((i + 1) % side != 0) add(i, i + 1);
      add(i, i + side);
    } else {
      for (int k = 0; k < 2; ++k) add(i, random.below(n));
    }
  }
  for (std::int32_t i = 0; i < n; ++i) t.add(i, i, sums[i] + margin * (0.5 + random.unit()));
  return t.matrix();
}

std::shared_ptr<KeptRhs> rhs_of(std::int32_t n, const std::vector<std::int64_t>& ids,
                                const std::vector<double>& values) {
  return std::make_shared<KeptRhs>(LocalRhs::sparse(n, ids, values).take());
}

QuerySettings asked(Way way, double rtol = 1e-6, double atol = 0) {
  QuerySettings s;
  s.way = way;
  s.rtol = rtol;
  s.atol = atol;
  return s;
}

void check_products(int systems) {
  Random random(41);
  for (int round = 0; round < systems; ++round) {
    const std::int32_t n = round % 10 == 0 ? random.between(1, 3) : random.between(4, 130);
    const double margin = std::pow(10.0, 1 - 6 * random.unit());
    const CsrMatrix a = symmetric_dominant(round % 3, n, margin, random);
    const Reference reference(a.view());
    const auto solver = prepared(a.copy().take(), by_cholesky);
    const Conditions conditions = measure_conditions(a.view(), true, nullptr).take();
    FactorProduct product;
    REQUIRE(product.attach(static_cast<const Cholesky&>(*solver->factorization()), conditions) ==
            Status::ok);
    for (int b_round = 0; b_round < 2; ++b_round) {
      std::vector<double> b(n, 0.0);
      std::vector<std::int64_t> ids;
      std::vector<double> values;
      for (int k = random.between(1, 4); k > 0; --k) {
        ids.push_back(random.below(n));
        values.push_back(random.sign());
        b[ids.back()] += values.back();
      }
      const auto rhs = rhs_of(n, ids, values);
      const std::vector<DoubleDouble> x = reference.solve(b);
      for (int t_round = 0; t_round < 3; ++t_round) {
        std::vector<std::int32_t> rows;
        std::vector<double> weights;
        DoubleDouble truth;
        double size = 0;
        for (int k = random.between(1, 3); k > 0; --k) {
          rows.push_back(random.below(n));
          weights.push_back(random.sign());
          truth = truth + x[rows.back()] * weights.back();
          size += std::fabs(weights.back());
        }
        const double longest = product.longest_flops(*rhs, rows);
        const double least = product.least_flops(*rhs, rows);
        product.begin(*rhs, rows, weights);
        REQUIRE(longest > 0);
        REQUIRE(longest <= least);
        REQUIRE(least <= product.flops());
        const QueryReport r = ask(solver, rhs, rows, weights, asked(Way::factor));
        REQUIRE(r.way == static_cast<double>(Way::factor));
        REQUIRE(r.bound_kind == static_cast<double>(BoundKind::backward));
        const double error = std::fabs((truth - r.value).hi);
        REQUIRE(error <= r.bound);
        REQUIRE(r.lower == r.value - r.bound);
        REQUIRE(r.upper == r.value + r.bound);
        // Not more than rounding: η is a few hundred units, the condition n/margin at the most.
        REQUIRE(r.bound <= 1e-10 * size / (margin * margin));
        const QueryReport sliced = ask(solver, rhs, rows, weights, asked(Way::factor), 1);
        REQUIRE(sliced.value == r.value);
        REQUIRE(sliced.bound == r.bound);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_products, "a product by the factor lies within its bound", 60, 3000)

TEST_CASE("a query takes the factor that is there where that is cheapest") {
  const CsrMatrix a = grid(60, 60, 0.01).matrix();
  const auto rhs = rhs_of(3600, {1234, 77}, {1.0, -2.0});
  const auto solver = prepared(a.copy().take(), by_cholesky);
  const QueryReport r = ask(solver, rhs, 1240, asked(Way::automatic, 1e-6));
  CHECK(r.way == static_cast<double>(Way::factor));
  CHECK(r.converged == 1);
  const QueryReport full =
      ask(solver, rhs_of(3600, {1234, 77}, {1.0, -2.0}), 1240, asked(Way::full));
  CHECK(std::fabs(r.value - full.value) <= r.bound + full.bound);
  CHECK(r.cost < 0.5 * full.cost);
  // A push that takes less is preferred; an estimate names what would be done.
  const auto local = prepared(grid(60, 60, 8).matrix(), by_cholesky);
  CHECK(ask(local, rhs_of(3600, {1234}, {1.0}), 1234, asked(Way::automatic, 0, 1e-3)).way ==
        static_cast<double>(Way::push));
  QuerySettings estimate = asked(Way::automatic, 1e-6);
  estimate.estimate = true;
  CHECK(ask(solver, rhs_of(3600, {1233}, {1.0}), 1240, estimate).way ==
        static_cast<double>(Way::factor));
  // What its bound does not reach is left to a full solve.
  CHECK(ask(solver, rhs, 1240, asked(Way::automatic, 0, 1e-14 * std::fabs(r.value))).way ==
        static_cast<double>(Way::full));
  // No factor is made for a query.
  const auto lazy = planned(a.copy().take(), by_cholesky);
  CHECK(ask(lazy, rhs_of(3600, {1234}, {1.0}), 1234, asked(Way::automatic)).way !=
        static_cast<double>(Way::factor));
}

TEST_CASE("what b takes is kept, until the values change") {
  const CsrMatrix a = grid(40, 40, 0.5).matrix();
  const auto solver = prepared(a.copy().take(), by_cholesky);
  const auto rhs = rhs_of(1600, {0, 820}, {1.0, 1.0});
  const QueryReport first = ask(solver, rhs, 5, asked(Way::factor));
  const QueryReport again = ask(solver, rhs, 5, asked(Way::factor));
  CHECK(again.value == first.value);
  CHECK(again.cost < first.cost);
  std::vector<double> values(a.view().values().begin(), a.view().values().end());
  for (double& v : values) v *= 4;
  REQUIRE(solver->update(values).ok());
  const QueryReport quartered = ask(solver, rhs, 5, asked(Way::factor));
  CHECK(quartered.value == 0.25 * first.value);
  CHECK(quartered.cost == first.cost);
}

TEST_CASE("a product by the factor is refused where there is none, or no theorem") {
  const auto refused = [](const std::shared_ptr<Solver>& solver, std::shared_ptr<KeptRhs> rhs) {
    const std::vector<std::int32_t> starts{0, 1}, ids{0};
    const std::vector<double> weights{1};
    auto task = QueryTask::create(solver, std::move(rhs), starts, ids, weights, asked(Way::factor));
    if (!task.ok()) return task.fault().status;
    Budget unlimited;
    CHECK(task.value()->step(unlimited) == TaskState::failed);
    return task.value()->fault().status;
  };
  const std::vector<double> dense(400, 1.0);
  const auto solver = prepared(grid(20, 20, 0.5).matrix(), by_cholesky);
  CHECK(refused(solver, std::make_shared<KeptRhs>(LocalRhs::dense(dense))) == Status::not_ready);
  CHECK(refused(planned(grid(20, 20, 0.5).matrix()), rhs_of(400, {1}, {1.0})) == Status::not_ready);
  const auto iterative = prepared(grid(20, 20, 0.5).matrix(), {.method = Method::cg});
  CHECK(refused(iterative, rhs_of(400, {1}, {1.0})) == Status::not_ready);
  // Definite, but no weights: its comparison matrix is singular.
  Triplets t(3, 3);
  for (std::int32_t i = 0; i < 3; ++i) {
    t.add(i, i, 1.2);
    for (std::int32_t j = 0; j < 3; ++j) {
      if (i != j) t.add(i, j, 0.9);
    }
  }
  CHECK(refused(prepared(t.matrix(), by_cholesky), rhs_of(3, {1}, {1.0})) == Status::not_ready);
}
