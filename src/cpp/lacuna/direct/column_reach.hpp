#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// The reach of a few columns of L: the supernodes on the paths of the tree from theirs to the
/// roots (Gilbert & Peierls, SISSC 9, 1988; for the tree of a Cholesky factor Davis, Direct
/// Methods, §4.1), each from its first column in use on. 12 bytes per supernode, of which `clear`
/// touches none.
class ColumnReach {
 public:
  /// The structure has to stay alive. `whole`: all columns of a supernode are in use, as where its
  /// rows are in no order. `out_of_memory`.
  Status prepare(const Supernodes& structure, bool whole = false);

  /// Starts an empty reach.
  void clear();

  /// Takes pivot column `column` and all that it reaches in. New supernodes are the last of the
  /// list.
  void add(std::int32_t column);

  /// Once all columns are in: puts the supernodes in ascending order. Not more than a few ms.
  void order();

  std::span<const std::int32_t> supernodes() const {
    return list_.span().first(static_cast<std::size_t>(size_));
  }
  bool holds(std::int32_t s) const { return mark_[s] == epoch_; }
  /// First column in use of a supernode of the reach, counted within its panel.
  std::int32_t start(std::int32_t s) const { return start_[s]; }

 private:
  const Supernodes* structure_ = nullptr;
  bool whole_ = false;
  std::int32_t epoch_ = 0;
  std::int32_t size_ = 0;
  Buffer<std::int32_t> mark_;  // the epoch that reached it
  Buffer<std::int32_t> start_;
  Buffer<std::int32_t> list_;
};

/// Place of row `id` among `count` ascending ones, at `from` or later; that of the first one not
/// below it where it is not there. Fast where it is near.
std::int32_t find_row(const std::int32_t* rows, std::int32_t count, std::int32_t from,
                      std::int32_t id);

/// Where entry (row, column) of A stands in panels whose rows are `rows`, ascending, whichever
/// triangle it is named by; −1 off the pattern of L. O(log n).
std::int64_t find_entry(const Supernodes& structure, const std::int32_t* rows, std::int32_t row,
                        std::int32_t column);
inline std::int64_t find_entry(const Supernodes& structure, std::int32_t row, std::int32_t column) {
  return find_entry(structure, structure.rows.data(), row, column);
}

}  // namespace lacuna
