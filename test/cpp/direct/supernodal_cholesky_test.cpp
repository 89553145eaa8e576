#include "lacuna/direct/supernodal_cholesky.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/symbolic.hpp"
#include "lacuna/sparse/operations.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/spd_shapes.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Triplets;

namespace {

Supernodes analyzed(const CsrView& a, const Ordering& ordering = {},
                    const Relaxation& relaxation = {}) {
  Symbolic symbolic;
  REQUIRE(symbolic.begin(a, ordering, relaxation).ok());
  Budget unlimited;
  REQUIRE(symbolic.step(unlimited) == TaskState::done);
  return symbolic.take();
}

struct Factored {
  Buffer<double> values;
  Fault fault;
  int steps = 0;
};

/// In slices of `work` flops where that is given.
Factored factored(const CsrView& a, const Supernodes& s, double work = 0) {
  Factored out;
  SupernodalCholesky<double> cholesky;
  REQUIRE(cholesky.begin(a, s) == Status::ok);
  TaskState state = TaskState::running;
  double shown = 0;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = cholesky.step(budget);
    CHECK(cholesky.progress() >= shown);
    shown = cholesky.progress();
    ++out.steps;
  }
  out.fault = cholesky.fault();
  CHECK((state == TaskState::done) == out.fault.ok());
  out.values = cholesky.take();
  return out;
}

/// L from its panels.
Dense expanded(const Supernodes& s, const Buffer<double>& values) {
  Dense l(s.n, s.n);
  for (std::int32_t u = 0; u < s.count; ++u) {
    const double* panel = values.data() + s.value_begin[u];
    for (std::int32_t j = 0; j < s.width(u); ++j) {
      for (std::int32_t i = j; i < s.height(u); ++i) {
        l(s.rows[s.row_begin[u] + i], s.first_column[u] + j) =
            panel[i + std::size_t(j) * s.height(u)];
      }
    }
  }
  return l;
}

/// max |L·Lᵀ − P A Pᵀ| / (|L|·|L|ᵀ) over the elements: at most n + 1 units of rounding (Higham,
/// Accuracy and Stability, theorem 10.3), and a few for reciprocals.
void check_product(const Dense& a, const Supernodes& s, const Buffer<double>& values) {
  const Dense l = expanded(s, values);
  test::Real worst = 0;
  for (int i = 0; i < s.n; ++i) {
    for (int j = 0; j <= i; ++j) {
      test::Real sum = 0, modulus = 0;
      for (int p = 0; p <= j; ++p) {
        sum += l(i, p) * l(j, p);
        modulus += std::fabs(l(i, p) * l(j, p));
      }
      const test::Real error = std::fabs(sum - a(s.permutation[i], s.permutation[j]));
      if (error > 0) worst = std::fmax(worst, error / modulus);
    }
  }
  CHECK(worst <= (s.n + 4) * 0x1p-53L);
}

bool same(const Supernodes& s, const Buffer<double>& x, const Buffer<double>& y, double scale = 1) {
  for (std::int32_t u = 0; u < s.count; ++u) {
    for (std::int32_t j = 0; j < s.width(u); ++j) {
      for (std::int32_t i = j; i < s.height(u); ++i) {
        const std::size_t at = s.value_begin[u] + i + std::size_t(j) * s.height(u);
        if (x[at] * scale != y[at]) return false;
      }
    }
  }
  return true;
}

void check_factors(int samples) {
  Random random(201);
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      const auto a = t.matrix();
      const Dense dense(a.view());
      for (const OrderingKind kind : {OrderingKind::automatic, OrderingKind::natural}) {
        for (const Relaxation& relaxation : {Relaxation(), Relaxation::none()}) {
          const Supernodes structure = analyzed(a.view(), {kind, {}}, relaxation);
          const Factored f = factored(a.view(), structure);
          REQUIRE(f.fault.ok());
          check_product(dense, structure, f.values);
        }
      }
    }
  }
}

