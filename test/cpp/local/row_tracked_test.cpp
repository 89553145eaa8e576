// Answers that follow changes of a matrix whose rows come on demand.
#include "lacuna/local/row_tracked.hpp"

#include <cmath>

#include "support/tracked.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// Supplies what a run waits for from the rows as they are, and counts them.
struct Driver {
  const Model& source;
  const std::vector<double>& b;
  int fetched = 0;

  TaskState run(RowTracked& tracked, double work = 1e9) {
    for (;;) {
      Budget budget(work);
      const TaskState state = tracked.step(budget);
      if (state == TaskState::running) continue;
      if (state != TaskState::needs_rows) return state;
      std::vector<std::int32_t> counts;
      std::vector<std::int64_t> ids;
      std::vector<double> values;
      const auto rows = tracked.wanted(Wanted::rows);
      for (const std::int64_t v : rows) {
        const Row& row = source.rows[std::size_t(v)];
        counts.push_back(std::int32_t(row.size()));
        for (const auto& [j, a] : row) ids.push_back(j), values.push_back(a);
      }
      fetched += int(rows.size());
      REQUIRE_FALSE(rows.empty());
      const Fault fault = tracked.supply_lines(Wanted::rows, counts, ids, values);
      REQUIRE(fault.ok());
    }
  }
};

/// A row of the margin that is declared.
Row dominant_row(int i, int n, double margin, Random& random) {
  Row row;
  double others = 0;
  for (int k = random.below(4); k > 0; --k) {
    const int j = random.below(n);
    if (j == i || row.count(j) != 0) continue;
    row[j] = random.sign() * random.unit();
    others += std::fabs(row[j]);
  }
  row[i] = (random.chance(0.8) ? 1 : -1) * (others + margin * (1 + random.unit()));
  return row;
}

void follow(int samples) {
  for (int seed = 0; seed < samples; ++seed) {
    Random random(4000 + seed);
    const int n = random.between(2, 40);
    const double margin = seed % 3 == 0 ? 0.1 : 1;
    Triplets empty(n, n);
    for (int i = 0; i < n; ++i) empty.add(i, i, 1);
    std::vector<double> b(n);
    for (double& v : b) v = random.sign();
    // The source, and the system as the tracked one is to see it.
    Model source(empty.matrix(), b);
    for (int i = 0; i < n; ++i) source.rows[i] = dominant_row(i, n, margin, random);
    Model model = source;

    Declared declared;
    declared.row_margin = margin;
    declared.norm_inf = 20;
    // Room for a few rows only, now and then.
    auto made = RowSystem::create(n, declared, seed % 2 == 0 ? 2048 : 1 << 16, seed % 4 == 1);
    REQUIRE(made.ok());
    const std::shared_ptr<RowSystem> system = made.take();
    LocalRhs rhs = LocalRhs::dense(b);
    const double tolerance = seed % 5 == 0 ? 1e-3 : 1e-10;
    auto created = RowTracked::create(system, rhs, accuracy(0, tolerance));
    REQUIRE(created.ok());
    const std::unique_ptr<RowTracked> tracked = created.take();
    const int target = random.below(n);
    REQUIRE(tracked->query().add_target(target, 1) == Status::ok);
    Driver driver{source, b};
    REQUIRE(tracked->update({}, true).ok());
    CHECK(tracked->update({}, true).status == Status::busy);
    for (int step = 0; step < 8; ++step) {
      CAPTURE(seed, step, n);
      const double work = random.chance(0.5) ? 30 : 1e9;
      REQUIRE(driver.run(*tracked, work) == TaskState::done);
      const QueryReport& report = tracked->reports()[0];
      const DoubleDouble truth = model.solution()[target];
      REQUIRE(report.bound >= 0);
      CHECK(report.bound <= tolerance);
      CHECK(truth.distance(report.value) <= report.bound);

      OwnedChange change;
      for (int k = random.below(3); k > 0; --k) change.add(random.below(n), random.sign());
      const std::vector<int> order = random.permutation(n);
      std::size_t at = 0;
      for (int k = random.below(3); k > 0 && at < order.size(); --k, ++at) {
        change.replace(order[at], dominant_row(order[at], n, margin, random));
      }
      model.apply(change);
      for (int k = random.below(3); k > 0 && at < order.size(); --k, ++at) {
        const int i = order[at];
        source.rows[i] = model.rows[i] = dominant_row(i, n, margin, random);
        change.rows.push_back(i);
        change.counts.push_back(-1);
      }
      REQUIRE(tracked->update(change.view(), true).ok());
    }
    REQUIRE(driver.run(*tracked) == TaskState::done);
  }
}

}  // namespace

LACUNA_SAMPLED(follow, "answers follow rows that change at their source", 150, 15000)

