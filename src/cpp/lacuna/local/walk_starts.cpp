#include "lacuna/local/walk_starts.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Starts between two looks at the budget.
constexpr std::size_t stretch = 1024;
constexpr double draws = 0x1p32;
constexpr std::uint64_t unread = ~std::uint64_t{0};

}  // namespace

Fault WalkStarts::begin(std::span<const WalkStart> starts, std::int64_t size,
                        bool exact_first_step) {
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (starts[k].id < 0 || starts[k].id >= size) {
      return Fault(Status::index_out_of_range, position);
    }
    if (!std::isfinite(starts[k].weight)) return Fault(Status::not_finite, position);
  }
  if (starts.size() > starts_.size() && starts_.allocate(starts.size()) != Status::ok) {
    return Status::out_of_memory;
  }
  count_ = 0;
  bool positive = false, negative = false;
  for (const WalkStart& s : starts) {
    if (s.weight == 0) continue;
    starts_[count_++] = {s.id, s.weight, 0, 0, unread, s.id};
    positive = positive || s.weight > 0;
    negative = negative || s.weight < 0;
  }
  common_sign_ = positive == negative ? 0 : positive ? 1 : -1;
  exact_first_step_ = exact_first_step;
  phase_ = Phase::lines;
  next_ = 0;
  missing_ = false;
  broken_at_ = -1;
  absolute_sum_ = exact_ = exact_rounding_ = 0;
  return {};
}

bool WalkStarts::read_line(WalkSource& source, Start& start, bool& missing) {
  if (const WalkTable* table = source.table()) {
    const std::uint32_t at = table->record(static_cast<std::int32_t>(start.id));
    start.where = at;
    start.weight *= table->weight(static_cast<std::int32_t>(start.id));
    start.skip = exact_first_step_ ? std::uint64_t{table->last_end(at)} + 1 : 0;
    start.inverse = table->factor(at) * (static_cast<double>(start.skip) * WalkLaw::unit);
    return true;
  }
  if (!exact_first_step_) {
    start.skip = 0;
    return true;
  }
  Line line;
  WalkLaw law;
  switch (source.get(start.id, line, law)) {
    case WalkSource::Got::missing: missing = true; return true;
    case WalkSource::Got::broken: broken_at_ = start.id; return false;
    case WalkSource::Got::line: break;
  }
  start.skip = std::uint64_t{law.last_end} + 1;
  start.inverse = law.factor * law.end();
  return true;
}

WalkOutcome WalkStarts::prepare(WalkSource& source, LocalRhs& rhs, Budget& budget) {
  while (phase_ != Phase::ready) {
    const std::size_t stop = count_ - next_ > stretch ? next_ + stretch : count_;
    budget.spend(16.0 * static_cast<double>(stop - next_));
    if (phase_ == Phase::lines) {
      for (; next_ < stop; ++next_) {
        Start& start = starts_[next_];
        if (start.skip == unread && !read_line(source, start, missing_)) return WalkOutcome::broken;
      }
    } else if (phase_ == Phase::rhs) {
      for (; next_ < stop && exact_first_step_; ++next_) {
        double value;
        if (!rhs.get(starts_[next_].id, value)) missing_ = true;
      }
      next_ = stop;
    } else {
      for (; next_ < stop; ++next_) {
        Start& start = starts_[next_];
        const double size = std::fabs(start.weight);
        const double onward = (draws - static_cast<double>(start.skip)) * WalkLaw::unit;
        start.end = (next_ > 0 ? starts_[next_ - 1].end : 0) + size * onward;
        absolute_sum_ += size;
        if (!exact_first_step_) continue;
        double value;
        rhs.get(start.id, value);
        const double term = start.weight * value * start.inverse;
        exact_ += term;
        exact_rounding_ += std::fabs(term);
      }
    }
    if (next_ == count_) {
      const Phase done = phase_;
      next_ = 0;
      if (missing_) {
        missing_ = false;
        if (rhs.failed()) return WalkOutcome::out_of_memory;
        return done == Phase::lines ? WalkOutcome::needs_lines : WalkOutcome::needs_rhs;
      }
      phase_ = done == Phase::lines ? Phase::rhs : done == Phase::rhs ? Phase::sum : Phase::ready;
      if (phase_ == Phase::ready) {
        const double terms = static_cast<double>(count_) + 12;
        exact_rounding_ *= unit_roundoff * terms * (1 + terms * unit_roundoff);
        absolute_sum_ *= 1 + terms * unit_roundoff;
        return WalkOutcome::reached;
      }
    }
    if (budget.exhausted()) return WalkOutcome::running;
  }
  return WalkOutcome::reached;
}

void WalkStarts::begin_batch(double strata) {
  width_ = scale() / strata;
  first_ = 0;
}

WalkStarts::Draw WalkStarts::draw(double stratum, std::uint64_t bits) {
  const double low = stratum * width_;
  while (first_ + 1 < count_ && starts_[first_].end <= low) ++first_;
  const double point = (stratum + CounterRandom::unit(bits)) * width_;
  std::size_t k = first_;
  while (k + 1 < count_ && starts_[k].end <= point) ++k;
  // The last points may round past the end, or into a start without weight there.
  while (k > 0 && starts_[k].end == starts_[k - 1].end) --k;
  const Start& start = starts_[k];
  const double begin = k > 0 ? starts_[k - 1].end : 0;
  const double onward = draws - static_cast<double>(start.skip);
  const double place = (point - begin) / (start.end - begin) * onward;
  double whole = place >= onward ? onward - 1 : place;
  if (!(whole > 0)) whole = 0;
  const auto u = static_cast<std::uint32_t>(start.skip + static_cast<std::uint64_t>(whole));
  return {start.where, u, start.weight < 0 ? 0x80000000u : 0u};
}

}  // namespace lacuna
