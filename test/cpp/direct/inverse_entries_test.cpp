#include "lacuna/direct/inverse_entries.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "support/cholesky.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/spd_shapes.hpp"

using namespace lacuna;
using test::CholeskyOf;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

using Rows = std::vector<std::int32_t>;

/// A⁻¹ by columns, from elimination in long double.
test::Dense inverse_of(const CsrView& a) {
  const test::Dense dense(a);
  test::Dense out(a.rows(), a.rows());
  for (int j = 0; j < a.rows(); ++j) {
    test::Vector e(a.rows(), 0);
    e[j] = 1;
    const auto x = test::Elimination(dense, e).x;
    for (int i = 0; i < a.rows(); ++i) out(i, j) = x[i];
  }
  return out;
}

void check_pattern_entries(int samples) {
  Random random(511);
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      CholeskyOf f(t);
      const auto exact = inverse_of(f.a.view());
      const double scale = static_cast<double>(exact.norm_inf());
      SparseInverse inverse;
      REQUIRE(inverse.begin(f.structure(), f.cholesky.values().data()) == Status::ok);
      drive(inverse, s % 2);
      CHECK(inverse.progress() == 1);
      int on = 0;
      for (int i = 0; i < f.n(); ++i) {
        for (int j = 0; j < f.n(); ++j) {
          const double* z = inverse.find(i, j);
          if (z == nullptr) continue;
          ++on;
          CHECK(z == inverse.find(j, i));
          CHECK(std::fabs(*z - exact(i, j)) <= 1e-12 * scale);
        }
      }
      CHECK(on >= 2 * f.structure().nnz - f.n());
      std::vector<double> diagonal(f.n());
      inverse.diagonal(diagonal);
      for (int i = 0; i < f.n(); ++i) CHECK(diagonal[i] == *inverse.find(i, i));
      // Every entry of A is on the pattern.
      const CsrView& a = f.a.view();
      for (int i = 0; i < f.n(); ++i) {
        for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
          CHECK(inverse.find(i, a.indices()[p]) != nullptr);
        }
      }
    }
  }
}

void check_any_entries(int samples) {
  Random random(512);
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      CholeskyOf f(t);
      const auto exact = inverse_of(f.a.view());
      const double scale = static_cast<double>(exact.norm_inf());
      const int wanted = random.chance(0.3) ? 4 * f.n() : random.between(0, 8);
      Rows rows(wanted), columns(wanted);
      for (int k = 0; k < wanted; ++k) {
        rows[k] = random.below(f.n());
        columns[k] = random.chance(0.3) ? rows[k] : random.below(f.n());
      }
      InverseEntries entries;
      std::vector<double> whole(wanted, 1e99), sliced(wanted, 1e99);
      for (auto [out, slice] : {std::pair(&whole, 0.0), std::pair(&sliced, 1.0)}) {
        REQUIRE(entries.begin(f.structure(), f.cholesky.values().data(), rows, columns, *out).ok());
        drive(entries, slice);
        CHECK(entries.progress() == 1);
      }
      CHECK(whole == sliced);
      for (int k = 0; k < wanted; ++k) {
        CHECK(std::fabs(whole[k] - exact(rows[k], columns[k])) <= 1e-12 * scale);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_pattern_entries, "the sparse inverse is the inverse on the pattern of L", 4,
               300)
LACUNA_SAMPLED(check_any_entries, "entries of the inverse, on the pattern and off it", 4, 300)

TEST_CASE("the sparse inverse of wide panels, in blocks and slices") {
  Random random(513);
  for (const int n : {127, 128, 129, 260, 420}) {
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      t.add(i, i, n);
      for (int j = 0; j < i; ++j) {
        if (random.chance(n < 200 ? 1 : 0.5)) t.add_symmetric(i, j, random.sign());
      }
    }
    CholeskyOf f(t);
    SparseInverse whole, sliced;
    for (auto [task, slice] : {std::pair(&whole, 0.0), std::pair(&sliced, 1.0)}) {
      REQUIRE(task->begin(f.structure(), f.cholesky.values().data()) == Status::ok);
      drive(*task, slice);
    }
    for (const int j : {0, n / 2, n - 1}) {
      const auto column = f.inverse_column(j);
      for (int i = 0; i < n; ++i) {
        const double* z = whole.find(i, j);
        if (z == nullptr) continue;
        CHECK(std::fabs(*z - column[i]) <= 1e-13);
        CHECK(*z == *sliced.find(i, j));
      }
    }
  }
}

