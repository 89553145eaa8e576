#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Numeric phase of L·Lᵀ = P A Pᵀ over a supernodal structure, in slices. Left-looking (Ng &
/// Peyton, SISC 14, 1993): a panel is assembled from A, every earlier supernode that has rows among
/// its columns subtracts a dense product from it, scattered through relative indices (Ashcraft,
/// Grimes, Lewis, Peyton & Simon, IJSA 1, 1987), then it is factored. Beside the factor it needs
/// 8n + 16·supernodes bytes and less than 1 MB, so its peak is known before a number is computed.
/// `Real` is double, or float for the factor of S·A·S in half the memory.
template <class Real>
class SupernodalCholesky {
 public:
  /// Allocates the factor (`Supernodes::stored` numbers), unless `values` has the memory of an
  /// earlier one of this structure, which is lost, and its scratch. Of a pair aᵢⱼ, aⱼᵢ the one in
  /// the row of the earlier pivot is read. Of floats alone, S is the diagonal `scale`. What is
  /// given has to stay alive until the last step, `a` to have a pattern within that of the
  /// structure. `out_of_memory`.
  Status begin(const CsrView& a, const Supernodes& structure, Buffer<Real>&& values = {},
               const double* scale = nullptr);

  /// `failed` with `fault()`: `indefinite_matrix` and the column of A whose pivot was not a
  /// positive finite number.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  /// The pivot that was not positive.
  double failed_pivot() const { return failed_pivot_; }

  /// Of floats: the least pivot so far.
  double smallest_pivot() const { return smallest_pivot_; }

  /// Bytes that `begin` allocates.
  static double bytes(const Supernodes& structure);

  /// Share of the flops done.
  double progress() const;

  /// The panels, as `Supernodes::value_begin` places them, once done; above the diagonals they hold
  /// anything. Of a factorization that failed or was not finished: their memory.
  Buffer<Real> take() { return std::move(values_); }

 private:
  enum class Stage { assemble, update, factor, done };

  /// Where the work on one panel stands.
  struct Cursor {
    std::int32_t column = 0;       ///< of the panel, first of a block
    std::int32_t row = 0;          ///< of a block of columns
    bool eliminated = false;       ///< the block of columns on the diagonal is factored
    std::int32_t descendant = -1;  ///< whose product is being subtracted
    std::int32_t targets = 0;      ///< its rows among the columns of the panel
  };

  Real* panel(std::int32_t s) { return values_.data() + structure_->value_begin[s]; }
  void open_panel();
  double assemble_columns();
  double start_descendant();
  double update_piece();
  double subtract_product(std::int32_t column, std::int32_t columns, std::int32_t row,
                          std::int32_t rows);
  double subtract_one_column(std::int32_t d);
  void end_descendant();
  double factor_piece();
  void close_panel();
  void hand_on(std::int32_t d, std::int32_t row);

  std::optional<CsrView> a_;
  const Supernodes* structure_ = nullptr;
  const double* scale_ = nullptr;
  Stage stage_ = Stage::done;
  std::int32_t current_ = 0;
  Cursor at_;
  double flops_ = 0;
  double failed_pivot_ = 0;
  double smallest_pivot_ = 0;
  Fault fault_;
  Buffer<Real> values_;
  Buffer<std::int32_t> place_;     // n: of a row in the panel of the current supernode
  Buffer<std::int32_t> relative_;  // places of the rows of a descendant
  Buffer<std::int32_t> head_;      // lists of supernodes that update a supernode
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> next_row_;  // first row of a descendant not yet used
  Buffer<Real> product_;
  Buffer<Real> packed_;
};

}  // namespace lacuna
