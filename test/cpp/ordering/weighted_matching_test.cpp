#include "lacuna/ordering/weighted_matching.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;

namespace {

struct Found {
  Matching matching;
  Buffer<double> rows;
  Buffer<double> cols;
};

Found match(const CsrView& a, double work = 0) {
  WeightedMatching search;
  REQUIRE(search.begin(a) == Status::ok);
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = search.step(budget);
  }
  REQUIRE(state == TaskState::done);
  return {search.take(), search.take_row_scale(), search.take_col_scale()};
}

/// Largest product over all permutations; 0 where every one meets a zero.
Real largest_product(const Dense& a) {
  std::vector<int> order(a.rows);
  std::iota(order.begin(), order.end(), 0);
  Real best = 0;
  do {
    Real product = 1;
    for (int i = 0; i < a.rows; ++i) product *= std::fabs(a(i, order[i]));
    best = std::max(best, product);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

void check_scalings(const CsrView& a, const Found& found) {
  for (int i = 0; i < a.rows(); ++i) {
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const int j = a.indices()[p];
      const double scaled = std::fabs(a.data()[p]) * found.rows[i] * found.cols[j];
      CHECK(scaled <= 1 + 1e-11);
      if (found.matching.index_of_line[i] == j) CHECK(scaled >= 1 - 1e-11);
    }
  }
}

void check_products(int samples) {
  Random random(8);
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(1, 6);
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        // Over forty orders of magnitude, ties and explicit zeros among them.
        const double size = std::ldexp(1.0, random.between(-64, 64));
        if (random.chance(0.6)) t.add(i, j, random.chance(0.1) ? 0 : size * random.between(-3, 3));
      }
    }
    const auto a = t.matrix();
    const Found found = match(a.view());
    const Dense dense(a.view());
    const Real best = largest_product(dense);
    CHECK(found.matching.perfect() == (best > 0));
    check_scalings(a.view(), found);
    if (best > 0) {
      Real product = 1;
      for (int i = 0; i < n; ++i) product *= std::fabs(dense(i, found.matching.index_of_line[i]));
      CHECK(product >= best * (1 - 1e-11L));
    }
    const Found sliced = match(a.view(), 1);
    CHECK(
        std::equal(found.rows.span().begin(), found.rows.span().end(), sliced.rows.span().begin()));
  }
}

}  // namespace

LACUNA_SAMPLED(check_products, "a weighted matching has the largest product of all permutations",
               120, 20000)

TEST_CASE("scalings of a larger matrix") {
  for (int seed = 0; seed < 5; ++seed) {
    Random random(seed);
    auto t = test::scattered(300, 4, seed);
    for (double& v : t.v) v *= std::ldexp(1.0, random.between(-300, 300));
    const auto a = t.matrix();
    const Found found = match(a.view());
    CHECK(found.matching.perfect());
    check_scalings(a.view(), found);
  }
}

TEST_CASE("a weighted matching of a singular pattern has the structural rank") {
  for (int seed = 0; seed < 40; ++seed) {
    const auto a = test::arbitrary(30, 30, 0.05, seed).matrix();
    Triplets nonzeros(30, 30);
    for (int i = 0; i < 30; ++i) {
      for (int p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p) {
        if (a.view().data()[p] != 0) nonzeros.add(i, a.view().indices()[p], 1);
      }
    }
    const auto pattern = nonzeros.matrix();
    MaximumMatching maximum;
    REQUIRE(maximum.begin(PatternView(pattern.view())) == Status::ok);
    Budget budget;
    maximum.step(budget);
    CHECK(match(a.view()).matching.rank == maximum.take().rank);
  }
}
