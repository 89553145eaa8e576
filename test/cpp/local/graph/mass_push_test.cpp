#include "lacuna/local/graph/mass_push.hpp"

#include <algorithm>
#include <memory>

#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// f − A(ᵀ)y of what a push holds, in long double.
Vector residual_of(const MassPush& push, const Dense& a, const Vector& f) {
  Vector y(f.size(), 0);
  push.each_pushed([&](std::int32_t v, double value) { y[v] = value; });
  const Vector ay = a.times(y);
  return minus(f, ay);
}

void invariant(int samples) {
  auto push = std::make_unique<MassPush>();
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const int n = random.between(1, 60);
    Graph graph = any_graph(n, 4 * random.unit(), random.chance(0.5), seed).graph(seed % 3 == 0);
    REQUIRE(graph.ensure_in_arcs() == Status::ok);
    const Flow flow = random.chance(0.5) ? Flow::forward : Flow::backward;
    const Dangling policy = random.chance(0.5) ? Dangling::self : Dangling::source;
    const double alpha = 0.01 + 0.9 * random.unit();
    Dense a = transitions(graph);
    for (int u = 0; u < n; ++u) {
      if (graph.out_degree(u) == 0 && policy == Dangling::self) a(u, u) = 1;
      for (int v = 0; v < n; ++v) a(u, v) = Real(u == v) - (1 - Real(alpha)) * a(u, v);
    }
    const Dense m = flow == Flow::forward ? a.transposed() : a;
    push->begin(graph, flow, alpha, policy, 0.1);
    Vector f(n, 0);
    double threshold = 0.1;
    for (int round = 0; round < 4; ++round) {
      const int v = random.below(n);
      const double value = random.unit();
      f[v] += value;
      REQUIRE(push->add(v, value) == Status::ok);
      threshold *= random.unit();
      REQUIRE(push->lower(threshold) == Status::ok);
      // Small budgets stop between batches; whatever was done by then is consistent.
      for (auto outcome = MassPush::Outcome::running; outcome != MassPush::Outcome::reached;) {
        Budget budget(1 + random.below(2000));
        outcome = push->step(0, budget);
        REQUIRE(outcome != MassPush::Outcome::out_of_memory);
        const Vector r = residual_of(*push, m, f);
        Vector stored(n, 0);
        std::uint32_t touched = 0;
        for (std::uint32_t k = 0; k < push->slots(); ++k) {
          if (!push->holds(k)) continue;
          stored[push->vertex(k).id] = push->vertex(k).residual;
          ++touched;
        }
        REQUIRE(push->touched() == touched);
        Real difference = 0, sum = 0;
        for (int u = 0; u < n; ++u) {
          difference += std::fabs(stored[u] - r[u]);
          sum += stored[u];
        }
        REQUIRE(difference <= push->slack() + 1e-18L);
        REQUIRE(push->residual_sum() >= sum);
        if (flow == Flow::forward) {
          REQUIRE(std::fabs(push->running_sum() - sum) <= push->drift());
          REQUIRE(std::fabs(push->running_sum() - sum) < 1e-12L);
        }
      }
      const Real mean =
          graph.weighted() && graph.arcs() > 0 ? Real(graph.volume()) / graph.arcs() : Real(1);
      for (std::uint32_t k = 0; k < push->slots(); ++k) {
        if (!push->holds(k)) continue;
        const MassPush::Vertex& x = push->vertex(k);
        const bool plain = flow == Flow::backward || graph.out_degree(x.id) == 0;
        const Real degree = plain ? 1 : graph.out_weight(x.id) / mean;
        REQUIRE(x.residual <= threshold * degree);
        REQUIRE(push->find(x.id) == k);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(invariant,
               "a push keeps r = f − My to within its slack, and ends below the threshold", 300,
               20000)

TEST_CASE("a push touches what it must, however large the graph") {
  // A long path: each vertex has two neighbors, so the mass dies out geometrically.
  EdgeList path;
  path.n = 200000;
  for (int v = 0; v + 1 < path.n; ++v) path.add(v, v + 1);
  const Graph graph = path.graph(true);
  auto push = std::make_unique<MassPush>();
  push->begin(graph, Flow::forward, 0.2, Dangling::source, 1e-9);
  REQUIRE(push->add(100000, 1) == Status::ok);
  Budget budget;
  REQUIRE(push->step(0, budget) == MassPush::Outcome::reached);
  CHECK(push->touched() < 100);
  CHECK(push->bytes() < 200000);
  CHECK(push->pushes() < 2 / (0.2 * 1e-9));
}

TEST_CASE("a vertex of very many arcs is pushed in pieces, and every bound holds in between") {
  constexpr int leaves = 100000;
  EdgeList star;
  star.n = leaves + 1;
  for (int v = 1; v < star.n; ++v) star.add(0, v);
  Graph graph = star.graph(true);
  for (const Flow flow : {Flow::forward, Flow::backward}) {
    auto push = std::make_unique<MassPush>();
    push->begin(graph, flow, 0.5, Dangling::source, flow == Flow::forward ? 6e-6 : 0.1);
    REQUIRE(push->add(0, 1) == Status::ok);
    int steps = 0;
    for (auto outcome = MassPush::Outcome::running; outcome == MassPush::Outcome::running;) {
      Budget budget(1);
      outcome = push->step(0, budget);
      ++steps;
      Real sum = 0, y = 0;
      double most = 0;
      for (std::uint32_t k = 0; k < push->slots(); ++k) {
        if (!push->holds(k)) continue;
        sum += push->vertex(k).residual;
        y += push->value(k);
        most = std::max(most, push->vertex(k).residual);
      }
      // From the center to the leaves: half of its mass, or the half of a probability of 1 each.
      const Real on_its_way = steps < 4 ? 0.5L : 0;
      REQUIRE(push->residual_sum() >= sum + on_its_way);
      REQUIRE(push->largest_residual() >= most + on_its_way);
      if (flow == Flow::forward && outcome == MassPush::Outcome::running && steps < 4) {
        REQUIRE(y == 1);
        REQUIRE(push->largest_ratio() > 1e9);
      }
      if (flow == Flow::backward && steps == 8) break;
    }
    CHECK(steps >= 4);
  }
}

TEST_CASE("one push serves query after query with the same bits") {
  const Graph graph = power_law(3000, 4, true, 7).graph(false);
  auto used = std::make_unique<MassPush>();
  for (int s = 10; s < 60; s += 10) {
    auto fresh = std::make_unique<MassPush>();
    for (MassPush* push : {used.get(), fresh.get()}) {
      push->begin(graph, Flow::forward, 0.15, Dangling::source, 1e-5);
      REQUIRE(push->add(s, 1) == Status::ok);
      Budget budget;
      REQUIRE(push->step(0, budget) == MassPush::Outcome::reached);
    }
    REQUIRE(used->touched() == fresh->touched());
    REQUIRE(used->slots() == fresh->slots());
    for (std::uint32_t k = 0; k < used->slots(); ++k) {
      REQUIRE(used->vertex(k).id == fresh->vertex(k).id);
      REQUIRE(used->value(k) == fresh->value(k));
      REQUIRE(used->vertex(k).residual == fresh->vertex(k).residual);
    }
  }
}
