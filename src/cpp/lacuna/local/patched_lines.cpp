#include "lacuna/local/patched_lines.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/sort.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;

template <class T>
Status widen(Buffer<T>& buffer, std::size_t count) {
  if (buffer.size() >= count) return Status::ok;
  return buffer.allocate(std::max(count, 2 * buffer.size()));
}

}  // namespace

const PatchedLines::Patch* PatchedLines::live(std::int64_t v) const {
  const std::uint32_t k = table_.find(v);
  return k != VertexTable<Patch>::none && table_[k].live != 0 ? &table_[k] : nullptr;
}

Line PatchedLines::line_of(const Patch& patch) const {
  Line line;
  line.ids64 = ids_.data() + patch.begin;
  line.values = values_.data() + patch.begin;
  line.diagonal = patch.diagonal;
  line.count = static_cast<std::int32_t>(patch.count);
  return line;
}

bool PatchedLines::get(std::int64_t v, Line& line) {
  const Patch* patch = live_count_ > 0 ? live(v) : nullptr;
  if (patch == nullptr) return base_->get(v, line);
  line = line_of(*patch);
  return true;
}

Status PatchedLines::make_room(std::size_t more) {
  if (used_ + more <= ids_.size()) return Status::ok;
  const std::size_t kept = used_ - wasted_;
  Buffer<std::int64_t> ids;
  Buffer<double> values;
  if (ids.allocate(2 * kept + more + 16) != Status::ok ||
      values.allocate(2 * kept + more + 16) != Status::ok) {
    return Status::out_of_memory;
  }
  std::size_t at = 0;
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    Patch& patch = table_[k];
    if (patch.live == 0) continue;
    std::copy_n(ids_.data() + patch.begin, patch.count, ids.data() + at);
    std::copy_n(values_.data() + patch.begin, patch.count, values.data() + at);
    patch.begin = at;
    at += patch.count;
  }
  ids_ = std::move(ids);
  values_ = std::move(values);
  used_ = at;
  wasted_ = 0;
  return Status::ok;
}

Status PatchedLines::subtract(std::int64_t v, const Line& before, const Line& after) {
  difference_ = Line{};
  const std::size_t most = std::size_t(before.count) + std::size_t(after.count);
  if (widen(merged_, most) != Status::ok || widen(delta_ids_, most) != Status::ok ||
      widen(delta_values_, most) != Status::ok) {
    return Status::out_of_memory;
  }
  // Each id at most once on either side, so that two equal ones are old and new.
  std::size_t count = 0;
  for (std::int32_t k = 0; k < after.count; ++k) {
    if (after.id(k) != v) merged_[count++] = {after.id(k), after.value(k)};
  }
  for (std::int32_t k = 0; k < before.count; ++k) {
    if (before.id(k) != v) merged_[count++] = {before.id(k), -before.value(k)};
  }
  sort_in_place(merged_.data(), count);
  std::int32_t kept = 0;
  for (std::size_t k = 0; k < count; ++k) {
    double value = merged_[k].value;
    if (k + 1 < count && merged_[k + 1].id == merged_[k].id) value += merged_[++k].value;
    if (!std::isfinite(value)) return Status::not_finite;
    if (value == 0) continue;
    delta_ids_[kept] = merged_[k].id;
    delta_values_[kept++] = value;
  }
  if (!std::isfinite(after.diagonal - before.diagonal)) return Status::not_finite;
  difference_.ids64 = delta_ids_.data();
  difference_.values = delta_values_.data();
  difference_.diagonal = after.diagonal - before.diagonal;
  difference_.count = kept;
  return Status::ok;
}

Status PatchedLines::reserve(std::size_t lines, std::size_t entries, std::size_t longest) {
  if (table_.reserve(lines) != Status::ok || make_room(entries) != Status::ok) {
    return Status::out_of_memory;
  }
  if (widen(merged_, longest) != Status::ok || widen(delta_ids_, longest) != Status::ok) {
    return Status::out_of_memory;
  }
  return widen(delta_values_, longest);
}

Fault PatchedLines::replace(std::int64_t v, std::span<const std::int64_t> ids,
                            std::span<const double> values) {
  if (v < 0 || v >= size()) return Fault(Status::index_out_of_range, v);
  if (ids.size() != values.size()) return Fault(Status::shape_mismatch, v);
  const std::size_t count = ids.size();
  for (std::size_t k = 0; k < count; ++k) {
    if (ids[k] < 0 || ids[k] >= size()) return Fault(Status::index_out_of_range, v, ids[k]);
    if (!std::isfinite(values[k])) return Fault(Status::not_finite, v, ids[k]);
  }
  if (table_.reserve(1) != Status::ok || make_room(count) != Status::ok ||
      widen(merged_, count) != Status::ok) {
    return Fault(Status::out_of_memory, v);
  }
  for (std::size_t k = 0; k < count; ++k) merged_[k] = {ids[k], values[k]};
  sort_in_place(merged_.data(), count);
  Patch fresh{v, used_, 0, 0, static_cast<std::uint32_t>(count), 1, 0};
  for (std::size_t k = 0; k < count; ++k) {
    if (k > 0 && merged_[k].id == merged_[k - 1].id) {
      return Fault(Status::duplicate_entry, v, merged_[k].id);
    }
    ids_[used_ + k] = merged_[k].id;
    values_[used_ + k] = merged_[k].value;
    if (merged_[k].id == v) fresh.diagonal = merged_[k].value;
  }
  Line before;
  if (!get(v, before)) return Fault(Status::not_ready, v);
  if (const Status s = subtract(v, before, line_of(fresh)); s != Status::ok) return Fault(s, v);
  Patch& patch = table_[table_.touch(v, Patch{})];
  patch.live != 0 ? wasted_ += patch.count : ++live_count_;
  fresh.home = patch.home;
  patch = fresh;
  used_ += count;
  return {};
}

Fault PatchedLines::revert(std::int64_t v) {
  const Patch* patch = live(v);
  if (patch == nullptr) {
    difference_ = Line{};
    return {};
  }
  Line base;
  if (!base_->get(v, base)) return Fault(Status::not_ready, v);
  if (const Status s = subtract(v, line_of(*patch), base); s != Status::ok) return Fault(s, v);
  wasted_ += patch->count;
  table_[table_.find(v)].live = 0;
  --live_count_;
  return {};
}

double PatchedLines::margin() const {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    if (table_[k].live == 0) continue;
    const double margin = measure_line(table_[k].id, line_of(table_[k])).margin;
    least = margin < least ? margin : least;
  }
  return least;
}

double PatchedLines::comparison(const Weights& weights) const {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t k = 0; k < table_.size(); ++k) {
    if (table_[k].live == 0) continue;
    const Line line = line_of(table_[k]);
    const std::int64_t v = table_[k].id;
    const double own = std::fabs(line.diagonal) * weights(v);
    double others = 0;
    for (std::int32_t p = 0; p < line.count; ++p) {
      if (line.id(p) != v) others += std::fabs(line.value(p)) * weights(line.id(p));
    }
    const double margin = own - others - (line.count + 8.0) * unit_roundoff * (own + others);
    least = margin < least ? margin : least;
  }
  return least;
}

}  // namespace lacuna
