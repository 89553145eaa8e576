#pragma once
#include <cstdint>

/// In-place substitution with a compressed triangular factor: x holds b on entry. 2·nnz flops,
/// no allocation. "By columns" means that the compressed lines are columns (CSC), "by rows" that
/// they are rows (CSR); indices within a line ascend. A stored diagonal comes first in a lower
/// column and first in an upper row, last in a lower row and last in an upper column.
namespace lacuna {

enum class Diagonal { stored, unit };

/// L x = b, L lower triangular by columns.
template <Diagonal diagonal>
void solve_lower_by_columns(std::int32_t n, const std::int32_t* ptr, const std::int32_t* idx,
                            const double* val, double* x) {
  for (std::int32_t j = 0; j < n; ++j) {
    std::int32_t p = ptr[j];
    if constexpr (diagonal == Diagonal::stored) x[j] /= val[p++];
    const double xj = x[j];
    for (; p < ptr[j + 1]; ++p) x[idx[p]] -= val[p] * xj;
  }
}

/// Lᵀ x = b, L lower triangular by columns.
template <Diagonal diagonal>
void solve_lower_transposed_by_columns(std::int32_t n, const std::int32_t* ptr,
                                       const std::int32_t* idx, const double* val, double* x) {
  for (std::int32_t j = n - 1; j >= 0; --j) {
    const std::int32_t begin = ptr[j] + (diagonal == Diagonal::stored ? 1 : 0);
    double sum = x[j];
    for (std::int32_t p = begin; p < ptr[j + 1]; ++p) sum -= val[p] * x[idx[p]];
    if constexpr (diagonal == Diagonal::stored) sum /= val[ptr[j]];
    x[j] = sum;
  }
}

}  // namespace lacuna
