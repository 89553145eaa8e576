// L·D·Lᵀ: shapes, refusals, slices, memory, and what stays after a failure.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "lacuna/direct/ldlt.hpp"
#include "lacuna/sparse/operations.hpp"
#include "support/catch.hpp"
#include "support/elimination.hpp"
#include "support/failing_memory.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Triplets;

namespace {

Fault prepare(Ldlt& f, const CsrView& a) {
  const Fault fault = f.analyze(a);
  return fault.ok() ? f.factorize(a) : fault;
}

/// Backward error of the answer to a random b.
double backward_error(Ldlt& f, const CsrView& a, Random& random) {
  const auto b = random.vector(a.rows());
  std::vector<double> x(a.rows()), y(a.rows());
  REQUIRE(f.solve(b, x, false) == Status::ok);
  multiply(a, x, y);
  const double residual = static_cast<double>(test::largest(test::minus(b, y)));
  return residual / static_cast<double>(norm_inf(a) * test::largest(x) + test::largest(b));
}

void check_signs(const Triplets& t, std::int64_t positive, std::int64_t negative) {
  Random random(311);
  const auto a = t.matrix();
  Ldlt f;
  REQUIRE(prepare(f, a.view()).ok());
  CHECK(f.info().positive == positive);
  CHECK(f.info().negative == negative);
  CHECK(backward_error(f, a.view(), random) <= 1e-13);
}

/// Hub of 0 and n − 1 leaves of alternating signs.
Triplets indefinite_arrow(std::int32_t n, std::int32_t hub) {
  Triplets t(n, n);
  std::int32_t leaf = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    if (i == hub) continue;
    t.add(i, i, leaf++ % 2 == 0 ? 2 : -1);
    t.add_symmetric(i, hub, 1);
  }
  return t;
}

/// In the smallest steps to the end of what was begun; how many, and progress never falls.
int step_through(Ldlt& f) {
  int steps = 0;
  double shown = 0;
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget(1);
    state = f.step(budget);
    CHECK(f.progress() >= shown);
    shown = f.progress();
    ++steps;
  }
  CHECK(state == TaskState::done);
  return steps;
}

}  // namespace

TEST_CASE("LDLᵀ of one row, of none that touch, and of blocks of two") {
  Triplets one(1, 1);
  one.add(0, 0, -3);
  check_signs(one, 0, 1);
  Triplets diagonal(40, 40);
  for (int i = 0; i < 40; ++i) diagonal.add(i, i, i % 3 == 0 ? -1e-200 * (i + 1) : 1e150 / (i + 1));
  check_signs(diagonal, 26, 14);
  Triplets two(2, 2);
  two.add_symmetric(0, 1, 5);
  check_signs(two, 1, 1);
  // Partners that are far from each other, more of them than a panel has columns.
  Triplets anti(200, 200);
  for (int i = 0; i < 100; ++i) anti.add_symmetric(i, 199 - i, 1 + i);
  check_signs(anti, 100, 100);
}

TEST_CASE("arrows both ways, with a hub that is zero") {
  for (const int n : {2, 3, 8, 61, 300}) {
    for (const int hub : {0, n / 2, n - 1}) {
      // The hub's pivot is −(leaves/2)·½ + (leaves/2)·1, with one more of the first kind if odd.
      const int leaves = n - 1, positive = (leaves + 1) / 2, negative = leaves / 2;
      const double schur = -0.5 * positive + 1.0 * negative;
      if (schur == 0) continue;
      check_signs(indefinite_arrow(n, hub), positive + (schur > 0), negative + (schur < 0));
    }
  }
}

TEST_CASE("a full matrix without a diagonal, of many sizes") {
  Random random(312);
  for (const int n : {2, 3, 7, 8, 9, 12, 13, 33, 63, 64, 65, 73, 130, 300}) {
    // J − I: one eigenvalue of n − 1, the others −1.
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) t.add_symmetric(i, j, 1);
    }
    check_signs(t, 1, n - 1);
    Triplets hollow(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) hollow.add_symmetric(i, j, random.sign());
    }
    const auto a = hollow.matrix();
    Ldlt f;
    REQUIRE(prepare(f, a.view()).ok());
    CHECK(f.info().two_by_two > 0);
    CHECK(backward_error(f, a.view(), random) <= 1e-13);
  }
}

