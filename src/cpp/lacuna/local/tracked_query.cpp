#include "lacuna/local/tracked_query.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/local/forecast.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// Share of the bound that the push may leave, the rest is for rounding.
constexpr double push_share = 0.97;
/// By how much the residual falls between two looks at the value, which the tolerance may rest on.
constexpr double goal_step = 0.125;
/// Growth of what went into pᵀb piece by piece, after which it is summed anew.
constexpr double most_growth = 4;

/// A product of magnitudes, raised by its rounding and its underflow.
double times(double a, double b) {
  return a == 0 || b == 0 ? 0 : a * b * (1 + 4 * unit_roundoff) + 0x1p-1074;
}

PushOrder order_of(const QuerySettings& settings, const Conditions& conditions) {
  if (settings.order_given) return settings.order;
  constexpr double slow = 0.9;
  return conditions.row_contraction > slow ? PushOrder::sor : PushOrder::buckets;
}

}  // namespace

TrackedQuery::TrackedQuery(const QueryProblem& problem, const QuerySettings& settings)
    : problem_(problem),
      settings_(settings),
      rhs_(*problem.rhs),
      rows_(*problem.rows, *problem.conditions) {
  const Conditions& c = *problem_.conditions;
  push_.begin(rows_.lines(), {&c.rows, nullptr}, order_of(settings, c), c.row_contraction);
  report_.way = static_cast<double>(Way::push);
}

Status TrackedQuery::add_target(std::int64_t v, double weight) {
  const Status status = push_.add(v, weight);
  if (status != Status::ok) return status;
  target_ = targets_ == 0 ? v : -1;
  target_weight_ = weight;
  ++targets_;
  return status;
}

std::span<const std::int64_t> TrackedQuery::wanted(Wanted kind) const {
  if (kind != Wanted::values) return {};
  return rhs_.base().wanted();
}

Fault TrackedQuery::supply_values(std::span<const double> values) {
  return rhs_.base().supply(values);
}

Fault TrackedQuery::take_rhs(const Change& change) {
  pending_.clear();
  if (pending_.reserve(change.rhs_ids.size()) != Status::ok) return Status::out_of_memory;
  for (std::size_t k = 0; k < change.rhs_ids.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    const std::int64_t v = change.rhs_ids[k];
    if (v < 0 || v >= problem_.size) return Fault(Status::index_out_of_range, position);
    Pending& entry = pending_[pending_.touch(v, Pending{})];
    entry.delta += change.rhs_values[k];
    if (!std::isfinite(entry.delta)) return Fault(Status::not_finite, position);
  }
  return rhs_.reserve(pending_.size());
}

Fault TrackedQuery::take_rows(const Change& change) {
  const std::size_t count = change.rows.size();
  const std::size_t total = change.ids.size();
  if (facts_.size() < count && facts_.allocate(count) != Status::ok) return Status::out_of_memory;
  if (counts_.size() < count && counts_.allocate(count) != Status::ok) return Status::out_of_memory;
  if (ids_.size() < total && ids_.allocate(total) != Status::ok) return Status::out_of_memory;
  if (values_.size() < total && values_.allocate(total) != Status::ok) return Status::out_of_memory;
  gaps_.clear();
  if (gaps_.reserve(count) != Status::ok) return Status::out_of_memory;
  std::size_t at = 0;
  std::size_t moved = 0;
  std::size_t longest = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint32_t seen = gaps_.size();
    if (gaps_.touch(change.rows[k], Gap{}) < seen) {
      return Fault(Status::duplicate_entry, change.rows[k]);
    }
    const auto length = static_cast<std::size_t>(change.counts[k]);
    ChangedRows::Shift shift;
    const Fault fault = rows_.examine(change.rows[k], change.ids.subspan(at, length),
                                      change.values.subspan(at, length), -1, facts_[k], shift);
    if (!fault.ok()) return fault;
    counts_[k] = change.counts[k];
    const auto entries = static_cast<std::size_t>(shift.entries);
    moved += entries;
    longest = std::max(longest, entries);
    at += length;
  }
  std::copy_n(change.ids.data(), total, ids_.data());
  std::copy_n(change.values.data(), total, values_.data());
  if (rows_.reserve(count, total, longest) != Status::ok) return Status::out_of_memory;
  return push_.reserve(moved);
}

