#include "lacuna/local/graph/arc_rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "lacuna/local/graph/arc_cache.hpp"
#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/arc_sweep.hpp"
#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using test::Random;
using test::Real;

namespace {

/// Brings the arcs of a loaded graph to a cache, in reverse order within a vertex.
Fault bring(ArcCache& cache, const Graph& graph, double factor = 1) {
  std::vector<std::int32_t> counts;
  std::vector<std::int64_t> ids;
  std::vector<double> weights;
  const Arcs out = graph.out();
  for (const std::int64_t v : cache.wanted()) {
    const auto i = static_cast<std::int32_t>(v);
    counts.push_back(out.degree(i));
    for (std::int32_t p = out.indptr[i + 1] - 1; p >= out.indptr[i]; --p) {
      ids.push_back(out.indices[p]);
      weights.push_back(factor * (out.weights != nullptr ? out.weights[p] : 1));
    }
  }
  return cache.supply(counts, ids, weights);
}

/// To the end, a few flops at a time and with a cache that may be far too small.
GraphOutcome drive(ArcRank& rank, ArcCache& cache, const Graph& graph, double work) {
  for (;;) {
    Budget budget(work);
    const GraphOutcome outcome = rank.step(budget);
    if (outcome == GraphOutcome::needs_lines) {
      REQUIRE(!cache.failed());
      REQUIRE(bring(cache, graph).ok());
    } else if (outcome != GraphOutcome::running) {
      return outcome;
    }
  }
}

void against_dense(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(300 + k);
    const std::int32_t n = 1 + random.below(25);
    const test::EdgeList e = test::any_graph(n, 3 * random.unit(), random.below(2) != 0, 70 + k);
    const Graph graph = e.graph(false);
    RankOptions options;
    options.teleport = 0.05 + 0.9 * random.unit();
    options.dangling = random.below(2) != 0 ? Dangling::source : Dangling::self;
    options.threshold = 1e-4;
    const bool by_sum = random.below(2) != 0;
    if (by_sum) options.error = 1e-7;
    const std::int64_t sources[] = {random.below(n), random.below(n)};
    const double weights[] = {1, 0.25 + random.unit()};
    test::Vector s(n, 0);
    for (int j = 0; j < 2; ++j) s[sources[j]] += Real(weights[j]) / (Real(1) + weights[1]);
    const test::Vector truth = test::dense_pagerank(graph, options.teleport, s, options.dangling);

    auto made = ArcCache::create(n, false, std::size_t{1} << 14);
    REQUIRE(made.ok());
    ArcCache cache = made.take();
    ArcRank rank;
    REQUIRE(rank.begin(cache, sources, weights, options).ok());
    REQUIRE(drive(rank, cache, graph, k % 2 == 0 ? 40 : 1e9) == GraphOutcome::done);
    if (by_sum) CHECK(rank.error() <= options.error);
    CHECK(rank.progress() == 1);

    std::map<std::int64_t, RankBracket> found;
    for (std::uint32_t j = 0; j < rank.touched(); ++j) found[rank.vertex(j)] = rank.bracket(j);
    Real errors = 0;
    for (std::int32_t v = 0; v < n; ++v) {
      const RankBracket b = found.count(v) != 0 ? found[v] : rank.elsewhere();
      const double value = found.count(v) != 0 ? b.value : 0;
      INFO("sample " << k << ", vertex " << v);
      CHECK(Real(b.lo) <= truth[v] + 1e-18L);
      CHECK(Real(b.hi) >= truth[v] - 1e-18L);
      errors += std::fabs(truth[v] - value);
    }
    CHECK(errors <= Real(rank.error()) + 1e-17L);
  }
}

/// The best prefix by the definition, from the order that the sweep must have taken.
void sweeps(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(900 + k);
    const std::int32_t n = 2 + random.below(30);
    const Graph graph = test::any_graph(n, 2 * random.unit(), false, 40 + k).graph(true);
    auto made = ArcCache::create(n, true, std::size_t{1} << 14);
    REQUIRE(made.ok());
    ArcCache cache = made.take();
    RankOptions options;
    options.dangling = Dangling::self;
    options.threshold = random.below(2) != 0 ? 1e-2 : 1e-5;
    ArcRank rank;
    const std::int64_t source[] = {random.below(n)};
    REQUIRE(rank.begin(cache, source, {}, options).ok());
    REQUIRE(drive(rank, cache, graph, 1e9) == GraphOutcome::done);
    ArcSweep sweep;
    REQUIRE(sweep.begin(rank, cache) == Status::ok);
    for (GraphOutcome outcome = GraphOutcome::running; outcome != GraphOutcome::done;) {
      Budget budget(k % 2 == 0 ? 30 : 1e9);
      outcome = sweep.step(budget);
      if (outcome == GraphOutcome::needs_lines) REQUIRE(bring(cache, graph).ok());
    }
    CHECK(sweep.progress() == 1);

    std::vector<std::pair<double, std::int64_t>> order;
    for (std::uint32_t j = 0; j < rank.touched(); ++j) {
      const auto v = static_cast<std::int32_t>(rank.vertex(j));
      if (rank.bracket(j).value > 0 && graph.out_degree(v) > 0) {
        order.push_back({-rank.bracket(j).value / graph.out_degree(v), v});
      }
    }
    std::sort(order.begin(), order.end());
    std::set<std::int64_t> inside;
    double best = std::numeric_limits<double>::infinity(), best_cut = 0, best_volume = 0;
    std::size_t length = 0;
    const Arcs out = graph.out();
    for (const auto& [key, next] : order) {
      inside.insert(next);
      double cut = 0, volume = 0;
      for (const std::int64_t v : inside) {
        const auto u = static_cast<std::int32_t>(v);
        volume += graph.out_degree(u);
        for (std::int32_t p = out.indptr[u]; p < out.indptr[u + 1]; ++p) {
          cut += inside.count(out.indices[p]) == 0;
        }
      }
      if (static_cast<std::int32_t>(inside.size()) == n || cut / volume >= best) continue;
      best = cut / volume;
      best_cut = cut;
      best_volume = volume;
      length = inside.size();
    }
    INFO("sample " << k);
    CHECK(sweep.conductance() == best);
    CHECK(sweep.cut() == best_cut);
    CHECK(sweep.volume() == best_volume);
    REQUIRE(sweep.vertices().size() == length);
    for (std::size_t j = 0; j < length; ++j) CHECK(sweep.vertices()[j] == order[j].second);
  }
}

}  // namespace

