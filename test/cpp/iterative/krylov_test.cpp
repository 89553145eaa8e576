#include "lacuna/iterative/krylov.hpp"

#include <cmath>
#include <functional>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;
using test::Vector;

namespace {

using MakeKrylov = std::unique_ptr<Krylov> (*)();
using MakePreconditioner = std::unique_ptr<Preconditioner> (*)();

std::unique_ptr<Preconditioner> jacobi() { return make_jacobi(false); }
std::unique_ptr<Preconditioner> ilut() { return make_ilut(1e-3, 5); }

struct Run {
  std::vector<double> x;
  Reason reason;
  std::int64_t iterations;
  double flops;
  int steps = 0;
};

struct Setting {
  double target = 0;
  std::int64_t maxiter = 10000;
  double slice = 0;  // flops per step; 0: one step
  std::vector<double> x0 = {};
};

Run run(MakeKrylov make, MakePreconditioner precondition, const CsrMatrix& a,
        const std::vector<double>& b, const Setting& setting) {
  auto m = precondition();
  REQUIRE(m->compute(a.view()).ok());
  auto krylov = make();
  REQUIRE(krylov->reserve(b.size()) == Status::ok);
  Run result;
  result.x = setting.x0.empty() ? std::vector<double>(b.size(), 0) : setting.x0;
  krylov->start(a.view(), *m, b, result.x, {setting.target, setting.maxiter});
  double progress = 0;
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = setting.slice > 0 ? Budget(setting.slice) : Budget();
    state = krylov->step(budget);
    ++result.steps;
    REQUIRE(krylov->progress() >= progress);
    progress = krylov->progress();
    REQUIRE(progress <= 1);
    REQUIRE(result.steps < 10000000);
  }
  CHECK(state == TaskState::done);
  CHECK(progress == 1);
  result.reason = krylov->reason();
  result.iterations = krylov->iterations();
  result.flops = krylov->flops();
  return result;
}

Real residual(const CsrMatrix& a, const std::vector<double>& x, const std::vector<double>& b) {
  return test::euclid(test::minus(b, Dense(a.view()).times(x)));
}

double target_for(const std::vector<double>& b, double rtol) {
  return rtol * static_cast<double>(test::euclid(b));
}

const std::vector<MakePreconditioner> symmetric{make_identity_preconditioner, jacobi,
                                                make_incomplete_cholesky};
const std::vector<MakePreconditioner> general{make_identity_preconditioner, jacobi, ilut};

void check_cg(int samples) {
  Random random(81);
  for (int k = 0; k < samples; ++k) {
    const int w = random.between(1, 8), h = random.between(1, 8);
    for (const Triplets& t :
         {test::grid(w, h), test::mesh(w, h, k), test::random_spd(w * h, 4, k)}) {
      const auto a = t.matrix();
      const auto b = random.vector(t.rows);
      const auto exact = test::Elimination(Dense(a.view()), test::to_real(b)).x;
      for (const auto m : symmetric) {
        const double target = target_for(b, 1e-10);
        const Run r = run(make_cg, m, a, b, {target});
        CHECK(r.reason == Reason::converged_rtol);
        CHECK(residual(a, r.x, b) <= target * 1.0001L);
        CHECK(test::largest(test::minus(r.x, exact)) <= 1e-6L * test::largest(exact));
        CHECK(r.flops > 0);
        const Run sliced = run(make_cg, m, a, b, {target, 10000, 1});
        CHECK(sliced.steps > r.iterations);
        CHECK(sliced.x == r.x);
        CHECK(sliced.iterations == r.iterations);
        CHECK(sliced.flops == r.flops);
      }
    }
  }
}

