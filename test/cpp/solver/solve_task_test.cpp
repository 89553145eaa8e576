#include "lacuna/solver/solve_task.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using test::Answer;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;
using Kind = PreconditionerKind;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

const std::vector<SolverOptions> symmetric_ways{test::options(Method::automatic),
                                                test::options(Method::cholesky),
                                                test::options(Method::ldlt),
                                                test::options(Method::lu),
                                                test::options(Method::qr),
                                                test::options(Method::cg, Kind::none),
                                                test::options(Method::cg, Kind::jacobi),
                                                test::options(Method::cg, Kind::ic),
                                                test::options(Method::bicgstab, Kind::ilut)};

const std::vector<SolverOptions> general_ways{test::options(Method::automatic),
                                              test::options(Method::lu),
                                              test::options(Method::qr),
                                              test::options(Method::bicgstab, Kind::none),
                                              test::options(Method::bicgstab, Kind::jacobi),
                                              test::options(Method::bicgstab, Kind::ilut)};

std::vector<double> scaled(std::vector<double> v, double factor) {
  for (double& e : v) e *= factor;
  return v;
}

Status refusal(const std::shared_ptr<Solver>& solver, const std::vector<double>& b, std::size_t n,
               std::int32_t k = 1, const SolveSettings& settings = {}, double first = 0,
               std::int64_t* position = nullptr) {
  std::vector<double> x(n, first);
  const auto task = SolveTask::create(solver, b, x, k, settings);
  if (position != nullptr) *position = task.fault().position;
  return task.fault().status;
}

}  // namespace

TEST_CASE("misuse is refused before anything is written") {
  auto solver = test::prepared(test::grid(2, 2).matrix());
  const std::vector<double> b{1, 2, 3, 4};
  CHECK(refusal(solver, b, 4) == Status::ok);
  CHECK(refusal(solver, b, 3) == Status::shape_mismatch);
  CHECK(refusal(solver, {1, 2}, 4) == Status::shape_mismatch);
  CHECK(refusal(solver, b, 4, 2) == Status::shape_mismatch);
  CHECK(refusal(solver, b, 4, 0) == Status::invalid_argument);
  CHECK(refusal(solver, b, 4, -1) == Status::invalid_argument);
  for (const double bad : {-1.0, not_a_number}) {
    SolveSettings s;
    s.rtol = bad;
    CHECK(refusal(solver, b, 4, 1, s) == Status::invalid_argument);
    s = {};
    s.atol = bad;
    CHECK(refusal(solver, b, 4, 1, s) == Status::invalid_argument);
  }
  std::int64_t position = -1;
  CHECK(refusal(solver, {1, 2, not_a_number, 4}, 4, 1, {}, 0, &position) == Status::not_finite);
  CHECK(position == 2);
  SolveSettings guess;
  guess.guess = true;
  CHECK(refusal(solver, b, 4, 1, guess, not_a_number, &position) == Status::not_finite);
  CHECK(position == 0);
  // Without a guess, what x holds does not matter.
  CHECK(refusal(solver, b, 4, 1, {}, not_a_number) == Status::ok);
}

TEST_CASE("every way solves A x = b and Aᵀ x = b") {
  Random random(111);
  for (int k = 0; k < 4; ++k) {
    const auto spd = test::mesh(6, 5, k).matrix();
    const auto flow = test::convection(6, 5, 2, k).matrix();
    const auto b = random.vector(30);
    const auto check = [&](const CsrMatrix& a, const std::vector<SolverOptions>& ways) {
      for (const SolverOptions& o : ways) {
        auto solver = test::prepared(a.copy().take(), o);
        for (const bool transposed : {false, true}) {
          SolveSettings s;
          s.transposed = transposed;
          const Answer answer = test::solve(solver, b, s);
          const Dense op = transposed ? Dense(a.view()).transposed() : Dense(a.view());
          const auto exact = test::Elimination(op, test::to_real(b)).x;
          CHECK(answer.converged());
          const double error = is_iterative(answer.method()) ? 1e-7 : 1e-11;
          CHECK(test::largest(test::minus(answer.x, exact)) <= error * test::largest(exact));
        }
      }
    };
    check(spd, symmetric_ways);
    check(flow, general_ways);
  }
}

