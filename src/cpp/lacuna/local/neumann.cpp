#include "lacuna/local/neumann.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double least_normal = 0x1p-1022;
/// Vertices of a turn between two looks at the budget.
constexpr std::uint32_t slice = 4096;
/// Lines that are asked for ahead of the one that is missing.
constexpr int lookahead = 1024;

}  // namespace

void Neumann::begin(Lines& rows, const Weights* weights, double contraction) {
  rows_ = &rows;
  weights_ = weights;
  const bool known = weights != nullptr && weights->known();
  by_weight_ = known && !weights->each.empty();
  uniform_ = known ? weights->uniform : 1;
  heaviest_ = by_weight_ ? uniform_ : 1;
  contraction_ = contraction;
  start_sum_ = layer_sum_ = slack_ = terms_ = 0;
  begun_ = turning_ = false;
  fault_ = Outcome::running;
  stuck_at_ = -1;
  work_ = {};
  table_.clear();
  layer_count_ = gathered_count_ = cursor_ = 0;
}

Status Neumann::make_room(std::size_t more) {
  if (table_.reserve(more) != Status::ok) return Status::out_of_memory;
  // A vertex is at most once in either list.
  const auto widen = [&](Buffer<std::uint32_t>& list, std::uint32_t used) {
    if (list.size() >= table_.capacity()) return Status::ok;
    Buffer<std::uint32_t> wider;
    if (wider.allocate(table_.capacity()) != Status::ok) return Status::out_of_memory;
    if (used > 0) std::memcpy(wider.data(), list.data(), used * sizeof(std::uint32_t));
    list = std::move(wider);
    return Status::ok;
  };
  const Status s = widen(layer_, layer_count_);
  return s == Status::ok ? widen(gathered_, gathered_count_) : s;
}

void Neumann::gather(std::uint32_t k, double change) {
  Vertex& x = table_[k];
  x.next += change;
  if ((x.state & gathered_bit) == 0) {
    x.state |= gathered_bit;
    gathered_[gathered_count_++] = k;
  }
}

Status Neumann::add(std::int64_t v, double value) {
  if (begun_) return Status::busy;
  if (!std::isfinite(value)) return Status::not_finite;
  if (make_room(1) != Status::ok) return Status::out_of_memory;
  const std::uint32_t k = touch(v);
  gather(k, value);
  const double w = table_[k].weight;
  slack_ += w * unit_roundoff * 2 * std::fabs(table_[k].next);
  start_sum_ += w * std::fabs(value) * (1 + 4 * unit_roundoff);
  return Status::ok;
}

double Neumann::planned_terms(double weighted_sum) const {
  // Sums of the start are raised by the rounding of adding them up.
  const double start = unit() * start_sum_ * (1 + (table_.size() + 8.0) * unit_roundoff);
  if (start <= weighted_sum) return 0;
  const double q = contraction_ * (1 + unit_roundoff);
  if (!(q < 1) || !(weighted_sum > 0)) return std::numeric_limits<double>::infinity();
  // q^(2^k) until it is enough, each raised by its rounding; then bit by bit down again.
  constexpr int most_bits = 62;
  constexpr double raise = 1 + 4 * unit_roundoff;
  double powers[most_bits];
  double power = q;
  int bits = 0;
  while (bits < most_bits && start * power * raise > weighted_sum) {
    powers[bits++] = power;
    power *= power * raise;
  }
  if (bits == most_bits) return std::numeric_limits<double>::infinity();
  // The largest number of terms that is not enough, and one more.
  double left = start;
  double terms = 0;
  for (int k = bits - 1; k >= 0; --k) {
    const double after = left * powers[k] * raise;
    if (after > weighted_sum) {
      left = after;
      terms += static_cast<double>(std::uint64_t{1} << k);
    }
  }
  return terms + 1;
}

