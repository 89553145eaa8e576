#include <cmath>
#include <vector>

#include "lacuna/direct/factorization.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/lu.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::kernels;
using test::Random;
using test::Real;
using test::Triplets;
using test::with;

namespace {

Real backward_error(const Dense& op, const std::vector<double>& x, const std::vector<double>& b) {
  const Real scale = op.norm_inf() * test::largest(x) + test::largest(b);
  return test::largest(test::minus(b, op.times(x))) / scale;
}

void check_solutions(LuFactorization& f, const Dense& dense, Random& random) {
  const auto b = random.vector(dense.rows);
  for (const bool transposed : {false, true}) {
    const Dense op = transposed ? dense.transposed() : dense;
    std::vector<double> x(b.size(), 1e99), d(b.size());
    REQUIRE(f.solve(b, x, transposed) == Status::ok);
    // Diagonal pivots may be a thousandth of the largest: one step of refinement makes up for that.
    CHECK(backward_error(op, x, b) <= 1e-15L * op.rows / f.quality().pivot_growth + 1e-9L);
    const auto r = test::to_double(test::minus(b, op.times(x)));
    REQUIRE(f.solve(r, d, transposed) == Status::ok);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] += d[k];
    CHECK(backward_error(op, x, b) <= 1e-14L);
    const auto exact = test::Elimination(op, test::to_real(b)).x;
    CHECK(test::largest(test::minus(x, exact)) <= 1e-10L * test::largest(exact));
  }
}

void check_system(const Triplets& t, Random& random) {
  const auto a = t.matrix();
  for (const LuKernel kernel : kernels) {
    LuFactorization f(with(kernel));
    REQUIRE(f.analyze(a.view()).ok());
    REQUIRE(f.factorize(a.view()).ok());
    check_solutions(f, Dense(a.view()), random);
    CHECK(f.info().nnz >= t.rows);
    CHECK(f.info().rank == -1);
    CHECK(f.quality().pivot_growth > 0);
    CHECK(f.quality().diagonal_ratio > 0);
  }
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

/// One column is a copy of another one, in small integers: exactly singular.
Triplets with_equal_columns(int n, int column, int copy, Random& random) {
  Triplets t(n, n);
  for (int j = 0; j < n; ++j) {
    if (j == copy) continue;
    for (int i = 0; i < n; ++i) {
      const int v = i == j || (j == column && i == copy) ? 8
                    : random.chance(0.25)                ? random.between(1, 2)
                                                         : 0;
      if (v == 0) continue;
      t.add(i, j, v);
      if (j == column) t.add(i, copy, v);
    }
  }
  return t;
}

/// Arrow with its point at the first or the last row and column.
Triplets arrow(int n, int point, Random& random) {
  Triplets t(n, n);
  for (int k = 0; k < n; ++k) {
    t.add(k, k, 2 + random.unit());
    if (k == point) continue;
    t.add(point, k, random.sign());
    t.add(k, point, random.sign());
  }
  return t;
}

/// Unit lower times unit upper, permuted: its determinant is ±(product of `diagonal`).
Triplets known_determinant(int n, const std::vector<double>& diagonal, Random& random) {
  Dense l(n, n), u(n, n);
  for (int i = 0; i < n; ++i) {
    l(i, i) = 1;
    u(i, i) = diagonal[i];
    for (int j = 0; j < i; ++j) {
      if (random.chance(0.2)) l(i, j) = random.between(-2, 2);
      if (random.chance(0.2)) u(j, i) = random.between(-2, 2);
    }
  }
  const Dense a = l.times(u);
  const auto rows = random.permutation(n), cols = random.permutation(n);
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (a(i, j) != 0) t.add(rows[i], cols[j], static_cast<double>(a(i, j)));
    }
  }
  return t;
}

}  // namespace

LACUNA_SAMPLED(check_systems, "LU agrees with dense elimination, transposed too", 6, 3000)

TEST_CASE("LU of larger supernodes agrees with dense elimination") {
  Random random(52);
  check_system(test::scattered(110, 8, 1), random);
  Triplets full(70, 70);
  for (int i = 0; i < 70; ++i) {
    for (int j = 0; j < 70; ++j) full.add(i, j, random.sign() + (i == 69 - j ? 20 : 0));
  }
  check_system(full, random);
}

TEST_CASE("LU of a matrix without a dominant entry needs pivots off the diagonal") {
  Random random(56);
  for (const int n : {20, 45, 90}) {
    Triplets full(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) full.add(i, j, i == j ? 0 : random.sign());
    }
    check_system(full, random);
  }
}

