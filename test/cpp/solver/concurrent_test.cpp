// Solvers that live side by side, and whose tasks take turns, give what each gives alone.
#include <cmath>
#include <memory>
#include <vector>

#include "lacuna/base/registry.hpp"
#include "support/catch.hpp"
#include "support/solve.hpp"

using namespace lacuna;

namespace {

struct Job {
  std::shared_ptr<Solver> solver;
  std::vector<double> b, x;
  std::unique_ptr<SolveTask> task;

  void begin(const std::shared_ptr<Solver>& found) {
    x.assign(static_cast<std::size_t>(found->cols()), 0.0);
    auto created = SolveTask::create(found, b, x, 1, {});
    REQUIRE(created.ok());
    task = created.take();
  }
};

std::vector<Job> jobs() {
  std::vector<Job> made;
  test::Random random(17);
  const std::vector<SolverOptions> ways{
      test::options(Method::cg, PreconditionerKind::jacobi), test::options(Method::cholesky),
      test::options(Method::bicgstab, PreconditionerKind::ilut), test::options(Method::lu)};
  for (int k = 0; k < 12; ++k) {
    Job job;
    job.solver = test::prepared(test::grid(10 + k, 12).matrix(), ways[k % 4]);
    job.b = random.vector(static_cast<std::size_t>(job.solver->rows()));
    made.push_back(std::move(job));
  }
  return made;
}

}  // namespace

TEST_CASE("tasks of concurrent solvers that take turns do not disturb each other") {
  std::vector<std::vector<double>> alone;
  for (Job& job : jobs()) alone.push_back(test::solve(job.solver, job.b).x);

  Registry<Solver> registry(12);
  std::vector<Job> together = jobs();
  std::vector<std::uint32_t> handles;
  for (Job& job : together) {
    auto handle = registry.add(job.solver);
    REQUIRE(handle.ok());
    handles.push_back(handle.value());
    job.solver.reset();
    job.begin(*registry.find(handles.back()));
  }
  test::Random random(23);
  std::size_t running = together.size();
  int turns = 0;
  while (running > 0) {
    const auto k = static_cast<std::size_t>(random.below(static_cast<int>(together.size())));
    Job& job = together[k];
    if (!job.task) continue;
    Budget budget(2000.0);
    ++turns;
    const TaskState state = job.task->step(budget);
    REQUIRE(state != TaskState::failed);
    if (state != TaskState::done) continue;
    CHECK(job.x == alone[k]);
    job.task.reset();
    // Its slot is taken by another solver while the others go on.
    REQUIRE(registry.remove(handles[k]) == Status::ok);
    REQUIRE(registry.add(test::prepared(test::grid(3, 3).matrix())).ok());
    CHECK(registry.check(handles[k]) == Status::stale_handle);
    --running;
  }
  CHECK(turns > 40);
}

TEST_CASE("tasks that wait for the same transpose share it, and one that is given up leaves it") {
  test::Random random(29);
  const CsrMatrix a = test::arbitrary(60, 60, 0.1, 5).matrix();
  test::Triplets t(60, 60);
  for (int i = 0; i < 60; ++i) {
    t.add(i, i, 40);
    for (int p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p) {
      t.add(i, a.view().indices()[p], a.view().data()[p]);
    }
  }
  const auto solver = test::prepared(t.matrix(), test::options(Method::lu));
  const auto b = random.vector(60);
  SolveSettings settings;
  settings.transposed = true;

  std::vector<double> given_up(60);
  auto first = SolveTask::create(solver, b, given_up, 1, settings);
  REQUIRE(first.ok());
  Budget little(100);
  REQUIRE(first.value()->step(little) == TaskState::running);
  first.take().reset();

  std::vector<std::vector<double>> x(2, std::vector<double>(60));
  std::vector<std::unique_ptr<SolveTask>> tasks;
  for (auto& solution : x) {
    auto made = SolveTask::create(solver, b, solution, 1, settings);
    REQUIRE(made.ok());
    tasks.push_back(made.take());
  }
  int running = 2;
  std::vector<TaskState> states(2, TaskState::running);
  while (running > 0) {
    for (std::size_t k = 0; k < 2; ++k) {
      if (states[k] != TaskState::running) continue;
      Budget budget(200);
      states[k] = tasks[k]->step(budget);
      REQUIRE(states[k] != TaskState::failed);
      if (states[k] == TaskState::done) --running;
    }
  }
  std::vector<double> product(60);
  multiply_transposed(solver->matrix(false), x[0], product);
  CHECK(x[0] == x[1]);
  for (std::size_t i = 0; i < 60; ++i) CHECK(std::fabs(product[i] - b[i]) < 1e-13);
}
