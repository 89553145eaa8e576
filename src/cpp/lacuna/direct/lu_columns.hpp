#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"

namespace lacuna {

/// Where a column has no usable pivot: its position and the largest candidate, 0 or not finite.
struct PivotFailure {
  std::int32_t position = -1;
  double value = 0;
};

/// Left-looking LU of the diagonal blocks, column by column (Gilbert & Peierls, SISSC 9, 1988): the
/// pattern of a column of the factors is what its entries reach in the graph of L, found depth
/// first in time proportional to the flops, in graphs thinned out by symmetric pruning (Eisenstat &
/// Liu, SIMAX 13, 1992). The design is that of KLU (Davis & Palamadai Natarajan, TOMS 37, 2010).
///
/// Pivot of a column is its diagonal entry where that is at least `tolerance` times the largest
/// candidate, otherwise the largest one (of equal ones the first found).
class ColumnLu {
 public:
  /// Space for the blocks of a plan. `out_of_memory`.
  Status begin(const LuPlan& plan, LuSparseNumbers& factors, double tolerance);

  /// Sets up for the columns from `begin` to `end`, one diagonal block.
  void open_block(std::int32_t begin, std::int32_t end);

  /// Factors column k, the columns of its block before it being done. Values are those of the CSR
  /// matrix. `ok`, `singular_matrix` or `not_finite` with `failure()`, `out_of_memory`. Adds its
  /// flops to those of the factors, and to `work` what it took in all.
  Status factor_column(std::int32_t k, const double* values, double& work);

  /// Turns the rows of L into positions of pivots, once every column of the block is done.
  double close_block();

  /// Column k with the pivots and the pattern that `factors` already has, for new values:
  /// `zero_pivot` where the pivot is less than `tolerance` times the largest entry below it.
  Status refactor_column(std::int32_t k, const double* values, double& work);

  PivotFailure failure() const { return failure_; }

 private:
  void reach(std::int32_t column, std::int32_t k);
  double update();
  Status choose_pivot(std::int32_t k, double largest_of_a);
  void prune(std::int32_t k);
  Status reserve(std::size_t lower, std::size_t upper);
  void note_growth(double of_a, double of_u);

  const LuPlan* plan_ = nullptr;
  LuSparseNumbers* factors_ = nullptr;
  double tolerance_ = 0;
  std::int32_t begin_ = 0;
  std::int32_t end_ = 0;
  PivotFailure failure_;
  // All by position, within the whole matrix.
  Buffer<double> x_;              // the column at hand, zero between two
  Buffer<std::int32_t> mark_;     // of rows: last column that met it
  Buffer<std::size_t> scan_end_;  // of columns of L: where a search stops, after pruning
  Buffer<std::int8_t> pruned_;
  // By depth or rank within the block.
  Buffer<std::int32_t> path_;
  Buffer<std::size_t> cursor_;
  Buffer<std::int32_t> topological_;
  std::int32_t top_ = 0;
};

}  // namespace lacuna
