#include "lacuna/local/local_query.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

/// Entries of a sparse right-hand side up to which it is pushed from, too.
constexpr std::uint32_t two_sided_entries = 4096;
/// Share of the tolerance that a push aims at: the rest is for what rounding adds to its bound.
/// Where that is more the share falls, down to the least.
constexpr double first_share = 0.97;
constexpr double share_step = 0.8;
constexpr double least_share = 0.1;
/// While the value is not known to this share of itself, nor what the bound may be then, a stretch
/// ends when the residual has fallen to the same share.
constexpr double well_known = 0.1;

double cost_of(const Push& push) {
  return cost::push_entry * push.work().entries + cost::push * push.work().pushes +
         cost::touch * push.touched();
}

}  // namespace

void LocalQuery::begin(const QueryProblem& problem, const QuerySettings& settings) {
  problem_ = problem;
  settings_ = settings;
  report_ = QueryReport{};
  fault_ = {};
  stage_ = Stage::begin;
  spent_[0] = spent_[1] = false;
  certified_ = Certified{};
  pushed_ = Push::Outcome::running;
  inner_ = inner_size_ = 0;
  push_forward_ = forward_begun_ = false;
  share_ = first_share;
  const Conditions& c = *problem_.conditions;
  order_ = settings_.order;
  if (!settings_.order_given) {
    // Over-relaxation takes fewer pushes but gives up one-signed residuals, which make bounds
    // one-sided where A⁻¹ and b are; and walks gain nothing from it.
    const RhsFacts& facts = problem_.rhs->facts();
    const bool one_sided = c.inverse_nonnegative() && (facts.least >= 0 || facts.greatest <= 0);
    constexpr double slow = 0.9;
    const bool relax = c.row_contraction > slow || (!one_sided && settings_.confidence == 1);
    order_ = relax ? PushOrder::sor : PushOrder::buckets;
  }
  adjoint_.begin(*problem_.rows, {&c.rows, nullptr}, order_, c.row_contraction);
  if (settings_.way == Way::neumann) {
    series_.begin(*problem_.rows, &c.rows, problem_.weighted_contraction);
  }
  const bool sparse = problem_.rhs->kind() == LocalRhs::Kind::sparse &&
                      problem_.rhs->entries() <= two_sided_entries;
  const bool asked = settings_.way == Way::product || settings_.way == Way::automatic;
  two_sided_ =
      asked && sparse && problem_.columns != nullptr && c.rows.known() && c.columns.known();
  if (two_sided_) {
    forward_.begin(*problem_.columns, {&c.columns, nullptr}, order_, c.column_contraction);
  }
}

Status LocalQuery::add_target(std::int64_t v, double weight) {
  return settings_.way == Way::neumann ? series_.add(v, weight) : adjoint_.add(v, weight);
}

double LocalQuery::tolerance() const {
  // The value is known up to its bound: what is left of it for certain.
  const double known = std::isfinite(certified_.bound)
                           ? std::fmax(0, std::fabs(certified_.value) - certified_.bound)
                           : 0;
  return std::fmax(settings_.atol, settings_.rtol * known);
}

/// What a weighted residual of the adjoint is multiplied with to be a bound.
double LocalQuery::factor() const {
  const RhsFacts& facts = problem_.rhs->facts();
  if (!problem_.conditions->inverse_nonnegative()) return facts.norm_inf;
  const double up = std::fmax(facts.greatest, 0);
  const double down = std::fmax(-facts.least, 0);
  return down == 0 || up == 0 ? up + down : 0.5 * (up + down);
}

LocalQuery::Outcome LocalQuery::begin_query() {
  const Conditions& c = *problem_.conditions;
  report_.way = static_cast<double>(Way::push);
  const bool solved = settings_.way == Way::automatic && settings_.full_cost == 0;
  if (settings_.way == Way::full || settings_.way == Way::factor || solved) return ask_full();
  if (settings_.way == Way::neumann) {
    report_.way = static_cast<double>(Way::neumann);
    initial_ = series_.weighted_residual();
    series_goal_ = 0.1 * initial_;
    series_limit_ = first_stretch;
    forecast_[0].begin(initial_);
    stage_ = Stage::series;
    return Outcome::running;
  }
  if (settings_.way == Way::product && !two_sided_) return fail(Status::not_ready);
  const bool samples = settings_.way == Way::walks || settings_.way == Way::bidirectional;
  if (samples && (settings_.confidence >= 1 || !walkable())) {
    return fail(Status::not_ready);
  }
  // Without weights no local bound holds: only a full solve can find some.
  if (!c.rows.known() && settings_.way == Way::automatic && std::isfinite(settings_.full_cost)) {
    return ask_full();
  }
  initial_ = adjoint_.weighted_residual();
  const double rate = sweep_rate(contraction(), order_);
  forecast_[0].begin(initial_, rate);
  forecast_[1].begin(1);
  of_bound_.begin(initial_ * factor(), rate);
  push_forward_ = settings_.way == Way::product;
  if (settings_.way == Way::walks || problem_.rhs->facts().norm_inf == 0 || initial_ == 0) {
    stage_ = Stage::evaluate;
    return Outcome::running;
  }
  // Where nothing but pushes and a full solve are to be had, what that takes tells how long it is
  // too early to ask; a push from b as well is worth nothing before some work.
  const bool certain =
      settings_.confidence == 1 && !settings_.estimate && !std::isfinite(settings_.max_work);
  const double most = two_sided_ ? two_sided_stretch : last_stretch;
  const double known = certain ? std::fmin(early * settings_.full_cost, most) : 0;
  return begin_stretch(
      std::fmax(known, std::fmin(first_stretch, std::fmax(64, patience * settings_.full_cost))));
}

