#include "lacuna/direct/row_order.hpp"

#include <algorithm>
#include <bit>

#include "lacuna/base/sort.hpp"

namespace lacuna {

Status RowOrder::prepare(const Supernodes& structure) {
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < structure.count; ++s) {
    tallest = std::max(tallest, structure.height(s));
  }
  for (const Status status :
       {rows_.allocate(structure.rows.size()), places_.allocate(structure.rows.size()),
        keys_.allocate(static_cast<std::size_t>(tallest))}) {
    if (status != Status::ok) return status;
  }
  structure_ = &structure;
  return Status::ok;
}

double RowOrder::sort(std::int32_t supernode) {
  const std::int64_t begin = structure_->row_begin[supernode];
  const std::int32_t height = structure_->height(supernode);
  const std::int32_t* rows = structure_->rows.data() + begin;
  for (std::int32_t p = 0; p < height; ++p) {
    keys_[p] = std::uint64_t(rows[p]) << 32 | std::uint32_t(p);
  }
  sort_in_place(keys_.data(), static_cast<std::size_t>(height));
  for (std::int32_t p = 0; p < height; ++p) {
    rows_[begin + p] = static_cast<std::int32_t>(keys_[p] >> 32);
    places_[begin + p] = static_cast<std::int32_t>(keys_[p] & 0xffffffff);
  }
  return 4.0 * height * (2 + std::bit_width(static_cast<std::uint32_t>(height)));
}

}  // namespace lacuna
