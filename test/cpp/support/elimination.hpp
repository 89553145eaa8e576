#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lacuna/ordering/adjacency.hpp"
#include "support/systems.hpp"

/// Elimination on dense Boolean matrices, as the definition says, and patterns to try it on.
namespace lacuna::test {

using Order = std::vector<std::int32_t>;

/// Pattern of L for the pattern of A + Aᵀ under an order: row by row, L(i, j) for j ≤ i.
struct DenseFactor {
  std::int32_t n;
  std::vector<char> l;

  bool operator()(std::int32_t i, std::int32_t j) const { return l[std::size_t(i) * n + j]; }

  DenseFactor(const CsrView& a, const Order& order) : n(a.rows()), l(std::size_t(n) * n, 0) {
    std::vector<std::int32_t> position(n);
    for (std::int32_t k = 0; k < n; ++k) position[order[k]] = k;
    for (std::int32_t i = 0; i < n; ++i) {
      l[std::size_t(i) * n + i] = 1;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        const std::int32_t u = position[i];
        const std::int32_t v = position[a.indices()[p]];
        l[std::size_t(u > v ? u : v) * n + (u > v ? v : u)] = 1;
      }
    }
    for (std::int32_t k = 0; k < n; ++k) {
      for (std::int32_t i = k + 1; i < n; ++i) {
        if (!(*this)(i, k)) continue;
        for (std::int32_t j = k + 1; j <= i; ++j) {
          if ((*this)(j, k)) l[std::size_t(i) * n + j] = 1;
        }
      }
    }
  }

  std::int32_t count(std::int32_t j) const {
    std::int32_t c = 0;
    for (std::int32_t i = j; i < n; ++i) c += (*this)(i, j);
    return c;
  }

  /// First row below the diagonal of column j, −1 if there is none: its parent by definition.
  std::int32_t parent(std::int32_t j) const {
    for (std::int32_t i = j + 1; i < n; ++i) {
      if ((*this)(i, j)) return i;
    }
    return -1;
  }

  double nnz() const {
    double sum = 0;
    for (std::int32_t j = 0; j < n; ++j) sum += count(j);
    return sum;
  }

  double flops() const {
    double sum = 0;
    for (std::int32_t j = 0; j < n; ++j) sum += double(count(j)) * count(j);
    return sum;
  }
};

/// Minimum degree with exact degrees, the smallest vertex among equals.
inline Order exact_minimum_degree(const CsrView& a) {
  const std::int32_t n = a.rows();
  std::vector<std::vector<char>> g(n, std::vector<char>(n, 0));
  for (std::int32_t i = 0; i < n; ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      g[i][a.indices()[p]] = g[a.indices()[p]][i] = 1;
    }
  }
  Order order;
  std::vector<char> gone(n, 0);
  for (std::int32_t k = 0; k < n; ++k) {
    std::int32_t best = -1, least = n;
    for (std::int32_t v = 0; v < n; ++v) {
      if (gone[v]) continue;
      std::int32_t degree = 0;
      for (std::int32_t u = 0; u < n; ++u) degree += u != v && !gone[u] && g[v][u];
      if (degree < least) least = degree, best = v;
    }
    gone[best] = 1;
    order.push_back(best);
    for (std::int32_t u = 0; u < n; ++u) {
      for (std::int32_t w = 0; w < n; ++w) {
        if (g[best][u] && g[best][w]) g[u][w] = 1;
      }
    }
  }
  return order;
}

inline bool is_permutation_of(const std::int32_t* order, std::size_t size, std::int32_t n) {
  if (size != static_cast<std::size_t>(n)) return false;
  std::vector<char> used(n, 0);
  for (std::size_t k = 0; k < size; ++k) {
    if (order[k] < 0 || order[k] >= n || used[order[k]]) return false;
    used[order[k]] = 1;
  }
  return true;
}

/// Budget of nearly nothing in each step, so that every pause of a task is taken.
template <class T>
TaskState run_in_slices(T& task) {
  for (;;) {
    Budget budget(1);
    const TaskState state = task.step(budget);
    if (state != TaskState::running) return state;
  }
}

template <class T>
TaskState run(T& task) {
  Budget budget;
  return task.step(budget);
}

inline Adjacency graph_of(const CsrView& a) {
  AdjacencyBuilder builder;
  if (builder.begin(a) != Status::ok || run(builder) != TaskState::done) {
    throw std::runtime_error("no graph");
  }
  return builder.take();
}

/// Hub 0 and n − 1 leaves (or the hub last).
inline Triplets arrow(std::int32_t n, bool hub_first) {
  Triplets t(n, n);
  const std::int32_t hub = hub_first ? 0 : n - 1;
  for (std::int32_t i = 0; i < n; ++i) {
    t.add(i, i, n);
    if (i != hub) t.add_symmetric(hub, i, 1);
  }
  return t;
}

/// Sparse random rows, of which some meet nearly all columns.
inline Triplets with_dense_rows(std::int32_t n, std::int32_t dense, std::uint64_t seed) {
  Random random(seed);
  Triplets t = random_spd(n, 3, seed);
  for (std::int32_t k = 0; k < dense; ++k) {
    const std::int32_t hub = random.below(n);
    for (std::int32_t j = 0; j < n; ++j) {
      if (random.chance(0.9)) t.add_symmetric(hub, j, 0.01);
    }
  }
  return t;
}

/// Several grids and lone vertices, numbered at random.
inline Triplets disconnected(std::int32_t parts, std::int32_t side, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t size = side * side;
  const std::int32_t n = parts * size + parts;
  const auto number = random.permutation(n);
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) t.add(i, i, 1);
  const Triplets one = grid(side, side);
  for (std::int32_t k = 0; k < parts; ++k) {
    for (std::size_t e = 0; e < one.v.size(); ++e) {
      t.add(number[k * size + one.i[e]], number[k * size + one.j[e]], one.v[e]);
    }
  }
  return t;
}

/// Small patterns of every kind, named by their index; `seed` varies the random ones.
inline std::vector<CsrMatrix> small_patterns(std::uint64_t seed) {
  Random random(seed);
  std::vector<CsrMatrix> out;
  Triplets one(1, 1);
  one.add(0, 0, 1);
  out.push_back(one.matrix());
  out.push_back(Triplets(1, 1).matrix());
  out.push_back(Triplets(7, 7).matrix());
  Triplets diagonal(9, 9);
  for (std::int32_t i = 0; i < 9; ++i) diagonal.add(i, i, 1);
  out.push_back(diagonal.matrix());
  out.push_back(arrow(random.between(2, 70), true).matrix());
  out.push_back(arrow(random.between(2, 70), false).matrix());
  out.push_back(with_dense_rows(random.between(40, 70), 2, random.bits()).matrix());
  out.push_back(disconnected(3, random.between(1, 4), random.bits()).matrix());
  out.push_back(grid(random.between(1, 9), random.between(1, 9)).matrix());
  out.push_back(cube(random.between(2, 4)).matrix());
  const std::int32_t w = random.between(2, 8);
  const std::int32_t h = random.between(2, 8);
  out.push_back(mesh(w, h, random.bits()).matrix());
  const std::int32_t n = random.between(2, 60);
  const double degree = 6 * random.unit();
  out.push_back(random_spd(n, degree, random.bits()).matrix());
  // Unsymmetric patterns, with empty rows.
  const std::int32_t m = random.between(1, 40);
  const double density = 0.15 * random.unit();
  out.push_back(arbitrary(m, m, density, random.bits()).matrix());
  out.push_back(arbitrary(12, 12, 1, random.bits()).matrix());
  return out;
}

}  // namespace lacuna::test
