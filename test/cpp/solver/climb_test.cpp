// Set-up in slices: by a task of its own, within a solve, and along the ladder.
#include <vector>

#include "lacuna/solver/prepare_task.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using test::Random;

namespace {

/// Steps of `work` flops until it is over.
int run(Task& task, double work, TaskState& state) {
  int steps = 0;
  double shown = 0;
  do {
    Budget budget(work);
    state = task.step(budget);
    ++steps;
    CHECK(task.progress() >= shown);
    shown = task.progress();
  } while (state == TaskState::running);
  return steps;
}

/// Symmetric, its diagonal positive, and indefinite by a two-by-two block far down.
CsrMatrix almost_definite(int side) {
  auto t = test::mesh(side, side, 4);
  const int n = side * side;
  t.add_symmetric(n - 1, n - 2, 100);
  return t.matrix();
}

}  // namespace

TEST_CASE("a set-up in slices gives what one in a piece gives, bit for bit") {
  Random random(151);
  for (const Method method : {Method::cholesky, Method::lu, Method::automatic}) {
    const auto a = test::mesh(40, 40, 9).matrix();
    const auto b = random.vector(1600);
    auto whole = test::prepared(a.copy().take(), test::options(method));
    auto sliced = test::planned(a.copy().take(), test::options(method));
    CHECK(sliced->sliceable());
    TaskState state = TaskState::running;
    {
      PrepareTask task(sliced);
      CHECK(run(task, 1000, state) > 3);
      CHECK(task.progress() == 1);
      CHECK(task.fault().ok());
    }
    REQUIRE(state == TaskState::done);
    REQUIRE(sliced->ready());
    CHECK(sliced->setup().attempts.count == whole->setup().attempts.count);
    CHECK(sliced->setup().factor_nnz == whole->setup().factor_nnz);
    const auto x = test::solve(whole, b).x;
    CHECK(test::solve(sliced, b, {}, 500).x == x);
    // And by the solve that needs it.
    auto lazy = test::planned(a.copy().take(), test::options(method));
    const auto answer = test::solve(lazy, b, {}, 500);
    CHECK(answer.x == x);
    CHECK(answer.steps > 5);
  }
}

TEST_CASE("a set-up that is given up leaves the solver as it was, and another succeeds") {
  const auto a = test::mesh(40, 40, 10).matrix();
  auto solver = test::planned(a.copy().take());
  {
    PrepareTask task(solver);
    Budget budget(1000);
    REQUIRE(task.step(budget) == TaskState::running);
    CHECK(solver->update(std::vector<double>(a.view().data(), a.view().data() + a.view().nnz()))
              .status == Status::busy);
  }
  CHECK_FALSE(solver->ready());
  CHECK(solver->setup().attempts.count == 0);
  REQUIRE(solver->prepare().ok());
  CHECK(solver->setup().attempts.count == 1);
}

TEST_CASE("tasks share one set-up, and a plain call ends it") {
  Random random(152);
  const auto a = test::mesh(40, 40, 11).matrix();
  const auto b = random.vector(1600);
  auto solver = test::planned(a.copy().take());
  std::vector<double> x(1600), y(1600);
  auto first = SolveTask::create(solver, b, x, 1, {}).take();
  auto second = SolveTask::create(solver, b, y, 1, {}).take();
  Budget little(1000), more(1000), unlimited;
  REQUIRE(first->step(little) == TaskState::running);
  REQUIRE(second->step(more) == TaskState::running);
  // The one that began it leaves; the other goes on.
  first.reset();
  Budget again(1000);
  REQUIRE(second->step(again) == TaskState::running);
  CHECK_FALSE(solver->ready());
  REQUIRE(solver->prepare().ok());
  CHECK(solver->ready());
  REQUIRE(second->step(unlimited) == TaskState::done);
  CHECK(second->reports()[0].converged == 1);
  CHECK(solver->setup().attempts.count == 1);
}

TEST_CASE("stopped while it sets up, a solve reports on what x holds") {
  const auto a = test::mesh(40, 40, 12).matrix();
  auto solver = test::planned(a.copy().take());
  std::vector<double> b(1600, 1), x(1600, 3e5);
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  Budget budget(1000);
  REQUIRE(task->step(budget) == TaskState::running);
  CHECK(task->progress() < 0.9);
  task->stop(Reason::cancelled);
  CHECK(task->reports()[0].reason == int(Reason::cancelled));
  CHECK(task->reports()[0].converged == 0);
  CHECK(task->reports()[0].relative_residual == 1);
  CHECK(x == std::vector<double>(1600, 0.0));
  CHECK_FALSE(solver->ready());
}

TEST_CASE("a rung that fails in slices gives way to the next, with the same story") {
  Random random(153);
  const auto a = almost_definite(20);
  const auto b = random.vector(400);
  auto whole = test::prepared(a.copy().take());
  auto sliced = test::planned(a.copy().take());
  const auto answer = test::solve(sliced, b, {}, 200);
  CHECK(answer.converged());
  CHECK(answer.method() == whole->method());
  CHECK(answer.x == test::solve(whole, b).x);
  REQUIRE(sliced->setup().attempts.count == whole->setup().attempts.count);
  CHECK(sliced->setup().attempts.items[0].kind == int(Attempt::failed));
}

TEST_CASE("where no rung works, the solve that asked tells why") {
  auto solver = test::planned(almost_definite(20), test::options(Method::cholesky));
  std::vector<double> b(400, 1), x(400);
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  TaskState state = TaskState::running;
  run(*task, 500, state);
  CHECK(state == TaskState::failed);
  CHECK(task->fault().status == Status::indefinite_matrix);
  CHECK(task->fault().position >= 0);
  CHECK(solver->climb_fault().position == task->fault().position);
}
