#include "lacuna/local/local_query.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Entries of the first stretch, and by how much the work of all grows with each further one.
constexpr double first_stretch = 400;
constexpr double stretch_growth = 0.5;
/// Work before which a forecast is not believed, as a share of that of the alternative.
constexpr double patience = 0.05;
constexpr std::int32_t least_stretches = 6;
/// How much cheaper another way must seem before it is taken.
constexpr double advantage = 0.8;
/// Entries of a sparse right-hand side up to which it is pushed from, too.
constexpr std::uint32_t two_sided_entries = 4096;
/// Work still to come from which on a second side is tried.
constexpr double worth_two_sides = 60000;

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
  push_forward_ = false;
  const Conditions& c = *problem_.conditions;
  PushOrder order = settings_.order;
  if (!settings_.order_given) {
    // Over-relaxation takes fewer pushes but gives up one-signed residuals, which make bounds
    // one-sided where A⁻¹ and b are; and walks gain nothing from it.
    const RhsFacts& facts = problem_.rhs->facts();
    const bool one_sided = c.inverse_nonnegative() && (facts.least >= 0 || facts.greatest <= 0);
    constexpr double slow = 0.9;
    const bool relax = c.row_contraction > slow || (!one_sided && settings_.confidence == 1);
    order = relax ? PushOrder::sor : PushOrder::buckets;
  }
  adjoint_.begin(*problem_.rows, {&c.rows, nullptr}, order, c.row_contraction);
  if (settings_.way == Way::neumann) {
    series_.begin(*problem_.rows, &c.rows, problem_.weighted_contraction);
  }
  const bool sparse = problem_.rhs->kind() == LocalRhs::Kind::sparse &&
                      problem_.rhs->entries() <= two_sided_entries;
  const bool asked = settings_.way == Way::product || settings_.way == Way::automatic;
  two_sided_ =
      asked && sparse && problem_.columns != nullptr && c.rows.known() && c.columns.known();
  if (two_sided_) {
    forward_.begin(*problem_.columns, {&c.columns, nullptr}, order, c.column_contraction);
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
  if (settings_.way == Way::full || solved) return Outcome::wants_full;
  if (settings_.way == Way::neumann) {
    report_.way = static_cast<double>(Way::neumann);
    series_goal_ = 0.1 * series_.weighted_residual();
    stage_ = Stage::series;
    return Outcome::running;
  }
  if (settings_.way == Way::product && !two_sided_) return fail(Status::not_ready);
  const bool samples = settings_.way == Way::walks || settings_.way == Way::bidirectional;
  if (samples && (settings_.confidence >= 1 || !walkable())) {
    return fail(Status::not_ready);
  }
  if (!c.rows.known() && settings_.way == Way::automatic && std::isfinite(settings_.full_cost)) {
    return Outcome::wants_full;
  }
  if (two_sided_) {
    for (std::uint32_t k = 0; k < problem_.rhs->entries(); ++k) {
      const LocalRhs::Entry& e = problem_.rhs->entry(k);
      if (e.value != 0 && forward_.add(e.id, e.value) != Status::ok) {
        return fail(Status::out_of_memory);
      }
    }
  }
  const double initial = adjoint_.weighted_residual();
  forecast_[0].begin(initial);
  forecast_[1].begin(two_sided_ ? forward_.weighted_residual() : 1);
  of_bound_.begin(initial * factor());
  stretch_ = std::fmin(first_stretch, std::fmax(64, patience * settings_.full_cost));
  push_forward_ = settings_.way == Way::product;
  stage_ = settings_.way == Way::walks ? Stage::evaluate : Stage::push;
  if (problem_.rhs->facts().norm_inf == 0 || initial == 0) stage_ = Stage::evaluate;
  return Outcome::running;
}

LocalQuery::Outcome LocalQuery::push_on(Budget& budget) {
  Push& push = push_forward_ ? forward_ : adjoint_;
  const Conditions& c = *problem_.conditions;
  const RhsFacts& facts = problem_.rhs->facts();
  const double goal = 0.97 * tolerance();
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
  const double before = push.work().entries + push.work().pushes;
  const double left = std::fmin(stretch_, settings_.max_entries - report_.entries);
  const double asked = 2 * std::fmin(left, 0.5 * budget.work_left());
  Budget piece(std::fmax(asked, 1));
  pushed_ = push.step(target, piece);
  const double done = push.work().entries + push.work().pushes - before;
  budget.spend(asked - piece.work_left());
  stretch_ -= std::fmax(done, 1);
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
      // A goal that is reached without a step, and yet is not the answer's, cannot be helped.
      spent_[push_forward_] = done == 0 || push.weighted_residual() == 0;
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
    const Certified both = certify_product(adjoint_, forward_, inner_, inner_size_, c);
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
  if (certified_.kind == BoundKind::none && pushed_ == Push::Outcome::reached) {
    const bool full = settings_.way == Way::automatic && std::isfinite(settings_.full_cost);
    return full ? Outcome::wants_full : finish(Reason::no_certificate);
  }
  if (spent_[0] && (!two_sided_ || spent_[1])) {
    const bool full = settings_.way == Way::automatic && std::isfinite(settings_.full_cost);
    return full ? Outcome::wants_full : finish(Reason::stagnated);
  }
  if (report_.entries >= settings_.max_entries) return finish(Reason::budget);
  return decide();
}

