#pragma once
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "lacuna/local/graph/graph.hpp"
#include "support/dense.hpp"
#include "support/random.hpp"

/// Graphs of the kinds that users bring, and what is true of them by dense algebra in long double.
namespace lacuna::test {

struct EdgeList {
  std::int32_t n = 0;
  std::vector<std::int32_t> from;
  std::vector<std::int32_t> to;
  std::vector<double> weights;  ///< empty: none

  void add(std::int32_t u, std::int32_t v) {
    from.push_back(u);
    to.push_back(v);
  }
  Graph graph(bool undirected) const {
    auto made = Graph::from_edges(n, from, to, weights, undirected);
    if (!made.ok()) throw std::runtime_error(status_name(made.fault().status));
    return made.take();
  }
};

/// Each new vertex leads to `out` earlier ones, by preference to those that are well known already:
/// degrees follow a power law. Weights are multiples of 1/8 where asked for.
inline EdgeList power_law(std::int32_t n, std::int32_t out, bool weighted, std::uint64_t seed) {
  Random random(seed);
  EdgeList e;
  e.n = n;
  for (std::int32_t v = 1; v < n; ++v) {
    for (std::int32_t k = 0; k < out; ++k) {
      const bool copy = !e.to.empty() && random.chance(0.7);
      const std::int32_t u =
          copy ? e.to[random.below(static_cast<std::int32_t>(e.to.size()))] : random.below(v);
      if (u != v) e.add(v, u);
    }
  }
  if (weighted) {
    for (std::size_t k = 0; k < e.from.size(); ++k) {
      e.weights.push_back(random.between(1, 40) * 0.125);
    }
  }
  return e;
}

/// Any directed graph: random arcs, loops and vertices without out-arcs among them.
inline EdgeList any_graph(std::int32_t n, double degree, bool weighted, std::uint64_t seed) {
  Random random(seed);
  EdgeList e;
  e.n = n;
  const auto count = static_cast<std::int32_t>(n * degree);
  for (std::int32_t k = 0; k < count; ++k) {
    const std::int32_t u = random.below(n);
    // Few vertices are led to often: out- and in-degrees are as irregular as can be.
    const std::int32_t v = random.chance(0.5) ? random.below(n) : random.below(1 + n / 10);
    if (u % 7 != 3) e.add(u, v);
  }
  if (weighted) {
    for (std::size_t k = 0; k < e.from.size(); ++k) e.weights.push_back(0.05 + random.unit());
  }
  return e;
}

/// P, straight from the edges of the graph, with empty rows for dangling vertices.
inline Dense transitions(const Graph& graph) {
  const Arcs arcs = graph.out();
  Dense p(graph.vertices(), graph.vertices());
  for (int u = 0; u < p.rows; ++u) {
    Real sum = 0;
    for (int k = arcs.indptr[u]; k < arcs.indptr[u + 1]; ++k) {
      sum += arcs.weights != nullptr ? arcs.weights[k] : 1;
    }
    for (int k = arcs.indptr[u]; k < arcs.indptr[u + 1]; ++k) {
      p(u, arcs.indices[k]) = (arcs.weights != nullptr ? arcs.weights[k] : 1) / sum;
    }
  }
  return p;
}

/// π with πᵀ = α sᵀ + (1−α) πᵀP, dangling rows of P replaced as the policy says.
inline Vector dense_pagerank(const Graph& graph, Real alpha, const Vector& s, Dangling dangling) {
  Dense p = transitions(graph);
  const int n = p.rows;
  for (int u = 0; u < n; ++u) {
    if (graph.out_degree(u) > 0) continue;
    for (int v = 0; v < n; ++v) {
      p(u, v) = dangling == Dangling::self ? Real(u == v)
                                           : (dangling == Dangling::uniform ? Real(1) / n : s[v]);
    }
  }
  Dense m(n, n);
  Vector b(n);
  for (int v = 0; v < n; ++v) {
    for (int u = 0; u < n; ++u) m(v, u) = Real(u == v) - (1 - alpha) * p(u, v);
    b[v] = alpha * s[v];
  }
  return Elimination(m, b).x;
}

inline Vector unit_vector(int n, int at) {
  Vector s(n, 0);
  s[at] = 1;
  return s;
}

}  // namespace lacuna::test
