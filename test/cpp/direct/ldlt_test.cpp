// L·D·Lᵀ of symmetric indefinite matrices: factors, answers, inertia and determinant.
#include "lacuna/direct/ldlt.hpp"

#include <cmath>
#include <vector>

#include "lacuna/sparse/operations.hpp"
#include "support/catch.hpp"
#include "support/elimination.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;
using test::Vector;

namespace {

constexpr Real pi = 3.14159265358979323846264338327950288L;

void prepare(Ldlt& f, const CsrView& a) {
  REQUIRE(f.analyze(a).ok());
  REQUIRE(f.factorize(a).ok());
}

/// P·S·A·S·Pᵀ from the factors, element by element beside the sum of magnitudes, with elements of L
/// bounded as promised.
void check_factors(const Dense& a, const LdltFactors<double>& f) {
  const int n = a.rows;
  const Supernodes& s = f.structure;
  Dense l(n, n), d(n, n);
  std::vector<char> seen(n, 0);
  for (std::int32_t u = 0; u < s.count; ++u) {
    const double* panel = f.values.data() + s.value_begin[u];
    for (std::int32_t j = 0; j < s.width(u); ++j) {
      const std::int32_t column = s.first_column[u] + j;
      for (std::int32_t i = j; i < s.height(u); ++i) {
        const std::int32_t row = s.rows[s.row_begin[u] + i];
        REQUIRE((i < s.width(u) ? row == s.first_column[u] + i : row >= s.first_column[u + 1]));
        l(row, column) = panel[i + std::size_t(j) * s.height(u)];
      }
      CHECK(l(column, column) == 1);
    }
  }
  std::int64_t twos = 0;
  for (int k = 0; k < n; ++k) {
    const std::int32_t row = s.permutation[k];
    REQUIRE((row >= 0 && row < n && !seen[row]));
    seen[row] = 1;
    d(k, k) = f.pivots[2 * k];
    if (f.pivots[2 * k + 1] == 0) continue;
    ++twos;
    REQUIRE(k + 1 < n);
    d(k, k + 1) = d(k + 1, k) = f.pivots[2 * k + 1];
    CHECK(l(k + 1, k) == 0);
    CHECK(f.pivots[2 * k + 3] == 0);
  }
  CHECK(twos == f.two_by_two);
  const Dense ld = l.times(d);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      CHECK(std::fabs(l(i, j)) <= 1 / FrontLdlt<double>::threshold);
      Real sum = 0, size = 0;
      for (int p = 0; p <= j + 1 && p < n; ++p) {
        sum += ld(i, p) * l(j, p);
        for (int q = std::max(0, p - 1); q <= std::min(n - 1, p + 1); ++q) {
          size += std::fabs(l(i, q) * d(q, p) * l(j, p));
        }
      }
      const std::int32_t row = s.permutation[i], col = s.permutation[j];
      const Real wanted = a(row, col) * Real(f.scale[row]) * Real(f.scale[col]);
      // Pivots of two columns are inverted with errors that their growth enlarges.
      CHECK(std::fabs(sum - wanted) <= 1e-15L * (n + 30) * (size + std::fabs(wanted)) * 4);
    }
  }
}

void check_answers(Ldlt& f, const Dense& a, Random& random) {
  const auto b = random.vector(a.rows);
  std::vector<double> x(a.rows), again(a.rows);
  REQUIRE(f.solve(b, x, false) == Status::ok);
  REQUIRE(f.solve(b, again, true) == Status::ok);
  CHECK(x == again);
  const Real before = test::largest(test::minus(b, a.times(x)));
  const Real size = a.norm_inf() * test::largest(x) + test::largest(b);
  CHECK(before <= 1e-12L * size);
  // One step of refinement.
  const auto r = test::to_double(test::minus(b, a.times(x)));
  std::vector<double> c(a.rows);
  REQUIRE(f.solve(r, c, false) == Status::ok);
  for (int i = 0; i < a.rows; ++i) x[i] += c[i];
  CHECK(test::largest(test::minus(b, a.times(x))) <= 1e-15L * size);
}

