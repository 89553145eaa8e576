#include "lacuna/local/row_cache.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lacuna/base/sort.hpp"

namespace lacuna {
namespace {

constexpr std::size_t first_rows = 64;
constexpr std::size_t first_entries = 1024;
/// Growth of less than this share is not worth moving everything.
constexpr std::size_t least_growth = 16;
/// Unsorted rows longer than this are not searched for a partner entry.
constexpr std::uint32_t short_row = 64;
/// Entries of a row before one has been seen.
constexpr double guessed_row = 64;
/// Share of the limit that a batch is meant to fill: blocks do not fit without gaps.
constexpr double batch_share = 0.7;

template <class T>
Status widen(Buffer<T>& buffer, std::size_t count) {
  if (buffer.size() >= count) return Status::ok;
  return buffer.allocate(std::max(count, 2 * buffer.size()));
}

}  // namespace

Result<RowCache> RowCache::create(std::int64_t size, const Declared& declared, std::size_t limit) {
  if (size < 1 || size > most_rows) return Status::invalid_size;
  if (const Status s = check_declared(declared); s != Status::ok) return s;
  return RowCache(size, declared, limit);
}

std::uint32_t RowCache::find(std::int64_t v) const {
  if (heads_.empty()) return none;
  std::uint32_t k = heads_[hash(v)];
  while (k != none && rows_[k].id != v) k = rows_[k].next;
  return k;
}

void RowCache::unlink(std::uint32_t k) {
  const Row& row = rows_[k];
  (row.newer != none ? rows_[row.newer].older : newest_) = row.older;
  (row.older != none ? rows_[row.older].newer : oldest_) = row.newer;
}

void RowCache::link_newest(std::uint32_t k) {
  rows_[k].newer = none;
  rows_[k].older = newest_;
  (newest_ != none ? rows_[newest_].newer : oldest_) = k;
  newest_ = k;
}

bool RowCache::get(std::int64_t v, Line& line) {
  const std::uint32_t k = find(v);
  if (k == none) {
    note(v);
    return false;
  }
  if (k != newest_) {
    unlink(k);
    link_newest(k);
  }
  const Row& row = rows_[k];
  line = Line{};
  line.ids64 = arena_.ids(row.at);
  line.values = arena_.values(row.at);
  line.diagonal = row.diagonal;
  line.count = static_cast<std::int32_t>(row.count);
  ++work_.hits;
  return true;
}

void RowCache::note(std::int64_t v) {
  failed_ = true;
  if (wanted_count_ == wanted_.size()) {
    Buffer<std::int64_t> wider;
    if (wider.allocate(2 * wanted_count_ + 64) != Status::ok) return;
    std::copy_n(wanted_.data(), wanted_count_, wider.data());
    wanted_ = std::move(wider);
  }
  if (wanted_index_.reserve(1) != Status::ok) return;
  failed_ = false;
  const std::uint32_t before = wanted_index_.size();
  if (wanted_index_.touch(v, Wanted{}) < before) return;
  wanted_[wanted_count_++] = v;
  ++work_.misses;
}

std::span<const std::int64_t> RowCache::batch() const {
  const double row = row_count_ > 0 ? block_entries_ / row_count_ : guessed_row;
  const double bytes = row * EntryArena::bytes_per_entry + sizeof(Row) + 8;
  const double fit = std::fmax(1, batch_share * static_cast<double>(limit_) / bytes);
  const double count = std::fmin(fit, static_cast<double>(wanted_count_));
  return wanted().first(static_cast<std::size_t>(count));
}

void RowCache::drop(std::uint32_t k) {
  Row& row = rows_[k];
  std::uint32_t* link = &heads_[hash(row.id)];
  while (*link != k) link = &rows_[*link].next;
  *link = row.next;
  unlink(k);
  arena_.give_back(row.at, row.count);
  block_entries_ -= static_cast<double>(EntryArena::block_for(row.count));
  row.older = unused_;
  unused_ = k;
  --row_count_;
}

bool RowCache::evict_older() {
  if (oldest_ == none || rows_[oldest_].supply == supply_) return false;
  drop(oldest_);
  ++work_.evictions;
  return true;
}

bool RowCache::widen_rows() {
  const std::size_t before = rows_.size();
  const std::size_t left = limit_ > kept_bytes() ? limit_ - kept_bytes() : 0;
  const std::size_t more =
      std::min(std::max(before, first_rows), left / 2 / (sizeof(Row) + 2 * sizeof(std::uint32_t)));
  const std::size_t count = before + more;
  if (more == 0 || more < before / least_growth || count >= none) return false;
  const std::size_t chains = std::max<std::size_t>(std::bit_ceil(count), 2);
  if (count * sizeof(Row) + chains * sizeof(std::uint32_t) >
      rows_.bytes() + heads_.bytes() + left) {
    return false;
  }
  Buffer<Row> rows;
  Buffer<std::uint32_t> heads;
  if (rows.allocate(count) != Status::ok || heads.allocate(chains) != Status::ok) return false;
  if (used_ > 0) std::memcpy(rows.data(), rows_.data(), used_ * sizeof(Row));
  rows_ = std::move(rows);
  heads_ = std::move(heads);
  shift_ = static_cast<unsigned>(64 - std::countr_zero(chains));
  std::fill_n(heads_.data(), chains, none);
  for (std::uint32_t k = newest_; k != none; k = rows_[k].older) {
    std::uint32_t& head = heads_[hash(rows_[k].id)];
    rows_[k].next = head;
    head = k;
  }
  return true;
}

bool RowCache::widen_arena(std::size_t count) {
  const std::size_t before = arena_.capacity();
  const std::size_t left = limit_ > kept_bytes() ? limit_ - kept_bytes() : 0;
  const std::size_t unit = EntryArena::least_block;
  const std::size_t affordable = left / EntryArena::bytes_for(unit) * unit;
  const std::size_t half = affordable / 2 / unit * unit;
  const std::size_t block = EntryArena::block_for(count);
  // From the next multiple of the block there is room for one.
  const std::size_t needed = (block - before % block) % block + block;
  std::size_t more = std::max({before, first_entries, needed});
  if (more > half) more = std::max(half, needed);
  if (more > affordable || more < before / least_growth) return false;
  return arena_.grow(before + more) == Status::ok;
}

Status RowCache::take_in(std::int64_t v, const Line& line) {
  const auto count = static_cast<std::size_t>(line.count);
  const auto refused = [&] { return row_count_ > 0 ? Status::not_ready : Status::out_of_memory; };
  while (unused_ == none && used_ == rows_.size()) {
    if (!widen_rows() && !evict_older()) return refused();
  }
  std::uint32_t at = arena_.take(count);
  while (at == none) {
    if (!widen_arena(count) && !evict_older()) return refused();
    at = arena_.take(count);
  }
  std::uint32_t k = unused_;
  if (k != none) {
    unused_ = rows_[k].older;
  } else {
    k = used_++;
  }
  std::copy_n(line.ids64, count, arena_.ids(at));
  std::copy_n(line.values, count, arena_.values(at));
  std::uint32_t& head = heads_[hash(v)];
  rows_[k] = {v, line.diagonal, at, static_cast<std::uint32_t>(count), none, none, head, supply_};
  head = k;
  link_newest(k);
  ++row_count_;
  block_entries_ += static_cast<double>(EntryArena::block_for(count));
  ++work_.rows;
  work_.entries += line.count;
  return Status::ok;
}

bool RowCache::forget(std::int64_t v) {
  const std::uint32_t k = find(v);
  if (k != none) drop(k);
  return k != none;
}

void RowCache::clear() {
  while (newest_ != none) drop(newest_);
  wanted_count_ = 0;
  wanted_index_.clear();
  failed_ = false;
}

Result<Line> RowCache::ordered(std::int64_t v, std::span<const std::int64_t> ids,
                               std::span<const double> values) {
  const std::size_t count = ids.size();
  bool ascending = true;
  for (std::size_t k = 0; k < count; ++k) {
    if (ids[k] < 0 || ids[k] >= size_) return Fault(Status::index_out_of_range, v, ids[k]);
    if (!std::isfinite(values[k])) return Fault(Status::not_finite, v, ids[k]);
    ascending = ascending && (k == 0 || ids[k - 1] < ids[k]);
  }
  Line line;
  line.ids64 = ids.data();
  line.values = values.data();
  line.count = static_cast<std::int32_t>(count);
  if (!ascending) {
    if (widen(scratch_, count) != Status::ok || widen(scratch_ids_, count) != Status::ok ||
        widen(scratch_values_, count) != Status::ok) {
      return Fault(Status::out_of_memory, v);
    }
    for (std::size_t k = 0; k < count; ++k) scratch_[k] = {ids[k], values[k]};
    sort_in_place(scratch_.data(), count);
    for (std::size_t k = 0; k < count; ++k) {
      if (k > 0 && scratch_[k].id == scratch_[k - 1].id) {
        return Fault(Status::duplicate_entry, v, scratch_[k].id);
      }
      scratch_ids_[k] = scratch_[k].id;
      scratch_values_[k] = scratch_[k].value;
    }
    line.ids64 = scratch_ids_.data();
    line.values = scratch_values_.data();
  }
  const std::int64_t* own = std::lower_bound(line.ids64, line.ids64 + count, v);
  if (own != line.ids64 + count && *own == v) line.diagonal = line.values[own - line.ids64];
  return line;
}

bool RowCache::entry_at_hand(std::int64_t u, std::int64_t v, std::span<const Supplied> supply,
                             std::span<const std::int64_t> ids, std::span<const double> values,
                             double& entry) {
  const std::int64_t* first;
  const double* first_value;
  std::uint32_t count;
  bool ascending = true;
  if (const std::uint32_t k = find(u); k != none) {
    first = arena_.ids(rows_[k].at);
    first_value = arena_.values(rows_[k].at);
    count = rows_[k].count;
  } else if (const std::uint32_t w = wanted_index_.find(u); w < supply.size()) {
    first = ids.data() + supply[w].begin;
    first_value = values.data() + supply[w].begin;
    count = supply[w].count;
    ascending = supply[w].ascending != 0;
    if (!ascending && count > short_row) return false;
  } else {
    return false;
  }
  const std::int64_t* last = first + count;
  const std::int64_t* at = ascending ? std::lower_bound(first, last, v) : std::find(first, last, v);
  entry = at != last && *at == v ? first_value[at - first] : 0;
  return true;
}

Fault RowCache::check(std::span<const Supplied> supply, std::span<const std::int64_t> ids,
                      std::span<const double> values) {
  for (std::size_t r = 0; r < supply.size(); ++r) {
    const std::int64_t v = wanted_[r];
    auto made = ordered(v, ids.subspan(supply[r].begin, supply[r].count),
                        values.subspan(supply[r].begin, supply[r].count));
    if (!made.ok()) return made.fault();
    const Line line = made.take();
    if (const Fault fault = hold_against(declared_, v, line); !fault.ok()) return fault;
    for (std::int32_t k = 0; declared_.symmetric && k < line.count; ++k) {
      double partner = 0;
      if (line.ids64[k] != v && entry_at_hand(line.ids64[k], v, supply, ids, values, partner) &&
          partner != line.values[k]) {
        return Fault(Status::declaration_violated, v, line.ids64[k]);
      }
    }
  }
  return {};
}

void RowCache::forget_wanted(std::size_t count) {
  // The rest is noted anew; there is room for it where it was.
  wanted_index_.clear();
  std::copy(wanted_.data() + count, wanted_.data() + wanted_count_, wanted_.data());
  wanted_count_ -= count;
  for (std::size_t k = 0; k < wanted_count_; ++k) wanted_index_.touch(wanted_[k], Wanted{});
}

Fault RowCache::supply(std::span<const std::int32_t> counts, std::span<const std::int64_t> ids,
                       std::span<const double> values) {
  if (counts.size() > wanted_count_ || ids.size() != values.size()) return Status::shape_mismatch;
  if (widen(supplied_, counts.size()) != Status::ok) return Status::out_of_memory;
  std::size_t at = 0;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const auto count = static_cast<std::size_t>(counts[r]);
    if (counts[r] < 0 || count > ids.size() - at) return Fault(Status::shape_mismatch, wanted_[r]);
    const auto row = ids.subspan(at, count);
    const bool ascending = std::is_sorted(row.begin(), row.end());
    supplied_[r] = {at, static_cast<std::uint32_t>(count), ascending};
    at += count;
  }
  if (at != ids.size()) return Status::shape_mismatch;
  const std::span<const Supplied> supply(supplied_.data(), counts.size());
  if (const Fault fault = check(supply, ids, values); !fault.ok()) return fault;

  ++supply_;
  failed_ = false;
  for (std::size_t r = 0; r < supply.size(); ++r) {
    const std::int64_t v = wanted_[r];
    auto made = ordered(v, ids.subspan(supply[r].begin, supply[r].count),
                        values.subspan(supply[r].begin, supply[r].count));
    const Status status = made.ok() ? take_in(v, made.value()) : made.fault().status;
    if (status == Status::not_ready) {
      ++work_.turned_away;
    } else if (status != Status::ok) {
      forget_wanted(r);
      return Fault(status, v);
    }
  }
  forget_wanted(supply.size());
  return {};
}

}  // namespace lacuna