Fault TrackedQuery::update(const Change& change) {
  if (lost_) return fault_;
  // One that failed for want of memory before it was made is given up.
  if (stage_ == Stage::admit && fault_.ok()) return Status::busy;
  if (const Fault fault = check_shape(change); !fault.ok()) return fault;
  if (stage_ == Stage::admit) stage_ = unmade_;
  row_count_ = 0;
  if (const Fault fault = take_rhs(change); !fault.ok()) return fault;
  if (const Fault fault = take_rows(change); !fault.ok()) return fault;
  row_count_ = change.rows.size();
  fault_ = {};
  before_ = push_.work();
  passed_ = 0;
  spent_ = reached_ = false;
  by_largest_ = true;
  unmade_ = stage_;
  stage_ = Stage::admit;
  return {};
}

TaskState TrackedQuery::admit() {
  bool complete = true;
  for (std::uint32_t k = 0; k < pending_.size(); ++k) {
    Pending& entry = pending_[k];
    if (entry.delta == 0) continue;
    double value = 0;
    if (!rhs_.get(entry.id, value)) {
      complete = false;
      continue;
    }
    entry.fresh = value + entry.delta;
    if (!std::isfinite(entry.fresh)) {
      stage_ = unmade_;
      fault_ = Fault(Status::not_finite, entry.id);
      return TaskState::failed;
    }
  }
  if (!complete) {
    if (rhs_.base().failed()) return fail(Status::out_of_memory);
    return TaskState::needs_rows;
  }
  // From here on nothing can fail.
  for (std::uint32_t k = 0; k < pending_.size(); ++k) {
    const Pending& entry = pending_[k];
    if (entry.delta == 0) continue;
    const std::uint32_t at = push_.find(entry.id);
    if (inner_known_ && at != VertexTable<Push::Vertex>::none) {
      double value = 0;
      rhs_.get(entry.id, value);
      const double p = push_.vertex(at).value;
      add_product(p, entry.fresh);
      add_product(-p, value);
    }
    rhs_.set(entry.id, entry.fresh);
  }
  passed_ += pending_.size();
  std::size_t begin = 0;
  for (std::size_t k = 0; k < row_count_; ++k) {
    const auto length = static_cast<std::size_t>(counts_[k]);
    rows_.replace(facts_[k], {ids_.data() + begin, length}, {values_.data() + begin, length});
    push_.change_line(facts_[k].id, rows_.lines().difference());
    const std::uint32_t at = push_.find(facts_[k].id);
    const bool reached = at != VertexTable<Push::Vertex>::none && push_.vertex(at).value != 0;
    if (reached) sums_known_ = false;
    begin += length;
  }
  if (row_count_ > 0) rows_.settle();
  stage_ = Stage::evaluate;
  return TaskState::running;
}

void TrackedQuery::add_product(double p, double b) {
  const double t = p * b;
  const double s = inner_ + t;
  const double z = s - inner_;
  inner_error_ += (inner_ - (s - z)) + (t - z);
  inner_ = s;
  inner_size_ += std::fabs(t);
}

bool TrackedQuery::inner_product() {
  if (!lacuna::inner_product(push_, rhs_.base(), inner_, inner_size_)) return false;
  inner_error_ = 0;
  for (std::uint32_t k = 0; k < rhs_.changed(); ++k) {
    const ChangedRhs::Entry& entry = rhs_.entry(k);
    const std::uint32_t at = push_.find(entry.id);
    if (at == VertexTable<Push::Vertex>::none) continue;
    add_product(push_.vertex(at).value, entry.value);
    add_product(-push_.vertex(at).value, entry.before);
  }
  inner_fresh_size_ = inner_size_;
  inner_known_ = true;
  return true;
}

double TrackedQuery::tolerance() const {
  const double known = std::isfinite(certified_.bound)
                           ? std::fmax(0, std::fabs(certified_.value) - certified_.bound)
                           : 0;
  return std::fmax(settings_.atol, settings_.rtol * known);
}

/// Weighted residual with which the bound would meet the tolerance.
double TrackedQuery::needed() const {
  const RhsFacts& facts = rhs_.facts();
  const Ground& ground = rows_.ground();
  double factor = facts.norm_inf;
  if (ground.inverse_nonnegative) {
    const double up = std::fmax(facts.greatest, 0);
    const double down = std::fmax(-facts.least, 0);
    factor = down == 0 || up == 0 ? up + down : 0.5 * (up + down);
  }
  return push_share * tolerance() / std::fmax(factor * ground.stretch, 1e-300);
}

void TrackedQuery::certify() {
  certified_ =
      certify_sums(sums_, inner_ + inner_error_, inner_size_, rhs_.facts(), rows_.ground());
}

