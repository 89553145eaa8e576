#pragma once
#include <cstddef>
#include <type_traits>

/// Dense kernels on column-major blocks: element (i, j) of A at a[i + j·lda], lda ≥ its rows.
///
/// The sums of an element run over blocks of `dense_depth` columns; within a block they are summed
/// from zero in ascending order, then subtracted. Which instructions do it depends on the sizes
/// alone, and no way changes a bit: scalar, SIMD and native builds agree, and so does an element
/// computed alone with one computed in a large block. (The relaxed variant fuses multiplications
/// with additions and is exempt.) `work` is scratch of `dense_work_of` elements, or null where m·k
/// < `dense_small` and n ≤ 64. Nothing is allocated. Of numbers of type `Real`, double and float.
namespace lacuna::simd {

/// Columns of a block of a sum.
constexpr int dense_depth = 256;
/// Columns of C that are worked on with one packing of A.
constexpr int dense_breadth = 128;
/// Elements of A up to which it is read where it lies.
constexpr int dense_small = 4096;
/// Elements of scratch that the kernels need for packed operands.
template <class Real>
constexpr std::size_t dense_work_of = std::size_t(dense_depth) *
                                      (dense_breadth + 32 / sizeof(Real));
constexpr std::size_t dense_work = dense_work_of<double>;

/// A `Real` that a null pointer may stand for.
template <class Real>
using Scratch = std::type_identity_t<Real>;

/// C ← C − A·Bᵀ with C m × n, A m × k, B n × k. 2mnk flops. (Goto & van de Geijn, TOMS 34, 2008:
/// operands packed into the order in which a register tile reads them; small ones are read where
/// they lie.)
template <class Real>
void gemm(int m, int n, int k, const Real* a, std::ptrdiff_t lda, const Real* b, std::ptrdiff_t ldb,
          Real* c, std::ptrdiff_t ldc, Scratch<Real>* work);

/// C ← −A·Bᵀ: `gemm` into a block whose contents don't count.
template <class Real>
void gemm_negative(int m, int n, int k, const Real* a, std::ptrdiff_t lda, const Real* b,
                   std::ptrdiff_t ldb, Real* c, std::ptrdiff_t ldc, Scratch<Real>* work);

/// The elements on and below the diagonal of C ← C − A·A₁ᵀ, where A₁ are the first n of the
/// m ≥ n rows of A, which has k columns; those above stay. kn(2m − n) flops.
template <class Real>
void syrk(int m, int n, int k, const Real* a, std::ptrdiff_t lda, Real* c, std::ptrdiff_t ldc,
          Scratch<Real>* work);

/// C ← −A·A₁ᵀ on and below the diagonal.
template <class Real>
void syrk_negative(int m, int n, int k, const Real* a, std::ptrdiff_t lda, Real* c,
                   std::ptrdiff_t ldc, Scratch<Real>* work);

/// The elements on and below the diagonal of C ← C − A·Bᵀ, for A of m and B of n ≤ m rows, both of
/// k columns; those above stay. A product that is symmetric, as L·(L·D)ᵀ is. kn(2m − n) flops.
template <class Real>
void gemmt(int m, int n, int k, const Real* a, std::ptrdiff_t lda, const Real* b,
           std::ptrdiff_t ldb, Real* c, std::ptrdiff_t ldc, Scratch<Real>* work);

/// C ← −A·Bᵀ on and below the diagonal.
template <class Real>
void gemmt_negative(int m, int n, int k, const Real* a, std::ptrdiff_t lda, const Real* b,
                    std::ptrdiff_t ldb, Real* c, std::ptrdiff_t ldc, Scratch<Real>* work);

/// C ← C − A·B with C m × n, A m × k, B k × n. 2mnk flops; made for small m.
void gemm_plain(int m, int n, int k, const double* a, std::ptrdiff_t lda, const double* b,
                std::ptrdiff_t ldb, double* c, std::ptrdiff_t ldc);

/// c ← −A·x with A m × k. 2mk flops. In doubles, as the next one, whatever A is stored in.
template <class Real>
void gemv_negative(int m, int k, const Real* a, std::ptrdiff_t lda, const double* x, double* c);

/// c ← c − Aᵀ·y with A m × k. 2mk flops.
template <class Real>
void gemv_transposed(int m, int k, const Real* a, std::ptrdiff_t lda, const double* y, double* c);

/// Zeros for the elements of A, m × n, below 2⁻⁶⁰: the product of any two others is a normal
/// number, which processors multiply far faster than one that is not. NaN stays.
void flush(int m, int n, float* a, std::ptrdiff_t lda);

/// B ← A, both m × n, B without gaps between its columns.
void widen(int m, int n, const float* a, std::ptrdiff_t lda, double* b);

/// B ← B·L⁻ᵀ with B m × n and L n × n, lower triangular, its diagonal not zero; what lies above
/// the diagonal of L is not read. Divisions by the diagonal are multiplications by its
/// reciprocals. mn² flops.
template <class Real>
void trsm(int m, int n, const Real* l, std::ptrdiff_t ldl, Real* b, std::ptrdiff_t ldb,
          Scratch<Real>* work);

/// B ← B·L⁻¹, B and L as for `trsm`.
void trsm_plain(int m, int n, const double* l, std::ptrdiff_t ldl, double* b, std::ptrdiff_t ldb);

/// Cholesky factor of a symmetric positive definite matrix, in the place of its lower triangle:
/// A = L·Lᵀ, n³/3 flops. What lies above the diagonal is neither read nor changed. Returns the
/// first column whose pivot is not a positive finite number, or −1; the columns before it are then
/// those of L, the pivot stands on the diagonal, the rest is spoiled. (Left-looking by blocks.)
template <class Real>
int potrf(int n, Real* a, std::ptrdiff_t lda, Scratch<Real>* work);

}  // namespace lacuna::simd
