#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/row_order.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// The entries of A⁻¹ on the pattern of L + Lᵀ, all of them, from the panels of P A Pᵀ = L·Lᵀ, or
/// of (S·A·S)⁻¹ from those of S·A·S = Pᵀ·L·D·Lᵀ·P, in slices. The recurrence of Takahashi, Fagan &
/// Chen (PICA, 1973; Erisman & Tinney, CACM 18, 1975) by dense blocks from the last columns to the
/// first (Campbell & Davis, TR-95-021, 1995): with J the columns of a block and R the rows below
/// them, Z(R,J) = −Z(R,R)·W and Z(J,J) = (L(J,J)·D·L(J,J)ᵀ)⁻¹ − Wᵀ·Z(R,J), where W = L(R,J)·
/// L(J,J)⁻¹; Z(R,R) lies in the panels of the ancestors. No block ends within a pivot of two
/// columns. Errors grow with the squares of the elements of W, so that with D, where those of L may
/// reach 1/`FrontLdlt::threshold`, entries may have fewer digits than those of a solve.
///
/// About twice the flops of the factorization (2·`Supernodes::panel_flops`). Memory: as much as the
/// factor, and 1 kB for every row of the tallest panel.
class SparseInverse {
 public:
  /// All has to stay alive until the last step; `order`, the rows of the panels sorted, where they
  /// are not so. Of a structure with D also `supernode_of`, `position` and `panel_flops` are read,
  /// see `Ldlt::link_tree`; S is not. `out_of_memory`.
  Status begin(const Supernodes& structure, const double* values, const double* pivots = nullptr,
               const RowOrder* order = nullptr);

  TaskState step(Budget& budget);

  /// Share of the flops done.
  double progress() const;

  static double flops(const Supernodes& structure) { return 2 * structure.panel_flops; }

  /// Once done: Z's entry at a row and a column of A, null off the pattern. O(log n).
  const double* find(std::int32_t row, std::int32_t column) const;

  /// Once done: the n diagonal entries of Z. O(n).
  void diagonal(std::span<double> out) const;

 private:
  enum class Stage { solve, multiply, close, done };

  bool open_panel();
  void open_block();
  bool splits_pivot(std::int32_t column) const;
  void divide(double* columns, std::int32_t width) const;
  double solve_rows();
  double multiply_block();
  double close_block();
  void gather(std::int32_t columns, std::int32_t rows, bool diagonal);
  std::int32_t below() const { return structure_->height(supernode_) - end_; }
  const std::int32_t* rows() const { return rows_ + structure_->row_begin[supernode_] + end_; }

  const Supernodes* structure_ = nullptr;
  const double* values_ = nullptr;
  const double* pivots_ = nullptr;
  const std::int32_t* rows_ = nullptr;    // ascending
  const std::int32_t* places_ = nullptr;  // theirs in the panels of L; null: as they come
  Stage stage_ = Stage::done;
  std::int32_t supernode_ = 0;
  std::int32_t begin_ = 0;  // columns of the block, within the panel
  std::int32_t end_ = 0;
  std::int32_t row_ = 0;     // below the block: first of a block of rows
  std::int32_t column_ = 0;  // of Z(R,R): first of a block of columns
  double flops_ = 0;
  Buffer<double> z_;          // panels, as those of L
  Buffer<double> w_;          // Wᵀ
  Buffer<double> square_;     // of Z(R,R), and the block on the diagonal
  Buffer<double> transpose_;  // of the same
  Buffer<double> divided_;    // L(J,J)⁻ᵀ·D⁻¹
  Buffer<double> packed_;
  Buffer<std::int32_t> place_;  // of rows in the panel of an ancestor
  Buffer<std::int32_t> hint_;   // where the last block of rows ended in it
};

}  // namespace lacuna
