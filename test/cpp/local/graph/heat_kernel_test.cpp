#include "lacuna/local/graph/heat_kernel.hpp"

#include <cmath>
#include <limits>

#include "local/graph/undirected.hpp"
#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using test::Random;
using test::Real;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The series itself in long double, vertices without out-arcs keeping what they have.
test::Vector dense_heat(const Graph& graph, int seed, Real t) {
  test::Dense p = test::transitions(graph);
  const int n = p.rows;
  for (int u = 0; u < n; ++u) {
    if (graph.out_degree(u) == 0) p(u, u) = 1;
  }
  // e^{−t(I−P)} = (e^{−τ(I−P)})^{2^m} with a small τ: scaling and squaring of a vector.
  test::Vector h = test::unit_vector(n, seed);
  const int parts = static_cast<int>(t) + 1;
  const Real tau = t / parts;
  for (int part = 0; part < parts; ++part) {
    test::Vector power = h, sum(n, 0);
    Real psi = std::exp(-tau);
    for (int k = 0; k < 40; ++k) {
      for (int v = 0; v < n; ++v) sum[v] += psi * power[v];
      test::Vector next(n, 0);
      for (int u = 0; u < n; ++u) {
        for (int v = 0; v < n; ++v) next[v] += power[u] * p(u, v);
      }
      power = next;
      psi *= tau / (k + 1);
    }
    h = sum;
  }
  return h;
}

GraphOutcome finish(HeatKernel& query, double max_entries = infinity) {
  Budget budget;
  return query.step(max_entries, budget);
}

Real distance(const HeatKernel& query, const test::Vector& h) {
  Real sum = 0;
  for (std::size_t v = 0; v < h.size(); ++v) {
    sum += std::fabs(h[v] - query.value(static_cast<std::int64_t>(v)));
  }
  return sum;
}

void random_graphs(int samples) {
  for (int k = 0; k < samples; ++k) {
    Random random(k);
    const int n = random.between(1, 40);
    const bool weighted = random.chance(0.5);
    const Graph graph = test::any_graph(n, 3, weighted, random.bits()).graph(k % 3 == 0);
    const int seed = random.below(n);
    const double t = k % 5 == 0 ? 0 : 30 * random.unit() * random.unit();
    double error = 0.5;
    for (int e = random.below(12); e > 0; --e) error *= 0.1;
    ArcLines lines(n, graph.out());
    HeatKernel query;
    REQUIRE(query.begin(lines, seed, t, error) == Status::ok);
    CAPTURE(k, n, seed, t, error);
    const test::Vector h = dense_heat(graph, seed, t);
    // Wherever it stops, the bound holds.
    double last = query.bound();
    CHECK(last >= 1);
    for (double most = 1; most < 64; most *= 4) {
      finish(query, most);
      CHECK(distance(query, h) <= query.bound() + 1e-17L);
      CHECK(query.bound() <= last + 1e-14);
      last = query.bound();
    }
    CHECK(finish(query) == GraphOutcome::done);
    CHECK(distance(query, h) <= query.bound() + 1e-17L);
    CHECK(query.bound() <= error + 1e-11);
    Real below = 0;
    for (int v = 0; v < n; ++v) below = std::fmax(below, query.value(v) - h[v]);
    CHECK(below <= 1e-12L);  // one-sided but for rounding
  }
}

}  // namespace

LACUNA_SAMPLED(random_graphs, "heat kernels are within their bounds", 200, 20000)

