#include "lacuna/policy/linear_posterior.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr int n = LinearPosterior::length;
using Vector = LinearPosterior::Vector;
using Packed = std::array<double, LinearPosterior::packed>;

/// Place of entry (i, j), j ≤ i, of a lower triangle.
constexpr int at(int i, int j) { return i * (i + 1) / 2 + j; }

bool finite(double x) { return x - x == 0; }

/// Cholesky factor L, with the inverse of its diagonal in place of that; false where the matrix is
/// not positive definite.
bool factorize(const Packed& a, Packed& l) {
  for (int i = 0; i < n; ++i) {
    double* row = l.data() + at(i, 0);
    for (int j = 0; j <= i; ++j) {
      const double* other = l.data() + at(j, 0);
      double sum = a[at(i, j)];
      for (int k = 0; k < j; ++k) sum -= row[k] * other[k];
      if (i == j && !(sum > 0)) return false;
      row[j] = i == j ? 1 / std::sqrt(sum) : sum * other[j];
    }
  }
  return true;
}

/// L⁻¹b.
Vector forward(const Packed& l, Vector b) {
  for (int i = 0; i < n; ++i) {
    const double* row = l.data() + at(i, 0);
    double sum = b[i];
    for (int k = 0; k < i; ++k) sum -= row[k] * b[k];
    b[i] = sum * row[i];
  }
  return b;
}

/// L⁻ᵀb.
Vector backward(const Packed& l, Vector b) {
  for (int i = n - 1; i >= 0; --i) {
    const double* row = l.data() + at(i, 0);
    b[i] *= row[i];
    for (int k = 0; k < i; ++k) b[k] -= row[k] * b[i];
  }
  return b;
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

bool all_finite(const LinearPosterior::State& s) {
  for (const double x : s.precision) {
    if (!finite(x)) return false;
  }
  for (const double x : s.moment) {
    if (!finite(x)) return false;
  }
  return finite(s.alpha) && finite(s.beta);
}

}  // namespace

LinearPosterior::State LinearPosterior::prior(const Vector& precision, double alpha, double beta) {
  State state{};
  for (int i = 0; i < n; ++i) state.precision[at(i, i)] = precision[i];
  state.alpha = alpha;
  state.beta = beta;
  return state;
}

bool LinearPosterior::set(const State& state) {
  Packed factor{};
  if (!all_finite(state) || !(state.alpha > 0) || !(state.beta > 0)) return false;
  if (!factorize(state.precision, factor)) return false;
  state_ = state;
  factor_ = factor;
  mean_ = backward(factor_, forward(factor_, state_.moment));
  return true;
}

NormalPosterior LinearPosterior::marginal(const Vector& phi) const {
  const Vector v = forward(factor_, phi);
  return {dot(phi, mean_), 1 / dot(v, v), state_.alpha, state_.beta};
}

void LinearPosterior::update(const Vector& phi, double y) {
  const NormalPosterior before = marginal(phi);
  NormalPosterior after = before;
  after.update(y);
  absorb(phi, before, after);
}

void LinearPosterior::update_censored(const Vector& phi, double bound) {
  const NormalPosterior before = marginal(phi);
  NormalPosterior after = before;
  after.update_censored(bound);
  absorb(phi, before, after);
}

void LinearPosterior::absorb(const Vector& phi, const NormalPosterior& before,
                             const NormalPosterior& after) {
  State next = state_;
  const double weight = after.kappa - before.kappa;
  const double moment = after.kappa * after.mean - before.kappa * before.mean;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) next.precision[at(i, j)] += weight * phi[i] * phi[j];
    next.moment[i] += moment * phi[i];
  }
  next.alpha = after.alpha;
  next.beta = after.beta;
  // What rounding would spoil is not learned.
  set(next);
}

bool LinearPosterior::merge(const State& other, const State& prior) {
  LinearPosterior theirs;
  LinearPosterior common;
  if (!theirs.set(other) || !common.set(prior)) return false;
  // beta + ½ mᵀΛm is what adds up.
  const auto natural = [](const LinearPosterior& p) {
    return p.state_.beta + 0.5 * dot(p.mean_, p.state_.moment);
  };
  State sum = state_;
  for (int k = 0; k < packed; ++k) sum.precision[k] += other.precision[k] - prior.precision[k];
  for (int i = 0; i < n; ++i) sum.moment[i] += other.moment[i] - prior.moment[i];
  sum.alpha += other.alpha - prior.alpha;
  Packed factor{};
  if (!factorize(sum.precision, factor)) return false;
  const Vector v = forward(factor, sum.moment);
  sum.beta = natural(*this) + natural(theirs) - natural(common) - 0.5 * dot(v, v);
  return set(sum);
}

}  // namespace lacuna