Status LocalQuery::begin_forward() {
  forward_begun_ = true;
  for (std::uint32_t k = 0; k < problem_.rhs->entries(); ++k) {
    const LocalRhs::Entry& e = problem_.rhs->entry(k);
    if (e.value == 0) continue;
    if (const Status s = forward_.add(e.id, e.value); s != Status::ok) return s;
  }
  const double rate = sweep_rate(problem_.conditions->column_contraction, order_);
  forecast_[1].begin(forward_.weighted_residual(), rate);
  return Status::ok;
}

LocalQuery::Outcome LocalQuery::begin_stretch(double entries) {
  if (push_forward_ && !forward_begun_ && begin_forward() != Status::ok) {
    return fail(Status::out_of_memory);
  }
  const bool known = certified_.bound <= well_known * std::fabs(certified_.value);
  const bool eased = settings_.rtol > 0 && !known && problem_.conditions->rows.known();
  const Push& push = push_forward_ ? forward_ : adjoint_;
  eased_ = eased ? well_known * push.weighted_residual() : 0;
  stretch_ = entries;
  stage_ = Stage::push;
  return Outcome::running;
}

LocalQuery::Outcome LocalQuery::push_on(Budget& budget) {
  Push& push = push_forward_ ? forward_ : adjoint_;
  const Conditions& c = *problem_.conditions;
  const RhsFacts& facts = problem_.rhs->facts();
  const double goal = share_ * tolerance();
  PushGoal target;
  if (push_forward_) {
    // tᵀx̃ alone: ‖t‖∞·Σ|rᵥ|uᵥ, t being what the adjoint started from or has left.
    target.weighted_sum = goal / std::fmax(adjoint_.largest_residual(), 1e-300);
  } else {
    target.weighted_sum = goal / factor();
    // Where b is sparse ‖s‖∞·Σ|bᵥ|uᵥ may be reached first.
    if (c.columns.known() && std::isfinite(facts.norm1) && facts.norm1 > 0 && c.rows.known()) {
      target.largest = goal * c.rows.least / (facts.norm1 * c.columns.uniform);
    }
  }
  if (!c.rows.known()) target.weighted_sum = goal / facts.norm_inf;
  target.weighted_sum = std::fmax(target.weighted_sum, eased_);
  const double before = push.work().entries + push.work().pushes;
  const double left = std::fmin(stretch_, settings_.max_entries - report_.entries);
  const double asked = 2 * std::fmin(left, 0.5 * budget.work_left());
  Budget piece(std::fmax(asked, 1));
  pushed_ = push.step(target, piece);
  const double done = push.work().entries + push.work().pushes - before;
  budget.spend(asked - piece.work_left());
  // Passes over what is touched count for nothing here: how they are cut must not show.
  stretch_ -= done;
  book();
  switch (pushed_) {
    case Push::Outcome::needs_lines: return Outcome::needs_lines;
    case Push::Outcome::stuck: return fail(Fault(Status::zero_pivot, push.stuck_at()));
    case Push::Outcome::out_of_memory: return fail(Status::out_of_memory);
    case Push::Outcome::rounding:
      spent_[push_forward_] = true;
      stage_ = Stage::evaluate;
      break;
    case Push::Outcome::reached:
      spent_[push_forward_] = push.weighted_residual() == 0;
      stage_ = Stage::evaluate;
      break;
    case Push::Outcome::running:
      if (stretch_ <= 0 || report_.entries >= settings_.max_entries) stage_ = Stage::evaluate;
      break;
  }
  return Outcome::running;
}

void LocalQuery::book() {
  const bool series = settings_.way == Way::neumann;
  const PushWork& a = series ? series_.work() : adjoint_.work();
  PushWork f;
  if (two_sided_) f = forward_.work();
  if (f.pushes > 0) report_.way = static_cast<double>(Way::product);
  report_.lines = a.lines + f.lines;
  report_.entries = a.entries + f.entries;
  report_.pushes = a.pushes + f.pushes;
  report_.touched =
      series ? series_.touched() : adjoint_.touched() + (two_sided_ ? forward_.touched() : 0);
  report_.cost = cost::push_entry * report_.entries + cost::push * report_.pushes +
                 cost::touch * report_.touched;
  // 12 bytes an entry of a line, the line's bounds, and a record and its slot a vertex.
  report_.bytes = 12 * report_.entries + 16 * report_.lines + 56 * report_.touched;
}

