// Entries of the inverse by L·D·Lᵀ, from the sparse inverse and from reach solves.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "lacuna/direct/inverse_entries.hpp"
#include "lacuna/direct/ldlt.hpp"
#include "support/cholesky.hpp"
#include "support/dense.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

using Rows = std::vector<std::int32_t>;

struct LdltOf {
  CsrMatrix a;
  Ldlt ldlt;

  explicit LdltOf(const Triplets& t) : a(t.matrix()) {
    REQUIRE(ldlt.analyze(a.view()).ok());
    REQUIRE(ldlt.factorize(a.view()).ok());
    REQUIRE(ldlt.link_tree() == Status::ok);
  }

  std::int32_t n() const { return a.view().rows(); }
  const LdltFactors<double>& factors() const { return *ldlt.factors(); }
  PivotsAndScale middle() const { return {factors().pivots.data(), factors().scale.data()}; }

  /// A⁻¹ by columns, from elimination in long double.
  test::Dense inverse() const {
    const test::Dense dense(a.view());
    test::Dense out(n(), n());
    for (int j = 0; j < n(); ++j) {
      test::Vector e(n(), 0);
      e[j] = 1;
      const auto x = test::Elimination(dense, e).x;
      for (int i = 0; i < n(); ++i) out(i, j) = x[i];
    }
    return out;
  }

  /// What rounding may make of an entry of `inverse`: elements of L enter squared.
  double tolerance(const test::Dense& inverse) const {
    const auto norm = static_cast<double>(inverse.norm_inf());
    const auto condition = norm * static_cast<double>(test::Dense(a.view()).norm_inf());
    double largest = 1;
    for (const double v : factors().values.span()) largest = std::max(largest, std::fabs(v));
    return 1e-14 * norm * (1 + condition) * (9 + largest * largest);
  }
};

struct SortedInverse {
  RowOrder order;
  SparseInverse inverse;

  SortedInverse(const LdltOf& f, double slice) {
    const LdltFactors<double>& l = f.factors();
    REQUIRE(order.prepare(l.structure) == Status::ok);
    for (std::int32_t s = 0; s < l.structure.count; ++s) CHECK(order.sort(s) > 0);
    REQUIRE(inverse.begin(l.structure, l.values.data(), l.pivots.data(), &order) == Status::ok);
    drive(inverse, slice);
  }
};

/// Symmetric with zeros on a part of its diagonal: [H Bᵀ; B 0].
Triplets saddle(std::int32_t n, std::int32_t m, Random& random) {
  Triplets t(n + m, n + m);
  for (int i = 0; i < n; ++i) {
    t.add(i, i, 3 + random.sign());
    if (i > 0) t.add_symmetric(i, i - 1, -1);
  }
  for (int c = 0; c < m; ++c) {
    t.add_symmetric(n + c, c, 1);
    t.add_symmetric(n + c, random.between(c + 1, n - 1), random.sign());
  }
  return t;
}

std::vector<Triplets> shapes(int s, Random& random) {
  const int n = random.between(1, 60);
  return {test::symmetric_scattered(n, random.between(1, 5), 900 + s),
          test::hub_of_hollow(n + 2, random.between(0, 6), random.below(n)),
          saddle(n + 6, random.between(1, 5), random)};
}

void check_pattern(int samples) {
  Random random(601);
  std::int64_t delayed = 0, twos = 0;
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : shapes(s, random)) {
      LdltOf f(t);
      const Supernodes& l = f.factors().structure;
      delayed += f.factors().delayed;
      twos += f.factors().two_by_two;
      const auto exact = f.inverse();
      const SortedInverse z(f, s % 2);
      CHECK(z.inverse.progress() == 1);
      const double* scale = f.factors().scale.data();
      const double most = f.tolerance(exact);
      for (std::int32_t u = 0; u < l.count; ++u) {
        // Every entry of L, which may stand in any order.
        for (std::int32_t j = l.first_column[u]; j < l.first_column[u + 1]; ++j) {
          for (std::int64_t p = l.row_begin[u]; p < l.row_begin[u + 1]; ++p) {
            const std::int32_t row = l.permutation[l.rows[p]], column = l.permutation[j];
            const double* found = z.inverse.find(row, column);
            REQUIRE(found != nullptr);
            CHECK(found == z.inverse.find(column, row));
            CHECK(std::fabs(*found * scale[row] * scale[column] - exact(row, column)) <= most);
          }
        }
      }
      std::vector<double> diagonal(f.n());
      z.inverse.diagonal(diagonal);
      for (int i = 0; i < f.n(); ++i) CHECK(diagonal[i] == *z.inverse.find(i, i));
    }
  }
  CHECK(delayed > 0);
  CHECK(twos > 0);
}