TaskState TrackedQuery::evaluate(Budget& budget) {
  const double touched = push_.touched();
  if (!inner_known_ || inner_size_ > most_growth * inner_fresh_size_) {
    if (!inner_product()) {
      return rhs_.base().failed() ? fail(Status::out_of_memory) : TaskState::needs_rows;
    }
    budget.spend(8 * touched + 16.0 * rhs_.changed());
    passed_ = touched;
  }
  if (!sums_known_) {
    sums_ = sum_residual(push_, problem_.conditions->rows);
    sums_known_ = true;
    budget.spend(8 * touched);
    passed_ = touched;
  }
  certify();
  if (!(certified_.bound <= tolerance()) && !rhs_.fresh()) {
    rhs_.refresh();
    budget.spend(8.0 * rhs_.changed());
    certify();
  }
  const double target = tolerance();
  if (certified_.bound <= target) {
    return finish(target == settings_.atol ? Reason::converged_atol : Reason::converged_rtol);
  }
  const double goal = needed();
  // What was to suffice is there, and does not: rounding is what remains.
  spent_ = spent_ || (reached_ && goal_ <= goal);
  if (spent_) return finish(Reason::stagnated);
  if (entries() >= settings_.max_entries) return finish(Reason::budget);
  // A residual that overflows is no measure.
  const double residual = sums_.positive + sums_.negative + sums_.slack;
  goal_ = std::isfinite(residual) ? std::fmax(goal, goal_step * residual) : goal;
  reached_ = false;
  stage_ = Stage::push;
  return TaskState::running;
}

TaskState TrackedQuery::push_on(Budget& budget) {
  PushGoal goal;
  goal.weighted_sum = goal_;
  const double column_weight = rows_.ground().column_weight;
  const double norm1 = rhs_.facts().norm1;
  const bool by_largest = by_largest_ && std::isfinite(column_weight) && std::isfinite(norm1);
  if (by_largest && norm1 > 0) {
    const double least = problem_.conditions->rows.least;
    goal.largest = push_share * tolerance() * least / (norm1 * column_weight);
  }
  const double before = push_.work().pushes;
  const double left = 2 * (settings_.max_entries - entries());
  const double asked = std::fmax(1, std::fmin(left, budget.work_left()));
  Budget piece(asked);
  const Push::Outcome outcome = push_.step(goal, piece);
  budget.spend(asked - piece.work_left());
  const bool pushed = push_.work().pushes > before;
  if (pushed) inner_known_ = false;
  // The residual may have been made anew without a push.
  sums_known_ = false;
  switch (outcome) {
    case Push::Outcome::running:
      if (entries() >= settings_.max_entries) stage_ = Stage::evaluate;
      return TaskState::running;
    case Push::Outcome::reached:
      // By the largest residual without a step: that goal helps no further.
      reached_ = push_.weighted_residual() + push_.slack() <= goal_ || !by_largest;
      if (!reached_ && !pushed) by_largest_ = false;
      break;
    case Push::Outcome::rounding: spent_ = true; break;
    case Push::Outcome::needs_lines: return TaskState::needs_rows;
    case Push::Outcome::out_of_memory: return fail(Status::out_of_memory);
    case Push::Outcome::stuck: return fail(Fault(Status::singular_matrix, push_.stuck_at()));
  }
  stage_ = Stage::evaluate;
  return TaskState::running;
}

