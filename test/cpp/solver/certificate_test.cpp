// The numbers that come with an answer, recomputed independently in long double.
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
using test::Vector;
using Kind = PreconditionerKind;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// Agreement to within the rounding of a residual, which is a difference of larger numbers.
void check_certificate(const CsrMatrix& a, bool transposed, const std::vector<double>& b,
                       const Answer& answer) {
  const Dense op = transposed ? Dense(a.view()).transposed() : Dense(a.view());
  const SolveReport& report = answer.report();
  const Vector r = test::minus(b, op.times(answer.x));
  Vector magnitude(op.rows);
  Real componentwise = 0;
  for (int i = 0; i < op.rows; ++i) {
    magnitude[i] = std::fabs(static_cast<Real>(b[i]));
    for (int j = 0; j < op.cols; ++j) magnitude[i] += std::fabs(op(i, j) * answer.x[j]);
    if (r[i] != 0) componentwise = std::fmax(componentwise, std::fabs(r[i]) / magnitude[i]);
  }
  const Real rounding = (op.cols + 2) * static_cast<Real>(epsilon);
  const Real noise = rounding * test::euclid(magnitude);
  CHECK(std::fabs(report.residual_norm - test::euclid(r)) <= noise);
  CHECK(std::fabs(report.rhs_norm - test::euclid(b)) <= rounding * test::euclid(b));
  if (report.rhs_norm > 0) {
    CHECK(std::fabs(report.relative_residual - test::euclid(r) / test::euclid(b)) <=
          2 * noise / test::euclid(b));
  }
  const Real scale = op.norm_inf() * test::largest(answer.x) + test::largest(b);
  CHECK(std::fabs(report.normwise_error - test::largest(r) / scale) <= 4 * rounding);
  CHECK(std::fabs(report.componentwise_error - componentwise) <= 4 * rounding);
  if (op.rows != op.cols) {
    const Real normal =
        test::euclid(op.transposed().times(r)) / (op.norm_frobenius() * test::euclid(r));
    if (test::euclid(r) > 1e3L * noise) {
      CHECK(std::fabs(report.normal_residual - normal) <=
            1e-2L * normal + noise / test::euclid(r) * 2);
    }
  } else {
    CHECK(report.normal_residual == -1);
  }
}

