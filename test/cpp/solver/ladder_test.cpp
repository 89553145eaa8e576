// Climbing the ladder at the time of a solve, when an answer is not good enough.
#include <algorithm>
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
using test::Triplets;
using Kind = PreconditionerKind;

namespace {

/// Strictly row-dominant and large enough for iterations to come first, LU after them.
CsrMatrix iterated_first(int extra) {
  auto t = test::scattered(static_cast<int>(dominant_rows) + extra, 2, extra);
  Triplets dominant(t.rows, t.cols);
  for (std::size_t e = 0; e < t.v.size(); ++e) dominant.add(t.i[e], t.j[e], t.v[e]);
  for (int i = 0; i < t.rows; ++i) dominant.add(i, i, 40);
  return dominant.matrix();
}

/// A·x by rows, in long double.
test::Vector product(const CsrView& a, const std::vector<double>& x) {
  test::Vector y(a.rows(), 0);
  for (int i = 0; i < a.rows(); ++i) {
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      y[i] += test::Real(a.data()[p]) * x[a.indices()[p]];
    }
  }
  return y;
}

std::vector<int> kinds(const SolveReport& report) {
  std::vector<int> list;
  for (int k = 0; k < static_cast<int>(report.attempts.count); ++k) {
    list.push_back(static_cast<int>(report.attempts.items[k].kind));
  }
  return list;
}

/// Stays symmetric positive definite, but CG gets nowhere on it in few iterations.
Triplets slow_for_cg() {
  Triplets t(200, 200);
  for (int i = 0; i < 200; ++i) t.add(i, i, i == 0 ? 1 + 1e-9 : 2 + 1e-9);
  for (int i = 1; i < 200; ++i) t.add_symmetric(i, i - 1, -1);
  return t;
}

}  // namespace

TEST_CASE("an inaccurate answer gives way to a better one, and stays away") {
  Random random(131);
  SolveSettings s;
  s.maxiter = 2;
  const auto a = iterated_first(24);
  auto solver = test::prepared(a.copy().take());
  CHECK(solver->method() == Method::bicgstab);
  const auto b = random.vector(a.view().rows());
  const Answer answer = test::solve(solver, b, s);
  CHECK(answer.converged());
  CHECK(answer.method() == Method::lu);
  CHECK(kinds(answer.report()) ==
        std::vector<int>{Attempt::factored, Attempt::answered, Attempt::factored});
  CHECK(test::largest(test::minus(b, product(a.view(), answer.x))) <=
        1e-14L * (a.view().rows() + test::largest(b)));
  const Answer again = test::solve(solver, b, s);
  CHECK(again.method() == Method::lu);
  CHECK(again.x == answer.x);
}

TEST_CASE("a method that the caller named is not exchanged") {
  Random random(132);
  SolveSettings s;
  s.maxiter = 2;
  const auto a = iterated_first(7);
  auto solver = test::prepared(a.copy().take(), test::options(Method::bicgstab, Kind::jacobi));
  const Answer answer = test::solve(solver, random.vector(a.view().rows()), s);
  CHECK(answer.method() == Method::bicgstab);
  CHECK_FALSE(answer.converged());
  CHECK(answer.reason() == Reason::max_iterations);
}

TEST_CASE("a singular system ends with QR and says that it is singular") {
  Triplets t(4, 4);
  for (int i = 0; i < 4; ++i) t.add(i, i, 1);
  t.add_symmetric(0, 1, 1);
  auto solver = test::prepared(t.matrix());
  CHECK(solver->method() == Method::qr);
  const Answer inconsistent = test::solve(solver, {1, 2, 3, 4});
  CHECK_FALSE(inconsistent.converged());
  CHECK(inconsistent.reason() == Reason::singular_matrix);
  CHECK(inconsistent.report().rank == 3);
  // The least-squares solution all the same: residual ±1/2 in the two equal rows.
  CHECK(inconsistent.report().residual_norm == Approx(std::sqrt(0.5)));
  const Answer consistent = test::solve(solver, {1, 1, 3, 4});
  CHECK(consistent.converged());
  CHECK(consistent.reason() == Reason::direct);
  // What failed once is not tried, nor told, again and again.
  for (int k = 0; k < 20; ++k) test::solve(solver, {1, 2, 3, 4});
  CHECK(solver->setup().attempts.count <= 5);
}

TEST_CASE("the best answer is kept when no rung reaches the tolerance") {
  Random random(133);
  // Too strict for any method; of all that were tried, the answer with the least residual stays.
  SolveSettings s;
  s.rtol = 1e-30;
  s.refine = false;
  s.maxiter = 2;
  for (int k = 0; k < 3; ++k) {
    const auto a = iterated_first(k);
    const auto b = random.vector(a.view().rows());
    auto solver = test::prepared(a.copy().take());
    const Answer answer = test::solve(solver, b, s);
    CHECK_FALSE(answer.converged());
    const auto residual = test::euclid(test::minus(b, product(a.view(), answer.x)));
    CHECK(static_cast<double>(residual) ==
          Approx(answer.report().residual_norm).epsilon(0.1).margin(1e-16));
    for (const auto& o :
         {test::options(Method::lu), test::options(Method::bicgstab, Kind::jacobi)}) {
      auto alone = test::prepared(a.copy().take(), o);
      CHECK(answer.report().residual_norm <=
            test::solve(alone, b, s).report().residual_norm * 1.0001);
    }
  }
}

