#include "lacuna/policy/features.hpp"

#include <cmath>
#include <set>
#include <string>

#include "lacuna/policy/context.hpp"
#include "lacuna/policy/policy.hpp"
#include "lacuna/solver/solver.hpp"
#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/systems.hpp"

namespace lacuna::test {
namespace {

Features features_of(const CsrView& a, double rhs_count = 1, double rtol = 1e-10) {
  auto policy = Policy::create({});
  REQUIRE(policy.ok());
  auto measured = policy.value()->measure(a, rhs_count, rtol);
  REQUIRE(measured.ok());
  return measured.take();
}

Features features_of(const Triplets& t) {
  const CsrMatrix matrix = t.matrix();
  return features_of(matrix.view());
}

void check_structure(const CsrMatrix& matrix) {
  const Structure expected = measure_structure(matrix.view()).value();
  const auto pass = pass_over_rows(matrix.view());
  REQUIRE(pass.ok());
  const Structure& found = pass.value().structure;
  CHECK(found.square == expected.square);
  CHECK(found.symmetric_pattern == expected.symmetric_pattern);
  CHECK(found.symmetric == expected.symmetric);
  CHECK(found.exactly_symmetric == expected.exactly_symmetric);
  CHECK(found.zero_diagonals == expected.zero_diagonals);
  CHECK(found.first_zero_diagonal == expected.first_zero_diagonal);
  CHECK(found.first_nonpositive_diagonal == expected.first_nonpositive_diagonal);
  CHECK(found.strictly_row_dominant == expected.strictly_row_dominant);
  CHECK(found.first_empty_row == expected.first_empty_row);
  CHECK(found.first_empty_col == expected.first_empty_col);
}

TEST_CASE("one pass over the rows finds the structure", "[policy]") {
  for (const Triplets& t :
       {grid(7, 9), mesh(12, 11, 3), quasi_definite(80, 3, 2), scattered(70, 3, 4),
        convection(9, 8, 5, 5), rectangular(20, 31, 3, 6), rectangular(31, 20, 3, 7)}) {
    check_structure(t.matrix());
  }
  Random random(11);
  for (int sample = 0; sample < 400; ++sample) {
    const std::int32_t n = 1 + random.below(12);
    Triplets t(n, n);
    const std::int32_t pairs = random.below(20);
    for (std::int32_t k = 0; k < pairs; ++k) {
      const std::int32_t i = random.below(n);
      const std::int32_t j = random.below(n);
      const double value = random.between(-2, 2);
      t.add(i, j, value);
      // Mirror images are there, absent, a bit off, or very little.
      const int kind = random.below(5);
      if (kind > 0 && i != j) {
        t.add(j, i, kind == 1 ? value + 1 : kind == 2 ? value * (1 + 1e-15) : value);
      }
    }
    check_structure(t.matrix());
  }
}

TEST_CASE("one entry without its mirror image is enough to be unsymmetric", "[policy]") {
  Triplets t = mesh(40, 40, 3);
  t.add(1234, 77, 1e-3);
  const Features f = features_of(t);
  CHECK(f[Feature::symmetric] == 0);
  const Arms arms;
  for (int k = 0; k < arms.count(); ++k) {
    if (arms[k].method == Method::cg) CHECK((f.arms >> k & 1) == 0);
  }
}

TEST_CASE("features of a grid are what they are by its formulas", "[policy]") {
  const std::int32_t w = 40;
  const Features f = features_of(grid(w, w, 0.5));
  CHECK(f[Feature::rows] == w * w);
  CHECK(f[Feature::nnz] == 5 * w * w - 4 * w);
  CHECK(f[Feature::row_mean] == Approx(5 - 4.0 / w));
  CHECK(f[Feature::degree_spread] == Approx(5 / (5 - 4.0 / w)));
  CHECK(f[Feature::symmetric] == 1);
  CHECK(f[Feature::pattern_symmetry] == 1);
  CHECK(f[Feature::value_asymmetry] == 0);
  CHECK(f[Feature::strictly_row_dominant] == 1);
  CHECK(f[Feature::least_margin] == Approx(0.5 / 4.5));
  // Corners have two neighbors, edges three.
  const double sum = 4 * 2.5 + 4 * (w - 2) * 1.5 + (w - 2) * (w - 2) * 0.5;
  CHECK(f[Feature::mean_margin] == Approx(sum / 4.5 / (w * w)));
  CHECK(f[Feature::rayleigh] == Approx(sum / 4.5 / (w * w)));
  CHECK(f[Feature::bandwidth] == w);
  CHECK(f[Feature::levels] == 2 * w - 1);
  CHECK(f[Feature::dimension] == Approx(2).margin(0.1));
  CHECK(f[Feature::separator] == Approx(w).epsilon(0.1));
  CHECK(f[Feature::core] == w * w - 4);
  // A Ritz value lies between the least eigenvalue and the Rayleigh quotient of its start.
  const double least = (0.5 + 8 * std::pow(std::sin(M_PI / 2 / (w + 1)), 2)) / 4.5;
  CHECK(f[Feature::ritz] >= least * (1 - 1e-12));
  CHECK(f[Feature::ritz] <= f[Feature::rayleigh]);
}

TEST_CASE("the dimension tells paths, planes, space and expanders apart", "[policy]") {
  CHECK(features_of(grid(1, 3000))[Feature::dimension] == Approx(1).margin(0.05));
  CHECK(features_of(grid(5, 4000))[Feature::dimension] < 1.5);
  CHECK(features_of(grid(150, 150))[Feature::dimension] == Approx(2).margin(0.4));
  CHECK(features_of(cube(14))[Feature::dimension] == Approx(3).margin(0.4));
  CHECK(features_of(cube(30))[Feature::dimension] == Approx(3).margin(0.5));
  CHECK(features_of(random_spd(2000, 6, 3))[Feature::dimension] > 4);
}

TEST_CASE("predicted fill is right within a factor", "[policy]") {
  const auto check = [](const Triplets& t, double factor) {
    const CsrMatrix matrix = t.matrix();
    const Features f = features_of(matrix.view());
    SolverOptions options;
    options.method = Method::cholesky;
    CsrMatrix copy = matrix.copy().take();
    auto solver = Solver::create(std::move(copy), options);
    REQUIRE(solver.ok());
    REQUIRE(solver.value()->prepare().ok());
    const double flops = solver.value()->setup().factor_flops;
    CHECK(f[Feature::factor_flops] < factor * flops);
    CHECK(f[Feature::factor_flops] > flops / factor);
  };
  check(grid(60, 60), 3);
  check(grid(120, 120), 3);
  check(cube(12), 5);
  check(mesh(60, 60, 3), 12);
  check(random_spd(1500, 4, 3), 3);
  check(random_spd(800, 8, 4), 3);
}

TEST_CASE("a search reads no more than twice the entries, and none of a known pattern",
          "[policy]") {
  Random random(21);
  const auto check = [](const Triplets& t) {
    const CsrMatrix matrix = t.matrix();
    auto policy = Policy::create({});
    REQUIRE(policy.value()->measure(matrix.view(), 1, 1e-10).ok());
    const std::int64_t searched = policy.value()->searched();
    CHECK(searched > 0);
    CHECK(searched <= 2 * std::int64_t{matrix.view().nnz()});
    REQUIRE(policy.value()->measure(matrix.view(), 3, 1e-6).ok());
    CHECK(policy.value()->searched() == searched);
  };
  check(grid(60, 60));
  check(cube(30));
  check(random_spd(2000, 6, 3));
  check(convection(40, 30, 5, 5));
  // In parts, along rows that lead one way, with a row that has most of the entries.
  for (int sample = 0; sample < 200; ++sample) {
    const std::int32_t n = 2 + random.below(60);
    const std::int32_t part = 1 + random.below(n);
    Triplets t(n, n);
    for (std::int32_t i = 0; i < n; ++i) t.add(i, i, 1);
    for (std::int32_t k = random.below(3 * n); k > 0; --k) {
      const std::int32_t i = random.below(n);
      const std::int32_t first = i / part * part;
      t.add(i, first + random.below(std::min(part, n - first)), 1);
    }
    if (random.chance(0.3)) {
      const std::int32_t hub = random.below(n);
      for (std::int32_t j = 0; j < n; ++j) t.add(hub, j, 1);
    }
    check(t);
  }
}

TEST_CASE("the hash is that of the pattern alone", "[policy]") {
  const CsrMatrix one = grid(9, 7).matrix();
  const CsrMatrix two = grid(9, 7, 3).matrix();
  CHECK(hash_pattern(one.view()) == hash_pattern(two.view()));
  std::set<std::uint64_t> hashes;
  Random random(4);
  for (int k = 0; k < 500; ++k) {
    Triplets t(20, 20);
    for (std::int32_t i = 0; i < 20; ++i) t.add(i, (i + 1) % 20, 1);
    const std::int32_t row = k % 20;
    t.add(row, (row + 2 + k / 20 % 17) % 20, 1);
    if (k >= 340) t.add(0, 0, 1);
    const CsrMatrix matrix = t.matrix();
    hashes.insert(hash_pattern(matrix.view()));
  }
  CHECK(hashes.size() >= 340);
}

TEST_CASE("contexts are finite, and φ too, whatever the matrix", "[policy]") {
  Random random(12);
  for (int sample = 0; sample < 300; ++sample) {
    const std::int32_t rows = 1 + random.below(10);
    const std::int32_t cols = random.chance(0.7) ? rows : 1 + random.below(10);
    Triplets t(rows, cols);
    for (std::int32_t k = random.below(30); k > 0; --k) t.add_random(random);
    const CsrMatrix matrix = t.matrix();
    const Context c = context_of(features_of(matrix.view(), 1 + random.below(100), random.unit()));
    CHECK(c.bucket >= 0);
    CHECK(c.bucket < Context::buckets);
    for (const double x : c.phi) {
      CHECK(std::isfinite(x));
      CHECK(std::fabs(x) < 20);
    }
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("features need memory or fail", "[policy]") {
  const CsrMatrix matrix = convection(9, 8, 5, 5).matrix();
  auto policy = Policy::create({});
  fail_everywhere([&] { return policy.value()->measure(matrix.view(), 1, 1e-10).fault().status; },
                  [](Status) {});
}
#endif

}  // namespace
}  // namespace lacuna::test
