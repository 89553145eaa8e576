#include "lacuna/local/graph/heat_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lacuna {
namespace {

using graph_detail::extend;
using graph_detail::Sum;
using graph_detail::unit_roundoff;

constexpr double longest_time = 1e5;
constexpr double least_error = 1e-15;
/// Terms below this, of a largest term 1, are left out.
constexpr double least_term = 1e-290;
/// Entries of a line that are taken between two looks at the budget.
constexpr std::int32_t line_piece = 4096;
/// Lines that are asked for ahead where one is not at hand.
constexpr std::uint32_t lines_ahead = 64;
constexpr double least_weight = 0x1p-500;
/// Raises sums of positive terms whose own rounding is far below their size.
constexpr double raise = 1 + 0x1p-20;

/// 127 for a mass of 1 or more, one less for each halving, at least 0.
int size_class(double mass) {
  const auto exponent = static_cast<int>(graph_detail::bits_of(mass) >> 52) - 1023;
  return std::clamp(exponent + 127, 0, 127);
}

}  // namespace

Status PoissonTerms::make(double t, double tail) {
  if (!(t >= 0) || t > longest_time || !(tail >= 0.1 * least_error) || !(tail < 1)) {
    return Status::invalid_argument;
  }
  const auto mode = static_cast<std::int32_t>(t);
  // Beyond t + 12√t + 60 nothing is left in double precision.
  const auto most = static_cast<std::size_t>(t + 12 * std::sqrt(t) + 60);
  if (terms_.allocate_zero(most + 1) != Status::ok || beyond_.allocate(most + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  Sum sum;
  double u = 1;
  for (std::int32_t k = mode; k > 0 && u > least_term; --k) {
    terms_[static_cast<std::size_t>(k)] = u;
    sum.add(u);
    u = u * k / t;
  }
  if (u > least_term) {
    terms_[0] = u;
    sum.add(u);
  }
  u = 1;
  auto k = static_cast<std::size_t>(mode);
  double rest = 0;  // Σ of the terms after k, by a geometric series
  for (;; ++k) {
    if (k > static_cast<std::size_t>(mode)) {
      terms_[k] = u;
      sum.add(u);
    }
    u = u * t / static_cast<double>(k + 1);
    rest = u / (1 - t / static_cast<double>(k + 2));
    if (rest < 0x1p-60 || k == most) break;
  }
  const double total = sum.value();
  // A term k has 2|k − mode| roundings, so has the sum; what was left out at either end is of the
  // size of the last addend.
  const double relative = (4.0 * static_cast<double>(k + 1) + 8) * unit_roundoff + rest / total +
                          static_cast<double>(k) * least_term;
  error_ = relative * raise;
  beyond_[k] = rest / total * raise;
  terms_[k] /= total;
  last_ = static_cast<std::int32_t>(k);
  for (; k > 0; --k) {
    beyond_[k - 1] = beyond_[k] + terms_[k] * (1 + 2 * relative);
    terms_[k - 1] /= total;
    if (beyond_[k - 1] <= tail) last_ = static_cast<std::int32_t>(k - 1);
  }
  return Status::ok;
}

Status HeatKernel::begin(Lines& arcs, std::int64_t seed, double t, double error) {
  if (!(error >= least_error) || !(error < 1)) return Status::invalid_argument;
  if (seed < 0 || seed >= arcs.size()) return Status::index_out_of_range;
  if (const Status status = terms_.make(t, 0.5 * error); status != Status::ok) return status;
  arcs_ = &arcs;
  table_.clear();
  k_ = 0;
  stage_ = Stage::collect;
  pass_ = {};
  fault_ = {};
  now_count_ = next_count_ = 0;
  at_ = 0;
  offset_ = 0;
  error_ = error;
  allowance_ = 0.5 * error;
  dropped_ = dropping_ = rounding_ = 0;
  mass_ = 1;
  entries_ = 0;
  std::fill(class_mass_, class_mass_ + size_classes, 0.0);
  if (table_.reserve(1) != Status::ok || extend(now_, 0, 1) != Status::ok ||
      extend(amount_, 0, 1) != Status::ok) {
    return Status::out_of_memory;
  }
  now_[now_count_++] = table_.touch(seed, Vertex{0, 0, 1, -1, 0, 1});
  return Status::ok;
}

double HeatKernel::bound() const {
  double ahead = 1;  // of the series
  if (stage_ != Stage::collect) {
    ahead = terms_.beyond(k_);
  } else if (k_ > 0) {
    ahead = terms_.beyond(k_ - 1);
  }
  const double mass = mass_ + 4 * (k_ + 1.0) * unit_roundoff;
  return (dropped_ + mass * ahead + terms_.error() + unit_roundoff * rounding_) * raise;
}

bool HeatKernel::collect(Budget& budget) {
  const double psi = terms_.term(k_);
  return pass_.run(now_count_, 8, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p) {
      Vertex& v = table_[now_[p]];
      amount_[p] = v.mass;
      v.value += psi * v.mass;
      rounding_ += v.value + psi * v.mass;
      class_mass_[size_class(v.mass)] += v.mass;
      v.mass = 0;
      v.active = 0;
    }
  });
}

