#pragma once
#include <bit>
#include <cstdint>

#include "lacuna/base/buffer.hpp"

namespace lacuna {

/// Room for lines of a matrix (ids and values side by side), given out in blocks of 2ᵏ entries and
/// taken back in any order: a buddy system (Knowlton, CACM 8, 1965). Taking and giving cost O(log)
/// steps and no allocation; a block that is given back joins its neighbour at once, so that short
/// and long lines can take turns. Blocks are places, not pointers: growing moves the memory.
class EntryArena {
 public:
  static constexpr std::uint32_t none = 0xffffffffu;
  static constexpr std::uint32_t least_block = 4;
  static constexpr std::size_t bytes_per_entry = 16;

  EntryArena() {
    for (std::uint32_t& head : free_) head = none;
  }

  std::size_t capacity() const { return ids_.size(); }
  std::size_t bytes() const { return ids_.bytes() + values_.bytes() + tags_.bytes(); }
  /// Bytes of an arena of that many entries.
  static std::size_t bytes_for(std::size_t entries) {
    return entries * bytes_per_entry + entries / least_block;
  }

  /// Entries that a block for `count` takes up.
  static std::size_t block_for(std::size_t count) {
    return std::bit_ceil(count < least_block ? std::size_t{least_block} : count);
  }

  /// Widens to `entries`, a multiple of `least_block` below 2³¹. `out_of_memory` leaves it as it
  /// was.
  Status grow(std::size_t entries) {
    Buffer<std::int64_t> ids;
    Buffer<double> values;
    Buffer<std::uint8_t> tags;
    if (entries >= (std::size_t{1} << 31) || ids.allocate(entries) != Status::ok ||
        values.allocate(entries) != Status::ok ||
        tags.allocate_zero(entries / least_block) != Status::ok) {
      return Status::out_of_memory;
    }
    const std::size_t before = capacity();
    if (before > 0) {
      std::memcpy(ids.data(), ids_.data(), ids_.bytes());
      std::memcpy(values.data(), values_.data(), values_.bytes());
      std::memcpy(tags.data(), tags_.data(), tags_.bytes());
    }
    ids_ = std::move(ids);
    values_ = std::move(values);
    tags_ = std::move(tags);
    // The new part as the largest blocks that lie on multiples of themselves.
    for (std::size_t at = before; at < entries;) {
      unsigned order = at == 0 ? 31 : static_cast<unsigned>(std::countr_zero(at));
      while (at + (std::size_t{1} << order) > entries) --order;
      give(static_cast<std::uint32_t>(at), order);
      at += std::size_t{1} << order;
    }
    return Status::ok;
  }

  /// A block for `count` entries; `none` where no free one is large enough.
  std::uint32_t take(std::size_t count) {
    const unsigned order = order_of(count);
    unsigned found = order;
    while (found < orders && free_[found] == none) ++found;
    if (found >= orders) return none;
    const std::uint32_t at = free_[found];
    unlink(at, found);
    // Split down, upper halves staying free.
    while (found > order) {
      --found;
      link(at + (1u << found), found);
    }
    tags_[at / least_block] = static_cast<std::uint8_t>(order);
    return at;
  }

  /// Takes back the block at `at` that was given for `count` entries.
  void give_back(std::uint32_t at, std::size_t count) { give(at, order_of(count)); }

  std::int64_t* ids(std::uint32_t at) { return ids_.data() + at; }
  double* values(std::uint32_t at) { return values_.data() + at; }

 private:
  static constexpr unsigned orders = 32;
  static constexpr std::uint8_t free_tag = 0x80;

  static unsigned order_of(std::size_t count) {
    return static_cast<unsigned>(std::countr_zero(block_for(count)));
  }

  void give(std::uint32_t at, unsigned order) {
    for (; order + 1 < orders; ++order) {
      const std::uint32_t buddy = at ^ (1u << order);
      if (std::size_t{buddy} + (std::size_t{1} << order) > capacity()) break;
      if (tags_[buddy / least_block] != (free_tag | order)) break;
      unlink(buddy, order);
      at = at < buddy ? at : buddy;
    }
    link(at, order);
  }

  // Free blocks of an order form a list whose links lie in the blocks themselves.
  void link(std::uint32_t at, unsigned order) {
    tags_[at / least_block] = static_cast<std::uint8_t>(free_tag | order);
    ids_[at] = none;
    ids_[at + 1] = free_[order];
    if (free_[order] != none) ids_[free_[order]] = at;
    free_[order] = at;
  }
  void unlink(std::uint32_t at, unsigned order) {
    const auto before = static_cast<std::uint32_t>(ids_[at]);
    const auto after = static_cast<std::uint32_t>(ids_[at + 1]);
    if (after != none) ids_[after] = before;
    if (before != none) {
      ids_[before + 1] = after;
    } else {
      free_[order] = after;
    }
    // No block begins here any more that could be taken for a free one.
    tags_[at / least_block] = 0;
  }

  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  Buffer<std::uint8_t> tags_;  ///< of each `least_block` entries that begin a block: its order
  std::uint32_t free_[orders];
};

}  // namespace lacuna
