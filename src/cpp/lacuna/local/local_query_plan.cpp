#include <cmath>

#include "lacuna/base/elementary.hpp"
#include "lacuna/local/local_query.hpp"

// What a query foresees, and how it chooses what to go on with.
namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// By how much the work of all grows with each further stretch.
constexpr double stretch_growth = 0.5;
constexpr std::int32_t least_stretches = 6;
/// How much cheaper another way must seem before it is taken.
constexpr double advantage = 0.8;
/// Work still to come from which on a second side is tried.
constexpr double worth_two_sides = 60000;
/// Shares of the residual at which a change from the push to walks is looked at.
constexpr double fall = 0.7;
constexpr int falls = 11;
/// 0.7¹¹.
constexpr double least_left = 0.0198;

}  // namespace

bool LocalQuery::full_allowed() const {
  return settings_.way == Way::automatic && std::isfinite(settings_.full_cost) &&
         report_.cost + settings_.full_cost <= settings_.max_work;
}

double LocalQuery::full_share() const {
  return full_allowed() ? settings_.full_cost / settings_.full_shared_by : infinity;
}

LocalQuery::Outcome LocalQuery::ask_full() {
  if (predicts(report_.cost + settings_.full_cost)) {
    finish(Reason::budget);
    report_.way = static_cast<double>(Way::full);
    return Outcome::done;
  }
  return Outcome::wants_full;
}

LocalQuery::Outcome LocalQuery::give_up(Reason reason) {
  return full_allowed() ? ask_full() : finish(reason);
}

bool LocalQuery::predicts(double total) {
  if (report_.predicted < 0) report_.predicted = total;
  return settings_.estimate || report_.predicted > settings_.max_work;
}

double LocalQuery::expected_target() const {
  if (!std::isfinite(certified_.bound)) return settings_.atol;
  // What the push has moved of its start tells how much of the value is there already; the rest may
  // be anywhere within the bound.
  const double value = std::fabs(certified_.value);
  const double bound = certified_.bound;
  const double moved = initial_ > 0 ? 1 - adjoint_.weighted_residual() / initial_ : 1;
  const double rest = 0.25 * (1 - moved) * bound;
  const double whole = std::fmin(value / std::fmax(moved, 0.1) + rest, value + bound);
  return std::fmax(settings_.atol, settings_.rtol * std::fmax(whole, value - bound));
}

double LocalQuery::sweep_rate(double contraction, PushOrder order) const {
  const double q = contraction;
  if (!(q < 1) || !std::isfinite(problem_.nnz)) return 0;
  // What a push has just moved is already there for the next: Gauss–Seidel takes twice the digits
  // of Jacobi, over-relaxation −ln(ω − 1) with the ω for q (Young, 1954).
  const double root = std::sqrt(1 - q * q);
  const double relaxed = (1 - root) / (1 + root);
  const bool relaxes = order == PushOrder::sor || order == PushOrder::chebyshev;
  const double left = std::fmax(relaxes ? std::fmin(q * q, relaxed) : q * q, 1e-6);
  const double sweep =
      cost::push_entry * problem_.nnz + cost::push * static_cast<double>(problem_.size);
  return -natural_log(left) / sweep;
}

double LocalQuery::push_cost(double target) const {
  double least = forecast_[0].remaining(target / factor());
  least = std::fmin(least, of_bound_.remaining(target));
  return std::fmin(least, of_bound_.remaining_overall(target));
}

bool LocalQuery::may_pay(double pushing, double target) const {
  // Half of (range/target)² walks of two steps at the least, after the longest push in question:
  // no logarithm is needed to turn most queries down.
  const double range = 2 * least_left * std::fmin(contraction(), 1) * adjoint_.weighted_residual() *
                       problem_.rhs->facts().norm_inf;
  return cost::walk_step * range * range < pushing * target * target;
}

