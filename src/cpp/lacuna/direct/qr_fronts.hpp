#pragma once
#include <cstdint>
#include <memory>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/qr_factors.hpp"
#include "lacuna/direct/qr_plan.hpp"

namespace lacuna {

/// Whether the reflections, which are Q, are kept.
enum class QrStorage : std::int8_t {
  automatic,    ///< kept where memory allows: see `QrOptions`
  reflections,  ///< kept
  seminormal,   ///< R alone is kept, and answers come from the corrected seminormal equations
};

/// Numeric phase: multifrontal QR by Householder reflections (Matstoms, SISSC 15, 1994; Davis,
/// "Algorithm 915, SuiteSparseQR", TOMS 38, 2011). A front takes in the rows of B that begin in its
/// columns and what its children left, sorted by where they begin, and is triangularized as a
/// whole, by panels of columns whose reflections are applied together to the columns right of them
/// (compact WY form). Rows of its own columns go to R, the others to the parent.
///
/// A column whose rest has a norm of at most the tolerance counts as dependent: the rest is dropped
/// and the next column takes its place (Heath, SISSC 3, 1982). Of the matrix with the dropped parts
/// taken out the factors are as good as without dependent columns.
///
/// In slices: between two looks at the budget lie a row, a reflection within a panel, or a piece of
/// a product. The front is stored by rows, so that both products of a panel with it are those of
/// the dense kernels. Beside the factors there are the largest front and the rows that wait.
class QrFronts {
 public:
  /// Everything has to stay alive until the last step; of `factors`, scale and tolerance count.
  /// `out_of_memory`.
  Status begin(const QrPlan& plan, QrFactors& factors, const double* values, QrStorage storage);

  /// `failed` with `status()`: `out_of_memory`.
  TaskState step(Meter& meter);

  /// What `begin` allocates, the factors included.
  static double bytes(const QrPlan& plan, bool reflections);

  Status status() const { return status_; }
  double progress() const { return plan_->flops > 0 ? factors_->flops / plan_->flops : 0; }

 private:
  enum class Stage {
    singles,
    open,
    lines,
    children,
    panel,
    columns,
    products,
    update,
    close,
    done
  };

  /// Rows that a front leaves to its parent, or to its next pass.
  struct Left {
    std::int32_t rows = 0;
    Buffer<double> values;     // each from its first column on
    Buffer<std::int32_t> ids;  // first columns, within the front; then rows of B

    void release() {
      rows = 0;
      values.release();
      ids.release();
    }
  };

  double copy_single(std::int32_t k);
  Status open();
  void count_rows(const Left& left, const std::int32_t* columns);
  double assemble_line();
  double assemble_left(Left& left, const std::int32_t* columns);
  void open_row(std::int32_t row, std::int32_t id);
  void begin_panel();
  double gather_row();
  double factor_column();
  Status end_columns();
  Status keep_block();
  void begin_products();
  double multiply_piece();
  Status close();
  Status leave();
  void write_panel();

  double* row(std::int32_t i) { return front_.data() + std::size_t(i) * height_; }
  double* panel_column(std::int32_t c) { return panel_.data() + std::size_t(c) * leading_; }

  const QrPlan* plan_ = nullptr;
  QrFactors* factors_ = nullptr;
  const double* values_ = nullptr;
  QrStorage storage_ = QrStorage::automatic;
  double tolerance_ = 0;  // scaled
  Status status_ = Status::ok;
  Stage stage_ = Stage::done;

  // Of the tree.
  std::int32_t at_ = 0;  // supernode, or singleton
  Buffer<std::int32_t> first_child_;
  Buffer<std::int32_t> next_child_;
  std::unique_ptr<Left[]> left_;
  Buffer<std::int32_t> place_;  // in the front at hand, of a column of the tree

  // Of the front.
  std::int32_t pass_ = 0;
  std::int32_t passes_ = 1;
  std::int32_t height_ = 0;  // its columns: the height of the supernode
  std::int32_t pivots_ = 0;  // columns that become pivots in this pass
  std::int32_t line_ = 0;
  std::int32_t line_end_ = 0;
  std::int32_t child_ = -1;
  std::int32_t done_ = 0;  // rows that have a reflection
  std::int32_t live_ = 0;  // of these, rows of R
  Buffer<double> front_;
  Buffer<std::int32_t> stair_;     // rows that begin at a column or before it
  Buffer<std::int32_t> next_;      // place of the next row that begins at a column
  Buffer<std::int32_t> row_id_;    // row of B
  Buffer<std::int32_t> begins_;    // column in which a finished row begins
  Buffer<std::int32_t> pivot_at_;  // row of R of an own column, −1: dependent

  // Of the panel.
  std::int32_t column_ = 0;  // first of the front
  std::int32_t columns_ = 0;
  std::int32_t top_ = 0;  // first row
  std::int32_t rows_ = 0;
  std::int32_t c_ = 0;  // next column, or row, or column right of the panel
  std::int32_t reflections_ = 0;
  std::ptrdiff_t leading_ = 0;
  Buffer<double> panel_;   // by columns; after reflection V, zeros and ones included
  Buffer<double> turned_;  // Vᵀ
  Buffer<double> product_;
  Buffer<double> scaled_;
  Buffer<double> work_;
  double tau_[QrPlan::panel] = {};
  std::int32_t end_[QrPlan::panel] = {};
  double t_[QrPlan::panel * QrPlan::panel] = {};
};

}  // namespace lacuna
