#include "lacuna/local/graph/potential.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

using graph_detail::Sum;
using graph_detail::underflow;
using graph_detail::unit_roundoff;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest_current = 0x1p400;
constexpr double raise = 1 + 64 * unit_roundoff;
/// Share of the goal, and of the present bound, that the solves on a ball may make up.
constexpr double solve_share = 0.02;
constexpr double bound_share = 0.002;
/// Entries of the first ball; each that follows has twice as many as the one before.
constexpr double first_entries = 64;
constexpr double growth = 2;
/// Solves on a whole component that may gain nothing before rounding is held to be reached.
constexpr int most_stalls = 2;

}  // namespace

Status PotentialDifference::begin(Lines& edges, std::span<const std::int64_t> ids,
                                  std::span<const double> values, std::int64_t i, std::int64_t j) {
  if (ids.size() != values.size()) return Status::shape_mismatch;
  ball_.begin(edges);
  currents_.begin(ball_);
  ends_.begin(ball_);
  fault_ = {};
  stage_ = Stage::grow;
  wanted_entries_ = first_entries;
  share_ = 1;
  stalls_ = 0;
  rounds_ = 0;
  value_ = 0;
  bound_ = last_bound_ = infinity;
  pass_ = {};
  edges_ = {};
  Sum sum;
  double size = 0;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (!(std::fabs(values[k]) <= largest_current)) return Status::invalid_argument;
    const std::uint32_t before = ball_.size();
    if (const Status status = ball_.add_seed(ids[k]); status != Status::ok) return status;
    if (ball_.size() == before) return Status::invalid_argument;
    if (values[k] == 0) continue;
    if (currents_.add(ball_.find(ids[k]), values[k]) != Status::ok) return Status::out_of_memory;
    sum.add(values[k]);
    size += std::fabs(values[k]);
  }
  if (std::fabs(sum.value()) > 4 * static_cast<double>(ids.size()) * unit_roundoff * size) {
    return Status::invalid_argument;
  }
  for (const std::int64_t v : {i, j}) {
    if (const Status status = ball_.add_seed(v); status != Status::ok) return status;
  }
  i_ = ball_.find(i);
  j_ = ball_.find(j);
  zero_ = i == j || size == 0;
  if (i != j && (ends_.add(i_, 1) != Status::ok || ends_.add(j_, -1) != Status::ok)) {
    return Status::out_of_memory;
  }
  return Status::ok;
}

bool PotentialDifference::reached(const LaplaceGoal& goal) const {
  return bound_ <= std::fmax(goal.atol, goal.rtol * std::fabs(value_));
}

GraphOutcome PotentialDifference::solve(BallSystem& system, double scale, const LaplaceGoal& goal,
                                        Budget& budget) {
  // The product of both errors is what counts: each gets its share by the size of its solution.
  double wanted = solve_share * std::fmax(goal.atol, goal.rtol * std::fabs(value_));
  if (std::isfinite(bound_)) wanted = std::fmax(wanted, bound_share * bound_);
  const GraphOutcome outcome = system.solve(share_ * scale * wanted, budget);
  if (outcome == GraphOutcome::failed) fault_ = Status::out_of_memory;
  return outcome;
}

bool PotentialDifference::pair(Budget& budget) {
  const auto body = [&](std::uint32_t a, std::size_t begin, std::size_t end) {
    for (std::size_t e = begin; e < end; ++e) {
      const std::uint32_t b = ball_.target(e);
      const double w = ball_.weight(e);
      const double dx = currents_.potential(a) - currents_.potential(b);
      const double dy = ends_.potential(a) - ends_.potential(b);
      const double f = currents_.flow(e);
      const double g = ends_.flow(e);
      const double x_gap = f - w * dx;
      const double y_gap = g - w * dy;
      const double flows = f * (g / w);
      const double potentials = w * dx * dy;
      currents_gap_.add(x_gap * (x_gap / w));
      ends_gap_.add(y_gap * (y_gap / w));
      flows_.add(flows);
      flows_size_.add(std::fabs(flows));
      potentials_.add(potentials);
      potentials_size_.add(std::fabs(potentials));
    }
  };
  return edges_.run(ball_, 60, budget, body);
}