namespace {

/// A long path, 3xᵢ − xᵢ₋₁ − xᵢ₊₁ = bᵢ, tracked in the middle.
struct Path {
  Model source;
  std::vector<double> b;
  std::shared_ptr<RowSystem> system;
  LocalRhs rhs;
  std::unique_ptr<RowTracked> tracked;

  static Model path(int n) {
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      t.add(i, i, 3);
      if (i > 0) t.add(i, i - 1, -1);
      if (i + 1 < n) t.add(i, i + 1, -1);
    }
    return Model(t.matrix(), std::vector<double>(n, 1));
  }
  explicit Path(int n, double margin = 1) : source(path(n)), b(n, 1), rhs(LocalRhs::dense(b)) {
    Declared declared;
    declared.row_margin = margin;
    declared.norm_inf = 10;
    auto made = RowSystem::create(n, declared, 1 << 16, false);
    REQUIRE(made.ok());
    system = made.take();
    auto created = RowTracked::create(system, rhs, accuracy(0, 1e-9));
    if (!created.ok()) return;
    tracked = created.take();
    REQUIRE(tracked->query().add_target(n / 2, 1) == Status::ok);
    REQUIRE(tracked->update({}, true).ok());
  }
};

}  // namespace

TEST_CASE("a row that was never read changes nothing, and is not read") {
  Path path(2000);
  Driver driver{path.source, path.b};
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  CHECK(driver.fetched < 100);
  const double before = path.tracked->reports()[0].value;
  OwnedChange far;
  far.rows = {3}, far.counts = {-1};
  path.source.rows[3][3] = 7;
  const int fetched = driver.fetched;
  REQUIRE(path.tracked->update(far.view(), true).ok());
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  CHECK(driver.fetched == fetched);
  CHECK(path.tracked->reports()[0].value == before);

  OwnedChange near;
  near.rows = {1000}, near.counts = {-1};
  path.source.rows[1000][1000] = 4;
  REQUIRE(path.tracked->update(near.view(), true).ok());
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  CHECK(driver.fetched <= fetched + 3);
  const QueryReport& report = path.tracked->reports()[0];
  CHECK(path.source.solution()[1000].distance(report.value) <= report.bound);
  CHECK(report.value < before);
}

TEST_CASE("rows that break what was declared leave the answer as it was") {
  Path path(50);
  Driver driver{path.source, path.b};
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  const double before = path.tracked->reports()[0].value;
  OwnedChange change;
  change.rows = {25}, change.counts = {-1};
  path.source.rows[25][25] = 2.5;
  REQUIRE(path.tracked->update(change.view(), true).ok());
  Budget budget;
  REQUIRE(path.tracked->step(budget) == TaskState::needs_rows);
  const std::vector<std::int32_t> counts{3};
  const std::vector<std::int64_t> ids{24, 25, 26};
  const std::vector<double> values{-1, 2.5, -1};
  const Fault fault = path.tracked->supply_lines(Wanted::rows, counts, ids, values);
  CHECK(fault.status == Status::declaration_violated);
  path.tracked->stop(Reason::cancelled);
  CHECK(path.tracked->wanted(Wanted::rows).empty());
  // Given in full it is refused as well; then it is what it was.
  OwnedChange given;
  given.replace(25, {{24, -1}, {25, 1.5}, {26, -1}});
  REQUIRE(path.tracked->update(given.view(), true).ok());
  path.source.rows[25][25] = 3;
  CHECK(driver.run(*path.tracked) == TaskState::failed);
  CHECK(path.tracked->fault().status == Status::declaration_violated);
  REQUIRE(path.tracked->update({}, true).ok());
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  CHECK(path.tracked->reports()[0].value == before);
  OwnedChange outside;
  outside.rows = {50}, outside.counts = {-1};
  CHECK(path.tracked->update(outside.view(), true).status == Status::index_out_of_range);
  outside.rows = {5}, outside.counts = {2};
  CHECK(path.tracked->update(outside.view(), true).status == Status::shape_mismatch);
}

TEST_CASE("what a change would move is known once the old rows are read") {
  Path path(2000);
  Driver driver{path.source, path.b};
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  OwnedChange change;
  change.replace(3, {{2, -1}, {3, 5}, {4, -1}});
  Moved moved;
  CHECK(path.tracked->query().moved(change.view(), 1e-6, moved).status == Status::not_ready);
  REQUIRE(path.tracked->update(change.view(), false).ok());
  REQUIRE(driver.run(*path.tracked) == TaskState::done);
  REQUIRE(path.tracked->query().moved(change.view(), 1e-6, moved).ok());
  CHECK(moved.unmoved);
  CHECK(moved.everywhere > 0.2);
  CHECK(Path(5, 0).tracked == nullptr);
}
