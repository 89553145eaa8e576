#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/dense.hpp"
#include "support/systems.hpp"

/// Symmetric indefinite matrices and their eigenvalues.
namespace lacuna::test {

/// Eigenvalues by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5), in no
/// order.
inline Vector eigenvalues(Dense a) {
  const int n = a.rows;
  for (int sweep = 0; sweep < 40; ++sweep) {
    Real off = 0, all = 0;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) (i == j ? all : off) += a(i, j) * a(i, j);
    }
    if (off <= 1e-36L * (all + off)) break;
    for (int p = 0; p < n; ++p) {
      for (int q = p + 1; q < n; ++q) {
        if (a(p, q) == 0) continue;
        const Real theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
        const Real root = std::sqrt(theta * theta + 1);
        const Real t = theta >= 0 ? 1 / (theta + root) : 1 / (theta - root);
        const Real c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < n; ++k) {
          const Real x = a(k, p), y = a(k, q);
          a(k, p) = c * x - s * y;
          a(k, q) = s * x + c * y;
        }
        for (int k = 0; k < n; ++k) {
          const Real x = a(p, k), y = a(q, k);
          a(p, k) = c * x - s * y;
          a(q, k) = s * x + c * y;
        }
      }
    }
  }
  Vector out(n);
  for (int i = 0; i < n; ++i) out[i] = a(i, i);
  return out;
}

/// Random symmetric pattern; pairs of large entries off the diagonal keep it regular, and the
/// diagonal itself is absent, weak or of order 1.
inline Triplets symmetric_scattered(std::int32_t n, double degree, std::uint64_t seed) {
  Random random(seed);
  Triplets t(n, n);
  const auto home = random.permutation(n);
  for (std::int32_t k = 0; k + 1 < n; k += 2) {
    t.add_symmetric(home[k], home[k + 1], random.chance(0.5) ? degree + 1 : -degree - 1);
  }
  if (n % 2 == 1) t.add(home[n - 1], home[n - 1], degree + 1);
  const auto entries = static_cast<std::int32_t>(n * degree / 2);
  for (std::int32_t k = 0; k < entries; ++k) {
    const std::int32_t i = random.below(n);
    const std::int32_t j = random.below(n);
    t.add_symmetric(i, j, random.sign());
  }
  for (std::int32_t i = 0; i < n; ++i) {
    if (random.chance(0.3)) t.add(i, i, random.chance(0.5) ? random.sign() : 1e-9 * random.sign());
  }
  return t;
}

/// S·(J − I)·S with S = 2^e at the hub and 2^−e elsewhere.
inline Triplets hub_of_hollow(std::int32_t n, int e, std::int32_t hub) {
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    for (std::int32_t j = 0; j < i; ++j) {
      t.add_symmetric(i, j, i == hub || j == hub ? 1 : std::ldexp(1.0, -2 * e));
    }
  }
  return t;
}

/// A full matrix with eigenvalues from 1 down to 1/κ, evenly on a logarithmic scale: a diagonal
/// between three reflections, whose entries are then rounded.
inline Triplets spd_of_condition(std::int32_t n, double kappa, Random& random) {
  Dense a(n, n);
  for (int i = 0; i < n; ++i) a(i, i) = std::pow(Real(kappa), -Real(i) / std::max(1, n - 1));
  for (int k = 0; k < 3; ++k) {
    const auto v = random.vector(n);
    Real square = 0;
    for (const double x : v) square += Real(x) * x;
    for (const bool rows : {false, true}) {
      for (int j = 0; j < n; ++j) {
        Real sum = 0;
        for (int i = 0; i < n; ++i) sum += v[i] * (rows ? a(j, i) : a(i, j));
        for (int i = 0; i < n; ++i) (rows ? a(j, i) : a(i, j)) -= v[i] * sum * 2 / square;
      }
    }
  }
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) t.add_symmetric(i, j, static_cast<double>(a(i, j)));
    t.add(i, i, static_cast<double>(a(i, i)));
  }
  return t;
}

/// Saddle point [H Bᵀ; B 0] with H = 'h' and m constraints, each of which has an entry of 2 in a
/// column of its own: B has full rank, and with H positive definite the inertia is (n, m, 0).
inline Triplets saddle_point(const Triplets& h, std::int32_t m, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t n = h.rows;
  Triplets t(n + m, n + m);
  for (std::size_t e = 0; e < h.v.size(); ++e) t.add(h.i[e], h.j[e], h.v[e]);
  const auto home = random.permutation(n);
  for (std::int32_t c = 0; c < m; ++c) {
    t.add_symmetric(n + c, home[c], 2);
    for (std::int32_t k = 0; k < 2; ++k) {
      const std::int32_t other = random.below(n);
      // Triangular in the order of the columns of their own.
      bool later = true;
      for (std::int32_t p = 0; p <= c; ++p) later = later && home[p] != other;
      if (later) t.add_symmetric(n + c, other, random.sign());
    }
  }
  return t;
}

/// M·E·Mᵀ of small integers, M unit lower triangular and sparse, E diagonal of ±1 (0 where
/// `zeros`): by Sylvester's law as many positive and negative eigenvalues as E has, without any
/// rounding.
struct Congruent {
  Triplets matrix;
  std::int64_t positive = 0;
  std::int64_t negative = 0;

  Congruent(std::int32_t n, double degree, std::uint64_t seed) : matrix(n, n) {
    Random random(seed);
    Dense m(n, n), e(n, n);
    for (std::int32_t i = 0; i < n; ++i) {
      m(i, i) = 1;
      e(i, i) = random.chance(0.5) ? 1 : -1;
      ++(e(i, i) > 0 ? positive : negative);
    }
    const auto entries = static_cast<std::int32_t>(n * degree / 2);
    for (std::int32_t k = 0; k < entries; ++k) {
      const std::int32_t i = random.below(n), j = random.below(n);
      if (i > j) m(i, j) = random.chance(0.5) ? 1 : -1;
    }
    const Dense product = m.times(e).times(m.transposed());
    const auto number = random.permutation(n);
    for (std::int32_t i = 0; i < n; ++i) {
      for (std::int32_t j = 0; j < n; ++j) {
        if (product(i, j) != 0) matrix.add(number[i], number[j], double(product(i, j)));
      }
    }
  }
};

}  // namespace lacuna::test
