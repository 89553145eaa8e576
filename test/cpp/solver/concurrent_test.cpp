// Solvers that live side by side, and whose tasks take turns, give what each gives alone.
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
