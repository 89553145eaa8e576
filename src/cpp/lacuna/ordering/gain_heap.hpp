#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/ordering/level.hpp"

namespace lacuna {

/// Binary heap of vertices by gain, the largest on top and the smaller vertex among equals, with
/// the place of each vertex known: gains change in O(log size).
class GainHeap {
 public:
  /// Empty, for vertices below n. `out_of_memory`.
  Status prepare(std::int32_t n);

  bool empty() const { return size_ == 0; }
  std::int32_t size() const { return size_; }
  std::int32_t top() const { return heap_[0].vertex; }
  std::int32_t top_gain() const { return heap_[0].gain; }
  [[gnu::always_inline]] bool holds(std::int32_t v) const { return place_[v] >= 0; }

  void insert(std::int32_t v, std::int32_t gain) {
    heap_[size_] = {gain, v};
    rise(size_++);
  }

  void update(std::int32_t v, std::int32_t gain) {
    const std::int32_t k = place_[v];
    const bool better = gain > heap_[k].gain;
    heap_[k].gain = gain;
    if (better) {
      rise(k);
    } else {
      sink(k);
    }
  }

  void remove(std::int32_t v) {
    const std::int32_t k = place_[v];
    place_[v] = -1;
    if (k == --size_) return;
    heap_[k] = heap_[size_];
    place_[heap_[k].vertex] = k;
    rise(k);
    sink(place_[heap_[k].vertex]);
  }

  void clear() {
    for (std::int32_t k = 0; k < size_; ++k) place_[heap_[k].vertex] = -1;
    size_ = 0;
  }

 private:
  struct Entry {
    std::int32_t gain;
    std::int32_t vertex;
    [[gnu::always_inline]] bool before(const Entry& b) const {
      return gain > b.gain || (gain == b.gain && vertex < b.vertex);
    }
  };

  void rise(std::int32_t k) {
    const Entry entry = heap_[k];
    while (k > 0 && entry.before(heap_[(k - 1) / 2])) {
      put(k, heap_[(k - 1) / 2]);
      k = (k - 1) / 2;
    }
    put(k, entry);
  }

  void sink(std::int32_t k) {
    const Entry entry = heap_[k];
    for (;;) {
      std::int32_t child = 2 * k + 1;
      if (child >= size_) break;
      if (child + 1 < size_ && heap_[child + 1].before(heap_[child])) ++child;
      if (!heap_[child].before(entry)) break;
      put(k, heap_[child]);
      k = child;
    }
    put(k, entry);
  }

  [[gnu::always_inline]] void put(std::int32_t k, const Entry& entry) {
    heap_[k] = entry;
    place_[entry.vertex] = k;
  }

  Buffer<Entry> heap_;
  Buffer<std::int32_t> place_;  // −1: not in the heap
  std::int32_t size_ = 0;
};

inline Status GainHeap::prepare(std::int32_t n) {
  clear();
  const auto count = static_cast<std::size_t>(n);
  if (place_.size() >= count) return Status::ok;
  if (heap_.allocate(count) != Status::ok || place_.allocate(count) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::size_t v = 0; v < count; ++v) place_[v] = -1;
  return Status::ok;
}

}  // namespace lacuna