TEST_CASE("an iterative rung that gives up is followed by the next one") {
  // CG+Jacobi cannot make it in 5 iterations; BiCGSTAB+Jacobi cannot either: both are told, the
  // better answer is kept.
  Random random(134);
  auto solver =
      test::prepared(slow_for_cg().matrix(), test::options(Method::automatic, Kind::jacobi));
  SolveSettings s;
  s.maxiter = 5;
  const auto b = random.vector(200);
  const Answer answer = test::solve(solver, b, s);
  CHECK(answer.reason() == Reason::max_iterations);
  CHECK(answer.iterations() == 10);
  CHECK(kinds(answer.report()) == std::vector<int>{Attempt::factored, Attempt::answered,
                                                   Attempt::factored, Attempt::answered});
  const Dense dense(slow_for_cg().matrix().view());
  CHECK(static_cast<double>(test::euclid(test::minus(b, dense.times(answer.x)))) ==
        Approx(answer.report().residual_norm));
}

TEST_CASE("of all rungs that fell short, the least residual wins") {
  Random random(137);
  int compared = 0, first_won = 0;
  for (int k = 0; k < 30; ++k) {
    // Definite, where BiCGSTAB is ahead, or indefinite, where its residual jumps about.
    const auto a = (k % 2 ? test::mesh(10, 10, k) : test::grid(10, 10, -3.9)).matrix();
    const auto b = random.vector(a.view().rows());
    SolveSettings s;
    s.maxiter = 1 + k;
    const auto residual_of = [&](Method method) {
      auto solver = test::prepared(a.copy().take(), test::options(method, Kind::jacobi));
      return test::solve(solver, b, s);
    };
    const Answer cg = residual_of(Method::cg);
    const Answer bicgstab = residual_of(Method::bicgstab);
    if (cg.converged() || bicgstab.converged()) continue;
    ++compared;
    const bool first = cg.report().residual_norm < bicgstab.report().residual_norm;
    first_won += first;
    auto solver = test::prepared(a.copy().take(), test::options(Method::automatic, Kind::jacobi));
    const Answer answer = test::solve(solver, b, s);
    const Answer& best = first ? cg : bicgstab;
    CHECK(answer.x == best.x);
    CHECK(answer.report().residual_norm == best.report().residual_norm);
    CHECK(answer.method() == best.method());
    CHECK(answer.iterations() == cg.iterations() + bicgstab.iterations());
  }
  CHECK(first_won > 0);
  CHECK(first_won < compared);
}

TEST_CASE("tasks that share a solver survive each other's climbing") {
  Random random(135);
  const auto a = slow_for_cg().matrix();
  const auto b = random.vector(200);
  auto solver = test::prepared(a.copy().take(), test::options(Method::automatic, Kind::jacobi));
  SolveSettings patient, hasty;
  patient.maxiter = 3000;
  hasty.maxiter = 2;
  std::vector<double> x(200), y(200);
  auto first = SolveTask::create(solver, b, x, 1, patient).take();
  for (int k = 0; k < 20; ++k) {
    Budget budget(1);
    REQUIRE(first->step(budget) == TaskState::running);
  }
  {
    auto second = SolveTask::create(solver, b, y, 1, hasty).take();
    Budget budget;
    CHECK(second->step(budget) == TaskState::done);
    CHECK(solver->method() == Method::bicgstab);
  }
  // The first one still iterates with the preconditioner of the rung that was left.
  Budget budget;
  CHECK(first->step(budget) == TaskState::done);
  CHECK(first->reports()[0].converged == 1);
}

TEST_CASE("stopping in the middle of the ladder keeps the best answer so far") {
  Random random(136);
  const auto a = slow_for_cg().matrix();
  const auto b = random.vector(200);
  auto solver = test::prepared(a.copy().take(), test::options(Method::automatic, Kind::jacobi));
  SolveSettings s;
  s.maxiter = 60;
  std::vector<double> x(200);
  auto task = SolveTask::create(solver, b, x, 1, s).take();
  while (solver->method() == Method::cg) {
    Budget budget(1);
    REQUIRE(task->step(budget) == TaskState::running);
  }
  task->stop(Reason::cancelled);
  CHECK(task->reports()[0].reason == int(Reason::cancelled));
  const auto residual = test::euclid(test::minus(b, Dense(a.view()).times(x)));
  CHECK(static_cast<double>(residual) == Approx(task->reports()[0].residual_norm));
  CHECK(test::largest(x) > 0);
}

