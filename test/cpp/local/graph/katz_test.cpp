#include "lacuna/local/graph/katz.hpp"

#include <cmath>
#include <vector>

#include "local/graph/undirected.hpp"
#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using test::Random;
using test::Real;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// W with wᵤᵥ at (u, v), in long double.
test::Dense weights_of(const Graph& graph) {
  const Arcs arcs = graph.out();
  test::Dense w(graph.vertices(), graph.vertices());
  for (int u = 0; u < w.rows; ++u) {
    for (int k = arcs.indptr[u]; k < arcs.indptr[u + 1]; ++k) {
      w(u, arcs.indices[k]) = arcs.weights != nullptr ? arcs.weights[k] : 1;
    }
  }
  return w;
}

test::Vector dense_katz(const test::Dense& w, Real alpha, Real beta) {
  const int n = w.rows;
  test::Dense a(n, n);
  for (int v = 0; v < n; ++v) {
    for (int u = 0; u < n; ++u) a(v, u) = Real(u == v) - alpha * w(u, v);
  }
  return test::Elimination(a, test::Vector(n, beta), 0).x;
}

/// ρ(W) from the growth of long products, good to a few digits: enough to stay clear of it.
Real spectral_radius(const test::Dense& w) {
  const int n = w.rows;
  test::Vector v(n, 1);
  Real logarithm = 0;
  const int steps = 400;
  for (int k = 0; k < steps; ++k) {
    test::Vector next(n, 0);
    for (int u = 0; u < n; ++u) {
      for (int j = 0; j < n; ++j) next[j] += w(u, j) * v[u];
    }
    Real most = 0;
    for (const Real x : next) most = std::fmax(most, x);
    if (most == 0) return 0;
    if (k >= steps / 2) logarithm += std::log(most);
    for (Real& x : next) x /= most;
    v = next;
  }
  return std::exp(logarithm / (steps / 2));
}

GraphOutcome finish(KatzCentrality& query, double rtol, std::int32_t most = 3000) {
  Budget budget;
  return query.step(rtol, most, budget);
}

Graph some_graph(int k, int n, Random& random) {
  const bool undirected = k % 2 == 0;
  const test::EdgeList e =
      undirected ? test::undirected(static_cast<test::Shape>(k / 2 % test::shapes), n, 1, random)
                 : test::any_graph(n, 1 + k % 7 * 0.5, k % 4 == 1, random.bits());
  Graph graph = e.graph(undirected);
  if (graph.ensure_in_arcs() != Status::ok) throw std::runtime_error("in-arcs");
  return graph;
}

void random_graphs(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const int n = random.between(1, 25);
    const Graph graph = some_graph(k, n, random);
    const test::Dense w = weights_of(graph);
    const Real radius = spectral_radius(w);
    const double share = k % 3 == 0 ? 0.97 : 0.2 + 0.7 * random.unit();
    const double alpha = radius > 0 ? share / static_cast<double>(radius) : 3;
    const double beta = k % 5 == 0 ? 1e-3 : 1;
    const test::Vector x = dense_katz(w, alpha, beta);
    // Long chains with few cycles: rounding of such numbers alone exceeds β.
    if (test::largest(x) > 1e5L * beta) continue;
    KatzCentrality all;
    REQUIRE(all.begin(graph, alpha, beta) == Status::ok);
    CAPTURE(k, n, alpha, radius);
    for (const double rtol : {0.5, 1e-3, 1e-9}) {
      CHECK(finish(all, rtol) == GraphOutcome::done);
      CHECK(std::fmax(all.below(), all.above()) <= rtol);
      for (int v = 0; v < n; ++v) {
        const Real value = all.value(v);
        CHECK(x[v] <= value * (1 + all.above()) * (1 + 1e-13L));
        CHECK(x[v] >= value * (1 - all.below()) * (1 - 1e-13L));
      }
    }
    const auto weights = all.weights();
    REQUIRE(weights.ok());
    for (int v = 0; v < n; ++v) {
      Real aw = weights.value()(v);
      for (int u = 0; u < n; ++u) aw -= alpha * w(u, v) * weights.value()(u);
      CHECK(aw >= 1);
    }
    // One entry, from in-arcs alone.
    ArcLines in(n, graph.in());
    KatzRows rows(in, alpha, graph.has_loops());
    const int v = random.below(n);
    KatzEntry one;
    REQUIRE(one.begin(rows, weights.value(), beta, v) == Status::ok);
    double last = infinity;
    for (const double rtol : {0.5, 1e-2, 1e-6, 1e-9}) {
      Budget budget;
      CHECK(one.step(rtol, 0, infinity, budget) == GraphOutcome::done);
      CHECK(one.bracket().lo <= x[v] * (1 + 1e-13L));
      CHECK(one.bracket().hi >= x[v] * (1 - 1e-13L));
      CHECK(one.bracket().width() <= rtol * one.bracket().lo);
      CHECK(one.bracket().width() <= last);
      last = one.bracket().width();
    }
    Budget budget;
    const GraphOutcome end = one.step(0, 0, infinity, budget);
    CHECK((end == GraphOutcome::rounding || end == GraphOutcome::done));
    CHECK(one.bracket().width() <= 1e-13 * weights.value().uniform * one.bracket().lo);
    CHECK(one.bracket().lo <= x[v] * (1 + 1e-13L));
    CHECK(one.bracket().hi >= x[v] * (1 - 1e-13L));
  }
}

