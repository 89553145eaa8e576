#include "lacuna/local/graph/potential.hpp"

#include <cmath>
#include <vector>

#include "local/graph/undirected.hpp"
#include "support/catch.hpp"

using namespace lacuna;
using test::Laplacian;
using test::Random;
using test::Real;
using test::Shape;

namespace {

struct Currents {
  std::vector<std::int64_t> ids;
  std::vector<double> values;
  test::Vector b;

  explicit Currents(int n) : b(n, 0) {}
  void add(std::int64_t v, double value) {
    ids.push_back(v);
    values.push_back(value);
    b[v] += value;
  }
};

/// Currents that add up to 0 in every component: exactly, or but for their rounding.
Currents balanced(const Laplacian& l, bool exact, Random& random) {
  const int n = l.l.rows;
  Currents c(n);
  for (int first = 0; first < n; ++first) {
    if (l.component[first] != first) continue;
    double sum = 0;
    for (int v = n - 1; v > first; --v) {
      if (l.component[v] != first || random.chance(0.6)) continue;
      const double value = exact ? random.between(-8, 8) * 0.25 : random.sign();
      c.add(v, value);
      sum += value;
    }
    if (sum != 0) c.add(first, -sum);
  }
  return c;
}

GraphOutcome finish(PotentialDifference& query, const LaplaceGoal& goal) {
  Budget budget;
  return query.step(goal, budget);
}

void random_graphs(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const auto shape = static_cast<Shape>(k % test::shapes);
    const int n = random.between(2, 24);
    const int spread = k % 2 == 0 ? 0 : 8;
    const bool exact = k % 4 < 2;
    const Graph graph = test::undirected(shape, n, spread, random).graph(true);
    const Laplacian reference(graph);
    const Currents c = balanced(reference, exact, random);
    ArcLines lines(n, graph.out());
    const int i = random.below(n);
    const int j = random.below(n);
    PotentialDifference query;
    REQUIRE(query.begin(lines, c.ids, c.values, i, j) == Status::ok);
    CAPTURE(k, n, i, j);
    if (test::largest(c.values) == 0) {
      CHECK(finish(query, {}) == GraphOutcome::done);
      CHECK(query.value() == 0);
      continue;
    }
    if (reference.component[i] != reference.component[j]) {
      CHECK(finish(query, {}) == GraphOutcome::disconnected);
      continue;
    }
    const test::Vector x = reference.solve(c.b, i);
    Real largest = 0;
    for (const Real v : x) largest = std::fmax(largest, std::fabs(v));
    if (largest == 0) largest = 1;  // no currents in this component
    const Real truth = x[i] - x[j];
    // What rounding of the currents moves the truth by is not for the bound to cover.
    const Real slack = (exact ? 1e-17L : 1e-15L) * largest;
    double last = std::numeric_limits<double>::infinity();
    LaplaceGoal goal;
    for (double atol = 1; atol > 1e-9; atol *= 0.1) {
      goal.rtol = 0;
      goal.atol = atol * static_cast<double>(largest);
      CHECK(finish(query, goal) == GraphOutcome::done);
      CHECK(std::fabs(query.value() - truth) <= query.bound() + slack);
      CHECK(query.bound() <= goal.atol);
      CHECK(query.bound() <= last);
      last = query.bound();
    }
    goal.atol = 0;
    const GraphOutcome end = finish(query, goal);
    CHECK((end == GraphOutcome::rounding || end == GraphOutcome::done));
    CHECK(std::fabs(query.value() - truth) <= query.bound() + slack);
    CHECK(query.bound() <= (spread == 0 ? 1e-12 : 1e-10) * largest);
  }
}

}  // namespace

LACUNA_SAMPLED(random_graphs, "potential differences are within their bounds", 150, 20000)

