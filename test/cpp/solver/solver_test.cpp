#include "lacuna/solver/solver.hpp"

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Triplets;
using Kind = PreconditionerKind;

namespace {

/// E.g. "cholesky:failed(indefinite-matrix) ldlt:factored".
std::string story(const AttemptList& list) {
  std::string text;
  for (int k = 0; k < static_cast<int>(list.count); ++k) {
    const Attempt& item = list.items[k];
    if (k > 0) text += ' ';
    const auto method = static_cast<Method>(static_cast<int>(item.method));
    text += method_name(method);
    if (is_iterative(method)) {
      text += std::string("+") +
              preconditioner_name(static_cast<Kind>(static_cast<int>(item.preconditioner)));
    }
    const int code = static_cast<int>(item.code);
    switch (static_cast<int>(item.kind)) {
      case Attempt::factored: text += ":factored"; break;
      case Attempt::deferred: text += ":deferred"; break;
      case Attempt::failed:
        text += std::string(":failed(") + status_name(static_cast<Status>(code)) + ")";
        break;
      case Attempt::answered:
        text += std::string(":answered(") + reason_name(static_cast<Reason>(code)) + ")";
        break;
    }
  }
  return text;
}

/// Positive diagonal but indefinite: Cholesky fails at the set-up, LDLᵀ does not.
Triplets hidden_indefinite() {
  Triplets t(6, 6);
  for (int i = 0; i < 6; ++i) t.add(i, i, 1);
  t.add_symmetric(0, 5, 2);
  t.add_symmetric(2, 3, 0.5);
  return t;
}

/// Two equal rows and columns in integers: singular, with a positive diagonal.
Triplets singular_symmetric() {
  Triplets t(4, 4);
  for (int i = 0; i < 4; ++i) t.add(i, i, 1);
  t.add_symmetric(0, 1, 1);
  return t;
}

std::vector<double> values_of(const CsrMatrix& a) {
  return {a.view().values().begin(), a.view().values().end()};
}

}  // namespace

TEST_CASE("options outside their domain are refused") {
  const auto status = [](SolverOptions o) {
    return Solver::create(test::grid(2, 2).matrix(), o).fault().status;
  };
  SolverOptions o;
  o.drop_tolerance = -1;
  CHECK(status(o) == Status::invalid_argument);
  o.drop_tolerance = std::numeric_limits<double>::quiet_NaN();
  CHECK(status(o) == Status::invalid_argument);
  o = {};
  o.fill_factor = 0;
  CHECK(status(o) == Status::invalid_argument);
  CHECK(status(test::options(static_cast<Method>(9))) == Status::invalid_argument);
  for (const int kind : {-1, 5}) {
    CHECK(status(test::options(Method::cg, static_cast<Kind>(kind))) == Status::invalid_argument);
    CHECK(status(test::options(Method::automatic, static_cast<Kind>(kind))) ==
          Status::invalid_argument);
  }
}

TEST_CASE("a matrix that is refused stays with its owner") {
  auto a = test::scattered(6, 2, 1).matrix();
  const auto made = Solver::create(std::move(a), test::options(Method::cholesky));
  CHECK(made.fault().status == Status::not_symmetric);
  CHECK(a.view().rows() == 6);
  CHECK(a.view().nnz() > 0);
}

TEST_CASE("set-up climbs to the first rung that works and tells the story") {
  const auto story_of = [](const Triplets& t, const SolverOptions& o = {}) {
    auto solver = test::planned(t.matrix(), o);
    const Fault fault = solver->prepare();
    return story(solver->setup().attempts) + (fault.ok() ? "" : " -> failed");
  };
  CHECK(story_of(test::mesh(4, 4, 1)) == "cholesky:factored");
  CHECK(story_of(hidden_indefinite()) == "cholesky:failed(indefinite-matrix) ldlt:factored");
  CHECK(story_of(singular_symmetric()) ==
        "cholesky:failed(indefinite-matrix) ldlt:failed(zero-pivot) "
        "lu:failed(singular-matrix) qr:factored");
  CHECK(story_of(test::rectangular(6, 4, 2, 1)) == "qr:factored");
  CHECK(story_of(test::grid(4, 4), test::options(Method::cg)) == "cg+ic:factored");
  CHECK(story_of(hidden_indefinite(), test::options(Method::cholesky)) ==
        "cholesky:failed(indefinite-matrix) -> failed");
}

