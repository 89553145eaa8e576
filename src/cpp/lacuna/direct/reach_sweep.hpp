#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/column_reach.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// Substitution with the panels of L that touches only the reach of a few columns. Both directions
/// need nothing else: L·y = b where b is zero outside the columns, and Lᵀ·x = y where x is wanted
/// in these columns alone.
///
/// What it computes has the bits that `SupernodalSolve` gives: columns are taken from the last
/// multiple of four before the first one in use on, as the kernels group them. It holds 8n +
/// 12·supernodes bytes and clears only what it touched before.
class ReachSweep {
 public:
  /// Both have to stay alive. `whole`: see `ColumnReach`. `out_of_memory`.
  Status prepare(const Supernodes& structure, const double* values, bool whole = false);

  /// Starts an empty reach.
  void clear();

  /// Takes pivot column `column` and all that it reaches into the reach; new columns are zero.
  void reach(std::int32_t column);

  /// Once all columns are in. Not more than a few ms.
  void order() { reach_.order(); }

  /// L·y = what stands in the reach, for columns before `end` (n: all), in place. Rows from `end`
  /// on are left with b minus the products of L with y. True where it has to pause: call again.
  bool forward(Meter& meter, std::int32_t end);

  /// Lᵀ·x = what stands in the reach, in place. True where it has to pause.
  bool backward(Meter& meter);

  /// In the reach?
  bool holds(std::int32_t column) const {
    const std::int32_t s = structure_->supernode_of[column];
    return reach_.holds(s) && column >= first_column(s);
  }

  /// At columns of the reach.
  double& at(std::int32_t column) { return vector_[column]; }
  double at(std::int32_t column) const { return vector_[column]; }

  /// Supernodes of the reach; ascending, once ordered.
  std::span<const std::int32_t> supernodes() const { return reach_.supernodes(); }
  /// First pivot column of a supernode of the reach in use.
  std::int32_t first_column(std::int32_t s) const { return structure_->first_column[s] + start(s); }

  /// Entries of L that the sweeps since `clear` have read: two flops each.
  double entries() const { return entries_; }

 private:
  std::int32_t start(std::int32_t s) const { return reach_.start(s) / 4 * 4; }
  const double* panel(std::int32_t s) const { return values_ + structure_->value_begin[s]; }

  const Supernodes* structure_ = nullptr;
  const double* values_ = nullptr;
  ColumnReach reach_;
  std::int32_t at_ = -1;     // index into the list, −1 where no sweep is going on
  std::int32_t column_ = 0;  // of the panel: first of a block
  std::int32_t row_ = 0;     // of the panel, 0 where the block is not begun
  double entries_ = 0;
  Buffer<double> vector_;
  Buffer<double> piece_;
};

}  // namespace lacuna
