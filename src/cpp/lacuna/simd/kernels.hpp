#pragma once
#include <cstdint>
#include <span>

/// Vector and CSR kernels. Every sum has one fixed order (eight interleaved lanes, added
/// pairwise, then the tail), whatever the instruction set. Lengths are the caller's duty: all
/// spans of a call are of one length n unless said otherwise. Cost: 2n flops unless said.
namespace lacuna::simd {

/// xᵀy.
double dot(std::span<const double> x, std::span<const double> y);

/// ‖x‖₂, free of overflow and underflow: rescaled by max|x| where the plain sum of squares
/// leaves the safe range.
double norm2(std::span<const double> x);

/// max |xᵢ|; NaN if any element is NaN.
double norm_inf(std::span<const double> x);

/// Index of the first element that is NaN or infinite, −1 if all are finite. O(n).
std::int64_t first_not_finite(std::span<const double> x);

/// y ← y + αx.
void axpy(double alpha, std::span<const double> x, std::span<double> y);

/// y ← x + βy.
void xpby(std::span<const double> x, double beta, std::span<double> y);

/// x ← αx.
void scale(double alpha, std::span<double> x);

/// z ← d∘r elementwise.
void multiply(std::span<const double> d, std::span<const double> r, std::span<double> z);

/// One pass of CG: x ← x + αp, r ← r − αq. Returns rᵀr of the new r (6n flops).
double step_and_square(double alpha, std::span<const double> p, std::span<const double> q,
                       std::span<double> x, std::span<double> r);

/// y[i] ← Σₚ data[p]·x[indices[p]] for rows begin ≤ i < end of a CSR matrix, summed left to
/// right. 2·nnz flops.
void spmv_rows(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
               const std::int32_t* indices, const double* data, const double* x, double* y);

/// r[i] ← b[i] − Σₚ data[p]·x[indices[p]] and w[i] ← |b[i]| + Σₚ |data[p]|·|x[indices[p]]| for
/// the rows of a CSR matrix: what a certificate needs, in one pass. 4·nnz flops.
void residual_rows(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
                   const std::int32_t* indices, const double* data, const double* x,
                   const double* b, double* r, double* w);

/// The same with r[i] as if computed in twice the working precision and rounded once (Dot2 of
/// Ogita, Rump & Oishi, SISC 26, 2005; products split after Dekker, 1971): right to the last
/// digits where the terms cancel. About 27·nnz flops.
void residual_rows_twice(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
                         const std::int32_t* indices, const double* data, const double* x,
                         const double* b, double* r, double* w);

}  // namespace lacuna::simd
