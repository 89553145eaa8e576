#pragma once
#include <cstdint>
#include <memory>

#include "lacuna/base/buffer.hpp"

namespace lacuna {

/// Some reflections that were made together, from consecutive columns of a front. Number t starts
/// at row t of the block.
struct QrBlock {
  std::int32_t rows = 0;
  std::int32_t count = 0;
  /// Rows of B behind those of the block; then, for each reflection, its end.
  Buffer<std::int32_t> ids;
  /// For each reflection: τ, then v without its leading 1.
  Buffer<double> values;

  const std::int32_t* ends() const { return ids.data() + rows; }
};

/// Numbers of a QR factorization of `scale`·B·P.
struct QrFactors {
  double scale = 1;        ///< a power of two that brings the largest entry near 1
  double tolerance = 0;    ///< norm up to which a column counts as dependent, of B unscaled
  Buffer<double> singles;  ///< by `QrPlan::single_begin`
  /// Rᵀ in panels as `Supernodes::value_begin` places them: what lies above a diagonal is not read.
  /// A dependent column has 1 on the diagonal and nothing below.
  Buffer<double> panels;
  /// Of each pivot: the row of B whose place holds its equation once the reflections are applied, −1
  /// for dependent columns.
  Buffer<std::int32_t> equation;
  /// Null where they were not kept.
  std::unique_ptr<QrBlock[]> blocks;
  std::int32_t block_count = 0;
  std::int32_t largest_block = 0;
  std::int64_t rank = 0;
  double nnz_r = 0;
  double nnz_v = 0;
  double flops = 0;
};

}  // namespace lacuna
