#pragma once
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "lacuna/sparse/csr.hpp"
#include "support/random.hpp"

/// Matrices of the kinds that users bring, from seeds and without any libm: equal on every target.
namespace lacuna::test {

/// Coordinate form, duplicates allowed.
struct Triplets {
  std::int32_t rows = 0;
  std::int32_t cols = 0;
  std::vector<std::int32_t> i;
  std::vector<std::int32_t> j;
  std::vector<double> v;

  Triplets(std::int32_t rows_, std::int32_t cols_) : rows(rows_), cols(cols_) {}

  void add(std::int32_t row, std::int32_t col, double value) {
    i.push_back(row);
    j.push_back(col);
    v.push_back(value);
  }
  /// Drawn in this order on every compiler, which arguments of a call would not be.
  void add_random(Random& random) {
    const std::int32_t row = random.below(rows);
    const std::int32_t col = random.below(cols);
    add(row, col, random.sign());
  }
  void add_symmetric(std::int32_t row, std::int32_t col, double value) {
    add(row, col, value);
    if (row != col) add(col, row, value);
  }
  /// An edge of a weighted graph Laplacian.
  void add_edge(std::int32_t a, std::int32_t b, double weight) {
    add_symmetric(a, b, -weight);
    add(a, a, weight);
    add(b, b, weight);
  }

  CsrMatrix matrix() const {
    auto made = CsrMatrix::from_triplets(rows, cols, i, j, v);
    if (!made.ok()) throw std::runtime_error(status_name(made.fault().status));
    return made.take();
  }
};

/// Five-point Laplacian of a w × h grid plus `shift`·I.
inline Triplets grid(std::int32_t w, std::int32_t h, double shift = 0) {
  Triplets t(w * h, w * h);
  for (std::int32_t y = 0; y < h; ++y) {
    for (std::int32_t x = 0; x < w; ++x) {
      const std::int32_t k = y * w + x;
      t.add(k, k, 4 + shift);
      if (x + 1 < w) t.add_symmetric(k, k + 1, -1);
      if (y + 1 < h) t.add_symmetric(k, k + w, -1);
    }
  }
  return t;
}

/// Seven-point Laplacian of an s³ grid plus `shift`·I.
inline Triplets cube(std::int32_t s, double shift = 0) {
  Triplets t(s * s * s, s * s * s);
  for (std::int32_t k = 0; k < t.rows; ++k) {
    t.add(k, k, 6 + shift);
    if (k % s + 1 < s) t.add_symmetric(k, k + 1, -1);
    if (k / s % s + 1 < s) t.add_symmetric(k, k + s, -1);
    if (k / s / s + 1 < s) t.add_symmetric(k, k + s * s, -1);
  }
  return t;
}

/// Stiffness-like matrix of a triangulated w × h patch with random conductivities, numbered at
/// random: symmetric positive definite, irregular values.
inline Triplets mesh(std::int32_t w, std::int32_t h, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t n = w * h;
  const auto number = random.permutation(n);
  Triplets t(n, n);
  const auto edge = [&](std::int32_t a, std::int32_t b) {
    t.add_edge(number[a], number[b], 0.05 + random.unit());
  };
  for (std::int32_t y = 0; y < h; ++y) {
    for (std::int32_t x = 0; x < w; ++x) {
      const std::int32_t k = y * w + x;
      if (x + 1 < w) edge(k, k + 1);
      if (y + 1 < h) edge(k, k + w);
      if (x + 1 < w && y + 1 < h) random.chance(0.5) ? edge(k, k + w + 1) : edge(k + 1, k + w);
      t.add(number[k], number[k], 0.01 + 0.1 * random.unit());
    }
  }
  return t;
}

/// Laplacian of a random graph with about `degree` neighbors per vertex, plus a diagonal: fills in
/// like an expander.
inline Triplets random_spd(std::int32_t n, double degree, std::uint64_t seed) {
  Random random(seed);
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) t.add(i, i, 0.2 + random.unit());
  const auto edges = static_cast<std::int32_t>(n * degree / 2);
  for (std::int32_t k = 0; k < edges && n > 1; ++k) {
    const std::int32_t a = random.below(n);
    const std::int32_t b = random.below(n);
    if (a != b) t.add_edge(a, b, 0.1 + random.unit());
  }
  return t;
}

