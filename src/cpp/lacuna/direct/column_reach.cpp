#include "lacuna/direct/column_reach.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/base/sort.hpp"

namespace lacuna {

Status ColumnReach::prepare(const Supernodes& structure, bool whole) {
  const auto count = static_cast<std::size_t>(structure.count);
  if (structure_ == nullptr || mark_.size() != count) {
    structure_ = nullptr;
    for (const Status status :
         {mark_.allocate_zero(count), start_.allocate(count), list_.allocate(count)}) {
      if (status != Status::ok) return status;
    }
    epoch_ = 0;
  }
  structure_ = &structure;
  whole_ = whole;
  clear();
  return Status::ok;
}

void ColumnReach::clear() {
  if (epoch_ == std::numeric_limits<std::int32_t>::max()) {
    std::fill_n(mark_.data(), mark_.size(), 0);
    epoch_ = 0;
  }
  ++epoch_;
  size_ = 0;
}

void ColumnReach::add(std::int32_t column) {
  const Supernodes& s = *structure_;
  for (std::int32_t u = s.supernode_of[column]; u >= 0; u = s.parent[u]) {
    const std::int32_t start = whole_ ? 0 : column - s.first_column[u];
    if (mark_[u] == epoch_) {
      // The way on does not depend on where the supernode is entered.
      start_[u] = std::min(start_[u], start);
      return;
    }
    mark_[u] = epoch_;
    start_[u] = start;
    list_[size_++] = u;
    if (s.parent[u] >= 0) column = s.rows[s.row_begin[u] + s.width(u)];
  }
}

void ColumnReach::order() {
  const std::int32_t count = structure_->count;
  if (size_ < count / 16) {
    sort_in_place(list_.data(), static_cast<std::size_t>(size_));
    return;
  }
  size_ = 0;
  for (std::int32_t s = 0; s < count; ++s) {
    if (mark_[s] == epoch_) list_[size_++] = s;
  }
}

std::int32_t find_row(const std::int32_t* rows, std::int32_t count, std::int32_t from,
                      std::int32_t id) {
  std::int32_t step = 1;
  std::int32_t last = from;
  while (last < count && rows[last] < id) {
    from = last + 1;
    last = step < count - last ? last + step : count;
    step *= 2;
  }
  return static_cast<std::int32_t>(std::lower_bound(rows + from, rows + last, id) - rows);
}

std::int64_t find_entry(const Supernodes& structure, const std::int32_t* rows, std::int32_t row,
                        std::int32_t column) {
  const std::int32_t p = structure.position[row];
  const std::int32_t q = structure.position[column];
  const std::int32_t id = std::max(p, q);
  const std::int32_t s = structure.supernode_of[std::min(p, q)];
  rows += structure.row_begin[s];
  const std::int32_t height = structure.height(s);
  const std::int32_t place = find_row(rows, height, 0, id);
  if (place == height || rows[place] != id) return -1;
  const std::int32_t j = std::min(p, q) - structure.first_column[s];
  return structure.value_begin[s] + place + std::int64_t(j) * height;
}

}  // namespace lacuna
