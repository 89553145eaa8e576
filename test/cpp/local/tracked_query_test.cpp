#include "lacuna/local/tracked_query.hpp"

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "support/catch.hpp"
#include "support/dominant.hpp"
#include "support/double_double.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

using Row = std::map<std::int64_t, double>;

/// A change that owns its arrays.
struct OwnedChange {
  std::vector<std::int64_t> rhs_ids, rows, ids;
  std::vector<double> rhs_values, values;
  std::vector<std::int32_t> counts;

  void add(std::int64_t v, double delta) {
    rhs_ids.push_back(v);
    rhs_values.push_back(delta);
  }
  void replace(std::int64_t v, const Row& row) {
    rows.push_back(v);
    counts.push_back(std::int32_t(row.size()));
    for (const auto& [j, a] : row) ids.push_back(j), values.push_back(a);
  }
  Change view() const { return {rhs_ids, rhs_values, rows, counts, ids, values}; }
};

/// The system as it should be, held beside the tracked one.
struct Model {
  std::vector<Row> rows;
  std::vector<double> b;

  explicit Model(const CsrMatrix& a, std::vector<double> rhs)
      : rows(a.view().rows()), b(std::move(rhs)) {
    const CsrView v = a.view();
    for (int i = 0; i < a.view().rows(); ++i) {
      for (int p = v.indptr()[i]; p < v.indptr()[i + 1]; ++p) rows[i][v.indices()[p]] = v.data()[p];
    }
  }
  CsrMatrix matrix() const {
    const auto n = std::int32_t(rows.size());
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      for (const auto& [j, a] : rows[i]) t.add(i, std::int32_t(j), a);
    }
    return t.matrix();
  }
  void apply(const OwnedChange& change) {
    std::map<std::int64_t, double> deltas;
    for (std::size_t k = 0; k < change.rhs_ids.size(); ++k) {
      deltas[change.rhs_ids[k]] += change.rhs_values[k];
    }
    for (const auto& [v, d] : deltas) b[v] += d;
    std::size_t at = 0;
    for (std::size_t k = 0; k < change.rows.size(); ++k) {
      Row& row = rows[change.rows[k]];
      row.clear();
      for (int p = 0; p < change.counts[k]; ++p, ++at) row[change.ids[at]] = change.values[at];
    }
  }
  std::vector<DoubleDouble> solution() const {
    const CsrMatrix a = matrix();
    return Reference(a.view()).solve(b);
  }
};

/// A tracked query with all that it borrows.
struct Tracked {
  CsrMatrix a, at;
  Conditions conditions;
  CsrLines lines;
  std::vector<double> b;
  LocalRhs rhs;
  std::unique_ptr<TrackedQuery> query;
  std::vector<std::pair<int, double>> targets;

  Tracked(CsrMatrix&& matrix, std::vector<double> values, std::vector<std::pair<int, double>> t,
          const QuerySettings& settings, bool sparse = false)
      : a(std::move(matrix)),
        at(transposed(a)),
        conditions(conditions_of(a, &at)),
        lines(a.view()),
        b(std::move(values)),
        rhs(make_rhs(b, sparse)),
        targets(std::move(t)) {
    QueryProblem problem;
    problem.rows = &lines;
    problem.conditions = &conditions;
    problem.rhs = &rhs;
    problem.size = a.view().rows();
    query = std::make_unique<TrackedQuery>(problem, settings);
    for (const auto& [v, w] : targets) REQUIRE(query->add_target(v, w) == Status::ok);
  }
  static LocalRhs make_rhs(const std::vector<double>& b, bool sparse) {
    if (!sparse) return LocalRhs::dense(b);
    std::vector<std::int64_t> ids;
    std::vector<double> values;
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (b[i] != 0) ids.push_back(std::int64_t(i)), values.push_back(b[i]);
    }
    auto made = LocalRhs::sparse(std::int64_t(b.size()), ids, values);
    REQUIRE(made.ok());
    return made.take();
  }
  DoubleDouble truth(const std::vector<DoubleDouble>& x) const {
    DoubleDouble sum;
    for (const auto& [v, w] : targets) sum = sum + x[v] * w;
    return sum;
  }
  void run() {
    Budget budget;
    REQUIRE(query->step(budget) == TaskState::done);
  }
};

