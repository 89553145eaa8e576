// The sweeps with momentum of `PushOrder::chebyshev`.
#include <cmath>

#include "lacuna/local/push.hpp"

namespace lacuna {
namespace {

constexpr std::uint32_t slice = 4096;
/// Share of the goal that residuals may keep together which no sweep looks at.
constexpr double left_alone = 0.25;

/// Lines that are asked for at a time.
constexpr int lookahead = 1024;

}  // namespace

Push::Outcome Push::run_plan(const PushGoal& goal, Budget& budget) {
  if (cursor_ == 0) {
    if (momentum_.size() < pass_count_) {
      Buffer<double> wider;
      if (wider.allocate(table_.capacity()) != Status::ok) return Outcome::out_of_memory;
      if (momentum_count_ > 0) {
        std::memcpy(wider.data(), momentum_.data(), momentum_count_ * sizeof(double));
      }
      momentum_ = std::move(wider);
    }
    for (; momentum_count_ < pass_count_; ++momentum_count_) momentum_[momentum_count_] = 0;
  }
  // All steps are taken from the residuals before the sweep: second-order Richardson iteration
  // (Golub & Varga, Numer. Math. 3, 1961), kept to where it pays.
  const double floor = floor_of(goal);
  const double least = left_alone * goal.weighted_sum / (unit() * (pass_count_ + 1.0));
  const auto is_active = [&](const Vertex& x) {
    const double size = std::fabs(x.residual);
    return size * x.weight >= floor && share(x) * size >= least;
  };
  bool any_active = pass_largest_ > 0;
  Line line;
  for (std::uint32_t looked = 0; cursor_ < pass_count_ && looked < slice; ++cursor_, ++looked) {
    const auto k = static_cast<std::uint32_t>(cursor_);
    const Vertex& x = table_[k];
    const bool active = is_active(x);
    if (!active && momentum_[k] == 0) continue;
    if (const std::uint32_t at = x.state >> local_shift; at != 0) {
      line.diagonal = local_[at - 1].value;
    } else if (!columns_->get(x.id, line)) {
      pass_largest_ = any_active ? 1 : 0;
      int missing = 1;
      for (std::uint32_t j = k + 1; j < pass_count_ && missing < lookahead; ++j) {
        const bool due = momentum_[j] != 0 || is_active(table_[j]);
        if (due && table_[j].state >> local_shift == 0)
          missing += !columns_->get(table_[j].id, line);
      }
      return Outcome::needs_lines;
    }
    if (line.diagonal == 0) {
      fault_ = Outcome::stuck;
      stuck_at_ = x.id;
      return fault_;
    }
    const double fresh = active ? omega_ * x.residual / line.diagonal : 0;
    momentum_[k] = fresh + (omega_ - 1) * momentum_[k];
    any_active = any_active || active;
  }
  pass_largest_ = any_active ? 1 : 0;
  budget.spend(slice);
  if (cursor_ < pass_count_) return Outcome::running;
  if (!any_active) {
    // What is left to do is for single pushes, which also tell whether the goal holds.
    give_up_acceleration();
    phase_ = Phase::push;
    return Outcome::running;
  }
  const std::uint32_t count = pass_count_;
  enter(Phase::apply);
  pass_count_ = count;
  return Outcome::running;
}

Push::Outcome Push::run_apply(Budget& budget) {
  Line line;
  std::uint32_t looked = 0;
  while (cursor_ < pass_count_) {
    if (++looked == slice) {
      budget.spend(slice);
      return Outcome::running;
    }
    const auto k = static_cast<std::uint32_t>(cursor_);
    if (momentum_[k] != 0) {
      const std::uint32_t at = table_[k].state >> local_shift;
      if (at == 0 && !columns_->get(table_[k].id, line)) {
        // Gone from its cache since it was planned.
        int missing = 1;
        for (std::uint32_t j = k + 1; j < pass_count_ && missing < lookahead; ++j) {
          if (momentum_[j] != 0 && table_[j].state >> local_shift == 0) {
            missing += !columns_->get(table_[j].id, line);
          }
        }
        return Outcome::needs_lines;
      }
      const bool done = at != 0 ? move_local(k, local_.data() + at - 1, momentum_[k])
                                : move(k, line, momentum_[k]);
      if (!done) return fault_;
      budget.spend(2.0 * (at != 0 ? local_[at - 1].count : line.count) + 8);
      if (budget.exhausted()) {
        ++cursor_;
        return Outcome::running;
      }
    }
    ++cursor_;
  }
  // The sum of a sweep falls by √(ω−1) in the long run; half of that is asked for.
  supervise(0.5 * (1 + std::sqrt(omega_ - 1)));
  phase_ = Phase::push;
  return Outcome::running;
}

}  // namespace lacuna
