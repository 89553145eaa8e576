#include "lacuna/ordering/bisection.hpp"

#include <algorithm>

namespace lacuna {

Status Bisection::begin(std::uint64_t seed) {
  depth_ = 0;
  seed_ = seed;
  random_ = SeededRandom(seed);
  if (const Status status = search_.prepare(levels_[0].n); status != Status::ok) return status;
  stage_ = Stage::coarsen;
  growth_ = 0;
  return levels_[0].n > coarsest_size ? begin_coarsening() : Status::ok;
}

/// Small, or no smaller than the level before by a tenth: nearly nothing could be matched.
bool Bisection::coarse_enough() const {
  const std::int32_t n = levels_[depth_].n;
  if (n <= coarsest_size || depth_ + 1 == most_levels) return true;
  return depth_ > 0 && n > levels_[depth_ - 1].n / 10 * 9;
}

Status Bisection::begin_coarsening() {
  Level& fine = levels_[depth_];
  const std::int64_t heaviest = std::int64_t{3} * fine.total / (2 * coarsest_size);
  return coarsening_.begin(fine, static_cast<std::int32_t>(std::max<std::int64_t>(heaviest, 2)),
                           random_.bits());
}

TaskState Bisection::step(Meter& meter) {
  while (stage_ != Stage::done) {
    Level& level = levels_[depth_];
    switch (stage_) {
      case Stage::coarsen: {
        if (coarse_enough()) {
          if (ensure(best_side_, level.n) != Status::ok) return TaskState::failed;
          stage_ = Stage::grow;
          break;
        }
        const TaskState state = coarsening_.step(level, levels_[depth_ + 1], meter);
        if (state != TaskState::done) return state;
        ++depth_;
        if (!coarse_enough() && begin_coarsening() != Status::ok) return TaskState::failed;
        break;
      }
      case Stage::grow:
        search_.grow(level, random_.below(level.n));
        search_.begin(level, coarse_passes);
        stage_ = Stage::improve;
        if (meter.spend(4.0 * level.begin[level.n])) return TaskState::running;
        break;
      case Stage::improve: {
        const TaskState state = search_.step(level, meter);
        if (state != TaskState::done) return state;
        if (growth_ == 0 || SeparatorSearch::better(search_.weights(), best_weights_)) {
          best_weights_ = search_.weights();
          std::copy_n(level.side.data(), level.n, best_side_.data());
        }
        ++growth_;
        stage_ = growth_ < growths ? Stage::grow : Stage::restore;
        break;
      }
      case Stage::restore:
        std::copy_n(best_side_.data(), level.n, level.side.data());
        stage_ = Stage::project;
        at_ = 0;
        break;
      case Stage::project: {
        if (depth_ == 0) {
          search_.begin(level, 0);
          stage_ = Stage::refine;
          break;
        }
        Level& fine = levels_[depth_ - 1];
        while (at_ < fine.n) {
          fine.side[at_] = level.side[fine.coarse[at_]];
          ++at_;
          if (meter.spend(2)) return TaskState::running;
        }
        --depth_;
        search_.begin(fine, passes);
        stage_ = Stage::refine;
        break;
      }
      case Stage::refine: {
        const TaskState state = search_.step(level, meter);
        if (state != TaskState::done) return state;
        stage_ = depth_ == 0 ? Stage::done : Stage::project;
        at_ = 0;
        break;
      }
      case Stage::done: break;
    }
  }
  return TaskState::done;
}

}  // namespace lacuna
