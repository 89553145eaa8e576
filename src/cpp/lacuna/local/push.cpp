#include "lacuna/local/push.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// By how much the threshold falls from round to round.
constexpr double threshold_step = 0.25;
/// Share of its sum that a round must leave at the most, else acceleration is given up.
constexpr double poor_round = 0.95;

/// Over-relaxation for a Jacobi iteration that contracts by q (Young, 1954).
double relaxation(double q) {
  if (!(q > 0) || q >= 1) return q >= 1 ? 1.9 : 1;
  return 2 / (1 + std::sqrt(1 - q * q));
}

/// (hi, lo) ← (hi, lo) − x·y: products by Dekker's splitting, sums by Knuth's TwoSum.
void subtract_product(double& hi, double& lo, double x, double y) {
  constexpr double splitter = 134217729;  // 2²⁷ + 1
  const double p = x * y;
  const double xs = splitter * x, ys = splitter * y;
  const double xh = xs - (xs - x), yh = ys - (ys - y);
  const double xl = x - xh, yl = y - yh;
  const double pe = ((xh * yh - p) + xh * yl + xl * yh) + xl * yl;
  const double s = hi - p;
  const double t = s - hi;
  lo += (hi - (s - t)) - (p + t) - pe;
  hi = s;
}

}  // namespace

double Push::key_of(std::int64_t v) const {
  if (keys_.degrees != nullptr) {
    const std::int32_t degree = keys_.degrees[v + 1] - keys_.degrees[v];
    return degree > 0 ? 1.0 / degree : 1;
  }
  return (*keys_.weights)(v);
}

void Push::begin(Lines& columns, const Keys& keys, PushOrder order, double contraction) {
  columns_ = &columns;
  keys_ = keys;
  by_weight_ = keys.weights != nullptr && !keys.weights->each.empty();
  weighted_ = by_weight_ || keys.degrees != nullptr;
  uniform_ = keys.weights != nullptr && keys.weights->known() ? keys.weights->uniform : 1;
  order_ = order;
  omega_ = order == PushOrder::sor || order == PushOrder::chebyshev ? relaxation(contraction) : 1;
  sum_ = slack_ = flow_ = 0;
  threshold_ = std::numeric_limits<double>::infinity();
  last_round_ = std::numeric_limits<double>::infinity();
  poor_rounds_ = 0;
  fault_ = Outcome::running;
  stuck_at_ = -1;
  resume_ = false;
  work_ = {};
  table_.clear();
  seed_count_ = 0;
  head_ = tail_ = 0;
  waiting_count_ = 0;
}

Status Push::make_room(std::size_t more) {
  if (table_.reserve(more) != Status::ok) return Status::out_of_memory;
  const std::size_t capacity = table_.capacity();
  if (queue_.size() >= capacity) return Status::ok;
  // Every vertex is in the queue at most once, and none but those in the table.
  Buffer<std::uint32_t> wider;
  if (wider.allocate(capacity) != Status::ok) return Status::out_of_memory;
  std::uint32_t count = 0;
  for (; head_ != tail_; ++head_) wider[count++] = queue_[head_ & queue_mask_];
  queue_ = std::move(wider);
  queue_mask_ = static_cast<std::uint32_t>(capacity - 1);
  head_ = 0;
  tail_ = count;
  return Status::ok;
}

Status Push::add(std::int64_t v, double value) {
  if (make_room(1) != Status::ok) return Status::out_of_memory;
  if (seed_count_ == seeds_.size()) {
    Buffer<Seed> wider;
    if (wider.allocate(2 * seed_count_ + 4) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < seed_count_; ++k) wider[k] = seeds_[k];
    seeds_ = std::move(wider);
  }
  seeds_[seed_count_++] = {v, value};
  const std::uint32_t k = touch(v);
  Vertex& x = table_[k];
  const double before = std::fabs(x.residual);
  x.residual += value;
  const double w = by_weight_ ? x.weight : 1;
  sum_ += w * (std::fabs(x.residual) - before);
  slack_ += w * unit_roundoff * std::fabs(x.residual);
  // Thresholds start over: the new part may be large again.
  threshold_ = std::numeric_limits<double>::infinity();
  return Status::ok;
}

template <class Id>
void Push::scatter(const Line& line, const Id* ids, std::int64_t v, double step) {
  const double scale = line.scale * step;
  const double threshold = threshold_;
  double change = 0;
  for (std::int32_t k = 0; k < line.count; ++k) {
    const std::int64_t u = ids[k];
    if (u == v) continue;
    const std::uint32_t j = touch(u);
    Vertex& x = table_[j];
    const double before = std::fabs(x.residual);
    x.residual -= line.values != nullptr ? line.values[k] * scale : scale;
    const double after = std::fabs(x.residual);
    change += by_weight_ ? x.weight * (after - before) : after - before;
    if (after * x.weight >= threshold && (x.state & (queued_bit | waiting_bit)) == 0) enqueue(j);
  }
  sum_ += change;
}

