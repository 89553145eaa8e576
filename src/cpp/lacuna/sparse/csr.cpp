#include "lacuna/sparse/csr.hpp"

#include <algorithm>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t index_limit = 2147483647;

Fault check_sides(std::int64_t rows, std::int64_t cols) {
  if (rows < 1 || rows >= index_limit) return {Status::invalid_size, 0};
  if (cols < 1 || cols >= index_limit) return {Status::invalid_size, 1};
  return {};
}

/// `indptr` of `rows` compressed rows over `nnz` entries.
Fault check_indptr(std::int64_t rows, std::span<const std::int32_t> indptr, std::size_t nnz) {
  if (indptr.size() != static_cast<std::size_t>(rows) + 1) return {Status::shape_mismatch};
  if (indptr[0] != 0) return {Status::bad_indptr, 0};
  for (std::int64_t i = 0; i < rows; ++i) {
    if (indptr[i + 1] < indptr[i]) return {Status::bad_indptr, i + 1};
  }
  if (static_cast<std::size_t>(indptr[rows]) != nnz) return {Status::bad_indptr, rows};
  return {};
}

Fault check_compressed(std::int64_t rows, std::int64_t cols, std::span<const std::int32_t> indptr,
                       std::span<const std::int32_t> indices, std::span<const double> data) {
  if (indices.size() != data.size()) return {Status::shape_mismatch};
  if (const Fault fault = check_pattern(rows, cols, indptr, indices); !fault.ok()) return fault;
  const std::int64_t bad = simd::first_not_finite(data);
  if (bad >= 0) return {Status::not_finite, bad};
  return {};
}

}  // namespace

Fault check_pattern(std::int64_t rows, std::int64_t cols, std::span<const std::int32_t> indptr,
                    std::span<const std::int32_t> indices) {
  if (const Fault fault = check_sides(rows, cols); !fault.ok()) return fault;
  if (const Fault fault = check_indptr(rows, indptr, indices.size()); !fault.ok()) return fault;
  const std::int32_t* begin = indptr.data();
  const std::int32_t* index = indices.data();
  for (std::int64_t i = 0; i < rows; ++i) {
    std::int32_t previous = -1;
    const std::int32_t end = begin[i + 1];
    for (std::int32_t p = begin[i]; p < end; ++p) {
      const std::int32_t j = index[p];
      if (j > previous && j < cols) {
        previous = j;
        continue;
      }
      if (j < 0 || j >= cols) return {Status::index_out_of_range, p};
      return {j == previous ? Status::duplicate_entry : Status::unsorted_indices, p};
    }
  }
  return {};
}

Result<CsrParts> CsrParts::allocate(std::int64_t rows, std::int64_t cols, std::int64_t nnz) {
  if (const Fault fault = check_sides(rows, cols); !fault.ok()) return fault;
  if (nnz < 0 || nnz > index_limit) return Fault{Status::invalid_size, 2};
  CsrParts parts;
  parts.rows = static_cast<std::int32_t>(rows);
  parts.cols = static_cast<std::int32_t>(cols);
  for (const Status status :
       {parts.indptr.allocate(rows + 1), parts.indices.allocate(nnz), parts.data.allocate(nnz)}) {
    if (status != Status::ok) return status;
  }
  return parts;
}

Result<CsrMatrix> CsrMatrix::adopt(CsrParts&& parts) {
  if (const Fault fault = check_sides(parts.rows, parts.cols); !fault.ok()) return fault;
  const Fault fault = check_compressed(parts.rows, parts.cols, parts.indptr.span(),
                                       parts.indices.span(), parts.data.span());
  if (!fault.ok()) return fault;
  return CsrMatrix(std::move(parts));
}

Result<CsrMatrix> CsrMatrix::from_csr(std::int64_t rows, std::int64_t cols,
                                      std::span<const std::int32_t> indptr,
                                      std::span<const std::int32_t> indices,
                                      std::span<const double> data) {
  if (const Fault fault = check_sides(rows, cols); !fault.ok()) return fault;
  const Fault fault = check_compressed(rows, cols, indptr, indices, data);
  if (!fault.ok()) return fault;
  CsrParts parts;
  parts.rows = static_cast<std::int32_t>(rows);
  parts.cols = static_cast<std::int32_t>(cols);
  for (const Status status : {parts.indptr.copy_from(indptr), parts.indices.copy_from(indices),
                              parts.data.copy_from(data)}) {
    if (status != Status::ok) return status;
  }
  return CsrMatrix(std::move(parts));
}

Result<CsrMatrix> CsrMatrix::from_csc(std::int64_t rows, std::int64_t cols,
                                      std::span<const std::int32_t> indptr,
                                      std::span<const std::int32_t> indices,
                                      std::span<const double> data) {
  auto transposed = from_csr(cols, rows, indptr, indices, data);
  if (!transposed.ok()) return transposed;
  return transpose(transposed.value().view());
}

