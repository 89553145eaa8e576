#include <cmath>
#include <set>
#include <vector>

#include "lacuna/local/walks.hpp"
#include "support/catch.hpp"
#include "support/walk_problem.hpp"

// Walks over rows that are read one by one, and over right-hand sides that come piece by piece.

using namespace lacuna;
using test::Problem;
using test::Random;

namespace {

/// Rows that are at hand only after they were asked for and `deliver` was called.
class LateLines final : public Lines {
 public:
  explicit LateLines(const CsrView& a) : rows_(a) {}
  std::int64_t size() const override { return rows_.size(); }
  bool get(std::int64_t v, Line& line) override {
    if (there_.count(v) == 0) {
      wanted_.insert(v);
      return false;
    }
    return rows_.get(v, line);
  }
  std::size_t deliver() {
    const std::size_t count = wanted_.size();
    there_.insert(wanted_.begin(), wanted_.end());
    wanted_.clear();
    return count;
  }

 private:
  CsrLines rows_;
  std::set<std::int64_t> there_;
  std::set<std::int64_t> wanted_;
};

WalkPromise promise_of(const Problem& problem) { return {problem.margin, problem.contraction}; }

bool same_walks(const WalkResult& a, const WalkResult& b) {
  return a.walks == b.walks && a.steps == b.steps && a.variance == b.variance;
}

WalkSettings fixed(std::uint64_t seed) {
  WalkSettings settings;
  settings.max_walks = 10000;
  settings.seed = seed;
  return settings;
}

}  // namespace

TEST_CASE("rows read one by one give the walks of the table") {
  Random random(41);
  for (int k = 0; k < 12; ++k) {
    const Problem problem(random, 0, 12);
    WalkSettings settings = fixed(k);
    settings.exact_first_step = k % 2 == 0;
    const WalkResult table = problem.run(settings);
    CsrLines rows(problem.a.view());
    LocalRhs rhs = LocalRhs::dense(problem.b);
    Walks walks;
    REQUIRE(walks.begin(rows, promise_of(problem), problem.starts, rhs, settings).ok());
    Budget budget;
    CHECK(walks.step(budget) == WalkOutcome::limit);
    const WalkResult lines = walks.result();
    CHECK(same_walks(lines, table));
    CHECK(lines.estimate == Approx(table.estimate).margin(1e-12 * problem.reach()));
    CHECK(std::fabs(lines.estimate - problem.truth) <= lines.half_width);
    CHECK(lines.half_width >= table.half_width * (1 - 1e-9));
  }
}

TEST_CASE("long rows are walked without a table") {
  Random random(42);
  double square = 0, count = 0;
  for (int k = 0; k < 60; ++k) {
    const Problem problem(random, 1, 20);
    CsrLines rows(problem.a.view());
    LocalRhs rhs = LocalRhs::dense(problem.b);
    Walks walks;
    REQUIRE(walks.begin(rows, promise_of(problem), problem.starts, rhs, fixed(k)).ok());
    Budget budget;
    walks.step(budget);
    const WalkResult r = walks.result();
    const double z =
        static_cast<double>(r.estimate - problem.truth) / std::sqrt(r.variance / r.walks);
    square += z * z;
    ++count;
    CHECK(std::fabs(z) < 5);
  }
  CHECK(std::fabs(square / count - 1) < 5 * std::sqrt(2 / count));
}

TEST_CASE("lines that arrive late change nothing") {
  Random random(43);
  for (int k = 0; k < 8; ++k) {
    const Problem problem(random, k % 2, 12);
    WalkSettings settings = fixed(k);
    settings.exact_first_step = k % 3 != 0;
    settings.in_flight = k < 4 ? 4 : 32;
    CsrLines rows(problem.a.view());
    LocalRhs rhs = LocalRhs::dense(problem.b);
    Walks walks;
    REQUIRE(walks.begin(rows, promise_of(problem), problem.starts, rhs, settings).ok());
    Budget budget;
    walks.step(budget);
    const WalkResult at_hand = walks.result();
    LateLines late(problem.a.view());
    REQUIRE(walks.begin(late, promise_of(problem), problem.starts, rhs, settings).ok());
    int waits = 0;
    for (;;) {
      Budget piece(20000);
      const WalkOutcome outcome = walks.step(piece);
      if (outcome == WalkOutcome::limit) break;
      if (outcome == WalkOutcome::running) continue;
      REQUIRE(outcome == WalkOutcome::needs_lines);
      CHECK(late.deliver() > 0);
      ++waits;
    }
    CHECK(waits > 0);
    CHECK(same_walks(walks.result(), at_hand));
    CHECK(walks.result().estimate == at_hand.estimate);
  }
}

