#include "lacuna/local/graph/resistance.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

using graph_detail::unit_roundoff;

/// Share of the goal that the solves on a ball may add to the width.
constexpr double solve_share = 0.02;
/// The same of the present width, while that is wider.
constexpr double width_share = 0.002;
/// Entries of the second ball; each that follows has twice as many as the one before.
constexpr double first_entries = 64;
constexpr double growth = 2;
/// Solves on a whole component that may gain nothing before rounding is held to be reached.
constexpr int most_stalls = 2;

}  // namespace

Status Resistance::begin(Lines& edges, std::int64_t s, std::int64_t t) {
  ball_.begin(edges);
  fault_ = {};
  bracket_ = {};
  rounds_ = 0;
  stalls_ = 0;
  stage_ = Stage::grow;
  pass_ = {};
  edges_ = {};
  wanted_entries_ = 0;
  tolerance_ = std::numeric_limits<double>::infinity();
  system_.begin(ball_);
  same_ = s == t;
  for (const std::int64_t v : {s, t}) {
    if (const Status status = ball_.add_seed(v); status != Status::ok) return status;
  }
  s_ = ball_.find(s);
  t_ = ball_.find(t);
  if (same_) return Status::ok;
  if (system_.add(s_, 1) != Status::ok || system_.add(t_, -1) != Status::ok) {
    return Status::out_of_memory;
  }
  return Status::ok;
}

void Resistance::narrow() {
  ++rounds_;
  const double d = system_.potential(s_) - system_.potential(t_);
  const double lo = d / system_.potential_energy() * d * (1 - 8 * unit_roundoff);
  if (std::isfinite(lo)) bracket_.lo = std::fmax(bracket_.lo, lo);
  if (system_.has_flow()) bracket_.hi = std::fmin(bracket_.hi, system_.flow_bound());
}

GraphOutcome Resistance::step(const LaplaceGoal& goal, Budget& budget) {
  if (same_) {
    bracket_ = {0, 0};
    return GraphOutcome::done;
  }
  fault_ = {};
  if (rounds_ > 0 && narrow_enough(bracket_, goal)) return GraphOutcome::done;
  for (;;) {
    switch (stage_) {
      case Stage::grow: {
        if (ball_.entries() >= goal.max_entries) return GraphOutcome::limit;
        const double wanted = std::fmin(wanted_entries_, goal.max_entries);
        const GraphOutcome outcome = ball_.grow(wanted, budget);
        if (outcome == GraphOutcome::failed) fault_ = ball_.fault();
        if (outcome != GraphOutcome::done) return outcome;
        const std::uint32_t a = ball_.piece(s_);
        const std::uint32_t b = ball_.piece(t_);
        if (a != b && (ball_.closed(a) || ball_.closed(b))) {
          bracket_.lo = bracket_.hi = std::numeric_limits<double>::infinity();
          return GraphOutcome::disconnected;
        }
        stage_ = Stage::solve;
        tolerance_ = std::numeric_limits<double>::infinity();
        break;
      }
      case Stage::solve: {
        if (tolerance_ == std::numeric_limits<double>::infinity()) {
          tolerance_ = solve_share * std::fmax(goal.atol, goal.rtol * bracket_.lo);
          // Before there is a bracket, any accuracy will do that a doubled ball can make use of.
          const double width = std::isfinite(bracket_.hi) ? bracket_.width() : bracket_.lo;
          tolerance_ = std::fmax(tolerance_, width_share * width);
        }
        const GraphOutcome outcome = system_.solve(tolerance_, budget);
        if (outcome == GraphOutcome::failed) fault_ = Status::out_of_memory;
        if (outcome != GraphOutcome::done) return outcome;
        const double before = bracket_.width();
        narrow();
        if (narrow_enough(bracket_, goal)) {
          // A goal set later begins with this ball.
          tolerance_ = std::numeric_limits<double>::infinity();
          return GraphOutcome::done;
        }
        if (ball_.complete() || ball_.closed(ball_.piece(s_))) {
          // Nothing to read any more: only the solves can be more accurate.
          stalls_ = bracket_.width() < 0.5 * before ? 0 : stalls_ + 1;
          if (stalls_ > most_stalls) return GraphOutcome::rounding;
          tolerance_ *= 0.01;
          break;
        }
        wanted_entries_ = std::fmax(first_entries, growth * ball_.entries());
        stage_ = Stage::influence_clear;
        break;
      }
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
      case Stage::influence:
        // The current that each unread vertex takes.
        if (!edges_.run(ball_, 3, budget, [&](std::uint32_t i, std::size_t begin, std::size_t end) {
              const double x = std::fabs(system_.potential(i));
              for (std::size_t e = begin; e < end; ++e) {
                influence_[ball_.target(e)] += ball_.weight(e) * x;
              }
            })) {
          return GraphOutcome::running;
        }
        if (ball_.rank(influence_.data()) != Status::ok) {
          fault_ = Status::out_of_memory;
          return GraphOutcome::failed;
        }
        stage_ = Stage::grow;
        break;
    }
  }
}

LaplaceWork Resistance::work() const {
  return {static_cast<double>(ball_.rows()), ball_.entries(), static_cast<double>(ball_.size()),
          system_.steps(), rounds_};
}

}  // namespace lacuna
