#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// Rows of B, their entries in ascending columns, with the place of each in the values of A.
struct SparseRows {
  std::int32_t rows = 0;
  std::int32_t cols = 0;
  const std::int32_t* begin = nullptr;
  const std::int32_t* col = nullptr;
  const std::int32_t* source = nullptr;  ///< null: the place itself

  std::int32_t place(std::int32_t p) const { return source == nullptr ? p : source[p]; }
};

/// Finds columns with one entry, takes them out with its row, and goes on with what is left: these
/// rows are rows of R without any arithmetic (Davis, "Algorithm 915, SuiteSparseQR", TOMS 38,
/// 2011). An entry counts as a pivot only where its value is above a tolerance. O(nnz) time, in
/// slices; three integers a column and one a row.
class ColumnSingletons {
 public:
  /// Everything has to stay alive until the last step. `out_of_memory`.
  Status begin(const SparseRows& rows, const double* values, double tolerance);

  /// True once done.
  bool step(Meter& meter);

  std::int32_t count() const { return count_; }
  /// In the order of pivots: `count` columns and the rows that they are in.
  Buffer<std::int32_t> take_cols() { return std::move(cols_); }
  Buffer<std::int32_t> take_pivot_rows() { return std::move(pivot_rows_); }
  bool row_taken(std::int32_t i) const { return taken_[i] != 0; }

 private:
  double take(std::int32_t col);

  SparseRows b_;
  const double* values_ = nullptr;
  double tolerance_ = 0;
  std::int32_t at_ = 0;
  std::int32_t looked_ = 0;  // columns of the list that were tried
  std::int32_t listed_ = 0;
  std::int32_t count_ = 0;
  Buffer<std::int32_t> entries_;  // of a column, in rows that are left
  Buffer<std::int32_t> row_sum_;  // of a column: those rows, by exclusive or
  Buffer<std::int32_t> list_;     // columns that came down to one entry
  Buffer<std::int32_t> cols_;
  Buffer<std::int32_t> pivot_rows_;
  Buffer<std::int8_t> taken_;
};

}  // namespace lacuna
