#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "lacuna/sparse/csr.hpp"

/// An independent reference: dense algebra in long double, written down plainly.
namespace lacuna::test {

using Real = long double;
using Vector = std::vector<Real>;

struct Dense {
  int rows = 0;
  int cols = 0;
  std::vector<Real> a;

  Dense(int rows_, int cols_) : rows(rows_), cols(cols_), a(std::size_t(rows_) * cols_, 0) {}
  explicit Dense(const CsrView& s) : Dense(s.rows(), s.cols()) {
    for (int i = 0; i < rows; ++i) {
      for (int p = s.indptr()[i]; p < s.indptr()[i + 1]; ++p)
        (*this)(i, s.indices()[p]) += s.data()[p];
    }
  }

  Real& operator()(int i, int j) { return a[std::size_t(i) * cols + j]; }
  Real operator()(int i, int j) const { return a[std::size_t(i) * cols + j]; }

  Dense transposed() const {
    Dense t(cols, rows);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < cols; ++j) t(j, i) = (*this)(i, j);
    }
    return t;
  }

  template <class T>
  Vector times(const std::vector<T>& x) const {
    Vector y(rows, 0);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < cols; ++j) y[i] += (*this)(i, j) * static_cast<Real>(x[j]);
    }
    return y;
  }

  Dense times(const Dense& b) const {
    Dense c(rows, b.cols);
    for (int i = 0; i < rows; ++i) {
      for (int k = 0; k < cols; ++k) {
        for (int j = 0; j < b.cols; ++j) c(i, j) += (*this)(i, k) * b(k, j);
      }
    }
    return c;
  }

  Real norm_inf() const {
    Real largest = 0;
    for (int i = 0; i < rows; ++i) {
      Real sum = 0;
      for (int j = 0; j < cols; ++j) sum += std::fabs((*this)(i, j));
      if (sum > largest) largest = sum;
    }
    return largest;
  }

  Real norm_frobenius() const {
    Real sum = 0;
    for (const Real v : a) sum += v * v;
    return std::sqrt(sum);
  }
};

/// ‖x‖₂.
template <class T>
Real euclid(const std::vector<T>& x) {
  Real sum = 0;
  for (const T v : x) sum += static_cast<Real>(v) * static_cast<Real>(v);
  return std::sqrt(sum);
}

/// ‖x‖∞.
template <class T>
Real largest(const std::vector<T>& x) {
  Real largest = 0;
  for (const T v : x) largest = std::fmax(largest, std::fabs(static_cast<Real>(v)));
  return largest;
}

template <class S, class T>
Vector minus(const std::vector<S>& x, const std::vector<T>& y) {
  Vector d(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    d[i] = static_cast<Real>(x[i]) - static_cast<Real>(y[i]);
  return d;
}

/// Gaussian elimination with complete pivoting, on a copy: solution of a square system and the
/// rank, the number of pivots above `tolerance` times the first one.
struct Elimination {
  Vector x;
  int rank = 0;

  Elimination(Dense a, Vector b, Real tolerance = 1e-13L) {
    std::vector<int> order(a.cols);
    for (int j = 0; j < a.cols; ++j) order[j] = j;
    Real first = 0;
    const int steps = std::min(a.rows, a.cols);
    for (int k = 0; k < steps; ++k) {
      int row = k, col = k;
      for (int i = k; i < a.rows; ++i) {
        for (int j = k; j < a.cols; ++j) {
          if (std::fabs(a(i, j)) > std::fabs(a(row, col))) row = i, col = j;
        }
      }
      const Real pivot = std::fabs(a(row, col));
      if (k == 0) first = pivot;
      if (pivot == 0 || pivot <= tolerance * first) break;
      ++rank;
      for (int j = 0; j < a.cols; ++j) std::swap(a(k, j), a(row, j));
      for (int i = 0; i < a.rows; ++i) std::swap(a(i, k), a(i, col));
      std::swap(b[k], b[row]);
      std::swap(order[k], order[col]);
      for (int i = k + 1; i < a.rows; ++i) {
        const Real f = a(i, k) / a(k, k);
        if (f == 0) continue;
        for (int j = k; j < a.cols; ++j) a(i, j) -= f * a(k, j);
        b[i] -= f * b[k];
      }
    }
    Vector y(a.cols, 0);
    for (int k = rank - 1; k >= 0; --k) {
      Real sum = b[k];
      for (int j = k + 1; j < rank; ++j) sum -= a(k, j) * y[j];
      y[k] = sum / a(k, k);
    }
    x.assign(a.cols, 0);
    for (int k = 0; k < rank; ++k) x[order[k]] = y[k];
  }
};

/// Smallest k for which the leading minor of order k + 1 of P A Pᵀ is not positive (or is zero,
/// with `only_zero`), by elimination without pivoting; −1 if all are fine.
inline int first_bad_minor(Dense a, bool only_zero, Real tolerance) {
  for (int k = 0; k < a.rows; ++k) {
    const bool bad = only_zero ? std::fabs(a(k, k)) <= tolerance : a(k, k) <= tolerance;
    if (bad) return k;
    for (int i = k + 1; i < a.rows; ++i) {
      const Real f = a(i, k) / a(k, k);
      for (int j = k; j < a.cols; ++j) a(i, j) -= f * a(k, j);
    }
  }
  return -1;
}

inline std::vector<double> to_double(const Vector& x) { return {x.begin(), x.end()}; }
inline Vector to_real(std::span<const double> x) { return {x.begin(), x.end()}; }

}  // namespace lacuna::test
