#pragma once
#include <limits>
#include <vector>

#include "lacuna/local/graph/graph.hpp"
#include "support/dense.hpp"
#include "support/graphs.hpp"

/// Hitting times by elimination in long double.
namespace lacuna::test {

inline constexpr Real never = std::numeric_limits<Real>::infinity();

/// Times to t by elimination over the vertices from which t is hit almost surely, which are found
/// by their definition, on the closure of "leads to".
inline Vector dense_times(const Graph& graph, int t) {
  const Dense p = transitions(graph);
  const int n = p.rows;
  std::vector<std::vector<bool>> leads(n, std::vector<bool>(n));
  for (int u = 0; u < n; ++u) {
    leads[u][u] = true;
    for (int v = 0; v < n; ++v) {
      if (u != t && p(u, v) > 0) leads[u][v] = true;
    }
  }
  for (int k = 0; k < n; ++k) {
    for (int u = 0; u < n; ++u) {
      for (int v = 0; v < n; ++v) leads[u][v] = leads[u][v] || (leads[u][k] && leads[k][v]);
    }
  }
  std::vector<int> at;
  Vector h(n, never);
  h[t] = 0;
  for (int u = 0; u < n; ++u) {
    bool sure = u != t;
    for (int v = 0; v < n; ++v) sure = sure && (!leads[u][v] || leads[v][t]);
    if (sure) at.push_back(u);
  }
  const int m = static_cast<int>(at.size());
  if (m == 0) return h;
  Dense a(m, m);
  Vector b(m, 1);
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < m; ++j) a(i, j) = Real(i == j) - p(at[i], at[j]);
  }
  const Elimination solved(a, b, 0);
  for (int i = 0; i < m; ++i) h[at[i]] = solved.x[i];
  return h;
}

}  // namespace lacuna::test
