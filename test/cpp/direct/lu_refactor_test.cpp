// Long work in slices, new values on the same pattern, and many right-hand sides of LU.
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/lu.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::kernels;
using test::Random;
using test::Triplets;
using test::with;

namespace {

std::vector<double> solution(LuFactorization& f, const std::vector<double>& b, bool transposed) {
  std::vector<double> x(b.size());
  REQUIRE(f.solve(b, x, transposed) == Status::ok);
  return x;
}

int run(LuFactorization& f, double work) {
  int steps = 0;
  TaskState state = TaskState::running;
  double shown = 0;
  while (state == TaskState::running) {
    Budget budget(work);
    state = f.step(budget);
    CHECK(f.progress() >= shown - 1e-12);
    shown = f.progress();
    ++steps;
  }
  REQUIRE(state == TaskState::done);
  return steps;
}

}  // namespace

TEST_CASE("new values keep the pivots where they hold, with the bits of a fresh factorization") {
  for (int seed = 0; seed < 10; ++seed) {
    Random random(seed);
    auto t = test::convection(9, 8, 3, seed);
    auto a = t.matrix();
    for (const LuKernel kernel : kernels) {
      LuFactorization f(with(kernel)), fresh(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      REQUIRE(f.factorize(a.view()).ok());
      CHECK(f.route() == LuRoute::fresh);
      std::vector<double> values(a.view().values().begin(), a.view().values().end());
      for (double& v : values) v *= 1 + 0.1 * random.sign();
      auto changed = a.copy().take();
      REQUIRE(changed.set_values(values).ok());
      REQUIRE(f.factorize(changed.view()).ok());
      CHECK(f.route() == (kernel == LuKernel::fronts ? LuRoute::fresh : LuRoute::reused));
      REQUIRE(fresh.analyze(a.view()).ok());
      REQUIRE(fresh.factorize(changed.view()).ok());
      const auto b = random.vector(72);
      for (const bool transposed : {false, true}) {
        CHECK(solution(f, b, transposed) == solution(fresh, b, transposed));
      }
      CHECK(f.quality().pivot_growth == fresh.quality().pivot_growth);
      CHECK(f.info().nnz == fresh.info().nnz);
      CHECK(f.info().flops == fresh.info().flops);
    }
  }
}

TEST_CASE("new values under which a pivot vanishes are factored anew") {
  int regular = 0;
  for (int seed = 0; seed < 10; ++seed) {
    Random random(seed);
    const auto t = test::scattered(40, 3, seed);
    const auto a = t.matrix();
    LuFactorization f(with(LuKernel::columns));
    REQUIRE(f.analyze(a.view()).ok());
    REQUIRE(f.factorize(a.view()).ok());
    // Small where it was large: the pivots chosen for the first values are of no use.
    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (double& v : values) v = std::fabs(v) > 1 ? v * 1e-9 : v;
    for (std::size_t k = 0; k < values.size(); k += 3) values[k] += random.sign();
    auto changed = a.copy().take();
    REQUIRE(changed.set_values(values).ok());
    const Fault fault = f.factorize(changed.view());
    if (!fault.ok()) continue;
    ++regular;
    CHECK((f.route() == LuRoute::fallback || f.route() == LuRoute::strict));
    const auto b = random.vector(40);
    const Dense dense(changed.view());
    const auto x = solution(f, b, false);
    const auto residual = test::largest(test::minus(b, dense.times(x)));
    CHECK(residual <= 1e-8L * (dense.norm_inf() * test::largest(x) + 1));
  }
  CHECK(regular >= 8);
}

TEST_CASE("growth of elements leads to stricter pivots") {
  // The last column grows 667-fold at every step if the diagonal is taken, which just passes its
  // threshold. A full pattern keeps its order. It was analyzed with a large diagonal: otherwise the
  // weighted matching would have gone another way.
  const int n = 8;
  Triplets t(n, n), benign(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double v = j == n - 1 ? 1 : i > j ? -1 : i == j ? 1.5e-3 : 1e-30;
      t.add(i, j, v);
      benign.add(i, j, i == j ? 10 : v);
    }
  }
  const auto a = t.matrix(), easy = benign.matrix();
  int stricter = 0;
  for (const LuKernel kernel : {LuKernel::columns, LuKernel::fronts}) {
    LuFactorization f(with(kernel));
    REQUIRE(f.analyze(easy.view()).ok());
    REQUIRE(f.factorize(a.view()).ok());
    stricter += f.route() == LuRoute::strict;
    double once = 0;  // of a full matrix
    for (int m = 0; m < n; ++m) once += m + 2.0 * m * m;
    CHECK(f.info().flops == (f.route() == LuRoute::strict ? 2 * once : once));
    CHECK(f.quality().pivot_growth >= LuFactorization::growth_limit);
    Random random(3);
    const auto b = random.vector(n);
    const Dense dense(a.view());
    const auto x = solution(f, b, false);
    const auto residual = test::largest(test::minus(b, dense.times(x)));
    CHECK(residual <= 1e-12L * (dense.norm_inf() * test::largest(x) + 1));
  }
  CHECK(stricter > 0);
}