TEST_CASE("slices change nothing but the number of steps") {
  Random random(112);
  const auto a = test::mesh(20, 20, 1).matrix();
  const auto b = random.vector(3 * 400);
  for (const SolverOptions& o : symmetric_ways) {
    auto solver = test::prepared(a.copy().take(), o);
    const Answer whole = test::solve(solver, b, {}, 0, 3);
    const Answer sliced = test::solve(solver, b, {}, 1, 3);
    CHECK(whole.steps == 1);
    CHECK(sliced.steps > 3);
    CHECK(sliced.x == whole.x);
    for (int k = 0; k < 3; ++k) {
      CHECK(sliced.reports[k].flops == whole.reports[k].flops);
      CHECK(sliced.reports[k].residual_norm == whole.reports[k].residual_norm);
      CHECK(sliced.reports[k].iterations == whole.reports[k].iterations);
    }
  }
}

TEST_CASE("several right-hand sides are solved like one after another") {
  Random random(113);
  const auto a = test::convection(8, 8, 2, 1).matrix();
  const auto b = random.vector(4 * 64);
  for (const SolverOptions& o : general_ways) {
    auto solver = test::prepared(a.copy().take(), o);
    const Answer together = test::solve(solver, b, {}, 0, 4);
    for (int k = 0; k < 4; ++k) {
      const Answer alone = test::solve(solver, {b.begin() + 64 * k, b.begin() + 64 * (k + 1)});
      CHECK(std::equal(alone.x.begin(), alone.x.end(), together.x.begin() + 64 * k));
      CHECK(alone.report().residual_norm == together.reports[k].residual_norm);
      CHECK(alone.report().flops == together.reports[k].flops);
      CHECK(alone.iterations() == together.reports[k].iterations);
    }
  }
}

TEST_CASE("scaling b by a power of two scales x by it, to the last bit") {
  Random random(114);
  const auto spd = test::mesh(9, 9, 2).matrix();
  const auto flow = test::convection(9, 9, 3, 2).matrix();
  const auto b = random.vector(81);
  const auto check = [&](const CsrMatrix& a, const std::vector<SolverOptions>& ways) {
    for (const SolverOptions& o : ways) {
      auto solver = test::prepared(a.copy().take(), o);
      const Answer answer = test::solve(solver, b);
      for (const int exponent : {-900, -600, -300, -27, -1, 1, 27, 300, 600, 900}) {
        const double factor = std::ldexp(1.0, exponent);
        const Answer other = test::solve(solver, scaled(b, factor));
        CHECK(other.x == scaled(answer.x, factor));
        CHECK(other.iterations() == answer.iterations());
        CHECK(other.reason() == answer.reason());
        CHECK(other.report().normwise_error == Approx(answer.report().normwise_error));
      }
    }
  };
  check(spd, symmetric_ways);
  check(flow, general_ways);
}

TEST_CASE("scaling b by 1e8 or 1e-8 keeps the number of iterations") {
  Random random(115);
  const auto a = test::mesh(12, 12, 3).matrix();
  const auto b = random.vector(144);
  for (const Kind kind : {Kind::none, Kind::jacobi, Kind::ic}) {
    auto solver = test::prepared(a.copy().take(), test::options(Method::cg, kind));
    const Answer answer = test::solve(solver, b);
    for (const double factor : {1e8, 1e-8}) {
      const Answer other = test::solve(solver, scaled(b, factor));
      CHECK(other.iterations() == answer.iterations());
      const auto back = scaled(other.x, 1 / factor);
      CHECK(test::largest(test::minus(back, answer.x)) <= 1e-9L * test::largest(answer.x));
    }
  }
}

TEST_CASE("the absolute tolerance alone can end an iteration") {
  Random random(116);
  auto solver =
      test::prepared(test::mesh(12, 12, 4).matrix(), test::options(Method::cg, Kind::none));
  const auto b = random.vector(144);
  SolveSettings s;
  s.rtol = 0;
  s.atol = 1e-3;
  const Answer answer = test::solve(solver, b, s);
  CHECK(answer.reason() == Reason::converged_atol);
  CHECK(answer.report().residual_norm <= 1e-3);
  CHECK(answer.iterations() > 0);
  CHECK(answer.iterations() < test::solve(solver, b).iterations());
  // Scaled to the far end of the range, the same.
  s.atol = std::ldexp(1e-3, -700);
  const Answer tiny = test::solve(solver, scaled(b, std::ldexp(1.0, -700)), s);
  CHECK(tiny.iterations() == answer.iterations());
  CHECK(tiny.reason() == Reason::converged_atol);
}

TEST_CASE("a zero right-hand side is answered by zero, whatever the guess") {
  for (const SolverOptions& o : symmetric_ways) {
    auto solver = test::prepared(test::mesh(4, 4, 5).matrix(), o);
    SolveSettings s;
    s.guess = true;
    const Answer answer =
        test::solve(solver, std::vector<double>(16, 0), s, 0, 1, std::vector<double>(16, 3.0));
    CHECK(answer.converged());
    CHECK(test::largest(answer.x) == 0);
    CHECK(answer.report().relative_residual == 0);
    CHECK(answer.report().normwise_error == 0);
    CHECK(answer.report().componentwise_error == 0);
    CHECK(answer.iterations() == 0);
  }
}