LACUNA_SAMPLED(against_dense, "ranks over arcs on demand lie within their limits", 200, 20000)

LACUNA_SAMPLED(sweeps, "a sweep over arcs on demand finds the best prefix", 200, 10000)

TEST_CASE("walk rows are those of the loaded graph", "[graph]") {
  const test::EdgeList e = test::any_graph(20, 2.5, true, 5);
  const Graph graph = e.graph(false);
  for (const Dangling dangling : {Dangling::source, Dangling::self}) {
    ArcLines arcs(graph.vertices(), graph.out());
    WalkRows rows(arcs, 0.2, dangling);
    TransitionRows expected(graph, 0.2, dangling);
    for (std::int32_t v = 0; v < graph.vertices(); ++v) {
      Line a, b;
      REQUIRE(rows.get(v, a));
      REQUIRE(expected.get(v, b));
      CHECK(a.diagonal == Approx(b.diagonal).epsilon(1e-14));
      REQUIRE(a.count == b.count);
      for (std::int32_t k = 0; k < a.count; ++k) {
        CHECK(a.id(k) == b.id(k));
        if (a.id(k) != v) CHECK(a.value(k) == Approx(b.value(k)).epsilon(1e-14));
      }
    }
  }
}

TEST_CASE("an arc cache gives lines as they were brought", "[graph]") {
  auto made = ArcCache::create(5, false, 1 << 16);
  REQUIRE(made.ok());
  ArcCache cache = made.take();
  Line line;
  for (const std::int64_t v : {3, 1}) CHECK(!cache.get(v, line));
  const std::int32_t counts[] = {3, 0};
  const std::int64_t ids[] = {4, 3, 0};
  const double weights[] = {2, 5, 0.5};
  SECTION("with a loop, and without arcs") {
    REQUIRE(cache.supply(counts, ids, weights).ok());
    REQUIRE(cache.get(3, line));
    REQUIRE(line.count == 3);
    CHECK(line.diagonal == 0);
    CHECK((line.id(0) == 0 && line.id(1) == 3 && line.id(2) == 4));
    CHECK((line.value(0) == 0.5 && line.value(1) == 5 && line.value(2) == 2));
    REQUIRE(cache.get(1, line));
    CHECK(line.count == 0);
  }
  SECTION("without weights") {
    REQUIRE(cache.supply(counts, ids, {}).ok());
    REQUIRE(cache.get(3, line));
    CHECK(line.value(1) == 1);
  }
  SECTION("weights that are not positive are refused, with their vertex") {
    for (const double bad : {0.0, -1.0, double{INFINITY}, double{NAN}}) {
      const double wrong[] = {2, bad, 1};
      const Fault fault = cache.supply(counts, ids, wrong);
      CHECK(fault.status == Status::invalid_argument);
      CHECK(fault.position == 3);
    }
    REQUIRE(cache.supply(counts, ids, weights).ok());
  }
  SECTION("lengths that do not fit are refused") {
    const std::int32_t long_counts[] = {4, 0}, short_counts[] = {2, 0};
    CHECK(cache.supply(long_counts, ids, weights).status == Status::shape_mismatch);
    CHECK(cache.supply(short_counts, ids, weights).status == Status::shape_mismatch);
  }
}

TEST_CASE("an undirected arc cache holds arcs against each other", "[graph]") {
  auto made = ArcCache::create(4, true, 1 << 16);
  REQUIRE(made.ok());
  ArcCache cache = made.take();
  Line line;
  CHECK(!cache.get(0, line));
  const std::int32_t one[] = {1};
  const std::int64_t to1[] = {1}, to0[] = {0};
  const double w1[] = {1}, w2[] = {2};
  REQUIRE(cache.supply(one, to1, w1).ok());
  CHECK(!cache.get(1, line));
  CHECK(cache.supply(one, to0, w2).status == Status::declaration_violated);
  CHECK(cache.supply(one, to0, w1).ok());
}
