#include "lacuna/direct/simplicial_cholesky.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/supernodal_cholesky.hpp"
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

Supernodes columns_of(const CsrView& a, const Ordering& ordering = {}, double work = 0) {
  Relaxation relaxation;
  relaxation.columns_below = std::numeric_limits<double>::infinity();
  Symbolic symbolic;
  REQUIRE(symbolic.begin(a, ordering, relaxation).ok());
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = symbolic.step(budget);
  }
  REQUIRE(state == TaskState::done);
  return symbolic.take();
}

struct Outcome {
  Fault fault;
  double failed_pivot;
  int steps = 0;
  Buffer<double> values;
};

/// In slices of `work` flops where that is given.
template <class Numeric>
Outcome factored(const CsrView& a, const Supernodes& s, double work = 0) {
  Numeric numeric;
  REQUIRE(numeric.begin(a, s) == Status::ok);
  Outcome out;
  TaskState state = TaskState::running;
  double shown = 0;
  for (; state == TaskState::running; ++out.steps) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = numeric.step(budget);
    CHECK(numeric.progress() >= shown);
    shown = numeric.progress();
  }
  out.fault = numeric.fault();
  out.failed_pivot = numeric.failed_pivot();
  CHECK((state == TaskState::done) == out.fault.ok());
  out.values = numeric.take();
  return out;
}

bool same(const Buffer<double>& x, const Buffer<double>& y, double scale = 1) {
  REQUIRE(x.size() == y.size());
  for (std::size_t p = 0; p < x.size(); ++p) {
    if (x[p] * scale != y[p]) return false;
  }
  return true;
}

/// Every column is a supernode; its rows are those of the factor without a zero, so their number is
/// the exact one.
void check_structure(const Supernodes& s) {
  REQUIRE(s.simplicial());
  REQUIRE(s.stored == s.nnz);
  REQUIRE(s.panel_flops == s.flops);
  REQUIRE(s.row_begin[s.n] == static_cast<std::int64_t>(s.nnz));
  for (std::int32_t j = 0; j < s.n; ++j) {
    REQUIRE(s.first_column[j] == j);
    REQUIRE(s.supernode_of[j] == j);
    REQUIRE(s.position[s.permutation[j]] == j);
    REQUIRE(s.value_begin[j] == s.row_begin[j]);
    const std::int32_t* rows = s.rows.data() + s.row_begin[j];
    REQUIRE(rows[0] == j);
    for (std::int32_t i = 1; i < s.height(j); ++i) REQUIRE(rows[i - 1] < rows[i]);
    REQUIRE(s.parent[j] == (s.height(j) > 1 ? rows[1] : -1));
  }
  REQUIRE(s.first_column[s.n] == s.n);
}

/// max |L·Lᵀ − P A Pᵀ| / (|L|·|L|ᵀ) over the elements: at most n + 1 units of rounding (Higham,
/// Accuracy and Stability, theorem 10.3).
void check_product(const Dense& a, const Supernodes& s, const Buffer<double>& values) {
  Dense l(s.n, s.n);
  for (std::int32_t j = 0; j < s.n; ++j) {
    for (std::int64_t p = s.row_begin[j]; p < s.row_begin[j + 1]; ++p) l(s.rows[p], j) = values[p];
  }
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
  CHECK(worst <= (s.n + 1) * 0x1p-53L);
}

void check_columns(int samples) {
  Random random(301);
  for (int k = 0; k < samples; ++k) {
    for (const Triplets& t : test::spd_shapes(k, random)) {
      const auto a = t.matrix();
      for (const OrderingKind kind : {OrderingKind::automatic, OrderingKind::natural}) {
        const Supernodes s = columns_of(a.view(), {kind, {}});
        check_structure(s);
        const Supernodes sliced = columns_of(a.view(), {kind, {}}, 1);
        REQUIRE(std::equal(s.rows.span().begin(), s.rows.span().end(), sliced.rows.data()));
        const Outcome whole = factored<SimplicialCholesky>(a.view(), s);
        REQUIRE(whole.fault.ok());
        check_product(Dense(a.view()), s, whole.values);
        CHECK(same(whole.values, factored<SimplicialCholesky>(a.view(), s, 1).values));

        // By panels of one column each: the same entries but for rounding.
        const Outcome panels = factored<SupernodalCholesky<double>>(a.view(), s);
        REQUIRE(panels.fault.ok());
        for (std::int32_t j = 0; j < s.n; ++j) {
          for (std::int64_t p = s.row_begin[j]; p < s.row_begin[j + 1]; ++p) {
            const double unit = std::sqrt(norm_inf(a.view()));
            CHECK(std::fabs(whole.values[p] - panels.values[p]) <= 1e-11 * unit);
          }
        }
        Triplets scaled = t;
        for (double& v : scaled.v) v *= 0x1p-40;
        CHECK(same(whole.values, factored<SimplicialCholesky>(scaled.matrix().view(), s).values,
                   0x1p-20));
      }
    }
  }
}

LACUNA_SAMPLED(check_columns, "by columns: L·Lᵀ = P A Pᵀ, and the L of panels", 5, 400)

