#include "lacuna/local/graph/sweep_cut.hpp"

#include <algorithm>
#include <cmath>

#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// φ of a set, from all pairs of vertices.
Real conductance(const Graph& graph, const std::vector<char>& inside) {
  const Arcs arcs = graph.out();
  Real cut = 0, volume = 0, total = 0;
  for (int u = 0; u < graph.vertices(); ++u) {
    for (int p = arcs.indptr[u]; p < arcs.indptr[u + 1]; ++p) {
      const Real w = arcs.weights != nullptr ? arcs.weights[p] : 1;
      total += w;
      if (inside[u]) volume += w;
      if (inside[u] && !inside[arcs.indices[p]]) cut += w;
    }
  }
  return cut / std::fmin(volume, total - volume);
}

void sets(int samples) {
  SourceRank rank;
  SweepCut cut;
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const Graph graph =
        any_graph(random.between(2, 60), 1 + 4 * random.unit(), random.chance(0.5), seed)
            .graph(true);
    const std::int32_t source[] = {random.below(graph.vertices())};
    RankOptions options;
    options.threshold = 1e-2 * random.unit();
    REQUIRE(rank.begin(graph, source, {}, options).ok());
    Budget all;
    REQUIRE(rank.step(all) == TaskState::done);
    REQUIRE(cut.begin(rank).ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(50);
      state = cut.step(budget);
    }
    REQUIRE(cut.progress() == 1);

    std::vector<std::pair<double, int>> order;
    for (int v = 0; v < graph.vertices(); ++v) {
      const std::uint32_t k = rank.push().find(v);
      const double y = k == MassPush::none ? 0 : rank.push().value(k);
      if (y > 0 && graph.out_degree(v) > 0) order.push_back({-y / graph.out_weight(v), v});
    }
    std::sort(order.begin(), order.end());
    REQUIRE(cut.profile().size() == order.size());
    std::vector<char> inside(graph.vertices(), 0);
    Real best = INFINITY;
    for (std::size_t k = 0; k < order.size(); ++k) {
      inside[order[k].second] = 1;
      const Real phi = conductance(graph, inside);
      const double found = cut.profile()[k];
      // Where one side has no volume but rounding, there is nothing to compare.
      if (std::isfinite(static_cast<double>(phi)) && phi < 1.5L) {
        if (std::isfinite(found)) REQUIRE(std::fabs(found - phi) < 1e-9L);
        if (std::isfinite(found)) best = std::fmin(best, phi);
      }
    }
    if (!cut.vertices().empty()) {
      REQUIRE(std::fabs(cut.conductance() - best) < 1e-9L);
      for (std::size_t k = 0; k < cut.vertices().size(); ++k) {
        REQUIRE(cut.vertices()[k] == order[k].second);
      }
      REQUIRE(std::fabs(cut.cut() / std::min(cut.volume(), graph.volume() - cut.volume()) -
                        cut.conductance()) < 1e-12);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(sets, "a sweep finds the prefix of least conductance", 150, 10000)

TEST_CASE("two cliques joined by an edge are told apart") {
  EdgeList e;
  e.n = 40;
  for (int c = 0; c < 2; ++c) {
    for (int u = 0; u < 20; ++u) {
      for (int v = 0; v < u; ++v) e.add(20 * c + u, 20 * c + v);
    }
  }
  e.add(0, 20);
  const Graph graph = e.graph(true);
  SourceRank rank;
  const std::int32_t source[] = {33};
  REQUIRE(rank.begin(graph, source, {}, {}).ok());
  Budget budget;
  REQUIRE(rank.step(budget) == TaskState::done);
  SweepCut cut;
  REQUIRE(cut.begin(rank).ok());
  REQUIRE(cut.step(budget) == TaskState::done);
  REQUIRE(cut.vertices().size() == 20);
  for (const std::int32_t v : cut.vertices()) CHECK(v >= 20);
  CHECK(cut.cut() == 1);
  CHECK(cut.volume() == 381);
  CHECK(cut.conductance() == 1.0 / 381);
}

TEST_CASE("a sweep wants an undirected graph") {
  const Graph graph = power_law(10, 2, false, 1).graph(false);
  SourceRank rank;
  const std::int32_t source[] = {3};
  REQUIRE(rank.begin(graph, source, {}, {}).ok());
  SweepCut cut;
  CHECK(cut.begin(rank).status == Status::not_symmetric);
}
