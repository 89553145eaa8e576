#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"

namespace lacuna {

/// Vertices that a local method has touched, each with a record, found by id in O(1). Memory and
/// time follow the touched part: nothing of the size of the matrix is allocated or cleared, and
/// `clear` is O(1), so that one table serves query after query.
///
/// Records lie packed in the order of their first touch. An open-addressed index maps ids to them;
/// what it holds from earlier queries is told apart because a slot counts only if the record that
/// it names points back at it (the sparse sets of Briggs & Torczon, LOPLAS 2, 1993).
///
/// `Record` is trivially copyable and has `std::int64_t id` and `std::uint32_t home`.
template <class Record>
class VertexTable {
 public:
  static constexpr std::uint32_t none = 0xffffffffu;

  void clear() { count_ = 0; }
  std::uint32_t size() const { return count_; }
  /// Records that fit before it grows; a power of two.
  std::size_t capacity() const { return records_.size(); }
  std::size_t bytes() const { return records_.bytes() + index_.bytes(); }
  Record* records() { return records_.data(); }
  Record& operator[](std::uint32_t k) { return records_[k]; }
  const Record& operator[](std::uint32_t k) const { return records_[k]; }

  /// Room for `more` further records, so that `touch` cannot fail. Doubles, so that the cost is
  /// O(1) per record. `out_of_memory` leaves the table as it was.
  Status reserve(std::size_t more) {
    const std::size_t wanted = count_ + more;
    return wanted <= records_.size() ? Status::ok : grow(wanted);
  }

  /// The record of an id; `none` for one that was not touched.
  std::uint32_t find(std::int64_t id) const {
    if (index_.empty()) return none;
    for (std::uint32_t slot = slot_of(id);; slot = (slot + 1) & mask_) {
      const std::uint32_t k = index_[slot];
      if (k >= count_ || records_[k].home != slot) return none;
      if (records_[k].id == id) return k;
    }
  }

  /// The same, made from `fresh` where it is new. Only after `reserve`.
  std::uint32_t touch(std::int64_t id, const Record& fresh) {
    for (std::uint32_t slot = slot_of(id);; slot = (slot + 1) & mask_) {
      const std::uint32_t k = index_[slot];
      if (k < count_) {
        if (records_[k].id == id) return k;
        if (records_[k].home == slot) continue;
      }
      index_[slot] = count_;
      Record& record = records_[count_];
      record = fresh;
      record.id = id;
      record.home = slot;
      return count_++;
    }
  }

 private:
  std::uint32_t slot_of(std::int64_t id) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15u) >>
                                      shift_);
  }

  Status grow(std::size_t wanted) {
    std::size_t capacity = 64;
    unsigned bits = 7;
    // Tested on the way: with 32-bit sizes the capacity would wrap.
    while (capacity < wanted) {
      capacity *= 2;
      if (++bits > 31) return Status::out_of_memory;
    }
    Buffer<Record> records;
    Buffer<std::uint32_t> index;
    // Half full at the most, so that probes stay short.
    if (records.allocate(capacity) != Status::ok ||
        index.allocate_zero(std::size_t{1} << bits) != Status::ok) {
      return Status::out_of_memory;
    }
    if (count_ > 0) std::memcpy(records.data(), records_.data(), count_ * sizeof(Record));
    records_ = std::move(records);
    index_ = std::move(index);
    shift_ = 64 - bits;
    mask_ = (1u << bits) - 1;
    const std::uint32_t count = count_;
    for (count_ = 0; count_ < count; ++count_) {
      std::uint32_t slot = slot_of(records_[count_].id);
      for (;; slot = (slot + 1) & mask_) {
        const std::uint32_t k = index_[slot];
        if (k >= count_ || records_[k].home != slot) break;
      }
      index_[slot] = count_;
      records_[count_].home = slot;
    }
    return Status::ok;
  }

  Buffer<Record> records_;
  Buffer<std::uint32_t> index_;
  std::uint32_t count_ = 0;
  std::uint32_t mask_ = 0;
  unsigned shift_ = 64;
};

}  // namespace lacuna
