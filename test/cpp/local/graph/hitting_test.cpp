#include "lacuna/local/graph/hitting.hpp"

#include <cmath>

#include "lacuna/local/graph/resistance.hpp"
#include "local/graph/elimination.hpp"
#include "local/graph/undirected.hpp"
#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using test::dense_times;
using test::never;
using test::Random;
using test::Real;

namespace {

GraphOutcome finish(HittingTimes& query, double rtol, std::int64_t most = 10000) {
  Budget budget;
  return query.step(rtol, most, budget);
}

void check_times(const HittingTimes& query, const test::Vector& h) {
  for (std::size_t v = 0; v < h.size(); ++v) {
    const Bracket b = query.bracket(static_cast<std::int64_t>(v));
    if (h[v] == never) {
      CHECK(b.lo == std::numeric_limits<double>::infinity());
      continue;
    }
    // The elimination has a rounding of its own.
    CHECK(b.lo <= h[v] * (1 + 1e-13L));
    CHECK(b.hi >= h[v] * (1 - 1e-13L));
    CHECK(std::isfinite(query.value(static_cast<std::int64_t>(v))));
  }
}

void random_graphs(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const int n = random.between(1, 30);
    const bool undirected = k % 2 == 0;
    test::EdgeList e =
        undirected ? test::undirected(static_cast<test::Shape>(k / 2 % test::shapes), n, 2, random)
                   : test::any_graph(n, 1 + k % 7 * 0.5, k % 4 == 1, random.bits());
    if (!undirected && k % 3 != 0) {
      // A cycle through all, so that every time is finite.
      for (int v = 0; v < n; ++v) {
        e.add(v, (v + 1) % n);
        if (!e.weights.empty()) e.weights.push_back(0.5);
      }
    }
    Graph graph = e.graph(undirected);
    REQUIRE(graph.ensure_in_arcs() == Status::ok);
    const int t = random.below(n);
    const test::Vector h = dense_times(graph, t);
    HittingTimes query;
    REQUIRE(query.begin(graph, t) == Status::ok);
    CAPTURE(k, n, t);
    for (const double rtol : {1e-1, 1e-4, 1e-8}) {
      CHECK(finish(query, rtol) == GraphOutcome::done);
      check_times(query, h);
      CHECK(std::fmax(query.below(), query.above()) <= rtol);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(random_graphs, "hitting times are within their bounds", 200, 20000)

TEST_CASE("hitting and commute times of known graphs") {
  SECTION("a path: k² from distance k of a reflecting end") {
    test::EdgeList e;
    e.n = 200;
    for (int v = 1; v < e.n; ++v) e.add(v - 1, v);
    const Graph graph = e.graph(true);
    HittingTimes query;
    REQUIRE(query.begin(graph, 199) == Status::ok);
    CHECK(finish(query, 1e-7) == GraphOutcome::done);
    for (int v = 0; v < 200; ++v) {
      const Bracket b = query.bracket(v);
      const Real truth = Real(199) * 199 - Real(v) * v;
      CHECK(b.lo <= truth);
      CHECK(b.hi >= truth);
    }
  }
  SECTION("there and back takes vol·R, loops included") {
    Random random(4);
    Graph graph = test::undirected(test::Shape::random, 40, 3, random).graph(true);
    ArcLines lines(40, graph.out());
    Resistance resistance;
    REQUIRE(resistance.begin(lines, 3, 30) == Status::ok);
    Budget budget;
    CHECK(resistance.step({}, budget) == GraphOutcome::done);
    Components& components = graph.components();
    Budget all;
    REQUIRE(components.step(graph, all) == TaskState::done);
    CHECK(components.count() == 1);
    const Bracket commute = commute_time(components.volume(3), resistance.bracket());
    const Real truth = dense_times(graph, 3)[30] + dense_times(graph, 30)[3];
    CHECK(commute.lo <= truth * (1 + 1e-14L));
    CHECK(commute.hi >= truth * (1 - 1e-14L));
    CHECK(commute.width() <= 1.1e-6 * commute.lo);
  }
}

TEST_CASE("a component has a volume of its own") {
  // A triangle, a path with a loop, and a vertex alone, in turns.
  test::EdgeList e;
  e.n = 7;
  for (const auto& [u, v] : {std::pair{0, 2}, {2, 4}, {4, 0}, {1, 3}, {3, 5}, {5, 5}}) e.add(u, v);
  Graph graph = e.graph(true);
  Components& components = graph.components();
  int steps = 1;
  for (;; ++steps) {
    Budget budget(1);
    if (components.step(graph, budget) == TaskState::done) break;
  }
  CHECK(steps > 3);
  CHECK(components.count() == 3);
  const double expected[] = {6, 5, 6, 5, 6, 5, 0};
  for (int v = 0; v < 7; ++v) {
    CHECK(components.volume(v).lo <= expected[v]);
    CHECK(components.volume(v).hi >= expected[v]);
    CHECK(components.volume(v).width() < 1e-13);
  }
  // There and back within the triangle: 6·(2/3).
  ArcLines lines(7, graph.out());
  Resistance resistance;
  REQUIRE(resistance.begin(lines, 0, 2) == Status::ok);
  Budget budget;
  CHECK(resistance.step({}, budget) == GraphOutcome::done);
  const Bracket commute = commute_time(components.volume(0), resistance.bracket());
  CHECK(commute.lo <= 4);
  CHECK(commute.hi >= 4);
  CHECK(dense_times(graph, 0)[2] + dense_times(graph, 2)[0] == Real(4));
}

TEST_CASE("hitting times keep to budgets and limits") {
  Random random(5);
  const Graph graph = test::undirected(test::Shape::grid, 400, 1, random).graph(true);
  HittingTimes whole, pieces, few;
  REQUIRE(whole.begin(graph, 0) == Status::ok);
  CHECK(finish(whole, 1e-6) == GraphOutcome::done);
  REQUIRE(pieces.begin(graph, 0) == Status::ok);
  GraphOutcome outcome = GraphOutcome::running;
  int steps = 0;
  for (; outcome == GraphOutcome::running; ++steps) {
    Budget budget(2000);
    outcome = pieces.step(1e-6, 10000, budget);
  }
  CHECK(outcome == GraphOutcome::done);
  CHECK(steps > 20);
  for (int v = 0; v < 400; ++v) CHECK(pieces.value(v) == whole.value(v));
  CHECK(pieces.above() == whole.above());
  REQUIRE(few.begin(graph, 0) == Status::ok);
  CHECK(finish(few, 1e-6, 5) == GraphOutcome::limit);
  CHECK(few.iterations() <= 6);
  CHECK(finish(few, 1e-6) == GraphOutcome::done);
  CHECK(finish(few, 0) == GraphOutcome::rounding);
  CHECK(few.above() < 1e-9);

  Graph arrows = test::any_graph(20, 2, false, 1).graph(false);
  CHECK(few.begin(arrows, 0) == Status::not_ready);
  CHECK(few.begin(graph, 400) == Status::index_out_of_range);
}
