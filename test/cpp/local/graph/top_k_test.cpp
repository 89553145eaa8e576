#include "lacuna/local/graph/top_k.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// Everything that is said to be certain, held against the dense solution.
void truthful(const TopRank& top, const Vector& pi) {
  const int n = static_cast<int>(pi.size());
  std::vector<char> listed(n, 0);
  const auto entries = top.entries();
  for (const TopRank::Entry& e : entries) {
    REQUIRE(listed[e.vertex] == 0);
    listed[e.vertex] = 1;
    REQUIRE(e.rank.lo <= pi[e.vertex] + 1e-17L);
    REQUIRE(e.rank.hi >= pi[e.vertex] - 1e-17L);
  }
  Real most = 0;
  for (int v = 0; v < n; ++v) {
    if (!listed[v]) most = std::fmax(most, pi[v]);
  }
  for (std::size_t i = entries.size(); i-- > 0;) {
    const Real mine = pi[entries[i].vertex];
    if (entries[i].certain) REQUIRE(mine >= most - 1e-17L);
    most = std::fmax(most, mine);
  }
  for (int i = 0; i < top.leading(); ++i) REQUIRE(entries[i].certain);
  // Whoever has more than one of the k is a tie, or nothing was said of those not touched.
  std::vector<char> tied(n, 0);
  for (const TopRank::Entry& e : top.ties()) tied[e.vertex] = 1;
  Real least = entries.empty() ? 0 : pi[entries.back().vertex];
  for (const TopRank::Entry& e : entries) least = std::fmin(least, pi[e.vertex]);
  if (!top.others_may_belong()) {
    for (int v = 0; v < n; ++v) {
      if (!listed[v] && pi[v] > least + 1e-15L) REQUIRE(tied[v]);
    }
  }
  if (top.set_certain()) REQUIRE(top.ties().empty());
}

void tops(int samples) {
  TopRank top;
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const int n = random.between(1, 60);
    const bool weighted = random.chance(0.5);
    Graph graph = (random.chance(0.5) ? power_law(n, 3, weighted, seed)
                                      : any_graph(n, 4 * random.unit(), weighted, seed))
                      .graph(random.chance(0.5));
    TopOptions options;
    options.teleport = 0.05 + 0.5 * random.unit();
    options.k = random.between(1, 12);
    options.dangling = random.chance(0.5) ? Dangling::self : Dangling::source;
    options.threshold = 0.1 * random.unit() + 1e-6;
    if (random.chance(0.3)) options.entries = random.between(1, 500);
    const int source = random.below(n);
    REQUIRE(top.begin(graph, source, options).ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(300);
      state = top.step(budget);
      REQUIRE(state != TaskState::failed);
    }
    REQUIRE(top.progress() == 1);
    truthful(top,
             dense_pagerank(graph, options.teleport, unit_vector(n, source), options.dangling));
  }
}

}  // namespace

LACUNA_SAMPLED(tops, "what is said of the first k is true", 150, 20000)

TEST_CASE("the first k are certain where the ranks differ enough") {
  for (const bool undirected : {false, true}) {
    Graph graph =
        (undirected ? power_law(400, 4, true, 11) : any_graph(400, 6, true, 11)).graph(undirected);
    TopRank top;
    for (int source = 100; source < 110; source += 3) {
      TopOptions options;
      options.resolution = 1e-6;
      REQUIRE(top.begin(graph, source, options).ok());
      Budget budget;
      REQUIRE(top.step(budget) == TaskState::done);
      const Vector pi = dense_pagerank(graph, 0.15, unit_vector(400, source), options.dangling);
      std::vector<int> order(400);
      for (int v = 0; v < 400; ++v) order[v] = v;
      std::sort(order.begin(), order.end(), [&](int a, int b) { return pi[a] > pi[b]; });
      REQUIRE(top.entries().size() == 10);
      for (int i = 0; i < top.leading(); ++i) REQUIRE(top.entries()[i].vertex == order[i]);
      CHECK(top.leading() == 10);
      CHECK(top.set_certain());
    }
  }
}