/// The same matrix, numbered at random, under the same order of elimination.
void check_invariance(int samples) {
  Random random(202);
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      const auto a = t.matrix();
      const Supernodes chosen = analyzed(a.view());
      const Supernodes structure =
          analyzed(a.view(), {OrderingKind::given, chosen.permutation.span()});
      const Factored f = factored(a.view(), structure);
      REQUIRE(f.fault.ok());
      const auto p = random.permutation(t.rows);
      const auto b = permute_symmetric(a.view(), p);
      REQUIRE(b.ok());
      std::vector<std::int32_t> inverse(t.rows), order(t.rows);
      for (std::int32_t i = 0; i < t.rows; ++i) inverse[p[i]] = i;
      for (std::int32_t k = 0; k < t.rows; ++k) order[k] = inverse[chosen.permutation[k]];
      const Supernodes again = analyzed(b.value().view(), {OrderingKind::given, order});
      const Factored g = factored(b.value().view(), again);
      REQUIRE(again.count == structure.count);
      CHECK(same(structure, f.values, g.values));
      Triplets scaled = t;
      for (double& v : scaled.v) v *= 0x1p-40;
      const Factored h = factored(scaled.matrix().view(), structure);
      CHECK(same(structure, f.values, h.values, 0x1p-20));
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_factors, "L·Lᵀ = P A Pᵀ", 6, 600)
LACUNA_SAMPLED(check_invariance, "numbering and scale change no bit of the factor", 6, 600)

TEST_CASE("large panels: blocks, chunks and slices give one factor") {
  // Dense and nearly dense, so that panels are wider than a block and cut into pieces.
  Random random(203);
  for (const int n : {63, 64, 65, 129, 300, 420}) {
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      t.add(i, i, n);
      for (int j = 0; j < i; ++j) {
        if (random.chance(0.6)) t.add_symmetric(i, j, random.sign());
      }
    }
    const auto a = t.matrix();
    for (const Relaxation& relaxation : {Relaxation(), Relaxation::none()}) {
      const Supernodes structure = analyzed(a.view(), {}, relaxation);
      const Factored whole = factored(a.view(), structure);
      const Factored sliced = factored(a.view(), structure, 1);
      REQUIRE(whole.fault.ok());
      CHECK(whole.steps == 1);
      CHECK(same(structure, whole.values, sliced.values));
      if (n <= 129) check_product(Dense(a.view()), structure, whole.values);
      // Against a solution that is known.
      const auto x = random.vector(n);
      std::vector<double> b(n), y(n);
      multiply(a.view(), x, b);
      SupernodalSolve<double> solve;
      REQUIRE(solve.begin(structure, whole.values.data(), b.data(), y.data(), 1) == Status::ok);
      Budget unlimited;
      REQUIRE(solve.step(unlimited) == TaskState::done);
      CHECK(test::largest(test::minus(x, y)) <= 1e-12);
    }
  }
}

TEST_CASE("a long factorization pauses") {
  const auto a = test::cube(12).matrix();
  const Supernodes structure = analyzed(a.view());
  const Factored f = factored(a.view(), structure, Budget::piece);
  CHECK(f.fault.ok());
  CHECK(f.steps > structure.panel_flops / (8 * Budget::piece));
}

TEST_CASE("many right-hand sides: the bits of each alone, in slices too") {
  Random random(204);
  for (int s = 0; s < 12; ++s) {
    const Triplets t = s == 0 ? test::cube(9) : test::spd_shapes(s, random)[s % 10];
    const auto a = t.matrix();
    const std::size_t n = t.rows;
    Cholesky cholesky;
    REQUIRE(cholesky.analyze(a.view()).ok());
    REQUIRE(cholesky.factorize(a.view()).ok());
    for (const std::int32_t k : {1, 2, 3, 16, 17, 33}) {
      const auto b = random.vector(n * k);
      std::vector<double> x(n * k, 7), sliced(n * k, 7), alone(n, 7);
      const auto solve = cholesky.substitution();
      for (auto [out, work] : {std::pair(&x, 0.0), std::pair(&sliced, 1.0)}) {
        REQUIRE(solve->begin(b, *out, k, false) == Status::ok);
        TaskState state = TaskState::running;
        while (state == TaskState::running) {
          Budget budget = work > 0 ? Budget(work) : Budget();
          state = solve->step(budget);
        }
        CHECK(state == TaskState::done);
      }
      CHECK(x == sliced);
      for (std::int32_t r = 0; r < k; ++r) {
        REQUIRE(cholesky.solve({b.data() + r * n, n}, alone, false) == Status::ok);
        CHECK(std::memcmp(alone.data(), x.data() + r * n, n * sizeof(double)) == 0);
      }
    }
  }
}