/// Signs of the eigenvalues and the sum of their logarithms, from rotations.
void check_spectrum(const Ldlt& f, const Dense& a) {
  const Vector spectrum = test::eigenvalues(a);
  std::int64_t positive = 0, negative = 0;
  Real log = 0, least = 1e300L, most = 0;
  for (const Real e : spectrum) {
    ++(e > 0 ? positive : negative);
    log += std::log(std::fabs(e));
    least = std::fmin(least, std::fabs(e));
    most = std::fmax(most, std::fabs(e));
  }
  if (least < 1e-12L * most) return;
  const FactorInfo info = f.info();
  CHECK(info.positive == positive);
  CHECK(info.negative == negative);
  CHECK(info.zero == 0);
  CHECK(info.perturbed == 0);
  const auto determinant = f.determinant();
  REQUIRE(determinant);
  CHECK(determinant->sign == (negative % 2 == 0 ? 1 : -1));
  CHECK(std::fabs(determinant->log_abs - log) <=
        1e-13L * (a.rows + std::fabs(log)) * std::fmax(1, most / least * 1e-2L));
}

void check_all(const Triplets& t, Random& random) {
  const auto a = t.matrix();
  const Dense dense(a.view());
  Ldlt f;
  prepare(f, a.view());
  check_factors(dense, *f.factors());
  check_answers(f, dense, random);
  check_spectrum(f, dense);
}

void check_indefinite(int samples) {
  Random random(301);
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(1, 45);
    const double degree = 5 * random.unit();
    check_all(test::symmetric_scattered(n, degree, random.bits()), random);
    check_all(test::quasi_definite(random.between(2, 40), degree, random.bits()), random);
    check_all(test::random_spd(n, degree, random.bits()), random);
    const int side = random.between(2, 6);
    check_all(test::grid(side, random.between(2, 7), -3.9876543 * random.unit()), random);
    check_all(test::cube(random.between(1, 3), -6.1234567 * random.unit()), random);
    const int m = random.between(1, 12);
    check_all(test::saddle_point(test::random_spd(m + random.below(20), degree, random.bits()), m,
                                 random.bits()),
              random);
  }
}

void check_congruent(int samples) {
  Random random(302);
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(1, 60);
    const double degree = 3 * random.unit();
    const test::Congruent c(n, degree, random.bits());
    const auto a = c.matrix.matrix();
    Ldlt f;
    prepare(f, a.view());
    const FactorInfo info = f.info();
    if (info.positive >= 0) {
      CHECK(info.positive == c.positive);
      CHECK(info.negative == c.negative);
    } else {
      CHECK(f.factors()->smallest < 1e-13);
    }
    // |det| = 1.
    if (n <= 20) CHECK(std::fabs(f.determinant()->log_abs) < 1e-6);
  }
}

/// (i, m, 0) for any H that is positive definite on the null space of B, here everywhere.
void check_saddle_points(int samples) {
  Random random(303);
  for (int k = 0; k < samples; ++k) {
    const int w = random.between(3, 14);
    const Triplets h = k % 2 == 0 ? test::mesh(w, w, k) : test::grid(w, w, 0.1);
    const int m = random.between(1, h.rows / 2);
    const auto t = test::saddle_point(h, m, random.bits());
    const auto a = t.matrix();
    Ldlt f;
    prepare(f, a.view());
    CHECK(f.info().positive == h.rows);
    CHECK(f.info().negative == m);
    CHECK(f.pairs() >= m / 2);
    const auto x = random.vector(t.rows);
    std::vector<double> b(t.rows), y(t.rows);
    multiply(a.view(), x, b);
    REQUIRE(f.solve(b, y, false) == Status::ok);
    std::vector<double> back(t.rows);
    multiply(a.view(), y, back);
    CHECK(test::largest(test::minus(b, back)) <= 1e-12L * test::largest(b));
  }
}