void check_entries(int samples) {
  Random random(602);
  std::int64_t inverted = 0, solved = 0;
  for (int s = 0; s < samples; ++s) {
    for (const Triplets& t : shapes(s, random)) {
      LdltOf f(t);
      const auto exact = f.inverse();
      const int wanted = random.chance(0.5) ? 4 * f.n() : random.between(0, 8);
      Rows rows(wanted), columns(wanted);
      for (int k = 0; k < wanted; ++k) {
        rows[k] = random.below(f.n());
        columns[k] = random.chance(0.3) ? rows[k] : random.below(f.n());
      }
      InverseEntries entries;
      std::vector<double> whole(wanted, 1e99), sliced(wanted, 1e99);
      for (auto [out, slice] : {std::pair(&whole, 0.0), std::pair(&sliced, 1.0)}) {
        REQUIRE(entries
                    .begin(f.factors().structure, f.factors().values.data(), rows, columns, *out,
                           f.middle())
                    .ok());
        drive(entries, slice);
        CHECK(entries.progress() == 1);
      }
      inverted += entries.from_sparse_inverse();
      solved += entries.solves();
      CHECK(whole == sliced);
      for (int k = 0; k < wanted; ++k) {
        CHECK(std::fabs(whole[k] - exact(rows[k], columns[k])) <= f.tolerance(exact));
      }
    }
  }
  CHECK(inverted > 0);
  CHECK(solved > 0);
}

}  // namespace

LACUNA_SAMPLED(check_pattern, "the sparse inverse by L·D·Lᵀ is the inverse on the pattern of L", 6,
               300)
LACUNA_SAMPLED(check_entries, "entries of the inverse by L·D·Lᵀ, on the pattern and off it", 6, 300)

TEST_CASE("blocks of the sparse inverse take pivots of two whole") {
  // Pairs without a diagonal; one that is alone may move them to odd places.
  int split = 0;
  for (const int n : {129, 130, 257, 300}) {
    for (const int alone : {0, 1}) {
      Triplets t(n, n);
      Random random(n);
      for (int i = 0; i < n; ++i) {
        if (i < alone || i == n - 1) t.add(i, i, 30);
        for (int j = 0; j < i; ++j) {
          const bool pair = j == i - 1 && (i - alone) % 2 == 1;
          t.add_symmetric(i, j, pair ? 30 : 0.1 * random.sign());
        }
      }
      LdltOf f(t);
      REQUIRE(f.factors().structure.count == 1);
      CHECK(f.factors().two_by_two > n / 3);
      for (int block = 128; block < n; block += 128) {
        split += f.factors().pivots[2 * (block - 1) + 1] != 0;
      }
      const SortedInverse whole(f, 0), sliced(f, 1);
      const double* scale = f.factors().scale.data();
      std::vector<double> e(n), x(n);
      for (const int j : {0, 1, n / 2, n - 1}) {
        std::fill(e.begin(), e.end(), 0);
        e[j] = 1;
        REQUIRE(f.ldlt.solve(e, x, false) == Status::ok);
        double largest = 0;
        for (const double v : x) largest = std::max(largest, std::fabs(v));
        for (int i = 0; i < n; ++i) {
          const double* z = whole.inverse.find(i, j);
          REQUIRE(z != nullptr);
          CHECK(std::fabs(*z * scale[i] * scale[j] - x[i]) <= 1e-10 * largest);
          CHECK(*z == *sliced.inverse.find(i, j));
        }
      }
    }
  }
  CHECK(split > 0);
}

TEST_CASE("all variances of a shifted cube come from one sparse inverse") {
  Triplets t = test::cube(8);
  for (std::int32_t i = 0; i < t.rows; ++i) t.add(i, i, -2.1);
  LdltOf f(t);
  REQUIRE(f.factors().negative > 0);
  REQUIRE(f.factors().positive > 0);
  Rows all(f.n());
  std::iota(all.begin(), all.end(), 0);
  std::vector<double> diagonal(f.n());
  InverseEntries entries;
  REQUIRE(
      entries
          .begin(f.factors().structure, f.factors().values.data(), all, all, diagonal, f.middle())
          .ok());
  drive(entries, 1);
  CHECK(entries.from_sparse_inverse() == f.n());
  CHECK(entries.solves() == 0);
  std::vector<double> e(f.n(), 0), x(f.n());
  for (const int j : {0, 77, 300, f.n() - 1}) {
    e[j] = 1;
    REQUIRE(f.ldlt.solve(e, x, false) == Status::ok);
    e[j] = 0;
    CHECK(diagonal[j] == Approx(x[j]).epsilon(1e-10));
  }
}
