#include "lacuna/sparse/structure.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;

namespace {

/// The same facts from a dense pattern, by their definitions.
struct Expected {
  Structure s;
  Position first;

  explicit Expected(const CsrView& a) {
    const int rows = a.rows(), cols = a.cols();
    const Dense v(a);
    std::vector<std::vector<bool>> stored(rows, std::vector<bool>(cols));
    for (int i = 0; i < rows; ++i) {
      for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) stored[i][a.indices()[p]] = true;
    }
    s.square = rows == cols;
    for (int i = rows - 1; i >= 0; --i) {
      bool any = false;
      for (int j = 0; j < cols; ++j) any = any || stored[i][j];
      if (!any) s.first_empty_row = i;
    }
    for (int j = cols - 1; j >= 0; --j) {
      bool any = false;
      for (int i = 0; i < rows; ++i) any = any || stored[i][j];
      if (!any) s.first_empty_col = j;
    }
    for (int i = std::min(rows, cols) - 1; i >= 0; --i) {
      if (v(i, i) == 0) {
        ++s.zero_diagonals;
        s.first_zero_diagonal = i;
      }
      if (!(v(i, i) > 0)) s.first_nonpositive_diagonal = i;
    }
    if (!s.square) return;
    s.symmetric_pattern = s.symmetric = s.exactly_symmetric = s.strictly_row_dominant = true;
    for (int i = rows - 1; i >= 0; --i) {
      long double others = 0;
      for (int j = cols - 1; j >= 0; --j) {
        if (j != i) others += std::fabs(v(i, j));
        if (stored[i][j] != stored[j][i]) s.symmetric_pattern = false;
        if (v(i, j) != v(j, i) || stored[i][j] != stored[j][i]) s.exactly_symmetric = false;
        const long double scale = std::fmax(std::fabs(v(i, j)), std::fabs(v(j, i)));
        const bool agree = stored[i][j] == stored[j][i] &&
                           std::fabs(v(i, j) - v(j, i)) <= Structure::symmetry_tolerance * scale;
        if (!agree) s.symmetric = false;
        if (!agree && stored[i][j]) first = {i, j};
      }
      if (!(std::fabs(v(i, i)) > others)) s.strictly_row_dominant = false;
    }
  }
};

void check_same(const CsrView& a) {
  const auto made = measure_structure(a);
  REQUIRE(made.ok());
  const Structure& s = made.value();
  const Expected expected(a);
  CHECK(s.square == expected.s.square);
  CHECK(s.symmetric_pattern == expected.s.symmetric_pattern);
  CHECK(s.symmetric == expected.s.symmetric);
  CHECK(s.exactly_symmetric == expected.s.exactly_symmetric);
  CHECK(s.zero_diagonals == expected.s.zero_diagonals);
  CHECK(s.first_zero_diagonal == expected.s.first_zero_diagonal);
  CHECK(s.first_nonpositive_diagonal == expected.s.first_nonpositive_diagonal);
  CHECK(s.strictly_row_dominant == expected.s.strictly_row_dominant);
  CHECK(s.first_empty_row == expected.s.first_empty_row);
  CHECK(s.first_empty_col == expected.s.first_empty_col);
  CHECK(s.positive_diagonal() == (expected.s.first_nonpositive_diagonal < 0));
  if (!s.square) return;
  const Position first = first_asymmetric_entry(a);
  CHECK(first.row == expected.first.row);
  CHECK(first.col == expected.first.col);
}

/// Symmetric but for a few changes: entries taken away, values moved by about the tolerance.
CsrMatrix nearly_symmetric(Random& random) {
  const int n = random.between(1, 14);
  test::Triplets t(n, n);
  const double density = random.unit();
  const bool diagonal = random.chance(0.7);
  for (int i = 0; i < n; ++i) {
    if (diagonal || random.chance(0.5))
      t.add(i, i, random.chance(0.1) ? 0 : n * random.unit() - 0.3);
    for (int j = i + 1; j < n; ++j) {
      if (random.chance(density)) t.add_symmetric(i, j, random.chance(0.05) ? 0 : random.sign());
    }
  }
  const int changes = random.below(4);
  for (int k = 0; k < changes && t.v.size() > 1; ++k) {
    const int at = random.below(static_cast<int>(t.v.size()));
    if (random.chance(0.4)) {
      t.i.erase(t.i.begin() + at);
      t.j.erase(t.j.begin() + at);
      t.v.erase(t.v.begin() + at);
    } else {
      t.v[at] *= 1 + (random.chance(0.5) ? 1e-14 : 1e-12);
    }
  }
  return t.matrix();
}

void check_structure(int samples) {
  Random random(31);
  for (int k = 0; k < samples; ++k) {
    check_same(nearly_symmetric(random).view());
    check_same(
        test::arbitrary(random.between(1, 9), random.between(1, 9), random.unit(), random.bits())
            .matrix()
            .view());
  }
}

}  // namespace

LACUNA_SAMPLED(check_structure, "structure agrees with its definitions", 300, 200000)

TEST_CASE("the entry without a mirror image is named, not one met on the way") {
  // (3, 1) stands alone; (2, 3) and (3, 2) are a pair.
  test::Triplets t(4, 4);
  for (int i = 0; i < 4; ++i) t.add(i, i, 1);
  t.add(3, 1, 5);
  t.add_symmetric(2, 3, 2);
  const auto a = t.matrix();
  CHECK_FALSE(measure_structure(a.view()).value().symmetric_pattern);
  const Position entry = first_asymmetric_entry(a.view());
  CHECK(entry.row == 3);
  CHECK(entry.col == 1);
}

TEST_CASE("symmetry is judged entry by entry, relative to its own size") {
  test::Triplets t(3, 3);
  for (int i = 0; i < 3; ++i) t.add(i, i, 1e20);
  t.add(0, 1, 1e-20);
  t.add(1, 0, 1.001e-20);
  CHECK_FALSE(measure_structure(t.matrix().view()).value().symmetric);
  t.v.back() = 1e-20 * (1 + 4e-14);
  const auto near = measure_structure(t.matrix().view()).value();
  CHECK(near.symmetric);
  CHECK_FALSE(near.exactly_symmetric);
}

TEST_CASE("dominance is strict") {
  test::Triplets t(2, 2);
  t.add(0, 0, 2);
  t.add(0, 1, -2);
  t.add(1, 1, 1);
  CHECK_FALSE(measure_structure(t.matrix().view()).value().strictly_row_dominant);
  t.v[0] = -2.5;
  CHECK(measure_structure(t.matrix().view()).value().strictly_row_dominant);
}