TEST_CASE("slices change nothing of a refactorization") {
  for (int seed = 0; seed < 3; ++seed) {
    for (const auto& t : {test::convection(20, 20, 2, seed), test::scattered(80, 4, seed)}) {
      const auto a = t.matrix();
      Random random(seed);
      const auto b = random.vector(t.rows);
      for (const LuKernel kernel : kernels) {
        LuFactorization whole(with(kernel)), sliced(with(kernel));
        REQUIRE(whole.analyze(a.view()).ok());
        REQUIRE(whole.factorize(a.view()).ok());
        REQUIRE(sliced.begin_analyze(a.view()).ok());
        run(sliced, 1);
        REQUIRE(sliced.begin_factorize(a.view()).ok());
        run(sliced, 1);
        CHECK(solution(whole, b, false) == solution(sliced, b, false));
        CHECK(whole.info().flops == sliced.info().flops);
      }
    }
  }
}

TEST_CASE("a factorization is cut into many slices, and giving it up keeps the earlier one") {
  const auto a = test::convection(60, 60, 2, 1).matrix();
  Random random(5);
  const auto b = random.vector(3600);
  for (const LuKernel kernel : {LuKernel::columns, LuKernel::fronts}) {
    LuFactorization f(with(kernel));
    REQUIRE(f.begin_analyze(a.view()).ok());
    CHECK(run(f, 1) > 2);
    REQUIRE(f.begin_factorize(a.view()).ok());
    CHECK(run(f, 1) > 10);
    const auto x = solution(f, b, false);
    auto other = a.copy().take();
    REQUIRE(other.set_values(std::vector<double>(a.view().nnz(), 1.0)).ok());
    REQUIRE(f.begin_factorize(other.view()).ok());
    Budget budget(1);
    CHECK(f.step(budget) == TaskState::running);
    CHECK(solution(f, b, false) == x);
    f.cancel();
    CHECK(solution(f, b, false) == x);
    CHECK(f.factorize(a.view()).ok());
  }
}

TEST_CASE("many right-hand sides have the bits of one at a time") {
  for (const auto& t : {test::convection(12, 11, 2, 4), test::scattered(60, 2, 4)}) {
    const auto a = t.matrix();
    Random random(6);
    const auto n = static_cast<std::size_t>(t.rows);
    for (const LuKernel kernel : kernels) {
      LuFactorization f(with(kernel));
      REQUIRE(f.analyze(a.view()).ok());
      REQUIRE(f.factorize(a.view()).ok());
      for (const int k : {0, 1, 3, 4, 6, 9}) {
        const auto b = random.vector(n * k);
        for (const bool transposed : {false, true}) {
          std::vector<double> x(n * k);
          REQUIRE(f.solve_columns(b, x, k, transposed) == Status::ok);
          for (int c = 0; c < k; ++c) {
            const std::vector<double> alone(b.begin() + n * c, b.begin() + n * (c + 1));
            const std::vector<double> part(x.begin() + n * c, x.begin() + n * (c + 1));
            CHECK(part == solution(f, alone, transposed));
          }
        }
      }
      std::vector<double> shorter(n - 1);
      CHECK(f.solve_columns(shorter, shorter, 1, false) == Status::shape_mismatch);
    }
  }
}