LocalQuery::Outcome LocalQuery::decide() {
  // What the tolerance will be like once the value is known better.
  const double target = std::fmax(
      settings_.atol,
      settings_.rtol * (std::fabs(certified_.value) + std::fmin(certified_.bound, 1e300)));
  const RhsFacts& facts = problem_.rhs->facts();
  const Conditions& c = *problem_.conditions;
  const double spent = report_.cost;

  // What the push still takes, on the side that promises more.
  double push_cost = forecast_[0].remaining(target / factor());
  // Once all is touched a sweep over the matrix takes at least its contraction off.
  const double q = c.row_contraction;
  if (q < 1 && std::isfinite(problem_.nnz)) {
    const double sweeps = adjoint_.weighted_residual() * factor() / std::fmax(target, 1e-300);
    const double most =
        problem_.nnz * (2 + natural_log(std::fmax(1, sweeps)) / std::fmax(1e-3, -natural_log(q)));
    push_cost = std::fmin(push_cost, most);
  }
  push_cost = std::fmin(push_cost, of_bound_.remaining(target));
  push_cost = std::fmin(push_cost, of_bound_.remaining_overall(target));
  if (two_sided_) {
    // A push from b as well pays where there is still much to do; then the next stretch goes where
    // a digit costs less.
    const bool begun = forecast_[1].stretches() > 0;
    const bool worth = begun || push_cost > std::fmax(worth_two_sides, 2 * spent);
    const double a_digit = forecast_[0].remaining(0.1 * adjoint_.weighted_residual());
    const double f_digit = begun ? forecast_[1].remaining(0.1 * forward_.weighted_residual()) : 0;
    push_forward_ = spent_[0] || (worth && !spent_[1] && f_digit < a_digit);
  }
  if (report_.predicted < 0) {
    report_.predicted = spent + std::fmin(push_cost, settings_.full_cost);
    report_.exponent = forecast_[0].exponent();
  }

  // Walks for what the push leaves: now, or after some more of it.
  const bool may_walk = settings_.confidence < 1 && walkable() &&
                        (settings_.way == Way::automatic || settings_.way == Way::walks ||
                         settings_.way == Way::bidirectional);
  double best_with_walks = infinity;
  bool walk_now = settings_.way == Way::walks;
  if (may_walk) {
    const double reach = adjoint_.weighted_residual() * facts.norm_inf;
    double falls = 1;
    double now = infinity;
    for (int k = 0; k < 12; ++k) {
      const double more = k == 0 ? 0 : forecast_[0].remaining(adjoint_.weighted_residual() * falls);
      const double starts = adjoint_.touched() * (1 + more / std::fmax(spent, 1));
      const double total = more + walk_cost(std::fmin(q, 1) * reach * falls, target, starts);
      if (k == 0) now = total;
      best_with_walks = std::fmin(best_with_walks, total);
      falls *= 0.7;
    }
    const bool preferred = settings_.way == Way::bidirectional || now < push_cost;
    walk_now = walk_now || (preferred && now <= best_with_walks * 1.02);
    report_.predicted = std::fmin(report_.predicted, spent + best_with_walks);
  }

  const double least = std::fmin(push_cost, best_with_walks);
  if (settings_.estimate) return finish(Reason::budget);
  if (report_.predicted > settings_.max_work) return finish(Reason::budget);
  if (settings_.way == Way::automatic && std::isfinite(settings_.full_cost)) {
    const bool known =
        of_bound_.stretches() >= least_stretches || spent > patience * settings_.full_cost;
    if (known && settings_.full_cost < advantage * least) return Outcome::wants_full;
  }
  if (may_walk && walk_now) {
    WalkTable* table = problem_.table;
    if (table == nullptr || table->ready()) return begin_walks();
    if (table->rows() == 0 && table->begin(*problem_.matrix, &c.rows) != Status::ok) {
      return fail(Status::out_of_memory);
    }
    stage_ = Stage::table;
    return Outcome::running;
  }
  stretch_ = std::fmax(first_stretch, stretch_growth * (report_.entries + report_.pushes));
  stage_ = Stage::push;
  return Outcome::running;
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
