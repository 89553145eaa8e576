#pragma once
#include <cstdint>
#include <memory>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/ordering/ordering.hpp"

namespace lacuna {

/// A diagonal block that is factored by fronts: the supernodes of the Cholesky factor of B + Bᵀ
/// and, for each, the entries of B that meet in it.
struct FrontBlock {
  std::int32_t begin = 0;  ///< first position of the block
  Supernodes tree;
  Buffer<std::int32_t> entry_begin;  ///< tree.count + 1
  /// Row and column within the block, and where the value stands in the CSR matrix.
  Buffer<std::int32_t> row;
  Buffer<std::int32_t> col;
  Buffer<std::int32_t> source;
  std::unique_ptr<FrontBlock> next;  ///< of the matrix, by position
};

/// How one diagonal block is factored.
enum class BlockKind : std::int8_t { single, columns, fronts };

/// What LU knows of a pattern: row `row_of[k]` and column `col_of[k]` stand at position k, where
/// the matrix is block upper triangular with a zero-free diagonal and each diagonal block is
/// ordered for little fill.
struct LuPlan {
  std::int32_t n = 0;
  std::int32_t nnz = 0;
  Buffer<std::int32_t> row_of;
  Buffer<std::int32_t> col_of;
  Buffer<std::int32_t> block_begin;  ///< blocks + 1
  Buffer<BlockKind> kind;            ///< blocks
  /// n + 1: entries of each column within its diagonal block (not for fronts, which keep their
  /// own), and those above it: position of the row, and where the value stands in the CSR matrix.
  Buffer<std::int32_t> inner_begin;
  Buffer<std::int32_t> inner_row;
  Buffer<std::int32_t> inner_source;
  Buffer<std::int32_t> outer_begin;
  Buffer<std::int32_t> outer_row;
  Buffer<std::int32_t> outer_source;
  std::unique_ptr<FrontBlock> fronts;
  std::int32_t largest_columns = 0;  ///< size of the largest block that is factored by columns
  std::int32_t largest_block = 0;
  double predicted_flops = 0;  ///< of fronts, without delayed pivots
  double predicted_nnz = 0;
  double kept_bytes = 0;       ///< that fronts take once factored, and
  double predicted_bytes = 0;  ///< at the most until then, without delayed pivots
  OrderingKind ordering = OrderingKind::natural;  ///< of the largest block that was ordered
  std::int64_t supernodes = 0;

  std::int32_t blocks() const { return static_cast<std::int32_t>(kind.size()); }
  /// A bound on what plan and factorization take for each row and entry, beside fronts.
  double bytes() const { return 100.0 * n + 20.0 * nnz; }

  LuPlan() = default;
  LuPlan(LuPlan&&) = default;
  LuPlan& operator=(LuPlan&&) = default;
  /// One front block after the other: a chain of thousands must not be destroyed by recursion.
  ~LuPlan() {
    while (fronts) fronts = std::move(fronts->next);
  }
};

}  // namespace lacuna
