#pragma once
// Eigen blocks its products by the cache sizes it finds and keeps sums in an order that depends
// on them: fixed sizes (and a fixed register count, set on the command line) keep the bits equal
// on every machine.
#include <cstdlib>
#include <Eigen/SparseCore>

// Three places of Eigen 3.4 that do not survive a failed allocation, which here has to leave a
// status and nothing else, are replaced for the types in use: `resize` of a vector frees the old
// array first and keeps the dangling pointer if the new one cannot be had, `uncompress` writes to
// what malloc returned without a look, and a copy that fails half-way leaks the first half.
namespace Eigen {

template <>
inline void DenseStorage<double, Dynamic, Dynamic, 1, 0>::resize(Index size, Index rows, Index) {
  if (size != m_rows) {
    internal::conditional_aligned_delete_auto<double, true>(m_data, m_rows);
    m_data = nullptr;
    m_rows = 0;
    if (size > 0) m_data = internal::conditional_aligned_new_auto<double, true>(size);
  }
  m_rows = rows;
}

template <>
inline void DenseStorage<int, Dynamic, Dynamic, 1, 0>::resize(Index size, Index rows, Index) {
  if (size != m_rows) {
    internal::conditional_aligned_delete_auto<int, true>(m_data, m_rows);
    m_data = nullptr;
    m_rows = 0;
    if (size > 0) m_data = internal::conditional_aligned_new_auto<int, true>(size);
  }
  m_rows = rows;
}

template <>
inline void SparseMatrix<double, ColMajor, int>::uncompress() {
  if (m_innerNonZeros != nullptr) return;
  m_innerNonZeros = static_cast<int*>(std::malloc((m_outerSize + 1) * sizeof(int)));
  if (m_innerNonZeros == nullptr) internal::throw_std_bad_alloc();
  for (Index j = 0; j < m_outerSize; ++j)
    m_innerNonZeros[j] = m_outerIndex[j + 1] - m_outerIndex[j];
}

template <>
inline SparseMatrix<double, ColMajor, int>::SparseMatrix(const SparseMatrix& other)
    : Base(), m_outerSize(0), m_innerSize(0), m_outerIndex(nullptr), m_innerNonZeros(nullptr) {
  try {
    *this = other;
  } catch (...) {
    std::free(m_outerIndex);
    std::free(m_innerNonZeros);
    throw;
  }
}

}  // namespace Eigen

namespace lacuna {

/// Called before anything of Eigen runs; cheap and idempotent.
inline void fix_eigen_blocking() { Eigen::setCpuCacheSizes(32768, 524288, 4194304); }

}  // namespace lacuna
