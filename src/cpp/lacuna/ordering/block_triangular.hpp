#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/pattern.hpp"

namespace lacuna {

/// Rows and columns in an order that makes a matrix block upper triangular: its entry in row
/// `rows[i]` and column `cols[j]` vanishes where i lies in a later block than j. Block b covers
/// the positions `start[b] … start[b + 1])`; its diagonal is free of structural zeros.
struct BlockTriangularForm {
  Buffer<std::int32_t> rows;
  Buffer<std::int32_t> cols;
  Buffer<std::int32_t> start;

  std::int32_t blocks() const { return static_cast<std::int32_t>(start.size()) - 1; }
};

/// Block triangular form of a square matrix with a perfect matching, in slices: the strongly
/// connected components of the graph in which j points to k where the row matched with column j
/// has an entry in column k (Tarjan, SIAM J. Comput. 1, 1972; Duff & Reid, TOMS 4, 1978). The
/// blocks are irreducible, and which columns they hold does not depend on the matching. Columns of
/// a block keep their order. O(nnz + n) time, 6·n integers.
class BlockTriangularSearch {
 public:
  /// The lines are the rows of the matrix; `row_of_col` is a perfect matching. Both have to stay
  /// alive until the last step. `out_of_memory`.
  Status begin(const PatternView& rows, std::span<const std::int32_t> row_of_col);

  /// `failed` only with `out_of_memory`.
  TaskState step(Budget& budget);

  BlockTriangularForm take() { return std::move(form_); }

 private:
  void open(std::int32_t col);
  double advance();
  TaskState arrange();

  PatternView pattern_;
  std::span<const std::int32_t> row_of_col_;
  std::int32_t n_ = 0;
  std::int32_t root_ = 0;
  std::int32_t depth_ = -1;
  std::int32_t visited_ = 0;
  std::int32_t open_ = 0;  // vertices on the stack of unfinished components
  std::int32_t components_ = 0;
  Buffer<std::int32_t> number_;  // order of discovery, −1 before
  Buffer<std::int32_t> low_;
  Buffer<std::int32_t> component_;  // −1 until its component is complete
  Buffer<std::int32_t> path_;
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> stack_;
  BlockTriangularForm form_;
};

}  // namespace lacuna
