#pragma once
#include <memory>
#include <optional>

#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/qr_plan.hpp"
#include "lacuna/direct/qr_singletons.hpp"
#include "lacuna/direct/symbolic.hpp"
#include "lacuna/ordering/column_order.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Analysis for sparse QR, in slices: the rows of B, column singletons, a fill-reducing order of
/// the columns that are left (`ColumnOrder`: minimum degree on BᵀB without forming it), and the
/// structure of R, that of the Cholesky factor of BᵀB. Of BᵀB only the edges are formed that join
/// the first column of a row, in the order of pivots, with the others: elimination of the first one
/// joins these (Gilbert, Ng & Peyton, SIMAX 15, 1994), so that the factor is the same. Last, a run
/// through the fronts counts the entries and the flops.
class QrAnalysis {
 public:
  /// The view has to stay alive until the last step; of values only those of singletons are read,
  /// and compared with `tolerance`. `out_of_memory`.
  Fault begin(const CsrView& a, double tolerance) { return begin(a, tolerance, {}); }
  /// The same with the order of the columns that singletons leave, if it is not empty, of such an
  /// analysis of the same matrix: `shape_mismatch` where it has another length.
  Fault begin(const CsrView& a, double tolerance, Buffer<std::int32_t>&& order);

  /// `failed` with `fault()`: `out_of_memory`, `invalid_size` where there are 2³⁰ entries or more.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  double progress() const;

  std::unique_ptr<QrPlan> take() { return std::move(plan_); }

 private:
  enum class Stage {
    count,
    turn,
    singles,
    split,
    order,
    degrees,
    edges,
    symbolic,
    lead,
    sort,
    forecast,
    done
  };

  TaskState fail(Fault fault);
  Status begin_rows();
  Status begin_split();
  Status begin_edges();
  Status begin_symbolic();
  Status begin_leads();
  Status begin_forecast();
  double split_row(std::int32_t i);
  std::int32_t lead_of(std::int32_t line) const;
  double add_edges(std::int32_t line);
  double forecast(std::int32_t s);
  void note_bytes();

  std::optional<CsrView> a_;
  double tolerance_ = 0;
  Fault fault_;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::unique_ptr<QrPlan> plan_;
  SparseRows rows_;
  Buffer<std::int32_t> turned_begin_;  // of Aᵀ, where B is that
  Buffer<std::int32_t> turned_col_;
  Buffer<std::int32_t> turned_source_;
  ColumnSingletons singletons_;
  Buffer<std::int32_t> number_;     // of a column of B: its pivot, or tree column by age
  Buffer<std::int32_t> column_of_;  // of a tree column by age
  ColumnOrder column_order_;
  Buffer<std::int32_t> position_;  // its inverse
  Adjacency star_;
  Buffer<std::int32_t> next_;
  Symbolic symbolic_;
  Buffer<std::int32_t> lead_;  // of lines
  // Of the forecast: rows that wait for the parent, by their leading columns, the last front's on
  // top; how many a supernode will get; columns of a front.
  Buffer<std::int32_t> waiting_;
  std::int32_t stacked_ = 0;
  Buffer<std::int32_t> coming_;
  Buffer<std::int32_t> place_;
  Buffer<std::int32_t> rows_by_lead_;
  // Bytes: of rows that wait, of those for a supernode by its children, of reflections, and of the
  // front, its panels and its list of rows at their largest.
  double waiting_bytes_ = 0;
  Buffer<double> coming_bytes_;
  double kept_bytes_ = 0;
  double largest_front_ = 0;
  double largest_panel_ = 0;
  double most_rows_ = 0;
};

}  // namespace lacuna