void PotentialDifference::combine() {
  const double tiny = static_cast<double>(ball_.edges()) * underflow;
  const double flow_b = std::sqrt(currents_.flow_energy());
  const double flow_c = std::sqrt(ends_.flow_energy());
  const double potential_b = std::sqrt(currents_.potential_energy());
  const double potential_c = std::sqrt(ends_.potential_energy());
  const double slack_b = currents_.slack();
  const double slack_c = ends_.slack();
  // A gap on an edge was computed from terms that cancel: 3u of each.
  const double gap_b = std::sqrt(currents_gap_.value() * raise + tiny) +
                       4 * unit_roundoff * (flow_b + potential_b) + slack_b;
  const double gap_c = std::sqrt(ends_gap_.value() * raise + tiny) +
                       4 * unit_roundoff * (flow_c + potential_c) + slack_c;

  Sum sum;
  double size = flows_size_.value() + potentials_size_.value();
  double shift = 0;  // of bᵀy, by what the first current of a component is short of
  const auto add = [&](double value, double potential) {
    sum.add(value * potential);
    size += std::fabs(value * potential);
  };
  sum.add(flows_.value());
  sum.add(-potentials_.value());
  for (const BallSource& s : ends_.sources()) add(s.value, currents_.potential(s.vertex));
  for (const BallSource& s : currents_.sources()) {
    add(s.value, ends_.potential(s.vertex));
    shift = std::fmax(shift, std::fabs(ends_.potential(ball_.root(ball_.piece(s.vertex)))));
  }
  const double value = 0.5 * sum.value();
  const double bound =
      raise * 0.5 *
      (gap_b * gap_c + flow_b * slack_c + flow_c * slack_b + slack_b * slack_c +
       currents_.defect() * shift * static_cast<double>(currents_.sources().size()) +
       16 * unit_roundoff * size + 4 * tiny);
  if (bound < bound_) {
    value_ = value;
    bound_ = bound;
  }
}

GraphOutcome PotentialDifference::step(const LaplaceGoal& goal, Budget& budget) {
  if (zero_) {
    value_ = bound_ = 0;
    return GraphOutcome::done;
  }
  fault_ = {};
  if (rounds_ > 0 && reached(goal)) return GraphOutcome::done;
  for (;;) {
    switch (stage_) {
      case Stage::grow: {
        if (ball_.entries() >= goal.max_entries) return GraphOutcome::limit;
        const GraphOutcome outcome =
            ball_.grow(std::fmin(wanted_entries_, goal.max_entries), budget);
        if (outcome == GraphOutcome::failed) fault_ = ball_.fault();
        if (outcome != GraphOutcome::done) return outcome;
        const std::uint32_t a = ball_.piece(i_);
        const std::uint32_t b = ball_.piece(j_);
        if (a != b && (ball_.closed(a) || ball_.closed(b))) return GraphOutcome::disconnected;
        if (ball_.closed(a)) currents_.keep_piece(i_);
        stage_ = Stage::currents;
        break;
      }
      case Stage::currents:
      case Stage::ends: {
        const bool first = stage_ == Stage::currents;
        const double ratio = std::sqrt(currents_.potential_energy() / ends_.potential_energy());
        const double scale = ratio > 0 && ratio < infinity ? ratio : 1;
        const GraphOutcome outcome =
            solve(first ? currents_ : ends_, first ? scale : 1 / scale, goal, budget);
        if (outcome != GraphOutcome::done) return outcome;
        currents_gap_ = ends_gap_ = flows_ = potentials_ = flows_size_ = potentials_size_ = {};
        stage_ = first ? Stage::ends : Stage::pair;
        break;
      }
      case Stage::pair:
        if (currents_.has_flow() && ends_.has_flow()) {
          if (!pair(budget)) return GraphOutcome::running;
          combine();
        }
        ++rounds_;
        stage_ = Stage::currents;
        if (reached(goal)) {
          share_ = 1;
          return GraphOutcome::done;
        }
        if (ball_.closed(ball_.piece(i_))) {
          // Nothing to read any more: only the solves can be more accurate.
          stalls_ = bound_ < 0.5 * last_bound_ ? 0 : stalls_ + 1;
          last_bound_ = bound_;
          if (stalls_ > most_stalls) return GraphOutcome::rounding;
          share_ *= 0.01;
          break;
        }
        wanted_entries_ = std::fmax(first_entries, growth * ball_.entries());
        stage_ = Stage::influence_clear;
        break;
      case Stage::influence_clear:
        if (graph_detail::extend(influence_, 0, ball_.size()) != Status::ok) {
          fault_ = Status::out_of_memory;
          return GraphOutcome::failed;
        }
        if (!pass_.run(ball_.size(), 1, budget, [&](std::size_t begin, std::size_t end) {
              std::fill(influence_.data() + begin, influence_.data() + end, 0.0);
            })) {
          return GraphOutcome::running;
        }
        stage_ = Stage::influence;
        break;
      case Stage::influence: {
        // The currents that each unread vertex takes, each relative to its solution.
        const double x_scale = 1 / std::sqrt(currents_.potential_energy());
        const double y_scale = 1 / std::sqrt(ends_.potential_energy());
        const auto body = [&](std::uint32_t k, std::size_t begin, std::size_t end) {
          const double current =
              std::fabs(currents_.potential(k)) * x_scale + std::fabs(ends_.potential(k)) * y_scale;
          for (std::size_t e = begin; e < end; ++e) {
            influence_[ball_.target(e)] += ball_.weight(e) * current;
          }
        };
        if (!edges_.run(ball_, 6, budget, body)) return GraphOutcome::running;
        if (ball_.rank(influence_.data()) != Status::ok) {
          fault_ = Status::out_of_memory;
          return GraphOutcome::failed;
        }
        stage_ = Stage::grow;
        break;
      }
    }
  }
}

LaplaceWork PotentialDifference::work() const {
  return {static_cast<double>(ball_.rows()), ball_.entries(), static_cast<double>(ball_.size()),
          currents_.steps() + ends_.steps(), rounds_};
}

}  // namespace lacuna
