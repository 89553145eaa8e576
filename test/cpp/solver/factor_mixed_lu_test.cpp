// LU whose fronts are in single precision: answers as good as those of factors in double precision.
#include <cmath>
#include <vector>

#include "lacuna/direct/mixed_lu.hpp"
#include "lacuna/solver/factor_bytes_task.hpp"
#include "lacuna/solver/factor_entries.hpp"
#include "support/catch.hpp"
#include "support/mixed.hpp"

using namespace lacuna;
using test::factored;
using test::made;
using test::mixed;
using test::Random;
using test::run;
using test::Triplets;

namespace {

using Goal = Factor::Goal;

/// Upwind convection-diffusion on an s³ grid.
Triplets convection_cube(std::int32_t s, double peclet, std::uint64_t seed) {
  Random random(seed);
  Triplets t(s * s * s, s * s * s);
  for (std::int32_t k = 0; k < t.rows; ++k) {
    double diagonal = 6;
    for (const std::int32_t step : {1, s, s * s}) {
      const double wind = peclet * random.unit();
      diagonal += wind;
      if (k / step % s > 0) t.add(k, k - step, -1 - wind);
      if (k / step % s + 1 < s) t.add(k, k + step, -1);
    }
    t.add(k, k, diagonal);
  }
  return t;
}

/// Blocks of every kind: full ones that go by fronts, sparse ones by columns, single rows, with
/// entries above them.
Triplets blocks(std::int32_t full, std::int32_t sparse, std::int32_t singles, Random& random) {
  const auto a = test::of_condition(full, 20, false, random);
  const auto b = test::convection(sparse, sparse, 2, 5);
  const std::int32_t n = 2 * full + b.rows + singles;
  Triplets t(n, n);
  const auto put = [&](const Triplets& block, std::int32_t at) {
    for (std::size_t e = 0; e < block.v.size(); ++e) {
      t.add(at + block.i[e], at + block.j[e], block.v[e]);
    }
  };
  put(a, 0);
  put(b, full);
  for (std::int32_t k = 0; k < singles; ++k) {
    t.add(full + b.rows + k, full + b.rows + k, 1 + random.unit());
  }
  put(a, full + b.rows + singles);
  for (std::int32_t k = 0; k < 3 * n; ++k) {
    const std::int32_t i = random.below(full), j = full + random.below(n - full);
    t.add(i, j, random.sign());
  }
  const auto rows = random.permutation(n), cols = random.permutation(n);
  for (auto& i : t.i) i = rows[i];
  for (auto& j : t.j) j = cols[j];
  return t;
}

void check_conditions(int samples) {
  Random random(961);
  test::check_any_condition(Method::lu, samples, 5, random, [&](double kappa) {
    auto t = test::of_condition(random.between(70, 90), kappa, false, random);
    if (random.chance(0.3)) test::scale_at_random(t, random, false);
    return t;
  });
}

void check_shapes(int samples) {
  Random random(962);
  for (int k = 0; k < samples; ++k) {
    // One after another: the order of arguments is the compiler's.
    const std::int32_t full = random.between(70, 80), singles = random.between(0, 9);
    for (Triplets& t :
         std::vector{convection_cube(8, 4, k), test::scattered(random.between(150, 250), 8, k),
                     blocks(full, 6, singles, random)}) {
      const bool scaled = random.chance(0.5);
      if (scaled) test::scale_at_random(t, random, false);
      const auto factor = factored(t.matrix(), mixed(Method::lu));
      // Nothing finds all scalings again that a sparse matrix may have been spoiled by.
      if (!scaled) REQUIRE(factor->report().single == 1);
      for (const bool transposed : {false, true}) {
        test::check_together(t, factor, transposed, random);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_conditions, "answers of LU in mixed precision are as good at any condition",
               15, 500)
LACUNA_SAMPLED(check_shapes,
               "answers of LU in mixed precision have the same bits alone and together", 1, 30)

TEST_CASE("mixed precision of LU: what refines follows the condition") {
  Random random(963);
  const auto at = [&](double kappa) {
    return test::factored_once(test::of_condition(80, kappa, false, random), Method::lu, random);
  };
  const auto easy = at(1e2);
  CHECK((easy.first.condition > 1e1 && easy.first.condition < 1e5));
  const std::vector hopeless{at(1e12), at(1e14)};
  test::check_refinement(easy, at(1e7), hopeless);
  for (const auto& [broken, direct] : hopeless) {
    CHECK(broken.fallback == int(Fallback::ill_conditioned));
  }
}

TEST_CASE("mixed precision of LU sees a condition that pivots hide") {
  // All pivots are 1, and the inverse grows as 2ⁿ: full, so that it goes by fronts.
  const std::int32_t n = 80;
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    t.add(i, i, 1);
    for (std::int32_t j = 0; j < n; ++j) {
      if (i != j) t.add(i, j, i < j ? -1 : 1e-30);
    }
  }
  const auto factor = factored(t.matrix(), mixed(Method::lu));
  CHECK(factor->report().single == 0);
  CHECK(factor->report().fallback == int(Fallback::ill_conditioned));
}

TEST_CASE("mixed precision of LU takes about half the bytes") {
  Random random(964);
  const auto [full, half] = test::check_bytes(
      convection_cube(10, 2, 3), test::of_condition(120, 1e13, false, random), Method::lu, 0.8);
  CHECK(half.factor_nnz == full.factor_nnz);
  CHECK((half.pivot_growth > 0 && half.positive == -1));
}

TEST_CASE("LU without fronts is in double precision, and says so") {
  const auto t = test::convection(6, 6, 2, 1);
  const auto factor = factored(t.matrix(), mixed(Method::automatic));
  CHECK(factor->report().method == int(Method::lu));
  CHECK(factor->report().single == 0);
  CHECK(factor->report().fallback == int(Fallback::columns));
  const auto exact = factored(t.matrix(), test::factor_by(Method::lu));
  Random random(965);
  const auto b = random.vector(36);
  CHECK(test::solve(factor, b).x == test::solve(exact, b).x);
  // With the pivots of the earlier values.
  const auto csr = t.matrix();
  REQUIRE(run(*factor, Goal::update, csr.view().values()).ok());
  CHECK(test::solve(factor, b).x == test::solve(exact, b).x);
  FactorOptions options = mixed(Method::lu);
  options.precision = Precision::automatic;
  CHECK(factored(t.matrix(), options)->report().fallback == 0);
}

TEST_CASE("mixed precision of LU refuses what only double precision gives, until it falls back") {
  Random random(966);
  const auto t = test::of_condition(80, 100, false, random);
  const auto factor = factored(t.matrix(), mixed(Method::lu));
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
  const auto exact = factored(t.matrix(), test::factor_by(Method::lu));
  auto truth = FactorCondition::create(exact);
  REQUIRE(truth.value()->step(unlimited) == TaskState::done);
  CHECK(condition.value()->result()[0] == Approx(truth.value()->result()[0]).epsilon(1e-10));
  FactorSettings bounded;
  bounded.error_bound = true;
  const auto b = random.vector(80);
  for (const bool transposed : {false, true}) {
    bounded.transposed = transposed;
    const auto x = test::solve(factor, b, bounded), y = test::solve(exact, b, bounded);
    double apart = 0, size = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      apart = std::max(apart, std::fabs(x.x[i] - y.x[i]));
      size = std::max(size, std::fabs(y.x[i]));
    }
    CHECK(x.reports[0].forward_error > 0);
    CHECK(apart <= (x.reports[0].forward_error + y.reports[0].forward_error) * size);
  }

  const auto hard =
      factored(test::of_condition(80, 1e12, false, random).matrix(), mixed(Method::lu));
  CHECK(hard->factorization().determinant());
  CHECK(FactorExport::create(hard).ok());
  CHECK(FactorReach::create(hard, {rows, values}, rows, out).ok());
}

TEST_CASE("new values of LU in mixed precision, and what a failure leaves") {
  Random random(967);
  const auto t = convection_cube(8, 3, 1);
  const auto factor = factored(t.matrix(), mixed(Method::lu));
  const auto b = random.vector(t.rows);
  FactorSettings transposed;
  transposed.transposed = true;
  const auto before = test::solve(factor, b), across = test::solve(factor, b, transposed);
  const auto csr = t.matrix();
  std::vector<double> data(csr.view().values().begin(), csr.view().values().end());
  // A row of zeros.
  for (std::int32_t p = csr.view().indptr()[5]; p < csr.view().indptr()[6]; ++p) data[p] = 0;
  CHECK(run(*factor, Goal::update, data).status == Status::singular_matrix);
  CHECK(test::solve(factor, b).x == before.x);
  CHECK(test::solve(factor, b, transposed).x == across.x);
  CHECK(factor->report().single == 1);
  std::copy(csr.view().values().begin(), csr.view().values().end(), data.begin());
  for (double& v : data) v *= -4;
  REQUIRE(run(*factor, Goal::update, data, 1).ok());
  const auto after = test::solve(factor, b), other = test::solve(factor, b, transposed);
  for (int i = 0; i < t.rows; ++i) {
    CHECK(after.x[i] == before.x[i] / -4);
    CHECK(other.x[i] == across.x[i] / -4);
  }
  CHECK(factor->report().analyses == 1);
  CHECK(factor->report().factorizations == 2);
  // Nearly singular values go to double precision, and what follows stays there.
  const auto easy = test::of_condition(80, 100, false, random).matrix();
  const auto hard = test::of_condition(80, 1e13, false, random).matrix();
  const auto kept = factored(easy.copy().take(), mixed(Method::lu));
  CHECK(kept->report().single == 1);
  REQUIRE(run(*kept, Goal::update, hard.view().values()).ok());
  CHECK(kept->report().fallback != 0);
  CHECK(kept->report().single == 0);
  REQUIRE(run(*kept, Goal::update, easy.view().values()).ok());
  CHECK(kept->report().single == 0);
  const auto rhs = random.vector(80);
  CHECK(test::solve(kept, rhs).reports[0].normwise_error <= 1e-15);
}

TEST_CASE("a matrix that is singular is so in mixed precision") {
  Random random(968);
  auto t = test::of_condition(80, 10, false, random);
  // Two rows that are the same.
  for (std::size_t e = 0; e < t.v.size(); ++e) {
    if (t.i[e] == 7) t.v[e] = t.v[e - 80];
  }
  for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] = std::round(16 * t.v[e]);
  const auto exact = made(t.matrix(), test::factor_by(Method::lu));
  const auto factor = made(t.matrix(), mixed(Method::lu));
  const Fault expected = run(*exact, Goal::factorize), found = run(*factor, Goal::factorize);
  CHECK(found.status == expected.status);
  CHECK(found.position == expected.position);
  if (found.ok()) CHECK(factor->report().single == 0);
}

TEST_CASE("automatic precision of LU takes what is faster") {
  FactorOptions options = test::factor_by(Method::lu);
  options.precision = Precision::automatic;
  const auto report = factored(convection_cube(6, 2, 4).matrix(), options)->report();
  CHECK(report.single == 0);
  CHECK(report.fallback == 0);
  Random random(969);
  const auto large = factored(test::of_condition(800, 50, false, random).matrix(), options);
  CHECK(large->report().single == 1);
  const auto b = random.vector(800);
  CHECK(test::solve(large, b).reports[0].normwise_error <= 1e-15);
  const auto hard = factored(test::of_condition(800, 1e8, false, random).matrix(), options);
  CHECK(hard->report().single == 0);
  CHECK(hard->report().fallback == int(Fallback::ill_conditioned));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short is a status of LU in mixed precision") {
  Random random(970);
  for (const double kappa : {1e2, 1e8, 1e13}) {
    const auto t = test::of_condition(70, kappa, false, random);
    test::check_short_memory(t, Method::lu, kappa > 1e5, random);
  }
  test::check_short_memory(blocks(70, 4, 3, random), Method::lu, false, random);
}
#endif
