#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"

namespace lacuna {

/// Vertices with keys, sorted by falling key, equal ones by number: bottom-up merges of runs, in
/// pieces. O(k log k) time, 2k places.
template <class Id>
class SweepOrder {
 public:
  /// Empty, with room for `most`. `out_of_memory`.
  Status begin(std::size_t most) {
    for (const Status status : {ids_.allocate(most), other_ids_.allocate(most),
                                keys_.allocate(most), other_keys_.allocate(most)}) {
      if (status != Status::ok) return status;
    }
    count_ = at_ = 0;
    width_ = 1;
    return Status::ok;
  }

  void add(Id id, double key) {
    ids_[count_] = id;
    keys_[count_++] = key;
  }

  /// True once all is in order.
  bool sort(Budget& budget) {
    while (width_ < count_) {
      while (at_ < count_) {
        if (budget.exhausted()) return false;
        const std::size_t middle = std::min(at_ + width_, count_);
        const std::size_t end = std::min(middle + width_, count_);
        std::size_t i = at_, j = middle;
        for (std::size_t k = at_; k < end; ++k) {
          const std::size_t from = j >= end || (i < middle && before(i, j)) ? i++ : j++;
          other_ids_[k] = ids_[from];
          other_keys_[k] = keys_[from];
        }
        budget.spend(8.0 * static_cast<double>(end - at_));
        at_ = end;
      }
      std::swap(ids_, other_ids_);
      std::swap(keys_, other_keys_);
      width_ *= 2;
      at_ = 0;
    }
    return true;
  }

  std::size_t size() const { return count_; }
  Id id(std::size_t k) const { return ids_[k]; }
  const Id* ids() const { return ids_.data(); }
  double& key(std::size_t k) { return keys_[k]; }

 private:
  bool before(std::size_t i, std::size_t j) const {
    return keys_[i] != keys_[j] ? keys_[i] > keys_[j] : ids_[i] < ids_[j];
  }

  Buffer<Id> ids_;
  Buffer<Id> other_ids_;
  Buffer<double> keys_;
  Buffer<double> other_keys_;
  std::size_t count_ = 0;
  std::size_t width_ = 1;
  std::size_t at_ = 0;
};

}  // namespace lacuna
