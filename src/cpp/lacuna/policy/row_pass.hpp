#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/policy/degree_counts.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/structure.hpp"

namespace lacuna {

/// What one pass over the rows of a matrix tells.
struct RowPass {
  /// As `measure_structure` finds it, which takes several times as long; exact equality with the
  /// mirror image is told by sums of 64-bit hashes, which fail with a chance of 2⁻⁶⁴.
  Structure structure;
  std::int32_t row_max = 0;
  std::int32_t bandwidth = 0;  ///< largest |i − j|
  double profile = 0;          ///< Σ max(0, i − first column of row i)²
  double twins = 0;            ///< rows with the pattern of the one before
  double core = 0;             ///< rows with three entries or more off the diagonal
  double off_diagonal = 0;     ///< entries
  DegreeCounts degrees;        ///< of rows, the diagonal left out
  /// Least of 1 − Σ|aᵢⱼ|/|aᵢᵢ| (j ≠ i), not below −1; of square matrices the better of rows and
  /// columns.
  double least_margin = 1;
  double sum_of_margins = 0;  ///< of all rows, or of all columns where that is more
  double least_diagonal = 0;  ///< by size, of those that are not 0
  double most_diagonal = 0;
  double total = 0;     ///< Σaᵢⱼ
  double diagonal = 0;  ///< Σ|aᵢᵢ|
  double second = 0;    ///< vᵀDv for v = D⁻¹A·1, D the diagonal
  Buffer<double> v;     ///< of square matrices
};

/// O(nnz) time, an array of n doubles; where a pattern is symmetric and values are so not to the
/// last bit but in all of 64 evenly spaced rows, `measure_structure` besides. `out_of_memory`.
Result<RowPass> pass_over_rows(const CsrView& a);

}  // namespace lacuna
