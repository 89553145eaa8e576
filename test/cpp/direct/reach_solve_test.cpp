#include "lacuna/direct/reach_solve.hpp"

#include <cmath>
#include <limits>
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

struct Sparse {
  std::vector<std::int32_t> indices;
  std::vector<double> values;

  Sparse(std::int32_t n, std::int32_t count, Random& random) {
    for (std::int32_t k = 0; k < count; ++k) {
      indices.push_back(random.below(n));
      values.push_back(random.sign());
    }
  }
  SparseEntries view() const { return {indices, values}; }
  std::vector<double> dense(std::int32_t n) const {
    std::vector<double> b(n, 0);
    for (std::size_t k = 0; k < indices.size(); ++k) b[indices[k]] += values[k];
    return b;
  }
};

std::vector<std::int32_t> some_rows(std::int32_t n, Random& random) {
  std::vector<std::int32_t> rows(random.between(0, 5));
  for (auto& row : rows) row = random.below(n);
  return rows;
}

/// Entries have the bits of the whole solve; a product is compared with the sum in long double.
void check_system(CholeskyOf& f, ReachSolve& reach, const std::vector<double>& b, Random& random,
                  double slice) {
  const std::int32_t n = f.n();
  const auto x = f.solve(b);
  for (int again = 0; again < 3; ++again) {
    const auto rows = some_rows(n, random);
    std::vector<double> out(rows.size(), 1e99);
    REQUIRE(reach.begin_entries(rows, out).ok());
    drive(reach, slice);
    for (std::size_t k = 0; k < rows.size(); ++k) CHECK(out[k] == x[rows[k]]);
    const Sparse t(n, random.between(1, 4), random);
    double product = 1e99;
    REQUIRE(reach.begin_product(t.view(), product).ok());
    drive(reach, slice);
    test::Real expected = 0, modulus = 0;
    for (std::size_t k = 0; k < t.indices.size(); ++k) {
      expected += test::Real(t.values[k]) * x[t.indices[k]];
      modulus += std::fabs(t.values[k]);
    }
    CHECK(std::fabs(product - expected) <= 1e-12L * modulus * test::largest(x));
  }
}

