// QR where Eigen's had nothing to say or the fronts get large: minimum norm of any rank, scales,
// permutations, dense lines, tall and thin matrices, singletons.
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/qr.hpp"

using namespace lacuna;
using test::check_pseudoinverse;
using test::Dense;
using test::factor;
using test::product;
using test::Random;
using test::Real;
using test::Triplets;
using test::Vector;

namespace {

/// The rank, and solutions with A and Aᵀ, are right.
bool both_ways(const Triplets& t, std::int64_t rank, Random& random, QrStorage storage,
               Real tolerance) {
  const auto a = t.matrix();
  QrOptions options;
  options.storage = storage;
  QrFactorization f(options);
  factor(f, a);
  CHECK(f.seminormal() == (storage == QrStorage::seminormal));
  bool fine = f.info().rank == rank;
  const Dense dense(a.view());
  for (const bool transposed : {false, true}) {
    const Dense op = transposed ? dense.transposed() : dense;
    const auto b = random.vector(op.rows);
    const auto x = test::solve(f, b, op.cols, transposed);
    fine = fine && test::is_pseudoinverse(op, b, x, tolerance);
  }
  return fine;
}

void check_both_ways(const Triplets& t, std::int64_t rank, Random& random,
                     QrStorage storage = QrStorage::reflections, Real tolerance = 1e-11L) {
  CHECK(both_ways(t, rank, random, storage, tolerance));
}

int exact_rank(const Triplets& t) {
  return test::Elimination(Dense(t.matrix().view()), Vector(t.rows, 0)).rank;
}

// The columns found independent may be close to dependent, and then what is left of a dependent one
// is above the tolerance: few samples out of many may be such.
void check_products(int samples) {
  Random random(171);
  int missed = 0;
  for (int k = 0; k < samples; ++k) {
    const int rows = random.between(1, 30), cols = random.between(1, 30);
    const int rank = random.between(1, 12);
    const Triplets t = product(rows, cols, rank, 0.2 + 0.6 * random.unit(), 2 * k + 1);
    for (const Triplets& u :
         {t, test::with_copies(t, 1), test::arbitrary(rows, cols, 0.3 * random.unit(), k)}) {
      missed += !both_ways(u, exact_rank(u), random, QrStorage::reflections, 1e-10L);
    }
  }
  CHECK(missed <= 3 * samples / 200);
}

void check_seminormal(int samples) {
  Random random(172);
  int missed = 0;
  for (int k = 0; k < samples; ++k) {
    const int rows = random.between(1, 40), cols = random.between(1, 40);
    const Triplets t = test::rectangular(rows, cols, 3 * random.unit(), k);
    for (const Triplets& u : {t, test::with_copies(t, 1)}) {
      missed += !both_ways(u, exact_rank(u), random, QrStorage::seminormal, 1e-10L);
    }
  }
  CHECK(missed <= samples / 10);
}

}  // namespace

LACUNA_SAMPLED(check_products, "QR gives the solution of minimum norm of any rank", 60, 10000)
LACUNA_SAMPLED(check_seminormal, "R alone gives it by seminormal equations", 40, 5000)

TEST_CASE("fronts of several panels: full rank, and ranks that fall short") {
  Random random(173);
  for (const auto& [rows, cols] : {std::pair(170, 90), std::pair(90, 170), std::pair(120, 120)}) {
    const Triplets t = test::rectangular(rows, cols, 5, rows);
    check_both_ways(t, std::min(rows, cols), random);
    check_both_ways(t, std::min(rows, cols), random, QrStorage::seminormal, 1e-9L);
    check_both_ways(product(rows, cols, 50, 0.3, rows), 50, random, QrStorage::reflections, 1e-10L);
  }
  check_both_ways(test::with_copies(test::rectangular(60, 40, 4, 9), 2), 40, random);
}

