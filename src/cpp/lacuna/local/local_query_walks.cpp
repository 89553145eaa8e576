#include <cmath>

#include "lacuna/local/local_query.hpp"

// The ways that do not go on with the push alone: the Neumann series, and walks for what a push has
// left.
namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// Where the caller sets no limit.
constexpr double most_walks = 1e8;
/// Residuals left for walks are worth this share of the target less than all of it.
constexpr double walk_share = 0.98;

}  // namespace

LocalQuery::Outcome LocalQuery::sum_series(Budget& budget) {
  NeumannGoal goal;
  goal.weighted_sum = std::fmax(series_goal_, 0.97 * settings_.atol / factor());
  goal.entries = std::fmin(settings_.max_entries, series_limit_);
  const Neumann::Outcome outcome = series_.step(goal, budget);
  book();
  switch (outcome) {
    case Neumann::Outcome::running: return Outcome::running;
    case Neumann::Outcome::needs_lines: return Outcome::needs_lines;
    case Neumann::Outcome::stuck: return fail({Status::zero_pivot, series_.stuck_at()});
    case Neumann::Outcome::out_of_memory: return fail(Status::out_of_memory);
    default: break;
  }
  if (!inner_product(series_, *problem_.rhs, inner_, inner_size_)) {
    return problem_.rhs->failed() ? fail(Status::out_of_memory) : Outcome::needs_rhs;
  }
  certified_ = certify_adjoint(series_, inner_, inner_size_, *problem_.rhs, *problem_.conditions);
  const double target = tolerance();
  if (certified_.kind != BoundKind::none && certified_.bound <= target) {
    return finish(target == settings_.atol ? Reason::converged_atol : Reason::converged_rtol);
  }
  if (outcome == Neumann::Outcome::limited) {
    if (!(series_limit_ < settings_.max_entries)) return finish(Reason::budget);
    series_limit_ = infinity;
    const double residual = series_.weighted_residual();
    forecast_[0].note(report_.cost, residual);
    const double last = expected_target() / factor();
    // No term takes more than the matrix has.
    const double terms = series_.planned_terms(last) - series_.terms();
    const double most = 2 * cost::push_entry * problem_.nnz * std::fmax(terms, 1);
    const double left = std::fmin(forecast_[0].remaining(last), most);
    return predicts(report_.cost + left) ? finish(Reason::budget) : Outcome::running;
  }
  if (outcome == Neumann::Outcome::rounding || series_.weighted_residual() == 0) {
    return finish(Reason::stagnated);
  }
  // No bound to steer by: until the residual is as small as the bound would have to be.
  if (certified_.kind == BoundKind::none && series_goal_ <= settings_.atol) {
    return finish(Reason::no_certificate);
  }
  const double next = target > 0 ? 0.97 * target / factor() : 0;
  series_goal_ = next < series_goal_ ? std::fmax(next, 0.01 * series_goal_) : 0.5 * series_goal_;
  return Outcome::running;
}

double LocalQuery::contraction() const {
  return std::fmin(problem_.conditions->row_contraction, problem_.weighted_contraction);
}

bool LocalQuery::walkable() const {
  const Conditions& c = *problem_.conditions;
  return problem_.table != nullptr ? c.rows.known() : c.row_margin > 0 && c.row_contraction < 1;
}

double LocalQuery::walk_cost(double left, double target, double grown) const {
  const double q = std::fmin(contraction(), 1);
  const double range = 2 * q * left * adjoint_.weighted_residual() * problem_.rhs->facts().norm_inf;
  const double steps =
      forecast_walks(range, -1, settings_.confidence, walk_share * target, std::fmin(q, 1 - 1e-6))
          .steps;
  double total = steps * cost::walk_step + grown * adjoint_.touched() * cost::first_step;
  if (problem_.table != nullptr && !problem_.table->ready())
    total += cost::table_entry * problem_.nnz;
  return total;
}