TEST_CASE("a preferred way comes first, and the automatic ladder after it") {
  const auto methods = [](const Solver& solver) {
    std::vector<Method> list;
    const AttemptList& attempts = solver.setup().attempts;
    for (int k = 0; k < static_cast<int>(attempts.count); ++k) {
      list.push_back(static_cast<Method>(attempts.items[k].method));
    }
    return list;
  };
  const auto a = test::grid(30, 30, 0.1).matrix();
  auto options = test::options(Method::lu);
  options.prefer = true;
  const auto by_lu = test::prepared(a.copy().take(), options);
  CHECK(methods(*by_lu) == std::vector<Method>{Method::lu});
  CHECK(by_lu->setup().attempts.items[0].flops == std::max(0.0, by_lu->setup().factor_flops));

  // What does not fit gives way at once.
  auto t = test::grid(30, 30, 0.1);
  t.add(0, 5, 0.5);
  options.method = Method::cholesky;
  const auto by_ladder = test::prepared(t.matrix(), options);
  CHECK(methods(*by_ladder) == std::vector<Method>{Method::lu});

  // More flops than it may take.
  const double flops =
      test::prepared(a.copy().take(), test::options(Method::cholesky))->setup().factor_flops;
  options.max_flops = flops - 1;
  const auto limited = test::prepared(a.copy().take(), options);
  CHECK(methods(*limited) == std::vector<Method>{Method::cholesky, Method::ldlt});
  CHECK(limited->setup().attempts.items[0].code == int(Status::over_budget));
  CHECK(limited->setup().attempts.items[0].flops == 0);
  options.max_flops = flops;
  CHECK(methods(*test::prepared(a.copy().take(), options)) ==
        std::vector<Method>{Method::cholesky});
}

TEST_CASE("a preferred iteration ends where its flops do, and the answer is found all the same") {
  Random random(137);
  const auto a = slow_for_cg().matrix();
  const auto b = random.vector(200);
  auto options = test::options(Method::cg, Kind::none);
  options.prefer = true;
  options.max_flops = 1;
  SolveSettings s;
  s.maxiter = 1000;
  const Answer answer = test::solve(test::prepared(a.copy().take(), options), b, s);
  CHECK(answer.converged());
  CHECK(answer.method() == Method::cholesky);
  CHECK(answer.iterations() == 100);
  options.max_flops = std::numeric_limits<double>::infinity();
  const Answer whole = test::solve(test::prepared(a.copy().take(), options), b, s);
  CHECK(whole.method() == Method::cg);
  CHECK(whole.converged());
}

TEST_CASE("a preferred iteration whose preconditioner takes too many flops is left") {
  const auto a = test::grid(30, 30, 0.1).matrix();
  auto options = test::options(Method::bicgstab, Kind::ilut);
  options.prefer = true;
  const auto whole = test::prepared(a.copy().take(), options);
  REQUIRE(whole->setup().attempts.count == 1);
  options.max_flops = 1000;
  const auto limited = test::prepared(a.copy().take(), options);
  const auto& attempts = limited->setup().attempts;
  REQUIRE(attempts.count >= 2);
  CHECK(attempts.items[0].code == int(Status::over_budget));
  // It ends in the row in which that is seen.
  CHECK(attempts.items[0].flops > 1000);
  CHECK(int(attempts.items[1].kind) == Attempt::factored);
}

TEST_CASE("an indefinite matrix tells how far its preferred factorization came") {
  auto t = test::grid(20, 20, 0.1);
  // Positive still, but not what remains of it after elimination.
  t.add(399, 399, -4.05);
  auto options = test::options(Method::cholesky);
  options.prefer = true;
  options.ordering = OrderingKind::natural;
  const auto solver = test::prepared(t.matrix(), options);
  const AttemptList& attempts = solver->setup().attempts;
  REQUIRE(attempts.count == 2);
  CHECK(attempts.items[0].code == int(Status::indefinite_matrix));
  CHECK(attempts.items[0].flops > 0);
  options.method = Method::ldlt;
  CHECK(attempts.items[0].flops <= test::prepared(t.matrix(), options)->setup().factor_flops);
  CHECK(solver->method() == Method::ldlt);
}

TEST_CASE("a solver orders as it is told") {
  const auto a = test::grid(40, 40, 0.1).matrix();
  for (const auto kind : {OrderingKind::natural, OrderingKind::amd, OrderingKind::nested_dissection,
                          OrderingKind::rcm}) {
    for (const auto method : {Method::cholesky, Method::ldlt, Method::lu}) {
      auto options = test::options(method);
      options.ordering = kind;
      CHECK(test::prepared(a.copy().take(), options)->factorization()->info().ordering == kind);
    }
  }
  auto options = test::options(Method::cholesky);
  options.ordering = OrderingKind::given;
  CHECK(Solver::create(a.copy().take(), options).fault().status == Status::invalid_argument);
}
