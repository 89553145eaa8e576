#include "lacuna/local/push.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// No goal lies below: residuals near underflow would go round in circles.
constexpr double least_floor = 0x1p-1000;
/// By how much the threshold falls from round to round.
constexpr double threshold_step = 0.25;
/// Share of its sum that a round must leave at the most, else acceleration is given up.
constexpr double poor_round = 0.95;
/// Sum over the best one so far, in units of the patience, at which acceleration has run away.
constexpr double runaway = 4;
/// Share of the goal that residuals below the threshold may keep together.
constexpr double left_alone = 0.25;
/// Share of the sum or of the goal that the slack may take before the residual is made anew.
constexpr double slack_share = 0.25;
/// Lines that are asked for at a time.
constexpr int lookahead = 1024;
/// Vertices of a pass between two looks at the budget.
constexpr std::uint32_t slice = 4096;

/// With large residuals first, q² is best taken for larger by this share of 1 − q²: a fifth fewer
/// pushes on grids and meshes, whatever the q.
constexpr double southwell = 0.4;

/// Over-relaxation for a Jacobi iteration that contracts by q (Young, 1954), for sweeps or for
/// pushes by size; none where q is not known.
double relaxation(double q, bool by_size) {
  if (!(q > 0) || !std::isfinite(q)) return 1;
  if (q >= 1) return 1.9;
  const double rest = 1 - q * q;
  return 2 / (1 + std::sqrt(by_size ? rest * (1 - southwell * q * q) : rest));
}

}  // namespace

double Push::key_of(std::int64_t v) const {
  if (keys_.degrees != nullptr) {
    const std::int32_t degree = keys_.degrees[v + 1] - keys_.degrees[v];
    return degree > 0 ? 1.0 / degree : 1;
  }
  return (*keys_.weights)(v);
}

double Push::floor_of(const PushGoal& goal) const {
  return std::fmax(goal.largest / unit_key(), least_floor);
}

void Push::begin(Lines& columns, const Keys& keys, PushOrder order, double contraction) {
  columns_ = &columns;
  keys_ = keys;
  const bool known = keys.weights != nullptr && keys.weights->known();
  by_weight_ = known && !keys.weights->each.empty();
  weighted_ = by_weight_ || keys.degrees != nullptr;
  uniform_ = known ? keys.weights->uniform : 1;
  heaviest_ = by_weight_ ? uniform_ : 1;
  // ⟨Mᵀ⟩w > 0 says that the others of a column weigh less than its diagonal entry.
  spread_ = known ? 2 : 1 + std::fmax(1, contraction);
  order_ = order;
  // A margin that is declared without a norm says nothing of it.
  const bool guessed = known && keys.weights->dominance == Dominance::declared && contraction >= 1;
  const bool accelerated = order == PushOrder::sor || order == PushOrder::chebyshev;
  omega_ = accelerated && !guessed ? relaxation(contraction, order == PushOrder::sor) : 1;
  // Momentum first carries sums up, k·ρᵏ with ρ² = ω − 1, before it brings them down.
  patience_ = omega_ == 1 ? 0 : 4 + 2 / (1 - std::sqrt(omega_ - 1));
  sum_ = slack_ = flow_ = 0;
  next_check_ = 0;
  poor_rounds_ = 0;
  fault_ = Outcome::running;
  stuck_at_ = -1;
  work_ = {};
  table_.clear();
  seed_count_ = 0;
  local_count_ = local_wasted_ = 0;
  momentum_count_ = 0;
  head_ = tail_ = warm_ = 0;
  disturb();
}

void Push::disturb() {
  phase_ = Phase::push;
  threshold_ = std::numeric_limits<double>::infinity();
  best_sum_ = std::numeric_limits<double>::infinity();
  refreshed_sum_ = std::numeric_limits<double>::infinity();
}

void Push::enter(Phase phase) {
  phase_ = phase;
  cursor_ = 0;
  pass_count_ = table_.size();
  pass_sum_ = pass_largest_ = 0;
}

Status Push::make_room(std::size_t more) {
  // One record more than asked for: then a place of the queue is always free.
  if (table_.reserve(more + 1) != Status::ok) return Status::out_of_memory;
  const std::size_t capacity = table_.capacity();
  if (queue_.size() >= capacity) return Status::ok;
  // Every vertex is in the queue at most once, and none but those in the table.
  Buffer<std::uint32_t> wider;
  if (wider.allocate(capacity) != Status::ok) return Status::out_of_memory;
  std::uint32_t count = 0;
  for (; head_ != tail_; ++head_) wider[count++] = queue_[head_ & queue_mask_];
  queue_ = std::move(wider);
  queue_mask_ = static_cast<std::uint32_t>(capacity - 1);
  warm_ -= head_ - count;
  head_ = 0;
  tail_ = count;
  return Status::ok;
}