TEST_CASE("columns where L has few flops per entry, panels elsewhere") {
  const auto kind_of = [](const Triplets& t, bool panels) {
    const auto a = t.matrix();
    Cholesky cholesky;
    if (panels) cholesky.keep_panels();
    REQUIRE(cholesky.analyze(a.view()).ok());
    REQUIRE(cholesky.factorize(a.view()).ok());
    const Supernodes& s = cholesky.structure();
    CHECK(cholesky.info().supernodes == s.count);
    if (s.simplicial()) CHECK(s.flops < Cholesky::simplicial_flops * s.nnz);
    Random random(302);
    const auto b = random.vector(t.rows);
    std::vector<double> x(t.rows);
    REQUIRE(cholesky.solve(b, x, false) == Status::ok);
    std::vector<double> image(t.rows);
    multiply(a.view(), x, image);
    const test::Real size = norm_inf(a.view()) * test::largest(x) + test::largest(b);
    CHECK(test::largest(test::minus(image, b)) <= 1e-14L * size);
    return s.simplicial();
  };
  for (const Triplets& sparse : {test::grid(500, 1), test::grid(20, 20), test::spd_arrow(300, 0),
                                 test::spd_arrow(300, 299), test::diagonal(50)}) {
    CHECK(kind_of(sparse, false));
  }
  CHECK_FALSE(kind_of(test::grid(500, 1), true));
  CHECK_FALSE(kind_of(test::cube(10), false));
}

TEST_CASE(
    "a column without a positive pivot is named as panels name it, the earlier factor stays") {
  Random random(303);
  int failures = 0;
  for (int k = 0; k < 60; ++k) {
    Triplets t = test::mesh(random.between(2, 8), random.between(2, 8), k);
    const auto good = t.matrix();
    const Supernodes s = columns_of(good.view());
    const std::int32_t row = random.between(0, t.rows - 1);
    t.add(row, row, -8);
    const auto bad = t.matrix();
    const Outcome columns = factored<SimplicialCholesky>(bad.view(), s);
    const Outcome panels = factored<SupernodalCholesky<double>>(bad.view(), s);
    REQUIRE(columns.fault.status == panels.fault.status);
    REQUIRE(columns.fault.position == panels.fault.position);
    if (columns.fault.ok()) continue;
    ++failures;
    CHECK(columns.fault.status == Status::indefinite_matrix);
    CHECK(columns.failed_pivot <= 0);
    CHECK(std::fabs(columns.failed_pivot - panels.failed_pivot) <=
          1e-11 * std::fabs(panels.failed_pivot));

    Cholesky cholesky;
    REQUIRE(cholesky.analyze(good.view()).ok());
    REQUIRE(cholesky.structure().simplicial());
    REQUIRE(cholesky.factorize(good.view()).ok());
    const auto b = random.vector(t.rows);
    std::vector<double> before(t.rows), after(t.rows);
    REQUIRE(cholesky.solve(b, before, false) == Status::ok);
    CHECK(cholesky.factorize(bad.view()).status == Status::indefinite_matrix);
    REQUIRE(cholesky.solve(b, after, false) == Status::ok);
    CHECK(before == after);
  }
  CHECK(failures > 40);
}

TEST_CASE("columns that are long or meet many others are cut") {
  // The last column of the arrow takes something from each of the others.
  const auto a = test::spd_arrow(200000, 199999).matrix();
  const Supernodes s = columns_of(a.view(), {OrderingKind::natural, {}});
  SimplicialCholesky numeric;
  REQUIRE(numeric.begin(a.view(), s) == Status::ok);
  int steps = 1;
  for (;; ++steps) {
    Budget budget(1);
    const TaskState state = numeric.step(budget);
    REQUIRE(budget.work_left() > -6 * Budget::piece);
    if (state == TaskState::done) break;
    REQUIRE(state == TaskState::running);
  }
  CHECK(steps > 5);
}

TEST_CASE("the peak of columns is known beforehand") {
  const auto a = test::grid(30, 30).matrix();
  Cholesky cholesky;
  REQUIRE(cholesky.analyze(a.view()).ok());
  const Supernodes& s = cholesky.structure();
  REQUIRE(s.simplicial());
  CHECK(cholesky.info().peak_bytes == 8 * s.nnz + 20.0 * s.n + static_cast<double>(s.bytes()));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("columns: memory that is short is a status, and the earlier factor stays") {
  Random random(304);
  const auto a = test::grid(12, 12).matrix();
  const auto b = random.vector(144);
  int refused = 0;
  for (long k = 1; k < 60; ++k) {
    Cholesky cholesky;
    std::vector<double> x(144), y(144);
    Fault fault;
    bool struck;
    {
      test::FailingMemory memory(k, false);
      fault = cholesky.analyze(a.view());
      if (fault.ok()) fault = cholesky.factorize(a.view());
      struck = memory.struck();
    }
    refused += !fault.ok();
    CHECK((fault.ok() || (struck && fault.status == Status::out_of_memory)));
    if (!fault.ok()) {
      REQUIRE(cholesky.analyze(a.view()).ok());
      REQUIRE(cholesky.factorize(a.view()).ok());
    }
    REQUIRE(cholesky.structure().simplicial());
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
  CHECK(refused > 20);
}
#endif

}  // namespace
