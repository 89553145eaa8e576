#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// The rows of every panel in ascending order, and where each stands in it, for a structure that
/// has them in none: that of L·D·Lᵀ, whose columns move while they wait for a pivot. One supernode
/// at a time, in O(h·log h) for a height of h. 8 bytes for every row of a panel, and for every one
/// of the tallest.
class RowOrder {
 public:
  /// The structure has to stay alive and unchanged. `out_of_memory`.
  Status prepare(const Supernodes& structure);

  /// Sorts the rows of a supernode; gives the operations that it took.
  double sort(std::int32_t supernode);

  /// As `Supernodes::rows`.
  const std::int32_t* rows() const { return rows_.data(); }
  /// Beside each row its place in the panel.
  const std::int32_t* places() const { return places_.data(); }

 private:
  const Supernodes* structure_ = nullptr;
  Buffer<std::int32_t> rows_;
  Buffer<std::int32_t> places_;
  Buffer<std::uint64_t> keys_;  // row and place
};

}  // namespace lacuna