Status Push::add(std::int64_t v, double value) {
  if (!std::isfinite(value)) return Status::not_finite;
  if (make_room(1) != Status::ok) return Status::out_of_memory;
  if (seed_count_ == seeds_.size()) {
    Buffer<Seed> wider;
    if (wider.allocate(2 * seed_count_ + 4) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < seed_count_; ++k) wider[k] = seeds_[k];
    seeds_ = std::move(wider);
  }
  seeds_[seed_count_++] = {v, value};
  Vertex& x = table_[touch(v)];
  const double before = std::fabs(x.residual);
  x.residual += value;
  const double w = share(x);
  sum_ += w * (std::fabs(x.residual) - before);
  flow_ += w * std::fabs(value);
  slack_ += w * unit_roundoff * 2 * std::fabs(x.residual);
  disturb();
  return Status::ok;
}

void Push::warm_ahead(std::uint32_t k) {
  std::int64_t ids[Lines::warm_batch];
  std::size_t count = 0;
  for (; k != tail_ && count < Lines::warm_batch; ++k) {
    const Vertex& x = table_[queue_[k & queue_mask_]];
    if (x.state >> local_shift == 0) ids[count++] = x.id;
  }
  warm_ = k;
  if (count > 1) columns_->warm({ids, count});
}

void Push::ask_ahead(std::uint32_t k) {
  Line line;
  for (int missing = 1; k != tail_ && missing < lookahead; ++k) {
    const Vertex& x = table_[queue_[k & queue_mask_]];
    const bool due = std::fabs(x.residual) * x.weight >= threshold_ && x.state >> local_shift == 0;
    if (due) missing += !columns_->get(x.id, line);
  }
}

bool Push::push_at(std::uint32_t k, Budget& budget) {
  Vertex& x = table_[k];
  if (const std::uint32_t at = x.state >> local_shift; at != 0) {
    const Local* local = local_.data() + at - 1;
    if (!move_local(k, local, omega_ * x.residual / local->value)) return false;
    budget.spend(2.0 * local->count + 8);
    if (omega_ != 1) look_again(k);
    return true;
  }
  Line line;
  if (!columns_->get(x.id, line)) return false;
  if (line.diagonal == 0) {
    fault_ = Outcome::stuck;
    stuck_at_ = x.id;
    return false;
  }
  if (!move(k, line, omega_ * x.residual / line.diagonal)) return false;
  budget.spend(2.0 * line.count + 8);
  if (omega_ != 1) look_again(k);
  return true;
}

void Push::look_again(std::uint32_t k) {
  const Vertex& x = table_[k];
  if (std::fabs(x.residual) * x.weight >= threshold_ && (x.state & queued_bit) == 0) enqueue(k);
  // A round that does not end shows here.
  if (work_.pushes > next_check_ || sum_ > runaway * patience_ * best_sum_) supervise(1);
}

void Push::give_up_acceleration() {
  order_ = PushOrder::buckets;
  omega_ = 1;
}

void Push::supervise(double share_left) {
  next_check_ = work_.pushes + 64 + 8.0 * table_.size();
  if (omega_ == 1) return;
  // Held against the best one, so that sums that go round in circles are poor too.
  if (sum_ <= share_left * best_sum_) {
    best_sum_ = sum_;
    poor_rounds_ = 0;
  } else if (!(sum_ <= runaway * patience_ * best_sum_) || ++poor_rounds_ > patience_) {
    give_up_acceleration();
  }
}

Push::Outcome Push::run_total(const PushGoal& goal, Budget& budget) {
  const std::size_t end = cursor_ + slice < pass_count_ ? cursor_ + slice : pass_count_;
  budget.spend(static_cast<double>(end - cursor_));
  for (; cursor_ < end; ++cursor_) {
    const Vertex& x = table_[static_cast<std::uint32_t>(cursor_)];
    pass_sum_ += share(x) * std::fabs(x.residual);
  }
  if (cursor_ < pass_count_) return Outcome::running;
  sum_ = pass_sum_ * (1 + (pass_count_ + 8.0) * unit_roundoff);
  phase_ = Phase::push;
  return sum_ + slack_ <= goal.weighted_sum / unit() ? Outcome::reached : Outcome::running;
}