TEST_CASE("Poisson terms and their tails") {
  // WebAssembly's library takes logarithms of factorials in double precision: of 10⁶ here.
  constexpr Real reference_error = std::numeric_limits<Real>::digits == 64 ? 1e-14L : 1e-9L;
  for (const double t : {0.0, 1e-9, 0.5, 1.0, 7.3, 100.0, 1500.0, 99999.5}) {
    for (const double tail : {0.3, 1e-6, 1e-15}) {
      PoissonTerms terms;
      REQUIRE(terms.make(t, tail) == Status::ok);
      CAPTURE(t, tail);
      Real far = 0, sum = 0;
      for (std::int32_t k = 0; k <= terms.last(); ++k) {
        const Real truth =
            k == 0 && t == 0
                ? 1
                : std::exp(k * std::log(static_cast<Real>(t)) - t - std::lgamma(k + Real(1)));
        far += std::fabs(terms.term(k) - truth);
        sum += truth;
        CHECK(terms.beyond(k) >= 1 - sum - reference_error);
        if (far > 1) break;
      }
      CHECK(far <= terms.error() + reference_error);
      CHECK(terms.error() < 2e-10);
      CHECK(terms.beyond(terms.last()) <= tail);
      if (terms.last() > 0) CHECK(terms.beyond(terms.last() - 1) > tail);
    }
  }
  PoissonTerms terms;
  CHECK(terms.make(-1, 0.1) == Status::invalid_argument);
  CHECK(terms.make(NAN, 0.1) == Status::invalid_argument);
  CHECK(terms.make(1e6, 0.1) == Status::invalid_argument);
  CHECK(terms.make(1, 0) == Status::invalid_argument);
}

TEST_CASE("a heat kernel stays near its seed") {
  // The continuous walk on ℤ² at time t is two independent ones on ℤ at rate t/2 each: at the
  // origin it is there with probability (e^{−t/2}·I₀(t/2))².
  test::GridLines grid(1000000);
  HeatKernel query;
  const std::int64_t origin = grid.at(500000, 500000);
  REQUIRE(query.begin(grid, origin, 5, 1e-6) == Status::ok);
  CHECK(finish(query) == GraphOutcome::done);
  Real bessel = 0, term = 1;
  for (int k = 0; k < 60; ++k) {
    bessel += term;
    term *= (Real(5) / 4 / (k + 1)) * (Real(5) / 4 / (k + 1));
  }
  const Real there = std::exp(-Real(5) / 2) * bessel;
  CHECK(std::fabs(query.value(origin) - there * there) <= query.bound());
  CHECK(query.bound() <= 1.1e-6);
  CHECK(query.touched() < 1500);
  CHECK(query.entries() < 40000);
}

TEST_CASE("heat kernels in pieces have the same bits") {
  const Graph graph = test::power_law(400, 4, true, 3).graph(true);
  ArcLines lines(400, graph.out());
  HeatKernel whole, pieces, waits;
  REQUIRE(whole.begin(lines, 7, 3, 1e-8) == Status::ok);
  CHECK(finish(whole) == GraphOutcome::done);
  REQUIRE(pieces.begin(lines, 7, 3, 1e-8) == Status::ok);
  GraphOutcome outcome = GraphOutcome::running;
  int steps = 0;
  for (; outcome == GraphOutcome::running; ++steps) {
    Budget budget(300);
    outcome = pieces.step(infinity, budget);
  }
  CHECK(steps > 50);
  test::SlowLines slow(lines);
  REQUIRE(waits.begin(slow, 7, 3, 1e-8) == Status::ok);
  int batches = 0;
  for (; finish(waits) == GraphOutcome::needs_lines; ++batches) REQUIRE(slow.arrive() > 0);
  CHECK(batches < 40);
  for (int v = 0; v < 400; ++v) {
    CHECK(pieces.value(v) == whole.value(v));
    CHECK(waits.value(v) == whole.value(v));
  }
  CHECK(pieces.bound() == whole.bound());
  CHECK(waits.bound() == whole.bound());
}

TEST_CASE("heat kernels refuse what is no walk") {
  const std::vector<std::int32_t> i{0, 1}, j{1, 0};
  const auto made = CsrMatrix::from_triplets(2, 2, i, j, std::vector<double>{1, -1});
  CsrLines lines(made.value().view());
  HeatKernel query;
  CHECK(query.begin(lines, 2, 1, 0.1) == Status::index_out_of_range);
  CHECK(query.begin(lines, 0, 1, 0) == Status::invalid_argument);
  CHECK(query.begin(lines, 0, -1, 0.1) == Status::invalid_argument);
  REQUIRE(query.begin(lines, 0, 1, 0.1) == Status::ok);
  CHECK(finish(query) == GraphOutcome::failed);
  CHECK(query.fault().status == Status::invalid_argument);
  CHECK(query.fault().position == 1);
}
