#include "lacuna/policy/linear_posterior.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

namespace lacuna::test {
namespace {

constexpr int n = LinearPosterior::length;
using Vector = LinearPosterior::Vector;

Vector random_phi(Random& random) {
  Vector phi;
  for (double& x : phi) x = random.sign();
  phi[0] = 1;
  return phi;
}

LinearPosterior fresh() {
  Vector precision;
  for (int i = 0; i < n; ++i) precision[i] = 0.5 + 0.1 * i;
  LinearPosterior posterior;
  REQUIRE(posterior.set(LinearPosterior::prior(precision, 2.5, 0.4)));
  return posterior;
}

/// Solves by elimination with pivoting, apart from anything in the library.
std::vector<double> solve_dense(std::vector<std::vector<double>> a, std::vector<double> b) {
  for (int k = 0; k < n; ++k) {
    int pivot = k;
    for (int i = k; i < n; ++i) {
      if (std::fabs(a[i][k]) > std::fabs(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (int i = k + 1; i < n; ++i) {
      const double f = a[i][k] / a[k][k];
      for (int j = k; j < n; ++j) a[i][j] -= f * a[k][j];
      b[i] -= f * b[k];
    }
  }
  for (int i = n - 1; i >= 0; --i) {
    for (int j = i + 1; j < n; ++j) b[i] -= a[i][j] * b[j];
    b[i] /= a[i][i];
  }
  return b;
}

TEST_CASE("exact outcomes give the closed form of Bayesian linear regression", "[policy]") {
  Random random(5);
  LinearPosterior posterior = fresh();
  std::vector<std::vector<double>> lambda(n, std::vector<double>(n, 0));
  std::vector<double> moment(n, 0);
  double squares = 0;
  for (int i = 0; i < n; ++i) lambda[i][i] = 0.5 + 0.1 * i;
  const int outcomes = 60;
  for (int k = 0; k < outcomes; ++k) {
    const Vector phi = random_phi(random);
    const double y = 3 * phi[1] - 2 * phi[4] + 0.3 * random.sign() + 1;
    posterior.update(phi, y);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) lambda[i][j] += phi[i] * phi[j];
      moment[i] += phi[i] * y;
    }
    squares += y * y;
  }
  const auto mean = solve_dense(lambda, moment);
  double fit = 0;
  for (int i = 0; i < n; ++i) {
    CHECK(posterior.mean()[i] == Approx(mean[i]).margin(1e-10));
    fit += mean[i] * moment[i];
  }
  CHECK(posterior.state().alpha == Approx(2.5 + outcomes / 2.0));
  CHECK(posterior.state().beta == Approx(0.4 + (squares - fit) / 2).epsilon(1e-9));

  const Vector phi = random_phi(random);
  const auto solved = solve_dense(lambda, {phi.begin(), phi.end()});
  double variance = 0;
  double at = 0;
  for (int i = 0; i < n; ++i) {
    variance += phi[i] * solved[i];
    at += phi[i] * mean[i];
  }
  CHECK(posterior.marginal(phi).mean == Approx(at));
  CHECK(1 / posterior.marginal(phi).kappa == Approx(variance));
}

TEST_CASE("a censored outcome changes what is known along its φ as a scalar posterior says",
          "[policy]") {
  Random random(6);
  LinearPosterior posterior = fresh();
  for (int k = 0; k < 20; ++k) {
    const Vector phi = random_phi(random);
    posterior.update(phi, phi[2] + 0.1 * random.sign());
  }
  for (int k = 0; k < 30; ++k) {
    const Vector phi = random_phi(random);
    NormalPosterior expected = posterior.marginal(phi);
    const double before = expected.mean;
    const double bound = before + 0.5 * random.sign();
    expected.update_censored(bound);
    posterior.update_censored(phi, bound);
    const NormalPosterior found = posterior.marginal(phi);
    CHECK(found.mean == Approx(expected.mean).margin(1e-9));
    CHECK(found.kappa == Approx(expected.kappa));
    CHECK(found.alpha == Approx(expected.alpha));
    CHECK(found.beta == Approx(expected.beta));
    CHECK(found.mean > before);
  }
}

TEST_CASE("what two posteriors learned apart adds up to what one learns of all", "[policy]") {
  Random random(7);
  LinearPosterior whole = fresh();
  LinearPosterior left = fresh();
  LinearPosterior right = fresh();
  for (int k = 0; k < 50; ++k) {
    const Vector phi = random_phi(random);
    const double y = random.sign() + phi[3];
    whole.update(phi, y);
    (k % 3 == 0 ? left : right).update(phi, y);
  }
  REQUIRE(left.merge(right.state(), fresh().state()));
  for (int i = 0; i < n; ++i) CHECK(left.mean()[i] == Approx(whole.mean()[i]).margin(1e-10));
  CHECK(left.state().alpha == Approx(whole.state().alpha));
  CHECK(left.state().beta == Approx(whole.state().beta).epsilon(1e-9));
}

TEST_CASE("a state that is no distribution is refused", "[policy]") {
  LinearPosterior posterior = fresh();
  const LinearPosterior::State before = posterior.state();
  const auto refused = [&](auto&& spoil) {
    LinearPosterior::State bad = before;
    spoil(bad);
    CHECK_FALSE(posterior.set(bad));
    CHECK(posterior.state() == before);
  };
  refused([](auto& s) { s.precision[0] = -1; });
  refused([](auto& s) { s.precision[1] = 1e6; });
  refused([](auto& s) { s.precision[2] = std::nan(""); });
  refused([](auto& s) { s.moment[0] = HUGE_VAL; });
  refused([](auto& s) { s.alpha = 0; });
  refused([](auto& s) { s.beta = -1; });
}

}  // namespace
}  // namespace lacuna::test
