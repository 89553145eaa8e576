#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/pattern.hpp"

namespace lacuna {

/// Fill-reducing order of the columns of A for LU with row pivoting: a minimum degree order of
/// AᵀA, whose graph is never formed, since the Cholesky factor of AᵀA bounds the fill whatever rows
/// become pivots (Davis, Gilbert, Larimore & Ng, "A column approximate minimum degree ordering
/// algorithm", TOMS 30, 2004). In slices.
///
/// Every row stands for the clique of its columns. Eliminating a column merges its rows into one.
/// Degrees are bounded by the sum of what each row of a column adds to the merged row, measured in
/// the same sweep in which rows inside the merged one are absorbed; columns in the same rows become
/// one supercolumn. Rows of more than max(16, `dense_factor`·√columns) entries are ignored; columns
/// of more than max(16, `dense_factor`·√rows) entries go last, after those left without entries.
/// Ties go to the column whose degree was set last: the order depends on the pattern alone.
///
/// Time about proportional to nnz in practice; 3·nnz + 12·columns + 5·rows integers.
class ColumnOrder {
 public:
  static constexpr double dense_factor = 10;

  /// The lines are rows. The pattern need not stay alive. `out_of_memory`.
  Status begin(const PatternView& rows);

  /// Never fails.
  TaskState step(Budget& budget);

  double progress() const { return cols_ == 0 ? 1 : static_cast<double>(placed_) / cols_; }

  /// order[k] = column that is eliminated k-th.
  Buffer<std::int32_t> take() { return std::move(order_); }

 private:
  void load(const PatternView& rows);
  void set_aside();
  void insert(std::int32_t col, std::int32_t degree);
  void remove(std::int32_t col);
  std::int32_t next_pivot();
  double eliminate(std::int32_t pivot);
  void collect_rows();
  double merge_rows(std::int32_t pivot, std::int32_t& row);
  double measure_rows(std::int32_t row);
  double update_degrees(std::int32_t row, std::int32_t pivot);
  double merge_equal(std::int32_t row);
  bool equal(std::int32_t i, std::int32_t j) const;
  void close(std::int32_t row, std::int32_t pivot);
  void finish();

  std::int32_t rows_ = 0;
  std::int32_t cols_ = 0;
  std::int32_t placed_ = 0;  // columns eliminated or set aside, with all that they stand for
  std::int32_t pivots_ = 0;
  std::int32_t least_ = 0;
  std::int32_t tag_ = 1;
  std::int32_t merged_degree_ = 0;  // columns of the merged row
  bool done_ = true;

  Buffer<std::int32_t> row_pool_;
  std::int32_t free_ = 0;
  Buffer<std::int32_t> row_begin_;
  Buffer<std::int32_t> row_length_;
  Buffer<std::int32_t> row_degree_;  // columns that a row holds, merged ones counted; 0: dead
  Buffer<std::int32_t> row_mark_;    // tag + columns outside the merged row, if of this round

  Buffer<std::int32_t> col_pool_;
  Buffer<std::int32_t> col_begin_;
  Buffer<std::int32_t> col_length_;
  Buffer<std::int32_t> weight_;  // columns that one stands for, 0 once merged or eliminated
  Buffer<std::int32_t> degree_;
  Buffer<std::int32_t> col_mark_;  // pivot in whose merged row a column stands
  Buffer<std::int32_t> owner_;     // what a column was merged into; −1 − rank for pivots
  Buffer<std::int32_t> head_;      // lists of columns by degree
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> previous_;
  Buffer<std::int32_t> bucket_;    // lists of columns by hash
  Buffer<std::int32_t> row_seen_;  // column whose list was compared last
  Buffer<std::int32_t> pivot_at_;
  Buffer<std::int32_t> order_;
};

}  // namespace lacuna
