// What a query foresees, refuses and decides; the numbers themselves are in query_task_test.cpp.
#include "lacuna/solver/query_task.hpp"
#include "support/catch.hpp"
#include "support/dominant.hpp"
#include "support/query.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// Of values that outlive it.
std::shared_ptr<KeptRhs> dense_rhs(const std::vector<double>& b) {
  return std::make_shared<KeptRhs>(LocalRhs::dense(b));
}

QuerySettings to(double atol, Way way = Way::automatic) {
  QuerySettings s;
  s.rtol = 0;
  s.atol = atol;
  s.way = way;
  return s;
}

Way way_of(const QueryReport& r) { return static_cast<Way>(static_cast<int>(r.way)); }
Reason reason_of(const QueryReport& r) { return static_cast<Reason>(static_cast<int>(r.reason)); }
bool solved(const KeptRhs& rhs, const Solver& solver) {
  return !rhs.solution(solver.version()).empty();
}

}  // namespace

TEST_CASE("a full solve is foreseen without being made") {
  Random random(11);
  const std::vector<double> b = random.vector(900);
  // Dominant: the way is named. Not dominant: `automatic` has nothing else.
  for (const bool dominant : {true, false}) {
    auto solver = planned((dominant ? grid(30, 30, 1) : scattered(900, 3, 4)).matrix());
    auto rhs = dense_rhs(b);
    QuerySettings s = to(1e-9, dominant ? Way::full : Way::automatic);
    s.estimate = true;
    const QueryReport foreseen = ask(solver, rhs, 450, s);
    CHECK(way_of(foreseen) == Way::full);
    CHECK(foreseen.predicted > 900);
    CHECK(foreseen.entries == 0);
    CHECK(!solved(*rhs, *solver));

    s.estimate = false;
    s.max_work = 0.5 * foreseen.predicted;
    const QueryReport refused = ask(solver, rhs, 450, s);
    CHECK(reason_of(refused) == Reason::budget);
    CHECK(refused.predicted == foreseen.predicted);
    CHECK(refused.converged == 0);
    CHECK(refused.entries == 0);
    CHECK(!solved(*rhs, *solver));

    s.max_work = 2 * foreseen.predicted;
    CHECK(ask(solver, rhs, 450, s).converged == dominant);
    CHECK(solved(*rhs, *solver));

    // Once it was made it is free.
    s.estimate = true;
    CHECK(ask(solver, rhs, 451, s).predicted == 0);
    s.estimate = false;
    s.max_work = 1e-9;
    CHECK(way_of(ask(solver, rhs, 451, s)) == Way::full);
  }
}

TEST_CASE("no way does more than its first stretch before it is foreseen") {
  Random random(12);
  DominantOptions options;
  options.margin = 0.01;
  const CsrMatrix a = dominant(7, 4000, options, random);
  auto solver = planned(a.copy().take());
  const std::vector<double> b = random.vector(4000);
  for (const Way way : {Way::automatic, Way::push, Way::product, Way::neumann, Way::walks,
                        Way::bidirectional, Way::full}) {
    const auto rhs =
        way == Way::product
            ? std::make_shared<KeptRhs>(LocalRhs::sparse(4000, std::vector<std::int64_t>{3, 7},
                                                         std::vector<double>{1, -1})
                                            .take())
            : dense_rhs(b);
    QuerySettings s = to(1e-5, way);
    if (way == Way::walks || way == Way::bidirectional) s.confidence = 0.95;
    for (const bool relative : {false, true}) {
      if (relative) s.rtol = 1e-5, s.atol = 0;
      s.estimate = true;
      s.max_work = std::numeric_limits<double>::infinity();
      const QueryReport foreseen = ask(solver, rhs, 5, s);
      CAPTURE(static_cast<int>(way), relative);
      CHECK(foreseen.entries < 4000);
      CHECK(foreseen.walks == 0);
      CHECK(foreseen.predicted > 4000);
      const bool pushes_first = way == Way::automatic || way == Way::bidirectional;
      CHECK((pushes_first || way_of(foreseen) == way));
      CHECK(!solved(*rhs, *solver));
      s.estimate = false;
      s.max_work = 0.5 * foreseen.predicted;
      const QueryReport refused = ask(solver, rhs, 5, s);
      CHECK(reason_of(refused) == Reason::budget);
      CHECK(refused.predicted == foreseen.predicted);
      CHECK(refused.entries == foreseen.entries);
      CHECK(refused.walks == 0);
    }
  }
}

