#pragma once
#include <algorithm>
#include <cmath>

#include "support/systems.hpp"

/// Strictly row-dominant systems of many shapes, for local queries.
namespace lacuna::test {

struct DominantOptions {
  bool m_matrix = false;     ///< positive diagonal, nothing positive off it
  bool same_margin = false;  ///< else margins differ by a factor of up to 100
  double margin = 1;         ///< the least
  bool columns_too = false;  ///< the column margins as large
};

/// Shape 0 random, 1 power law (directed), 2 chain, 3 grid, 4 star, 5 some full rows, 6 diagonal,
/// 7 expander. Entries off the diagonal within ±1.
inline CsrMatrix dominant(int shape, std::int32_t n, const DominantOptions& options,
                          Random& random) {
  Triplets t(n, n);
  std::vector<double> rows(n, 0), cols(n, 0);
  const auto add = [&](std::int32_t i, std::int32_t j) {
    if (i == j) return;
    const double size = 0.05 + 0.95 * random.unit();
    const double v = options.m_matrix || random.chance(0.5) ? -size : size;
    t.add(i, j, v);
    rows[i] += size;
    cols[j] += size;
  };
  const std::int32_t side = std::max<std::int32_t>(1, std::int32_t(std::sqrt(double(n))));
  switch (shape) {
    case 0:
      for (std::int32_t k = 0; k < 4 * n; ++k) {
        const std::int32_t i = random.below(n);
        add(i, random.below(n));
      }
      break;
    case 1:
      for (std::int32_t i = 1; i < n; ++i) {
        for (int k = 0; k < 3; ++k) {
          // Preferential by squares: low numbers are hubs.
          const double u = random.unit();
          const auto j = static_cast<std::int32_t>(u * u * i);
          random.chance(0.7) ? add(i, j) : add(j, i);
        }
      }
      break;
    case 2:
      for (std::int32_t i = 0; i + 1 < n; ++i) add(i, i + 1), add(i + 1, i);
      break;
    case 3:
      for (std::int32_t i = 0; i < n; ++i) {
        if (i % side + 1 < side && i + 1 < n) add(i, i + 1), add(i + 1, i);
        if (i + side < n) add(i, i + side), add(i + side, i);
      }
      break;
    case 4:
      for (std::int32_t i = 1; i < n; ++i) add(0, i), add(i, 0);
      break;
    case 5:
      for (std::int32_t i = 0; i < n; ++i) add(i, random.below(n));
      for (int k = 0; k < 3; ++k) {
        const std::int32_t i = random.below(n);
        for (std::int32_t j = 0; j < n; ++j) add(i, j);
      }
      break;
    case 6: break;
    default:
      for (std::int32_t i = 0; i < n; ++i) {
        for (int k = 0; k < 8; ++k) add(i, random.below(n));
      }
  }
  for (std::int32_t i = 0; i < n; ++i) {
    const double sum = options.columns_too ? std::max(rows[i], cols[i]) : rows[i];
    const double more = options.same_margin ? 1 : 1 + 99 * random.unit() * random.unit();
    // Sums of duplicates of opposite signs are smaller, so the margin is at least this.
    const double d = (sum + options.margin * more) * (1 + 1e-13);
    t.add(i, i, options.m_matrix || random.chance(0.8) ? d : -d);
  }
  return t.matrix();
}

}  // namespace lacuna::test
