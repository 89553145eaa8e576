#include "lacuna/local/inverse_line.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"
#include "lacuna/base/sort.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// What each stretch leaves of the residual before the largest entry is looked at again.
constexpr double stretch = 0.1;

}  // namespace

Status InverseLine::begin(Lines& lines, const Weights& push_weights, const Weights& other,
                          double contraction, std::int64_t vertex, const QuerySettings& settings) {
  push_weights_ = &push_weights;
  other_ = &other;
  settings_ = settings;
  report_ = LineReport{};
  fault_ = {};
  finished_ = false;
  by_largest_ = true;
  measured_pushes_ = -1;
  largest_ = 0;
  constexpr double slow = 0.9;
  const PushOrder order = settings.order_given ? settings.order
                          : contraction > slow ? PushOrder::sor
                                               : PushOrder::buckets;
  push_.begin(lines, {&push_weights, nullptr}, order, contraction);
  const Status status = push_.add(vertex, 1);
  goal_ = stretch * push_.weighted_residual();
  return status;
}

void InverseLine::measure() {
  largest_ = 0;
  for (std::uint32_t k = 0; k < push_.touched(); ++k) {
    largest_ = std::fmax(largest_, std::fabs(push_.vertex(k).value));
  }
  // Values are rounded as they are added up; the residual's slack holds what that does to it.
  const double sum = push_.recompute_sum() + push_.slack();
  const double largest = push_.largest_residual() + push_.slack() / least_weight();
  const bool by_sum = push_weights_->known();
  const bool by_largest = other_->known();
  report_.bound1 = by_sum ? sum * (1 + 8 * unit_roundoff) : -1;
  double bound = std::numeric_limits<double>::infinity();
  if (by_sum) {
    bound = report_.bound1;
    report_.bound_kind = static_cast<double>(BoundKind::columns);
  }
  if (by_largest && largest * other_->uniform < bound) {
    bound = largest * other_->uniform * (1 + 8 * unit_roundoff);
    report_.bound_kind = static_cast<double>(BoundKind::adjoint);
  }
  report_.bound = by_sum || by_largest ? bound : -1;
  report_.target = std::fmax(settings_.atol, settings_.rtol * largest_);
  report_.converged = report_.bound >= 0 && report_.bound <= report_.target ? 1 : 0;
  const PushWork& work = push_.work();
  report_.lines = work.lines;
  report_.entries = work.entries;
  report_.pushes = work.pushes;
  report_.touched = push_.touched();
  report_.bytes = 12 * work.entries + 16 * work.lines + 56.0 * push_.touched();
  report_.cost =
      cost::push_entry * work.entries + cost::push * work.pushes + cost::touch * push_.touched();
}

InverseLine::Outcome InverseLine::step(Budget& budget) {
  while (!finished_) {
    const double left = 2 * (settings_.max_entries - push_.work().entries);
    const double asked = std::fmin(left, budget.work_left());
    Budget piece(std::fmax(asked, 1));
    PushGoal goal;
    goal.weighted_sum = goal_;
    if (by_largest_ && other_->known())
      goal.largest = 0.97 * report_.target * least_weight() / other_->uniform;
    const Push::Outcome outcome = push_.step(goal, piece);
    budget.spend(std::fmax(asked, 1) - piece.work_left());
    switch (outcome) {
      case Push::Outcome::needs_lines: return Outcome::needs_lines;
      case Push::Outcome::stuck:
        fault_ = {Status::zero_pivot, push_.stuck_at()};
        finished_ = true;
        return Outcome::failed;
      case Push::Outcome::out_of_memory:
        fault_ = Status::out_of_memory;
        finished_ = true;
        return Outcome::failed;
      case Push::Outcome::rounding:
        measure();
        return finish(report_.bound < 0 ? Reason::no_certificate : Reason::stagnated);
      case Push::Outcome::running:
        if (push_.work().entries >= settings_.max_entries) {
          measure();
          return finish(Reason::budget);
        }
        break;
      case Push::Outcome::reached:
        measure();
        if (report_.converged == 1) {
          return finish(report_.target == settings_.atol ? Reason::converged_atol
                                                         : Reason::converged_rtol);
        }
        if (report_.bound < 0 && push_.weighted_residual() <= report_.target) {
          return finish(Reason::no_certificate);
        }
        // A largest residual leaves out what rounding did; a sum does not, and renews the residual.
        if (push_.work().pushes == measured_pushes_) {
          if (!by_largest_) {
            return finish(report_.bound < 0 ? Reason::no_certificate : Reason::stagnated);
          }
          by_largest_ = false;
        }
        measured_pushes_ = push_.work().pushes;
        goal_ = std::fmin(stretch * push_.weighted_residual(), goal_);
        goal_ = std::fmax(goal_, last_goal());
        if (push_.weighted_residual() == 0) return finish(Reason::stagnated);
        break;
    }
    if (budget.exhausted()) return Outcome::running;
  }
  return fault_.ok() ? Outcome::done : Outcome::failed;
}

InverseLine::Outcome InverseLine::finish(Reason reason) {
  report_.reason = static_cast<double>(reason);
  finished_ = true;
  return Outcome::done;
}

void InverseLine::stop(Reason reason) {
  if (finished_) return;
  measure();
  finish(reason);
}

double InverseLine::progress() const {
  if (finished_) return 1;
  if (report_.bound <= 0 || report_.target <= 0) return 0;
  const double wanted = natural_log(push_weights_->uniform / report_.target);
  const double left = natural_log(report_.bound / report_.target);
  return wanted > 0 ? std::fmin(0.99, std::fmax(0, 1 - left / wanted)) : 0;
}

Status InverseLine::collect() {
  std::size_t count = 0;
  for (std::uint32_t k = 0; k < push_.touched(); ++k) count += push_.vertex(k).value != 0;
  Buffer<std::uint32_t> order;
  if (order.allocate(count) != Status::ok || ids_.allocate(count) != Status::ok ||
      values_.allocate(count) != Status::ok) {
    return Status::out_of_memory;
  }
  std::size_t at = 0;
  for (std::uint32_t k = 0; k < push_.touched(); ++k) {
    if (push_.vertex(k).value != 0) order[at++] = k;
  }
  sort_in_place(order.data(), count, [this](std::uint32_t a, std::uint32_t b) {
    return push_.vertex(a).id < push_.vertex(b).id;
  });
  for (std::size_t k = 0; k < count; ++k) {
    ids_[k] = static_cast<double>(push_.vertex(order[k]).id);
    values_[k] = push_.vertex(order[k]).value;
  }
  return Status::ok;
}

}  // namespace lacuna
