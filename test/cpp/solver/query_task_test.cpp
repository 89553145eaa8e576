#include <numeric>

#include "lacuna/solver/query_task.hpp"
#include "support/catch.hpp"
#include "support/dominant.hpp"
#include "support/double_double.hpp"
#include "support/query.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

std::shared_ptr<KeptRhs> dense_rhs(const std::vector<double>& b) {
  return std::make_shared<KeptRhs>(LocalRhs::dense(b));
}

std::shared_ptr<KeptRhs> sparse_rhs(std::int64_t n, const std::vector<std::int64_t>& ids,
                                    const std::vector<double>& values) {
  return std::make_shared<KeptRhs>(LocalRhs::sparse(n, ids, values).take());
}

QuerySettings to(double atol, Way way = Way::automatic) {
  QuerySettings s;
  s.rtol = 0;
  s.atol = atol;
  s.way = way;
  return s;
}

DoubleDouble functional(const std::vector<DoubleDouble>& x, const std::vector<std::int32_t>& ids,
                        const std::vector<double>& weights) {
  DoubleDouble sum;
  for (std::size_t k = 0; k < ids.size(); ++k) sum = sum + x[ids[k]] * weights[k];
  return sum;
}

/// Random queries over random dominant systems: no deterministic bound may be violated, statistical
/// ones in 5 % of the cases at the most.
void check_queries(int queries) {
  Random random(20);
  int asked = 0;
  int statistical = 0;
  int missed = 0;
  int one_signed = 0;
  for (int round = 0; asked < queries; ++round) {
    DominantOptions options;
    options.m_matrix = random.chance(0.4);
    options.columns_too = random.chance(0.6);
    options.same_margin = random.chance(0.3);
    const double exponent = random.unit();
    options.margin = 0.01 * std::pow(1000.0, exponent);
    const std::int32_t n = round % 16 == 0 ? random.between(1, 4) : random.between(5, 120);
    const CsrMatrix a = dominant(round % 8, n, options, random);
    const Reference reference(a.view());
    auto solver = planned(a.copy().take());
    const double scale = round % 5 == 0 ? 1e8 : round % 7 == 0 ? 1e-8 : 1;
    for (int kind = 0; kind < 3; ++kind) {
      std::vector<double> b(n, 0.0);
      std::shared_ptr<KeptRhs> rhs;
      if (kind < 2) {
        for (double& v : b) v = scale * (kind == 0 ? random.sign() : random.unit());
        rhs = dense_rhs(b);
      } else {
        std::vector<std::int64_t> ids;
        std::vector<double> values;
        for (int k = 0; k < 3; ++k) {
          ids.push_back(random.below(n));
          values.push_back(scale * (options.m_matrix ? random.unit() : random.sign()));
          b[ids.back()] += values.back();
        }
        rhs = sparse_rhs(n, ids, values);
      }
      const std::vector<DoubleDouble> x = reference.solve(b);
      const double size = scale / options.margin;
      for (int q = 0; q < 12; ++q, ++asked) {
        std::vector<std::int32_t> ids{random.below(n)};
        std::vector<double> weights{1};
        while (random.chance(0.2)) ids.push_back(random.below(n)), weights.push_back(random.sign());
        QuerySettings s;
        s.rtol = random.chance(0.3) ? std::pow(10.0, -random.between(1, 9)) : 0;
        s.atol = s.rtol > 0 ? 0 : size * std::pow(10.0, -random.between(1, 12));
        const Way ways[] = {Way::automatic, Way::push,  Way::push,          Way::product,
                            Way::full,      Way::walks, Way::bidirectional, Way::neumann};
        s.way = ways[random.below(8)];
        s.seed = static_cast<std::uint64_t>(asked);
        if (s.way == Way::walks || s.way == Way::bidirectional || random.chance(0.15)) {
          s.confidence = 0.95;
          s.max_walks = 20000;
          s.rtol = 0;
          s.atol = size * 0.05;
        }
        s.order_given = random.chance(0.4);
        s.order = static_cast<PushOrder>(random.below(4));
        s.max_entries = 3e6;
        if (s.way == Way::product && (kind != 2 || !options.columns_too)) s.way = Way::push;
        const QueryReport r = ask(solver, rhs, ids, weights, s);
        const double error = functional(x, ids, weights).distance(r.value);
        CAPTURE(round, kind, q, n, r.way, r.bound_kind, r.value, error, r.bound, s.atol, s.rtol);
        REQUIRE(r.bound >= 0);
        REQUIRE(r.lower <= r.value);
        REQUIRE(r.value <= r.upper);
        if (r.confidence < 1) {
          ++statistical;
          missed += error > r.bound;
        } else {
          REQUIRE(error <= r.bound);
          const double truth = functional(x, ids, weights).hi;
          const double ulp = 1e-15 * std::fabs(truth);
          REQUIRE(r.lower <= truth + ulp);
          REQUIRE(truth - ulp <= r.upper);
        }
        if (r.converged == 1) {
          REQUIRE(r.bound <= r.target);
        } else if (s.way == Way::push && r.confidence == 1) {
          // Only rounding may stand between a push and its goal.
          const bool excused =
              static_cast<Reason>(static_cast<int>(r.reason)) == Reason::stagnated ||
              static_cast<Reason>(static_cast<int>(r.reason)) == Reason::budget;
          REQUIRE(excused);
        }
        one_signed += r.bound_kind == static_cast<double>(BoundKind::bracket);
      }
    }
  }
  CHECK(one_signed > asked / 20);
  CHECK(statistical > asked / 20);
  CHECK(missed <= 0.05 * statistical);
}

}  // namespace

