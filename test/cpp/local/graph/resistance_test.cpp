#include "lacuna/local/graph/resistance.hpp"

#include <cmath>

#include "local/graph/undirected.hpp"
#include "support/catch.hpp"

using namespace lacuna;
using test::Laplacian;
using test::Random;
using test::Real;
using test::Shape;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_encloses(const Bracket& b, Real truth) {
  CHECK(static_cast<Real>(b.lo) <= truth * (1 + 1e-17L));
  CHECK(static_cast<Real>(b.hi) >= truth * (1 - 1e-17L));
}

GraphOutcome finish(Resistance& query, const LaplaceGoal& goal) {
  Budget budget;
  return query.step(goal, budget);
}

void random_graphs(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const auto shape = static_cast<Shape>(k % test::shapes);
    const int n = random.between(2, 30);
    const int spread = k % 2 == 0 ? 0 : 12;
    const Graph graph = test::undirected(shape, n, spread, random).graph(true);
    const Laplacian reference(graph);
    ArcLines lines(n, graph.out());
    const int s = random.below(n);
    const int t = random.below(n);
    Resistance query;
    REQUIRE(query.begin(lines, s, t) == Status::ok);
    CAPTURE(k, n, s, t);
    if (reference.component[s] != reference.component[t]) {
      CHECK(finish(query, {}) == GraphOutcome::disconnected);
      CHECK(query.bracket().lo == infinity);
      continue;
    }
    const Real truth = reference.resistance(s, t);
    // Every bracket on the way encloses the truth.
    Bracket last{0, infinity};
    for (double rtol = 1; rtol > 1e-9; rtol *= 0.1) {
      LaplaceGoal goal;
      goal.rtol = rtol;
      CHECK(finish(query, goal) == GraphOutcome::done);
      const Bracket b = query.bracket();
      check_encloses(b, truth);
      CHECK(b.width() <= rtol * b.lo);
      CHECK(b.lo >= last.lo);
      CHECK(b.hi <= last.hi);
      last = b;
    }
    // In the end only rounding parts the two.
    LaplaceGoal exact;
    exact.rtol = 0;
    const GraphOutcome end = finish(query, exact);
    CHECK((end == GraphOutcome::rounding || (s == t && end == GraphOutcome::done)));
    check_encloses(query.bracket(), truth);
    CHECK(query.bracket().width() <= (spread == 0 ? 1e-13 : 1e-11) * query.bracket().hi);
  }
}

}  // namespace

LACUNA_SAMPLED(random_graphs, "resistance brackets enclose the dense value", 150, 20000)

