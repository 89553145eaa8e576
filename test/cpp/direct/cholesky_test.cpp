#include <vector>

#include "lacuna/direct/factorization.hpp"
#include "lacuna/sparse/operations.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;

namespace {

std::vector<double> solve(Factorization& f, const std::vector<double>& b, bool transposed = false) {
  std::vector<double> x(b.size(), 1e99);
  REQUIRE(f.solve(b, x, transposed) == Status::ok);
  return x;
}

/// Solves with the factorization and with dense elimination.
void check_system(std::unique_ptr<Factorization> f, const Triplets& t, Random& random) {
  const auto a = t.matrix();
  REQUIRE(f->analyze(a.view()).ok());
  REQUIRE(f->factorize(a.view()).ok());
  const Dense dense(a.view());
  const auto b = random.vector(dense.rows);
  const auto x = solve(*f, b);
  const auto exact = test::Elimination(dense, test::to_real(b)).x;
  CHECK(test::largest(test::minus(x, exact)) <= 1e-11L * test::largest(exact));
  const Real residual = test::largest(test::minus(b, dense.times(x)));
  CHECK(residual <= 1e-14L * (dense.norm_inf() * test::largest(x) + test::largest(b)) * 4);
  CHECK(f->solves_transposed());
  CHECK(solve(*f, b, true) == x);
}

void check_positive_definite(int samples) {
  Random random(41);
  for (int k = 0; k < samples; ++k) {
    const int s = random.between(1, 7);
    const int n = random.between(1, 45);
    for (const Triplets& t :
         {test::grid(s, random.between(1, 7), random.unit()),
          test::mesh(s, random.between(1, 7), k), test::random_spd(n, 4 * random.unit(), k),
          test::cube(random.between(1, 3))}) {
      check_system(make_cholesky(), t, random);
      check_system(make_ldlt(), t, random);
    }
  }
}

void check_indefinite(int samples) {
  Random random(42);
  for (int k = 0; k < samples; ++k) {
    check_system(make_ldlt(), test::quasi_definite(random.between(2, 50), 4 * random.unit(), k),
                 random);
  }
}

/// Symmetric integer matrix of small numbers: eliminations in long double decide about signs.
Triplets random_symmetric(int n, Random& random) {
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    t.add(i, i, random.between(1, 6));
    for (int j = i + 1; j < n; ++j) {
      if (random.chance(0.3)) t.add_symmetric(i, j, random.between(-3, 3));
    }
  }
  return t;
}

/// The column that is named is the last of some set of columns (those eliminated before it) whose
/// principal minors are all positive without it and not positive with it. Which set that is only
/// the ordering knows, so look for one: greedily, every column that can still be eliminated before
/// the named one is, which is right if and only if the named pivot fails at some time.
bool pivot_can_fail(const Dense& a, int column, bool only_zero) {
  // Try many orders; the fill-reducing one is among those consistent with success before.
  Random random(7);
  const int n = a.rows;
  for (int trial = 0; trial < 4000; ++trial) {
    auto order = random.permutation(n);
    int at = 0;
    for (int k = 0; k < n; ++k) {
      if (order[k] == column) at = k;
    }
    Dense leading(at + 1, at + 1);
    for (int i = 0; i <= at; ++i) {
      for (int j = 0; j <= at; ++j) leading(i, j) = a(order[i], order[j]);
    }
    if (test::first_bad_minor(leading, only_zero, 1e-15L) == at) return true;
  }
  return false;
}

}  // namespace

LACUNA_SAMPLED(check_positive_definite, "LLᵀ and LDLᵀ agree with dense elimination", 12, 6000)
LACUNA_SAMPLED(check_indefinite, "LDLᵀ solves indefinite systems", 25, 15000)

TEST_CASE("where only one pivot can fail, that column is named") {
  // A graph Laplacian plus ε, but for one diagonal entry far below zero: every principal submatrix
  // without that column is positive definite.
  Random random(43);
  for (int k = 0; k < 40; ++k) {
    auto t = test::mesh(random.between(2, 8), random.between(2, 8), k);
    const int bad = random.below(t.rows);
    t.add(bad, bad, -100);
    const auto a = t.matrix();
    auto f = make_cholesky();
    REQUIRE(f->analyze(a.view()).ok());
    const Fault fault = f->factorize(a.view());
    CHECK(fault.status == Status::indefinite_matrix);
    CHECK(fault.position == bad);
    std::vector<double> x(a.view().rows());
    CHECK(f->solve(x, x, false) == Status::not_ready);
  }
}