LACUNA_SAMPLED(check_queries, "no bound of a query is violated", 10000, 100000)

// The error that rounding makes in the bound is all that is left of it, while the value is not
// known to a tenth: such a query once reached its goal again and again.
TEST_CASE("a query whose goal rounding keeps it from comes to an end") {
  constexpr std::int32_t n = 120;
  for (const double corner : {0.0, 0.3}) {
    Triplets t(n, n);
    for (std::int32_t i = 0; i < n; ++i) {
      t.add(i, i, 3 + corner * std::sin(i));
      if (i > 0) t.add(i, i - 1, i % 2 == 0 ? 1 : -1);
      if (i + 1 < n) t.add(i, i + 1, -1);
    }
    const CsrMatrix a = t.matrix();
    auto solver = planned(a.copy().take());
    const Reference reference(a.view());
    std::vector<double> b(n);
    b[2] = 0.7, b[3] = -0.4, b[5] = 0.2;
    const auto x = reference.solve(b);
    const auto rhs = sparse_rhs(n, {2, 3, 5}, {0.7, -0.4, 0.2});
    for (std::int32_t i = 6; i < n; ++i) {
      for (const double rtol : {0.5, 0.1, 0.02}) {
        for (const Way way : {Way::product, Way::push}) {
          QuerySettings s = to(0, way);
          s.rtol = rtol;
          const std::vector<std::int32_t> starts{0, 1}, ids{i};
          const std::vector<double> weights{1};
          auto task = QueryTask::create(solver, rhs, starts, ids, weights, s);
          REQUIRE(task.ok());
          int steps = 0;
          TaskState state = TaskState::running;
          while (state == TaskState::running && steps < 1000) {
            Budget budget(1000);
            state = task.value()->step(budget);
            ++steps;
          }
          CAPTURE(i, rtol, way == Way::push, corner);
          REQUIRE(state == TaskState::done);
          const QueryReport& r = task.value()->reports()[0];
          CHECK(x[i].distance(r.value) <= r.bound);
          CHECK((r.converged == 1 || r.reason == static_cast<double>(Reason::stagnated)));
        }
      }
    }
  }
}

TEST_CASE("bounds of one-sided answers are tight") {
  Random random(5);
  std::vector<double> ratios;
  for (int round = 0; round < 40; ++round) {
    DominantOptions options;
    options.m_matrix = true;
    options.margin = 0.1 + random.unit();
    const std::int32_t n = random.between(40, 150);
    const CsrMatrix a = dominant(round % 5, n, options, random);
    const Reference reference(a.view());
    std::vector<double> b(n);
    for (double& v : b) v = random.unit();
    const auto x = reference.solve(b);
    double largest = 0;
    for (const DoubleDouble& v : x) largest = std::max(largest, std::fabs(v.hi));
    auto solver = planned(a.copy().take());
    auto rhs = dense_rhs(b);
    for (int q = 0; q < 10; ++q) {
      const std::int32_t i = random.below(n);
      const QueryReport r =
          ask(solver, rhs, i, to(largest * std::pow(10.0, -random.between(2, 9)), Way::push));
      const double error = x[i].distance(r.value);
      if (error > 1e-14 * largest) ratios.push_back(r.bound / error);
    }
  }
  std::sort(ratios.begin(), ratios.end());
  REQUIRE(ratios.size() > 100);
  CHECK(ratios.front() >= 1);
  CHECK(ratios[ratios.size() / 2] <= 3);
}

