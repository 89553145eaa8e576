#include "lacuna/local/graph/pagerank.hpp"

#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Real distance(std::span<const double> x, const Vector& pi) {
  Real sum = 0;
  for (std::size_t v = 0; v < x.size(); ++v) sum += std::fabs(x[v] - pi[v]);
  return sum;
}

void bounded(int samples) {
  Pagerank rank;
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const int n = random.between(1, 60);
    Graph graph = any_graph(n, 5 * random.unit(), random.chance(0.5), seed).graph(seed % 3 == 0);
    PagerankOptions options;
    options.teleport = 0.01 + 0.98 * random.unit();
    options.dangling = static_cast<Dangling>(random.below(3));
    options.error = random.chance(0.3) ? 1e-11 : 1e-3 * random.unit();
    options.maxiter = 20000;
    std::vector<double> personalization;
    Vector s(n, Real(1) / n);
    if (random.chance(0.5)) {
      Real sum = 0;
      for (int v = 0; v < n; ++v) {
        personalization.push_back(random.chance(0.5) ? 0 : random.unit());
        if (v == 0) personalization[0] += 1;
        sum += personalization[v];
      }
      for (int v = 0; v < n; ++v) s[v] = personalization[v] / sum;
    }
    const Vector pi = dense_pagerank(graph, options.teleport, s, options.dangling);
    REQUIRE(rank.begin(graph, personalization, options).ok());
    double progress = 0;
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(100);
      state = rank.step(budget);
      REQUIRE(state != TaskState::failed);
      REQUIRE(rank.progress() >= progress);
      progress = rank.progress();
    }
    REQUIRE(progress == 1);
    REQUIRE(rank.reason() == Reason::converged_atol);
    REQUIRE(rank.error() <= options.error);
    REQUIRE(rank.error() >= distance(rank.scores(), pi));
  }
}

/// From one vertex of an undirected graph every score is known by the weight of its vertex.
void bounded_by_weight(int samples) {
  Pagerank rank;
  int isolated = 0;
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const int n = random.between(1, 60);
    const bool weighted = random.chance(0.5);
    Graph graph = (random.chance(0.5) ? power_law(n, 3, weighted, seed)
                                      : any_graph(n, 3 * random.unit(), weighted, seed))
                      .graph(true);
    PagerankOptions options;
    options.teleport = 0.05 + 0.9 * random.unit();
    options.dangling = random.chance(0.5) ? Dangling::self : Dangling::source;
    options.error = 1e-300;
    options.ratio = 1e-3 * random.unit();
    options.maxiter = 20000;
    const int source = random.below(n);
    const Vector pi =
        dense_pagerank(graph, options.teleport, unit_vector(n, source), options.dangling);
    REQUIRE(rank.begin_at(graph, source, options).ok());
    if (random.chance(0.5)) {
      for (int v = 0; v < n; ++v) rank.guess()[v] = static_cast<double>(pi[v]) * random.unit();
    }
    for (int round = 0; round < 3; ++round) {
      for (TaskState state = TaskState::running; state == TaskState::running;) {
        Budget budget(100);
        state = rank.step(budget);
        REQUIRE(state != TaskState::failed);
      }
      REQUIRE(rank.error() >= distance(rank.scores(), pi));
      if (graph.out_degree(source) == 0) {
        ++isolated;
        REQUIRE(rank.ratio() == std::numeric_limits<double>::infinity());
        break;
      }
      REQUIRE(rank.reason() != Reason::max_iterations);
      if (rank.reason() == Reason::converged_atol) REQUIRE(rank.ratio() <= options.ratio);
      for (int v = 0; v < n; ++v) {
        const Real limit = rank.ratio() * static_cast<Real>(graph.out_weight(v));
        REQUIRE(std::fabs(rank.scores()[v] - pi[v]) <= limit);
      }
      options.ratio = rank.ratio() * random.unit() * 1e-3;
      rank.aim(options.error, options.ratio);
    }
  }
  CHECK(isolated > 0);
}

}  // namespace