TEST_CASE("resistance of known networks") {
  SECTION("neighbours on a grid of a million million vertices: 1/2, from its corner of it") {
    test::GridLines grid(1000000);
    Resistance query;
    REQUIRE(query.begin(grid, grid.at(500000, 500000), grid.at(500001, 500000)) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 1e-2;
    CHECK(finish(query, goal) == GraphOutcome::done);
    check_encloses(query.bracket(), 0.5L);
    CHECK(query.work().vertices < 1000);
    CHECK(query.work().entries < 5000);
    goal.rtol = 1e-3;
    CHECK(finish(query, goal) == GraphOutcome::done);
    check_encloses(query.bracket(), 0.5L);
    CHECK(query.work().vertices < 10000);
  }
  SECTION("the diagonal of a square of an endless grid: 2/π") {
    test::GridLines grid(1000000);
    Resistance query;
    REQUIRE(query.begin(grid, grid.at(500000, 500000), grid.at(500001, 500001)) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 1e-2;
    CHECK(finish(query, goal) == GraphOutcome::done);
    check_encloses(query.bracket(), 0.63661977236758134308L);
  }
  SECTION("a complete graph: 2/n, to rounding") {
    Random random(1);
    test::EdgeList e = test::undirected(Shape::complete, 50, 0, random);
    e.weights.assign(e.from.size(), 1);
    const Graph graph = e.graph(true);
    ArcLines lines(50, graph.out());
    Resistance query;
    REQUIRE(query.begin(lines, 3, 4) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 1e-13;
    CHECK(finish(query, goal) == GraphOutcome::done);
    check_encloses(query.bracket(), 0.04L);
  }
  SECTION("hubs that share all their neighbours: most of it from their degrees alone") {
    test::EdgeList e;
    e.n = 2002;
    for (int k = 2; k < e.n; ++k) e.add(0, k), e.add(1, k);
    const Graph graph = e.graph(true);
    ArcLines lines(e.n, graph.out());
    Resistance query;
    REQUIRE(query.begin(lines, 0, 1) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 1e-12;
    CHECK(finish(query, goal) == GraphOutcome::done);
    CHECK(query.work().lines == 2);
    check_encloses(query.bracket(), 1 / 1000.0L);
  }
}

TEST_CASE("resistance keeps to budgets, limits and what is at hand") {
  Random random(5);
  const Graph graph = test::undirected(Shape::grid, 400, 2, random).graph(true);
  ArcLines lines(400, graph.out());
  Resistance whole;
  REQUIRE(whole.begin(lines, 21, 300) == Status::ok);
  CHECK(finish(whole, {}) == GraphOutcome::done);

  SECTION("small budgets lead to the same bits") {
    Resistance query;
    REQUIRE(query.begin(lines, 21, 300) == Status::ok);
    int steps = 0;
    for (GraphOutcome outcome = GraphOutcome::running; outcome == GraphOutcome::running; ++steps) {
      Budget budget(500);
      outcome = query.step({}, budget);
    }
    CHECK(steps > 100);
    CHECK(query.bracket().lo == whole.bracket().lo);
    CHECK(query.bracket().hi == whole.bracket().hi);
  }
  SECTION("lines that arrive in batches lead to the same bits") {
    test::SlowLines slow(lines);
    Resistance query;
    REQUIRE(query.begin(slow, 21, 300) == Status::ok);
    int batches = 0;
    while (finish(query, {}) == GraphOutcome::needs_lines) {
      REQUIRE(slow.arrive() > 0);
      ++batches;
    }
    CHECK(batches < 60);
    CHECK(query.bracket().lo == whole.bracket().lo);
    CHECK(query.bracket().hi == whole.bracket().hi);
  }
  SECTION("a limit ends it with the bracket reached") {
    Resistance query;
    REQUIRE(query.begin(lines, 21, 22) == Status::ok);
    LaplaceGoal goal;
    goal.rtol = 0;
    goal.max_entries = 200;
    CHECK(finish(query, goal) == GraphOutcome::limit);
    CHECK(query.work().entries <= 204);
    check_encloses(query.bracket(), Laplacian(graph).resistance(21, 22));
    CHECK(query.bracket().hi < 2 * query.bracket().lo);
    goal.max_entries = infinity;
    CHECK(finish(query, goal) == GraphOutcome::rounding);
  }
}

TEST_CASE("resistance refuses what is no undirected graph") {
  test::EdgeList e;
  e.n = 4;
  e.add(0, 1), e.add(1, 0), e.add(1, 2), e.add(2, 1), e.add(2, 3);
  e.weights = {1, 1, 2, 2, 1};
  Resistance query;
  SECTION("an edge in one direction only") {
    e.from.back() = 3, e.to.back() = 2;
    const Graph graph = e.graph(false);
    ArcLines lines(4, graph.out());
    REQUIRE(query.begin(lines, 0, 3) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::failed);
    CHECK(query.fault().status == Status::not_symmetric);
  }
  SECTION("weights that differ") {
    e.add(3, 2);
    e.weights.push_back(1 + 0x1p-52);
    const Graph graph = e.graph(false);
    ArcLines lines(4, graph.out());
    REQUIRE(query.begin(lines, 0, 3) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::failed);
    CHECK(query.fault().status == Status::not_symmetric);
  }
  SECTION("a matrix with a positive entry off the diagonal") {
    const std::vector<std::int32_t> i{0, 0, 1, 1}, j{0, 1, 0, 1};
    const auto bad = CsrMatrix::from_triplets(2, 2, i, j, std::vector<double>{1, 1, 1, 1});
    CsrLines rows(bad.value().view());
    LaplacianLines lines(rows);
    REQUIRE(query.begin(lines, 0, 1) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::failed);
    CHECK(query.fault().status == Status::invalid_argument);
    CHECK(query.fault().position == 0);
  }
  SECTION("and takes a Laplacian matrix as it stands") {
    const std::vector<std::int32_t> i{0, 0, 1, 1}, j{0, 1, 0, 1};
    const auto good = CsrMatrix::from_triplets(2, 2, i, j, std::vector<double>{4, -4, -4, 4});
    CsrLines rows(good.value().view());
    LaplacianLines lines(rows);
    REQUIRE(query.begin(lines, 0, 1) == Status::ok);
    CHECK(finish(query, {}) == GraphOutcome::done);
    check_encloses(query.bracket(), 0.25L);
  }
  SECTION("vertices that do not exist") {
    const Graph graph = e.graph(true);
    ArcLines lines(4, graph.out());
    CHECK(query.begin(lines, 0, 4) == Status::index_out_of_range);
    CHECK(query.begin(lines, -1, 2) == Status::index_out_of_range);
  }
}