void check_bicgstab(int samples) {
  Random random(82);
  for (int k = 0; k < samples; ++k) {
    const int w = random.between(1, 8), h = random.between(1, 8);
    for (const Triplets& t : {test::convection(w, h, 4 * random.unit(), k), test::mesh(w, h, k),
                              test::grid(w, h, 0.5)}) {
      const auto a = t.matrix();
      const auto b = random.vector(t.rows);
      const auto exact = test::Elimination(Dense(a.view()), test::to_real(b)).x;
      for (const auto m : general) {
        const double target = target_for(b, 1e-10);
        const Run r = run(make_bicgstab, m, a, b, {target});
        CHECK(r.reason == Reason::converged_rtol);
        CHECK(residual(a, r.x, b) <= target * 1.0001L);
        CHECK(test::largest(test::minus(r.x, exact)) <= 1e-6L * test::largest(exact));
        const Run sliced = run(make_bicgstab, m, a, b, {target, 10000, 1});
        CHECK(sliced.x == r.x);
        CHECK(sliced.iterations == r.iterations);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_cg, "CG converges with every preconditioner, sliced or not", 6, 3000)
LACUNA_SAMPLED(check_bicgstab, "BiCGSTAB converges with every preconditioner, sliced or not", 6,
               3000)

TEST_CASE("the first iterates are those of the textbook") {
  // CG (Golub & Van Loan, alg. 11.5.1) and BiCGSTAB (van der Vorst 1992) with M = diag(A), in long
  // double; a wrong scalar of the recurrence shows at once, though it might converge all the same.
  const auto dot = [](const Vector& u, const Vector& v) {
    Real sum = 0;
    for (std::size_t i = 0; i < u.size(); ++i) sum += u[i] * v[i];
    return sum;
  };
  const auto combine = [](const Vector& u, Real f, const Vector& v) {
    Vector w(u);
    for (std::size_t i = 0; i < u.size(); ++i) w[i] += f * v[i];
    return w;
  };
  Random random(91);
  for (int k = 0; k < 10; ++k) {
    const auto spd = test::mesh(8, 8, k).matrix();
    const auto flow = test::convection(8, 8, 3, k).matrix();
    const auto b = random.vector(64);
    const auto check = [&](MakeKrylov make, const CsrMatrix& matrix, auto&& iterate) {
      const Dense a(matrix.view());
      const auto solve_m = [&](Vector r) {
        for (int i = 0; i < 64; ++i) r[i] /= a(i, i);
        return r;
      };
      Vector x(64, 0);
      iterate(a, solve_m, x, [&](int steps) {
        const Run r = run(make, jacobi, matrix, b, {0, steps});
        CHECK(r.iterations == steps);
        CHECK(test::largest(test::minus(r.x, x)) <= 1e-10L * test::largest(x));
      });
    };
    check(make_cg, spd, [&](const Dense& a, auto& solve_m, Vector& x, auto&& compare) {
      Vector r = test::to_real(b), z = solve_m(r), p = z;
      for (int step = 1; step <= 6; ++step) {
        const Vector q = a.times(p);
        const Real rz = dot(r, z);
        const Real alpha = rz / dot(p, q);
        x = combine(x, alpha, p);
        r = combine(r, -alpha, q);
        z = solve_m(r);
        p = combine(z, dot(r, z) / rz, p);
        compare(step);
      }
    });
    check(make_bicgstab, flow, [&](const Dense& a, auto& solve_m, Vector& x, auto&& compare) {
      Vector r = test::to_real(b), p = r;
      const Vector shadow = r;
      for (int step = 1; step <= 6; ++step) {
        const Vector y = solve_m(p), v = a.times(y);
        const Real rho = dot(shadow, r);
        const Real alpha = rho / dot(shadow, v);
        const Vector s = combine(r, -alpha, v), z = solve_m(s), t = a.times(z);
        const Real omega = dot(t, s) / dot(t, t);
        x = combine(combine(x, alpha, y), omega, z);
        r = combine(s, -omega, t);
        const Real beta = dot(shadow, r) / rho * (alpha / omega);
        p = combine(r, beta, combine(p, -omega, v));
        compare(step);
      }
    });
  }
}

TEST_CASE("CG ends within n steps, as its theory says, on few distinct eigenvalues") {
  // Three eigenvalues: three steps.
  Triplets t(60, 60);
  for (int i = 0; i < 60; ++i) t.add(i, i, 1 + i % 3);
  const auto a = t.matrix();
  Random random(83);
  const auto b = random.vector(60);
  const Run r = run(make_cg, make_identity_preconditioner, a, b, {target_for(b, 1e-12)});
  CHECK(r.reason == Reason::converged_rtol);
  CHECK(r.iterations == 3);
  const Run preconditioned = run(make_cg, jacobi, a, b, {target_for(b, 1e-12)});
  CHECK(preconditioned.iterations == 1);
}

TEST_CASE("a product larger than one piece of work is cut, with the same result") {
  const auto a = test::grid(300, 200, 0.5).matrix();
  Random random(84);
  const auto b = random.vector(60000);
  for (const auto make : {make_cg, make_bicgstab}) {
    const Run whole = run(make, jacobi, a, b, {target_for(b, 1e-8)});
    const Run sliced = run(make, jacobi, a, b, {target_for(b, 1e-8), 10000, 1});
    CHECK(whole.reason == Reason::converged_rtol);
    CHECK(sliced.x == whole.x);
    CHECK(sliced.steps > 2 * whole.iterations);
  }
}

TEST_CASE("a direction without positive curvature is found by CG") {
  Random random(85);
  for (int k = 0; k < 20; ++k) {
    const auto a = test::quasi_definite(random.between(4, 40), 3, k).matrix();
    const auto b = random.vector(a.view().rows());
    const Run r = run(make_cg, make_identity_preconditioner, a, b, {target_for(b, 1e-10)});
    CHECK(r.reason == Reason::indefinite_matrix);
  }
  // A negative definite one at once.
  Triplets t(5, 5);
  for (int i = 0; i < 5; ++i) t.add(i, i, -1);
  const Run r = run(make_cg, make_identity_preconditioner, t.matrix(), {1, 2, 3, 4, 5}, {1e-10});
  CHECK(r.reason == Reason::indefinite_matrix);
  CHECK(r.iterations == 0);
}

TEST_CASE("BiCGSTAB breaks down on a skew-symmetric matrix and says so") {
  // rᵀA r = 0 for every r: the first scalar vanishes, and a restart from the same residual can do
  // no better.
  Triplets t(4, 4);
  for (int i = 0; i < 4; i += 2) {
    t.add(i, i + 1, 1);
    t.add(i + 1, i, -1);
  }
  const Run r = run(make_bicgstab, make_identity_preconditioner, t.matrix(), {1, 1, 1, 1}, {1e-10});
  CHECK(r.reason == Reason::breakdown);
  for (const double v : r.x) CHECK(std::isfinite(v));
}

TEST_CASE("tolerances that rounding forbids end as stagnation, near the best answer") {
  Random random(86);
  const auto spd = test::mesh(12, 12, 1).matrix();
  const auto flow = test::convection(12, 12, 2, 1).matrix();
  const auto b = random.vector(144);
  for (const double rtol : {0.0, 1e-20, 1e-17}) {
    for (const auto m : symmetric) {
      const Run r = run(make_cg, m, spd, b, {target_for(b, rtol)});
      CHECK(r.reason == Reason::stagnated);
      CHECK(residual(spd, r.x, b) <= 1e-13L * test::euclid(b));
    }
    for (const auto m : general) {
      const Run r = run(make_bicgstab, m, flow, b, {target_for(b, rtol)});
      CHECK((r.reason == Reason::stagnated || r.reason == Reason::breakdown));
      CHECK(residual(flow, r.x, b) <= 1e-13L * test::euclid(b));
    }
  }
}

TEST_CASE("the iteration limit is exact") {
  Random random(87);
  const auto a = test::mesh(15, 15, 2).matrix();
  const auto b = random.vector(225);
  for (const auto make : {make_cg, make_bicgstab}) {
    for (const std::int64_t limit : {1, 2, 5}) {
      const Run r = run(make, make_identity_preconditioner, a, b, {target_for(b, 1e-10), limit});
      CHECK(r.reason == Reason::max_iterations);
      CHECK(r.iterations == limit);
    }
    const Run none = run(make, make_identity_preconditioner, a, b, {target_for(b, 1e-10), 0});
    CHECK(none.reason == Reason::max_iterations);
    CHECK(none.iterations == 0);
  }
}

TEST_CASE("a guess is used: the exact solution needs no iteration") {
  Random random(88);
  const auto a = test::mesh(10, 10, 3).matrix();
  const auto b = random.vector(100);
  const auto exact = test::to_double(test::Elimination(Dense(a.view()), test::to_real(b)).x);
  for (const auto make : {make_cg, make_bicgstab}) {
    Setting setting{target_for(b, 1e-10)};
    const Run cold = run(make, jacobi, a, b, setting);
    setting.x0 = exact;
    const Run warm = run(make, jacobi, a, b, setting);
    CHECK(warm.iterations == 0);
    CHECK(warm.x == exact);
    // A guess that is off a little needs fewer iterations than none.
    for (double& v : setting.x0) v *= 1 + 1e-6 * random.sign();
    const Run near = run(make, jacobi, a, b, setting);
    CHECK(near.reason == Reason::converged_rtol);
    CHECK(near.iterations > 0);
    CHECK(near.iterations < cold.iterations);
  }
}

TEST_CASE("b = 0 is solved by 0 at once") {
  const auto a = test::mesh(5, 5, 4).matrix();
  for (const auto make : {make_cg, make_bicgstab}) {
    const Run r = run(make, jacobi, a, std::vector<double>(25, 0), {0});
    CHECK(r.reason == Reason::converged_rtol);
    CHECK(r.iterations == 0);
    CHECK(r.x == std::vector<double>(25, 0));
  }
}

TEST_CASE("overflow on the way is told apart") {
  Triplets t(2, 2);
  t.add(0, 0, 1e200);
  t.add(1, 1, 1e200);
  for (const auto make : {make_cg, make_bicgstab}) {
    const Run r = run(make, make_identity_preconditioner, t.matrix(), {1e200, 1e200}, {1e190});
    CHECK(r.reason == Reason::not_finite);
  }
}

TEST_CASE("a consistent singular system converges under CG") {
  // A graph Laplacian without a shift: singular, positive semidefinite; b sums to 0.
  Triplets t(30, 30);
  Random random(89);
  for (int i = 1; i < 30; ++i) t.add_edge(i, random.below(i), 1);
  for (int k = 0; k < 30; ++k) {
    const int u = random.below(30), v = random.below(30);
    if (u != v) t.add_edge(u, v, 1);
  }
  auto b = random.vector(30);
  double sum = 0;
  for (const double v : b) sum += v;
  for (double& v : b) v -= sum / 30;
  const auto a = t.matrix();
  const Run r = run(make_cg, jacobi, a, b, {target_for(b, 1e-9)});
  CHECK(r.reason == Reason::converged_rtol);
  CHECK(residual(a, r.x, b) <= target_for(b, 1e-9) * 1.0001L);
}

TEST_CASE("one object solves one system after another, of other sizes too") {
  Random random(90);
  for (const auto make : {make_cg, make_bicgstab}) {
    auto krylov = make();
    for (const int side : {6, 3, 9}) {
      const auto a = test::grid(side, side, 0.1).matrix();
      const auto b = random.vector(side * side);
      auto m = jacobi();
      REQUIRE(m->compute(a.view()).ok());
      REQUIRE(krylov->reserve(b.size()) == Status::ok);
      std::vector<double> x(b.size(), 0);
      krylov->start(a.view(), *m, b, x, {target_for(b, 1e-10), 1000});
      Budget unlimited;
      REQUIRE(krylov->step(unlimited) == TaskState::done);
      CHECK(x == run(make, jacobi, a, b, {target_for(b, 1e-10), 1000}).x);
    }
  }
}
