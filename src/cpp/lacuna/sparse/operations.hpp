#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Aᵀ, rows sorted, at once: see `Transposed`. O(nnz + rows + cols), one new matrix.
Result<CsrMatrix> transpose(const CsrView& a);

/// B = P A Pᵀ with B(i, j) = A(permutation[i], permutation[j]); `permutation` lists, for each new
/// row, the old one. `not_square`, `shape_mismatch`, or `invalid_argument` with the position
/// where it is no permutation. O(nnz + n).
Result<CsrMatrix> permute_symmetric(const CsrView& a, std::span<const std::int32_t> permutation);

/// y ← A x; x of length cols, y of length rows, not overlapping. 2·nnz flops.
void multiply(const CsrView& a, std::span<const double> x, std::span<double> y);

/// y ← Aᵀ x; x of length rows, y of length cols, not overlapping. 2·nnz flops.
void multiply_transposed(const CsrView& a, std::span<const double> x, std::span<double> y);

/// End of the run of rows from `begin` on (at least one) whose product with a vector takes about
/// `flops`: how a pass over A is cut into bounded pieces. O(log rows).
std::int32_t rows_within(const CsrView& a, std::int32_t begin, double flops);

/// ‖A‖∞, the largest absolute row sum. O(nnz).
double norm_inf(const CsrView& a);

/// ‖A‖₁, the largest absolute column sum. O(nnz); `out_of_memory`.
Result<double> norm_one(const CsrView& a);

/// ‖A‖F. O(nnz).
double norm_frobenius(const CsrView& a);

}  // namespace lacuna