/// Symmetric, both signs on a strictly dominant diagonal: indefinite, LDLᵀ exists in any order.
inline Triplets quasi_definite(std::int32_t n, double degree, std::uint64_t seed) {
  Random random(seed);
  Triplets t(n, n);
  std::vector<double> sums(n, 0);
  const auto edges = static_cast<std::int32_t>(n * degree / 2);
  for (std::int32_t k = 0; k < edges && n > 1; ++k) {
    const std::int32_t a = random.below(n);
    const std::int32_t b = random.below(n);
    if (a == b) continue;
    const double v = random.sign();
    t.add_symmetric(a, b, v);
    sums[a] += v < 0 ? -v : v;
    sums[b] += v < 0 ? -v : v;
  }
  for (std::int32_t i = 0; i < n; ++i) {
    const double d = sums[i] + 0.5 + random.unit();
    t.add(i, i, i % 2 == 0 ? d : -d);
  }
  return t;
}

/// Unsymmetric pattern and values. Each row has a large entry on a random permutation, so that
/// the matrix is far from singular, but its diagonal is mostly absent: pivoting is needed.
inline Triplets scattered(std::int32_t n, double degree, std::uint64_t seed) {
  Random random(seed);
  Triplets t(n, n);
  const auto home = random.permutation(n);
  for (std::int32_t i = 0; i < n; ++i) t.add(i, home[i], degree + 1 + random.unit());
  const auto entries = static_cast<std::int32_t>(n * degree);
  for (std::int32_t k = 0; k < entries; ++k) t.add_random(random);
  return t;
}

/// Upwind convection-diffusion on a w × h grid: unsymmetric values on a symmetric pattern,
/// weakly dominant.
inline Triplets convection(std::int32_t w, std::int32_t h, double peclet, std::uint64_t seed) {
  Random random(seed);
  Triplets t(w * h, w * h);
  for (std::int32_t y = 0; y < h; ++y) {
    for (std::int32_t x = 0; x < w; ++x) {
      const std::int32_t k = y * w + x;
      const double cx = peclet * random.unit();
      const double cy = peclet * random.unit();
      t.add(k, k, 4 + cx + cy);
      if (x > 0) t.add(k, k - 1, -1 - cx);
      if (x + 1 < w) t.add(k, k + 1, -1);
      if (y > 0) t.add(k, k - w, -1 - cy);
      if (y + 1 < h) t.add(k, k + w, -1);
    }
  }
  return t;
}

/// Random rectangular matrix of full rank: `scattered` on its leading square part.
inline Triplets rectangular(std::int32_t rows, std::int32_t cols, double degree,
                            std::uint64_t seed) {
  Random random(seed);
  Triplets t(rows, cols);
  const std::int32_t least = rows < cols ? rows : cols;
  const std::int32_t most = rows < cols ? cols : rows;
  const auto home = random.permutation(most);
  for (std::int32_t k = 0; k < least; ++k) {
    const double v = degree + 1 + random.unit();
    rows < cols ? t.add(k, home[k], v) : t.add(home[k], k, v);
  }
  const auto entries = static_cast<std::int32_t>(most * degree);
  for (std::int32_t k = 0; k < entries; ++k) t.add_random(random);
  return t;
}

/// Any sparse pattern at all: empty rows, empty columns, explicit zeros.
inline Triplets arbitrary(std::int32_t rows, std::int32_t cols, double density,
                          std::uint64_t seed) {
  Random random(seed);
  Triplets t(rows, cols);
  for (std::int32_t i = 0; i < rows; ++i) {
    for (std::int32_t j = 0; j < cols; ++j) {
      if (random.chance(density)) t.add(i, j, random.chance(0.05) ? 0 : random.sign());
    }
  }
  return t;
}

}  // namespace lacuna::test
