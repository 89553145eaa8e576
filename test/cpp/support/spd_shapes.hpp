#pragma once
#include <vector>

#include "support/systems.hpp"

/// Symmetric positive definite matrices of the shapes that factorizations are tried on.
namespace lacuna::test {

/// Row `tip` meets all others.
inline Triplets spd_arrow(std::int32_t n, std::int32_t tip) {
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    t.add(i, i, i == tip ? n : 1.5);
    if (i != tip) t.add_symmetric(i, tip, 0.5);
  }
  return t;
}

/// Two systems that do not meet.
inline Triplets beside(const Triplets& x, const Triplets& y) {
  Triplets t(x.rows + y.rows, x.rows + y.rows);
  for (std::size_t e = 0; e < x.v.size(); ++e) t.add(x.i[e], x.j[e], x.v[e]);
  for (std::size_t e = 0; e < y.v.size(); ++e) t.add(x.rows + y.i[e], x.rows + y.j[e], y.v[e]);
  return t;
}

inline Triplets with_dense_row(Triplets t) {
  const std::int32_t n = t.rows;
  for (std::int32_t i = 0; i < n; ++i) t.add_symmetric(i, n / 3, i == n / 3 ? n : 0.25);
  for (std::int32_t i = 0; i < n; ++i) t.add(i, i, 1);
  return t;
}

inline Triplets diagonal(std::int32_t n) {
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) t.add(i, i, 1 + i);
  return t;
}

/// One of each kind, of random sizes: grids, meshes, arrows both ways, trees, parts that do not
/// meet, a dense row, a diagonal.
inline std::vector<Triplets> spd_shapes(int s, Random& random) {
  const int w = random.between(1, 9);
  const int n = random.between(1, 60);
  return {grid(w, random.between(1, 9), 0.5),
          mesh(w, random.between(1, 9), s),
          random_spd(n, 5 * random.unit(), s),
          cube(random.between(1, 4)),
          spd_arrow(n, 0),
          spd_arrow(n, n - 1),
          beside(mesh(3, w, s), grid(2, 2, 1)),
          with_dense_row(mesh(w, 4, s)),
          diagonal(n),
          grid(n, 1)};
}

}  // namespace lacuna::test