Push::Outcome Push::run_scan(const PushGoal& goal, Budget& budget) {
  const std::size_t end = cursor_ + slice < pass_count_ ? cursor_ + slice : pass_count_;
  budget.spend(static_cast<double>(end - cursor_));
  for (; cursor_ < end; ++cursor_) {
    const Vertex& x = table_[static_cast<std::uint32_t>(cursor_)];
    const double size = std::fabs(x.residual);
    pass_sum_ += share(x) * size;
    if (size * x.weight > pass_largest_) pass_largest_ = size * x.weight;
  }
  if (cursor_ < pass_count_) return Outcome::running;
  sum_ = pass_sum_ * (1 + (pass_count_ + 8.0) * unit_roundoff);
  supervise(poor_round);
  const double floor = floor_of(goal);
  if (pass_largest_ < floor) {
    phase_ = Phase::push;
    return pass_largest_ * unit_key() < goal.largest ? Outcome::reached : Outcome::rounding;
  }
  threshold_ = threshold_step * pass_largest_;
  if (order_ == PushOrder::fifo) {
    // Without a threshold of its own, what may be left of the sum is shared out. (By degree, the
    // sum is in other units than the keys.)
    const double part = left_alone * goal.weighted_sum / unit() / (pass_count_ + 1.0);
    const double share = keys_.degrees != nullptr ? 0 : part;
    threshold_ = threshold_ < share ? threshold_ : share;
  }
  threshold_ = std::fmax(floor, threshold_);
  enter(Phase::fill);
  return Outcome::running;
}

void Push::run_fill(Budget& budget) {
  const std::size_t end = cursor_ + slice < pass_count_ ? cursor_ + slice : pass_count_;
  for (; cursor_ < end; ++cursor_) {
    const auto k = static_cast<std::uint32_t>(cursor_);
    const Vertex& x = table_[k];
    if ((x.state & queued_bit) == 0 && std::fabs(x.residual) * x.weight >= threshold_) {
      enqueue(k);
    }
  }
  budget.spend(slice);
  if (cursor_ == pass_count_) phase_ = Phase::push;
}

Push::Outcome Push::push_on(const PushGoal& goal, Budget& budget) {
  const double target = goal.weighted_sum / unit();
  for (;;) {
    // The running sum has drifted by rounding: what ends a push is one made anew.
    if (sum_ + slack_ <= target) return enter(Phase::total), Outcome::running;
    if (slack_ > slack_share * target && slack_ > slack_share * std::fabs(sum_) &&
        (target > 0 || goal.largest == 0)) {
      return enter(Phase::gather), Outcome::running;
    }
    if (budget.exhausted()) return Outcome::running;
    if (order_ == PushOrder::chebyshev) return enter(Phase::plan), Outcome::running;
    if (head_ == tail_) return enter(Phase::scan), Outcome::running;
    const std::uint32_t k = queue_[head_++ & queue_mask_];
    Vertex& x = table_[k];
    x.state &= ~queued_bit;
    if (std::fabs(x.residual) * x.weight < threshold_ || x.residual == 0) continue;
    // Wraps as positions do.
    const bool cold = x.state >> local_shift == 0;
    if (cold && static_cast<std::int32_t>(head_ - warm_) > 0) warm_ahead(head_ - 1);
    if (push_at(k, budget)) continue;
    if (fault_ != Outcome::running) return fault_;
    x.state |= queued_bit;
    --head_;
    ask_ahead(head_ + 1);
    return Outcome::needs_lines;
  }
}

Push::Outcome Push::step(const PushGoal& goal, Budget& budget) {
  if (fault_ == Outcome::out_of_memory) fault_ = Outcome::running;
  if (fault_ != Outcome::running) return fault_;
  for (;;) {
    Outcome outcome = Outcome::running;
    switch (phase_) {
      case Phase::push: outcome = push_on(goal, budget); break;
      case Phase::total: outcome = run_total(goal, budget); break;
      case Phase::scan: outcome = run_scan(goal, budget); break;
      case Phase::fill: run_fill(budget); break;
      case Phase::plan: outcome = run_plan(goal, budget); break;
      case Phase::apply: outcome = run_apply(budget); break;
      case Phase::gather: outcome = run_gather(budget); break;
      case Phase::weigh: outcome = run_weigh(budget); break;
      case Phase::commit: outcome = run_commit(goal, budget); break;
    }
    if (outcome != Outcome::running || budget.exhausted()) return outcome;
  }
}

double Push::recompute_sum() const {
  double sum = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    sum += share(table_[k]) * std::fabs(table_[k].residual);
  }
  return unit() * sum * (1 + (table_.size() + 8.0) * unit_roundoff);
}

double Push::largest_residual() const {
  double largest = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    const double size = std::fabs(table_[k].residual);
    largest = size > largest ? size : largest;
  }
  return largest;
}

}  // namespace lacuna