TEST_CASE("sweeps tell apart what push would take long for") {
  for (const bool undirected : {false, true}) {
    Graph graph =
        (undirected ? power_law(400, 5, true, 12) : any_graph(400, 6, true, 12)).graph(undirected);
    TopRank top;
    int swept = 0;
    for (int source = 0; source < 400; source += 50) {
      TopOptions options;
      options.resolution = 1e-9;
      REQUIRE(top.begin(graph, source, options).ok());
      for (TaskState state = TaskState::running; state == TaskState::running;) {
        Budget budget(5000);
        state = top.step(budget);
        REQUIRE(state != TaskState::failed);
      }
      swept += top.sweeps() > 0;
      const Vector pi = dense_pagerank(graph, 0.15, unit_vector(400, source), options.dangling);
      truthful(top, pi);
      CHECK(top.leading() == static_cast<std::int32_t>(top.entries().size()));
      CHECK(top.arcs_read() >= top.sweeps() * static_cast<double>(graph.arcs()));
    }
    CHECK(swept > 0);
  }
}

TEST_CASE("backward pushes that cannot narrow a bracket are not repeated") {
  // Much ends in dangling vertices, whose share hangs on every bracket.
  Random random(58);
  EdgeList list;
  list.n = 8000;
  for (int v = 1; v < list.n; ++v) {
    if (random.chance(0.9)) list.add(std::max(0, v - 1 - random.below(std::min(v, 20))), v);
    list.add(random.below(list.n), random.below(1 + random.below(list.n)));
  }
  Graph graph = list.graph(false);
  TopRank top;
  for (int source = 0; source < 200; source += 5) {
    for (const int k : {3, 5}) {
      TopOptions options;
      options.k = k;
      REQUIRE(top.begin(graph, source, options).ok());
      Budget budget;
      REQUIRE(top.step(budget) == TaskState::done);
      CHECK(top.arcs_read() <= 100.0 * graph.arcs());
    }
  }
}

TEST_CASE("equal ranks are reported as ties") {
  EdgeList star;
  star.n = 21;
  for (int v = 1; v < star.n; ++v) star.add(0, v);
  Graph graph = star.graph(true);
  TopRank top;
  TopOptions options;
  options.k = 5;
  REQUIRE(top.begin(graph, 0, options).ok());
  Budget budget;
  REQUIRE(top.step(budget) == TaskState::done);
  CHECK(top.leading() == 1);
  CHECK(top.entries()[0].vertex == 0);
  CHECK_FALSE(top.set_certain());
  CHECK(top.tie_total() == 16);
  CHECK(top.ties().size() == 16);
}

TEST_CASE("a list of no length is refused") {
  Graph graph = power_law(5, 1, false, 1).graph(false);
  TopRank top;
  TopOptions options;
  options.k = 0;
  CHECK(top.begin(graph, 0, options).status == Status::invalid_argument);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a list of the first k stays true whichever allocation fails") {
  Graph graph = power_law(200, 5, false, 5).graph(true);
  const Vector pi = dense_pagerank(graph, 0.15, unit_vector(200, 9), Dangling::source);
  TopOptions options;
  options.resolution = 1e-9;
  for (long first = 1; first < 200; ++first) {
    TopRank top;
    bool struck;
    Fault fault;
    TaskState state = TaskState::running;
    {
      FailingMemory memory(first, false);
      Budget budget;
      fault = top.begin(graph, 9, options);
      if (fault.ok()) state = top.step(budget);
      struck = memory.struck();
    }
    CAPTURE(first);
    if (!fault.ok()) {
      REQUIRE(fault.status == Status::out_of_memory);
      REQUIRE(top.begin(graph, 9, options).ok());
    }
    Budget budget;
    if (state != TaskState::done) REQUIRE(top.step(budget) == TaskState::done);
    truthful(top, pi);
    CHECK(top.leading() == 10);
    if (!struck) break;
  }
}
#endif