TEST_CASE("the iteration limit and its default") {
  CHECK(default_maxiter(7) == 70);
  CHECK(default_maxiter(1000000) == 50000);
  Random random(117);
  auto solver =
      test::prepared(test::mesh(15, 15, 6).matrix(), test::options(Method::cg, Kind::none));
  const auto b = random.vector(225);
  SolveSettings s;
  s.maxiter = 3;
  const Answer answer = test::solve(solver, b, s);
  CHECK(answer.reason() == Reason::max_iterations);
  CHECK(answer.iterations() == 3);
  CHECK_FALSE(answer.converged());
  // Continued from there, it goes on.
  s.guess = true;
  s.maxiter = 0;
  const Answer next = test::solve(solver, b, s, 0, 1, answer.x);
  CHECK(next.converged());
}

TEST_CASE("progress rises from 0 to 1 and never falls") {
  Random random(118);
  auto solver =
      test::prepared(test::mesh(15, 15, 7).matrix(), test::options(Method::cg, Kind::none));
  const auto b = random.vector(2 * 225);
  std::vector<double> x(2 * 225);
  auto task = SolveTask::create(solver, b, x, 2, {}).take();
  double last = task->progress();
  CHECK(last == 0);
  double iterations = 0;
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget(1);
    state = task->step(budget);
    CHECK(task->progress() >= last);
    last = task->progress();
    iterations = std::fmax(iterations, task->iterations());
  }
  CHECK(last == 1);
  CHECK(iterations > 5);
  Budget budget;
  CHECK(task->step(budget) == TaskState::done);
}

TEST_CASE("stop ends a task where it stands, with an honest report") {
  Random random(119);
  const auto a = test::mesh(15, 15, 8).matrix();
  const Dense dense(a.view());
  const auto b = random.vector(3 * 225);
  auto solver = test::prepared(a.copy().take(), test::options(Method::cg, Kind::none));
  for (const double factor : {1.0, std::ldexp(1.0, -500)}) {
    const auto rhs = scaled(b, factor);
    std::vector<double> x(3 * 225, not_a_number);
    auto task = SolveTask::create(solver, rhs, x, 3, {}).take();
    // Into the second right-hand side.
    int later = 0;
    bool first_done = false;
    double most = 0;
    while (later < 30) {
      Budget budget(1);
      REQUIRE(task->step(budget) == TaskState::running);
      if (task->iterations() < most) first_done = true;
      most = task->iterations();
      if (first_done) ++later;
    }
    task->stop(Reason::cancelled);
    CHECK(task->progress() == 1);
    const auto reports = task->reports();
    CHECK(static_cast<int>(reports[0].reason) == static_cast<int>(Reason::converged_rtol));
    CHECK(reports[1].reason == static_cast<int>(Reason::cancelled));
    CHECK(reports[1].iterations > 2);
    CHECK(reports[1].converged == 0);
    CHECK(reports[2].reason == static_cast<int>(Reason::cancelled));
    CHECK(reports[2].iterations == 0);
    for (int k = 0; k < 3; ++k) {
      const std::vector<double> xk(x.begin() + 225 * k, x.begin() + 225 * (k + 1));
      const std::vector<double> bk(rhs.begin() + 225 * k, rhs.begin() + 225 * (k + 1));
      const Real residual = test::euclid(test::minus(bk, dense.times(xk)));
      CHECK(static_cast<double>(residual / factor) ==
            Approx(reports[k].residual_norm / factor).margin(1e-14));
      CHECK(reports[k].rhs_norm / factor == Approx(static_cast<double>(test::euclid(bk) / factor)));
    }
    // The last one was never begun.
    for (int i = 450; i < 675; ++i) CHECK(x[i] == 0);
    CHECK(reports[1].relative_residual < 1);
    CHECK(solver->update(std::vector<double>(a.view().values().begin(), a.view().values().end()))
              .status == Status::busy);
  }
}

TEST_CASE("a task that was stopped stays stopped") {
  auto solver = test::prepared(test::grid(4, 4).matrix());
  std::vector<double> b(16, 1), x(16, not_a_number);
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  task->stop(Reason::budget);
  CHECK(x == std::vector<double>(16, 0));
  CHECK(task->reports()[0].relative_residual == 1);
  Budget budget;
  CHECK(task->step(budget) == TaskState::done);
  CHECK(x == std::vector<double>(16, 0));
}