LocalQuery::Outcome LocalQuery::evaluate(Budget& budget) {
  const Conditions& c = *problem_.conditions;
  if (!inner_product(adjoint_, *problem_.rhs, inner_, inner_size_)) {
    return problem_.rhs->failed() ? fail(Status::out_of_memory) : Outcome::needs_rhs;
  }
  budget.spend(8.0 * adjoint_.touched());
  // The best of all so far stays: each is a bound of its own.
  const Certified adjoint = certify_adjoint(adjoint_, inner_, inner_size_, *problem_.rhs, c);
  if (adjoint.kind == BoundKind::none || adjoint.bound < certified_.bound) certified_ = adjoint;
  if (two_sided_ && forward_.work().pushes > 0) {
    const Certified both =
        certify_product(adjoint_, forward_, inner_, inner_size_, c, certified_.bound);
    if (both.bound < certified_.bound) certified_ = both;
    budget.spend(8.0 * (adjoint_.touched() + forward_.touched()));
  }
  Push& push = push_forward_ ? forward_ : adjoint_;
  forecast_[push_forward_].note(cost_of(push), push.weighted_residual());
  of_bound_.note(report_.cost, certified_.bound);
  const double target = tolerance();
  if (certified_.kind != BoundKind::none && certified_.bound <= target) {
    return finish(target == settings_.atol ? Reason::converged_atol : Reason::converged_rtol);
  }
  if (pushed_ == Push::Outcome::reached) {
    if (certified_.kind == BoundKind::none) return give_up(Reason::no_certificate);
    // The goal itself was reached, and is not the answer's: rounding takes part of it.
    if (push.weighted_residual() > eased_) share_ *= share_step;
    if (share_ < least_share) spent_[push_forward_] = true;
  }
  if (spent_[0] && (!two_sided_ || spent_[1])) return give_up(Reason::stagnated);
  if (report_.entries >= settings_.max_entries) return finish(Reason::budget);
  return decide();
}

LocalQuery::Outcome LocalQuery::step(Budget& budget) {
  for (;;) {
    Outcome outcome = Outcome::running;
    switch (stage_) {
      case Stage::begin: outcome = begin_query(); break;
      case Stage::push: outcome = push_on(budget); break;
      case Stage::evaluate: outcome = evaluate(budget); break;
      case Stage::series: outcome = sum_series(budget); break;
      case Stage::table: outcome = build_table(budget); break;
      case Stage::walk: outcome = walk(budget); break;
      case Stage::finished: return fault_.ok() ? Outcome::done : Outcome::failed;
    }
    if (outcome != Outcome::running) return outcome;
    if (stage_ != Stage::finished && budget.exhausted()) return Outcome::running;
  }
}

LocalQuery::Outcome LocalQuery::finish(Reason reason) {
  if (stage_ != Stage::walk) book();
  stage_ = Stage::finished;
  const double target = std::fmax(settings_.atol, settings_.rtol * std::fabs(certified_.value));
  report_.reason = static_cast<double>(reason);
  report_.value = certified_.value;
  report_.bound_kind = static_cast<double>(certified_.kind);
  const bool bounded = certified_.kind != BoundKind::none && std::isfinite(certified_.bound);
  report_.bound = bounded ? certified_.bound : -1;
  report_.lower = certified_.lower;
  report_.upper = certified_.upper;
  report_.target = target;
  report_.converged = bounded && certified_.bound <= target ? 1 : 0;
  return Outcome::done;
}

LocalQuery::Outcome LocalQuery::fail(Fault fault) {
  fault_ = fault;
  stage_ = Stage::finished;
  return Outcome::failed;
}

void LocalQuery::stop(Reason reason) {
  if (stage_ == Stage::finished) return;
  double sum = 0;
  double size = 0;
  // Without all the values of an on-demand b there is no estimate yet.
  if (stage_ == Stage::walk) {
    take_walks();
  } else if (settings_.way == Way::neumann) {
    if (inner_product(series_, *problem_.rhs, sum, size)) {
      certified_ = certify_adjoint(series_, sum, size, *problem_.rhs, *problem_.conditions);
    }
  } else if (inner_product(adjoint_, *problem_.rhs, sum, size)) {
    certified_ = certify_adjoint(adjoint_, sum, size, *problem_.rhs, *problem_.conditions);
  }
  finish(reason);
}

void LocalQuery::supplied() {
  adjoint_.lines_arrived();
  if (two_sided_) forward_.lines_arrived();
}

double LocalQuery::progress() const {
  if (stage_ == Stage::finished) return 1;
  if (report_.predicted <= 0) return 0;
  return std::fmin(0.99, report_.cost / report_.predicted);
}

}  // namespace lacuna