TEST_CASE("variances of a cube: all by one sparse inverse, one by a path") {
  CholeskyOf f(test::cube(9));
  const double* values = f.cholesky.values().data();
  Rows all(f.n());
  for (int i = 0; i < f.n(); ++i) all[i] = i;
  std::vector<double> variances(f.n());
  InverseEntries entries;
  REQUIRE(entries.begin(f.structure(), values, all, all, variances).ok());
  double shown = 0;
  int slices = 0;
  for (;; ++slices) {
    Budget budget(1);
    const TaskState state = entries.step(budget);
    CHECK(entries.progress() >= shown);
    shown = entries.progress();
    if (state == TaskState::done) break;
  }
  CHECK(slices > SparseInverse::flops(f.structure()) / (40 * Budget::piece));
  CHECK(entries.from_sparse_inverse() == f.n());
  CHECK(entries.solves() == 0);
  const Rows one{300};
  std::vector<double> variance(1);
  REQUIRE(entries.begin(f.structure(), values, one, one, variance).ok());
  drive(entries);
  CHECK(entries.from_sparse_inverse() == 0);
  CHECK(entries.solves() == 1);
  CHECK(std::fabs(variance[0] - variances[300]) <= 1e-14);
  CHECK(std::fabs(variance[0] - f.inverse_column(300)[300]) <= 1e-14);
}

TEST_CASE("effective resistances of a path of resistors") {
  // Grounded at vertex 0 through 1 ohm: R(i, j) = |i − j|, and the potential of i is 1 + i.
  const int n = 30;
  Triplets t(n, n);
  t.add(0, 0, 1);
  for (int i = 0; i + 1 < n; ++i) t.add_edge(i, i + 1, 1);
  CholeskyOf f(t);
  ReachSolve reach;
  REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  const Rows ends{4, 21};
  const std::vector<double> currents{1, -1};
  REQUIRE(reach.begin_rhs(SparseEntries{ends, currents}).ok());
  drive(reach);
  CHECK(std::fabs(reach.energy() - 17) <= 1e-12);
}

TEST_CASE("entries of the inverse: what is refused") {
  CholeskyOf f(test::grid(3, 3));
  const double* values = f.cholesky.values().data();
  const Rows two{0, 1}, outside{0, 9}, negative{-1, 0};
  std::vector<double> out(2, 5);
  InverseEntries entries;
  CHECK(entries.begin(f.structure(), values, two, std::span(two).first(1), out).status ==
        Status::shape_mismatch);
  CHECK(entries.begin(f.structure(), values, two, outside, out).position == 1);
  const Fault fault = entries.begin(f.structure(), values, negative, two, out);
  CHECK(fault.status == Status::index_out_of_range);
  CHECK(fault.position == 0);
  CHECK(out == std::vector<double>{5, 5});
  REQUIRE(entries.begin(f.structure(), values, {}, {}, {}).ok());
  drive(entries);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("entries of the inverse with memory that is short: solved for, or refused") {
  CholeskyOf f(test::cube(5));
  Rows all(f.n());
  for (int i = 0; i < f.n(); ++i) all[i] = i;
  int solved = 0;
  for (long k = 1; k < 40; ++k) {
    std::vector<double> out(f.n());
    InverseEntries entries;
    Fault fault;
    {
      test::FailingMemory memory(k, true);
      fault = entries.begin(f.structure(), f.cholesky.values().data(), all, all, out);
      Budget unlimited;
      if (fault.ok()) REQUIRE(entries.step(unlimited) == TaskState::done);
    }
    if (!fault.ok()) {
      CHECK(fault.status == Status::out_of_memory);
      continue;
    }
    solved += entries.solves() == f.n();
    for (const int i : {0, 60, 124}) CHECK(out[i] == Approx(f.inverse_column(i)[i]));
  }
  CHECK(solved > 0);
}
#endif