bool Push::move(std::uint32_t k, const Line& line, double step) {
  if (make_room(static_cast<std::size_t>(line.count)) != Status::ok) {
    fault_ = Outcome::out_of_memory;
    return false;
  }
  Vertex& x = table_[k];
  const double w = by_weight_ ? x.weight : 1;
  const double before = std::fabs(x.residual);
  x.value += step;
  const double shift = step * line.diagonal;
  // A whole step clears the residual but for rounding, which the slack covers.
  x.residual = omega_ == 1 && order_ != PushOrder::chebyshev ? 0 : x.residual - shift;
  if ((x.state & pushed_bit) == 0) {
    x.state |= pushed_bit;
    ++work_.lines;
  }
  const double flow = w * std::fabs(shift);
  const double held = w * std::fabs(x.value * line.diagonal);
  sum_ += w * (std::fabs(x.residual) - before);
  ++work_.pushes;
  work_.entries += line.count;
  const std::int64_t v = x.id;
  // The new residuals of a line, weighted, are part of the sum; ⟨Mᵀ⟩w > 0 bounds what flows by 2|r|.
  if (line.ids32 != nullptr) {
    scatter(line, line.ids32, v, step);
  } else {
    scatter(line, line.ids64, v, step);
  }
  flow_ += flow;
  slack_ += unit_roundoff * (4 * flow + 4 * held + std::fabs(sum_) + 2 * w * before);
  if (!std::isfinite(sum_)) {
    fault_ = Outcome::stuck;
    stuck_at_ = v;
    return false;
  }
  return true;
}

bool Push::push_at(std::uint32_t k, Budget& budget) {
  Line line;
  Vertex& x = table_[k];
  if (!columns_->get(x.id, line)) {
    x.state |= waiting_bit;
    if (waiting_count_ == waiting_.size()) {
      Buffer<std::uint32_t> wider;
      if (wider.allocate(2 * waiting_count_ + 16) != Status::ok) {
        fault_ = Outcome::out_of_memory;
        return false;
      }
      for (std::uint32_t i = 0; i < waiting_count_; ++i) wider[i] = waiting_[i];
      waiting_ = std::move(wider);
    }
    waiting_[waiting_count_++] = k;
    return true;
  }
  if (line.diagonal == 0) {
    fault_ = Outcome::stuck;
    stuck_at_ = x.id;
    return false;
  }
  if (!move(k, line, omega_ * x.residual / line.diagonal)) return false;
  budget.spend(2.0 * line.count + 8);
  if (omega_ != 1) {
    Vertex& after = table_[k];
    if (std::fabs(after.residual) * after.weight >= threshold_ &&
        (after.state & queued_bit) == 0) {
      enqueue(k);
    }
  }
  return true;
}

bool Push::refill(const PushGoal& goal) {
  double largest = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    const Vertex& x = table_[k];
    if ((x.state & waiting_bit) == 0) {
      largest = std::fmax(largest, std::fabs(x.residual) * x.weight);
    }
  }
  if (omega_ != 1 && sum_ > poor_round * last_round_ && ++poor_rounds_ > 2) {
    omega_ = 1;
    order_ = PushOrder::buckets;
  }
  last_round_ = sum_;
  if (largest == 0 || largest * unit_key() < goal.largest) return false;
  const double floor = goal.largest / unit_key();
  threshold_ = order_ == PushOrder::fifo ? floor : std::fmax(floor, threshold_step * largest);
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    const Vertex& x = table_[k];
    if ((x.state & (waiting_bit | queued_bit)) == 0 && x.residual != 0 &&
        std::fabs(x.residual) * x.weight >= threshold_) {
      enqueue(k);
    }
  }
  return true;
}

bool Push::sweep(const PushGoal& goal, Budget& budget) {
  const std::uint32_t count = table_.size();
  if (momentum_.size() < count) {
    Buffer<double> wider;
    if (wider.allocate_zero(table_.capacity()) != Status::ok) {
      fault_ = Outcome::out_of_memory;
      return false;
    }
    if (!momentum_.empty()) std::memcpy(wider.data(), momentum_.data(), momentum_.bytes());
    momentum_ = std::move(wider);
  }
  // All steps are taken from the residuals before the sweep: second-order Richardson.
  Line line;
  for (std::uint32_t k = 0; k < count; ++k) {
    const Vertex& x = table_[k];
    const bool active = std::fabs(x.residual) * x.weight * unit_key() >= goal.largest;
    if (!active && momentum_[k] == 0) continue;
    if (!columns_->get(x.id, line)) {
      order_ = PushOrder::buckets;  // lines come in batches: sweeps would wait for each
      omega_ = 1;
      return true;
    }
    if (line.diagonal == 0) {
      fault_ = Outcome::stuck;
      stuck_at_ = x.id;
      return false;
    }
    const double fresh = active ? omega_ * x.residual / line.diagonal : 0;
    momentum_[k] = fresh + (omega_ - 1) * momentum_[k];
  }
  for (std::uint32_t k = 0; k < count; ++k) {
    if (momentum_[k] == 0) continue;
    if (!columns_->get(table_[k].id, line)) continue;
    if (!move(k, line, momentum_[k])) return false;
    budget.spend(2.0 * line.count + 8);
  }
  if (sum_ > poor_round * last_round_ && ++poor_rounds_ > 4) {
    order_ = PushOrder::buckets;
    omega_ = 1;
  }
  last_round_ = sum_;
  return true;
}

