#include <vector>

#include "lacuna/direct/factorization.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;

namespace {

void check_system(const Triplets& t, Random& random) {
  const auto a = t.matrix();
  auto f = make_lu();
  REQUIRE(f->analyze(a.view()).ok());
  REQUIRE(f->factorize(a.view()).ok());
  const Dense dense(a.view());
  const auto b = random.vector(dense.rows);
  for (const bool transposed : {false, true}) {
    const Dense op = transposed ? dense.transposed() : dense;
    std::vector<double> x(b.size(), 1e99);
    REQUIRE(f->solve(b, x, transposed) == Status::ok);
    const auto exact = test::Elimination(op, test::to_real(b)).x;
    CHECK(test::largest(test::minus(x, exact)) <= 1e-10L * test::largest(exact));
    const Real scale = op.norm_inf() * test::largest(x) + test::largest(b);
    CHECK(test::largest(test::minus(b, op.times(x))) <= 1e-13L * scale);
  }
  CHECK(f->info().nnz >= t.rows);
  CHECK(f->info().rank == -1);
}

void check_systems(int samples) {
  Random random(51);
  for (int k = 0; k < samples; ++k) {
    const int w = random.between(1, 7), h = random.between(1, 7);
    check_system(test::scattered(random.between(1, 55), 4 * random.unit(), k), random);
    check_system(test::convection(w, h, 10 * random.unit(), k), random);
    check_system(test::quasi_definite(random.between(2, 40), 5 * random.unit(), k), random);
    check_system(test::mesh(w, h, k), random);
  }
}

/// One column is a copy of another one, in small integers: exactly singular, and so is every
/// elimination of it.
Triplets with_equal_columns(int n, int column, int copy, Random& random) {
  Triplets t(n, n);
  for (int j = 0; j < n; ++j) {
    if (j == copy) continue;
    for (int i = 0; i < n; ++i) {
      const int v = i == j ? 8 : random.chance(0.25) ? random.between(1, 2) : 0;
      if (v == 0) continue;
      t.add(i, j, v);
      if (j == column) t.add(i, copy, v);
    }
  }
  return t;
}

}  // namespace

LACUNA_SAMPLED(check_systems, "LU agrees with dense elimination, transposed too", 12, 6000)

TEST_CASE("LU of larger supernodes agrees with dense elimination") {
  Random random(52);
  check_system(test::scattered(110, 8, 1), random);
  Triplets full(70, 70);
  for (int i = 0; i < 70; ++i) {
    for (int j = 0; j < 70; ++j) full.add(i, j, random.sign() + (i == 69 - j ? 20 : 0));
  }
  check_system(full, random);
}

TEST_CASE("a column without a pivot is found and named") {
  Random random(53);
  for (int k = 0; k < 40; ++k) {
    // A column of explicit zeros: nothing can fill it in.
    const int n = random.between(1, 20);
    const int bad = random.below(n);
    Triplets t(n, n);
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < n; ++i) {
        if (i == j || random.chance(0.2)) t.add(i, j, j == bad ? 0 : 3 + random.unit());
      }
    }
    const auto a = t.matrix();
    auto f = make_lu();
    REQUIRE(f->analyze(a.view()).ok());
    const Fault fault = f->factorize(a.view());
    CHECK(fault.status == Status::singular_matrix);
    CHECK(fault.position == bad);
  }
}

TEST_CASE("of two equal columns the later one in the elimination is named") {
  Random random(54);
  int found = 0;
  for (int k = 0; k < 60; ++k) {
    const int n = random.between(3, 12);
    const int column = random.below(n);
    const int copy = (column + 1 + random.below(n - 1)) % n;
    const auto a = with_equal_columns(n, column, copy, random).matrix();
    auto f = make_lu();
    REQUIRE(f->analyze(a.view()).ok());
    const Fault fault = f->factorize(a.view());
    // Rounding may leave a tiny pivot instead of none; equal columns are updated alike, though.
    if (fault.ok()) continue;
    ++found;
    CHECK(fault.status == Status::singular_matrix);
    CHECK((fault.position == column || fault.position == copy));
  }
  CHECK(found > 40);
}

TEST_CASE("LU can be used again after a failure") {
  const auto t = test::scattered(30, 3, 5);
  const auto a = t.matrix();
  auto zero = a.copy().take();
  REQUIRE(zero.set_values(std::vector<double>(a.view().nnz(), 0.0)).ok());
  Random random(55);
  const auto b = random.vector(30);
  std::vector<double> x(30), y(30);
  auto f = make_lu();
  CHECK(f->factorize(a.view()).status == Status::not_ready);
  REQUIRE(f->analyze(a.view()).ok());
  CHECK(f->solve(b, x, false) == Status::not_ready);
  REQUIRE(f->factorize(a.view()).ok());
  REQUIRE(f->solve(b, x, false) == Status::ok);
  CHECK(f->factorize(zero.view()).status == Status::singular_matrix);
  CHECK(f->solve(b, y, false) == Status::not_ready);
  REQUIRE(f->factorize(a.view()).ok());
  REQUIRE(f->solve(b, y, false) == Status::ok);
  CHECK(x == y);
}