void check_certificates(int samples) {
  Random random(141);
  for (int k = 0; k < samples; ++k) {
    const int w = random.between(2, 7), h = random.between(2, 7);
    const auto spd = test::mesh(w, h, k).matrix();
    const auto flow = test::convection(w, h, 3, k).matrix();
    const auto any = test::rectangular(random.between(1, 30), random.between(1, 30), 2, k).matrix();
    struct Case {
      const CsrMatrix& a;
      SolverOptions options;
    };
    for (const auto& [a, o] : {Case{spd, test::options(Method::cholesky)},
                               {spd, test::options(Method::ldlt)},
                               {spd, test::options(Method::cg)},
                               {flow, test::options(Method::lu)},
                               {flow, test::options(Method::bicgstab, Kind::jacobi)},
                               {flow, test::options(Method::qr)},
                               {any, test::options(Method::qr)}}) {
      auto solver = test::prepared(a.copy().take(), o);
      for (const bool transposed : {false, true}) {
        SolveSettings s;
        s.transposed = transposed;
        s.rtol = is_iterative(o.method) ? 1e-5 : 1e-10;  // residuals that are not only rounding
        const auto b = random.vector(transposed ? a.view().cols() : a.view().rows());
        const Answer answer = test::solve(solver, b, s);
        check_certificate(a, transposed, b, answer);
        CHECK(answer.converged());
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_certificates, "certificates are true", 15, 6000)

TEST_CASE("what is reported belongs to x, whether refinement helped or not") {
  Random random(144);
  int refined = 0, refused = 0;
  for (int exponent = 10; exponent <= 70; ++exponent) {
    // Rows that add up to nearly zero. LU keeps pivots on a weak diagonal, by which elements grow:
    // what that costs, a step of refinement may bring back. QR finds a rank that is one too small,
    // and nothing brings back the rest of the residual.
    const int n = 12;
    Triplets t(n, n);
    std::vector<double> sums(n, 0);
    for (int i = 0; i + 1 < n; ++i) {
      for (int j = 0; j < n; ++j) {
        const double v = i == j ? 0x1p-9 : random.sign();
        t.add(i, j, v);
        sums[j] -= v;
      }
    }
    for (int j = 0; j < n; ++j) {
      t.add(n - 1, j, sums[j] + std::ldexp(random.sign(), -exponent));
    }
    const auto a = t.matrix();
    for (const Method method : {Method::lu, Method::qr}) {
      auto solver = test::planned(a.copy().take(), test::options(method));
      if (!solver->prepare().ok()) continue;  // a pivot that was lost altogether
      const auto b = random.vector(n);
      const Answer answer = test::solve(solver, b);
      check_certificate(a, false, b, answer);
      SolveSettings plain;
      plain.refine = false;
      const Answer before = test::solve(solver, b, plain);
      if (answer.report().refinement_steps > 0) {
        ++refined;
      } else {
        CHECK(answer.x == before.x);
        refused += answer.report().componentwise_error > 1e-12;
      }
      CHECK(answer.report().componentwise_error <= before.report().componentwise_error);
    }
  }
  CHECK(refined > 10);
  CHECK(refused > 0);
}

TEST_CASE("least squares are accepted by the normal equations, at every size of residual") {
  Random random(142);
  for (int k = 0; k < 20; ++k) {
    const auto a = test::rectangular(40, 15, 3, k).matrix();
    const Dense dense(a.view());
    auto solver = test::prepared(a.copy().take());
    const auto image = test::to_double(dense.times(random.vector(15)));
    // From a residual as large as b down to one that is only rounding.
    for (int exponent = 0; exponent >= -60; exponent -= 4) {
      auto b = image;
      for (double& v : b) v += std::ldexp(random.sign(), exponent);
      const Answer answer = test::solve(solver, b);
      CAPTURE(k, exponent, answer.report().relative_residual, answer.report().normal_residual);
      CHECK(answer.converged());
      CHECK(answer.reason() == Reason::direct);
    }
  }
}

TEST_CASE("a wrong least-squares answer is not certified") {
  Random random(143);
  const auto a = test::rectangular(40, 15, 3, 1).matrix();
  auto solver = test::prepared(a.copy().take());
  const auto b = random.vector(40);
  auto x = test::solve(solver, b).x;
  for (double& v : x) v *= 1 + 1e-6;
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  task->certify_only();
  CHECK(task->reports()[0].converged == 0);
  CHECK(task->reports()[0].normal_residual > 1e-8);
}

TEST_CASE("what is not finite is never certified as good") {
  // The answer overflows: 1e300 / 1e-300.
  Triplets small(2, 2);
  small.add(0, 0, 1e-300);
  small.add(1, 1, 1);
  for (const Method method : {Method::ldlt, Method::lu}) {
    auto solver = test::prepared(small.matrix(), test::options(method));
    const Answer answer = test::solve(solver, {1e300, 1});
    CHECK_FALSE(answer.converged());
    CHECK(answer.reason() == Reason::not_finite);
    CHECK(answer.report().componentwise_error == std::numeric_limits<double>::infinity());
    CHECK(answer.report().normwise_error == std::numeric_limits<double>::infinity());
    CHECK(answer.report().residual_norm == std::numeric_limits<double>::infinity());
  }
  // A factor that overflows unless it is scaled, 1e300 · 1e300, is scaled.
  Triplets t(2, 2);
  t.add(0, 0, 1e-300);
  t.add_symmetric(0, 1, 1e300);
  t.add(1, 1, 1e300);
  auto automatic = test::prepared(t.matrix());
  const Answer answer = test::solve(automatic, {1e300, 1e300});
  CHECK(answer.converged());
}

TEST_CASE("a certificate near the end of the range does not turn into zero") {
  Triplets t(2, 2);
  t.add(0, 0, 1e300);
  t.add(1, 1, 1e-300);
  auto solver = test::prepared(t.matrix(), test::options(Method::lu));
  std::vector<double> b{1, 1}, x{0, 2e300};  // the second component is off by a factor of two
  auto task = SolveTask::create(solver, b, x, 1, {}).take();
  task->certify_only();
  const SolveReport& report = task->reports()[0];
  CHECK(report.converged == 0);
  CHECK(report.componentwise_error == 1);
  CHECK(report.normwise_error >= 0);
  CHECK(report.normwise_error < 1e-250);  // ‖A‖‖x‖ is about 1e600
}
