#pragma once
#include <array>

#include "lacuna/policy/context.hpp"
#include "lacuna/policy/posterior.hpp"

namespace lacuna {

/// What is known of y = φᵀw + noise: Bayesian linear regression with the conjugate prior (Bishop,
/// Pattern Recognition and Machine Learning, 2006, §3.3; Bernardo & Smith 1994, §5.2), variance ~
/// inverse gamma(alpha, beta), w given it ~ normal(m, variance·Λ⁻¹).
///
/// Along one φ, the mean φᵀw and the variance have the normal-inverse-gamma distribution of
/// `NormalPosterior`, and an outcome there tells of w only through φᵀw: what that posterior makes
/// of the outcome, exact or censored, is carried over as a change of Λ by a multiple of φφᵀ. For
/// exact outcomes this is the exact posterior. 172 numbers of state; O(length³) for an
/// update, O(length²) for a marginal.
class LinearPosterior {
 public:
  static constexpr int length = Context::length;
  static constexpr int packed = length * (length + 1) / 2;
  using Vector = std::array<double, length>;

  /// State in natural parameters: Λ by rows of its lower triangle, Λm, alpha, beta.
  struct State {
    std::array<double, packed> precision;
    Vector moment;
    double alpha;
    double beta;

    bool operator==(const State&) const = default;
  };

  /// m = 0, Λ diagonal. All > 0.
  static State prior(const Vector& precision, double alpha, double beta);

  /// A state that is none (numbers that are not finite, alpha or beta ≤ 0, Λ not positive definite)
  /// is refused: false, and nothing has changed.
  bool set(const State& state);
  const State& state() const { return state_; }

  const Vector& mean() const { return mean_; }
  /// What is known of φᵀw and the variance.
  NormalPosterior marginal(const Vector& phi) const;

  void update(const Vector& phi, double y);
  /// y ≥ bound is all that is known.
  void update_censored(const Vector& phi, double bound);

  /// Adds what `other` learned from the same prior. False, with nothing changed, where the sum is
  /// no distribution, which only censored outcomes can bring about.
  bool merge(const State& other, const State& prior);

 private:
  void absorb(const Vector& phi, const NormalPosterior& before, const NormalPosterior& after);

  State state_{};
  std::array<double, packed> factor_{};  // Cholesky factor of Λ, its diagonal inverted
  Vector mean_{};
};

}  // namespace lacuna