LocalQuery::Outcome LocalQuery::begin_walks() {
  std::size_t count = 0;
  for (std::uint32_t k = 0; k < adjoint_.touched(); ++k) count += adjoint_.vertex(k).residual != 0;
  Buffer<WalkStart> starts;
  if (starts.allocate(count) != Status::ok) return fail(Status::out_of_memory);
  std::size_t at = 0;
  for (std::uint32_t k = 0; k < adjoint_.touched(); ++k) {
    const Push::Vertex& v = adjoint_.vertex(k);
    if (v.residual != 0) starts[at++] = {v.id, v.residual};
  }
  // What is no matter of chance: the rounding of the residual, of pᵀb and of the result.
  walk_pad_ = adjoint_.slack() * problem_.rhs->facts().norm_inf +
              unit_roundoff * (4 * inner_size_ + 8 * std::fabs(inner_));
  WalkSettings settings;
  settings.confidence = settings_.confidence;
  settings.target = std::fmax(0, walk_share * settings_.atol - walk_pad_);
  if (settings_.rtol > 0) {
    settings.rtol = walk_share * settings_.rtol;
    settings.offset = inner_;
    settings.pad = walk_pad_;
    settings.first_target = std::fmax(0, walk_share * expected_target() - walk_pad_);
  }
  // A forecast that fails is not worth more than the full solve.
  if (full_allowed()) settings.max_steps = settings_.full_cost / cost::walk_step;
  settings.seed = settings_.seed;
  settings.max_walks = std::fmin(settings_.max_walks, most_walks);
  const Conditions& c = *problem_.conditions;
  Fault fault;
  if (problem_.table != nullptr) {
    fault = walks_.begin(*problem_.table, std::as_const(starts).span(), *problem_.rhs, settings);
  } else {
    const WalkPromise promise{c.row_margin, c.row_contraction, c.inverse_nonnegative()};
    fault = walks_.begin(*problem_.rows, promise, std::as_const(starts).span(), *problem_.rhs,
                         settings);
  }
  if (!fault.ok()) return fail(fault);
  report_.way = static_cast<double>(adjoint_.work().pushes > 0 ? Way::bidirectional : Way::walks);
  stage_ = Stage::walk;
  return Outcome::running;
}

LocalQuery::Outcome LocalQuery::build_table(Budget& budget) {
  WalkTable& table = *problem_.table;
  switch (table.step(budget)) {
    case TaskState::done: return begin_walks();
    case TaskState::failed: return fail(table.fault());
    default: return Outcome::running;
  }
}

LocalQuery::Outcome LocalQuery::walk(Budget& budget) {
  const Walks::Outcome outcome = walks_.step(budget);
  switch (outcome) {
    case Walks::Outcome::running: return Outcome::running;
    case Walks::Outcome::needs_lines: return Outcome::needs_lines;
    case Walks::Outcome::needs_rhs:
      return problem_.rhs->failed() ? fail(Status::out_of_memory) : Outcome::needs_rhs;
    case Walks::Outcome::broken: return fail({Status::declaration_violated, walks_.broken_at()});
    case Walks::Outcome::out_of_memory: return fail(Status::out_of_memory);
    case Walks::Outcome::reached:
    case Walks::Outcome::limit: break;
  }
  take_walks();
  if (certified_.bound <= std::fmax(settings_.atol, settings_.rtol * std::fabs(certified_.value))) {
    return finish(settings_.atol >= settings_.rtol * std::fabs(certified_.value)
                      ? Reason::converged_atol
                      : Reason::converged_rtol);
  }
  return give_up(Reason::budget);
}

void LocalQuery::take_walks() {
  const WalkResult result = walks_.result();
  report_.walks = result.walks;
  report_.steps = result.steps;
  report_.cost += cost::walk_step * result.steps + cost::first_step * adjoint_.touched();
  const double bound = (result.half_width + walk_pad_) * (1 + 8 * unit_roundoff);
  if (!(bound < certified_.bound)) return;
  report_.confidence = result.confidence;
  certified_.kind = BoundKind::bernstein;
  certified_.value = inner_ + result.estimate;
  certified_.bound = bound;
  certified_.lower = certified_.value - bound;
  certified_.upper = certified_.value + bound;
}

}  // namespace lacuna
