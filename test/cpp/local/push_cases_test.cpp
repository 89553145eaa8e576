// Goals, faults and changes of a push, case by case.
#include "lacuna/local/push.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"
#include "support/push.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Outcome = Push::Outcome;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a goal for the largest residual is held against the keys") {
  const System system(grid(12, 12, 1).matrix());
  CsrLines lines(system.lines.view());
  const std::int32_t* degrees = system.lines.view().indptr();
  for (const PushOrder order : all_orders) {
    Push push;
    push.begin(lines, {nullptr, degrees}, order, system.conditions.row_contraction);
    REQUIRE(push.add(50, 1) == Status::ok);
    Budget budget(plenty);
    REQUIRE(push.step({0, 1e-5}, budget) == Outcome::reached);
    Vector f(144, 0);
    f[50] = 1;
    check_invariant(push, system, nullptr, f);
    Real largest = 0;
    for (std::uint32_t k = 0; k < push.touched(); ++k) {
      const auto v = push.vertex(k).id;
      const int degree = degrees[v + 1] - degrees[v];
      CHECK(push.vertex(k).weight == 1.0 / degree);
      largest = std::fmax(largest, std::fabs(Real(push.vertex(k).residual)) / degree);
    }
    CHECK(largest < 1e-5L);
    CHECK(largest > 1e-8L);
    // Either goal ends it.
    push.begin(lines, {nullptr, degrees}, order, system.conditions.row_contraction);
    REQUIRE(push.add(50, 1) == Status::ok);
    REQUIRE(push.step({0.3, 1e-300}, budget) == Outcome::reached);
    CHECK(push.recompute_sum() <= 0.3);
    CHECK(push.recompute_sum() > 1e-3);
  }
}

TEST_CASE("without any weights the slack still holds, columns of any size") {
  // Column sums far above the diagonal: nothing converges, the invariant stays.
  Random random(3);
  for (int s = 0; s < 40; ++s) {
    const std::int32_t n = 30;
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) t.add(i, i, 1 + random.unit());
    for (int k = 0; k < 200; ++k) t.add_random(random);
    const System system(t.matrix());
    CHECK_FALSE(system.conditions.rows.known());
    CsrLines lines(system.lines.view());
    Push push;
    push.begin(lines, {&system.conditions.rows, nullptr}, all_orders[s % 4],
               s % 2 == 0 ? infinity : system.conditions.row_contraction);
    Vector f(n, 0);
    f[4] = 1;
    REQUIRE(push.add(4, 1) == Status::ok);
    Budget budget(2e4);
    push.step({1e-6, 0}, budget);
    const Vector r = true_residual(push, system.lines.view(), f);
    CHECK(weighted_gap(push, nullptr, r) <= Real(push.slack()));
  }
}

TEST_CASE("over-relaxation that does not converge gives way to plain pushes") {
  // A cycle of mixed signs on which ω = 1.9 diverges, with a contraction that does not warn.
  Triplets t(60, 60);
  for (int i = 0; i < 60; ++i) {
    t.add(i, i, 1);
    t.add(i, (i + 1) % 60, i % 2 == 0 ? 0.49 : -0.49);
    t.add(i, (i + 59) % 60, 0.49);
  }
  const System system(t.matrix());
  CsrLines lines(system.lines.view());
  for (const PushOrder order : {PushOrder::sor, PushOrder::chebyshev}) {
    Push push;
    push.begin(lines, {&system.conditions.rows, nullptr}, order, 1);
    REQUIRE(push.add(0, 1) == Status::ok);
    Budget budget(plenty);
    CHECK(push.step({1e-8 * system.conditions.rows.uniform, 0}, budget) == Outcome::reached);
  }
}

TEST_CASE("acceleration takes fewer pushes where the contraction is near one") {
  const System system(grid(40, 40, 0.05).matrix());
  CsrLines lines(system.lines.view());
  double pushes[4];
  for (const PushOrder order : all_orders) {
    Push push;
    push.begin(lines, {&system.conditions.rows, nullptr}, order, system.conditions.row_contraction);
    REQUIRE(push.add(820, 1) == Status::ok);
    Budget budget(plenty);
    REQUIRE(push.step({1e-6 * system.conditions.rows.uniform, 0}, budget) == Outcome::reached);
    pushes[int(order)] = push.work().pushes;
  }
  CHECK(pushes[2] < 0.6 * pushes[0]);
  CHECK(pushes[3] < 0.6 * pushes[0]);
}

TEST_CASE("work is counted") {
  const System system(grid(9, 9, 4).matrix());
  CsrLines lines(system.lines.view());
  Push push;
  push.begin(lines, {&system.conditions.rows, nullptr}, PushOrder::buckets, 0.5);
  REQUIRE(push.add(40, 1) == Status::ok);
  Budget budget;
  REQUIRE(push.step({0, 0.5 * system.conditions.rows(40)}, budget) == Outcome::reached);
  CHECK(push.work().pushes == 1);
  CHECK(push.work().lines == 1);
  CHECK(push.work().entries == 4);
  CHECK(push.touched() == 5);
  CHECK(push.vertex(push.find(40)).value == 0.125);
  CHECK(push.vertex(push.find(31)).residual == 0.125);
  CHECK(push.find(0) == VertexTable<Push::Vertex>::none);
  CHECK(push.bytes() > 0);
}

