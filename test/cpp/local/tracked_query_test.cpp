#include "support/tracked.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

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