void too_large(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const Graph graph = some_graph(k, random.between(2, 25), random);
    const Real radius = spectral_radius(weights_of(graph));
    if (radius < 1e-3) continue;  // hardly a cycle
    KatzCentrality all;
    const double alpha = 1.2 / static_cast<double>(radius);
    REQUIRE(all.begin(graph, alpha, 1) == Status::ok);
    CAPTURE(k, graph.vertices(), radius);
    CHECK(finish(all, 1e-3) == GraphOutcome::refused);
    CHECK(all.above() == infinity);
    CHECK(all.weights().fault().status == Status::not_ready);
  }
}

}  // namespace

LACUNA_SAMPLED(random_graphs, "Katz centralities are within their bounds", 100, 10000)
LACUNA_SAMPLED(too_large, "Katz centrality is refused for α beyond 1/ρ", 100, 5000)

TEST_CASE("Katz centrality at the very edge is not claimed") {
  // A cycle has ρ = 1.
  test::EdgeList e;
  e.n = 10;
  for (int v = 0; v < 10; ++v) e.add(v, (v + 1) % 10);
  Graph graph = e.graph(false);
  REQUIRE(graph.ensure_in_arcs() == Status::ok);
  KatzCentrality all;
  REQUIRE(all.begin(graph, 1, 1) == Status::ok);
  const GraphOutcome outcome = finish(all, 1e-3, 500);
  CHECK((outcome == GraphOutcome::limit || outcome == GraphOutcome::refused));
  CHECK(all.above() == infinity);
  CHECK(all.begin(graph, 0, 1) == Status::invalid_argument);
  CHECK(all.begin(graph, NAN, 1) == Status::invalid_argument);
  CHECK(all.begin(graph, 0.5, -1) == Status::invalid_argument);
  Graph bare = e.graph(false);
  CHECK(all.begin(bare, 0.5, 1) == Status::not_ready);
}

TEST_CASE("one Katz centrality on a grid without an end") {
  // All rows alike: x = 1/(1 − 4α), whatever is far away.
  test::GridLines grid(1000000);
  const double alpha = 0.125;
  KatzRows rows(grid, alpha, false);
  Weights weights;
  weights.dominance = Dominance::declared;
  weights.uniform = 2;
  KatzEntry one;
  REQUIRE(one.begin(rows, weights, 3, grid.at(500000, 500000)) == Status::ok);
  Budget budget;
  CHECK(one.step(1e-6, 0, infinity, budget) == GraphOutcome::done);
  CHECK(one.bracket().lo <= 6);
  CHECK(one.bracket().hi >= 6);
  CHECK(one.touched() < 3000);
  // Stopped early, the bracket is wider and still true.
  REQUIRE(one.begin(rows, weights, 3, grid.at(500000, 500000)) == Status::ok);
  CHECK(one.step(1e-6, 0, 40, budget) == GraphOutcome::limit);
  CHECK(one.bracket().lo <= 6);
  CHECK(one.bracket().hi >= 6);
  CHECK(one.step(1e-2, 0, infinity, budget) == GraphOutcome::done);
}

TEST_CASE("Katz centralities in pieces have the same bits") {
  Graph graph = test::power_law(3000, 4, true, 3).graph(false);
  REQUIRE(graph.ensure_in_arcs() == Status::ok);
  KatzCentrality whole, pieces;
  REQUIRE(whole.begin(graph, 0.01, 1) == Status::ok);
  CHECK(finish(whole, 1e-9) == GraphOutcome::done);
  REQUIRE(pieces.begin(graph, 0.01, 1) == Status::ok);
  GraphOutcome outcome = GraphOutcome::running;
  int steps = 0;
  for (; outcome == GraphOutcome::running; ++steps) {
    Budget budget(1000);
    outcome = pieces.step(1e-9, 3000, budget);
  }
  CHECK(steps > 5);
  for (int v = 0; v < 3000; ++v) CHECK(pieces.value(v) == whole.value(v));
  CHECK(pieces.above() == whole.above());

  // An entry whose lines come late encloses the same number.
  const auto weights = whole.weights();
  ArcLines in(3000, graph.in());
  test::SlowLines slow(in);
  KatzRows rows(slow, 0.01, graph.has_loops());
  KatzEntry one;
  REQUIRE(one.begin(rows, weights.value(), 1, 5) == Status::ok);
  for (;;) {
    Budget budget(400);
    outcome = one.step(1e-9, 0, infinity, budget);
    if (outcome == GraphOutcome::needs_lines) {
      REQUIRE(slow.arrive() > 0);
    } else if (outcome != GraphOutcome::running) {
      break;
    }
  }
  CHECK(outcome == GraphOutcome::done);
  CHECK(one.bracket().lo <= whole.value(5) * (1 + whole.above()));
  CHECK(one.bracket().hi >= whole.value(5) * (1 - whole.below()));
}