TaskState TrackedQuery::step(Budget& budget) {
  if (lost_) return TaskState::failed;
  fault_ = {};
  while (stage_ != Stage::idle) {
    TaskState state = TaskState::running;
    switch (stage_) {
      case Stage::admit: state = admit(); break;
      case Stage::evaluate: state = evaluate(budget); break;
      case Stage::push: state = push_on(budget); break;
      case Stage::idle: break;
    }
    if (state != TaskState::running) return state;
    if (stage_ != Stage::idle && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

TaskState TrackedQuery::finish(Reason reason) {
  const PushWork& work = push_.work();
  QueryReport report;
  report.way = static_cast<double>(Way::push);
  report.reason = static_cast<double>(reason);
  report.value = certified_.value;
  const bool bounded = std::isfinite(certified_.bound);
  report.bound = bounded ? certified_.bound : -1;
  report.bound_kind = static_cast<double>(bounded ? certified_.kind : BoundKind::none);
  report.lower = bounded ? certified_.lower : -infinity;
  report.upper = bounded ? certified_.upper : infinity;
  report.target = std::fmax(settings_.atol, settings_.rtol * std::fabs(certified_.value));
  report.converged = bounded && certified_.bound <= report.target ? 1 : 0;
  report.lines = work.lines - before_.lines;
  report.entries = entries();
  report.pushes = work.pushes - before_.pushes;
  report.touched = push_.touched();
  report.cost = cost::push_entry * report.entries + cost::push * report.pushes;
  report.bytes = 12 * report.entries + 16 * report.lines + 56 * passed_;
  report_ = report;
  answered_ = true;
  stage_ = Stage::idle;
  return TaskState::done;
}

TaskState TrackedQuery::fail(Fault fault) {
  fault_ = fault;
  lost_ = fault.status != Status::out_of_memory;
  return TaskState::failed;
}

void TrackedQuery::stop(Reason reason) {
  if (lost_ || stage_ == Stage::idle) return;
  if (stage_ == Stage::admit) {
    stage_ = unmade_;
    if (stage_ == Stage::idle) return;
  }
  sums_ = sum_residual(push_, problem_.conditions->rows);
  sums_known_ = true;
  // Without all the values of an on-demand b there is no estimate.
  certified_ = Certified{};
  if (inner_known_ || inner_product()) certify();
  finish(reason);
}

Fault TrackedQuery::moved(const Change& change, double atol, Moved& result) {
  if (lost_) return fault_;
  if (stage_ != Stage::idle) return Status::busy;
  if (!answered_) return Status::not_ready;
  if (const Fault fault = check_shape(change); !fault.ok()) return fault;
  const std::size_t most = change.rhs_ids.size() + change.rows.size();
  gaps_.clear();
  if (gaps_.reserve(most) != Status::ok) return Status::out_of_memory;
  constexpr std::uint32_t none = VertexTable<Push::Vertex>::none;
  const Weights& weights = problem_.conditions->rows;
  const double norm = rhs_.facts().norm_inf;
  const double reach = times(rows_.ground().stretch, norm);
  const auto pushed = [&](std::int64_t v) {
    const std::uint32_t at = push_.find(v);
    return at == none ? 0.0 : std::fabs(push_.vertex(at).value);
  };
  // Rows first, so that one given twice is seen.
  ChangedRows::Worst worst = rows_.worst();
  double own = infinity;
  if (target_ >= 0) {
    own = times(weights(target_), reach);
    const double answer = std::fmax(std::fabs(certified_.lower), std::fabs(certified_.upper));
    own = std::fmin(own, answer / std::fabs(target_weight_) * (1 + 4 * unit_roundoff) + 0x1p-1074);
  }
  double drift = 0;  // Σ|pᵢ|·Σ|Δᵢⱼ|wⱼ: what s moves by
  std::size_t at = 0;
  for (std::size_t k = 0; k < change.rows.size(); ++k) {
    const std::int64_t v = change.rows[k];
    const auto length = static_cast<std::size_t>(change.counts[k]);
    const std::uint32_t seen = gaps_.size();
    const std::uint32_t place = gaps_.touch(v, Gap{});
    if (place < seen) return Fault(Status::duplicate_entry, v);
    ChangedRows::Facts facts;
    ChangedRows::Shift shift;
    const Fault fault = rows_.examine(v, change.ids.subspan(at, length),
                                      change.values.subspan(at, length), target_, facts, shift);
    if (!fault.ok()) return fault;
    at += length;
    if (shift.weighted == 0 && shift.at == 0) continue;
    worst.include(facts);
    gaps_[place].size = times(shift.weighted, reach) + times(shift.at, own);
    const double whole = shift.weighted + (target_ >= 0 ? times(shift.at, weights(target_)) : 0);
    drift += times(pushed(v), whole);
  }
  for (std::size_t k = 0; k < change.rhs_ids.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    const std::int64_t v = change.rhs_ids[k];
    if (v < 0 || v >= problem_.size) return Fault(Status::index_out_of_range, position);
    Gap& gap = gaps_[gaps_.touch(v, Gap{})];
    gap.delta += change.rhs_values[k];
    if (!std::isfinite(gap.delta)) return Fault(Status::not_finite, position);
  }
  double inner = 0;
  double largest = 0;
  for (std::uint32_t k = 0; k < gaps_.size(); ++k) {
    Gap& gap = gaps_[k];
    double delta = std::fabs(gap.delta);
    // What b + Δ is rounded by.
    if (delta != 0) delta += 2 * unit_roundoff * (norm + delta);
    gap.size += delta;
    inner += times(pushed(gap.id), gap.size);
    largest = std::fmax(largest, gap.size);
  }
  const double up = 1 + (static_cast<double>(gaps_.size()) + 16) * unit_roundoff;
  const double stretch = rows_.ground_with(worst).stretch;
  const double residual = (sums_.positive + sums_.negative + sums_.slack + drift * up) * up;
  result.bound = (inner * up + times(times(residual, stretch), largest)) * up;
  result.everywhere = times(times(weights.uniform, stretch), largest) * up;
  result.unmoved = result.bound <= atol;
  return {};
}

}  // namespace lacuna
