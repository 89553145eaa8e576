#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/lu_columns.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"

namespace lacuna {

/// Thresholds of the pivots of LU, both in (0, 1]: a pivot is at least that share of the largest
/// entry of its column.
struct PivotTolerance {
  double diagonal = 1e-3;  ///< for the diagonal entry, which keeps the fill as predicted
  /// For any other entry of a front. (By columns, the largest one is taken.)
  double elsewhere = 0.1;
};

/// Multifrontal LU of one diagonal block with threshold pivoting (Duff & Reid, "The multifrontal
/// solution of unsymmetric sets of linear systems", SISSC 5, 1984), on dense kernels. The tree is
/// that of the Cholesky factor of B + Bᵀ: each supernode assembles its entries and what its
/// children left into a dense front, eliminates its columns, and leaves the rest to its parent. A
/// pivot has to come from a row of the front that is complete; a column that has none large enough,
/// compared with its whole column, is passed on with a row to the parent, whose front grows by
/// both: every pivot fulfils its threshold, and no fallback is needed.
///
/// In slices: between two looks at the budget lie a column of a panel or a tile of an update,
/// except that one child is assembled at once (as many additions as its update has entries).
template <class Real>
class FrontLu {
 public:
  /// Columns of a panel: its own columns are updated one by one, everything else by `gemm`.
  static constexpr std::int32_t panel_width = 16;

  /// `values` and everything else have to stay alive until the last step. `out_of_memory`.
  Status begin(const FrontBlock& block, LuFactors<Real>& factors, FrontFactors<Real>& out,
               const double* values, PivotTolerance tolerance);

  /// `failed` with `status()`: `singular_matrix` or `not_finite`, the column in `failure()`,
  /// `out_of_memory`.
  TaskState step(Meter& meter);

  Status status() const { return status_; }
  PivotFailure failure() const { return failure_; }
  /// Supernodes done, as a share.
  double progress() const { return out_->count == 0 ? 1 : static_cast<double>(at_) / out_->count; }

 private:
  enum class Stage {
    open,
    assemble,
    panel,
    update_columns,
    update_rows,
    end_panel,
    update_border,
    close
  };

  /// C ← C − A·Bᵀ, tile by tile.
  struct Update {
    const Real* a = nullptr;
    const Real* b = nullptr;
    Real* c = nullptr;
    std::ptrdiff_t lda = 0, ldb = 0, ldc = 0;
    std::int32_t m = 0, n = 0, k = 0;
    std::int32_t i = 0, j = 0;
  };

  TaskState fail(Status status);
  Status open();
  double assemble_entries();
  double assemble_child(const Front<Real>& child);
  bool factor_panel(Meter& meter);
  std::int32_t choose_row(std::int32_t c);
  void swap_rows(std::int32_t i, std::int32_t j);
  void swap_columns(std::int32_t i, std::int32_t j);
  double begin_update_columns();
  double begin_update_rows();
  void end_panel();
  void begin_update_border();
  bool advance(Update& update, Meter& meter);
  double close();
  Real& element(std::int32_t row, std::int32_t col) {
    return front_->panel[std::size_t(col) * front_->order + row];
  }

  const FrontBlock* block_ = nullptr;
  LuFactors<Real>* factors_ = nullptr;
  FrontFactors<Real>* out_ = nullptr;
  const double* values_ = nullptr;
  PivotTolerance tolerance_;
  Status status_ = Status::ok;
  PivotFailure failure_;

  Stage stage_ = Stage::open;
  std::int32_t at_ = 0;  // supernode
  std::int32_t child_ = -1;
  Front<Real>* front_ = nullptr;
  std::int32_t begin_ = 0;       // first column of the panel
  std::int32_t column_ = 0;      // next to eliminate: as many are done
  std::int32_t tried_ = 0;       // columns of the panel from here on have failed
  std::int32_t end_ = 0;         // of the panel
  std::int32_t candidates_ = 0;  // columns from here on have failed in this pass
  bool progressed_ = false;
  Update update_;

  Buffer<std::int32_t> first_child_;
  Buffer<std::int32_t> next_child_;
  Buffer<std::int32_t> row_place_;  // in the front at hand, of rows and columns of the block
  Buffer<std::int32_t> col_place_;
  Buffer<std::int32_t> map_;     // places of a child's border in its parent
  Buffer<double> largest_of_a_;  // of columns
  Buffer<double> largest_of_u_;
  Buffer<Real> triangle_;  // unit lower, of a panel
  Buffer<Real> turned_;    // the panel's rows of U, transposed
  Buffer<Real> work_;
};

}  // namespace lacuna