TEST_CASE("a zero diagonal entry and an overflow stop a push where they are") {
  Triplets t = grid(5, 5, 1);
  t.add(12, 12, -5);
  const System system(t.matrix());
  CsrLines lines(system.lines.view());
  for (const PushOrder order : all_orders) {
    Push push;
    push.begin(lines, {nullptr, nullptr}, order, 0.9);
    REQUIRE(push.add(11, 1) == Status::ok);
    Budget budget(plenty);
    CHECK(push.step({1e-9, 0}, budget) == Outcome::stuck);
    CHECK(push.stuck_at() == 12);
    Vector f(25, 0);
    f[11] = 1;
    check_invariant(push, system, nullptr, f);
    CHECK(push.step({1e-9, 0}, budget) == Outcome::stuck);
  }
  Triplets lonely(2, 2);
  lonely.add(0, 0, 1e-300);
  lonely.add(1, 1, 1);
  const System tiny(lonely.matrix());
  CsrLines few(tiny.lines.view());
  for (const PushOrder order : all_orders) {
    Push push;
    push.begin(few, {nullptr, nullptr}, order, 0);
    REQUIRE(push.add(0, 1e300) == Status::ok);
    Budget budget(plenty);
    CHECK(push.step({1e-9, 0}, budget) == Outcome::stuck);
    CHECK(push.stuck_at() == 0);
  }
}

TEST_CASE("what is not a number is not added") {
  const System system(grid(3, 3, 1).matrix());
  CsrLines lines(system.lines.view());
  Push push;
  push.begin(lines, {nullptr, nullptr}, PushOrder::buckets, 0.8);
  CHECK(push.add(1, infinity) == Status::not_finite);
  CHECK(push.add(1, NAN) == Status::not_finite);
  Budget budget;
  CHECK(push.step({0, 0}, budget) == Outcome::reached);
  CHECK(push.touched() == 0);
}

TEST_CASE("a right-hand side that cancels is pushed as what is left of it") {
  const System system(grid(6, 6, 1).matrix());
  CsrLines lines(system.lines.view());
  for (const PushOrder order : all_orders) {
    Push push;
    push.begin(lines, {&system.conditions.rows, nullptr}, order, 0.8);
    Vector f(36, 0);
    for (const double value : {1e12, 1.0, -1e12}) {
      REQUIRE(push.add(7, value) == Status::ok);
      f[7] += Real(value);
      Budget some(5e3);
      push.step({1e-7, 0}, some);
    }
    Budget budget(plenty);
    CHECK(push.step({1e-7, 0}, budget) == Outcome::reached);
    check_invariant(push, system, &system.conditions.rows, f);
    CHECK(weighted_sum(&system.conditions.rows, true_residual(push, system.lines.view(), f)) <=
          1e-7L);
  }
}

TEST_CASE("tiny and huge numbers stay inside the slack") {
  for (const double scale : {1e-290, 1e-307, 1e280}) {
    Triplets t = dominant(Shape::random, 30, 1, Couplings::mixed, 5);
    const System system(t.matrix());
    CsrLines lines(system.lines.view());
    for (const PushOrder order : all_orders) {
      Push push;
      const Weights& w = system.conditions.rows;
      push.begin(lines, {&w, nullptr}, order, system.conditions.row_contraction);
      Vector f(30, 0);
      f[3] = Real(scale);
      REQUIRE(push.add(3, scale) == Status::ok);
      Budget budget(plenty);
      const PushGoal goal{1e-6 * scale * w.uniform, 0};
      const Outcome outcome = push.step(goal, budget);
      if (scale != 1e-307) CHECK(outcome == Outcome::reached);
      const Vector r = true_residual(push, system.lines.view(), f);
      CHECK(weighted_gap(push, &w, r) <= Real(push.slack()));
      if (outcome == Outcome::reached) CHECK(weighted_sum(&w, r) <= goal.weighted_sum);
    }
  }
}