TEST_CASE("a prepared solver reports what it is") {
  auto solver = test::prepared(test::mesh(5, 5, 2).matrix());
  const SetupReport& s = solver->setup();
  CHECK(solver->ready());
  CHECK(s.method == int(Method::cholesky));
  CHECK(s.factor_nnz > 25);
  CHECK(s.factor_flops > 25);
  CHECK(s.sliceable == 1);
  CHECK(s.symmetric == 1);
  CHECK(s.positive_diagonal == 1);
  CHECK(s.preconditioner_nnz == -1);
  CHECK(s.rank == -1);

  auto wide = test::prepared(test::rectangular(4, 7, 2, 2).matrix());
  CHECK(wide->setup().rank == 4);
  CHECK(wide->setup().symmetric == 0);
  CHECK(wide->setup().positive_diagonal == 0);

  auto iterative =
      test::prepared(test::mesh(5, 5, 2).matrix(), test::options(Method::cg, Kind::jacobi));
  CHECK(iterative->setup().sliceable == 1);
  CHECK(iterative->setup().preconditioner_nnz == 25);
  CHECK(iterative->setup().factor_nnz == -1);
}

TEST_CASE("a solver that is not ready is set up by the task that needs it") {
  auto solver = test::planned(test::grid(2, 2).matrix(), test::options(Method::cholesky));
  CHECK_FALSE(solver->ready());
  CHECK(solver->setup().sliceable == 1);
  // A failed update must not make it look prepared.
  CHECK(solver->update(std::vector<double>(12, 0.0)).status != Status::ok);
  CHECK_FALSE(solver->ready());
  std::vector<double> b(4, 1), x(4);
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  Budget unlimited;
  REQUIRE(task->step(unlimited) == TaskState::done);
  CHECK(task->reports()[0].converged == 1);
  CHECK(solver->ready());
  CHECK(solver->setup().attempts.count == 1);
}

TEST_CASE("update refuses what does not fit and changes nothing") {
  auto solver = test::prepared(test::mesh(4, 4, 3).matrix());
  Random random(101);
  const auto b = random.vector(16);
  const auto before = test::solve(solver, b);
  auto values = values_of(test::mesh(4, 4, 3).matrix());
  CHECK(solver->update(std::vector<double>(3, 1.0)).status == Status::shape_mismatch);
  values[5] = std::numeric_limits<double>::infinity();
  const Fault fault = solver->update(values);
  CHECK(fault.status == Status::not_finite);
  CHECK(fault.position == 5);
  CHECK(test::solve(solver, b).x == before.x);
}

TEST_CASE("an update gives the same answers as a new solver") {
  Random random(102);
  const auto first = test::mesh(6, 6, 4).matrix();
  auto second_values = values_of(test::mesh(6, 6, 4).matrix());
  for (double& v : second_values) v *= 3;
  const auto b = random.vector(36);
  for (const SolverOptions& o :
       {test::options(Method::automatic), test::options(Method::ldlt), test::options(Method::lu),
        test::options(Method::qr), test::options(Method::cg),
        test::options(Method::cg, Kind::jacobi), test::options(Method::bicgstab, Kind::ilut),
        test::options(Method::bicgstab, Kind::none)}) {
    auto solver = test::prepared(first.copy().take(), o);
    test::solve(solver, b);
    REQUIRE(solver->update(second_values).ok());
    auto changed = first.copy().take();
    REQUIRE(changed.set_values(second_values).ok());
    auto fresh = test::prepared(std::move(changed), o);
    SolveSettings transposed;
    transposed.transposed = true;
    CHECK(test::solve(solver, b).x == test::solve(fresh, b).x);
    CHECK(test::solve(solver, b, transposed).x == test::solve(fresh, b, transposed).x);
    CHECK(story(solver->setup().attempts) == story(fresh->setup().attempts));
  }
}