TEST_CASE("a factorization that fails or is given up leaves the earlier factor") {
  Random random(205);
  auto t = test::cube(7);
  const auto a = t.matrix();
  t.add(100, 100, -50);
  const auto bad = t.matrix();
  Cholesky cholesky;
  REQUIRE(cholesky.analyze(a.view()).ok());
  REQUIRE(cholesky.factorize(a.view()).ok());
  const auto b = random.vector(t.rows);
  std::vector<double> first(t.rows), again(t.rows);
  REQUIRE(cholesky.solve(b, first, false) == Status::ok);
  const Fault fault = cholesky.factorize(bad.view());
  CHECK(fault.status == Status::indefinite_matrix);
  CHECK(fault.position == 100);
  REQUIRE(cholesky.solve(b, again, false) == Status::ok);
  CHECK(first == again);
  REQUIRE(cholesky.begin_factorize(bad.view()).ok());
  Budget little(1);
  CHECK(cholesky.step(little) == TaskState::running);
  CHECK(cholesky.progress() < 1);
  REQUIRE(cholesky.solve(b, again, false) == Status::ok);
  CHECK(first == again);
  REQUIRE(cholesky.factorize(a.view()).ok());
  REQUIRE(cholesky.solve(b, again, false) == Status::ok);
  CHECK(first == again);
}

TEST_CASE("in the memory of an earlier factor") {
  const auto a = test::cube(6).matrix();
  const Supernodes structure = analyzed(a.view());
  Factored first = factored(a.view(), structure);
  Buffer<double> copy;
  REQUIRE(copy.copy_from(first.values.span()) == Status::ok);
  const double* memory = first.values.data();
  SupernodalCholesky<double> cholesky;
  REQUIRE(cholesky.begin(a.view(), structure, std::move(first.values)) == Status::ok);
  Budget unlimited;
  REQUIRE(cholesky.step(unlimited) == TaskState::done);
  const Buffer<double> second = cholesky.take();
  CHECK(second.data() == memory);
  CHECK(same(structure, copy, second));
}

TEST_CASE("overflow is refused, not returned") {
  Triplets t(2, 2);
  t.add(0, 0, 1e-300);
  t.add(1, 1, 1e300);
  t.add_symmetric(0, 1, 1e200);
  const auto a = t.matrix();
  Cholesky cholesky;
  REQUIRE(cholesky.analyze(a.view()).ok());
  CHECK(cholesky.factorize(a.view()).status == Status::indefinite_matrix);
}

TEST_CASE("a matrix without entries has no positive pivot") {
  const auto a = Triplets(3, 3).matrix();
  Cholesky cholesky;
  REQUIRE(cholesky.analyze(a.view()).ok());
  const Fault fault = cholesky.factorize(a.view());
  CHECK(fault.status == Status::indefinite_matrix);
  CHECK((fault.position >= 0 && fault.position < 3));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short is a status, and the earlier factor stays") {
  Random random(206);
  const auto a = test::cube(5).matrix();
  const auto b = random.vector(125);
  for (long k = 1; k < 60; ++k) {
    Cholesky cholesky;
    std::vector<double> x(125), y(125);
    Fault fault;
    bool struck;
    {
      test::FailingMemory memory(k, false);
      fault = cholesky.analyze(a.view());
      if (fault.ok()) fault = cholesky.factorize(a.view());
      struck = memory.struck();
    }
    CHECK((fault.ok() || (struck && fault.status == Status::out_of_memory)));
    if (!fault.ok()) {
      REQUIRE(cholesky.analyze(a.view()).ok());
      REQUIRE(cholesky.factorize(a.view()).ok());
    }
    REQUIRE(cholesky.solve(b, x, false) == Status::ok);
    {
      test::FailingMemory memory(k, true);
      fault = cholesky.factorize(a.view());
    }
    if (fault.ok()) continue;
    CHECK(fault.status == Status::out_of_memory);
    const Status status = cholesky.solve(b, y, false);
    CHECK((status == Status::not_ready || (status == Status::ok && x == y)));
  }
}
#endif