TEST_CASE("the errors of two solves multiply") {
  // Far from the current, on a grid without an end: the bound falls like the product of two gaps.
  test::GridLines grid(1000000);
  const std::int64_t c = 500000;
  const std::vector<std::int64_t> ids{grid.at(c, c), grid.at(c + 1, c)};
  const std::vector<double> values{1, -1};
  PotentialDifference query;
  REQUIRE(query.begin(grid, ids, values, grid.at(c, c + 1), grid.at(c + 1, c + 1)) == Status::ok);
  LaplaceGoal goal;
  goal.rtol = 1e-2;
  CHECK(finish(query, goal) == GraphOutcome::done);
  // A unit current raises 0, −1/4 and −1/π at distance 0, 1 and √2 (Spitzer, Principles of Random
  // Walk, §15): the difference across the edge beside that of the current is 2(1/π − 1/4).
  CHECK(std::fabs(query.value() - 0.13661977236758134L) <= query.bound());
  CHECK(query.bound() <= 1e-2 * 0.14);
  CHECK(query.work().vertices < 20000);
}

TEST_CASE("what a potential difference cannot be") {
  test::EdgeList e;
  e.n = 6;
  e.add(0, 1), e.add(1, 2), e.add(3, 4), e.add(4, 5);
  const Graph graph = e.graph(true);
  ArcLines lines(6, graph.out());
  PotentialDifference query;
  using Ids = std::vector<std::int64_t>;
  using Values = std::vector<double>;

  SECTION("currents that do not add up to 0") {
    CHECK(query.begin(lines, Ids{0, 1}, Values{1, -1.0000001}, 0, 1) == Status::invalid_argument);
    CHECK(query.begin(lines, Ids{0, 0}, Values{1, -1}, 0, 1) == Status::invalid_argument);
    CHECK(query.begin(lines, Ids{0, 1}, Values{NAN, 1}, 0, 1) == Status::invalid_argument);
    CHECK(query.begin(lines, Ids{0}, Values{1, -1}, 0, 1) == Status::shape_mismatch);
    CHECK(query.begin(lines, Ids{0, 6}, Values{1, -1}, 0, 1) == Status::index_out_of_range);
  }
  SECTION("or not in each component") {
    REQUIRE(query.begin(lines, Ids{0, 3}, Values{1, -1}, 0, 1) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::refused);
  }
  SECTION("across components") {
    REQUIRE(query.begin(lines, Ids{0, 2}, Values{1, -1}, 0, 5) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::disconnected);
  }
  SECTION("rounding of a sum is forgiven") {
    REQUIRE(query.begin(lines, Ids{0, 1, 2}, Values{-0.3, 0.1, 0.2}, 2, 0) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::done);
    CHECK(std::fabs(query.value() - 0.5L) <= query.bound() + 1e-15L);
  }
  SECTION("currents elsewhere do not matter once the component is read through") {
    REQUIRE(query.begin(lines, Ids{3, 5, 0, 2}, Values{5, -5, 1, -1}, 0, 2) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 1e-12;
    CHECK(finish(query, goal) == GraphOutcome::done);
    CHECK(std::fabs(query.value() - 2.0L) <= query.bound());
  }
}

TEST_CASE("potential differences in pieces have the same bits") {
  Random random(6);
  const Graph graph = test::undirected(Shape::grid, 400, 2, random).graph(true);
  ArcLines lines(400, graph.out());
  const std::vector<std::int64_t> ids{10, 200, 399};
  const std::vector<double> values{1, 2, -3};
  PotentialDifference whole, pieces, waits;
  REQUIRE(whole.begin(lines, ids, values, 55, 77) == Status::ok);
  CHECK(finish(whole, {}) == GraphOutcome::done);
  REQUIRE(pieces.begin(lines, ids, values, 55, 77) == Status::ok);
  GraphOutcome outcome = GraphOutcome::running;
  while (outcome == GraphOutcome::running) {
    Budget budget(700);
    outcome = pieces.step({}, budget);
  }
  CHECK(outcome == GraphOutcome::done);
  CHECK(pieces.value() == whole.value());
  CHECK(pieces.bound() == whole.bound());
  test::SlowLines slow(lines);
  REQUIRE(waits.begin(slow, ids, values, 55, 77) == Status::ok);
  while ((outcome = finish(waits, {})) == GraphOutcome::needs_lines) REQUIRE(slow.arrive() > 0);
  CHECK(outcome == GraphOutcome::done);
  CHECK(waits.value() == whole.value());
  CHECK(waits.bound() == whole.bound());
}
