#pragma once
#include "lacuna/base/seeded_random.hpp"

namespace lacuna {

/// What is known of the chance of an event: Beta(alpha, beta), both > 0; (1, 1) is the uniform
/// prior.
struct BetaPosterior {
  double alpha = 1;
  double beta = 1;

  void update(bool happened) { (happened ? alpha : beta) += 1; }
  double mean() const { return alpha / (alpha + beta); }
  double variance() const;
  /// ln of the chance, drawn from the posterior.
  double draw_log(SeededRandom& random) const;
  /// Adds what `other` learned from the same prior.
  void merge(const BetaPosterior& other, const BetaPosterior& prior);
  /// Both parameters finite and > 0.
  bool valid() const;

  bool operator==(const BetaPosterior&) const = default;
};

/// A Student-t variable: location + scale·T, T with `dof` degrees of freedom.
struct StudentT {
  double location;
  double scale;
  double dof;
};

/// What is known of a normal variable of unknown mean and variance: the normal-inverse-gamma
/// distribution (Bernardo & Smith, Bayesian Theory, 1994, §5.2), variance ~ inverse gamma(alpha,
/// beta), mean given it ~ normal(mean, variance / kappa). As a prior it is worth `kappa`
/// observations of the mean and 2·alpha of the variance. kappa, alpha, beta > 0.
struct NormalPosterior {
  double mean = 0;
  double kappa = 1;
  double alpha = 1;
  double beta = 1;

  /// The exact posterior after an observation.
  void update(double x);

  /// After an observation of which only x ≥ bound is known. The exact posterior is a mixture over
  /// the predictive distribution above the bound; it is replaced by the normal-inverse-gamma
  /// distribution with the same expectations of τ, τ², τμ and τμ², τ = 1/variance, μ the mean
  /// (assumed-density filtering). They are closed forms in incomplete beta functions and exist for
  /// every kappa, alpha > 0.
  void update_censored(double bound);

  /// Of the next observation.
  StudentT predictive() const;
  /// Of the mean.
  StudentT marginal_mean() const;

  /// The mean, drawn from the posterior.
  double draw_mean(SeededRandom& random) const;

  /// Adds what `other` learned from the same prior: the natural parameters of both less those of
  /// the prior. Exact for observations in any order; where censored ones have left so little that
  /// the sum is no distribution, that with more weight on its mean stays alone.
  void merge(const NormalPosterior& other, const NormalPosterior& prior);

  /// All finite; kappa, alpha, beta > 0.
  bool valid() const;

  bool operator==(const NormalPosterior&) const = default;
};

}  // namespace lacuna
