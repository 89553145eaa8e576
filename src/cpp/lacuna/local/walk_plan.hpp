#pragma once

#include "lacuna/local/bernstein.hpp"

namespace lacuna {

/// How many walks are made, in stages that are fixed before they begin, so that the interval of
/// each is valid: a pilot finds the variance, the next stage is sized for the target by it, and so
/// on as long as the target is missed. No walk serves two stages. Each interval may fail with a
/// part of the δ that is left, so that all hold together with the confidence asked for, whichever
/// is used.
///
/// A large stage comes in batches of 1/8, 1/8, 1/4 and 1/2 of its walks, each stratified in itself;
/// what has come after each of them has an interval of its own for a small part of δ: a stop on the
/// way has something to show, and a target that is met early is met.
///
/// A stage whose variance is not known, or known to be near the most that the range allows, is
/// sized for Hoeffding's interval, which asks for no variance and so meets its target for certain:
/// no reserve for another estimate, and next to nothing of δ kept for another stage.
class WalkPlan {
 public:
  static constexpr int max_batches = 4;

  struct Stage {
    double walks = 0;  ///< even
    int batches = 0;
    double size[max_batches] = {};   ///< walks of each batch, even
    double level[max_batches] = {};  ///< L of the interval after each batch
    bool by_range = false;           ///< the interval after the last batch is Hoeffding's
  };

  /// A quarter of what the range alone asks for, within limits.
  static double pilot_walks(double range, double confidence, double target);

  /// `range`: length of the interval that a variable lies in; `target` ≤ 0: as many walks as
  /// allowed.
  void begin(double range, double confidence, double target);

  /// Another target from the next stage on, known from those before.
  void retarget(double target) { target_ = target; }

  /// The next stage, given the variance that the last one found and the walks that may still be
  /// made. False where none may.
  bool next(double variance, double allowed, Stage& stage);

 private:
  void fill(double walks, double delta, bool by_range, Stage& stage) const;

  double range_ = 0;
  double target_ = 0;
  double delta_left_ = 0;
  double pilot_ = 0;
  double last_walks_ = 0;  ///< of the stage before
  int stage_ = 0;
};

/// What a planner needs to know before any walk is made.
struct WalkForecast {
  double walks = 0;
  double steps = 0;  ///< on average, at the most: 1/(1 − q) a walk, and the first one
};

/// Walks that a `WalkPlan` takes for a half-width `target`, its pilot included. `range`:
/// 2·S·‖b‖∞/δ; `variance` of S·score, negative for the worst case range²/4; `contraction`: q = maxᵥ
/// Σⱼ≠ᵥ|aᵥⱼ|/|aᵥᵥ|.
WalkForecast forecast_walks(double range, double variance, double confidence, double target,
                            double contraction);

}  // namespace lacuna