TEST_CASE("a query in slices gives the bits of one in a piece") {
  Random random(9);
  const CsrMatrix a = dominant(7, 400, {}, random);
  auto solver = planned(a.copy().take());
  const std::vector<double> b = random.vector(400);
  for (const Way way : {Way::push, Way::automatic, Way::bidirectional, Way::neumann, Way::full}) {
    QuerySettings s = to(1e-4, way);
    if (way == Way::bidirectional) s.confidence = 0.9, s.atol = 0.01;
    const QueryReport whole = ask(solver, dense_rhs(b), {17}, {1.0}, s);
    const QueryReport sliced = ask(solver, dense_rhs(b), {17}, {1.0}, s, 100);
    CAPTURE(static_cast<int>(way));
    CHECK(whole.value == sliced.value);
    CHECK(whole.bound == sliced.bound);
    CHECK(whole.entries == sliced.entries);
  }
}

TEST_CASE("a query that is stopped before anything was measured says so") {
  const auto solver = planned(test::grid(60, 60, 1).matrix());
  const std::vector<double> b(3600, 1.0);
  const auto rhs = std::make_shared<KeptRhs>(LocalRhs::dense(b));
  const std::vector<std::int32_t> starts{0, 1, 2}, ids{7, 8};
  const std::vector<double> weights{1, 1};
  auto made = QueryTask::create(solver, rhs, starts, ids, weights, QuerySettings{});
  REQUIRE(made.ok());
  Budget little(50);
  REQUIRE(made.value()->step(little) == TaskState::running);
  made.value()->stop(Reason::cancelled);
  for (const QueryReport& report : made.value()->reports()) {
    CHECK(report.reason == static_cast<double>(Reason::cancelled));
    CHECK(report.bound == -1);
    CHECK(report.converged == 0);
    CHECK(report.entries == 0);
  }
  // What was begun goes on with the next one.
  const QueryReport report = ask(solver, rhs, 7, QuerySettings{});
  CHECK(report.converged == 1);
}

TEST_CASE("scaling the right-hand side scales the answer alone") {
  Random random(3);
  const CsrMatrix a = dominant(0, 200, {}, random);
  auto solver = planned(a.copy().take());
  std::vector<double> b = random.vector(200);
  const QueryReport one = ask(solver, dense_rhs(b), 5, to(1e-5, Way::push));
  for (double& v : b) v *= 0x1p27;
  const QueryReport scaled = ask(solver, dense_rhs(b), 5, to(1e-5 * 0x1p27, Way::push));
  CHECK(scaled.value == one.value * 0x1p27);
  CHECK(scaled.entries == one.entries);
}

TEST_CASE("work does not depend on the size of a grid") {
  double entries = 0;
  for (const int side : {60, 120, 240}) {
    auto solver = planned(grid(side, side, 4).matrix());
    std::vector<double> b(static_cast<std::size_t>(side) * side, 1.0);
    const QueryReport r =
        ask(solver, dense_rhs(b), side / 2 * side + side / 2, to(1e-6 / 4, Way::push));
    CHECK(r.converged == 1);
    if (entries > 0) CHECK(r.entries == entries);
    entries = r.entries;
  }
  CHECK(entries < 8000);
}

TEST_CASE("a matrix without dominance is answered in full, with a bound where it is an M-matrix") {
  // Zero row sums inside, dominant at the border only: no scaling is found in a few steps.
  const CsrMatrix a = grid(30, 30).matrix();
  const Reference reference(a.view());
  Random random(1);
  const std::vector<double> b = random.vector(900);
  const auto x = reference.solve(b);
  auto solver = planned(a.copy().take());
  const QueryReport r = ask(solver, dense_rhs(b), 450, to(1e-9));
  CHECK(static_cast<Way>(static_cast<int>(r.way)) == Way::full);
  CHECK(r.bound_kind == static_cast<double>(BoundKind::residual));
  CHECK(r.converged == 1);
  CHECK(x[450].distance(r.value) <= r.bound);

  // General signs without dominance: an answer, and no bound.
  const CsrMatrix s = scattered(50, 3, 4).matrix();
  auto other = planned(s.copy().take());
  const std::vector<double> c = random.vector(50);
  const QueryReport full = ask(other, dense_rhs(c), 7, to(1e-9));
  CHECK(full.bound == -1);
  CHECK(static_cast<Reason>(static_cast<int>(full.reason)) == Reason::no_certificate);
  CHECK(Reference(s.view()).solve(c)[7].distance(full.value) < 1e-8);
}