LocalQuery::Outcome LocalQuery::decide() {
  const double target = expected_target();
  const double spent = report_.cost;
  const double pushing = push_cost(target);
  if (two_sided_) choose_side(pushing);

  // Walks for what the push leaves: now, or after some more of it.
  const bool may_walk = settings_.confidence < 1 && walkable() &&
                        (settings_.way == Way::automatic || settings_.way == Way::walks ||
                         settings_.way == Way::bidirectional);
  double best_with_walks = infinity;
  bool walk_now = false;
  if (may_walk && (settings_.way == Way::walks || may_pay(pushing, target))) {
    const bool only = settings_.way == Way::walks;
    const double now = walk_cost(1, target);
    best_with_walks = now;
    // The fewer walks the further the push goes: where even the fewest take more than the push
    // alone, nothing in between pays.
    const bool pays = !only && walk_cost(least_left, target) < std::fmin(now, pushing);
    double left = fall;
    for (int k = 1; k <= falls && pays; ++k, left *= fall) {
      // By the whole course too: on expanders the residual falls in stairs, at whose ends the
      // latest stretches promise far too little.
      const double residual = adjoint_.weighted_residual() * left;
      const double more =
          std::fmin(forecast_[0].remaining(residual), forecast_[0].remaining_overall(residual));
      // Pushing so far alone costs more than either.
      if (!(more < std::fmin(best_with_walks, pushing))) break;
      const double grown = 1 + more / std::fmax(spent, 1);
      best_with_walks = std::fmin(best_with_walks, more + walk_cost(left, target, grown));
    }
    walk_now = only || (now < pushing && now <= best_with_walks * 1.02);
  }

  const double local =
      settings_.way == Way::walks ? best_with_walks : std::fmin(pushing, best_with_walks);
  const bool full_is_less = settings_.way == Way::automatic && full_share() < local;
  // A full solve that costs too much is still what would be needed.
  const double whole = settings_.way == Way::automatic ? settings_.full_cost : infinity;
  const double needed = full_is_less ? whole : std::fmin(local, whole);
  if (report_.predicted < 0) report_.exponent = forecast_[0].exponent();
  if (predicts(spent + needed)) {
    finish(Reason::budget);
    if (full_is_less) {
      report_.way = static_cast<double>(Way::full);
    } else if (best_with_walks < pushing || settings_.way == Way::walks) {
      const bool pushed = settings_.way != Way::walks;
      report_.way = static_cast<double>(pushed ? Way::bidirectional : Way::walks);
    }
    return Outcome::done;
  }
  if (full_is_less) {
    const bool known = of_bound_.stretches() >= least_stretches || spent > patience * full_share();
    if (known && full_share() < advantage * local) return ask_full();
  }
  if (may_walk && walk_now) {
    WalkTable* table = problem_.table;
    if (table == nullptr || table->ready()) return begin_walks();
    if (table->rows() == 0 &&
        table->begin(*problem_.matrix, &problem_.conditions->rows) != Status::ok) {
      return fail(Status::out_of_memory);
    }
    stage_ = Stage::table;
    return Outcome::running;
  }
  const double done = report_.entries + report_.pushes;
  return begin_stretch(std::fmax(first_stretch, stretch_growth * done));
}

void LocalQuery::choose_side(double pushing) {
  // A push from b as well pays where there is still much to do; then the next stretch goes where a
  // digit costs less.
  const bool begun = forecast_[1].stretches() > 0;
  const bool worth = begun || pushing > std::fmax(worth_two_sides, 2 * report_.cost);
  push_forward_ = spent_[0];
  if (push_forward_ || !worth || spent_[1]) return;
  const double a_digit = forecast_[0].remaining(0.1 * adjoint_.weighted_residual());
  const double f_digit = begun ? forecast_[1].remaining(0.1 * forward_.weighted_residual()) : 0;
  push_forward_ = f_digit < a_digit;
}

}  // namespace lacuna
