#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// What a factorization has besides the panels of L: D and S of S·A·S = Pᵀ·L·D·Lᵀ·P as
/// `LdltFactors` holds them, null where they are the identity.
struct PivotsAndScale {
  const double* pivots = nullptr;
  const double* scale = nullptr;
};

/// Right-hand sides that go through L together.
constexpr std::int32_t supernodal_breadth = 16;

/// X ← A⁻¹B by forward and backward substitution with the panels of P A Pᵀ = L·Lᵀ, in slices. Up to
/// `breadth` right-hand sides go through L together, so that it is read once for all of them; a
/// column of X has the same bits whether it is solved alone or among others. 4·nnz(L) flops for
/// each; scratch: n·min(k, breadth) doubles and 64 kB. Panels of floats are widened, in another
/// 256 kB where there are many right-hand sides: all is computed in doubles.
template <class Real>
class SupernodalSolve {
 public:
  static constexpr std::int32_t breadth = supernodal_breadth;

  /// B and X: k columns of n values each; may be the same memory. Everything has to stay alive and
  /// unchanged until the last step. `out_of_memory`.
  Status begin(const Supernodes& structure, const Real* values, const double* b, double* x,
               std::int32_t k, const PivotsAndScale& middle = {});

  TaskState step(Budget& budget);

 private:
  struct Wide {
    const double* at;
    std::int32_t ld;
  };
  enum class Stage { permute, forward, divide, backward, put_back, done };

  void open_columns();
  void open_backward();
  bool permute(Meter& meter);
  bool forward(Meter& meter);
  bool divide(Meter& meter);
  bool backward(Meter& meter);
  bool put_back(Meter& meter);
  void forward_rows(std::int32_t row, std::int32_t rows, std::int32_t columns);
  void backward_rows(std::int32_t row, std::int32_t rows, std::int32_t columns);
  /// Of the block of columns.
  const Real* panel(std::int32_t row) const {
    return values_ + structure_->value_begin[supernode_] + row +
           std::size_t(column_) * structure_->height(supernode_);
  }
  Wide widen(std::int32_t row, std::int32_t rows, std::int32_t columns);
  /// Rows of the solution that belong to a block of columns of the panel.
  double* own(std::int32_t column) {
    return y_.data() + std::size_t(structure_->first_column[supernode_] + column) * together_;
  }

  const Supernodes* structure_ = nullptr;
  const Real* values_ = nullptr;
  PivotsAndScale middle_;
  const double* b_ = nullptr;
  double* x_ = nullptr;
  std::int32_t k_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t solved_ = 0;     // columns of X done
  std::int32_t together_ = 1;   // columns in work
  std::int32_t supernode_ = 0;  // or the row, where rows are permuted or divided
  std::int32_t column_ = 0;     // of the panel: first of a block
  std::int32_t row_ = 0;        // of the panel, 0 where the block is not begun
  Buffer<double> y_;            // P·X, the values of a row side by side
  Buffer<double> piece_;
  Buffer<double> wide_;
};

}  // namespace lacuna