bool Push::refresh() {
  Buffer<double> lo;
  if (lo.allocate_zero(table_.size()) != Status::ok) return false;
  Line line;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    if ((table_[k].state & pushed_bit) != 0 && !columns_->get(table_[k].id, line)) return false;
  }
  for (std::uint32_t k = 0; k < table_.size(); ++k) table_[k].residual = 0;
  for (std::size_t s = 0; s < seed_count_; ++s) {
    const std::uint32_t k = table_.find(seeds_[s].id);
    subtract_product(table_[k].residual, lo[k], -1, seeds_[s].value);
  }
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    Vertex& x = table_[k];
    if ((x.state & pushed_bit) == 0) continue;
    if (!columns_->get(x.id, line)) return false;
    const double y = x.value;
    subtract_product(x.residual, lo[k], line.diagonal, y);
    for (std::int32_t p = 0; p < line.count; ++p) {
      if (line.id(p) == x.id) continue;
      const std::uint32_t j = table_.find(line.id(p));
      subtract_product(table_[j].residual, lo[j], line.value(p), y);
    }
    work_.entries += line.count;
  }
  sum_ = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    Vertex& x = table_[k];
    x.residual += lo[k];
    sum_ += (by_weight_ ? x.weight : 1) * std::fabs(x.residual);
  }
  const double terms = (work_.pushes + 4) * unit_roundoff;
  slack_ = 2 * unit_roundoff * sum_ + 8 * terms * terms * flow_;
  return true;
}

Push::Outcome Push::step(const PushGoal& goal, Budget& budget) {
  if (fault_ != Outcome::running) return fault_;
  if (resume_) {
    resume_ = false;
    for (std::uint32_t i = 0; i < waiting_count_; ++i) {
      table_[waiting_[i]].state &= ~waiting_bit;
      if ((table_[waiting_[i]].state & queued_bit) == 0) enqueue(waiting_[i]);
    }
    waiting_count_ = 0;
  }
  const double target = goal.weighted_sum / unit();
  for (;;) {
    if (sum_ + slack_ <= target) {
      // The running sum has drifted by rounding: what ends a push is one made anew.
      sum_ = recompute_sum() / unit();
      if (sum_ + slack_ <= target) return Outcome::reached;
    }
    if (slack_ > 0.25 * target && target > 0) {
      const double before = slack_;
      if (!refresh() || slack_ > 0.5 * before || slack_ > 0.5 * target) {
        if (slack_ > 0.5 * target) return Outcome::rounding;
      }
    }
    if (budget.exhausted()) return Outcome::running;
    if (order_ == PushOrder::chebyshev) {
      bool active = false;
      for (std::uint32_t k = 0; k < table_.size() && !active; ++k) {
        const Vertex& x = table_[k];
        active = x.residual != 0 && std::fabs(x.residual) * x.weight * unit_key() >= goal.largest;
      }
      if (!active) return Outcome::reached;
      if (!sweep(goal, budget)) return fault_;
      continue;
    }
    if (head_ == tail_) {
      if (waiting_count_ > 0) return Outcome::needs_lines;
      if (!refill(goal)) return Outcome::reached;
      budget.spend(table_.size());
      continue;
    }
    const std::uint32_t k = queue_[head_++ & queue_mask_];
    Vertex& x = table_[k];
    x.state &= ~queued_bit;
    if (std::fabs(x.residual) * x.weight < threshold_ || x.residual == 0) continue;
    if (!push_at(k, budget)) return fault_;
  }
}

double Push::recompute_sum() const {
  double sum = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    const Vertex& x = table_[k];
    sum += (by_weight_ ? x.weight : 1) * std::fabs(x.residual);
  }
  return unit() * sum * (1 + (table_.size() + 2.0) * unit_roundoff);
}

double Push::largest_residual() const {
  double largest = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    largest = std::fmax(largest, std::fabs(table_[k].residual));
  }
  return largest;
}

}  // namespace lacuna