TEST_CASE("dense rows, parts that do not touch, and all signs among them") {
  Random random(313);
  for (int k = 0; k < 12; ++k) {
    auto t = test::with_dense_rows(random.between(40, 120), 2, random.bits());
    for (int i = 0; i < t.rows; i += 2) t.add(i, i, -6);
    const auto rows = t.matrix();
    Ldlt f;
    REQUIRE(prepare(f, rows.view()).ok());
    CHECK(backward_error(f, rows.view(), random) <= 1e-13);
    auto parts = test::disconnected(5, random.between(1, 9), random.bits());
    for (int i = 0; i < parts.rows; ++i) parts.add(i, i, -2.71828);
    const auto a = parts.matrix();
    REQUIRE(prepare(f, a.view()).ok());
    CHECK(f.info().positive + f.info().negative == parts.rows);
    CHECK(backward_error(f, a.view(), random) <= 1e-13);
  }
}

TEST_CASE("structural and numerical singularity are told with the row") {
  // Three constraints on two unknowns.
  Triplets t(5, 5);
  t.add(0, 0, 1);
  t.add(1, 1, 1);
  for (int c = 2; c < 5; ++c) {
    t.add_symmetric(c, 0, 1);
    t.add_symmetric(c, 1, c);
  }
  const auto structural = t.matrix();
  Ldlt f;
  Fault fault = f.analyze(structural.view());
  CHECK(fault.status == Status::singular_matrix);
  CHECK((fault.position >= 2 && fault.position < 5));
  CHECK(f.info().rank == 4);
  CHECK(f.factorize(structural.view()).status == Status::not_ready);
  // Two equal rows; the zeros of elimination are exact.
  for (const int n : {3, 20, 90}) {
    Triplets equal(n, n);
    for (int i = 0; i + 2 < n; ++i) equal.add(i, i, i % 2 == 0 ? 2 : -4);
    for (int i = n - 2; i < n; ++i) {
      for (int j = n - 2; j < n; ++j) equal.add(i, j, 1);
    }
    for (int i = 0; i + 2 < n; i += 5) {
      equal.add_symmetric(n - 1, i, 2);
      equal.add_symmetric(n - 2, i, 2);
    }
    const auto a = equal.matrix();
    fault = prepare(f, a.view());
    CHECK(fault.status == Status::zero_pivot);
    CHECK(fault.position >= n - 2);
    std::vector<double> x(n);
    CHECK(f.solve(x, x, false) == Status::not_ready);
    CHECK_FALSE(f.determinant());
  }
}

TEST_CASE("an inertia that rounding decides is withheld") {
  // A path Laplacian with weights that are no binary fractions: singular but for rounding.
  Triplets t(30, 30);
  for (int i = 0; i + 1 < 30; ++i) t.add_edge(i, i + 1, 0.1 + 0.3 * (i % 7));
  const auto a = t.matrix();
  Ldlt f;
  const Fault fault = prepare(f, a.view());
  if (fault.ok()) {
    CHECK(f.info().positive == -1);
    CHECK(f.info().negative == -1);
    CHECK(f.info().zero == -1);
  } else {
    CHECK(fault.status == Status::zero_pivot);
  }
}

TEST_CASE("pivots are passed on where a supernode has none") {
  // Leaves that are weak beside what couples them to one hub, in an order that a user might give:
  // without pairs, each of them has to wait for its hub.
  Random random(314);
  std::int64_t delayed = 0;
  for (int k = 0; k < 20; ++k) {
    const auto t = test::symmetric_scattered(random.between(30, 150), 3, random.bits());
    auto strong = t;
    for (int i = 0; i < t.rows; ++i) strong.add(i, i, 50);
    // The analysis sees a matrix without a weak diagonal, so it pairs nothing.
    auto weak = strong;
    for (int i = 0; i < t.rows; ++i) weak.add(i, i, -50);
    const auto a = weak.matrix();
    Ldlt f;
    const auto seen = strong.matrix();
    REQUIRE(f.analyze(seen.view()).ok());
    CHECK(f.pairs() == 0);
    REQUIRE(f.factorize(a.view()).ok());
    delayed += f.info().delayed;
    CHECK(backward_error(f, a.view(), random) <= 1e-12);
    std::int64_t negative = 0;
    if (t.rows <= 60) {
      for (const auto e : test::eigenvalues(Dense(a.view()))) negative += e < 0;
      CHECK(f.info().negative == negative);
    }
  }
  CHECK(delayed > 100);
}