TEST_CASE("a tall and thin matrix goes through its front in shares") {
  Random random(174);
  for (const bool dependent : {false, true}) {
    const int rows = 2 * QrPlan::share + 900, cols = 6;
    Triplets t(rows, cols);
    for (int i = 0; i < rows; ++i) {
      const double v = random.sign();
      for (int j = 0; j < cols; ++j) {
        // The last column doubles the first one.
        if (j % 2 == 0 || random.chance(0.5)) t.add(i, j, j == 0 ? v : random.sign());
      }
      if (dependent) t.add(i, cols - 1, 0);
    }
    if (dependent) {
      for (std::size_t e = 0; e < t.v.size(); ++e) {
        if (t.j[e] == cols - 1) t.v[e] = 0;
      }
      const auto size = t.v.size();
      for (std::size_t e = 0; e < size; ++e) {
        if (t.j[e] == 0) t.add(t.i[e], cols - 1, 2 * t.v[e]);
      }
    }
    const auto a = t.matrix();
    QrFactorization f;
    REQUIRE(f.analyze(a.view()).ok());
    const double predicted = f.info().nnz;
    REQUIRE(f.factorize(a.view()).ok());
    CHECK(f.plan()->passes(0) == 3);
    CHECK(f.info().rank == (dependent ? 5 : 6));
    if (!dependent) CHECK(f.info().nnz == predicted);
    const Dense dense(a.view());
    const auto b = random.vector(rows);
    check_pseudoinverse(dense, b, test::solve(f, b, cols));
    const auto c = random.vector(cols);
    check_pseudoinverse(dense.transposed(), c, test::solve(f, c, rows, true));
  }
}

TEST_CASE("one row, one column, one entry") {
  Random random(175);
  for (const auto& [rows, cols] : {std::pair(1, 1), std::pair(1, 9), std::pair(9, 1)}) {
    Triplets full(rows, cols), some(rows, cols);
    for (int k = 0; k < rows * cols; ++k) full.add(k / cols, k % cols, random.sign());
    some.add(rows / 2, cols / 2, -3);
    check_both_ways(full, 1, random);
    check_both_ways(some, 1, random);
    check_both_ways(Triplets(rows, cols), 0, random);
  }
}

TEST_CASE("dense rows and columns among sparse ones") {
  Random random(176);
  for (const bool wide : {false, true}) {
    Triplets t(90, 60);
    for (int j = 0; j < 60; ++j) {
      t.add(j, j, 2 + random.unit());
      t.add(30 + j, j, random.sign());
      t.add(7, j, random.sign());
    }
    for (int i = 0; i < 90; ++i) t.add(i, 11, random.sign());
    if (wide) std::swap(t.i, t.j), std::swap(t.rows, t.cols);
    check_both_ways(t, 60, random);
  }
}

TEST_CASE("singletons are pivots without arithmetic, as long as their values allow") {
  Random random(177);
  // Upper triangular, its rows and columns shuffled: all of it is singletons.
  const int n = 40;
  const auto row = random.permutation(n), col = random.permutation(n);
  Triplets t(n + 5, n);
  for (int i = 0; i < n; ++i) {
    t.add(row[i], col[i], 1 + random.unit());
    for (int j = i + 1; j < n; ++j) {
      if (random.chance(0.1)) t.add(row[i], col[j], random.sign());
    }
  }
  const auto a = t.matrix();
  QrFactorization f;
  factor(f, a);
  CHECK(f.plan()->singles == n);
  CHECK(f.info().flops == 0);
  CHECK(f.info().nnz == a.view().nnz());
  check_both_ways(t, n, random);
  // A pivot among them becomes zero: the pattern is analyzed anew, for these values.
  Triplets less = t;
  for (std::size_t e = 0; e < t.v.size(); ++e) {
    if (t.i[e] == row[20] && t.j[e] == col[20]) less.v[e] = 0;
  }
  const auto b = less.matrix();
  REQUIRE(f.factorize(b.view()).ok());
  CHECK(f.plan()->singles < n);
  const int rank = test::Elimination(Dense(b.view()), Vector(n + 5, 0)).rank;
  CHECK(f.info().rank == rank);
  const auto rhs = random.vector(n + 5);
  check_pseudoinverse(Dense(b.view()), rhs, test::solve(f, rhs, n));
  REQUIRE(f.factorize(a.view()).ok());
  CHECK(f.info().rank == n);
  check_pseudoinverse(Dense(a.view()), rhs, test::solve(f, rhs, n));
}

