#include "lacuna/ordering/bisection.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr int none = -1;

}  // namespace

Status Bisection::begin(std::uint64_t seed) {
  depth_ = 0;
  random_ = SeededRandom(seed);
  if (const Status status = search_.prepare(levels_[0].n); status != Status::ok) return status;
  stage_ = Stage::coarsen;
  fork_ = none;
  run_ = 0;
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
    TaskState state = TaskState::done;
    switch (stage_) {
      case Stage::coarsen:
        state = coarsen(meter);
        if (state != TaskState::done) return state;
        break;
      case Stage::grow:
        search_.grow(level, random_.below(level.n));
        search_.begin(coarse_passes);
        stage_ = Stage::improve;
        if (meter.spend(4.0 * level.begin[level.n])) return TaskState::running;
        break;
      case Stage::improve:
        state = search_.step(level, meter);
        if (state != TaskState::done) return state;
        keep_best_growth();
        break;
      case Stage::project: {
        if (depth_ == 0) {
          stage_ = Stage::done;
          break;
        }
        Level& fine = levels_[depth_ - 1];
        while (at_ < fine.n) {
          fine.side[at_] = level.side[fine.coarse[at_]];
          ++at_;
          if (meter.spend(2)) return TaskState::running;
        }
        --depth_;
        search_.begin(passes);
        stage_ = Stage::refine;
        break;
      }
      case Stage::refine:
        state = search_.step(level, meter);
        if (state != TaskState::done) return state;
        at_ = 0;
        stage_ = Stage::project;
        if (depth_ == fork_ && end_run() != Status::ok) return TaskState::failed;
        break;
      case Stage::done: break;
    }
  }
  return TaskState::done;
}

/// One level more, or on to the growths on the coarsest one.
TaskState Bisection::coarsen(Meter& meter) {
  const std::int32_t n = levels_[depth_].n;
  if (fork_ == none && (coarse_enough() || n <= levels_[0].n / fork_share)) fork_ = depth_;
  if (coarse_enough()) {
    if (ensure(best_side_, n) != Status::ok || ensure(fork_side_, levels_[fork_].n) != Status::ok) {
      return TaskState::failed;
    }
    growth_ = 0;
    stage_ = Stage::grow;
    return TaskState::done;
  }
  const TaskState state = coarsening_.step(levels_[depth_], levels_[depth_ + 1], meter);
  if (state != TaskState::done) return state;
  ++depth_;
  if (!coarse_enough() && begin_coarsening() != Status::ok) return TaskState::failed;
  return TaskState::done;
}

void Bisection::keep_best_growth() {
  Level& level = levels_[depth_];
  if (growth_ == 0 || search_.weights().cost() < best_cost_) {
    best_cost_ = search_.weights().cost();
    std::copy_n(level.side.data(), level.n, best_side_.data());
  }
  ++growth_;
  stage_ = Stage::grow;
  if (growth_ < (depth_ == fork_ ? lone_growths : growths)) return;
  std::copy_n(best_side_.data(), level.n, level.side.data());
  at_ = 0;
  stage_ = Stage::project;
}

/// Back at the fork: once more, or on with the best.
Status Bisection::end_run() {
  Level& level = levels_[depth_];
  if (run_ == 0 || search_.weights().cost() < fork_cost_) {
    fork_cost_ = search_.weights().cost();
    std::copy_n(level.side.data(), level.n, fork_side_.data());
  }
  if (++run_ < runs) {
    stage_ = Stage::coarsen;
    return begin_coarsening();
  }
  std::copy_n(fork_side_.data(), level.n, level.side.data());
  return Status::ok;
}

}  // namespace lacuna
