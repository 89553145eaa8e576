#include "lacuna/simd/householder.hpp"

#include <cmath>
#include <span>

#include "lacuna/simd/dense.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna::simd {

double make_reflection(int m, double* x, double tail, double& beta) {
  const double alpha = x[0];
  x[0] = 1;
  beta = alpha;
  if (tail == 0) return 0;
  const double norm = std::sqrt(alpha * alpha + tail * tail);
  beta = alpha > 0 ? -norm : norm;
  // No cancellation: the signs differ.
  const double first = alpha - beta;
  for (int i = 1; i < m; ++i) x[i] /= first;
  return -first / beta;
}

void reflect(int m, int k, const double* v, double tau, double* a, std::ptrdiff_t lda,
             double* work) {
  if (tau == 0 || k == 0) return;
  for (int j = 0; j < k; ++j) work[j] = 0;
  gemv_transposed(m, k, a, lda, v, work);
  for (int j = 0; j < k; ++j) work[j] *= -tau;
  gemm_plain(m, k, 1, v, m, work, 1, a, lda);
}

void reflect_vector(int m, const double* tail, double tau, double* x) {
  const auto rest = static_cast<std::size_t>(m - 1);
  const double s = tau * (x[0] + dot({tail, rest}, {x + 1, rest}));
  x[0] -= s;
  axpy(-s, {tail, rest}, {x + 1, rest});
}

void block_reflection(int m, int k, const double* v, std::ptrdiff_t ldv, const double* tau,
                      double* t) {
  for (int j = 0; j < k; ++j) {
    double* column = t + std::ptrdiff_t(j) * k;
    for (int i = 0; i < k; ++i) column[i] = 0;
    if (tau[j] == 0) continue;
    // −Vᵀ·vⱼ, then T times that: row i needs those from i on only.
    gemv_transposed(m, j, v, ldv, v + j * ldv, column);
    for (int i = 0; i < j; ++i) {
      double sum = 0;
      for (int p = i; p < j; ++p) sum += t[i + std::ptrdiff_t(p) * k] * column[p];
      column[i] = tau[j] * sum;
    }
    column[j] = tau[j];
  }
}

}  // namespace lacuna::simd
