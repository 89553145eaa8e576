#pragma once
#include <cstdint>

#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What can be measured of a matrix in O(nnz): the facts on which methods are chosen.
struct Structure {
  bool square = false;
  bool symmetric_pattern = false;
  /// |aᵢⱼ − aⱼᵢ| ≤ `symmetry_tolerance`·max(|aᵢⱼ|, |aⱼᵢ|) for every pair: what an assembly in
  /// floating point leaves of a symmetric matrix.
  bool symmetric = false;
  bool exactly_symmetric = false;
  /// Diagonal entries that are absent or zero, and the first of them (−1).
  std::int32_t zero_diagonals = 0;
  std::int32_t first_zero_diagonal = -1;
  /// First row whose diagonal entry is not positive, −1 if all are.
  std::int32_t first_nonpositive_diagonal = -1;
  /// |aᵢᵢ| > Σ|aᵢⱼ| over j ≠ i in every row.
  bool strictly_row_dominant = false;
  /// First row, and first column, without any entry: the matrix is structurally singular.
  std::int32_t first_empty_row = -1;
  std::int32_t first_empty_col = -1;

  static constexpr double symmetry_tolerance = 1e-13;

  bool positive_diagonal() const { return first_nonpositive_diagonal < 0; }
};

/// Measures `a`. O(nnz) time, O(rows + cols) memory; `out_of_memory`.
Result<Structure> measure_structure(const CsrView& a);

struct Position {
  std::int32_t row = -1;
  std::int32_t col = -1;
};

/// First entry of a square matrix, row by row, whose mirror image is absent or differs by more
/// than `Structure::symmetry_tolerance`; −1, −1 where there is none. O(nnz·log(row length)): for
/// messages, so it is not measured beforehand.
Position first_asymmetric_entry(const CsrView& a);

}  // namespace lacuna
