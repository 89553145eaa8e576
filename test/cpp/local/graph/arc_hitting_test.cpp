// Hitting times of graphs that are never loaded: from a ball where they are undirected, from all
// that a walk may see where they are not.
#include "lacuna/local/graph/arc_hitting.hpp"

#include <cmath>

#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/local_hitting.hpp"
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

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Query>
GraphOutcome finish(Query& query, const HittingGoal& goal) {
  Budget budget;
  return query.step(goal, budget);
}

/// The elimination has a rounding of its own.
void encloses(const Bracket& b, Real h) {
  if (h == never) {
    CHECK(b.hi == infinity);
    return;
  }
  CHECK(b.lo <= h * (1 + 1e-12L));
  CHECK(b.hi >= h * (1 - 1e-12L));
}

double volume_around(const Graph& graph, int v) {
  const test::Laplacian l(graph);
  double sum = 0;
  for (int u = 0; u < graph.vertices(); ++u) {
    if (l.component[u] == l.component[v]) sum += graph.out_weight(u);
  }
  return sum;
}

void balls(int samples) {
  int finite = 0, inside = 0;
  for (int k = 0; k < samples; ++k) {
    Random random(900 + k);
    const int n = random.between(2, 60);
    const auto shape = static_cast<test::Shape>(k % test::shapes);
    const Graph graph = test::undirected(shape, n, k / 9 % 4, random).graph(true);
    const int s = random.below(n), t = random.below(n);
    const Real h = dense_times(graph, t)[s];
    // What is declared is of a connected graph.
    const bool declared = k % 3 != 0 && h != never;
    const double volume = declared ? volume_around(graph, s) : infinity;
    if (!(volume > 0)) continue;
    ArcLines lines(n, graph.out());
    LocalHitting query;
    REQUIRE(query.begin(lines, s, t, volume) == Status::ok);
    CAPTURE(k, n, s, t);
    double before = infinity;
    for (const double most : {4.0, 20.0, 60.0, infinity}) {
      const GraphOutcome outcome = finish(query, {1e-7, most});
      const Bracket b = query.bracket();
      encloses(b, h);
      if (h != never) {
        CHECK(b.width() <= before);
        before = b.width();
      }
      if (outcome == GraphOutcome::limit) {
        CHECK(query.work().entries >= most);
        inside += std::isfinite(b.hi);
        continue;
      }
      if (h == never) {
        CHECK(outcome == GraphOutcome::disconnected);
        CHECK(b.lo == infinity);
      } else {
        CHECK(outcome == GraphOutcome::done);
        CHECK(b.width() <= 1e-7 * b.lo);
        ++finite;
      }
      break;
    }
  }
  CHECK(finite > samples / 4);
  CHECK(inside > samples / 20);
}

void closures(int samples) {
  int limits = 0, ends = 0;
  for (int k = 0; k < samples; ++k) {
    Random random(500 + k);
    const int n = random.between(1, 40);
    test::EdgeList e = test::any_graph(n, 1 + k % 5 * 0.4, k % 4 == 1, random.bits());
    const int cycle = k % 3 == 0 ? 0 : 1 + n / 3;
    for (int v = 0; v < cycle; ++v) {
      e.add(v, (v + 1) % cycle);
      if (!e.weights.empty()) e.weights.push_back(0.5);
    }
    const Graph graph = e.graph(false);
    const int s = random.below(n), t = random.below(n);
    const Real h = dense_times(graph, t)[s];
    ArcLines lines(n, graph.out());
    ArcHitting query;
    REQUIRE(query.begin(lines, s, t) == Status::ok);
    CAPTURE(k, n, s, t);
    for (const double most : {1.0, 6.0, 15.0, infinity}) {
      const GraphOutcome outcome = finish(query, {1e-7, most});
      const Bracket b = query.bracket();
      encloses(b, h);
      if (outcome == GraphOutcome::limit) {
        CHECK(b.hi == infinity);
        CHECK(std::isfinite(b.lo));
        limits += b.lo > 0;
        continue;
      }
      CHECK(outcome == GraphOutcome::done);
      if (h == never) {
        CHECK(b.lo == infinity);
      } else {
        CHECK(b.width() <= 2.1e-7 * b.hi);
        ends += s != t;
      }
      break;
    }
  }
  CHECK(limits > samples / 20);
  CHECK(ends > samples / 10);
}

}  // namespace