TEST_CASE("a full solution is kept with its right-hand side until the values change") {
  const CsrMatrix a = grid(20, 20, 1).matrix();
  auto solver = planned(a.copy().take());
  const std::vector<double> b(400, 1.0);
  auto rhs = dense_rhs(b);
  const QueryReport first = ask(solver, rhs, 5, to(1e-9, Way::full));
  CHECK(first.cost > 0);
  const QueryReport again = ask(solver, rhs, 6, to(1e-9));
  CHECK(static_cast<Way>(static_cast<int>(again.way)) == Way::full);
  CHECK(again.cost == 0);
  std::vector<double> values(a.view().values().begin(), a.view().values().end());
  for (double& v : values) v *= 2;
  REQUIRE(solver->update(values).ok());
  const QueryReport changed = ask(solver, rhs, 5, to(1e-9, Way::full));
  CHECK(changed.cost > 0);
  CHECK(changed.value == Approx(first.value / 2));
}

TEST_CASE("limits end a query with what it has") {
  Random random(8);
  const CsrMatrix a = dominant(7, 3000, {}, random);
  auto solver = planned(a.copy().take());
  const std::vector<double> b = random.vector(3000);
  QuerySettings s = to(1e-8, Way::push);
  s.max_entries = 2000;
  const QueryReport r = ask(solver, dense_rhs(b), 3, s);
  CHECK(static_cast<Reason>(static_cast<int>(r.reason)) == Reason::budget);
  CHECK(r.converged == 0);
  CHECK(r.bound > r.target);
  CHECK(r.entries < 5000);

  QuerySettings estimate = to(1e-8, Way::push);
  estimate.estimate = true;
  const QueryReport predicted = ask(solver, dense_rhs(b), 3, estimate);
  CHECK(predicted.predicted > predicted.cost);
  CHECK(predicted.entries < 2000);
}

TEST_CASE("several targets share one full solve where that is cheaper") {
  const CsrMatrix a = grid(24, 24, 0.5).matrix();
  auto solver = planned(a.copy().take());
  const std::int32_t n = 576;
  const std::vector<double> b(n, 1.0);
  std::vector<std::int32_t> starts(n + 1), ids(n);
  std::iota(starts.begin(), starts.end(), 0);
  std::iota(ids.begin(), ids.end(), 0);
  const std::vector<double> weights(n, 1.0);
  auto task = QueryTask::create(solver, dense_rhs(b), starts, ids, weights, to(1e-10));
  REQUIRE(task.ok());
  Budget budget;
  REQUIRE(task.value()->step(budget) == TaskState::done);
  const auto x = Reference(a.view()).solve(b);
  int full = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    const QueryReport& r = task.value()->reports()[i];
    full += static_cast<Way>(static_cast<int>(r.way)) == Way::full;
    REQUIRE(x[i].distance(r.value) <= r.bound);
  }
  CHECK(full > n / 2);
}

TEST_CASE("queries refuse what they cannot use") {
  auto solver = planned(grid(5, 5, 1).matrix());
  const std::vector<double> ones(25, 1.0);
  auto rhs = dense_rhs(ones);
  const std::vector<std::int32_t> starts{0, 1};
  const auto fault = [&](std::int32_t id, double weight, QuerySettings s) {
    const std::vector<std::int32_t> ids{id};
    const std::vector<double> weights{weight};
    return QueryTask::create(solver, rhs, starts, ids, weights, s).fault();
  };
  CHECK(fault(25, 1, {}).status == Status::index_out_of_range);
  CHECK(fault(-1, 1, {}).status == Status::index_out_of_range);
  CHECK(fault(0, NAN, {}).status == Status::not_finite);
  QuerySettings bad;
  bad.confidence = 0;
  CHECK(fault(0, 1, bad).status == Status::invalid_argument);
  bad = {};
  bad.rtol = -1;
  CHECK(fault(0, 1, bad).status == Status::invalid_argument);
  CHECK(fault(0, 1, {}).ok());
}
