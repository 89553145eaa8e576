#pragma once
#include <cstdint>
#include <set>
#include <vector>

#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/lines.hpp"
#include "support/dense.hpp"
#include "support/graphs.hpp"
#include "support/random.hpp"

/// Undirected graphs with conductances, and their potentials by elimination in long double.
namespace lacuna::test {

enum class Shape { path, cycle, star, complete, tree, grid, random, islands, power_law };
constexpr int shapes = 9;

/// `spread`: weights lie between 2^−spread and 2^spread.
inline EdgeList undirected(Shape shape, std::int32_t n, int spread, Random& random) {
  EdgeList e;
  e.n = n;
  switch (shape) {
    case Shape::path:
      for (std::int32_t v = 1; v < n; ++v) e.add(v - 1, v);
      break;
    case Shape::cycle:
      for (std::int32_t v = 1; v < n; ++v) e.add(v - 1, v);
      if (n > 2) e.add(n - 1, 0);
      break;
    case Shape::star:
      for (std::int32_t v = 1; v < n; ++v) e.add(0, v);
      break;
    case Shape::complete:
      for (std::int32_t v = 1; v < n; ++v) {
        for (std::int32_t u = 0; u < v; ++u) e.add(u, v);
      }
      break;
    case Shape::tree:
      for (std::int32_t v = 1; v < n; ++v) e.add(random.below(v), v);
      break;
    case Shape::grid: {
      std::int32_t w = 1;
      while ((w + 1) * (w + 1) <= n) ++w;
      for (std::int32_t v = 0; v < n; ++v) {
        if (v % w + 1 < w && v + 1 < n) e.add(v, v + 1);
        if (v + w < n) e.add(v, v + w);
      }
      break;
    }
    case Shape::random:
      for (std::int32_t v = 1; v < n; ++v) e.add(random.below(v), v);
      for (std::int32_t k = 0; k < 2 * n; ++k) {
        const std::int32_t u = random.below(n);
        const std::int32_t v = random.below(n);
        e.add(u, v);  // loops and parallel edges too
      }
      break;
    case Shape::islands:
      for (std::int32_t k = 0; k < n; ++k) {
        const std::int32_t u = random.below(n);
        const std::int32_t v = u % 3 + 3 * random.below((n - u % 3 + 2) / 3);
        if (v < n) e.add(u, v);
      }
      break;
    case Shape::power_law: e = power_law(n, 2, false, random.bits()); break;
  }
  for (std::size_t k = 0; k < e.from.size(); ++k) {
    double w = 0.5 + random.unit();
    for (int s = random.below(2 * spread + 1) - spread; s != 0; s += s < 0 ? 1 : -1) {
      w *= s < 0 ? 0.5 : 2;
    }
    e.weights.push_back(w);
  }
  return e;
}

/// Laplacian and components of a loaded graph.
struct Laplacian {
  Dense l;
  std::vector<int> component;

  explicit Laplacian(const Graph& graph)
      : l(graph.vertices(), graph.vertices()), component(graph.vertices(), -1) {
    const Arcs arcs = graph.out();
    const int n = l.rows;
    for (int v = 0; v < n; ++v) {
      for (int k = arcs.indptr[v]; k < arcs.indptr[v + 1]; ++k) {
        const int u = arcs.indices[k];
        if (u == v) continue;
        l(v, u) -= arcs.weights[k];
        l(v, v) += arcs.weights[k];
      }
    }
    for (int v = 0; v < n; ++v) {
      if (component[v] >= 0) continue;
      std::vector<int> stack{v};
      component[v] = v;
      while (!stack.empty()) {
        const int a = stack.back();
        stack.pop_back();
        for (int u = 0; u < n; ++u) {
          if (l(a, u) != 0 && component[u] < 0) component[u] = v, stack.push_back(u);
        }
      }
    }
  }

  /// A solution of L x = b on the component of `in`, 0 at its first vertex, which takes what the
  /// sum of b lacks.
  Vector solve(const Vector& b, int in) const {
    std::vector<int> at;
    for (int v = 0; v < l.rows; ++v) {
      if (component[v] == component[in] && v != component[in]) at.push_back(v);
    }
    // Elimination without subtractions (Grassmann, Taksar & Heyman, Oper. Res. 33, 1985): `to` has
    // the conductances between those that are left, the last of them the ground.
    const int m = static_cast<int>(at.size());
    at.push_back(component[in]);
    Dense to(m + 1, m + 1);
    Vector y(m + 1), total(m + 1, 0);
    for (int i = 0; i <= m; ++i) {
      for (int j = 0; j <= m; ++j) to(i, j) = i == j ? 0 : -l(at[i], at[j]);
      y[i] = b[at[i]];
    }
    for (int k = 0; k < m; ++k) {
      for (int j = k + 1; j <= m; ++j) total[k] += to(k, j);
      for (int i = k + 1; i <= m; ++i) {
        const Real f = to(i, k) / total[k];
        if (f == 0) continue;
        for (int j = k + 1; j <= m; ++j) {
          if (i != j) to(i, j) += f * to(k, j);
        }
        y[i] += f * y[k];
      }
    }
    Vector x(l.rows, 0);
    for (int k = m - 1; k >= 0; --k) {
      Real sum = y[k];
      for (int j = k + 1; j < m; ++j) sum += to(k, j) * x[at[j]];
      x[at[k]] = sum / total[k];
    }
    return x;
  }

  /// Every entry positive: right to the last digits.
  Real resistance(int s, int t) const {
    if (s == t) return 0;
    Laplacian grounded = *this;
    for (int& c : grounded.component) {
      if (c == component[s]) c = t;
    }
    Vector b(l.rows, 0);
    b[s] = 1;
    return grounded.solve(b, s)[s];
  }
};

/// Lines that are not at hand until they were asked for and have arrived.
class SlowLines final : public Lines {
 public:
  explicit SlowLines(Lines& lines) : lines_(lines) {}

  std::int64_t size() const override { return lines_.size(); }
  bool get(std::int64_t v, Line& line) override {
    if (here_.count(v) != 0) return lines_.get(v, line);
    wanted_.insert(v);
    return false;
  }
  std::size_t arrive() {
    const std::size_t count = wanted_.size();
    here_.insert(wanted_.begin(), wanted_.end());
    wanted_.clear();
    return count;
  }

 private:
  Lines& lines_;
  std::set<std::int64_t> here_, wanted_;
};

/// An endless grid, as good as: w × w vertices, unit weights, no arrays.
class GridLines final : public Lines {
 public:
  explicit GridLines(std::int64_t w) : w_(w) {}

  std::int64_t size() const override { return w_ * w_; }
  std::int64_t at(std::int64_t x, std::int64_t y) const { return y * w_ + x; }
  bool get(std::int64_t v, Line& line) override {
    line = Line{};
    const std::int64_t x = v % w_, y = v / w_;
    if (x > 0) ids_[line.count++] = v - 1;
    if (x + 1 < w_) ids_[line.count++] = v + 1;
    if (y > 0) ids_[line.count++] = v - w_;
    if (y + 1 < w_) ids_[line.count++] = v + w_;
    line.ids64 = ids_;
    return true;
  }

 private:
  std::int64_t w_;
  std::int64_t ids_[4];
};

}  // namespace lacuna::test