LACUNA_SAMPLED(balls, "hitting times from balls are within their bounds", 300, 30000)
LACUNA_SAMPLED(closures, "hitting times from closures are within their bounds", 300, 30000)

TEST_CASE("a hitting time in a grid that is too large to read") {
  // Mirrored at the middle of the grid: there takes as long as back, half of vol·R.
  const std::int64_t w = 1000000;
  test::GridLines grid(w);
  const std::int64_t s = grid.at(w / 2 - 1, w / 2), t = grid.at(w / 2, w / 2);
  const double volume = 4.0 * w * (w - 1);
  LocalHitting query;
  REQUIRE(query.begin(grid, s, t, volume) == Status::ok);
  CHECK(finish(query, {0.4}) == GraphOutcome::done);
  Resistance resistance;
  REQUIRE(resistance.begin(grid, s, t) == Status::ok);
  Budget budget;
  CHECK(resistance.step({1e-4}, budget) == GraphOutcome::done);
  const Bracket b = query.bracket();
  CHECK(b.lo <= 0.5 * volume * resistance.bracket().hi);
  CHECK(b.hi >= 0.5 * volume * resistance.bracket().lo);
  CHECK(b.width() <= 0.4 * b.lo);
  CHECK(query.work().entries < 50000);

  SECTION("without a volume there is a lower limit") {
    REQUIRE(query.begin(grid, s, t, infinity) == Status::ok);
    CHECK(finish(query, {0.4, 5000}) == GraphOutcome::limit);
    CHECK(query.bracket().hi == infinity);
    CHECK(query.bracket().lo > 500);
  }
  SECTION("in pieces, with lines that come late, to the same bits") {
    test::SlowLines slow(grid);
    LocalHitting pieces;
    REQUIRE(pieces.begin(slow, s, t, volume) == Status::ok);
    int waits = 0, steps = 0;
    for (;; ++steps) {
      Budget some(20000);
      const GraphOutcome outcome = pieces.step({0.4}, some);
      if (outcome == GraphOutcome::done) break;
      if (outcome == GraphOutcome::needs_lines) {
        REQUIRE(slow.arrive() > 0);
        ++waits;
      } else {
        REQUIRE(outcome == GraphOutcome::running);
        // No piece of work is much larger than a budget.
        CHECK(some.work_left() > -250000);
      }
    }
    CHECK(waits > 3);
    CHECK(steps > waits + 20);
    CHECK(pieces.bracket().lo == b.lo);
    CHECK(pieces.bracket().hi == b.hi);
  }
  SECTION("a volume that is exceeded") {
    REQUIRE(query.begin(grid, s, t, 100) == Status::ok);
    CHECK(finish(query, {1e-9}) == GraphOutcome::failed);
    CHECK(query.fault().status == Status::declaration_violated);
  }
  SECTION("what cannot be asked") {
    CHECK(query.begin(grid, -1, t, 1) == Status::index_out_of_range);
    CHECK(query.begin(grid, s, w * w, 1) == Status::index_out_of_range);
    CHECK(query.begin(grid, s, t, 0) == Status::invalid_argument);
    CHECK(query.begin(grid, s, t, std::nan("")) == Status::invalid_argument);
    ArcHitting arcs;
    CHECK(arcs.begin(grid, s, -1) == Status::index_out_of_range);
    REQUIRE(arcs.begin(grid, s, s) == Status::ok);
    CHECK(finish(arcs, {}) == GraphOutcome::done);
    CHECK(arcs.bracket().hi == 0);
  }
}
