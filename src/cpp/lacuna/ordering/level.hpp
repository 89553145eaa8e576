#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// At least `count` elements, the contents lost where it has to grow: buffers that one pass after
/// the other fills anew are allocated once.
template <class T>
Status ensure(Buffer<T>& buffer, std::size_t count) {
  return buffer.size() >= count ? Status::ok : buffer.allocate(count);
}

/// Where a vertex lies relative to a separator.
enum class Side : std::uint8_t { first = 0, second = 1, separator = 2 };

inline Side other(Side side) { return side == Side::first ? Side::second : Side::first; }

/// A graph of a multilevel hierarchy with weights on vertices (how many they stand for) and edges
/// (how many edges of the finest graph they bundle), and the sides of its vertices. Buffers may be
/// longer than the graph.
struct Level {
  std::int32_t n = 0;
  std::int32_t total = 0;  ///< weight of all vertices
  Buffer<std::int32_t> begin;
  Buffer<std::int32_t> neighbors;
  Buffer<std::int32_t> edge_weight;
  Buffer<std::int32_t> weight;
  Buffer<std::int32_t> coarse;  ///< vertex of the next level
  Buffer<Side> side;

  [[gnu::always_inline]] std::int32_t degree(std::int32_t v) const { return begin[v + 1] - begin[v]; }

  Status ensure_vertices(std::size_t count) {
    for (const Status status : {ensure(begin, count + 1), ensure(weight, count),
                                ensure(coarse, count), ensure(side, count)}) {
      if (status != Status::ok) return status;
    }
    return Status::ok;
  }

  Status ensure_entries(std::size_t count) {
    const Status status = ensure(neighbors, count);
    return status != Status::ok ? status : ensure(edge_weight, count);
  }
};

}  // namespace lacuna