TEST_CASE("a transposed solve can be stopped before Aᵀ is there") {
  Random random(127);
  const auto t = test::convection(40, 40, 5, 4);
  const std::int32_t n = t.rows;
  const Dense transposed = Dense(t.matrix().view()).transposed();
  const auto b = random.vector(2 * n);
  SolveSettings settings;
  settings.transposed = true;
  for (const Method method : {Method::lu, Method::bicgstab}) {
    for (const int steps : {0, 1, 2, 3, 5, 9, 17, 33, 65, 129}) {
      auto solver = test::prepared(t.matrix(), test::options(method));
      std::vector<double> x(2 * n, not_a_number);
      auto task = SolveTask::create(solver, b, x, 2, settings).take();
      for (int s = 0; s < steps; ++s) {
        Budget budget(500);
        task->step(budget);
      }
      task->stop(Reason::budget);
      for (int k = 0; k < 2; ++k) {
        const std::vector<double> xk(x.begin() + n * k, x.begin() + n * (k + 1));
        const std::vector<double> bk(b.begin() + n * k, b.begin() + n * (k + 1));
        const Real residual = test::euclid(test::minus(bk, transposed.times(xk)));
        CHECK(static_cast<double>(residual) ==
              Approx(task->reports()[k].residual_norm).margin(1e-12));
      }
    }
  }
}

TEST_CASE("a guess survives a stop before the first step") {
  auto solver = test::prepared(test::grid(4, 4).matrix(), test::options(Method::cg, Kind::none));
  std::vector<double> b(16, 1), x(16, 0.25);
  SolveSettings s;
  s.guess = true;
  auto task = SolveTask::create(solver, b, x, 1, s).take();
  task->stop(Reason::cancelled);
  CHECK(x == std::vector<double>(16, 0.25));
}

TEST_CASE("refinement never makes an answer worse, and often better") {
  Random random(120);
  int refined = 0;
  for (int k = 0; k < 60; ++k) {
    // Rows of very different size: Cholesky-like growth is absent, LU leaves some error.
    auto t = test::scattered(random.between(5, 60), 4, k);
    for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= std::ldexp(1.0, 3 * (t.i[e] % 20) - 30);
    const auto b = random.vector(t.rows);
    auto solver = test::prepared(t.matrix(), test::options(Method::lu));
    SolveSettings plain;
    plain.refine = false;
    const Answer before = test::solve(solver, b, plain);
    const Answer after = test::solve(solver, b);
    CHECK(before.report().refinement_steps == 0);
    CHECK(after.report().componentwise_error <= before.report().componentwise_error);
    CHECK(after.report().refinement_steps <= SolveTask::max_refinement_steps);
    if (after.report().refinement_steps > 0)
      ++refined;
    else
      CHECK(after.x == before.x);
  }
  CHECK(refined > 5);
}

TEST_CASE("certify_only measures what x holds and solves nothing") {
  Random random(121);
  const auto a = test::mesh(6, 6, 9).matrix();
  const auto b = random.vector(36);
  for (const SolverOptions& o :
       {test::options(Method::automatic), test::options(Method::cg, Kind::ic)}) {
    auto solver = test::prepared(a.copy().take(), o);
    Answer answer = test::solve(solver, b);
    const auto certify = [&](const std::vector<double>& x) {
      std::vector<double> copy = x;
      auto task = SolveTask::create(solver, b, copy, 1, {}).take();
      task->certify_only();
      CHECK(copy == x);
      return task->reports()[0];
    };
    const SolveReport same = certify(answer.x);
    CHECK(same.residual_norm == answer.report().residual_norm);
    CHECK(same.componentwise_error == answer.report().componentwise_error);
    CHECK(same.converged == 1);
    CHECK(same.reason == answer.report().reason);
    for (double& v : answer.x) v = static_cast<float>(v);
    const SolveReport rounded = certify(answer.x);
    CHECK(rounded.converged == 0);
    CHECK(rounded.reason == int(Reason::stagnated));
    CHECK(rounded.relative_residual > 1e-9);
    CHECK(rounded.relative_residual < 1e-5);
  }
}

TEST_CASE("the solver lives as long as its task") {
  std::vector<double> b(9, 1), x(9);
  std::unique_ptr<SolveTask> task;
  {
    auto solver = test::prepared(test::grid(3, 3).matrix());
    task = SolveTask::create(solver, b, x, 1, {}).take();
  }
  Budget budget;
  CHECK(task->step(budget) == TaskState::done);
  CHECK(task->reports()[0].converged == 1);
}
