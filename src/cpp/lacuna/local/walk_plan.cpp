#include "lacuna/local/walk_plan.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace lacuna {
namespace {

// Parts of δ: of a pilot, of a further stage in what is left, and of a whole stage in its own
// share.
constexpr double pilot_share = 0.05;
constexpr double stage_share = 0.8;
constexpr double whole_share = 0.9;
constexpr double certain_share = 0.95;
constexpr double least_pilot = 128;
constexpr double most_pilot = 4096;
constexpr double least_split = 4096;

double even(double walks) { return 2 * static_cast<double>(static_cast<std::int64_t>(walks / 2)); }

double planned(double variance, double range, double delta, double target) {
  return bernstein_walks(variance, range, bernstein_level(whole_share * delta), target);
}

/// What the variance may be where `walks` have found this much of it, by two standard deviations:
/// missing the target costs a whole stage. The terms W = (X − X′)²/2 of a pair have E W² ≤ (R²/2)·E
/// W, so that their mean over walks/2 pairs has a variance of at most R²·E W/walks.
double raised(double variance, double range, double walks) {
  return variance + 2 * range * std::sqrt(variance / std::fmax(walks, 2));
}

double planned_by_range(double range, double delta, double target) {
  return hoeffding_walks(range, hoeffding_level(whole_share * delta), target);
}

}  // namespace

double WalkPlan::pilot_walks(double range, double confidence, double target) {
  const double least = planned(0, range, stage_share * (1 - confidence), target);
  return even(std::fmin(std::fmax(least / 4, least_pilot), most_pilot));
}

void WalkPlan::begin(double range, double confidence, double target) {
  range_ = range;
  target_ = target;
  delta_left_ = 1 - confidence;
  pilot_ = target > 0 ? pilot_walks(range, confidence, target) : 0;
  stage_ = 0;
}

void WalkPlan::fill(double walks, double delta, bool by_range, Stage& stage) const {
  stage = {};
  stage.walks = walks;
  stage.by_range = by_range;
  const auto last_level = by_range ? hoeffding_level : bernstein_level;
  if (walks < least_split) {
    stage.batches = 1;
    stage.size[0] = walks;
    stage.level[0] = last_level(delta);
    return;
  }
  stage.batches = max_batches;
  double made = 0;
  double part = 0.125;
  for (int k = 0; k + 1 < max_batches; ++k, part *= 2) {
    stage.size[k] = even(part * walks) - made;
    made += stage.size[k];
    stage.level[k] = bernstein_level((1 - whole_share) * part * delta);
  }
  stage.size[max_batches - 1] = walks - made;
  stage.level[max_batches - 1] = last_level(whole_share * delta);
}

bool WalkPlan::next(double variance, double allowed, Stage& stage) {
  allowed = even(std::fmin(allowed, 0x1p52));
  if (allowed < 2 || !(delta_left_ > 0)) return false;
  double share = stage_share * delta_left_;
  double walks = allowed;
  bool by_range = false;
  if (target_ > 0) {
    const double guess = stage_ == 0 ? range_ * range_ / 4 : raised(variance, range_, last_walks_);
    walks = planned(guess, range_, share, target_);
    const double certain = planned_by_range(range_, certain_share * delta_left_, target_);
    by_range = certain <= walks;
    if (by_range) {
      walks = certain;
      share = certain_share * delta_left_;
    }
    if (stage_ == 0 && std::fmin(walks, allowed) > 2 * pilot_) {
      ++stage_;
      const double delta = pilot_share * delta_left_;
      delta_left_ -= delta;
      fill(std::fmin(pilot_, even(allowed / 8)), delta, false, stage);
      last_walks_ = stage.walks;
      return true;
    }
  }
  // Skipping the pilot, what comes next knows the variance of a whole stage.
  stage_ = stage_ == 0 ? 2 : stage_ + 1;
  const bool last = walks >= allowed;
  const double delta = last ? delta_left_ : share;
  delta_left_ = last ? 0 : delta_left_ - delta;
  fill(last ? allowed : walks, delta, by_range, stage);
  last_walks_ = stage.walks;
  return true;
}

WalkForecast forecast_walks(double range, double variance, double confidence, double target,
                            double contraction) {
  WalkForecast forecast;
  if (!(range > 0)) return forecast;
  const double worst = range * range / 4;
  const double delta = 1 - confidence;
  const double blind = planned_by_range(range, certain_share * delta, target);
  forecast.walks = blind;
  const double pilot = WalkPlan::pilot_walks(range, confidence, target);
  if (blind > 2 * pilot && blind < std::numeric_limits<double>::infinity()) {
    const double left = (1 - pilot_share) * delta;
    double walks = planned_by_range(range, certain_share * left, target);
    if (variance >= 0) {
      const double guess = std::fmin(raised(variance, range, pilot), worst);
      walks = std::fmin(walks, planned(guess, range, stage_share * left, target));
    }
    forecast.walks = pilot + walks;
  }
  forecast.steps = contraction < 1 ? forecast.walks * (1 + 1 / (1 - contraction))
                                   : std::numeric_limits<double>::infinity();
  return forecast;
}

}  // namespace lacuna
