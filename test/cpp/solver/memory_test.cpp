// Every single allocation is made to fail once, and once with all that follow: the outcome has to
// be a status, nothing may be lost, and afterwards everything works as before.
#ifdef LACUNA_WRAPPED_MALLOC
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using test::fail_everywhere;
using test::Random;
using Kind = PreconditionerKind;

namespace {

const std::vector<SolverOptions> ways{test::options(Method::cholesky),
                                      test::options(Method::ldlt),
                                      test::options(Method::lu),
                                      test::options(Method::qr),
                                      test::options(Method::cg, Kind::none),
                                      test::options(Method::cg, Kind::jacobi),
                                      test::options(Method::cg, Kind::ic),
                                      test::options(Method::bicgstab, Kind::ilut)};

}  // namespace

TEST_CASE("matrices: short memory is a status") {
  const auto t = test::mesh(3, 3, 1);
  const auto a = t.matrix();
  const auto nothing = [](Status) {};
  fail_everywhere(
      [&] { return CsrMatrix::from_triplets(t.rows, t.cols, t.i, t.j, t.v).fault().status; },
      nothing);
  fail_everywhere([&] { return a.copy().fault().status; }, nothing);
  fail_everywhere([&] { return transpose(a.view()).fault().status; }, nothing);
  fail_everywhere([&] { return measure_structure(a.view()).fault().status; }, nothing);
  fail_everywhere([&] { return CsrParts::allocate(5, 5, 9).fault().status; }, nothing);
}

TEST_CASE("set-up: short memory is a status, and a second try works") {
  Random random(151);
  const auto a = test::mesh(4, 4, 2).matrix();
  const auto b = random.vector(16);
  for (const SolverOptions& o : ways) {
    const auto expected = test::solve(test::prepared(a.copy().take(), o), b).x;
    std::shared_ptr<Solver> solver = test::planned(a.copy().take(), o);
    fail_everywhere([&] { return solver->prepare().status; },
                    [&](Status status) {
                      CHECK(solver->ready() == (status == Status::ok));
                      REQUIRE(solver->prepare().ok());
                      CHECK(test::solve(solver, b).x == expected);
                      solver = test::planned(a.copy().take(), o);
                    });
  }
}

TEST_CASE("automatic set-up: short memory leads to another rung or to a status") {
  Random random(152);
  const auto a = test::mesh(4, 4, 3).matrix();
  const auto b = random.vector(16);
  std::shared_ptr<Solver> solver = test::planned(a.copy().take());
  fail_everywhere([&] { return solver->prepare().status; },
                  [&](Status status) {
                    if (status == Status::ok) CHECK(test::solve(solver, b).converged());
                    solver = test::planned(a.copy().take());
                  });
}

TEST_CASE("update: short memory leaves a solver as it was") {
  Random random(153);
  const auto a = test::mesh(4, 4, 4).matrix();
  const auto b = random.vector(16);
  std::vector<double> values(a.view().values().begin(), a.view().values().end());
  for (double& v : values) v *= 2;
  for (const SolverOptions& o : ways) {
    std::shared_ptr<Solver> solver = test::prepared(a.copy().take(), o);
    const auto before = test::solve(solver, b).x;
    fail_everywhere([&] { return solver->update(values).status; },
                    [&](Status status) {
                      // Going back needs memory too: where even that is gone, the solver says so.
                      if (status != Status::ok && solver->ready()) {
                        CHECK(test::solve(solver, b).x == before);
                      }
                      solver = test::prepared(a.copy().take(), o);
                    });
  }
}

TEST_CASE("solving: short memory is a status, and the next solve is right") {
  Random random(154);
  const auto a = test::convection(4, 4, 2, 5).matrix();
  const auto spd = test::mesh(4, 4, 5).matrix();
  const auto b = random.vector(16);
  for (const SolverOptions& o : ways) {
    const bool symmetric =
        o.method == Method::cholesky || o.method == Method::ldlt || o.method == Method::cg;
    for (const bool transposed : {false, true}) {
      SolveSettings s;
      s.transposed = transposed;
      std::vector<double> x(16);
      const auto& matrix = symmetric ? spd : a;
      const auto expected = test::solve(test::prepared(matrix.copy().take(), o), b, s).x;
      std::shared_ptr<Solver> solver = test::prepared(matrix.copy().take(), o);
      fail_everywhere(
          [&] {
            auto task = SolveTask::create(solver, b, x, 1, s);
            if (!task.ok()) return task.fault().status;
            Budget budget;
            return task.value()->step(budget) == TaskState::done ? Status::ok
                                                                 : task.value()->fault().status;
          },
          [&](Status) {
            CHECK(test::solve(solver, b, s).x == expected);
            solver = test::prepared(matrix.copy().take(), o);
          });
    }
  }
}
#endif