TEST_CASE("sparse and supplied right-hand sides score as dense ones") {
  Random random(44);
  for (int k = 0; k < 6; ++k) {
    const Problem problem(random, 0, 12);
    const WalkSettings settings = fixed(k);
    const WalkResult dense = problem.run(settings);
    const auto n = static_cast<std::int64_t>(problem.b.size());
    std::vector<std::int64_t> ids(problem.b.size());
    for (std::int64_t i = 0; i < n; ++i) ids[i] = n - 1 - i;
    std::vector<double> values(problem.b.rbegin(), problem.b.rend());
    auto sparse = LocalRhs::sparse(n, ids, values);
    REQUIRE(sparse.ok());
    Walks walks;
    REQUIRE(walks.begin(problem.table, problem.starts, sparse.value(), settings).ok());
    Budget budget;
    walks.step(budget);
    CHECK(walks.result().estimate == dense.estimate);
    CHECK(walks.result().half_width == dense.half_width);

    LocalRhs asked = LocalRhs::on_demand(LocalRhs::dense(problem.b).facts());
    REQUIRE(walks.begin(problem.table, problem.starts, asked, settings).ok());
    int waits = 0;
    WalkOutcome outcome = walks.step(budget);
    for (; outcome == WalkOutcome::needs_rhs; outcome = walks.step(budget), ++waits) {
      std::vector<double> supplied;
      for (const std::int64_t v : asked.wanted()) supplied.push_back(problem.b[v]);
      REQUIRE(!supplied.empty());
      REQUIRE(asked.supply(supplied).ok());
    }
    CHECK(outcome == WalkOutcome::limit);
    CHECK(waits > 0);
    CHECK(walks.result().estimate == dense.estimate);
    CHECK(walks.result().half_width == dense.half_width);
  }
}

TEST_CASE("a promise that is broken stops with the row") {
  const auto a = test::grid(6, 1, 1).matrix();  // margins 4, 3, …; contraction 2/5
  const std::vector<double> b(6, 1);
  const std::vector<WalkStart> starts{{0, 1.0}};
  CsrLines rows(a.view());
  const auto outcome = [&](const WalkPromise& promise, bool exact, std::int64_t& at) {
    LocalRhs rhs = LocalRhs::dense(b);
    Walks walks;
    WalkSettings settings = fixed(1);
    settings.exact_first_step = exact;
    REQUIRE(walks.begin(rows, promise, starts, rhs, settings).ok());
    Budget budget;
    const WalkOutcome result = walks.step(budget);
    at = walks.broken_at();
    return result;
  };
  std::int64_t at = -1;
  for (const bool exact : {false, true}) {
    CHECK(outcome({3, 0.4, true}, exact, at) == WalkOutcome::limit);
    CHECK(at == -1);
    CHECK(outcome({3.5, 0.4, true}, exact, at) == WalkOutcome::broken);
    CHECK((at >= 1 && at <= 4));
    CHECK(outcome({3, 0.3, true}, exact, at) == WalkOutcome::broken);
    CHECK((at >= 1 && at <= 4));
    CHECK(outcome({4.5, 0.4, false}, exact, at) == WalkOutcome::broken);
    CHECK(at == 0);
  }
  LocalRhs rhs = LocalRhs::dense(b);
  Walks walks;
  CHECK(walks.begin(rows, {0, 0.5}, starts, rhs, {}).status == Status::invalid_argument);

  test::Triplets t(2, 2);
  t.add(0, 0, 2);
  t.add(0, 1, 1);
  t.add(1, 1, 2);
  const auto positive = t.matrix();
  CsrLines signs(positive.view());
  const std::vector<double> two(2, 1);
  LocalRhs right = LocalRhs::dense(two);
  REQUIRE(walks.begin(signs, {1, 0.5, true}, starts, right, {}).ok());
  Budget budget;
  CHECK(walks.step(budget) == WalkOutcome::broken);
  CHECK(walks.broken_at() == 0);
}
