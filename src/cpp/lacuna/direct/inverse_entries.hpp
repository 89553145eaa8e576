#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/column_reach.hpp"
#include "lacuna/direct/reach_solve.hpp"
#include "lacuna/direct/row_order.hpp"
#include "lacuna/direct/sparse_inverse.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// Single entries of A⁻¹ from the panels of P A Pᵀ = L·Lᵀ, or of S·A·S = Pᵀ·L·D·Lᵀ·P, in slices.
/// Those on the pattern of L (the diagonal and every entry of A among them) come from
/// `SparseInverse` where that costs less than the others' way and its memory is there: reach
/// solves, one for each column that is asked for, over the paths of its rows. Which is decided by
/// counts alone: flops of the sparse inverse against entries of L on the paths.
///
/// Memory: 17 bytes per entry asked for, 4n + 8·supernodes, that of `ReachSolve`, that of
/// `RowOrder` with D, and that of `SparseInverse` where it is used.
class InverseEntries {
 public:
  /// Begins out[k] ← (A⁻¹)(rows[k], columns[k]). All has to stay alive until the last step. With
  /// `middle`, the structure is to have what `Ldlt::link_tree` gives it. `shape_mismatch`,
  /// `index_out_of_range` with the position, `invalid_size`, `out_of_memory`.
  Fault begin(const Supernodes& structure, const double* values, std::span<const std::int32_t> rows,
              std::span<const std::int32_t> columns, std::span<double> out,
              const PivotsAndScale& middle = {});

  /// `out` is complete when it returns `done`; it does not fail.
  TaskState step(Budget& budget);

  double progress() const;

  /// How many entries the sparse inverse gives; the others are reach solves.
  std::int64_t from_sparse_inverse() const { return inverts_ ? on_pattern_ : 0; }
  /// Right-hand sides of reach solves so far.
  std::int64_t solves() const { return solves_; }

 private:
  enum class Stage {
    paths,
    sort,
    classify,
    place,
    order,
    weigh,
    invert,
    pick,
    open,
    forward,
    backward,
    done
  };

  bool plan(Meter& meter);
  double weigh_column(bool on);
  bool solves(std::int32_t k) const { return rows_[k] != column_ || middle_.pivots != nullptr; }
  double scale(std::int32_t row) const { return middle_.scale == nullptr ? 1 : middle_.scale[row]; }
  void choose();
  bool pick(Meter& meter);
  void open_column();
  void close_column();
  std::int32_t count() const { return static_cast<std::int32_t>(rows_.size()); }
  /// Past the last entry of column `column_` in the order.
  std::int32_t column_end() const { return next_[column_]; }

  const Supernodes* structure_ = nullptr;
  const double* values_ = nullptr;
  PivotsAndScale middle_;
  std::span<const std::int32_t> rows_;
  std::span<const std::int32_t> columns_;
  std::span<double> out_;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t column_ = 0;
  std::int32_t begin_ = 0;  // of its entries in the order
  std::int32_t wanted_ = 0;
  std::int64_t on_pattern_ = 0;
  std::int64_t solves_ = 0;
  bool inverts_ = false;
  double apart_ = 0;  // flops of the reach solves of entries off the pattern, at most
  double among_ = 0;  // and of those on it
  double done_ = 0;
  double inverted_ = 0;
  Buffer<double> path_;         // entries of L from a supernode to its root
  Buffer<std::int8_t> on_;      // entries: on the pattern of L?
  Buffer<std::int32_t> next_;   // columns: place for the next entry, then past the last one
  Buffer<std::int32_t> order_;  // entries, those of a column side by side
  Buffer<std::int32_t> row_;    // wanted of a column
  Buffer<double> value_;
  double one_ = 1;
  RowOrder sorted_;  // with D
  ReachSolve reach_;
  std::unique_ptr<SparseInverse> inverse_;
};

}  // namespace lacuna
