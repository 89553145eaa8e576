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
using test::Vector;

namespace {

struct Solved {
  std::vector<double> x;
  std::int64_t rank;
};

Solved qr(const CsrMatrix& a, const std::vector<double>& b, bool transposed = false) {
  auto f = make_qr();
  REQUIRE(f->analyze(a.view()).ok());
  REQUIRE(f->factorize(a.view()).ok());
  std::vector<double> x(transposed ? a.view().rows() : a.view().cols(), 1e99);
  REQUIRE(f->solve(b, x, transposed) == Status::ok);
  return {x, f->info().rank};
}

/// Least ‖b − Ax‖ by the normal equations in long double (full column rank), and least ‖x‖ with
/// Ax = b by those of the other kind (full row rank).
Vector least_squares(const Dense& a, const std::vector<double>& b) {
  const Dense t = a.transposed();
  return test::Elimination(t.times(a), t.times(b)).x;
}
Vector minimum_norm(const Dense& a, const std::vector<double>& b) {
  const Dense t = a.transposed();
  return t.times(test::Elimination(a.times(t), test::to_real(b)).x);
}

void check_full_rank(int samples) {
  Random random(61);
  for (int k = 0; k < samples; ++k) {
    const int rows = random.between(1, 40), cols = random.between(1, 40);
    const auto a = test::rectangular(rows, cols, 3 * random.unit(), k).matrix();
    const Dense dense(a.view());
    for (const bool transposed : {false, true}) {
      const Dense op = transposed ? dense.transposed() : dense;
      const auto b = random.vector(op.rows);
      const Solved solved = qr(a, b, transposed);
      CHECK(solved.rank == std::min(rows, cols));
      const Vector exact = op.rows >= op.cols ? least_squares(op, b) : minimum_norm(op, b);
      CHECK(test::largest(test::minus(solved.x, exact)) <= 1e-11L * (test::largest(exact) + 1e-3L));
    }
  }
}

/// Columns that repeat others, in small integers.
Triplets deficient(int rows, int cols, int rank, Random& random) {
  Triplets t(rows, cols);
  for (int j = 0; j < cols; ++j) {
    if (j < rank) t.add(j, j, 9);
  }
  for (int j = 0; j < rank; ++j) {
    for (int i = 0; i < rows; ++i) {
      if (random.chance(0.2)) t.add(i, j, random.between(1, 2));
    }
  }
  const auto size = t.v.size();
  for (int j = rank; j < cols; ++j) {
    const int source = random.below(rank);
    for (std::size_t e = 0; e < size; ++e) {
      if (t.j[e] == source) t.add(t.i[e], j, t.v[e]);
    }
  }
  return t;
}

}  // namespace

LACUNA_SAMPLED(check_full_rank, "QR gives the least-squares and the minimum-norm solution", 40,
               20000)

TEST_CASE("a rank that falls short is seen, and the residual is still the least") {
  Random random(62);
  for (int k = 0; k < 40; ++k) {
    const int cols = random.between(2, 20);
    const int rows = cols + random.below(15);
    const int rank = random.between(1, cols);
    const auto a = deficient(rows, cols, rank, random).matrix();
    const Dense dense(a.view());
    const auto b = random.vector(rows);
    const Solved solved = qr(a, b);
    CHECK(solved.rank == rank);
    // The normal equations hold: Aᵀ(b − Ax) = 0.
    const Vector r = test::minus(b, dense.times(solved.x));
    CHECK(test::largest(dense.transposed().times(r)) <=
          1e-12L * dense.norm_frobenius() * (1 + test::euclid(r)) * 10);
  }
}

TEST_CASE("a wide matrix of deficient rank: consistent systems get the least solution") {
  Random random(63);
  for (int k = 0; k < 40; ++k) {
    const int rows = random.between(2, 15);
    const int cols = rows + random.between(1, 10);
    const int rank = random.between(1, rows);
    // Rows that repeat others: the transpose of `deficient`.
    auto t = deficient(cols, rows, rank, random);
    std::swap(t.i, t.j);
    std::swap(t.rows, t.cols);
    const auto a = t.matrix();
    const Dense dense(a.view());
    const auto z = random.vector(rows);
    // x* = Aᵀz lies in the row space, so it is the least solution of A x = A x*.
    const Vector least = dense.transposed().times(z);
    const auto b = test::to_double(dense.times(least));
    const Solved solved = qr(a, b);
    CHECK(solved.rank == rank);
    CHECK(test::largest(test::minus(solved.x, least)) <= 1e-10L * test::largest(least));
  }
}