TEST_CASE("slices, many right-hand sides and a second factorization give the same bits") {
  Random random(315);
  for (int k = 0; k < 6; ++k) {
    const Triplets t = k == 0   ? test::cube(9, -2.345)
                       : k == 1 ? test::saddle_point(test::mesh(15, 15, 2), 60, 3)
                                : test::symmetric_scattered(random.between(20, 200), 4, k);
    const auto a = t.matrix();
    const std::size_t n = t.rows;
    Ldlt whole, sliced;
    REQUIRE(prepare(whole, a.view()).ok());
    REQUIRE(sliced.begin_analyze(a.view()).ok());
    step_through(sliced);
    REQUIRE(sliced.begin_factorize(a.view()).ok());
    const int steps = step_through(sliced);
    if (k == 0) CHECK(steps > 3);
    REQUIRE(whole.factorize(a.view()).ok());
    for (const std::int32_t r : {1, 2, 3, 16, 17, 33}) {
      const auto b = random.vector(n * r);
      std::vector<double> x(n * r), y(n * r), alone(n);
      const auto solve = whole.substitution();
      REQUIRE(solve->begin(b, x, r, false) == Status::ok);
      Budget unlimited;
      REQUIRE(solve->step(unlimited) == TaskState::done);
      const auto slow = sliced.substitution();
      REQUIRE(slow->begin(b, y, r, true) == Status::ok);
      CHECK(test::run_in_slices(*slow) == TaskState::done);
      CHECK(x == y);
      for (std::int32_t c = 0; c < r; ++c) {
        REQUIRE(whole.solve({b.data() + c * n, n}, alone, false) == Status::ok);
        CHECK(std::memcmp(alone.data(), x.data() + c * n, n * sizeof(double)) == 0);
      }
    }
  }
}

TEST_CASE("a factorization of LDLᵀ that fails or is given up leaves the earlier factor") {
  Random random(316);
  auto t = test::cube(7, -2.5);
  const auto a = t.matrix();
  auto bad_values = t;
  for (std::size_t e = 0; e < t.v.size(); ++e) bad_values.v[e] = 0;
  const auto bad = bad_values.matrix();
  Ldlt f;
  REQUIRE(prepare(f, a.view()).ok());
  const auto b = random.vector(t.rows);
  std::vector<double> first(t.rows), again(t.rows);
  REQUIRE(f.solve(b, first, false) == Status::ok);
  const auto same = [&] {
    REQUIRE(f.solve(b, again, false) == Status::ok);
    CHECK(first == again);
  };
  CHECK(f.factorize(bad.view()).status == Status::zero_pivot);
  same();
  REQUIRE(f.begin_factorize(a.view()).ok());
  Budget little(1);
  CHECK(f.step(little) == TaskState::running);
  CHECK(f.progress() < 1);
  same();
  REQUIRE(f.factorize(a.view()).ok());
  same();
}

TEST_CASE("new values on an analyzed pattern") {
  Random random(317);
  for (int k = 0; k < 10; ++k) {
    auto t = test::saddle_point(test::mesh(8, 8, k), 20, k);
    Ldlt f;
    const auto first = t.matrix();
    REQUIRE(prepare(f, first.view()).ok());
    for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= -3;
    const auto second = t.matrix();
    REQUIRE(f.factorize(second.view()).ok());
    CHECK(f.info().positive == 20);
    CHECK(f.info().negative == 64);
    CHECK(backward_error(f, second.view(), random) <= 1e-13);
  }
}