void check_answer(const Tracked& tracked, const DoubleDouble& truth) {
  const QueryReport& r = tracked.query->report();
  REQUIRE(r.bound >= 0);
  CHECK(truth.distance(r.value) <= r.bound);
  CHECK(truth.hi >= r.lower - 1e-30);
  CHECK(truth.hi <= r.upper + 1e-30);
}

/// A row near the one that is there: scaled, with entries moved, left out, and added.
Row other_row(const Row& row, int i, int n, bool m_matrix, double loss, Random& random) {
  Row fresh;
  double others = 0;
  for (const auto& [j, v] : row) {
    if (j == i || random.chance(0.2)) continue;
    const double a = v * (random.chance(0.5) ? 1 : 0.5 + random.unit());
    fresh[j] = a;
    others += std::fabs(a);
  }
  if (random.chance(0.4)) {
    const int j = random.below(n);
    if (j != i && fresh.count(j) == 0) {
      const double a = m_matrix || random.chance(0.5) ? -random.unit() : random.unit();
      fresh[j] = a;
      others += std::fabs(a);
    }
  }
  const double d = others + loss * (0.05 + random.unit());
  fresh[i] = m_matrix || random.chance(0.7) ? d : -d;
  return fresh;
}

OwnedChange random_change(const Model& model, bool m_matrix, double loss, bool any_rows,
                          Random& random) {
  OwnedChange change;
  const int n = int(model.b.size());
  for (int k = random.below(4); k > 0; --k) {
    const double sizes[] = {1, 1e-3, 1e-9, 30};
    const int v = random.below(n);
    // Back to zero now and then.
    change.add(v, random.chance(0.2) ? -model.b[v] : sizes[random.below(4)] * random.sign());
  }
  if (!any_rows) return change;
  std::vector<int> order = random.permutation(n);
  for (int k = random.below(3); k > 0 && k < n; --k) {
    const int i = order[k];
    change.replace(i, other_row(model.rows[i], i, n, m_matrix, loss, random));
  }
  return change;
}

void check_sequence(std::uint64_t seed, int steps) {
  Random random(seed);
  DominantOptions options;
  options.m_matrix = random.chance(0.5);
  options.same_margin = random.chance(0.5);
  const double margins[] = {0.02, 0.3, 1, 5};
  options.margin = margins[random.below(4)];
  const int n = random.between(2, 28);
  CsrMatrix a = dominant(random.below(8), n, options, random);
  std::vector<double> b(n, 0);
  const bool sparse = random.chance(0.3);
  for (double& v : b) {
    if (!sparse || random.chance(0.1))
      v = options.m_matrix && seed % 2 ? random.unit() : random.sign();
  }
  Model model(a, b);
  std::vector<std::pair<int, double>> targets{{random.below(n), random.chance(0.5) ? 1 : -2.5}};
  if (random.chance(0.3)) targets.push_back({random.below(n), random.sign()});
  QuerySettings settings;
  settings.rtol = random.chance(0.5) ? 0 : 1e-6;
  const double tolerances[] = {1e-2, 1e-6, 1e-11, 0};
  settings.atol = tolerances[random.below(4)];
  settings.order_given = random.chance(0.5);
  settings.order = static_cast<PushOrder>(random.below(4));
  Tracked tracked(std::move(a), b, targets, settings, sparse);
  REQUIRE(tracked.conditions.rows.known());
  tracked.run();
  std::vector<DoubleDouble> x = model.solution();
  check_answer(tracked, tracked.truth(x));
  for (int s = 0; s < steps; ++s) {
    const double loss = random.chance(0.2) ? 0.1 * options.margin : options.margin;
    const OwnedChange change =
        random_change(model, options.m_matrix && !random.chance(0.05), loss, s % 3 != 0, random);
    Moved moved;
    const Fault foreseen = tracked.query->moved(change.view(), settings.atol, moved);
    const QueryReport before = tracked.query->report();
    const Fault fault = tracked.query->update(change.view());
    REQUIRE(fault.status == foreseen.status);
    if (!fault.ok()) {
      // Dominant, but not in the scaling that was found.
      CHECK(fault.status == Status::declaration_violated);
      CHECK(std::count(change.rows.begin(), change.rows.end(), fault.position) == 1);
      CHECK(tracked.query->report().value == before.value);
      continue;
    }
    model.apply(change);
    tracked.run();
    const std::vector<DoubleDouble> next = model.solution();
    check_answer(tracked, tracked.truth(next));
    const DoubleDouble step = tracked.truth(next) - tracked.truth(x);
    CHECK(std::fabs(step.hi) <= moved.bound);
    CHECK(moved.unmoved == (moved.bound <= settings.atol));
    for (int i = 0; i < n; ++i) CHECK(std::fabs((next[i] - x[i]).hi) <= moved.everywhere);
    x = next;
  }
}

}  // namespace

