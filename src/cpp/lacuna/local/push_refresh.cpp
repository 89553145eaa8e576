// The residual of a push made anew from f and y, in twice the working precision.
#include <cmath>

#include "lacuna/local/push.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double least_normal = 0x1p-1022;
constexpr std::uint32_t slice = 4096;
/// Lines that are asked for ahead of the one that is missing.
constexpr int lookahead = 1024;

/// (hi, lo) ← (hi, lo) − x·y: products by Dekker's splitting, sums by Knuth's TwoSum. A chain of
/// these is off by at most u|result| + γₙ²Σ|xy| (Ogita, Rump & Oishi, SISC 26, 2005).
template <class T>
void subtract_product(T& r, double x, double y) {
  constexpr double splitter = 134217729;  // 2²⁷ + 1
  const double p = x * y;
  const double xs = splitter * x, ys = splitter * y;
  const double xh = xs - (xs - x), yh = ys - (ys - y);
  const double xl = x - xh, yl = y - yh;
  const double pe = ((xh * yh - p) + xh * yl + xl * yh) + xl * yl;
  const double s = r.hi - p;
  const double t = s - r.hi;
  r.lo += (r.hi - (s - t)) - (p + t) - pe;
  r.hi = s;
}

/// x·y = result.hi + result.lo.
template <class T>
T product(double x, double y) {
  T r{0, 0};
  subtract_product(r, -x, y);
  return r;
}

}  // namespace

void Push::gather_line(const Vertex& x, const Line& line, Twofold& own) {
  subtract_product(own, line.diagonal, x.value);
  // An entry is value·scale unrounded.
  const Twofold y = product<Twofold>(line.scale, x.value);
  for (std::int32_t p = 0; p < line.count; ++p) {
    const std::int64_t u = line.id(p);
    if (u == x.id) continue;
    Twofold& r = exact_[table_.find(u)];
    const double value = line.values != nullptr ? line.values[p] : 1;
    subtract_product(r, value, y.hi);
    if (y.lo != 0) subtract_product(r, value, y.lo);
  }
}

Push::Outcome Push::run_gather(Budget& budget) {
  if (cursor_ == 0) {
    if (exact_.size() < pass_count_ && exact_.allocate(table_.capacity()) != Status::ok) {
      return Outcome::out_of_memory;
    }
    std::memset(exact_.data(), 0, pass_count_ * sizeof(Twofold));
    exact_entries_ = 0;
  }
  // First the right-hand side, then column after column, in the order of their first touch.
  const std::size_t end = seed_count_ + pass_count_;
  Line line;
  while (cursor_ < end) {
    if (budget.exhausted()) return Outcome::running;
    if (cursor_ < seed_count_) {
      const Seed& seed = seeds_[cursor_++];
      subtract_product(exact_[table_.find(seed.id)], -1, seed.value);
      budget.spend(20);
      continue;
    }
    const auto k = static_cast<std::uint32_t>(cursor_ - seed_count_);
    budget.spend(1);
    // A line that has changed while nothing of it is pushed may lead to where nobody was.
    if (table_[k].value != 0) {
      if (!columns_->get(table_[k].id, line)) {
        // A cache may hold only some of them at a time: ask ahead, and go on from here.
        int missing = 1;
        for (std::uint32_t j = k + 1; j < pass_count_ && missing < lookahead; ++j) {
          if (table_[j].value != 0) missing += !columns_->get(table_[j].id, line);
        }
        return Outcome::needs_lines;
      }
      gather_line(table_[k], line, exact_[k]);
      work_.entries += line.count;
      exact_entries_ += line.count + 1.0;
      budget.spend(20.0 * line.count);
    }
    ++cursor_;
  }
  enter(Phase::weigh);
  return Outcome::running;
}

Push::Outcome Push::run_weigh(Budget& budget) {
  const std::size_t end = cursor_ + slice < pass_count_ ? cursor_ + slice : pass_count_;
  budget.spend(static_cast<double>(2 * (end - cursor_)));
  for (; cursor_ < end; ++cursor_) {
    const auto k = static_cast<std::uint32_t>(cursor_);
    exact_[k].hi += exact_[k].lo;
    pass_sum_ += share(table_[k]) * std::fabs(exact_[k].hi);
  }
  if (cursor_ < pass_count_) return Outcome::running;
  if (!std::isfinite(pass_sum_)) {
    // Splitting overflows above 2⁹⁹⁶: the residual stays what it was.
    phase_ = Phase::push;
    return Outcome::rounding;
  }
  const double terms = (2 * work_.lines + static_cast<double>(seed_count_) + 8) * unit_roundoff;
  // A column that was not measured beforehand is taken to hold no more than all that flowed.
  const double spread = std::isfinite(spread_) ? spread_ : 2;
  exact_slack_ = 2 * unit_roundoff * pass_sum_ + 4 * terms * terms * spread * flow_ +
                 least_normal * heaviest_ * (exact_entries_ + 1);
  // While the old and the new stand side by side, both bounds are charged.
  slack_ += exact_slack_;
  enter(Phase::commit);
  return Outcome::running;
}

Push::Outcome Push::run_commit(const PushGoal& goal, Budget& budget) {
  const std::size_t end = cursor_ + slice < pass_count_ ? cursor_ + slice : pass_count_;
  budget.spend(static_cast<double>(end - cursor_));
  for (; cursor_ < end; ++cursor_) {
    const auto k = static_cast<std::uint32_t>(cursor_);
    Vertex& x = table_[k];
    x.residual = exact_[k].hi;
    pass_sum_ += share(x) * std::fabs(x.residual);
    pass_largest_ = std::fmax(pass_largest_, std::fabs(x.residual) * x.weight);
  }
  if (cursor_ < pass_count_) return Outcome::running;
  phase_ = Phase::push;
  sum_ = pass_sum_ * (1 + (pass_count_ + 8.0) * unit_roundoff);
  slack_ = exact_slack_;
  if (sum_ + slack_ <= goal.weighted_sum / unit()) return Outcome::reached;
  if (pass_largest_ * unit_key() < goal.largest) return Outcome::reached;
  // The sum is no longer what falls: y holds no more digits.
  if (sum_ >= 0.5 * refreshed_sum_) return Outcome::rounding;
  refreshed_sum_ = sum_;
  return Outcome::running;
}

}  // namespace lacuna