TEST_CASE("entries of the whole range of numbers are scaled without rounding") {
  Random random(318);
  for (int k = 0; k < 10; ++k) {
    const int n = random.between(2, 50);
    auto t = test::symmetric_scattered(n, 3, random.bits());
    const auto unscaled = t.matrix();
    std::vector<double> s(n);
    for (double& v : s) v = std::ldexp(1.0, random.between(-400, 400));
    for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= s[t.i[e]] * s[t.j[e]];
    const auto a = t.matrix();
    Ldlt f;
    REQUIRE(prepare(f, a.view()).ok());
    // S⁻¹·b and S·x are those of the matrix before it was scaled.
    const Dense plain(unscaled.view());
    std::vector<double> b = random.vector(n), x(n), y(n);
    const auto rhs = b;
    for (int i = 0; i < n; ++i) b[i] *= s[i];
    REQUIRE(f.solve(b, x, false) == Status::ok);
    for (int i = 0; i < n; ++i) y[i] = x[i] * s[i];
    for (int step = 0; step < 2; ++step) {
      const auto r = test::to_double(test::minus(rhs, plain.times(y)));
      for (int i = 0; i < n; ++i) b[i] = r[i] * s[i];
      REQUIRE(f.solve(b, x, false) == Status::ok);
      for (int i = 0; i < n; ++i) y[i] += x[i] * s[i];
    }
    CHECK(test::largest(test::minus(rhs, plain.times(y))) <=
          1e-14L * (plain.norm_inf() * test::largest(y) + test::largest(rhs)));
    CHECK(f.info().positive + f.info().negative == n);
  }
}

TEST_CASE("leaves that a hub alone balances are not drowned by it") {
  // Every row has an entry of 1 at the hub, beside which the others vanish: S·(J − I)·S.
  for (const int n : {3, 4, 9, 40, 130}) {
    for (const int exponent : {12, 33, 90}) {
      for (const bool at_end : {false, true}) {
        const auto t = test::hub_of_hollow(n, exponent, at_end ? n - 1 : 0);
        check_signs(t, 1, n - 1);
        const auto a = t.matrix();
        Ldlt f, sliced;
        REQUIRE(prepare(f, a.view()).ok());
        const double logs = 2 * exponent * std::log(2.0) * (2 - n);
        CHECK(f.determinant()->log_abs == Approx(std::log(n - 1) + logs).epsilon(1e-12));
        CHECK(f.determinant()->sign == (n % 2 == 0 ? -1 : 1));
        REQUIRE(sliced.analyze(a.view()).ok());
        REQUIRE(sliced.begin_factorize(a.view()).ok());
        step_through(sliced);
        const auto& one = *f.factors();
        const auto& other = *sliced.factors();
        REQUIRE(one.values.size() == other.values.size());
        CHECK(std::memcmp(one.pivots.data(), other.pivots.data(), one.pivots.bytes()) == 0);
        CHECK(one.smallest > 1e-8);
      }
    }
  }
}

TEST_CASE("a try of LDLᵀ with another scaling counts among its flops") {
  for (const int exponent : {14, 16}) {
    Ldlt even, twice;
    REQUIRE(prepare(even, test::hub_of_hollow(60, 0, 0).matrix().view()).ok());
    REQUIRE(prepare(twice, test::hub_of_hollow(60, exponent, 0).matrix().view()).ok());
    REQUIRE(even.factors()->smallest == 1);
    REQUIRE(twice.factors()->smallest > 0.5);
    CHECK(twice.info().flops == even.info().flops + twice.factors()->flops);
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short is a status of LDLᵀ, and the earlier factor stays") {
  Random random(319);
  // With pairs, with columns that are passed on, with neither, and scaled twice.
  const auto cases = {test::saddle_point(test::mesh(6, 6, 1), 12, 1),
                      test::symmetric_scattered(60, 4, 5), test::cube(4, -2.5),
                      test::hub_of_hollow(12, 33, 0)};
  for (const Triplets& t : cases) {
    const auto a = t.matrix();
    const auto b = random.vector(t.rows);
    for (long k = 1; k < 90; ++k) {
      Ldlt f;
      std::vector<double> x(t.rows), y(t.rows);
      Fault fault;
      bool struck;
      {
        test::FailingMemory memory(k, false);
        fault = prepare(f, a.view());
        struck = memory.struck();
      }
      CHECK((fault.ok() || (struck && fault.status == Status::out_of_memory)));
      if (!fault.ok()) REQUIRE(prepare(f, a.view()).ok());
      REQUIRE(f.solve(b, x, false) == Status::ok);
      {
        test::FailingMemory memory(k, true);
        fault = f.factorize(a.view());
      }
      if (!fault.ok()) CHECK(fault.status == Status::out_of_memory);
      const Status status = f.solve(b, y, false);
      CHECK((status == Status::not_ready || (status == Status::ok && x == y)));
    }
  }
}
#endif
