#pragma once
#include <cstddef>
#include <functional>
#include <utility>

namespace lacuna {

/// Sorts in place under a strict total order: by insertion what is short, else by a heap (Williams,
/// CACM 7, 1964; Floyd, CACM 7, 1964). O(n log n) at the worst, no further memory. For lists that
/// are short as a rule: an instance takes a fifth of the code of `std::sort`.
template <class T, class Less = std::less<>>
void sort_in_place(T* first, std::size_t count, Less less = {}) {
  constexpr std::size_t shortest_heap = 32;
  if (count < shortest_heap) {
    for (std::size_t k = 1; k < count; ++k) {
      const T moved = first[k];
      std::size_t at = k;
      for (; at > 0 && less(moved, first[at - 1]); --at) first[at] = first[at - 1];
      first[at] = moved;
    }
    return;
  }
  // Down to count / 2 the heap is built, from then on its top goes behind it.
  for (std::size_t size = count, root = count / 2; size > 1;) {
    if (root > 0) {
      --root;
    } else {
      std::swap(first[0], first[--size]);
    }
    const T moved = first[root];
    std::size_t hole = root;
    for (std::size_t child; (child = 2 * hole + 1) < size; hole = child) {
      if (child + 1 < size && less(first[child], first[child + 1])) ++child;
      if (!less(moved, first[child])) break;
      first[hole] = first[child];
    }
    first[hole] = moved;
  }
}

}  // namespace lacuna
