#include "support/failing_memory.hpp"
#include "support/tracked.hpp"

// What a tracked query does with changes that cannot be made, or not yet.
using namespace lacuna;
using namespace lacuna::test;

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
