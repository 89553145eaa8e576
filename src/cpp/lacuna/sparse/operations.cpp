#include "lacuna/sparse/operations.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/transposed.hpp"

namespace lacuna {

Result<CsrMatrix> transpose(const CsrView& a) {
  Transposed transposed;
  if (const Status status = transposed.begin(a); status != Status::ok) return status;
  Budget unlimited;
  transposed.step(unlimited);
  return transposed.take();
}

Result<CsrMatrix> permute_symmetric(const CsrView& a, std::span<const std::int32_t> permutation) {
  if (!a.square()) return Status::not_square;
  const std::int32_t n = a.rows();
  if (permutation.size() != static_cast<std::size_t>(n)) return Status::shape_mismatch;
  Buffer<std::int32_t> inverse;
  if (inverse.allocate(n) != Status::ok) return Status::out_of_memory;
  for (std::int32_t i = 0; i < n; ++i) inverse[i] = -1;
  for (std::int32_t i = 0; i < n; ++i) {
    const std::int32_t old = permutation[i];
    if (old < 0 || old >= n || inverse[old] >= 0) return Fault{Status::invalid_argument, i};
    inverse[old] = i;
  }

  // Gather the rows of Bᵀ in new order, then transpose: that sorts them.
  auto allocated = CsrParts::allocate(n, n, a.nnz());
  if (!allocated.ok()) return allocated.fault();
  CsrParts scattered = allocated.take();
  std::int32_t out = 0;
  scattered.indptr[0] = 0;
  for (std::int32_t i = 0; i < n; ++i) {
    const std::int32_t old = permutation[i];
    for (std::int32_t p = a.indptr()[old]; p < a.indptr()[old + 1]; ++p) {
      scattered.indices[out] = inverse[a.indices()[p]];
      scattered.data[out] = a.data()[p];
      ++out;
    }
    scattered.indptr[i + 1] = out;
  }
  auto sorted = transpose(CsrMatrix(std::move(scattered)).view());
  if (!sorted.ok()) return sorted;
  return transpose(sorted.value().view());
}

void multiply(const CsrView& a, std::span<const double> x, std::span<double> y) {
  simd::spmv_rows(0, a.rows(), a.indptr(), a.indices(), a.data(), x.data(), y.data());
}

void multiply_transposed(const CsrView& a, std::span<const double> x, std::span<double> y) {
  for (double& v : y) v = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const double xi = x[i];
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      y[a.indices()[p]] += a.data()[p] * xi;
    }
  }
}

std::int32_t rows_within(const CsrView& a, std::int32_t begin, double flops) {
  // An empty row costs a store: count rows too, so that a piece is bounded for any pattern.
  const std::int32_t most =
      begin +
      std::min<std::int32_t>(a.rows() - begin, std::max(1, static_cast<std::int32_t>(flops)));
  const std::int64_t limit = std::int64_t{a.indptr()[begin]} + static_cast<std::int64_t>(flops / 2);
  const std::int32_t* first = a.indptr() + begin + 1;
  const std::int32_t* end = std::upper_bound(first, a.indptr() + most + 1, limit,
                                             [](std::int64_t l, std::int32_t p) { return l < p; });
  return std::max(begin + 1, static_cast<std::int32_t>(end - a.indptr()) - 1);
}

double norm_inf(const CsrView& a) {
  double largest = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    double sum = 0;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) sum += std::fabs(a.data()[p]);
    if (sum > largest) largest = sum;
  }
  return largest;
}

Result<double> norm_one(const CsrView& a) {
  Buffer<double> sums;
  if (sums.allocate_zero(a.cols()) != Status::ok) return Status::out_of_memory;
  for (std::int32_t p = 0; p < a.nnz(); ++p) {
    const double v = a.data()[p];
    sums[a.indices()[p]] += v < 0 ? -v : v;
  }
  return simd::norm_inf(sums.span());
}

double norm_frobenius(const CsrView& a) { return simd::norm2(a.values()); }

}  // namespace lacuna