TEST_CASE("LU of special shapes") {
  Random random(57);
  check_system(arrow(60, 0, random), random);
  check_system(arrow(60, 59, random), random);
  Triplets one(1, 1);
  one.add(0, 0, -3);
  check_system(one, random);
  Triplets diagonal(30, 30);
  for (int k = 0; k < 30; ++k) diagonal.add(k, k, random.sign() + 2);
  check_system(diagonal, random);
  Triplets cycle(40, 40);
  for (int k = 0; k < 40; ++k) {
    cycle.add(k, (k + 1) % 40, 2);
    cycle.add(k, (k + 3) % 40, random.sign());
  }
  check_system(cycle, random);
  // Blocks of several kinds above each other, numbered at random.
  Triplets blocks(64, 64);
  const auto rows = random.permutation(64), cols = random.permutation(64);
  for (int b = 0; b < 64; b += 8) {
    const int size = b % 16 == 0 ? 8 : 1;
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 64; ++j) {
        const bool inside = j / size == (b + i) / size;
        if (inside || (j > b + 7 && random.chance(0.1))) {
          blocks.add(rows[b + i], cols[j], random.sign() + (j == b + i ? 4 : 0));
        }
      }
    }
  }
  check_system(blocks, random);
  // A dense row and a dense column in a grid.
  auto dense = test::convection(8, 8, 2, 3);
  for (int k = 0; k < 64; ++k) {
    dense.add(5, k, random.sign());
    dense.add(k, 40, random.sign());
  }
  check_system(dense, random);
}