void HeatKernel::choose() {
  // What remains of the allowance is for the present power and those after it, in equal parts: at
  // least 2⁻⁶⁸, so that the lowest class always goes and no product can underflow.
  const double part = allowance_ / std::max(1, terms_.last() - k_);
  const double most = part / terms_.beyond(k_);
  double sum = 0;
  first_class_ = 0;
  for (; first_class_ < size_classes; ++first_class_) {
    sum += class_mass_[first_class_];
    if (sum * raise > most) break;
  }
  std::fill(class_mass_, class_mass_ + size_classes, 0.0);
}

Status HeatKernel::make_room(std::int32_t count) {
  const auto more = static_cast<std::size_t>(count);
  const Status status = table_.reserve(more);
  return status == Status::ok ? extend(next_, next_count_, next_count_ + more) : status;
}

void HeatKernel::give(std::uint32_t to, double amount) {
  Vertex& v = table_[to];
  v.mass += amount;
  rounding_ += v.mass;
  if (v.active == 0) {
    v.active = 1;
    next_[next_count_++] = to;
  }
}

GraphOutcome HeatKernel::weigh(std::uint32_t from, const Line& line) {
  if (offset_ == 0) sum_ = 0;
  std::int32_t end = line.count;
  if (line.values == nullptr) {
    sum_ = line.count;  // all alike: their size does not matter
  } else {
    end = std::min(line.count, offset_ + line_piece);
    for (std::int32_t k = offset_; k < end; ++k) {
      const double w = line.value(k);
      if (w != 0 && !(w >= least_weight && w <= 1 / least_weight)) {
        return fail({Status::invalid_argument, table_[from].id});
      }
      sum_ += w;
    }
  }
  offset_ = end;
  if (end < line.count) return GraphOutcome::running;
  offset_ = 0;
  table_[from].out = sum_;
  return GraphOutcome::done;
}

GraphOutcome HeatKernel::scatter(std::uint32_t from, const Line& line, double amount) {
  const std::int32_t end = std::min(line.count, offset_ + line_piece);
  if (make_room(end - offset_ + 1) != Status::ok) return fail(Status::out_of_memory);
  const double out = table_[from].out;
  if (!(out > 0)) {
    give(from, amount);
    offset_ = 0;
    return GraphOutcome::done;
  }
  const double rate = amount / out;
  entries_ += end - offset_;
  for (; offset_ < end; ++offset_) {
    const std::int64_t u = line.id(offset_);
    if (u < 0 || u >= arcs_->size()) return fail({Status::index_out_of_range, table_[from].id});
    const double w = line.values != nullptr ? line.value(offset_) : 1;
    if (w > 0) give(table_.touch(u, Vertex{0, 0, 0, -1, 0, 0}), rate * w);
  }
  if (end < line.count) return GraphOutcome::running;
  // Of the sum of weights, the quotient and the products.
  rounding_ += amount * (line.count + 4.0);
  offset_ = 0;
  return GraphOutcome::done;
}

GraphOutcome HeatKernel::spread(double max_entries, Budget& budget) {
  while (at_ < now_count_) {
    const std::uint32_t from = now_[at_];
    const double amount = amount_[at_];
    if (size_class(amount) < first_class_) {
      dropping_ += amount;
      budget.spend(2);
      ++at_;
      continue;
    }
    if (offset_ == 0 && entries_ >= max_entries) return GraphOutcome::limit;
    if (budget.exhausted()) return GraphOutcome::running;
    Line line;
    if (!arcs_->get(table_[from].id, line)) {
      // What comes next is asked for in the same batch; the order of work stays what it is.
      for (std::uint32_t p = at_ + 1; p < now_count_ && p < at_ + lines_ahead; ++p) {
        if (size_class(amount_[p]) >= first_class_) arcs_->get(table_[now_[p]].id, line);
      }
      return GraphOutcome::needs_lines;
    }
    const std::int32_t before = offset_;
    const bool known = table_[from].out >= 0;
    const GraphOutcome outcome = known ? scatter(from, line, amount) : weigh(from, line);
    if (outcome == GraphOutcome::failed) return outcome;
    budget.spend(2.0 * std::min(line.count - before, line_piece) + 8);
    if (known && outcome == GraphOutcome::done) ++at_;
  }
  return GraphOutcome::done;
}

void HeatKernel::finish_power() {
  const double error = dropping_ * terms_.beyond(k_);
  dropped_ += error;
  allowance_ = std::fmax(0, allowance_ - error);
  mass_ = std::fmax(0, mass_ - dropping_);
  dropping_ = 0;
  std::swap(now_, next_);
  now_count_ = next_count_;
  next_count_ = 0;
  at_ = 0;
  ++k_;
}

GraphOutcome HeatKernel::step(double max_entries, Budget& budget) {
  if (!fault_.ok() && fault_.status != Status::out_of_memory) return GraphOutcome::failed;
  fault_ = {};
  for (;;) {
    switch (stage_) {
      case Stage::collect:
        if (extend(amount_, 0, now_count_) != Status::ok) {
          return fail(Status::out_of_memory);
        }
        if (!collect(budget)) return GraphOutcome::running;
        choose();
        stage_ = Stage::spread;
        if (k_ == terms_.last() || dropped_ + mass_ * terms_.beyond(k_) <= error_) {
          stage_ = Stage::done;
        }
        break;
      case Stage::spread: {
        const GraphOutcome outcome = spread(max_entries, budget);
        if (outcome != GraphOutcome::done) return outcome;
        finish_power();
        stage_ = Stage::collect;
        break;
      }
      case Stage::done: return GraphOutcome::done;
    }
  }
}

}  // namespace lacuna