TEST_CASE("rows and columns without entries are no obstacle") {
  Random random(64);
  for (int k = 0; k < 60; ++k) {
    // Any pattern: empty rows, empty columns, rank by dense elimination.
    const int rows = random.between(1, 12), cols = random.between(1, 12);
    const auto a = test::arbitrary(rows, cols, 0.5 * random.unit(), k + 1000).matrix();
    const Dense dense(a.view());
    for (const bool transposed : {false, true}) {
      const Dense op = transposed ? dense.transposed() : dense;
      // A consistent right-hand side, so that tall and wide ways have to reach residual 0.
      const auto b = test::to_double(op.times(random.vector(op.cols)));
      const Solved solved = qr(a, b, transposed);
      CHECK(solved.rank == test::Elimination(dense, Vector(rows, 0)).rank);
      const Real scale = op.norm_inf() * test::largest(solved.x) + test::largest(b);
      CHECK(test::largest(test::minus(b, op.times(solved.x))) <= 1e-11L * scale);
      for (int j = 0; j < op.cols; ++j) {
        bool empty = true;
        for (int i = 0; i < op.rows; ++i) empty = empty && op(i, j) == 0;
        if (empty) CHECK(std::fabs(solved.x[j]) <= 1e-14L * (1 + test::largest(solved.x)));
      }
    }
  }
}

TEST_CASE("a tall system with an empty row is solved in the least-squares sense") {
  Triplets t(4, 2);
  t.add(1, 0, 2);
  t.add(2, 0, 1);
  t.add(2, 1, 1);
  t.add(3, 1, 1);
  const Solved solved = qr(t.matrix(), {5, 2, 3, 1});
  CHECK(solved.rank == 2);
  const Vector exact = least_squares(Dense(t.matrix().view()), {5, 2, 3, 1});
  CHECK(test::largest(test::minus(solved.x, exact)) <= 1e-14L);
}

TEST_CASE("a matrix of zeros has rank 0 and the solution 0") {
  const auto none = Triplets(3, 2).matrix();
  CHECK(qr(none, {1, 2, 3}).rank == 0);
  CHECK(qr(none, {1, 2, 3}).x == std::vector<double>{0, 0});
  CHECK(qr(none, {1, 2}, true).x == std::vector<double>{0, 0, 0});
  Triplets zeros(2, 3);
  for (int j = 0; j < 3; ++j) zeros.add(j % 2, j, 0);
  CHECK(qr(zeros.matrix(), {1, 2}).rank == 0);
  CHECK(qr(zeros.matrix(), {1, 2}).x == std::vector<double>{0, 0, 0});
}

TEST_CASE("QR refactors new values on the analysis, whatever the rank before") {
  Random random(65);
  for (int k = 0; k < 20; ++k) {
    const auto low = deficient(18, 9, 5, random).matrix();
    auto high = low.copy().take();
    REQUIRE(high.set_values(random.vector(low.view().nnz())).ok());
    const auto b = random.vector(18);
    auto f = make_qr();
    CHECK(f->factorize(low.view()).status == Status::not_ready);
    REQUIRE(f->analyze(low.view()).ok());
    std::vector<double> x(9), again(9), y(9);
    REQUIRE(f->factorize(low.view()).ok());
    REQUIRE(f->solve(b, x, false) == Status::ok);
    REQUIRE(f->factorize(high.view()).ok());
    REQUIRE(f->solve(b, y, false) == Status::ok);
    CHECK(y == qr(high, b).x);
    REQUIRE(f->factorize(low.view()).ok());
    CHECK(f->info().rank == 5);
    REQUIRE(f->solve(b, again, false) == Status::ok);
    CHECK(again == x);
  }
}
