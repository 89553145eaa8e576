#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// Numbers of S·A·S = Pᵀ·L·D·Lᵀ·P: S a diagonal of powers of two, L unit lower triangular in dense
/// panels, in double or in single precision, D of blocks of one and of two.
template <class Real>
struct LdltFactors {
  /// Of L as it became: a pivot that was passed on stands in the supernode that eliminated it. Only
  /// what a solve reads: `n`, `count`, `permutation`, `first_column`, `row_begin`, `rows` (below a
  /// supernode's own columns in no order), `value_begin`.
  Supernodes structure;
  Buffer<Real> values;  ///< panels, the ones on the diagonal included
  /// 2n: the diagonal of D, and beside it what couples the pivot with the next one: zero but in the
  /// first row of a block of two.
  Buffer<double> pivots;
  Buffer<double> scale;  ///< n: of S, by row of A

  double nnz = 0;    ///< of L, its diagonal included
  double flops = 0;  ///< multiplications and additions that it took
  double tried = 0;  ///< those of one with another scaling that was not kept
  std::int64_t positive = 0;
  std::int64_t negative = 0;
  std::int64_t two_by_two = 0;
  std::int64_t delayed = 0;
  /// Least magnitude of an eigenvalue of D: entries of S·A·S are near 1 or below.
  double smallest = 0;
};

}  // namespace lacuna
