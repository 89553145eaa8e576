#pragma once
#include <cstddef>

/// Householder reflections H = I − τ·v·vᵀ, v₀ = 1, on column-major blocks; bits as for the dense
/// kernels.
namespace lacuna::simd {

/// Makes the reflection that takes x, of m ≥ 1 values, to (β, 0, …, 0): β goes to `beta`, v takes
/// the place of x. Returns τ, which is 0 (H = I, β = x₀) where x₁ … are zero. `tail`: ‖x₁ …‖₂, and
/// x² has to be within the range of doubles. m flops.
double make_reflection(int m, double* x, double tail, double& beta);

/// A ← H·A with A m × k; `work` is scratch of k doubles. 4mk flops.
void reflect(int m, int k, const double* v, double tau, double* a, std::ptrdiff_t lda,
             double* work);

/// x ← H·x, with v without its v₀: m − 1 values. 4m flops.
void reflect_vector(int m, const double* tail, double tau, double* x);

/// T, upper triangular, k × k with leading dimension k, for which H₁·H₂ ⋯ Hₖ = I − V·T·Vᵀ; V is
/// m × k, its columns are the v with zeros where they do not reach. (Schreiber & Van Loan, SISSC
/// 10, 1989.) mk² flops.
void block_reflection(int m, int k, const double* v, std::ptrdiff_t ldv, const double* tau,
                      double* t);

}  // namespace lacuna::simd
