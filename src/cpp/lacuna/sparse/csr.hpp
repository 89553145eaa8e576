#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// Borrowed compressed-sparse-row matrix with proven invariants: 1 ≤ rows, cols < 2³¹;
/// `indptr` (rows + 1) starts at 0, never decreases and ends at nnz < 2³¹; column indices of a
/// row ascend strictly; values are finite. A view is only obtained from a `CsrMatrix`, which
/// checked all of this once; whatever takes a view trusts it.
class CsrView {
 public:
  std::int32_t rows() const { return rows_; }
  std::int32_t cols() const { return cols_; }
  std::int32_t nnz() const { return indptr_[rows_]; }
  bool square() const { return rows_ == cols_; }
  const std::int32_t* indptr() const { return indptr_; }
  const std::int32_t* indices() const { return indices_; }
  const double* data() const { return data_; }
  std::span<const double> values() const { return {data_, static_cast<std::size_t>(nnz())}; }

 private:
  friend class CsrMatrix;
  CsrView(std::int32_t rows, std::int32_t cols, const std::int32_t* indptr,
          const std::int32_t* indices, const double* data)
      : rows_(rows), cols_(cols), indptr_(indptr), indices_(indices), data_(data) {}

  std::int32_t rows_;
  std::int32_t cols_;
  const std::int32_t* indptr_;
  const std::int32_t* indices_;
  const double* data_;
};

/// Raw arrays in the shape of a CSR matrix that nobody has checked yet: where a caller fills in
/// place (the bindings write straight into these). `CsrMatrix::adopt` is the door.
struct CsrParts {
  std::int32_t rows = 0;
  std::int32_t cols = 0;
  Buffer<std::int32_t> indptr;
  Buffer<std::int32_t> indices;
  Buffer<double> data;

  /// Uninitialized arrays for a matrix of this size. Status `invalid_size` where a side is not
  /// in 1 … 2³¹−1 or nnz not in 0 … 2³¹−1, `out_of_memory`.
  static Result<CsrParts> allocate(std::int64_t rows, std::int64_t cols, std::int64_t nnz);
};

/// The checks of `CsrView` that do not concern values, for whoever keeps none. O(nnz).
Fault check_pattern(std::int64_t rows, std::int64_t cols, std::span<const std::int32_t> indptr,
                    std::span<const std::int32_t> indices);

/// Owned CSR matrix. Every constructor checks its input in O(nnz) and allocates nothing that
/// outlives a failure; `Fault::position` is the first offending entry (or row for `bad_indptr`).
class CsrMatrix {
 public:
  /// Takes over unchecked arrays after checking every invariant of `CsrView`. The parts are
  /// left as they were on a fault.
  static Result<CsrMatrix> adopt(CsrParts&& parts);

  /// Copies CSR arrays: `indptr` of length rows + 1, `indices` and `data` of length nnz.
  static Result<CsrMatrix> from_csr(std::int64_t rows, std::int64_t cols,
                                    std::span<const std::int32_t> indptr,
                                    std::span<const std::int32_t> indices,
                                    std::span<const double> data);

  /// Copies compressed-sparse-column arrays (`indptr` of length cols + 1).
  static Result<CsrMatrix> from_csc(std::int64_t rows, std::int64_t cols,
                                    std::span<const std::int32_t> indptr,
                                    std::span<const std::int32_t> indices,
                                    std::span<const double> data);

  /// From coordinate triplets in any order; duplicates are summed in the order given, explicit
  /// zeros are kept. O(nnz + rows + cols).
  static Result<CsrMatrix> from_triplets(std::int64_t rows, std::int64_t cols,
                                         std::span<const std::int32_t> row_indices,
                                         std::span<const std::int32_t> col_indices,
                                         std::span<const double> values);

  /// From a dense row-major array of rows × cols values; zeros are dropped.
  static Result<CsrMatrix> from_dense(std::int64_t rows, std::int64_t cols,
                                      std::span<const double> values);

  CsrView view() const {
    return {parts_.rows, parts_.cols, parts_.indptr.data(), parts_.indices.data(),
            parts_.data.data()};
  }

  /// Overwrites all values (same pattern, CSR order). `shape_mismatch` or `not_finite` with the
  /// position leave the matrix as it was.
  Fault set_values(std::span<const double> values);

  /// Exchanges the values for another array of the same, already checked, length.
  void swap_values(Buffer<double>& values) { std::swap(parts_.data, values); }

  Result<CsrMatrix> copy() const;
  std::size_t bytes() const {
    return parts_.indptr.bytes() + parts_.indices.bytes() + parts_.data.bytes();
  }

 private:
  friend class Transposed;
  friend Result<CsrMatrix> permute_symmetric(const CsrView& a,
                                             std::span<const std::int32_t> permutation);
  explicit CsrMatrix(CsrParts&& parts) : parts_(std::move(parts)) {}

  CsrParts parts_;
};

}  // namespace lacuna
