#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/seeded_random.hpp"
#include "lacuna/policy/posterior.hpp"

namespace lacuna {

struct BanditOptions {
  std::int32_t arms = 2;
  std::uint64_t seed = 0;
  /// A run of another arm than the incumbent is cut off at this multiple of the cost predicted for
  /// the incumbent; > 1, or infinity.
  double cut_off = 4;
  /// Of every arm in every context: of the chance of success and of the natural log of the cost.
  BetaPosterior success;
  NormalPosterior cost{0, 0.01, 1, 1};

  bool operator==(const BanditOptions&) const = default;
};

/// What came of one run.
struct BanditOutcome {
  /// Nothing where it isn't known, as of a run that was cut off.
  std::optional<bool> success;
  double cost = 1;        ///< > 0, of the run whether it succeeded or not
  bool censored = false;  ///< it would have cost that or more
};

/// What is known of one arm in one context.
struct ArmRecord {
  BetaPosterior success;
  NormalPosterior cost;  ///< of ln cost
  std::uint32_t chosen = 0;
  std::uint32_t recorded = 0;
  std::uint32_t censored = 0;  ///< of those recorded

  /// ln of the expected cost of a success, with the means in place of samples.
  double mean_score() const;
};

struct BanditChoice {
  std::int32_t arm = 0;
  std::int32_t incumbent = 0;
  double predicted = 0;  ///< cost of the chosen arm: the median of its predictive distribution
  double limit = 0;      ///< cost at which to cut the run off; infinity for none
};

/// Thompson sampling (Thompson 1933; Agrawal & Goyal, COLT 2012) over contexts × arms with two
/// signals, success and cost. The score of an arm is a sample of its mean log cost less ln of a
/// sample of its chance of success: ln of the expected cost of a success if failures are run again.
/// The least wins, the first of equals. Contexts learn apart from each other. The same seed and
/// history give the same choices on every target. 80 bytes an arm and context.
class Bandit {
 public:
  /// `invalid_argument`: arms < 1, a prior that is no distribution, cut_off ≤ 1.
  Status begin(const BanditOptions& options);

  const BanditOptions& options() const { return options_; }
  std::int32_t contexts() const { return contexts_; }

  /// Room for so many contexts, which are then added without fail. `out_of_memory`.
  [[nodiscard]] Status reserve(std::int32_t contexts);
  /// A context of which only the prior is known, in the room reserved.
  std::int32_t add_context();
  /// Forgets a context: what is known of it is the prior again.
  void reset(std::int32_t context);

  /// Draws a score for every arm. O(arms), about 0.3 µs each.
  BanditChoice choose(std::int32_t context);

  /// Whether the cost is positive and finite.
  static bool acceptable(const BanditOutcome& outcome);
  /// `invalid_argument` for an outcome that is not; nothing has changed then.
  [[nodiscard]] Status record(std::int32_t context, std::int32_t arm, const BanditOutcome& outcome);

  /// How often each arm would be chosen now: shares of `draws` choices by a generator of its own,
  /// standard error at most 0.5/√draws. `out`: one for each arm. Nothing changes.
  void chances(std::int32_t context, std::int32_t draws, std::span<double> out) const;

  /// Of the arms recorded there, that with the least mean score: a prior alone is no merit. The
  /// first arm where none is.
  std::int32_t incumbent(std::int32_t context) const;

  const ArmRecord& record_of(std::int32_t context, std::int32_t arm) const {
    return records_[at(context, arm)];
  }
  ArmRecord& record_of(std::int32_t context, std::int32_t arm) {
    return records_[at(context, arm)];
  }

  /// Adds to a context what another bandit with the same options but the seed learned in one of
  /// its contexts, from the same prior and apart from this one.
  void merge(std::int32_t context, const Bandit& other, std::int32_t from);

  SeededRandom random;  ///< draws the scores

 private:
  std::size_t at(std::int32_t context, std::int32_t arm) const {
    return static_cast<std::size_t>(context) * options_.arms + arm;
  }
  std::int32_t draw_least(std::int32_t context, SeededRandom& random) const;

  BanditOptions options_;
  Buffer<ArmRecord> records_;
  std::int32_t contexts_ = 0;
};

}  // namespace lacuna
