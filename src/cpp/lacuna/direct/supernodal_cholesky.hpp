#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/numeric_cholesky.hpp"

namespace lacuna {

/// Numeric phase of L·Lᵀ = P A Pᵀ over a supernodal structure, in slices. Left-looking (Ng &
/// Peyton, SISC 14, 1993): a panel is assembled from A, every earlier supernode that has rows among
/// its columns subtracts a dense product from it, scattered through relative indices (Ashcraft,
/// Grimes, Lewis, Peyton & Simon, IJSA 1, 1987), then it is factored. Beside the factor it needs
/// 8n + 16·supernodes bytes and less than 1 MB, so its peak is known before a number is computed.
template <class Real>
class SupernodalCholesky final : public NumericCholesky<Real> {
 public:
  Status begin(const CsrView& a, const Supernodes& structure, Buffer<Real>&& values = {},
               const double* scale = nullptr) override;
  TaskState step(Budget& budget) override;
  double progress() const override;

  /// Bytes that `begin` allocates.
  static double bytes(const Supernodes& structure);

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

  using Base = NumericCholesky<Real>;
  using Base::a_;
  using Base::fault_;
  using Base::flops_;
  using Base::structure_;
  using Base::values_;

  Stage stage_ = Stage::done;
  std::int32_t current_ = 0;
  Cursor at_;
  Buffer<std::int32_t> place_;     // n: of a row in the panel of the current supernode
  Buffer<std::int32_t> relative_;  // places of the rows of a descendant
  Buffer<std::int32_t> head_;      // lists of supernodes that update a supernode
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> next_row_;  // first row of a descendant not yet used
  Buffer<Real> product_;
  Buffer<Real> packed_;
};

}  // namespace lacuna