/// Renumbering and scaling by S, a diagonal of powers of two with any signs, keep the inertia.
void check_invariance(int samples) {
  Random random(304);
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(2, 70);
    const Triplets t = test::symmetric_scattered(n, 1 + 3 * random.unit(), random.bits());
    const auto a = t.matrix();
    Ldlt f;
    prepare(f, a.view());
    const auto p = random.permutation(n);
    Triplets moved(n, n);
    std::vector<double> s(n);
    for (double& v : s) v = std::ldexp(random.chance(0.5) ? 1 : -1, random.between(-60, 60));
    for (std::size_t e = 0; e < t.v.size(); ++e) {
      moved.add(p[t.i[e]], p[t.j[e]], t.v[e] * s[t.i[e]] * s[t.j[e]]);
    }
    const auto b = moved.matrix();
    Ldlt g;
    prepare(g, b.view());
    CHECK(f.info().positive == g.info().positive);
    CHECK(f.info().negative == g.info().negative);
    Real logs = 0;
    for (const double v : s) logs += 2 * std::log(std::fabs(v));
    CHECK(std::fabs(f.determinant()->log_abs + logs - g.determinant()->log_abs) <=
          1e-8L + 1e-13L * std::fabs(logs));
    // As a whole by a power of four: not a bit changes.
    Triplets scaled = t;
    for (double& v : scaled.v) v *= 0x1p-40;
    const auto c = scaled.matrix();
    Ldlt h;
    prepare(h, c.view());
    const auto rhs = random.vector(n);
    std::vector<double> x(n), y(n);
    REQUIRE(f.solve(rhs, x, false) == Status::ok);
    REQUIRE(h.solve(rhs, y, false) == Status::ok);
    for (int i = 0; i < n; ++i) CHECK(x[i] == y[i] * 0x1p-40);
  }
}

}  // namespace

LACUNA_SAMPLED(check_indefinite, "L·D·Lᵀ = P·S·A·S·Pᵀ, and what follows from it", 10, 800)
LACUNA_SAMPLED(check_congruent, "the inertia of a congruence is known exactly", 40, 4000)
LACUNA_SAMPLED(check_saddle_points, "saddle points have as many signs as unknowns and constraints",
               10, 400)
LACUNA_SAMPLED(check_invariance, "numbering and scaling leave the inertia", 15, 1500)

TEST_CASE("shifted Laplacians have the inertia that their eigenvalues tell") {
  struct Grid {
    int w, h;
  };
  for (const auto& [w, h] : {Grid{1, 1}, {9, 14}, {30, 31}, {57, 60}}) {
    for (const double shift : {-0.3456, -1.9, -3.9999, -4.0123, -6.5, -8.1}) {
      const auto a = test::grid(w, h, shift).matrix();
      std::int64_t negative = 0;
      Real nearest = 10;
      for (int i = 1; i <= w; ++i) {
        for (int j = 1; j <= h; ++j) {
          const Real e =
              4 + Real(shift) - 2 * std::cos(pi * i / (w + 1)) - 2 * std::cos(pi * j / (h + 1));
          negative += e < 0;
          nearest = std::fmin(nearest, std::fabs(e));
        }
      }
      REQUIRE(nearest > 1e-7L);
      Ldlt f;
      prepare(f, a.view());
      CHECK(f.info().negative == negative);
      CHECK(f.info().positive == w * h - negative);
      CHECK(f.determinant()->sign == (negative % 2 == 0 ? 1 : -1));
    }
  }
  // In space, with what cancels on the diagonal altogether.
  const int s = 11;
  const auto a = test::cube(s, -6).matrix();
  std::int64_t negative = 0, zero = 0;
  for (int i = 1; i <= s; ++i) {
    for (int j = 1; j <= s; ++j) {
      for (int k = 1; k <= s; ++k) {
        const Real e =
            std::cos(pi * i / (s + 1)) + std::cos(pi * j / (s + 1)) + std::cos(pi * k / (s + 1));
        negative += e > 1e-12L;
        zero += std::fabs(e) <= 1e-12L;
      }
    }
  }
  Ldlt f;
  REQUIRE(f.analyze(a.view()).ok());
  const Fault fault = f.factorize(a.view());
  if (zero == 0) {
    REQUIRE(fault.ok());
    CHECK(f.info().negative == negative);
  } else if (fault.ok()) {
    CHECK(f.info().negative == -1);  // withheld: a pivot is of the size of rounding errors
  } else {
    CHECK(fault.status == Status::zero_pivot);
  }
}

TEST_CASE("definite matrices have one sign, and the determinant of Cholesky") {
  Random random(305);
  for (int k = 0; k < 10; ++k) {
    const int w = random.between(2, 12);
    auto t = test::mesh(w, random.between(2, 12), k);
    const auto a = t.matrix();
    Ldlt f;
    prepare(f, a.view());
    CHECK(f.info().positive == t.rows);
    CHECK(f.info().two_by_two == 0);
    CHECK(f.info().delayed == 0);
    for (double& v : t.v) v = -v;
    const auto b = t.matrix();
    REQUIRE(f.factorize(b.view()).ok());
    CHECK(f.info().negative == t.rows);
    CHECK(f.determinant()->sign == (t.rows % 2 == 0 ? 1 : -1));
  }
}