TEST_CASE("columns of other scales are other unknowns of one solution") {
  Random random(178);
  for (int k = 0; k < 20; ++k) {
    const Triplets t = test::rectangular(35, 20, 2, k);
    Triplets scaled = t;
    std::vector<double> factors(20);
    for (double& s : factors) s = std::ldexp(1.0, random.between(-15, 15));
    for (std::size_t e = 0; e < t.v.size(); ++e) scaled.v[e] *= factors[t.j[e]];
    const auto b = random.vector(35);
    QrFactorization f, g;
    factor(f, t.matrix());
    factor(g, scaled.matrix());
    CHECK(g.info().rank == 20);
    const auto x = test::solve(f, b, 20);
    auto y = test::solve(g, b, 20);
    for (int j = 0; j < 20; ++j) y[j] *= factors[j];
    CHECK(test::largest(test::minus(x, y)) <= 1e-12L * test::largest(x));
  }
}

TEST_CASE("a power of two times the matrix changes nothing but the scale of x") {
  Random random(179);
  const Triplets t = test::with_copies(test::rectangular(30, 12, 2, 5), 1);
  const auto b = random.vector(30);
  const auto c = random.vector(24);
  QrFactorization f;
  factor(f, t.matrix());
  const auto x = test::solve(f, b, 24);
  const auto z = test::solve(f, c, 30, true);
  for (const int power : {-900, -500, 500, 900}) {
    Triplets scaled = t;
    for (double& v : scaled.v) v = std::ldexp(v, power);
    QrFactorization g;
    factor(g, scaled.matrix());
    CHECK(g.info().rank == 12);
    auto y = test::solve(g, b, 24);
    auto w = test::solve(g, c, 30, true);
    for (double& v : y) v = std::ldexp(v, power);
    for (double& v : w) v = std::ldexp(v, power);
    CHECK(y == x);
    CHECK(w == z);
  }
}

TEST_CASE("P A Q has the permuted solution") {
  Random random(180);
  for (int k = 0; k < 20; ++k) {
    const Triplets t = k % 2 == 0 ? test::rectangular(40, 25, 2, k) : product(40, 25, 9, 0.4, k);
    const auto row = random.permutation(40), col = random.permutation(25);
    Triplets moved(40, 25);
    for (std::size_t e = 0; e < t.v.size(); ++e) moved.add(row[t.i[e]], col[t.j[e]], t.v[e]);
    const auto b = random.vector(40);
    std::vector<double> moved_b(40);
    for (int i = 0; i < 40; ++i) moved_b[row[i]] = b[i];
    QrFactorization f, g;
    factor(f, t.matrix());
    factor(g, moved.matrix());
    CHECK(f.info().rank == g.info().rank);
    const auto x = test::solve(f, b, 25);
    const auto y = test::solve(g, moved_b, 25);
    for (int j = 0; j < 25; ++j) CHECK(std::fabs(x[j] - y[col[j]]) <= 1e-11L * test::largest(x));
  }
}

TEST_CASE("a tolerance decides what counts as dependent") {
  Triplets t(3, 2);
  t.add(0, 0, 1);
  t.add(0, 1, 1);
  t.add(1, 1, 1e-6);
  t.add(1, 0, 1e-6);
  t.add(2, 1, 1e-9);
  for (const double tolerance : {-1.0, 1e-7, 1e-12}) {
    QrOptions options;
    options.tolerance = tolerance;
    QrFactorization f(options);
    factor(f, t.matrix());
    CHECK(f.info().rank == (tolerance == 1e-7 ? 1 : 2));
    if (tolerance >= 0) CHECK(f.tolerance() == tolerance);
  }
}
