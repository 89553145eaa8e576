#pragma once
#include "lacuna/policy/arms.hpp"
#include "lacuna/policy/beliefs.hpp"
#include "lacuna/policy/features.hpp"

namespace lacuna {

/// What exploring may cost on matrices of a shape, after conservative bandits (Wu, Shariff,
/// Lattimore & Szepesvári, ICML 2016): what plans other than the base plan lost is kept within
/// `share` of what that one cost. Here the next loss is held against the allowance in expectation,
/// by what is believed of the plan, and its limit against `reach` times the allowance. No bound on
/// the losses: beliefs err, a plan that has proved itself is not limited, and a run may pass its
/// limit by a piece of work or by the 100 iterations that are always allowed.
struct Ledger {
  static constexpr double share = 0.01;
  /// Of what the base plan is expected to cost on the next system: an allowance to begin with.
  static constexpr double first = 0.05;
  static constexpr double reach = 2;

  double base = 0;  ///< units that the base plan cost, or would have cost at the least
  double loss = 0;  ///< units that others cost beyond it

  /// Units that may be lost on a system on which the base plan costs about `expected`.
  double allowance(double expected) const { return share * base + first * expected - loss; }

  /// Books a run of the base plan.
  void book_base(double cost) { base += cost; }
  /// Books a run of another plan, where the base plan is expected to cost `expected`, and `least`
  /// at the least. `wasted`: it was cut off, and what follows is not in its cost.
  void book_other(double cost, bool certified, bool wasted, double expected, double least);

  bool operator==(const Ledger&) const = default;
};

/// The largest limit, at most `most` and `reach` times the allowance, at which a run of a plan is
/// expected to lose no more than the allowance: limit times the chance that it ends there, or fails
/// before. 0 where that is less than the plan is expected to cost. The chances are those of a
/// logistic distribution of ln of cost.
double affordable_limit(const ArmForecast& forecast, double most, double allowance);

/// The plan that is run where nothing else is known to be better: what the rules try first, in
/// AMD's order where the prior says that this is cheaper than choosing one; where that has failed
/// on matrices of the shape no less often than not, what they try next; the rules themselves where
/// they may defer a factorization, or nothing else fits.
int base_plan(const Arms& arms, const Beliefs& beliefs, const Features& features,
              const Context& context, std::uint64_t fitting);

/// Outcomes of an arm on matrices of the shape, in all buckets.
struct ShapeCounts {
  double successes = 0;
  double failures = 0;
};
ShapeCounts shape_counts(const Beliefs& beliefs, const Context& context, int arm);

}  // namespace lacuna