TEST_CASE("an update that fails leaves the earlier answers, bit for bit") {
  Random random(103);
  const auto a = test::convection(5, 5, 2, 1).matrix();
  const auto symmetric = test::mesh(5, 5, 1).matrix();
  const auto b = random.vector(25);
  struct Case {
    const CsrMatrix& matrix;
    SolverOptions options;
  };
  const Case cases[] = {{symmetric, test::options(Method::cholesky)},
                        {symmetric, test::options(Method::ldlt)},
                        {symmetric, test::options(Method::cg, Kind::ic)},
                        {symmetric, test::options(Method::cg, Kind::jacobi)},
                        {a, test::options(Method::lu)},
                        {a, test::options(Method::bicgstab, Kind::ilut)},
                        {a, test::options(Method::bicgstab, Kind::jacobi)},
                        {symmetric, test::options(Method::automatic, Kind::jacobi)}};
  SolveSettings transposed;
  transposed.transposed = true;
  for (const Case& c : cases) {
    auto solver = test::prepared(c.matrix.copy().take(), c.options);
    const auto x = test::solve(solver, b).x;
    const auto xt = test::solve(solver, b, transposed).x;
    const auto attempts = story(solver->setup().attempts);
    const Method method = solver->method();
    // Values with which no method can work.
    const Fault fault = solver->update(std::vector<double>(c.matrix.view().nnz(), 0.0));
    CHECK_FALSE(fault.ok());
    CHECK(solver->ready());
    CHECK(solver->method() == method);
    CHECK(test::solve(solver, b).x == x);
    CHECK(test::solve(solver, b, transposed).x == xt);
    CHECK(story(solver->setup().attempts) == attempts);
    CHECK(Dense(solver->matrix(false)).a == Dense(c.matrix.view()).a);
  }
}

TEST_CASE("an update may take another rung, and a later one come back") {
  const auto good = test::mesh(3, 3, 5).matrix();
  auto values = values_of(good);
  auto solver = test::prepared(good.copy().take());
  CHECK(solver->method() == Method::cholesky);
  // Indefinite with a positive diagonal: far too large off the diagonal.
  auto bad = values;
  for (int i = 0; i < 9; ++i) {
    for (int p = good.view().indptr()[i]; p < good.view().indptr()[i + 1]; ++p) {
      if (good.view().indices()[p] != i) bad[p] *= 10;
    }
  }
  REQUIRE(solver->update(bad).ok());
  CHECK(solver->method() == Method::ldlt);
  CHECK(story(solver->setup().attempts) == "cholesky:failed(indefinite-matrix) ldlt:factored");
  Random random(104);
  const auto b = random.vector(9);
  CHECK(test::solve(solver, b).converged());
  // Negated: the diagonal is negative, Cholesky is not in the plan.
  for (double& v : bad) v = -v;
  REQUIRE(solver->update(bad).ok());
  CHECK(solver->method() == Method::ldlt);
  CHECK(test::solve(solver, b).converged());
  REQUIRE(solver->update(values).ok());
  CHECK(test::solve(solver, b).converged());
}

TEST_CASE("while a task lives, the solver is locked") {
  const auto a = test::mesh(3, 3, 6).matrix();
  const auto values = values_of(a);
  auto solver = test::prepared(a.copy().take());
  std::vector<double> b(9, 1), x(9), y(9);
  {
    auto task = SolveTask::create(solver, b, x, 1, {});
    REQUIRE(task.ok());
    CHECK(solver->update(values).status == Status::busy);
    CHECK(solver->prepare().status == Status::busy);
    auto other = SolveTask::create(solver, b, y, 1, {});
    REQUIRE(other.ok());
    other.take().reset();
    CHECK(solver->update(values).status == Status::busy);
  }
  CHECK(solver->update(values).ok());
  // A task that could not even be made leaves no lock behind.
  CHECK_FALSE(SolveTask::create(solver, b, std::span<double>(), 1, {}).ok());
  CHECK(solver->update(values).ok());
}

TEST_CASE("a Cholesky factorization that would take long is put behind CG") {
  // The graph of an expander fills in almost completely: some 10¹⁰ flops are predicted for it.
  const auto t = test::random_spd(9000, 6, 1);
  auto solver = test::prepared(t.matrix());
  CHECK(story(solver->setup().attempts) == "cholesky:deferred cg+ic:factored");
  CHECK(solver->method() == Method::cg);
  Random random(105);
  const auto b = random.vector(9000);
  const auto answer = test::solve(solver, b);
  CHECK(answer.converged());
  CHECK(answer.reason() == Reason::converged_rtol);
  // New values: the same again.
  REQUIRE(solver->update(values_of(t.matrix())).ok());
  CHECK(story(solver->setup().attempts) == "cholesky:deferred cg+ic:factored");
  CHECK(test::solve(solver, b).x == answer.x);
  // Whoever asks for Cholesky by name is not put off; its analysis alone shows the size.
  auto named = make_cholesky();
  REQUIRE(named->analyze(t.matrix().view()).ok());
  CHECK(named->info().flops > deferral_flops);
}