TEST_CASE("an isolated zero is the column that LDLᵀ names") {
  Random random(44);
  for (int k = 0; k < 40; ++k) {
    auto t = test::mesh(random.between(2, 8), random.between(2, 8), k);
    const int n = t.rows;
    const int zero = random.below(n + 1);
    Triplets wider(n + 1, n + 1);
    const auto shifted = [&](std::int32_t i) { return i < zero ? i : i + 1; };
    for (std::size_t e = 0; e < t.v.size(); ++e)
      wider.add(shifted(t.i[e]), shifted(t.j[e]), t.v[e]);
    wider.add(zero, zero, 0);
    const auto a = wider.matrix();
    for (const auto& [make, status] : {std::pair(&make_cholesky, Status::indefinite_matrix),
                                       std::pair(&make_ldlt, Status::zero_pivot)}) {
      auto factorization = make();
      REQUIRE(factorization->analyze(a.view()).ok());
      const Fault fault = factorization->factorize(a.view());
      CHECK(fault.status == status);
      CHECK(fault.position == zero);
    }
  }
}

TEST_CASE("a failing pivot is one that fails in some order of elimination") {
  Random random(45);
  int failures = 0;
  for (int k = 0; k < 150; ++k) {
    const auto a = random_symmetric(random.between(2, 7), random).matrix();
    const Dense dense(a.view());
    auto f = make_cholesky();
    REQUIRE(f->analyze(a.view()).ok());
    const Fault fault = f->factorize(a.view());
    const int bad = test::first_bad_minor(dense, false, 1e-15L);
    // Integers this small are eliminated almost exactly. Only a matrix on the very edge, whose last
    // pivot is zero but for rounding, may fall on either side.
    const bool definite = bad < 0;
    if (fault.ok() && !definite &&
        test::Elimination(dense, test::Vector(dense.rows, 0)).rank < dense.rows) {
      continue;
    }
    CHECK(fault.ok() == definite);
    if (fault.ok()) continue;
    ++failures;
    REQUIRE(fault.position >= 0);
    CHECK(pivot_can_fail(dense, static_cast<int>(fault.position), false));
  }
  CHECK(failures > 30);
}

TEST_CASE("the predicted cost is that of the factor") {
  // A full matrix: n columns of n − k entries, in any order.
  const int n = 12;
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) t.add(i, j, i == j ? n : 0.5);
  }
  const auto a = t.matrix();
  double flops = 0;
  for (int k = 1; k <= n; ++k) flops += k * k;
  for (auto make : {make_cholesky, make_ldlt}) {
    auto f = make();
    REQUIRE(f->analyze(a.view()).ok());
    CHECK(f->info().nnz == n * (n + 1) / 2);
    CHECK(f->info().flops == flops);
    CHECK(f->info().rank == -1);
  }
  // A tridiagonal one has no fill at all in a good order.
  auto f = make_cholesky();
  const auto chain = test::grid(50, 1).matrix();
  REQUIRE(f->analyze(chain.view()).ok());
  CHECK(f->info().nnz == 99);
}

TEST_CASE("new values reuse the analysis, also after a failure") {
  auto t = test::mesh(6, 6, 3);
  const auto a = t.matrix();
  const auto bad = [&] {
    auto worse = t;
    worse.add(17, 17, -100);
    return worse.matrix();
  }();
  Random random(46);
  const auto b = random.vector(36);
  for (auto make : {make_cholesky, make_ldlt}) {
    auto f = make();
    std::vector<double> x(36);
    CHECK(f->factorize(a.view()).status == Status::not_ready);
    CHECK(f->solve(b, x, false) == Status::not_ready);
    REQUIRE(f->analyze(a.view()).ok());
    CHECK(f->solve(b, x, false) == Status::not_ready);
    REQUIRE(f->factorize(a.view()).ok());
    const auto first = solve(*f, b);
    f->factorize(bad.view());
    REQUIRE(f->factorize(a.view()).ok());
    CHECK(solve(*f, b) == first);
  }
}

TEST_CASE("a matrix that is symmetric up to rounding is read from one triangle") {
  auto t = test::mesh(5, 5, 9);
  Random random(47);
  for (std::size_t k = 0; k < t.v.size(); ++k) t.v[k] *= 1 + 1e-15 * random.sign();
  check_system(make_cholesky(), test::mesh(5, 5, 9), random);
  const auto a = t.matrix();
  auto f = make_cholesky();
  REQUIRE(f->analyze(a.view()).ok());
  REQUIRE(f->factorize(a.view()).ok());
  const auto b = random.vector(25);
  const auto exact = test::Elimination(Dense(a.view()), test::to_real(b)).x;
  CHECK(test::largest(test::minus(solve(*f, b), exact)) <= 1e-10L * test::largest(exact));
}
