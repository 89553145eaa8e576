#include "lacuna/local/walk_table.hpp"

#include <limits>

namespace lacuna {
namespace {

/// Entries of a long row between two looks at the budget.
constexpr std::int32_t stretch = 4096;
/// What a slot of an alias table holds, and what the mean weight of its row is.
constexpr std::uint64_t full = std::uint64_t{1} << 32;

}  // namespace

Status WalkTable::begin(const CsrView& a, const Weights* weights) {
  if (a.rows() != a.cols()) return Status::not_square;
  Buffer<std::uint32_t> offsets;
  if (offsets.allocate(static_cast<std::size_t>(a.rows())) != Status::ok) {
    return Status::out_of_memory;
  }
  *this = WalkTable();
  offsets_ = std::move(offsets);
  indptr_ = a.indptr();
  indices_ = a.indices();
  data_ = a.data();
  if (weights != nullptr && !weights->each.empty()) weights_ = weights->each.data();
  phase_ = Phase::count;
  return Status::ok;
}

TaskState WalkTable::fail(Status status, std::int64_t row) {
  fault_ = Fault(status, row);
  phase_ = Phase::failed;
  return TaskState::failed;
}

TaskState WalkTable::step(Budget& budget) {
  if (phase_ == Phase::count) {
    if (!count_rows(budget)) {
      return phase_ == Phase::failed ? TaskState::failed : TaskState::running;
    }
    const std::size_t room = static_cast<std::size_t>(total_) + padding;
    if (memory_.allocate(room + line_words - 1) != Status::ok) return fail(Status::out_of_memory);
    const auto place = reinterpret_cast<std::uintptr_t>(memory_.data()) / sizeof(std::uint64_t);
    words_ = memory_.data() + (line_words - place % line_words) % line_words;
    for (std::size_t k = total_; k < room; ++k) words_[k] = 0;
    // Where few rows are that wide, the second line would be for nothing.
    reach_ = wide_ > rows() / 8 ? line_words : 0;
    total_ = 0;
    phase_ = Phase::fill;
    row_ = 0;
    p_ = 0;
  }
  if (phase_ == Phase::fill) {
    if (!fill_rows(budget)) {
      return phase_ == Phase::failed ? TaskState::failed : TaskState::running;
    }
    phase_ = Phase::ready;
  }
  if (phase_ == Phase::ready) return TaskState::done;
  return phase_ == Phase::failed ? TaskState::failed : fail(Status::not_ready);
}

std::size_t WalkTable::scanned_words(std::size_t entries) {
  const std::size_t rest = entries % 4;
  return 2 + group_words * (entries / 4) + (rest + 1) / 2 + (rest > 0);
}

bool WalkTable::count_rows(Budget& budget) {
  std::int32_t since = 0;
  for (; row_ < rows(); ++row_) {
    const std::int32_t end = indptr_[row_ + 1];
    for (; p_ < end; ++p_) {
      slot_ += passes(p_) ? 0 : 1;
      if (++since < stretch) continue;
      budget.spend(2.0 * since);
      since = 0;
      if (!budget.exhausted()) continue;
      ++p_;
      return false;
    }
    const bool scanned = slot_ <= WalkLaw::longest_scanned;
    const std::size_t words = scanned ? scanned_words(slot_) : 3 + slot_ + (slot_ + 1) / 2;
    // No more cache lines than there have to be.
    const std::size_t into = total_ % line_words;
    const auto lines = [](std::size_t count) { return (count + line_words - 1) / line_words; };
    if (scanned && lines(into + words) > lines(words)) total_ += line_words - into;
    wide_ += scanned && words > line_words;
    offsets_[static_cast<std::size_t>(row_)] = static_cast<std::uint32_t>(total_);
    total_ += words;
    slot_ = 0;
    since += 4;
    if (total_ > target_mask) {
      fail(Status::invalid_size);
      return false;
    }
  }
  budget.spend(2.0 * since);
  return true;
}

bool WalkTable::fill_rows(Budget& budget) {
  for (; row_ < rows(); ++row_) {
    if (part_ == RowPart::sum) {
      if (!sum_row(budget) || !begin_row()) return false;
      if (law_.scanned()) {
        fill_scanned();
        sum_ = AbsoluteSum();
        continue;
      }
      part_ = RowPart::weigh;
    }
    if (part_ == RowPart::weigh && !weigh_long(budget)) return false;
    if (!sweep_long(budget)) return false;
    part_ = RowPart::sum;
    sum_ = AbsoluteSum();
    p_ = indptr_[row_ + 1];
  }
  return true;
}

bool WalkTable::sum_row(Budget& budget) {
  const std::int32_t begin = indptr_[row_];
  const std::int32_t end = indptr_[row_ + 1];
  if (p_ == begin) {
    if (budget.exhausted()) return false;
    law_ = WalkLaw();
  }
  while (p_ < end) {
    const std::int32_t stop = end - p_ > stretch ? p_ + stretch : end;
    budget.spend(8.0 * (stop - p_) + 16);
    for (; p_ < stop; ++p_) {
      if (indices_[p_] == row_) law_.diagonal = value(p_);
      if (passes(p_)) continue;
      sum_.add(value(p_));
      last_ = p_;
      ++law_.entries;
    }
    if (p_ < end && budget.exhausted()) return false;
  }
  return true;
}

bool WalkTable::begin_row() {
  const std::int32_t entries = law_.entries;
  if (!law_.set(law_.diagonal, sum_.value())) {
    fail(Status::invalid_argument, row_);
    return false;
  }
  const double error = law_.scanned() ? WalkLaw::scanned_error(entries) : WalkLaw::long_error;
  const double certain = law_.end() - WalkLaw::end_error;
  bias_ = std::fmax(bias_, certain > 0 ? error / certain : std::numeric_limits<double>::infinity());
  largest_factor_ = std::fmax(largest_factor_, std::fabs(law_.factor));
  least_end_ = std::fmin(least_end_, law_.end());
  nonnegative_ = nonnegative_ && law_.diagonal > 0;
  std::uint64_t* record = record_words();
  while (words_ + total_ < record) words_[total_++] = 0;
  total_ += law_.scanned() ? scanned_words(entries) : 3 + entries + (entries + 1) / 2;
  const std::uint64_t kind = law_.scanned() ? 0 : std::uint64_t{1} << 63;
  record[0] = kind | static_cast<std::uint64_t>(row_) << 32 | law_.last_end;
  record[1] = __builtin_bit_cast(std::uint64_t, law_.factor);
  p_ = indptr_[row_];
  given_ = 0;
  left_over_ = 0;
  slot_ = 0;
  return true;
}

std::uint32_t WalkTable::target(const WalkLaw& law, std::int32_t p) const {
  const std::uint32_t sign = law.negative(data_[p]) ? target_mask + 1 : 0;
  return offsets_[static_cast<std::size_t>(indices_[p])] | sign;
}

void WalkTable::fill_scanned() {
  std::uint64_t* group = record_words() + 2;
  double sum = 0;
  for (int lane = 0; p_ < indptr_[row_ + 1]; ++p_) {
    if (passes(p_)) continue;
    sum += std::fabs(value(p_));
    const std::uint32_t bound = p_ == last_ ? 0xffffffffu : law_.boundary(sum);
    const std::uint32_t to = target(law_, p_);
    nonnegative_ = nonnegative_ && to <= target_mask;
    // Lanes that stay empty come after the last one, which no draw passes.
    if (lane == 0) *group = 0;
    *group |= static_cast<std::uint64_t>(bound >> lower_bits) << (16 * lane);
    std::uint64_t& pair = group[1 + lane / 2];
    pair = lane % 2 == 0 ? to : pair | static_cast<std::uint64_t>(to) << 32;
    if (++lane == 4) {
      lane = 0;
      group += group_words;
    }
  }
}

std::uint32_t WalkTable::onward_exactly(std::int32_t v, std::uint32_t u) const {
  WalkLaw law;
  AbsoluteSum whole;
  const auto others = [&](auto use) {
    for (std::int32_t p = indptr_[v]; p < indptr_[v + 1]; ++p) {
      if (indices_[p] == v) law.diagonal = value(p);
      else if (data_[p] != 0 && use(p)) break;
    }
  };
  std::int32_t taken = -1;
  others([&](std::int32_t p) { return whole.add(value(p)), false; });
  law.set(law.diagonal, whole.value());
  double sum = 0;
  // The last one takes what is left.
  others([&](std::int32_t p) {
    taken = p;
    return u <= law.boundary(sum += std::fabs(value(p)));
  });
  return target(law, taken);
}

std::uint64_t WalkTable::slots(std::int32_t p) const {
  // Lowered by more than its rounding, so that the sum cannot come out above the whole.
  const double whole = law_.entries * 0x1p32 * (1 - 0x1p-50);
  const double share = std::fabs(value(p)) / law_.off_diagonal * whole;
  return (share > 0 ? static_cast<std::uint64_t>(share) : 0) + (p == last_ ? left_over_ : 0);
}

bool WalkTable::weigh_long(Budget& budget) {
  const std::int32_t end = indptr_[row_ + 1];
  std::uint64_t* record = record_words();
  record[2] = static_cast<std::uint64_t>(law_.entries);
  std::uint64_t* aliases = record + 3 + law_.entries;
  while (p_ < end) {
    const std::int32_t stop = end - p_ > stretch ? p_ + stretch : end;
    budget.spend(4.0 * (stop - p_));
    for (; p_ < stop; ++p_) {
      if (passes(p_)) continue;
      given_ += slots(p_);
      nonnegative_ = nonnegative_ && target(law_, p_) <= target_mask;
      if (slot_ % 2 == 0) aliases[slot_ / 2] = 0;
      ++slot_;
    }
    if (budget.exhausted()) return false;
  }
  left_over_ = static_cast<std::uint64_t>(law_.entries) * full - given_;
  light_ = heavy_ = Cursor{indptr_[row_], 0, 0};
  part_ = RowPart::light;
  return true;
}

bool WalkTable::seek(Cursor& c, bool heavy, Budget& budget) const {
  const std::int32_t end = indptr_[row_ + 1];
  for (std::int32_t since = 0; c.p < end; ++c.p) {
    if (++since == stretch) {
      budget.spend(4.0 * since);
      since = 0;
      if (budget.exhausted()) return false;
    }
    if (passes(c.p)) continue;
    c.weight = slots(c.p);
    if ((c.weight > full) == heavy) {
      budget.spend(4.0 * since);
      return true;
    }
    ++c.slot;
  }
  return true;
}

void WalkTable::set_slot(const Cursor& own, std::uint64_t kept, std::uint32_t other) {
  std::uint64_t* slot = record_words() + 3;
  const std::uint32_t to = target(law_, own.p);
  const bool whole = kept >= full;
  slot[own.slot] = static_cast<std::uint64_t>(to) << 32 | (whole ? 0 : kept);
  const std::uint64_t alias = whole ? to : other;
  slot[static_cast<std::size_t>(law_.entries) + own.slot / 2] |= alias << (32 * (own.slot % 2));
}

bool WalkTable::sweep_long(Budget& budget) {
  const std::int32_t end = indptr_[row_ + 1];
  for (;;) {
    switch (part_) {
      case RowPart::light:
        if (!seek(light_, false, budget)) return false;
        part_ = RowPart::heavy;
        break;
      case RowPart::heavy:
        if (!seek(heavy_, true, budget)) return false;
        rest_ = heavy_.weight;
        part_ = heavy_.p < end ? RowPart::pair : RowPart::rest;
        break;
      case RowPart::pair:
        if (rest_ <= full) {
          next_ = heavy_;
          ++next_.p, ++next_.slot;
          part_ = RowPart::next_heavy;
          break;
        }
        // Light entries are left as long as more than a slot is: the weights add up exactly.
        if (light_.p >= end) {
          fail(Status::internal, row_);
          return false;
        }
        set_slot(light_, light_.weight, target(law_, heavy_.p));
        rest_ -= full - light_.weight;
        ++light_.p, ++light_.slot;
        part_ = RowPart::next_light;
        break;
      case RowPart::next_light:
        if (!seek(light_, false, budget)) return false;
        part_ = RowPart::pair;
        break;
      case RowPart::next_heavy:
        if (!seek(next_, true, budget)) return false;
        if (next_.p < end) {
          set_slot(heavy_, rest_, target(law_, next_.p));
          rest_ = next_.weight - (full - rest_);
          heavy_ = next_;
          part_ = RowPart::pair;
        } else {
          set_slot(heavy_, full, 0);
          part_ = RowPart::rest;
        }
        break;
      case RowPart::rest:
        if (!seek(light_, false, budget)) return false;
        if (light_.p >= end) return true;
        set_slot(light_, full, 0);
        ++light_.p, ++light_.slot;
        break;
      default: fail(Status::internal, row_); return false;
    }
    if (budget.exhausted()) return false;
  }
}

}  // namespace lacuna