bool Neumann::move(std::uint32_t k, const Line& line) {
  if (make_room(static_cast<std::size_t>(line.count)) != Status::ok) {
    fault_ = Outcome::out_of_memory;
    return false;
  }
  Vertex& x = table_[k];
  const std::int64_t v = x.id;
  const double w = x.weight;
  const double before = std::fabs(x.layer);
  const double step = x.layer / line.diagonal;
  x.value += step;
  x.layer = 0;
  const double held = std::fabs(x.value);
  if ((x.state & read_bit) == 0) {
    x.state |= read_bit;
    ++work_.lines;
  }
  ++work_.pushes;
  work_.entries += line.count;
  const double scale = line.scale * step;
  double moved = 0;   // Σ w|a·step| off the diagonal
  double others = 0;  // Σ w|a|
  double left = 0;    // Σ w|r| where it was added to
  for (std::int32_t p = 0; p < line.count; ++p) {
    const std::int64_t u = line.id(p);
    if (u == v) continue;
    const double entry = line.values != nullptr ? line.values[p] : 1;
    const double change = entry * scale;
    const std::uint32_t j = touch(u);
    gather(j, -change);
    const double weight = table_[j].weight;
    moved += weight * std::fabs(change);
    others += weight * std::fabs(entry * line.scale);
    left += weight * std::fabs(table_[j].next);
  }
  // Of the quotient, of p, of the products, of the sums, of underflow: each at most so much, with
  // room for the rounding of this bound itself.
  slack_ += unit_roundoff * (2 * w * before + 1.5 * held * (w * std::fabs(line.diagonal) + others) +
                             4 * moved + 2 * left) +
            least_normal * (w * std::fabs(line.diagonal) + others + heaviest_ * (line.count + 1.0));
  if (!std::isfinite(slack_ + held + left)) {
    fault_ = Outcome::stuck;
    stuck_at_ = v;
    return false;
  }
  return true;
}

void Neumann::begin_turn() {
  std::swap(layer_, gathered_);
  layer_count_ = gathered_count_;
  gathered_count_ = cursor_ = 0;
  turn_sum_ = 0;
  turning_ = true;
}

void Neumann::turn_on(Budget& budget) {
  const std::uint32_t end = layer_count_ - cursor_ > slice ? cursor_ + slice : layer_count_;
  budget.spend(2.0 * (end - cursor_));
  for (; cursor_ < end; ++cursor_) {
    Vertex& x = table_[layer_[cursor_]];
    x.layer = x.next;
    x.next = 0;
    x.state &= ~gathered_bit;
    turn_sum_ += x.weight * std::fabs(x.layer);
  }
  if (cursor_ < layer_count_) return;
  layer_sum_ = turn_sum_ * (1 + (layer_count_ + 8.0) * unit_roundoff);
  turning_ = false;
  cursor_ = 0;
}

Neumann::Outcome Neumann::judge(const NeumannGoal& goal) const {
  const double target = goal.weighted_sum / unit();
  if (layer_sum_ + slack_ <= target) return Outcome::reached;
  // The layers can still fall below the goal, but the slack cannot.
  if (slack_ > target && layer_sum_ <= slack_) return Outcome::rounding;
  if (terms_ >= goal.terms) return Outcome::limited;
  return Outcome::running;
}

Neumann::Outcome Neumann::step(const NeumannGoal& goal, Budget& budget) {
  if (fault_ == Outcome::out_of_memory) fault_ = Outcome::running;
  if (fault_ != Outcome::running) return fault_;
  if (!begun_) {
    begun_ = true;
    begin_turn();
  }
  Line line;
  for (;;) {
    while (turning_) {
      turn_on(budget);
      if (turning_ && budget.exhausted()) return Outcome::running;
    }
    if (cursor_ == 0) {
      if (const Outcome outcome = judge(goal); outcome != Outcome::running) return outcome;
    }
    while (cursor_ < layer_count_) {
      const std::uint32_t k = layer_[cursor_];
      if (table_[k].layer != 0) {
        if (budget.exhausted()) return Outcome::running;
        if (!rows_->get(table_[k].id, line)) {
          int missing = 1;
          for (std::uint32_t i = cursor_ + 1; i < layer_count_ && missing < lookahead; ++i) {
            const Vertex& x = table_[layer_[i]];
            if (x.layer != 0) missing += !rows_->get(x.id, line);
          }
          return Outcome::needs_lines;
        }
        if (line.diagonal == 0) {
          fault_ = Outcome::stuck;
          stuck_at_ = table_[k].id;
          return fault_;
        }
        if (work_.entries + line.count > goal.entries) return Outcome::limited;
        if (!move(k, line)) return fault_;
        budget.spend(4.0 * line.count + 8);
      }
      ++cursor_;
    }
    ++terms_;
    begin_turn();
  }
}

double Neumann::weighted_residual() const {
  double sum = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    sum += table_[k].weight * std::fabs(table_[k].residual());
  }
  return unit() * sum * (1 + (table_.size() + 8.0) * unit_roundoff);
}

}  // namespace lacuna
