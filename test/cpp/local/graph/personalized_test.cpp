#include "lacuna/local/graph/personalized.hpp"

#include <memory>

#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Graph random_graph(Random& random, std::uint64_t seed) {
  const int n = random.between(1, 50);
  const bool weighted = random.chance(0.5);
  const bool undirected = random.chance(0.4);
  if (random.chance(0.3)) return power_law(n, 3, weighted, seed).graph(undirected);
  return any_graph(n, 5 * random.unit(), weighted, seed).graph(undirected);
}

RankOptions random_options(Random& random) {
  RankOptions options;
  options.teleport = 0.02 + 0.9 * random.unit();
  options.dangling = random.chance(0.5) ? Dangling::self : Dangling::source;
  options.threshold = random.unit() * random.unit() * random.unit();
  if (random.chance(0.2)) options.threshold = 1e-14;
  return options;
}

void holds(const RankBracket& b, Real truth) {
  // The reference has its own rounding, far below that of a double.
  REQUIRE(b.lo <= truth + 1e-17L);
  REQUIRE(b.hi >= truth - 1e-17L);
  REQUIRE(b.lo <= b.value);
  REQUIRE(b.value <= b.hi);
  REQUIRE(b.lo >= 0);
  REQUIRE(b.hi <= 1);
}

void sources(int samples) {
  auto rank = std::make_unique<SourceRank>();
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const Graph graph = random_graph(random, seed);
    const int n = graph.vertices();
    RankOptions options = random_options(random);
    Vector s(n, 0);
    std::vector<std::int32_t> ids;
    std::vector<double> weights;
    Real sum = 0;
    for (int k = random.between(1, 3); k > 0; --k) {
      ids.push_back(random.below(n));
      weights.push_back(0.1 + random.unit());
      sum += weights.back();
    }
    for (std::size_t k = 0; k < ids.size(); ++k) s[ids[k]] += weights[k] / sum;
    const Vector pi = dense_pagerank(graph, options.teleport, s, options.dangling);
    REQUIRE(rank->begin(graph, ids, weights, options).ok());
    for (int round = 0; round < 3; ++round) {
      Budget budget = round == 0 ? Budget(500) : Budget();
      const TaskState state = rank->step(budget);
      if (round > 0) REQUIRE(state == TaskState::done);
      Vector value(n, 0);
      for (int v = 0; v < n; ++v) holds(rank->at(v), pi[v]);
      std::vector<char> seen(n, 0);
      std::uint32_t scores = 0;
      rank->each_score([&](std::int32_t v, const RankBracket& b) {
        REQUIRE(seen[v] == 0);
        seen[v] = 1;
        value[v] = b.value;
        REQUIRE(value[v] > 0);
        ++scores;
      });
      REQUIRE(rank->scores() == scores);
      Real error = 0;
      for (int v = 0; v < n; ++v) {
        error += std::fabs(value[v] - pi[v]);
        if (!seen[v]) REQUIRE(rank->others() >= pi[v]);
      }
      REQUIRE(rank->error() >= error - 1e-17L);
      if (round == 1) REQUIRE(rank->refine(options.threshold * 0.1) == Status::ok);
    }
  }
}

void targets(int samples) {
  auto rank = std::make_unique<TargetRank>();
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    Graph graph = random_graph(random, seed);
    const int n = graph.vertices();
    const RankOptions options = random_options(random);
    const int target = random.below(n);
    REQUIRE(rank->begin(graph, target, options).ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(1000);
      state = rank->step(budget);
      REQUIRE(state != TaskState::failed);
    }
    const bool exact = options.dangling == Dangling::self || graph.dangling() == 0;
    for (int u = 0; u < n; ++u) {
      const Vector pi =
          dense_pagerank(graph, options.teleport, unit_vector(n, u), options.dangling);
      const RankBracket b = rank->at(u);
      holds(b, pi[target]);
      if (exact) REQUIRE(b.hi - b.lo <= options.threshold + 4 * rank->slack() + 1e-14);
    }
  }
}

void pairs(int samples) {
  auto rank = std::make_unique<PairRank>();
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    Graph graph = random_graph(random, seed);
    const int n = graph.vertices();
    const RankOptions drawn = random_options(random);
    PairOptions options;
    options.teleport = drawn.teleport;
    options.dangling = drawn.dangling;
    options.atol = 1e-8 + (random.chance(0.3) ? 0 : 1e-2 * random.unit() * random.unit());
    const int s = random.below(n), t = random.below(n);
    const Real truth =
        dense_pagerank(graph, options.teleport, unit_vector(n, s), options.dangling)[t];
    REQUIRE(rank->begin(graph, s, t, options).ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(2000);
      state = rank->step(budget);
      REQUIRE(state != TaskState::failed);
      holds(rank->bracket(), truth);
    }
    REQUIRE(rank->bracket().hi - rank->bracket().lo <= options.atol);
  }
}

}  // namespace

LACUNA_SAMPLED(sources, "the rank of every vertex for a source lies in its bracket", 150, 20000)
LACUNA_SAMPLED(targets, "the rank of a target for every source lies in its bracket", 40, 3000)
LACUNA_SAMPLED(pairs, "the rank of a pair lies in its bracket, as narrow as asked for", 120, 20000)

TEST_CASE("an L1 error is reached where it is asked for") {
  for (int seed = 0; seed < 20; ++seed) {
    const Graph graph = any_graph(200, 4, seed % 2 == 0, seed).graph(false);
    RankOptions options;
    options.error = seed % 3 == 0 ? 1e-10 : 1e-3;
    options.threshold = 1e-2;
    const std::int32_t source[] = {seed};
    SourceRank rank;
    REQUIRE(rank.begin(graph, source, {}, options).ok());
    Budget budget;
    REQUIRE(rank.step(budget) == TaskState::done);
    CHECK(rank.error() <= options.error);
    CHECK(rank.progress() == 1);
    const Vector pi =
        dense_pagerank(graph, options.teleport, unit_vector(200, seed), options.dangling);
    Real error = 0;
    for (int v = 0; v < 200; ++v) {
      error += std::fabs(pi[v] - rank.at(v).value);
    }
    CHECK(error <= options.error);
  }
}

TEST_CASE("what is no query is refused") {
  Graph graph = power_law(10, 2, false, 1).graph(false);
  SourceRank rank;
  TargetRank target;
  PairRank pair;
  RankOptions options;
  const std::vector<std::int32_t> one{3}, out{10}, none;
  const std::vector<double> zero{0}, two{1, 2};
  CHECK(rank.begin(graph, none, {}, options).status == Status::invalid_argument);
  CHECK(rank.begin(graph, out, {}, options).status == Status::index_out_of_range);
  CHECK(rank.begin(graph, one, zero, options).position == 0);
  CHECK(rank.begin(graph, one, two, options).status == Status::shape_mismatch);
  CHECK(target.begin(graph, -1, options).status == Status::index_out_of_range);
  options.dangling = Dangling::uniform;
  CHECK(rank.begin(graph, one, {}, options).status == Status::invalid_argument);
  options = {};
  for (const double bad : {0.0, 1.0, -1.0, std::nan("")}) {
    options.teleport = bad;
    CHECK(target.begin(graph, 0, options).status == Status::invalid_argument);
  }
  PairOptions none_asked;
  none_asked.atol = 0;
  CHECK(pair.begin(graph, 0, 1, none_asked).status == Status::invalid_argument);
}
