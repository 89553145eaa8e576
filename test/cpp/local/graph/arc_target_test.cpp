// Ranks by target, of pairs, and the first k of graphs that are never loaded.
#include "lacuna/local/graph/arc_target.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/arc_top.hpp"
#include "local/graph/undirected.hpp"
#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using test::Random;
using test::Real;

namespace {

/// The elimination has a rounding of its own.
void encloses(const RankBracket& b, Real truth) {
  CHECK(b.lo <= truth + 1e-16L);
  CHECK(b.hi >= truth - 1e-16L);
  CHECK(b.lo <= b.value);
  CHECK(b.value <= b.hi);
}

/// π_u(t) for every u.
test::Vector to_target(const Graph& graph, Real alpha, int t) {
  test::Vector column;
  for (int u = 0; u < graph.vertices(); ++u) {
    const test::Vector s = test::unit_vector(graph.vertices(), u);
    column.push_back(test::dense_pagerank(graph, alpha, s, Dangling::source)[t]);
  }
  return column;
}

void targets(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(40 + k);
    const int n = random.between(1, 25);
    const auto shape = static_cast<test::Shape>(k % test::shapes);
    const Graph graph = test::undirected(shape, n, k % 4, random).graph(true);
    ArcLines lines(n, graph.out());
    RankOptions options;
    options.teleport = 0.05 + 0.9 * random.unit();
    options.threshold = k % 3 == 0 ? 1e-2 : 1e-6;
    const int t = random.below(n);
    const test::Vector truth = to_target(graph, options.teleport, t);
    CAPTURE(k, n, t);
    ArcTarget target;
    REQUIRE(target.begin(lines, t, options).ok());
    Budget budget;
    REQUIRE(target.step(budget) == GraphOutcome::done);
    CHECK(target.bound() <= options.threshold);
    std::set<int> seen;
    for (std::uint32_t j = 0; j < target.touched(); ++j) {
      const int v = static_cast<int>(target.vertex(j));
      encloses(target.bracket(j), truth[v]);
      seen.insert(v);
    }
    for (int v = 0; v < n; ++v) {
      if (seen.count(v) == 0) CHECK(truth[v] <= target.bound() + 1e-16L);
    }

    const int s = random.below(n);
    ArcPair pair;
    const double atol = k % 2 == 0 ? 1e-4 : 1e-11;
    REQUIRE(pair.begin(lines, s, t, options.teleport, atol).ok());
    GraphOutcome outcome = GraphOutcome::running;
    while (outcome == GraphOutcome::running) {
      Budget some(60);
      outcome = pair.step(some);
    }
    CHECK(outcome == GraphOutcome::done);
    encloses(pair.bracket(), truth[s]);
    CHECK(pair.bracket().hi - pair.bracket().lo <= atol);
  }
}

void tops(int samples) {
  int certain = 0;
  for (int k = 0; k < samples; ++k) {
    Random random(700 + k);
    const bool undirected = k % 2 == 0;
    const int n = random.between(1, 60);
    const auto shape = static_cast<test::Shape>(k / 2 % test::shapes);
    const Graph graph = undirected
                            ? test::undirected(shape, n, 1, random).graph(true)
                            : test::any_graph(n, 2.5, k % 4 == 1, random.bits()).graph(false);
    ArcLines lines(n, graph.out());
    const int source = random.below(n);
    const test::Vector pi =
        test::dense_pagerank(graph, 0.15, test::unit_vector(n, source), Dangling::source);
    ArcTopOptions options;
    options.k = random.between(1, 8);
    options.undirected = undirected;
    options.resolution = 1e-7;
    if (k % 3 == 0) options.max_weight = graph.max_out_weight();
    if (k % 5 == 0) options.entries = 20;
    ArcTop top;
    REQUIRE(top.begin(lines, source, options).ok());
    GraphOutcome outcome = GraphOutcome::running;
    while (outcome == GraphOutcome::running) {
      Budget some(500);
      outcome = top.step(some);
    }
    CAPTURE(k, n, source, undirected);
    CHECK((outcome == GraphOutcome::done || outcome == GraphOutcome::limit ||
           outcome == GraphOutcome::rounding));
    std::vector<bool> listed(n, false);
    for (const ArcTop::Entry& e : top.entries()) {
      encloses(e.rank, pi[e.vertex]);
      listed[e.vertex] = true;
    }
    Real above = 2;
    for (std::int64_t i = 0; i < top.leading(); ++i) {
      // Nothing that is not listed before it has more.
      const Real own = pi[top.entries()[i].vertex];
      CHECK(own <= above + 1e-16L);
      above = own;
      std::set<std::int64_t> before;
      for (std::int64_t j = 0; j < i; ++j) before.insert(top.entries()[j].vertex);
      for (int v = 0; v < n; ++v) {
        if (before.count(v) == 0) CHECK(pi[v] <= own + 1e-16L);
      }
    }
    if (top.set_certain()) {
      Real least = 2, most = 0;
      for (int v = 0; v < n; ++v) {
        if (listed[v]) least = std::min(least, pi[v]);
        if (!listed[v]) most = std::max(most, pi[v]);
      }
      CHECK(most <= least + 1e-16L);
    }
    certain += top.all_certain();
  }
  CHECK(certain > samples / 4);
}

}  // namespace

LACUNA_SAMPLED(targets, "ranks by target over arcs are within their bounds", 200, 20000)
LACUNA_SAMPLED(tops, "the first k over arcs are those of elimination", 200, 20000)

TEST_CASE("the first k of a grid that is too large to read") {
  const std::int64_t w = 1000000;
  test::GridLines grid(w);
  const std::int64_t source = grid.at(w / 2, w / 2);
  ArcTopOptions options;
  options.k = 5;
  options.undirected = true;
  options.max_weight = 4;
  ArcTop top;
  REQUIRE(top.begin(grid, source, options).ok());
  Budget budget;
  CHECK(top.step(budget) == GraphOutcome::done);
  // Its four neighbours are alike: a tie of those that are listed.
  CHECK(top.entries()[0].vertex == source);
  CHECK(top.set_certain());
  CHECK(top.leading() == 1);
  CHECK(top.rank().work().entries < 20000);
  options.k = 0;
  CHECK(top.begin(grid, source, options).status == Status::invalid_argument);
  options.k = 1;
  CHECK(top.begin(grid, -1, options).status == Status::index_out_of_range);
  ArcPair pair;
  CHECK(pair.begin(grid, source, w * w, 0.15, 1e-6).status == Status::index_out_of_range);
  CHECK(pair.begin(grid, source, source, 0.15, 0).status == Status::invalid_argument);
}
