#include "lacuna/direct/lu_reach.hpp"

#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/cholesky.hpp"
#include "support/failing_memory.hpp"
#include "support/lu.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

/// Blocks of every kind and size, with entries above them.
Triplets chain_of_blocks(int t, Random& random) {
  Triplets all(0, 0);
  for (int b = 0; b < 6; ++b) {
    const Triplets one = b % 2 ? test::scattered(random.between(1, 3), 1, t + b)
                               : test::convection(3, 2 + b, 9, t + b);
    const std::int32_t first = all.rows;
    all.rows = all.cols = first + one.rows;
    for (std::size_t e = 0; e < one.v.size(); ++e) {
      all.add(first + one.i[e], first + one.j[e], one.v[e]);
    }
    for (int k = 0; first > 0 && k < 2; ++k) {
      all.add(random.below(first), first + random.below(one.rows), random.sign());
    }
  }
  return all;
}

Triplets shape(int t, Random& random) {
  switch (t % 4) {
    case 0: return test::scattered(random.between(1, 60), 4, t);
    case 1: return test::convection(8, 7, 20, t);
    case 2: return test::symmetric_scattered(random.between(2, 50), 4, t);
    default: return chain_of_blocks(t, random);
  }
}

void check_reaches(int samples) {
  Random random(571);
  double all = 0;
  for (int t = 0; t < samples; ++t) {
    const CsrMatrix a = shape(t, random).matrix();
    const std::int32_t n = a.view().rows();
    LuFactorization lu(test::with(test::kernels[t / 4 % 3]));
    if (!lu.analyze(a.view()).ok() || !lu.factorize(a.view()).ok()) continue;
    LuReach reach;
    REQUIRE(reach.attach(*lu.plan(), lu.factors()) == Status::ok);
    for (int round = 0; round < 8; ++round) {
      std::vector<std::int32_t> ids(random.between(0, 4)), rows(random.between(0, 5));
      std::vector<double> values(ids.size()), b(n, 0.0), x(n);
      for (std::size_t k = 0; k < ids.size(); ++k) {
        ids[k] = random.below(n);
        values[k] = random.sign();
        b[ids[k]] += values[k];
      }
      for (auto& row : rows) row = random.below(n);
      if (round == 0) {
        rows.clear();
        for (std::int32_t i = 0; i < n; ++i) rows.push_back(i);
      }
      if (round == 1) rows.insert(rows.end(), rows.begin(), rows.end());
      REQUIRE(lu.solve(b, x, false) == Status::ok);
      std::vector<double> out(rows.size(), 1e99);
      REQUIRE(reach.begin({ids, values}, rows, out).ok());
      drive(reach, round % 2);
      for (std::size_t k = 0; k < rows.size(); ++k) CHECK(out[k] == x[rows[k]]);
      CHECK(reach.entries() <= lu.info().nnz);
      if (ids.empty()) CHECK(reach.entries() == 0);
      all += reach.entries();
    }
  }
  CHECK(all > 0);
}

}  // namespace

LACUNA_SAMPLED(check_reaches, "entries by the reach in LU are those of a solve", 60, 4000)

TEST_CASE("what a reach in LU reads grows with the paths, not with the matrix") {
  // Of a grid in nested dissection the path of one entry is about as long as the separators.
  for (const LuKernel kernel : {LuKernel::columns, LuKernel::fronts}) {
    double share[2] = {};
    for (const int large : {0, 1}) {
      const std::int32_t side = large ? 64 : 16;
      const CsrMatrix a = test::convection(side, side, 3, 1).matrix();
      LuFactorization lu(test::with(kernel));
      Ordering ordering;
      ordering.kind = OrderingKind::nested_dissection;
      lu.order_by(ordering);
      REQUIRE(lu.analyze(a.view()).ok());
      REQUIRE(lu.factorize(a.view()).ok());
      LuReach reach;
      REQUIRE(reach.attach(*lu.plan(), lu.factors()) == Status::ok);
      const std::vector<std::int32_t> at{side * side / 2 + side / 3};
      const std::vector<double> one{1};
      std::vector<double> out(1);
      REQUIRE(reach.begin({at, one}, at, out).ok());
      drive(reach);
      share[large] = reach.entries() / lu.info().nnz;
    }
    // By columns, the solution is full, and with it U is read.
    if (kernel == LuKernel::fronts) {
      CHECK(share[1] < 0.5 * share[0]);
      CHECK(share[1] < 0.25);
    } else {
      CHECK(share[1] < 0.7);
    }
  }
}

TEST_CASE("a reach in LU refuses places that are none, and values that are no numbers") {
  const CsrMatrix a = test::convection(3, 3, 3, 1).matrix();
  LuFactorization lu;
  REQUIRE(lu.analyze(a.view()).ok());
  REQUIRE(lu.factorize(a.view()).ok());
  LuReach reach;
  REQUIRE(reach.attach(*lu.plan(), lu.factors()) == Status::ok);
  const std::vector<std::int32_t> good{0, 8}, far{0, 9}, before{-1, 0};
  const std::vector<double> values{1, 2}, bad{1, std::numeric_limits<double>::infinity()};
  std::vector<double> out(2);
  const auto expect = [](const Fault& fault, Status status, std::int64_t position) {
    CHECK(fault.status == status);
    CHECK(fault.position == position);
  };
  expect(reach.begin({far, values}, good, out), Status::index_out_of_range, 1);
  expect(reach.begin({before, values}, good, out), Status::index_out_of_range, 0);
  expect(reach.begin({good, bad}, good, out), Status::not_finite, 1);
  expect(reach.begin({good, values}, far, out), Status::index_out_of_range, 1);
  expect(reach.begin({good, std::span(values).first(1)}, good, out), Status::shape_mismatch, -1);
  expect(reach.begin({good, values}, std::span(good).first(1), out), Status::shape_mismatch, -1);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a reach in LU without memory: a status, and another try") {
  Random random(572);
  const CsrMatrix a = chain_of_blocks(3, random).matrix();
  LuFactorization lu;
  REQUIRE(lu.analyze(a.view()).ok());
  REQUIRE(lu.factorize(a.view()).ok());
  int refused = 0;
  for (long k = 1; k < 40; ++k) {
    LuReach reach;
    Status status;
    {
      test::FailingMemory memory(k, true);
      status = reach.attach(*lu.plan(), lu.factors());
    }
    refused += status == Status::out_of_memory;
    REQUIRE(reach.attach(*lu.plan(), lu.factors()) == Status::ok);
  }
  CHECK(refused > 20);
}
#endif