TEST_CASE("a line that changes moves the residual with it") {
  Random random(11);
  for (int s = 0; s < 40; ++s) {
    const std::int32_t n = 30;
    Triplets t = dominant(Shape::random, n, 1, Couplings::mixed, random.bits());
    const std::int32_t row = random.below(n);
    Triplets u = t;
    std::vector<std::int64_t> ids;
    std::vector<double> values;
    double diagonal = 0;
    for (std::int32_t j = 0; j < n; j += 1 + random.below(6)) {
      const double delta = 0.01 * random.sign();
      u.add(row, j, delta);
    }
    const System before(t.matrix()), after(u.matrix());
    const Dense old_rows(before.lines.view()), new_rows(after.lines.view());
    for (std::int32_t j = 0; j < n; ++j) {
      const double delta = double(new_rows(row, j) - old_rows(row, j));
      if (j == row) diagonal = delta;
      if (j != row && delta != 0) ids.push_back(j), values.push_back(delta);
    }
    Line delta;
    delta.ids64 = ids.data();
    delta.values = values.data();
    delta.diagonal = diagonal;
    delta.count = std::int32_t(ids.size());
    // The lines change under the push.
    struct Switch final : Lines {
      Lines* now;
      std::int64_t size() const override { return now->size(); }
      bool get(std::int64_t v, Line& line) override { return now->get(v, line); }
    } lines;
    CsrLines old_lines(before.lines.view()), new_lines(after.lines.view());
    lines.now = &old_lines;
    const Weights& w = after.conditions.rows;
    Push push;
    push.begin(lines, {&w, nullptr}, all_orders[s % 4], after.conditions.row_contraction);
    REQUIRE(push.add(row, 1) == Status::ok);
    Budget budget(plenty);
    REQUIRE(push.step({1e-9 * w.uniform, 0}, budget) == Outcome::reached);
    const double pushes = push.work().pushes;
    lines.now = &new_lines;
    REQUIRE(push.change_line(row, delta) == Status::ok);
    Vector f(n, 0);
    f[row] = 1;
    check_invariant(push, after, &w, f);
    const Outcome outcome = push.step({1e-14 * w.uniform, 0}, budget);
    const bool ended = outcome == Outcome::reached || outcome == Outcome::rounding;
    REQUIRE(ended);
    check_invariant(push, after, &w, f);
    CHECK(push.work().pushes > pushes);
    CHECK(push.change_line(std::int64_t{1} << 50, delta) == Status::ok);  // never touched
  }
}

TEST_CASE("a line that changes after what was pushed came back to zero is read anew") {
  Triplets t = grid(3, 3, 1), u = grid(3, 3, 1);
  u.add(4, 4, 3);
  u.add(4, 1, -0.5);
  const System before(t.matrix()), after(u.matrix());
  struct Switch final : Lines {
    Lines* now;
    std::int64_t size() const override { return now->size(); }
    bool get(std::int64_t v, Line& line) override { return now->get(v, line); }
  } lines;
  CsrLines old_lines(before.lines.view()), new_lines(after.lines.view());
  lines.now = &old_lines;
  const Weights& w = before.conditions.rows;
  Push push;
  push.begin(lines, {&w, nullptr}, PushOrder::buckets, 0.8);
  Budget budget(plenty);
  // One push at 4, then one back.
  REQUIRE(push.add(4, 1) == Status::ok);
  REQUIRE(push.step({0, 0.5 * w(4)}, budget) == Outcome::reached);
  REQUIRE(push.add(4, -1) == Status::ok);
  REQUIRE(push.step({0, 0.5 * w(4)}, budget) == Outcome::reached);
  REQUIRE(push.vertex(push.find(4)).value == 0);
  const std::int64_t ids[] = {1};
  const double values[] = {-0.5};
  Line delta;
  delta.ids64 = ids;
  delta.values = values;
  delta.diagonal = 3;
  delta.count = 1;
  lines.now = &new_lines;
  REQUIRE(push.change_line(4, delta) == Status::ok);
  REQUIRE(push.add(4, 1) == Status::ok);
  REQUIRE(push.step({1e-12, 0}, budget) == Outcome::reached);
  Vector f(9, 0);
  f[4] = 1;
  check_invariant(push, after, &w, f);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that runs out loses nothing") {
  const System system(grid(14, 14, 1).matrix());
  const Weights& w = system.conditions.rows;
  Vector f(196, 0);
  f[100] = 1;
  for (const PushOrder order : all_orders) {
    for (const double share : {1e-6, 1e-16}) {
      for (int failing = 1;; ++failing) {
        FarLines far(system.lines.view(), 0, 50);
        CsrLines near(system.lines.view());
        Lines& lines = failing % 2 == 0 ? static_cast<Lines&>(far) : near;
        Push push;
        push.begin(lines, {&w, nullptr}, order, system.conditions.row_contraction);
        bool struck = false;
        Status added = Status::ok;
        Outcome outcome = Outcome::running;
        {
          // FarLines allocates through operator new, which throws: only the near ones are tried.
          FailingMemory memory(&lines == &near ? failing : 0, false);
          added = push.add(100, 1);
          Budget budget(plenty);
          if (added == Status::ok && &lines == &near) {
            outcome = push.step({share * w.uniform, 0}, budget);
          }
          struck = memory.struck();
        }
        if (added != Status::ok) {
          CHECK(added == Status::out_of_memory);
          CHECK(push.touched() == 0);
          REQUIRE(push.add(100, 1) == Status::ok);
        } else if (struck) {
          // Without room to keep a line it is read again, and nothing fails.
          CHECK(outcome != Outcome::stuck);
          check_invariant(push, system, &w, f);
        }
        for (int k = 0; k < 100000; ++k) {
          Budget budget(plenty);
          outcome = push.step({share * w.uniform, 0}, budget);
          if (outcome != Outcome::needs_lines) break;
          far.deliver();
          push.lines_arrived();
        }
        const bool ended = outcome == Outcome::reached || outcome == Outcome::rounding;
        REQUIRE(ended);
        check_invariant(push, system, &w, f);
        if (&lines == &near && !struck) break;
      }
    }
  }
}
#endif