void check_reach(int samples) {
  Random random(501);
  ReachSolve reach;
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      CholeskyOf f(t);
      REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
      for (const double slice : {0.0, 1.0}) {
        const Sparse b(f.n(), random.between(0, 6), random);
        REQUIRE(reach.begin_rhs(b.view()).ok());
        drive(reach, slice);
        check_system(f, reach, b.dense(f.n()), random, slice);
        const auto full = random.vector(f.n());
        REQUIRE(reach.begin_rhs(full).ok());
        drive(reach, slice);
        CHECK(reach.supernodes() == f.structure().count);
        check_system(f, reach, full, random, slice);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_reach, "what a reach solve gives is what a solve gives", 8, 800)

TEST_CASE("a reach costs a small part of a large factor, and wide panels are cut in it") {
  Random random(502);
  // Wider than a block, so that columns start within one.
  Triplets dense(200, 200);
  for (int i = 0; i < 200; ++i) {
    for (int j = 0; j <= i; ++j) dense.add_symmetric(i, j, i == j ? 300 : random.sign());
  }
  for (const Triplets& t : {test::grid(60, 60), test::cube(11), dense}) {
    CholeskyOf f(t);
    const double all = f.cholesky.info().solve_flops / 4;
    ReachSolve reach;
    REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
    double mean = 0;
    for (int k = 0; k < 20; ++k) {
      const Sparse b(f.n(), 1, random);
      REQUIRE(reach.begin_rhs(b.view()).ok());
      const int slices = drive(reach, 1);
      CHECK(reach.entries() <= all);
      // The columns on a path are what a path costs: every step bounded.
      CHECK(slices >= reach.entries() * 2 / (4 * Budget::piece));
      mean += reach.entries() / 20;
      check_system(f, reach, b.dense(f.n()), random, k % 2);
    }
    INFO(mean << " of " << all);
    if (t.rows > 200) CHECK(mean < 0.4 * all);
  }
}

TEST_CASE("in a diagonal matrix a reach is one column") {
  CholeskyOf f(test::diagonal(40));
  ReachSolve reach;
  REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  const std::vector<std::int32_t> row{7};
  const std::vector<double> one{1};
  REQUIRE(reach.begin_rhs(SparseEntries{row, one}).ok());
  drive(reach);
  CHECK(reach.supernodes() == 1);
  CHECK(reach.entries() == 1);
  std::vector<double> out(2);
  const std::vector<std::int32_t> rows{7, 8};
  REQUIRE(reach.begin_entries(rows, out).ok());
  drive(reach);
  CHECK(reach.entries() == 2);
  CHECK(out[0] == Approx(1.0 / 8));
  CHECK(out[1] == 0);
}

TEST_CASE("the last columns before a limit: rows from there on keep what was subtracted") {
  Random random(503);
  for (int s = 0; s < 6; ++s) {
    for (const Triplets& t : test::spd_shapes(s, random)) {
      CholeskyOf f(t);
      const Supernodes& structure = f.structure();
      const std::int32_t end = random.between(0, f.n());
      ReachSweep sweep;
      REQUIRE(sweep.prepare(structure, f.cholesky.values().data()) == Status::ok);
      const Sparse b(f.n(), 4, random);
      for (const std::int32_t i : b.indices) sweep.reach(structure.position[i]);
      for (std::size_t k = 0; k < 4; ++k) sweep.at(structure.position[b.indices[k]]) += b.values[k];
      sweep.order();
      Budget unlimited;
      {
        Meter meter(unlimited);
        REQUIRE(!sweep.forward(meter, end));
      }
      // By columns of the panels, in long double.
      std::vector<test::Real> y(f.n(), 0);
      const auto dense = b.dense(f.n());
      for (std::int32_t k = 0; k < f.n(); ++k) y[k] = dense[structure.permutation[k]];
      for (std::int32_t u = 0; u < structure.count; ++u) {
        const std::int32_t height = structure.height(u);
        for (std::int32_t j = 0; j < structure.width(u); ++j) {
          const std::int32_t column = structure.first_column[u] + j;
          if (column >= end) break;
          const double* l =
              f.cholesky.values().data() + structure.value_begin[u] + std::size_t(j) * height;
          y[column] /= l[j];
          for (std::int32_t i = j + 1; i < height; ++i) {
            y[structure.rows[structure.row_begin[u] + i]] -= l[i] * y[column];
          }
        }
      }
      for (std::int32_t k = 0; k < f.n(); ++k) {
        const double got = sweep.holds(k) ? sweep.at(k) : 0;
        CHECK(std::fabs(got - y[k]) <= 1e-13L * (1 + std::fabs(y[k])));
      }
    }
  }
}

TEST_CASE("reach solves refuse what they cannot use, and keep what they had") {
  CholeskyOf f(test::grid(4, 4));
  ReachSolve reach;
  const std::vector<std::int32_t> rows{1, 16}, fine{1, 2};
  const std::vector<double> values{1, 2}, bad{1, std::numeric_limits<double>::infinity()};
  std::vector<double> out(2);
  double product = 0;
  CHECK(reach.begin_rhs(SparseEntries{fine, values}).status == Status::not_ready);
  REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  CHECK(reach.begin_entries(fine, out).status == Status::not_ready);
  CHECK(reach.begin_product({fine, values}, product).status == Status::not_ready);
  REQUIRE(reach.begin_rhs(SparseEntries{fine, values}).ok());
  CHECK(reach.begin_entries(fine, out).status == Status::not_ready);
  drive(reach);
  const Fault outside = reach.begin_rhs(SparseEntries{rows, values});
  CHECK(outside.status == Status::index_out_of_range);
  CHECK(outside.position == 1);
  CHECK(reach.begin_rhs(SparseEntries{fine, bad}).position == 1);
  CHECK(reach.begin_rhs(std::span<const double>(values)).status == Status::shape_mismatch);
  CHECK(reach.begin_entries(rows, out).position == 1);
  CHECK(reach.begin_entries(fine, std::span(out).first(1)).status == Status::shape_mismatch);
  REQUIRE(reach.begin_entries(fine, out).ok());
  drive(reach);
  std::vector<double> b(16, 0);
  b[1] = 1;
  b[2] = 2;
  const auto x = f.solve(b);
  CHECK(out == std::vector<double>{x[1], x[2]});
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a reach solve without memory is not ready, and ready once there is some") {
  CholeskyOf f(test::cube(4));
  const std::vector<std::int32_t> rows{5};
  const std::vector<double> one{1};
  for (long k = 1; k < 20; ++k) {
    ReachSolve reach;
    Status status;
    {
      test::FailingMemory memory(k, true);
      status = reach.attach(f.structure(), f.cholesky.values().data());
    }
    if (status != Status::ok) {
      CHECK(status == Status::out_of_memory);
      CHECK(reach.begin_rhs(SparseEntries{rows, one}).status == Status::not_ready);
      REQUIRE(reach.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
    }
    double out = 0;
    REQUIRE(reach.begin_rhs(SparseEntries{rows, one}).ok());
    drive(reach);
    REQUIRE(reach.begin_product({rows, one}, out).ok());
    drive(reach);
    CHECK(out == Approx(f.inverse_column(5)[5]));
  }
}
#endif
