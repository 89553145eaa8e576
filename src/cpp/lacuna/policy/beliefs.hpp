#pragma once
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/seeded_random.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/policy/context.hpp"
#include "lacuna/policy/linear_posterior.hpp"
#include "lacuna/policy/posterior.hpp"

namespace lacuna {

/// How a run of an arm ended.
struct RunOutcome {
  /// Came to a certificate.
  bool certified = false;
  /// Was cut off at a limit of the policy: it would have cost `log_cost` or more.
  bool censored = false;
  /// Of `auto`: its first rung was set up and gave the answer.
  bool first_rung = false;
  /// ln of its cost in model units, with that of what was fallen back on.
  double log_cost = 0;
};

/// What is expected of an arm.
struct ArmForecast {
  double mean = 0;       ///< of ln of cost
  double deviation = 0;  ///< standard deviation of that mean: what is not known, without noise
  double noise = 0;      ///< variance of ln of cost about its mean
  double safety = 1;     ///< chance of a certificate
  double runs = 0;       ///< outcomes of this arm, in any context
  bool known = false;    ///< whether its way was ever run
  NormalPosterior line;  ///< what the regression of its way knows of its mean

  /// Standard deviation of ln of the cost of one run.
  double spread() const;
};

/// What is known of the cost and safety of each arm in each context. ln of cost is a prior, plus
/// φᵀw of the way, an arm in any order, on matrices of the shape (`LinearPosterior`), plus offsets
/// of the arm and of the pair of bucket and arm (`NormalPosterior` with mean 0). The cost of an
/// outcome without a certificate is that with what was fallen back on. An outcome updates w as if
/// the offset were its mean, then the offset as if w were: what Gibbs sampling would do with one
/// sweep of means. The chance of a certificate in a bucket is a Beta posterior whose prior, worth
/// `shrinkage` outcomes, has the mean of the arm's over all buckets.
class Beliefs {
 public:
  static constexpr double shrinkage = 4;
  /// What ln of the chance of a certificate weighs beside ln of cost, which has the cost of what
  /// followed a failure in it already.
  static constexpr double caution = 0.25;
  /// What the variance of ln of cost weighs beside its mean. Half of it is what the mean of costs
  /// is above that of their logarithms; the rest is for the tail, where a choice is regretted.
  static constexpr double aversion = 1;

  /// What is known of an arm in all buckets.
  struct ArmBelief {
    NormalPosterior offset;
    BetaPosterior safety;
    double runs = 0;

    bool operator==(const ArmBelief&) const = default;
  };
  /// What a bucket adds.
  struct Cell {
    NormalPosterior offset;
    double successes = 0;
    double failures = 0;

    bool operator==(const Cell&) const = default;
  };

  static LinearPosterior::State prior_cost();
  static NormalPosterior prior_offset();

  /// Nothing learned, with the prior chances of a certificate and the ways of the arms (at most the
  /// arm's own number). `out_of_memory`; it is as before then.
  Status reserve(std::span<const BetaPosterior> safety, std::span<const int> ways);
  Status copy_from(const Beliefs& other);

  int arms() const { return static_cast<int>(arms_.size()); }

  /// `sibling`: the forecast in the same context of an arm of the same way, whose regression need
  /// not be asked again; or null.
  ArmForecast forecast(int arm, const Context& context, double prior,
                       const ArmForecast* sibling = nullptr) const;
  /// ln of cost less `caution` times ln of the chance of a certificate, drawn from the posteriors,
  /// with `aversion` times the variance.
  double draw(int arm, const Context& context, double prior, const ArmForecast& forecast,
              SeededRandom& random) const;
  void update(int arm, const Context& context, double prior, const RunOutcome& outcome);

  /// Adds what `other` learned beyond `base`, which both began with; with an empty `base`, beyond
  /// the prior. Shapes have to be equal.
  void merge(const Beliefs& other, const Beliefs& base);

  int way_of(int arm) const { return ways_[arm]; }
  /// What is known of the cost of a way, an arm that stands for it, on matrices of a shape.
  const LinearPosterior& way(int k, int shape) const { return costs_[line_index(k, shape)]; }
  LinearPosterior& way(int k, int shape) { return costs_[line_index(k, shape)]; }
  const ArmBelief& arm(int k) const { return arms_[k]; }
  ArmBelief& arm(int k) { return arms_[k]; }
  const Cell& cell(int bucket, int arm) const { return cells_[index(bucket, arm)]; }
  Cell& cell(int bucket, int arm) { return cells_[index(bucket, arm)]; }
  std::size_t bytes() const { return costs_.bytes() + arms_.bytes() + cells_.bytes(); }

 private:
  std::size_t line_index(int way, int shape) const {
    return static_cast<std::size_t>(shape) * ways_.size() + static_cast<std::size_t>(way);
  }
  std::size_t line_of(int arm, const Context& context) const {
    return line_index(ways_[arm], context.shape());
  }
  std::size_t index(int bucket, int arm) const {
    return static_cast<std::size_t>(bucket) * arms_.size() + static_cast<std::size_t>(arm);
  }
  BetaPosterior safety(int arm, int bucket) const;

  double line(int arm, const Context& context) const {
    return costs_[line_of(arm, context)].marginal(context.phi).mean;
  }

  Buffer<int> ways_;
  /// By way; those of arms that are no way of their own are not used.
  Buffer<LinearPosterior> costs_;
  Buffer<ArmBelief> arms_;
  Buffer<Cell> cells_;
};

}  // namespace lacuna
