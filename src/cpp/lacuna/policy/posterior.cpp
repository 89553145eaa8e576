#include "lacuna/policy/posterior.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/distributions.hpp"
#include "lacuna/policy/truncated_student.hpp"

namespace lacuna {
namespace {

bool positive(double x) { return x > 0 && std::isfinite(x); }

}  // namespace

double BetaPosterior::variance() const {
  const double sum = alpha + beta;
  return alpha / sum * (beta / sum) / (sum + 1);
}

double BetaPosterior::draw_log(SeededRandom& random) const {
  return draw_log_beta(random, alpha, beta);
}

void BetaPosterior::merge(const BetaPosterior& other, const BetaPosterior& prior) {
  alpha += other.alpha - prior.alpha;
  beta += other.beta - prior.beta;
}

bool BetaPosterior::valid() const { return positive(alpha) && positive(beta); }

void NormalPosterior::update(double x) {
  const double difference = x - mean;
  const double heavier = kappa + 1;
  mean += difference / heavier;
  alpha += 0.5;
  beta += 0.5 * difference * difference * (kappa / heavier);
  kappa = heavier;
}

void NormalPosterior::update_censored(double bound) {
  const StudentT next = predictive();
  const TruncatedStudent known = truncated_student(next.dof, (bound - next.location) / next.scale);
  // After x = location + scale·T: τ has expectation (alpha + ½) w / beta, μ is centred at
  // mean + step·T with variance 1 / ((kappa + 1) τ).
  const double shape = alpha + 0.5;
  const double step = next.scale / (kappa + 1);
  const double precision = shape / beta * known.w;
  const double centre = known.t_w / known.w;
  // E[τ (μ − its new centre)²]
  const double variance =
      1 / (kappa + 1) + shape / beta * step * step * (known.t_square_w - known.t_w * centre);
  const NormalPosterior matched{mean + step * centre, 1 / variance, 1 / known.spread,
                                1 / (known.spread * precision)};
  // Past the range of a double, one more bound says nothing.
  if (matched.valid()) *this = matched;
}

StudentT NormalPosterior::predictive() const {
  return {mean, std::sqrt(beta / alpha * ((kappa + 1) / kappa)), 2 * alpha};
}

StudentT NormalPosterior::marginal_mean() const {
  return {mean, std::sqrt(beta / (alpha * kappa)), 2 * alpha};
}

double NormalPosterior::draw_mean(SeededRandom& random) const {
  if (alpha >= 1) {
    const double precision = draw_gamma(random, alpha) / beta * kappa;
    return mean + draw_normal(random) / std::sqrt(precision);
  }
  // Of the deviation; bounded, since infinity times 0 is no number.
  const double log = 0.5 * (natural_log(beta / kappa) - draw_log_gamma(random, alpha));
  return mean + exponential(std::fmin(log, 700)) * draw_normal(random);
}

void NormalPosterior::merge(const NormalPosterior& other, const NormalPosterior& prior) {
  NormalPosterior sum;
  sum.kappa = kappa + (other.kappa - prior.kappa);
  sum.alpha = alpha + (other.alpha - prior.alpha);
  sum.mean = (kappa * mean + (other.kappa * other.mean - prior.kappa * prior.mean)) / sum.kappa;
  // beta + kappa·mean²/2 is the natural parameter; about the new mean nothing cancels.
  const auto about = [&](const NormalPosterior& p) {
    const double d = p.mean - sum.mean;
    return p.beta + 0.5 * p.kappa * d * d;
  };
  sum.beta = about(*this) + (about(other) - about(prior));
  if (sum.valid()) {
    *this = sum;
  } else if (other.kappa > kappa) {
    *this = other;
  }
}

bool NormalPosterior::valid() const {
  return std::isfinite(mean) && positive(kappa) && positive(alpha) && positive(beta);
}

}  // namespace lacuna