TEST_CASE("where a full solve costs more than is allowed a push answers if it costs less") {
  auto solver = planned(grid(60, 60, 4).matrix());
  const std::vector<double> b(3600, 1.0);
  auto rhs = dense_rhs(b);
  QuerySettings s = to(1e-2, Way::push);
  const double push = ask(solver, rhs, 1830, s).cost;
  s.way = Way::full;
  s.estimate = true;
  const double full = ask(solver, rhs, 1830, s).predicted;
  REQUIRE(push < 0.5 * full);
  s.way = Way::automatic;
  s.estimate = false;
  s.max_work = 0.9 * full;
  // Of many that would share a full solve, the first is charged all of it.
  const std::int32_t n = 3600;
  std::vector<std::int32_t> starts(n + 1), ids(n);
  for (std::int32_t i = 0; i <= n; ++i) starts[i] = i;
  for (std::int32_t i = 0; i < n; ++i) ids[i] = i;
  auto task = QueryTask::create(solver, rhs, starts, ids, std::vector<double>(n, 1.0), s);
  REQUIRE(task.ok());
  Budget budget;
  REQUIRE(task.value()->step(budget) == TaskState::done);
  for (const QueryReport& r : task.value()->reports()) {
    REQUIRE(r.converged == 1);
    REQUIRE(r.cost <= s.max_work);
    REQUIRE(way_of(r) == Way::push);
  }
  CHECK(!solved(*rhs, *solver));
}

TEST_CASE("a relative accuracy takes hardly more than the absolute one that it comes to") {
  Random random(13);
  for (int round = 0; round < 40; ++round) {
    DominantOptions options;
    options.m_matrix = random.chance(0.5);
    const double exponent = random.unit();
    options.margin = 0.01 * std::pow(1000.0, exponent);
    auto solver = planned(dominant(round % 8, 300, options, random));
    std::vector<double> b = random.vector(300);
    if (options.m_matrix) {
      for (double& v : b) v = std::fabs(v);
    }
    const auto rhs = dense_rhs(b);
    const std::int32_t i = random.below(300);
    QuerySettings s = to(0, Way::push);
    s.rtol = std::pow(10.0, -random.between(1, 6));
    const QueryReport relative = ask(solver, rhs, i, s);
    REQUIRE(relative.converged == 1);
    const QueryReport absolute = ask(solver, rhs, i, to(relative.target, Way::push));
    CAPTURE(round, s.rtol, options.margin, relative.bound, relative.target, relative.value);
    CHECK(relative.entries <= 1.6 * absolute.entries + 60);
  }
}

TEST_CASE("what rounding adds to a bound is left room for by the push") {
  Random random(14);
  int tight = 0;
  for (int round = 0; round < 200; ++round) {
    DominantOptions options;
    options.m_matrix = random.chance(0.5);
    auto solver = planned(dominant(round % 8, 80, options, random));
    const std::vector<double> b = random.vector(80);
    const auto rhs = dense_rhs(b);
    const std::int32_t i = random.below(80);
    // What rounding leaves at the least, and up to twice as much.
    const QueryReport least = ask(solver, rhs, i, to(0, Way::push));
    REQUIRE(least.bound >= 0);
    CHECK(reason_of(least) == (least.bound == 0 ? Reason::converged_atol : Reason::stagnated));
    CHECK(least.entries < 1e6);
    const double goal = least.bound * (1.3 + random.unit());
    const QueryReport r = ask(solver, rhs, i, to(goal, Way::push));
    CAPTURE(round, least.bound, goal, r.bound);
    tight += r.converged == 1;
  }
  CHECK(tight >= 190);
}

TEST_CASE("walks for a relative accuracy find out what it comes to") {
  Random random(15);
  int missed = 0;
  for (int round = 0; round < 60; ++round) {
    DominantOptions options;
    options.m_matrix = random.chance(0.5);
    options.margin = 1 + random.unit();
    auto solver = planned(dominant(7, 300, options, random));
    std::vector<double> b(300);
    for (double& v : b) v = 0.5 + random.unit();
    const auto rhs = dense_rhs(b);
    const std::int32_t i = random.below(300);
    QuerySettings s = to(0, round % 2 == 0 ? Way::walks : Way::bidirectional);
    s.rtol = 0.05;
    s.confidence = 0.95;
    s.seed = static_cast<std::uint64_t>(round);
    const QueryReport r = ask(solver, rhs, i, s);
    CAPTURE(round, r.value, r.bound, r.target, r.walks);
    REQUIRE(r.converged == 1);
    CHECK(r.walks < 1e6);
    missed += std::fabs(ask(solver, rhs, i, to(1e-10, Way::push)).value - r.value) > r.bound;
  }
  CHECK(missed <= 6);

  // A value of 0 has no relative accuracy: the limit ends it.
  const CsrMatrix a = grid(9, 9, 4).matrix();
  auto solver = planned(a.copy().take());
  std::vector<double> odd(81);
  for (int k = 0; k < 81; ++k) odd[k] = k % 9 - 4;
  QuerySettings s = to(0, Way::walks);
  s.rtol = 0.05;
  s.confidence = 0.95;
  s.max_walks = 2e5;
  const QueryReport r = ask(solver, dense_rhs(odd), 40, s);
  CHECK(r.converged == 0);
  CHECK(r.walks <= 2e5);
  CHECK(std::fabs(r.value) <= r.bound);
  // `automatic` has a full solve to fall back to, or a push that ends at rounding.
  s.way = Way::automatic;
  s.max_walks = std::numeric_limits<double>::infinity();
  const QueryReport full = ask(solver, dense_rhs(odd), 40, s);
  CHECK(full.steps < 1e6);
  CHECK(std::fabs(full.value) <= full.bound);
}