Result<CsrMatrix> CsrMatrix::from_triplets(std::int64_t rows, std::int64_t cols,
                                           std::span<const std::int32_t> row_indices,
                                           std::span<const std::int32_t> col_indices,
                                           std::span<const double> values) {
  if (const Fault fault = check_sides(rows, cols); !fault.ok()) return fault;
  const std::size_t count = values.size();
  if (row_indices.size() != count || col_indices.size() != count) return Status::shape_mismatch;
  if (count > static_cast<std::size_t>(index_limit)) return Fault{Status::invalid_size, 2};
  for (std::size_t k = 0; k < count; ++k) {
    const bool inside = row_indices[k] >= 0 && row_indices[k] < rows && col_indices[k] >= 0 &&
                        col_indices[k] < cols;
    if (!inside) return Fault{Status::index_out_of_range, static_cast<std::int64_t>(k)};
  }
  if (const std::int64_t bad = simd::first_not_finite(values); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }

  // Two stable counting sorts, by column and then by row, leave every row sorted and equal
  // positions in the order given.
  Buffer<std::int32_t> by_col, starts;
  if (by_col.allocate(count) != Status::ok || starts.allocate_zero(cols + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  for (const std::int32_t j : col_indices) ++starts[j + 1];
  for (std::int64_t j = 0; j < cols; ++j) starts[j + 1] += starts[j];
  for (std::size_t k = 0; k < count; ++k) {
    by_col[starts[col_indices[k]]++] = static_cast<std::int32_t>(k);
  }
  auto allocated = CsrParts::allocate(rows, cols, static_cast<std::int64_t>(count));
  if (!allocated.ok()) return allocated.fault();
  CsrParts parts = allocated.take();
  if (starts.allocate_zero(rows + 1) != Status::ok) return Status::out_of_memory;
  for (const std::int32_t i : row_indices) ++starts[i + 1];
  for (std::int64_t i = 0; i < rows; ++i) starts[i + 1] += starts[i];
  for (std::int64_t i = 0; i <= rows; ++i) parts.indptr[i] = starts[i];
  for (std::size_t k = 0; k < count; ++k) {
    const std::int32_t source = by_col[k];
    const std::int32_t target = starts[row_indices[source]]++;
    parts.indices[target] = col_indices[source];
    parts.data[target] = values[source];
  }

  std::int32_t out = 0;
  std::int32_t begin = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int32_t end = parts.indptr[i + 1];
    const std::int32_t row_start = out;
    for (std::int32_t p = begin; p < end; ++p) {
      if (out > row_start && parts.indices[out - 1] == parts.indices[p]) {
        parts.data[out - 1] += parts.data[p];
      } else {
        parts.indices[out] = parts.indices[p];
        parts.data[out] = parts.data[p];
        ++out;
      }
    }
    begin = end;
    parts.indptr[i + 1] = out;
  }
  parts.indices.truncate(out);
  parts.data.truncate(out);
  // Finite terms can overflow when summed.
  if (const std::int64_t bad = simd::first_not_finite(parts.data.span()); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }
  return CsrMatrix(std::move(parts));
}

Result<CsrMatrix> CsrMatrix::from_dense(std::int64_t rows, std::int64_t cols,
                                        std::span<const double> values) {
  if (const Fault fault = check_sides(rows, cols); !fault.ok()) return fault;
  if (static_cast<std::uint64_t>(values.size()) != static_cast<std::uint64_t>(rows) * cols) {
    return Status::shape_mismatch;
  }
  if (const std::int64_t bad = simd::first_not_finite(values); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }
  std::int64_t nnz = 0;
  for (const double v : values) nnz += v != 0;
  auto allocated = CsrParts::allocate(rows, cols, nnz);
  if (!allocated.ok()) return allocated.fault();
  CsrParts parts = allocated.take();
  std::int32_t out = 0;
  parts.indptr[0] = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      const double v = values[i * cols + j];
      if (v == 0) continue;
      parts.indices[out] = static_cast<std::int32_t>(j);
      parts.data[out] = v;
      ++out;
    }
    parts.indptr[i + 1] = out;
  }
  return CsrMatrix(std::move(parts));
}

Fault CsrMatrix::set_values(std::span<const double> values) {
  if (values.size() != parts_.data.size()) return {Status::shape_mismatch};
  if (const std::int64_t bad = simd::first_not_finite(values); bad >= 0) {
    return {Status::not_finite, bad};
  }
  std::copy(values.begin(), values.end(), parts_.data.data());
  return {};
}

Result<CsrMatrix> CsrMatrix::copy() const {
  CsrParts parts;
  parts.rows = parts_.rows;
  parts.cols = parts_.cols;
  for (const Status status :
       {parts.indptr.copy_from(parts_.indptr.span()),
        parts.indices.copy_from(parts_.indices.span()), parts.data.copy_from(parts_.data.span())}) {
    if (status != Status::ok) return status;
  }
  return CsrMatrix(std::move(parts));
}

}  // namespace lacuna
