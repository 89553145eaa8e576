#pragma once
#include <cmath>
#include <vector>

#include "lacuna/direct/qr.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

/// What tests of QR share: matrices of low rank, and the conditions that A⁺b fulfils.
namespace lacuna::test {

inline std::vector<double> solve(QrFactorization& f, const std::vector<double>& b, std::size_t n,
                                 bool transposed = false) {
  std::vector<double> x(n, 1e99);
  REQUIRE(f.solve(b, x, transposed) == Status::ok);
  return x;
}

inline void factor(QrFactorization& f, const CsrMatrix& a) {
  REQUIRE(f.analyze(a.view()).ok());
  REQUIRE(f.factorize(a.view()).ok());
}

/// A basis of {x: Ax = 0} by elimination with complete pivoting, one vector a free unknown.
inline std::vector<Vector> null_space(Dense a) {
  std::vector<int> order(a.cols);
  for (int j = 0; j < a.cols; ++j) order[j] = j;
  int rank = 0;
  Real first = 0;
  for (; rank < std::min(a.rows, a.cols); ++rank) {
    int row = rank, col = rank;
    for (int i = rank; i < a.rows; ++i) {
      for (int j = rank; j < a.cols; ++j) {
        if (std::fabs(a(i, j)) > std::fabs(a(row, col))) row = i, col = j;
      }
    }
    if (rank == 0) first = std::fabs(a(row, col));
    if (std::fabs(a(row, col)) <= 1e-13L * first) break;
    for (int j = 0; j < a.cols; ++j) std::swap(a(rank, j), a(row, j));
    for (int i = 0; i < a.rows; ++i) std::swap(a(i, rank), a(i, col));
    std::swap(order[rank], order[col]);
    for (int i = 0; i < a.rows; ++i) {
      if (i == rank) continue;
      const Real f = a(i, rank) / a(rank, rank);
      for (int j = rank; j < a.cols; ++j) a(i, j) -= f * a(rank, j);
    }
  }
  std::vector<Vector> basis;
  for (int j = rank; j < a.cols; ++j) {
    Vector v(a.cols, 0);
    v[order[j]] = 1;
    for (int i = 0; i < rank; ++i) v[order[i]] = -a(i, j) / a(i, i);
    basis.push_back(v);
  }
  return basis;
}

/// x is A⁺b: its residual is orthogonal to the columns of A, and x to the null space.
inline bool is_pseudoinverse(const Dense& a, const std::vector<double>& b,
                             const std::vector<double>& x, Real tolerance) {
  const Vector r = minus(b, a.times(x));
  const Real size = a.norm_frobenius() * euclid(x) + euclid(b);
  bool fine = largest(a.transposed().times(r)) <= tolerance * a.norm_frobenius() * size;
  for (const Vector& v : null_space(a)) {
    Real product = 0;
    for (int j = 0; j < a.cols; ++j) product += v[j] * x[j];
    fine = fine && std::fabs(product) <= tolerance * euclid(v) * euclid(x);
  }
  return fine;
}

inline void check_pseudoinverse(const Dense& a, const std::vector<double>& b,
                                const std::vector<double>& x, Real tolerance = 1e-11L) {
  CHECK(is_pseudoinverse(a, b, x, tolerance));
}

/// Sparse, of rank at most `rank`: a product of two random factors.
inline Triplets product(int rows, int cols, int rank, double density, std::uint64_t seed) {
  const Dense left(arbitrary(rows, rank, density, seed).matrix().view());
  const Dense right(arbitrary(rank, cols, density, seed + 1).matrix().view());
  const Dense dense = left.times(right);
  Triplets t(rows, cols);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < cols; ++j) {
      if (dense(i, j) != 0) t.add(i, j, static_cast<double>(dense(i, j)));
    }
  }
  return t;
}

/// Repeats columns of t, each `copies` times more.
inline Triplets with_copies(Triplets t, int copies) {
  const auto size = t.v.size();
  const std::int32_t cols = t.cols;
  t.cols *= copies + 1;
  for (int c = 1; c <= copies; ++c) {
    for (std::size_t e = 0; e < size; ++e) t.add(t.i[e], c * cols + t.j[e], t.v[e]);
  }
  return t;
}

}  // namespace lacuna::test