TEST_CASE("LU of badly scaled rows and columns") {
  for (int seed = 0; seed < 10; ++seed) {
    Random random(seed);
    auto t = test::scattered(40, 3, seed);
    std::vector<double> row(40), col(40);
    for (double& s : row) s = std::ldexp(1.0, random.between(-400, 400));
    for (double& s : col) s = std::ldexp(1.0, random.between(-20, 20));
    const auto plain = t.matrix();
    for (std::size_t k = 0; k < t.v.size(); ++k) t.v[k] *= row[t.i[k]] * col[t.j[k]];
    const auto a = t.matrix();
    for (const LuKernel kernel : kernels) {
      LuFactorization f(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      REQUIRE(f.factorize(a.view()).ok());
      // b = A·1 in the unscaled system, whose solution times 1/col is that of the scaled one.
      const Dense dense(plain.view());
      const auto ones = dense.times(std::vector<double>(40, 1.0));
      std::vector<double> b(40), x(40);
      for (int i = 0; i < 40; ++i) b[i] = static_cast<double>(ones[i]) * row[i];
      REQUIRE(f.solve(b, x, false) == Status::ok);
      for (int j = 0; j < 40; ++j) CHECK(std::fabs(x[j] * col[j] - 1) <= 1e-7);
    }
  }
}

/// By Gaussian elimination with row pivoting.
int sign_of_determinant(Dense a, int n) {
  int sign = 1;
  for (int k = 0; k < n; ++k) {
    int best = k;
    for (int i = k; i < n; ++i) {
      if (std::fabs(a(i, k)) > std::fabs(a(best, k))) best = i;
    }
    for (int j = 0; j < n; ++j) std::swap(a(best, j), a(k, j));
    if (best != k) sign = -sign;
    if (a(k, k) < 0) sign = -sign;
    for (int i = k + 1; i < n; ++i) {
      const auto l = a(i, k) / a(k, k);
      for (int j = k; j < n; ++j) a(i, j) -= l * a(k, j);
    }
  }
  return sign;
}

TEST_CASE("the product of the pivots is the determinant") {
  Random random(58);
  for (int sample = 0; sample < 20; ++sample) {
    const int n = random.between(2, 25);
    std::vector<double> diagonal(n);
    Real product = 1;
    for (double& d : diagonal) product *= d = random.between(1, 3) * (random.unit() < 0.5 ? -1 : 1);
    const auto t = known_determinant(n, diagonal, random);
    const auto a = t.matrix();
    for (const LuKernel kernel : kernels) {
      LuFactorization f(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      REQUIRE(f.factorize(a.view()).ok());
      const auto found = f.determinant();
      REQUIRE(found);
      CHECK(std::fabs(found->log_abs - static_cast<double>(std::log(std::fabs(product)))) <= 1e-8);
      CHECK(found->sign == sign_of_determinant(Dense(a.view()), n));
    }
  }
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
    for (const LuKernel kernel : kernels) {
      LuFactorization f(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      const Fault fault = f.factorize(a.view());
      CHECK(fault.status == Status::singular_matrix);
      CHECK(fault.position == bad);
      CHECK(f.failed_pivot() == 0);
      CHECK_FALSE(f.factored());
    }
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
    for (const LuKernel kernel : {LuKernel::columns, LuKernel::fronts}) {
      LuFactorization f(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      const Fault fault = f.factorize(a.view());
      // Rounding may leave a tiny pivot instead of none; equal columns are updated alike, though.
      if (fault.ok()) {
        CHECK(f.quality().diagonal_ratio < 1e-14);
        continue;
      }
      ++found;
      CHECK(fault.status == Status::singular_matrix);
      CHECK((fault.position == column || fault.position == copy));
    }
  }
  CHECK(found > 60);
}

TEST_CASE("a structurally singular matrix is refused with its rank and what is left over") {
  Triplets t(6, 6);
  for (const int i : {0, 1, 2}) t.add(i, 1, 1 + i);
  t.add(0, 0, 1);
  for (const int k : {3, 4, 5}) t.add(k, k, 2);
  const auto a = t.matrix();
  LuFactorization f;
  const Fault fault = f.analyze(a.view());
  CHECK(fault.status == Status::singular_matrix);
  CHECK(fault.position == 2);
  CHECK(f.info().rank == 5);
  REQUIRE(f.deficiency().rows.size() == 1);
  CHECK((f.deficiency().rows[0] == 1 || f.deficiency().rows[0] == 2));
  REQUIRE(f.deficiency().cols.size() == 1);
  CHECK(f.deficiency().cols[0] == 2);
  CHECK(f.factorize(a.view()).status == Status::not_ready);
}

TEST_CASE("LU can be used again after a failure, and keeps the earlier factors") {
  const auto t = test::scattered(30, 3, 5);
  const auto a = t.matrix();
  auto zero = a.copy().take();
  REQUIRE(zero.set_values(std::vector<double>(a.view().nnz(), 0.0)).ok());
  Random random(55);
  const auto b = random.vector(30);
  for (const LuKernel kernel : kernels) {
    std::vector<double> x(30), y(30);
    LuFactorization f(with(kernel));
    CHECK(f.factorize(a.view()).status == Status::not_ready);
    REQUIRE(f.analyze(a.view()).ok());
    CHECK(f.solve(b, x, false) == Status::not_ready);
    REQUIRE(f.factorize(a.view()).ok());
    REQUIRE(f.solve(b, x, false) == Status::ok);
    CHECK(f.factorize(zero.view()).status == Status::singular_matrix);
    REQUIRE(f.solve(b, y, false) == Status::ok);
    CHECK(x == y);
    REQUIRE(f.factorize(a.view()).ok());
    REQUIRE(f.solve(b, y, false) == Status::ok);
    CHECK(x == y);
    // Another pattern that turns out to be singular leaves them, too.
    Triplets hollow(30, 30);
    for (int k = 1; k < 30; ++k) hollow.add(k, k, 1);
    const auto other = hollow.matrix();
    CHECK(f.analyze(other.view()).status == Status::singular_matrix);
    REQUIRE(f.solve(b, y, true) == Status::ok);
  }
}

TEST_CASE("LU by columns takes no more bytes than it may, and tells how many it takes") {
  const CsrMatrix a = test::convection(40, 40, 10, 3).matrix();
  LuOptions options = test::with(LuKernel::columns);
  LuFactorization free(options);
  REQUIRE(free.analyze(a.view()).ok());
  CHECK(free.info().peak_bytes == -1);
  REQUIRE(free.factorize(a.view()).ok());
  const double peak = free.info().peak_bytes;
  // At least row and value of each entry of L and U.
  CHECK(peak > 12 * (free.info().nnz - a.view().rows()));
  Random random(581);
  const auto b = random.vector(a.view().rows());
  std::vector<double> x(b.size()), y(b.size());
  REQUIRE(free.solve(b, x, false) == Status::ok);
  for (const double share : {0.2, 0.5, 0.9, 0.999, 1.0}) {
    options.max_bytes = share * peak;
    LuFactorization lu(options);
    REQUIRE(lu.analyze(a.view()).ok());
    const Fault fault = lu.factorize(a.view());
    CHECK(fault.status == (share < 1 ? Status::over_budget : Status::ok));
    CHECK(lu.factored() == (share == 1));
    if (share < 1) {
      CHECK(lu.info().peak_bytes > options.max_bytes);
      CHECK(lu.info().peak_bytes <= peak);
    } else {
      CHECK(lu.info().peak_bytes == peak);
      REQUIRE(lu.solve(b, y, false) == Status::ok);
      CHECK(x == y);
      // Values on the same pattern reuse the lists.
      REQUIRE(lu.factorize(a.view()).ok());
      CHECK(lu.route() == LuRoute::reused);
      CHECK(lu.info().peak_bytes == peak);
    }
  }
}