LACUNA_SAMPLED(bounded_by_weight, "PageRank from a vertex is bounded by the weights", 150, 20000)
LACUNA_SAMPLED(bounded, "PageRank is as near to the truth as its bound says", 200, 20000)

TEST_CASE("the bound of PageRank is within a small factor of the error") {
  Graph graph = power_law(300, 4, false, 3).graph(true);
  PagerankOptions options;
  Pagerank rank;
  REQUIRE(rank.begin(graph, {}, options).ok());
  Budget budget;
  REQUIRE(rank.step(budget) == TaskState::done);
  const Vector pi = dense_pagerank(graph, 0.15L, Vector(300, Real(1) / 300), options.dangling);
  const Real error = distance(rank.scores(), pi);
  CHECK(rank.error() <= 1e-8);
  CHECK(rank.error() < 20 * error);
  CHECK(rank.entries() == (rank.iterations() + 1.0) * graph.arcs());
}

TEST_CASE("PageRank says so where limits come first") {
  Graph graph = power_law(500, 3, true, 4).graph(false);
  const Vector pi = dense_pagerank(graph, 0.05L, Vector(500, Real(1) / 500), Dangling::source);
  PagerankOptions options;
  options.teleport = 0.05;
  options.maxiter = 3;
  Pagerank rank;
  Budget budget;
  REQUIRE(rank.begin(graph, {}, options).ok());
  REQUIRE(rank.step(budget) == TaskState::done);
  CHECK(rank.reason() == Reason::max_iterations);
  CHECK(rank.iterations() == 3);
  CHECK(rank.error() > options.error);
  CHECK(rank.error() >= distance(rank.scores(), pi));
  options.maxiter = 1000;
  options.error = 1e-30;
  REQUIRE(rank.begin(graph, {}, options).ok());
  REQUIRE(rank.step(budget) == TaskState::done);
  CHECK(rank.reason() == Reason::stagnated);
  CHECK(rank.error() < 1e-11);
  CHECK(rank.error() >= distance(rank.scores(), pi));
}

TEST_CASE("cycles and chains, where PageRank converges slowest") {
  for (const bool cycle : {false, true}) {
    EdgeList e;
    e.n = 200;
    for (int v = 0; v + 1 < e.n; ++v) e.add(v + 1, v);
    if (cycle) e.add(0, e.n - 1);
    Graph graph = e.graph(false);
    std::vector<double> one(e.n, 0);
    one[7] = 3;
    PagerankOptions options;
    options.teleport = 0.02;
    options.error = 1e-11;
    Pagerank rank;
    Budget budget;
    REQUIRE(rank.begin(graph, one, options).ok());
    REQUIRE(rank.step(budget) == TaskState::done);
    CHECK(rank.reason() == Reason::converged_atol);
    const Vector pi = dense_pagerank(graph, 0.02, unit_vector(e.n, 7), Dangling::source);
    CHECK(rank.error() >= distance(rank.scores(), pi));
  }
}

TEST_CASE("PageRank from a vertex converges as fast as its graph mixes") {
  Graph graph = power_law(2000, 5, false, 7).graph(true);
  PagerankOptions options;
  options.error = 1e-300;
  options.ratio = 1e-12;
  Pagerank rank;
  REQUIRE(rank.begin_at(graph, 1999, options).ok());
  Budget budget;
  REQUIRE(rank.step(budget) == TaskState::done);
  REQUIRE(rank.reason() == Reason::converged_atol);
  // Without the shift the slowest part would fall by 0.85² at most.
  CHECK(rank.iterations() < 40);
}

TEST_CASE("PageRank refuses bad arguments") {
  Graph graph = power_law(5, 1, false, 1).graph(false);
  Pagerank rank;
  PagerankOptions options;
  CHECK(rank.begin(graph, std::vector<double>(4, 1), options).status == Status::shape_mismatch);
  CHECK(rank.begin(graph, std::vector<double>(5, 0), options).status == Status::invalid_argument);
  std::vector<double> negative(5, 1);
  negative[3] = -1;
  CHECK(rank.begin(graph, negative, options).position == 3);
  options.teleport = 1;
  CHECK(rank.begin(graph, {}, options).status == Status::invalid_argument);
}
