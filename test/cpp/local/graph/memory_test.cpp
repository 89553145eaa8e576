// Every single allocation of a query is made to fail once: it has to say so, and stepped again it
// has to come to the same bits as if nothing had happened.
#ifdef LACUNA_WRAPPED_MALLOC
#include <vector>

#include "lacuna/local/graph/arc_hitting.hpp"
#include "lacuna/local/graph/heat_kernel.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/katz.hpp"
#include "lacuna/local/graph/local_hitting.hpp"
#include "lacuna/local/graph/potential.hpp"
#include "lacuna/local/graph/resistance.hpp"
#include "local/graph/undirected.hpp"
#include "support/catch.hpp"
#include "support/failing_memory.hpp"

using namespace lacuna;
using test::FailingMemory;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// `begin` and `step` work on a fresh query, `bits` says what came out.
template <class Query, class Begin, class Step, class Bits>
void fail_everywhere(Begin&& begin, Step&& step, Bits&& bits) {
  Query whole;
  REQUIRE(begin(whole) == Status::ok);
  REQUIRE(step(whole) == GraphOutcome::done);
  int failures = 0;
  for (long first = 1;; ++first) {
    Query query;
    Status status;
    GraphOutcome outcome = GraphOutcome::running;
    bool struck;
    {
      FailingMemory memory(first, false);
      status = begin(query);
      if (status == Status::ok) outcome = step(query);
      struck = memory.struck();
    }
    CAPTURE(first);
    if (status != Status::ok) {
      CHECK(status == Status::out_of_memory);
      REQUIRE(begin(query) == Status::ok);
      outcome = step(query);
    } else if (outcome == GraphOutcome::failed) {
      ++failures;
      CHECK(query.fault().status == Status::out_of_memory);
      outcome = step(query);
    }
    CHECK(outcome == GraphOutcome::done);
    CHECK(bits(query) == bits(whole));
    if (!struck) break;
    REQUIRE(first < 1000);
  }
  CHECK(failures > 0);
}

using Bits = std::vector<double>;

}  // namespace

TEST_CASE("graph queries survive every failing allocation") {
  test::Random random(3);
  Graph graph = test::undirected(test::Shape::grid, 225, 2, random).graph(true);
  ArcLines lines(225, graph.out());

  SECTION("resistance") {
    fail_everywhere<Resistance>([&](Resistance& q) { return q.begin(lines, 3, 100); },
                                [&](Resistance& q) {
                                  Budget budget;
                                  return q.step({}, budget);
                                },
                                [](const Resistance& q) {
                                  return Bits{q.bracket().lo, q.bracket().hi};
                                });
  }
  SECTION("potential difference") {
    const std::vector<std::int64_t> ids{7, 80, 200};
    const std::vector<double> values{1, 1, -2};
    fail_everywhere<PotentialDifference>(
        [&](PotentialDifference& q) { return q.begin(lines, ids, values, 3, 100); },
        [&](PotentialDifference& q) {
          Budget budget;
          return q.step({}, budget);
        },
        [](const PotentialDifference& q) {
          return Bits{q.value(), q.bound()};
        });
  }
  SECTION("heat kernel") {
    fail_everywhere<HeatKernel>([&](HeatKernel& q) { return q.begin(lines, 3, 4, 1e-9); },
                                [&](HeatKernel& q) {
                                  Budget budget;
                                  return q.step(infinity, budget);
                                },
                                [](const HeatKernel& q) {
                                  return Bits{q.value(3), q.value(17), q.bound()};
                                });
  }
  SECTION("hitting times") {
    fail_everywhere<HittingTimes>([&](HittingTimes& q) { return q.begin(graph, 3); },
                                  [&](HittingTimes& q) {
                                    Budget budget;
                                    return q.step(1e-6, 10000, budget);
                                  },
                                  [](const HittingTimes& q) {
                                    return Bits{q.value(4), q.value(224), q.above()};
                                  });
  }
  SECTION("hitting time from a ball") {
    fail_everywhere<LocalHitting>(
        [&](LocalHitting& q) { return q.begin(lines, 3, 20, graph.volume()); },
        [&](LocalHitting& q) {
          Budget budget;
          return q.step({1e-6}, budget);
        },
        [](const LocalHitting& q) {
          return Bits{q.bracket().lo, q.bracket().hi};
        });
  }
  SECTION("hitting time over arcs") {
    fail_everywhere<ArcHitting>([&](ArcHitting& q) { return q.begin(lines, 3, 20); },
                                [&](ArcHitting& q) {
                                  Budget budget;
                                  return q.step({1e-6}, budget);
                                },
                                [](const ArcHitting& q) {
                                  return Bits{q.bracket().lo, q.bracket().hi};
                                });
  }
  SECTION("Katz centrality") {
    fail_everywhere<KatzCentrality>([&](KatzCentrality& q) { return q.begin(graph, 0.02, 1); },
                                    [&](KatzCentrality& q) {
                                      Budget budget;
                                      return q.step(1e-6, 1000, budget);
                                    },
                                    [](const KatzCentrality& q) {
                                      return Bits{q.value(4), q.value(224), q.above()};
                                    });
  }
}
#endif
