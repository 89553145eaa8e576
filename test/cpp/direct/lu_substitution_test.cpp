// Solves with LU in slices.
#include <algorithm>
#include <cmath>
#include <vector>

#include "lacuna/direct/lu.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;

TEST_CASE("LU solves in slices with the bits of a solve in one piece") {
  Random random(161);
  for (const LuKernel kernel : {LuKernel::columns, LuKernel::fronts, LuKernel::automatic}) {
    // Blocks of one row before and after a large one, entries above the blocks.
    const int side = 30, n = side * side + 40;
    test::Triplets t(n, n);
    const auto inner = test::mesh(side, side, 7).matrix();
    for (int i = 0; i < 20; ++i) {
      t.add(i, i, 2 + i);
      t.add(i, 30 + 3 * i, 0.5);
      t.add(n - 1 - i, n - 1 - i, 1.5);
      t.add(100 + i, n - 1 - i, -0.25);
    }
    for (int i = 0; i < side * side; ++i) {
      for (int p = inner.view().indptr()[i]; p < inner.view().indptr()[i + 1]; ++p) {
        t.add(20 + i, 20 + inner.view().indices()[p], inner.view().data()[p] + (p % 3) * 0.01);
      }
    }
    const auto a = t.matrix();
    LuOptions options;
    options.kernel = kernel;
    LuFactorization lu(options);
    REQUIRE(lu.analyze(a.view()).ok());
    REQUIRE(lu.factorize(a.view()).ok());
    CHECK(lu.has_substitution());
    for (const bool transposed : {false, true}) {
      const std::int32_t k = 6;
      const auto b = random.vector(n * k);
      std::vector<double> x(n * k), y(n);
      const auto substitution = lu.substitution();
      REQUIRE(substitution->begin(b, x, k, transposed) == Status::ok);
      int steps = 0;
      TaskState state = TaskState::running;
      while (state == TaskState::running) {
        Budget budget(100);
        state = substitution->step(budget);
        ++steps;
        // Another solve meanwhile disturbs nothing.
        REQUIRE(lu.solve({b.data(), std::size_t(n)}, y, transposed) == Status::ok);
      }
      CHECK(state == TaskState::done);
      CHECK(steps > 1);
      for (std::int32_t j = 0; j < k; ++j) {
        const std::span<const double> bj(b.data() + j * n, std::size_t(n));
        REQUIRE(lu.solve(bj, y, transposed) == Status::ok);
        CHECK(y == std::vector<double>(x.begin() + j * n, x.begin() + (j + 1) * n));
        const auto dense = transposed ? test::Dense(a.view()).transposed() : test::Dense(a.view());
        const auto r = test::minus(std::vector<double>(bj.begin(), bj.end()), dense.times(y));
        CHECK(test::largest(r) <= 1e-12L);
      }
    }
  }
}

TEST_CASE("LU solves with blocks of columns of any length") {
  // One block by columns, longer than a slice for any number of right-hand sides at once.
  const int n = 20000;
  test::Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    t.add(i, i, 4 + i % 3);
    t.add(i, (i + 1) % n, -1);
    t.add((i + 1) % n, i, -1.5);
  }
  const auto a = t.matrix();
  LuOptions options;
  options.kernel = LuKernel::columns;
  LuFactorization lu(options);
  REQUIRE(lu.analyze(a.view()).ok());
  REQUIRE(lu.factorize(a.view()).ok());
  Random random(162);
  for (const std::int32_t k : {1, 5}) {
    const auto b = random.vector(n * k);
    std::vector<double> x(b.size());
    for (const bool transposed : {false, true}) {
      REQUIRE(lu.solve_columns(b, x, k, transposed) == Status::ok);
      double most = 0;
      for (std::int32_t j = 0; j < k; ++j) {
        for (int i = 0; i < n; ++i) {
          const int next = (i + 1) % n, last = (i + n - 1) % n;
          const double* xj = x.data() + std::size_t(j) * n;
          const double above = transposed ? -1.5 : -1, below = transposed ? -1 : -1.5;
          const double ax = (4 + i % 3) * xj[i] + above * xj[next] + below * xj[last];
          most = std::max(most, std::fabs(b[std::size_t(j) * n + i] - ax));
        }
      }
      CHECK(most <= 1e-14);
    }
  }
}

TEST_CASE("a substitution before any factor is not ready") {
  LuFactorization lu;
  std::vector<double> b(3, 1), x(3);
  CHECK(lu.substitution()->begin(b, x, 1, false) == Status::not_ready);
}