TEST_CASE("answers after thousands of changes lie within their bounds") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) check_sequence(seed, 12);
}

TEST_CASE("answers after very many changes lie within their bounds", "[.prove]") {
  for (std::uint64_t seed = 1000; seed <= 11000; ++seed) check_sequence(seed, 25);
}

namespace {

QuerySettings accuracy(double rtol, double atol) {
  QuerySettings settings;
  settings.rtol = rtol;
  settings.atol = atol;
  return settings;
}

/// The row of grid(side, side, shift) at i.
Row row_of(const CsrMatrix& a, int i) { return Model(a, {}).rows[i]; }

bool same_bits(const QueryReport& a, const QueryReport& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE("an update reads what the change needs, not what the query took") {
  const int side = 60;
  const int center = side / 2 * side + side / 2;
  const std::vector<double> b(side * side, 1);
  Tracked tracked(grid(side, side, 0.4).matrix(), b, {{center, 1}}, accuracy(0, 1e-8));
  tracked.run();
  const double fresh = tracked.query->report().entries;
  REQUIRE(fresh > 5000);
  Model model(tracked.a, b);

  // Of b near the target and far away; of a row near it by little, at some distance, and far away.
  const auto rescaled = [&](int i, double factor) {
    Row row = row_of(tracked.a, i);
    row[i] *= factor;
    OwnedChange change;
    change.replace(i, row);
    return change;
  };
  OwnedChange near, far;
  near.add(center + 1, 0.5);
  far.add(3, 0.5);
  const OwnedChange changes[] = {near, far, rescaled(center + side, 1 + 1e-5),
                                 rescaled(center + 20 * side, 1.5), rescaled(3, 1.5)};
  double entries[5];
  for (int k = 0; k < 5; ++k) {
    REQUIRE(tracked.query->update(changes[k].view()).ok());
    tracked.run();
    model.apply(changes[k]);
    entries[k] = tracked.query->report().entries;
    INFO(k << ": " << entries[k] << " of " << fresh);
    CHECK(tracked.query->report().converged == 1);
  }
  // ‖b‖∞ has grown by half: a fifth of a digit is due everywhere.
  CHECK(entries[0] < 0.15 * fresh);
  CHECK(entries[1] == 0);
  CHECK(entries[2] < 0.5 * fresh);
  CHECK(entries[3] < 0.5 * fresh);
  CHECK(entries[4] < 0.01 * fresh);
  Tracked again(model.matrix(), model.b, {{center, 1}}, accuracy(0, 1e-8));
  again.run();
  CHECK(std::fabs(again.query->report().value - tracked.query->report().value) <= 2e-8);
  // The same again takes nothing: norms and weights are what they were.
  near.rhs_values[0] = -0.25;
  REQUIRE(tracked.query->update(near.view()).ok());
  tracked.run();
  CHECK(tracked.query->report().entries == 0);
  CHECK(tracked.query->report().bytes <= 56);
}

TEST_CASE("what is unmoved is told from what may move") {
  const int side = 40;
  const int center = side / 2 * side + side / 2;
  const std::vector<double> b(side * side, 1);
  Tracked tracked(grid(side, side, 1).matrix(), b, {{center, 1}}, accuracy(0, 1e-10));
  tracked.run();
  const auto moves = [&](const OwnedChange& change, double atol) {
    Moved moved;
    REQUIRE(tracked.query->moved(change.view(), atol, moved).ok());
    return moved;
  };
  OwnedChange nothing, corner, close, row;
  CHECK(moves(nothing, 0).unmoved);
  CHECK(moves(nothing, 0).everywhere == 0);
  corner.add(0, 1);
  CHECK(moves(corner, 1e-8).unmoved);
  CHECK(moves(corner, 1e-8).everywhere >= 0.2);
  close.add(center, 1e-3);
  CHECK_FALSE(moves(close, 1e-5).unmoved);
  CHECK(moves(close, 1e-3).unmoved);
  // A row that is given as it was does not count; nor does a change that cancels.
  row.replace(5, row_of(tracked.a, 5));
  row.add(center, 2);
  row.add(center, -2);
  CHECK(moves(row, 0).unmoved);
  OwnedChange other;
  Row changed = row_of(tracked.a, 5);
  changed[5] += 1;
  other.replace(5, changed);
  CHECK(moves(other, 1e-6).unmoved);
  CHECK_FALSE(moves(other, 0).unmoved);
  // Nothing was done.
  CHECK(tracked.query->report().touched == tracked.query->adjoint().touched());
  Row weak = row_of(tracked.a, 7);
  weak[7] = 0.5;
  OwnedChange refused;
  refused.replace(7, weak);
  Moved moved;
  CHECK(tracked.query->moved(refused.view(), 1, moved).status == Status::declaration_violated);
}

TEST_CASE("a change that is refused leaves the answer and what comes after") {
  const int side = 12;
  const std::vector<double> b(side * side, 1);
  Tracked tracked(grid(side, side, 1).matrix(), b, {{70, 1}}, accuracy(0, 1e-9));
  Tracked other(grid(side, side, 1).matrix(), b, {{70, 1}}, accuracy(0, 1e-9));
  Moved moved;
  CHECK(tracked.query->moved({}, 1, moved).status == Status::busy);
  tracked.run();
  other.run();
  const QueryReport before = tracked.query->report();
  const auto refused = [&](const OwnedChange& change, Status status, std::int64_t position,
                           std::int64_t partner = -1) {
    for (const bool only_asked : {true, false}) {
      const Fault fault = only_asked ? tracked.query->moved(change.view(), 1, moved)
                                     : tracked.query->update(change.view());
      CHECK(fault.status == status);
      CHECK(fault.position == position);
      CHECK(fault.partner == partner);
      CHECK(same_bits(tracked.query->report(), before));
    }
    tracked.run();
    CHECK(same_bits(tracked.query->report(), before));
  };
  const Row good = row_of(tracked.a, 71);
  Row weak = good;
  weak[71] = 3;
  OwnedChange change;
  change.add(70, 5);
  change.replace(70, row_of(tracked.a, 70));
  change.replace(71, weak);
  refused(change, Status::declaration_violated, 71);
  change = {};
  change.replace(71, good);
  change.replace(71, good);
  refused(change, Status::duplicate_entry, 71);
  change = {};
  change.replace(71, good);
  change.ids[1] = change.ids[0];
  refused(change, Status::duplicate_entry, 71, change.ids[0]);
  change.ids[1] = 144;
  refused(change, Status::index_out_of_range, 71, 144);
  change = {};
  change.replace(144, good);
  refused(change, Status::index_out_of_range, 144);
  change = {};
  change.replace(71, good);
  for (const double v : {double(NAN), double(INFINITY), 0x1p1023}) {
    change.values[0] = v;
    refused(change, Status::not_finite, 71, change.ids[0]);
  }
  change = {};
  change.add(3, 1);
  change.add(144, 1);
  refused(change, Status::index_out_of_range, 1);
  change = {};
  change.add(3, NAN);
  refused(change, Status::not_finite, 0);
  change = {};
  change.add(3, 1);
  change.rhs_values.push_back(1);
  refused(change, Status::shape_mismatch, -1);
  change = {};
  change.replace(71, good);
  change.counts[0] = -1;
  refused(change, Status::invalid_size, -1);

  change = {};
  change.add(70, 2);
  change.replace(71, {{71, 9}, {70, -1}});
  for (Tracked* t : {&tracked, &other}) {
    REQUIRE(t->query->update(change.view()).ok());
    CHECK(t->query->update(change.view()).status == Status::busy);
    CHECK(t->query->moved(change.view(), 1, moved).status == Status::busy);
    t->run();
  }
  CHECK(same_bits(tracked.query->report(), other.query->report()));
}

TEST_CASE("updates give the same bits however they are sliced") {
  Random random(21);
  for (int s = 0; s < 40; ++s) {
    DominantOptions options;
    options.m_matrix = s % 2 == 0;
    const std::int32_t n = 150;
    CsrMatrix a = dominant(s % 8, n, options, random);
    const std::vector<double> b = random.vector(n);
    QuerySettings settings = accuracy(s % 3 == 0 ? 1e-8 : 0, 1e-9);
    settings.order_given = true;
    settings.order = static_cast<PushOrder>(s % 4);
    if (s % 5 == 0) settings.max_entries = 150;
    Model model(a, b);
    auto copy = model.matrix();
    Tracked whole(std::move(a), b, {{7, 1}, {9, -1}}, settings);
    Tracked sliced(std::move(copy), b, {{7, 1}, {9, -1}}, settings);
    for (int k = 0; k < 4; ++k) {
      whole.run();
      TaskState state = TaskState::running;
      int slices = 0;
      for (; state == TaskState::running; ++slices) {
        Budget budget(1 + random.below(200));
        state = sliced.query->step(budget);
      }
      REQUIRE(state == TaskState::done);
      CHECK(same_bits(whole.query->report(), sliced.query->report()));
      const OwnedChange change = random_change(model, options.m_matrix, 1, k % 2 == 0, random);
      const Fault fault = whole.query->update(change.view());
      REQUIRE(sliced.query->update(change.view()).status == fault.status);
      if (fault.ok()) model.apply(change);
    }
  }
}

TEST_CASE("values on demand are waited for before a change is made") {
  const int side = 10;
  Tracked dense(grid(side, side, 1).matrix(), std::vector<double>(100, 0.5), {{44, 1}},
                accuracy(0, 1e-9));
  dense.run();
  RhsFacts facts;
  facts.norm_inf = facts.greatest = 1;
  LocalRhs rhs = LocalRhs::on_demand(facts);
  QueryProblem problem;
  problem.rows = &dense.lines;
  problem.conditions = &dense.conditions;
  problem.rhs = &rhs;
  problem.size = 100;
  TrackedQuery query(problem, accuracy(0, 1e-9));
  REQUIRE(query.add_target(44, 1) == Status::ok);
  const auto run = [&] {
    for (int k = 0;; ++k) {
      Budget budget;
      const TaskState state = query.step(budget);
      if (state != TaskState::needs_rows) return state == TaskState::done ? k : -1;
      const std::vector<double> values(query.wanted(Wanted::values).size(), 0.5);
      REQUIRE(!values.empty());
      REQUIRE(query.supply_values(values).ok());
    }
  };
  CHECK(run() > 0);
  CHECK(std::fabs(query.report().value - dense.query->report().value) <= 2e-9);
  OwnedChange change;
  change.add(44, 0.25);
  change.add(0, 1);
  REQUIRE(query.update(change.view()).ok());
  REQUIRE(dense.query->update(change.view()).ok());
  dense.run();
  CHECK(run() >= 0);
  CHECK(std::fabs(query.report().value - dense.query->report().value) <= 2e-9);
  CHECK(query.report().converged == 1);

  // One that is stopped while it waits is dropped.
  TrackedQuery waiting(problem, accuracy(0, 10));
  LocalRhs empty = LocalRhs::on_demand(facts);
  problem.rhs = &empty;
  TrackedQuery fresh(problem, accuracy(0, 10));
  REQUIRE(fresh.add_target(44, 1) == Status::ok);
  Budget budget;
  REQUIRE(fresh.step(budget) == TaskState::done);
  const QueryReport before = fresh.report();
  REQUIRE(fresh.update(change.view()).ok());
  CHECK(fresh.step(budget) == TaskState::needs_rows);
  CHECK(fresh.update(change.view()).status == Status::busy);
  fresh.stop(Reason::cancelled);
  CHECK(same_bits(fresh.report(), before));
  CHECK(fresh.step(budget) == TaskState::done);
  REQUIRE(fresh.update({}).ok());
  CHECK(fresh.step(budget) == TaskState::done);
  CHECK(fresh.report().value == before.value);
}

TEST_CASE("a sum of a row that grows lowers what a bracket begins at") {
  Triplets t(3, 3);
  for (int i = 0; i < 3; ++i) t.add(i, i, 2);
  Tracked tracked(t.matrix(), {1, 1, 1}, {{0, 1}}, accuracy(0, 10));
  tracked.run();
  CHECK(tracked.query->report().lower <= 0.5);
  OwnedChange change;
  change.replace(0, {{0, 100}});
  REQUIRE(tracked.query->update(change.view()).ok());
  tracked.run();
  CHECK(tracked.query->report().pushes == 0);
  CHECK(tracked.query->report().lower <= 0.01);
  CHECK(tracked.query->report().upper >= 0.01);
}

TEST_CASE("a tracked query that is stopped has the bound that it has reached") {
  const std::vector<double> b(400, 1);
  Tracked tracked(grid(20, 20, 0.1).matrix(), b, {{210, 1}}, accuracy(0, 1e-9));
  Budget some(3000);
  REQUIRE(tracked.query->step(some) == TaskState::running);
  CHECK(tracked.query->progress() == 0);
  tracked.query->stop(Reason::cancelled);
  CHECK(tracked.query->progress() == 1);
  const std::vector<DoubleDouble> x = Model(tracked.a, b).solution();
  check_answer(tracked, tracked.truth(x));
  CHECK(tracked.query->report().converged == 0);
  CHECK(tracked.query->report().bound < 9.9);
  CHECK(tracked.query->report().reason == double(Reason::cancelled));
  REQUIRE(tracked.query->update({}).ok());
  tracked.run();
  CHECK(tracked.query->report().converged == 1);
  check_answer(tracked, tracked.truth(x));
}

TEST_CASE("numbers that overflow end a tracked query for good") {
  Triplets t(2, 2);
  t.add(0, 0, 1e-300);
  t.add(1, 1, 1);
  Tracked tracked(t.matrix(), {1, 1}, {{0, 1e300}}, accuracy(0, 1e-9));
  Budget budget;
  CHECK(tracked.query->step(budget) == TaskState::failed);
  CHECK(tracked.query->fault().status == Status::singular_matrix);
  CHECK(tracked.query->update({}).status == Status::singular_matrix);
  Tracked large(grid(3, 3, 1).matrix(), std::vector<double>(9, 1e308), {{4, 1}}, accuracy(1e-9, 0));
  large.run();
  OwnedChange change;
  change.add(4, 1.7e308);
  REQUIRE(large.query->update(change.view()).ok());
  CHECK(large.query->step(budget) == TaskState::failed);
  CHECK(large.query->fault().status == Status::not_finite);
  CHECK(large.query->fault().position == 4);
  REQUIRE(large.query->update({}).ok());
  large.run();
  CHECK(large.query->report().converged == 1);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that runs out refuses a change or lets it go on") {
  const std::vector<double> b(400, 1);
  OwnedChange change;
  for (int i = 0; i < 90; ++i) change.add(i, 1e6);
  Row row;
  for (int j = 0; j < 400; j += 2) row[j] = j == 66 ? 200 : -0.5;
  change.replace(66, row);
  change.replace(65, {{65, 9}, {66, -1}});
  Model model(grid(20, 20, 6).matrix(), b);
  model.apply(change);
  const std::vector<DoubleDouble> x = model.solution();
  int refused = 0, paused = 0;
  for (int failing = 1;; ++failing) {
    Tracked tracked(grid(20, 20, 6).matrix(), b, {{66, 1}}, accuracy(0, 1));
    tracked.run();
    const QueryReport before = tracked.query->report();
    bool struck = false;
    Fault fault;
    auto state = TaskState::done;
    {
      FailingMemory memory(failing, false);
      fault = tracked.query->update(change.view());
      Budget budget;
      if (fault.ok()) state = tracked.query->step(budget);
      struck = memory.struck();
    }
    if (!fault.ok()) {
      ++refused;
      CHECK(fault.status == Status::out_of_memory);
      tracked.run();
      CHECK(same_bits(tracked.query->report(), before));
      REQUIRE(tracked.query->update(change.view()).ok());
      tracked.run();
    } else if (state == TaskState::failed) {
      ++paused;
      CHECK(tracked.query->fault().status == Status::out_of_memory);
      CHECK(same_bits(tracked.query->report(), before));
      tracked.run();
    }
    check_answer(tracked, tracked.truth(x));
    CHECK(tracked.query->report().converged == 1);
    if (!struck) break;
  }
  CHECK(refused > 3);
  CHECK(paused > 0);
}
#endif
