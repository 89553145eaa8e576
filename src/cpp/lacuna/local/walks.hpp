#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/local/rhs.hpp"
#include "lacuna/local/walk_block.hpp"
#include "lacuna/local/walk_plan.hpp"
#include "lacuna/local/walk_source.hpp"
#include "lacuna/local/walk_starts.hpp"

namespace lacuna {

struct WalkSettings {
  double confidence = 0.95;  ///< in (0, 1): of the interval
  double target = 0;         ///< half-width wanted; 0: as many walks as allowed
  /// With it the target is raised to rtol·|offset + estimate| − pad, by the estimate so far;
  /// `first_target` is a guess at that, for the stage before there is one.
  double rtol = 0;
  double offset = 0;
  double pad = 0;
  double first_target = 0;
  std::uint64_t seed = 0;
  double max_walks = 1e7;
  /// Stages are planned within it; exceeded by the steps of 4096 walks at the most.
  double max_steps = std::numeric_limits<double>::infinity();
  /// Σ s·b/a over the starts is added up, and walks begin with the step taken: their range falls
  /// from Σ|s| to Σ|s|q. Reads the lines and right-hand sides of all starts once.
  bool exact_first_step = true;
  std::int32_t in_flight = 32;  ///< 1 … 1024; has no influence on the result
  /// Steps after which a walk is cut off and scores 0; the bias that this can make, q^(steps − 1)
  /// of the range, is in the half-width whether a walk was cut off or not. 0: so many that it is
  /// e⁻⁴⁵.
  double longest_walk = 0;
};

/// The answer of walks: |Σ sₖx[vₖ] − estimate| ≤ half_width with probability at least `confidence`
/// over the seed, if the generator is as good as independent uniform draws.
struct WalkResult {
  double estimate = 0;
  double half_width = 0;  ///< the interval and all that is charged: bias, cut-off, rounding
  double confidence = 0;
  double walks = 0;  ///< made, those of a pilot included
  double steps = 0;
  double variance = 0;   ///< of S·score within strata, as the last interval used it
  double range = 0;      ///< length of the interval that S·score lies in
  double truncated = 0;  ///< walks that were cut off
  double exact_part = 0;
  double exact_rounding = 0;  ///< bound on its rounding, part of the half-width
  double charged = 0;         ///< part of the half-width that is no matter of chance
  double reached = 0;         ///< 1: half_width ≤ target
};

/// Monte Carlo for Σ sₖ·x[vₖ], x = A⁻¹b, A strictly row-dominant with any signs.
///
/// With A = D(I − P), x = Σ Pⁱ D⁻¹b. A walk goes from v to j with probability |Pᵥⱼ|, takes the sign
/// of Pᵥⱼ along, ends with probability 1 − qᵥ, and scores sign·bᵥ/(aᵥᵥ(1 − qᵥ)) there: the
/// estimator of von Neumann and Ulam (Forsythe & Leibler, MTAC 4, 1950) in the form of Wasow (MTAC
/// 6, 1952), unbiased, of length at most 1/(1 − q) on average, within ±‖b‖∞/δ, δ the least row
/// margin. Starts are drawn in proportion to |sₖ|, stratified, in pairs; the interval is that of
/// `PairedSample`, in stages by `WalkPlan`. An entry to ±ε‖b‖∞/δ takes O(ε⁻²) walks, whatever the
/// size of the matrix.
///
/// The result is a function of the input and the seed: not of slices, of walks in flight or of when
/// lines arrive. Memory: 100 kB, and 48 bytes a start.
class Walks {
 public:
  using Outcome = WalkOutcome;

  /// Begins over a finished table. What is passed, but the starts, must outlive the walks.
  /// `invalid_argument` for settings outside their domain, `index_out_of_range` or `not_finite`
  /// with the position of a start, `not_ready`, `out_of_memory`.
  Fault begin(const WalkTable& table, std::span<const WalkStart> starts, LocalRhs& rhs,
              const WalkSettings& settings);
  /// The same over rows that are read one by one, about 3 cache misses or more a step.
  Fault begin(Lines& rows, const WalkPromise& promise, std::span<const WalkStart> starts,
              LocalRhs& rhs, const WalkSettings& settings);

  /// Walks on; 32 flops are booked a step. After `needs_lines` or `needs_rhs`, call again when they
  /// are there. Never more than a round of all walks, or 4096 scores, between looks at the budget.
  Outcome step(Budget& budget);

  /// What is known at any time: an interval from the batches that are complete, the trivial one
  /// ±S‖b‖∞/δ at the least once the starts have been read; before that, ∞.
  WalkResult result() const;
  std::int64_t broken_at() const { return broken_at_; }
  std::size_t bytes() const { return starts_.bytes() + block_.bytes(); }

 private:
  enum class Phase : std::int32_t { prepare, stage, batch, walk, score, done };

  Fault start(std::span<const WalkStart> starts, LocalRhs& rhs, const WalkSettings& settings);
  void measure();
  void next_stage();
  void next_block();
  Outcome score();
  void close_batch();
  void finish(Outcome outcome);
  /// The half-width wanted, as far as it is known.
  double target() const;
  /// What the next stage is planned for, over the scale.
  double aim() const;
  bool met() const { return target() > 0 && half_width() <= target(); }
  double half_width() const;
  void narrow(double low, double high);

  WalkSource source_;
  LocalRhs* rhs_ = nullptr;
  WalkSettings settings_;
  WalkStarts starts_;
  WalkBlock block_;
  WalkPlan plan_;
  CounterRandom random_;
  Phase phase_ = Phase::done;
  Outcome outcome_ = Outcome::limit;
  std::int64_t broken_at_ = -1;

  double largest_ = 0;  ///< of |score|
  double span_ = 0;     ///< length of the interval of sign·score
  double charged_ = 0;
  std::uint32_t cap_ = 0;
  double low_ = 0;  ///< the interval so far
  double high_ = 0;

  WalkPlan::Stage stage_;
  int batch_ = 0;
  double in_batch_ = 0;  ///< walks of the batch in blocks that are complete
  double before_ = 0;    ///< walks of all batches that are complete
  PairedSample sample_;  ///< of the stage
  double variance_ = 0;
};

}  // namespace lacuna
