#include "lacuna/simd/dense.hpp"

#include <cmath>

#include "lacuna/simd/tile.hpp"

namespace lacuna::simd {
namespace {

using Index = std::ptrdiff_t;

int least(int a, int b) { return a < b ? a : b; }

/// Columns that a triangular solve or factorization takes at a time.
constexpr int block = 64;
/// Rows of a block of B that stay in the first-level cache while it is solved.
constexpr int row_block = 64;

/// Rows of C, N columns wide, in tiles of M rows from row i on; returns the first row left over.
template <int M, int N, Layout layout, class Real>
[[gnu::noinline]] int rows_of_tiles(Put put, int i, int m, int k, const Real* a, Index lda,
                                    const Real* b, Index ldb, Real* c, Index ldc) {
  for (; i + M <= m; i += M) tile<M, N, layout>(put, k, a + i, lda, b, ldb, c + i, ldc);
  return i;
}

/// N columns of C: tall tiles where the columns are few, else two vectors × N; then the last rows.
template <int N, Layout layout, class Real>
void columns(Put put, int m, int k, const Real* a, Index lda, const Real* b, Index ldb, Real* c,
             Index ldc) {
  constexpr int width = lanes_of<Real>;
  int i = 0;
  if constexpr (N <= 2 && layout == Layout::columns) {
    i = rows_of_tiles<4 * width, N, layout>(put, i, m, k, a, lda, b, ldb, c, ldc);
  }
  i = rows_of_tiles<2 * width, N, layout>(put, i, m, k, a, lda, b, ldb, c, ldc);
  i = rows_of_tiles<width, N, layout>(put, i, m, k, a, lda, b, ldb, c, ldc);
  rows_of_tiles<1, N, layout>(put, i, m, k, a, lda, b, ldb, c, ldc);
}

/// At most four columns of C.
template <Layout layout, class Real>
void few_columns(Put put, int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb,
                 Real* c, Index ldc) {
  if (n == 4) return columns<4, layout>(put, m, k, a, lda, b, ldb, c, ldc);
  const Index next = layout == Layout::rows ? ldb : 1;
  int j = 0;
  if constexpr (layout == Layout::columns) {
    if (n >= 2) {
      columns<2, layout>(put, m, k, a, lda, b, ldb, c, ldc);
      j = 2;
    }
  }
  for (; j < n; ++j) columns<1, layout>(put, m, k, a, lda, b + j * next, ldb, c + j * ldc, ldc);
}

/// A tile that does not fill its place: the first `rows` × `cols` of it, and of these the ones
/// with i + `offset` ≥ j, from sums that were stored negated, `lds` from column to column.
template <class Real>
void put_part(Put put, const Real* sums, int lds, int rows, int cols, int offset, Real* c,
              Index ldc) {
  for (int j = 0; j < cols; ++j) {
    for (int i = j > offset ? j - offset : 0; i < rows; ++i) {
      Real& at = c[i + j * ldc];
      at = put == Put::negate ? sums[i + lds * j] : at + sums[i + lds * j];
    }
  }
}

/// The triangle at the top of n ≤ 4 columns of a product.
template <class Real>
void corner(Put put, int n, int k, const Real* a, Index lda, const Real* b, Index ldb, Real* c,
            Index ldc) {
  Real sums[16];
  few_columns<Layout::columns>(Put::negate, n, n, k, a, lda, b, ldb, sums, 4);
  put_part(put, sums, 4, n, n, 0, c, ldc);
}

/// At most `dense_depth` columns of A and B, read where they lie.
template <bool lower, class Real>
void product_in_place(Put put, int m, int n, int k, const Real* a, Index lda, const Real* b,
                      Index ldb, Real* c, Index ldc) {
  for (int j = 0; j < n; j += 4) {
    const int width = least(4, n - j);
    int i = 0;
    if constexpr (lower) {
      corner(put, width, k, a + j, lda, b + j, ldb, c + j + j * ldc, ldc);
      i = j + width;
    }
    few_columns<Layout::columns>(put, m - i, width, k, a + i, lda, b + j, ldb, c + i + j * ldc,
                                 ldc);
  }
}

/// As many rows from `a` as a tile has (or fewer, then zeros), column after column.
template <int tall, class Real>
[[gnu::noinline]] void pack(int rows, int k, const Real* a, Index lda, Real* packed) {
  constexpr int width = lanes_of<Real>;
  if (rows == tall) {
    for (int p = 0; p < k; ++p, a += lda, packed += tall) {
      unroll<tall / width>([&](auto i) { store(packed + width * i, load(a + width * i)); });
    }
    return;
  }
  for (int p = 0; p < k; ++p, a += lda, packed += tall) {
    for (int i = 0; i < tall; ++i) packed[i] = i < rows ? a[i] : 0;
  }
}

/// `count` whole tiles, side by side, from packed operands.
template <class Real>
[[gnu::noinline]] void packed_row(Put put, int count, int k, const Real* a, const Real* b, Real* c,
                                  Index ldc) {
  constexpr int tall = 2 * lanes_of<Real>;
  for (int j = 0; j < count; ++j)
    tile<tall, 4>(put, k, a, tall, b + 4 * Index(k) * j, 4, c + 4 * j * ldc, ldc);
}

template <bool lower, class Real>
void product_packed(Put put, int m, int n, int k, const Real* a, Index lda, const Real* b,
                    Index ldb, Real* c, Index ldc, Real* work) {
  constexpr int tall = 2 * lanes_of<Real>;
  Real* const strip = work;
  Real* const packed = work + tall * dense_depth;
  for (int j = 0; j < n; j += 4) pack<4>(least(4, n - j), k, b + j, ldb, packed + Index(k) * j);
  for (int i = 0; i < m; i += tall) {
    const int rows = least(tall, m - i);
    const int last = lower ? least(n, i + rows) : n;
    const int whole = rows < tall ? 0 : least(last, lower ? i : n) / 4;
    pack<tall>(rows, k, a + i, lda, strip);
    packed_row(put, whole, k, strip, packed, c + i, ldc);
    for (int j = 4 * whole; j < last; j += 4) {
      Real sums[4 * tall];
      packed_row(Put::negate, 1, k, strip, packed + Index(k) * j, sums, tall);
      put_part(put, sums, tall, rows, least(4, n - j), lower ? i - j : tall, c + i + j * ldc, ldc);
    }
  }
}

template <bool lower, class Real>
void product_of_depth(Put put, int m, int n, int k, const Real* a, Index lda, const Real* b,
                      Index ldb, Real* c, Index ldc, Real* work) {
  // Packing pays where operands are read often and do not stay in the first-level cache by
  // themselves.
  const bool packs = n >= 16 && k >= 8 && Index(m) * k >= dense_small;
  if (!packs) return product_in_place<lower>(put, m, n, k, a, lda, b, ldb, c, ldc);
  for (int j = 0; j < n; j += dense_breadth) {
    const int width = least(dense_breadth, n - j);
    const int i = lower ? j : 0;
    product_packed<lower>(put, m - i, width, k, a + i, lda, b + j, ldb, c + i + j * ldc, ldc, work);
  }
}

template <bool lower, class Real>
void product(Put put, int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb,
             Real* c, Index ldc, Real* work) {
  product_of_depth<lower>(put, m, n, least(k, dense_depth), a, lda, b, ldb, c, ldc, work);
  for (int p = dense_depth; p < k; p += dense_depth) {
    product_of_depth<lower>(Put::subtract, m, n, least(dense_depth, k - p), a + p * lda, lda,
                            b + p * ldb, ldb, c, ldc, work);
  }
}

/// Rows of a product with a vector that are summed together.
constexpr int gemv_rows = 512;

/// sums ← A·x, column after column: what is read lies in a row.
template <class Real>
[[gnu::noinline]] void add_columns(int m, int k, const Real* a, Index lda, const double* x,
                                   double* sums) {
  std::memset(sums, 0, m * sizeof(double));
  int p = 0;
  for (; p + 4 <= k; p += 4, a += 4 * lda) {
    const f64x2 x0 = splat(x[p]), x1 = splat(x[p + 1]), x2 = splat(x[p + 2]), x3 = splat(x[p + 3]);
    int i = 0;
    for (; i + 2 <= m; i += 2) {
      f64x2 sum = multiply_add(load_wide(a + i), x0, load(sums + i));
      sum = multiply_add(load_wide(a + i + lda), x1, sum);
      sum = multiply_add(load_wide(a + i + 2 * lda), x2, sum);
      store(sums + i, multiply_add(load_wide(a + i + 3 * lda), x3, sum));
    }
    if (i < m) {
      for (int q = 0; q < 4; ++q) sums[i] = multiply_add(double(a[i + q * lda]), x[p + q], sums[i]);
    }
  }
  for (; p < k; ++p, a += lda) {
    for (int i = 0; i < m; ++i) sums[i] = multiply_add(double(a[i]), x[p], sums[i]);
  }
}

/// Subtracts from c the products of N columns of A with y. A sum is added up in order; many go on
/// at the same time.
template <int N, class Real>
[[gnu::noinline]] void dot_columns(int m, const Real* a, Index lda, const double* y, double* c) {
  double sum[N];
  unroll<N>([&](auto j) { sum[j] = 0; });
  for (int i = 0; i < m; ++i) {
    unroll<N>([&](auto j) { sum[j] = multiply_add(y[i], double(a[i + j * lda]), sum[j]); });
  }
  unroll<N>([&](auto j) { c[j] -= sum[j]; });
}

/// Rows of B, n ≤ 4 columns wide, times L⁻ᵀ.
template <int n, class Lane, class Real>
[[gnu::always_inline]] inline void solve_lane(const Lane* l, const Lane* inverse, Real* b,
                                              Index ldb) {
  Lane x[n];
  unroll<n>([&](auto j) {
    Lane v;
    std::memcpy(&v, b + j * ldb, sizeof v);
    unroll<j>([&](auto p) { v = v - x[p] * l[4 * p + j]; });
    x[j] = v * inverse[j];
    std::memcpy(b + j * ldb, &x[j], sizeof v);
  });
}

/// A triangle of n ≤ 4 columns for `solve_lane`, in one copy for a row and one for as many
/// as a vector has.
template <class Real>
struct Corner {
  Real factor[16], inverse[4];
  typename VectorOf<Real>::type factors[16], inverses[4];

  Corner(int n, const Real* l, Index ldl) {
    for (int j = 0; j < n; ++j) {
      inverse[j] = 1 / l[j + j * ldl];
      inverses[j] = spread(inverse[j]);
      for (int i = j + 1; i < n; ++i) {
        factor[4 * j + i] = l[i + j * ldl];
        factors[4 * j + i] = spread(factor[4 * j + i]);
      }
    }
  }
};

/// Rows of B, n ≤ 4 columns wide, times L⁻¹.
template <int n, class Lane, class Real>
[[gnu::always_inline]] inline void solve_lane_plain(const Lane* l, const Lane* inverse, Real* b,
                                                    Index ldb) {
  Lane x[n];
  unroll<n>([&](auto from_end) {
    constexpr int j = n - 1 - from_end;
    Lane v;
    std::memcpy(&v, b + j * ldb, sizeof v);
    unroll<from_end>([&](auto p) { v = v - x[j + 1 + p] * l[4 * j + j + 1 + p]; });
    x[j] = v * inverse[j];
    std::memcpy(b + j * ldb, &x[j], sizeof v);
  });
}

template <bool plain, int n, class Lane, class Real>
[[gnu::always_inline]] inline void solve_either(const Lane* l, const Lane* inverse, Real* b,
                                                Index ldb) {
  if constexpr (plain) {
    solve_lane_plain<n>(l, inverse, b, ldb);
  } else {
    solve_lane<n>(l, inverse, b, ldb);
  }
}

/// B ← B·L⁻ᵀ, or B·L⁻¹ if `plain`.
template <bool plain, int n, class Real>
[[gnu::noinline]] void solve_columns(int m, const Real* l, Index ldl, Real* b, Index ldb) {
  constexpr int width = lanes_of<Real>;
  const Corner<Real> corner(n, l, ldl);
  int i = 0;
  for (; i + width <= m; i += width) {
    solve_either<plain, n>(corner.factors, corner.inverses, b + i, ldb);
  }
  // A loop where there is but one row left would be unrolled all the same.
  if constexpr (width == 2) {
    if (i < m) solve_either<plain, n>(corner.factor, corner.inverse, b + i, ldb);
  } else {
    for (; i < m; ++i) solve_either<plain, n>(corner.factor, corner.inverse, b + i, ldb);
  }
}

template <bool plain, class Real>
void solve_few_columns(int m, int n, const Real* l, Index ldl, Real* b, Index ldb) {
  switch (n) {
    case 1: return solve_columns<plain, 1>(m, l, ldl, b, ldb);
    case 2: return solve_columns<plain, 2>(m, l, ldl, b, ldb);
    case 3: return solve_columns<plain, 3>(m, l, ldl, b, ldb);
    case 4: return solve_columns<plain, 4>(m, l, ldl, b, ldb);
    default: return;
  }
}

/// `trsm` of at most `block` columns.
template <class Real>
void solve_block(int m, int n, const Real* l, Index ldl, Real* b, Index ldb) {
  for (int i = 0; i < m; i += row_block) {
    const int rows = least(row_block, m - i);
    for (int j = 0; j < n; j += 4) {
      const int width = least(4, n - j);
      Real* const at = b + i + j * ldb;
      if (j > 0) {
        few_columns<Layout::columns>(Put::subtract, rows, width, j, b + i, ldb, l + j, ldl, at,
                                     ldb);
      }
      solve_few_columns<false>(rows, width, l + j + j * ldl, ldl, at, ldb);
    }
  }
}

/// Cholesky factor of n ≤ 4 columns.
template <class Real>
int factor_corner(int n, Real* a, Index lda) {
  for (int j = 0; j < n; ++j) {
    Real pivot = a[j + j * lda];
    for (int p = 0; p < j; ++p) pivot -= a[j + p * lda] * a[j + p * lda];
    if (!(pivot > 0) || !std::isfinite(pivot)) {
      a[j + j * lda] = pivot;
      return j;
    }
    const Real root = std::sqrt(pivot);
    const Real inverse = 1 / root;
    a[j + j * lda] = root;
    for (int i = j + 1; i < n; ++i) {
      Real v = a[i + j * lda];
      for (int p = 0; p < j; ++p) v -= a[i + p * lda] * a[j + p * lda];
      a[i + j * lda] = v * inverse;
    }
  }
  return -1;
}

/// `potrf` of at most `block` columns.
template <class Real>
int factor_block(int n, Real* a, Index lda) {
  for (int j = 0; j < n; j += 4) {
    const int width = least(4, n - j);
    Real* const at = a + j + j * lda;
    if (j > 0)
      product_in_place<true>(Put::subtract, n - j, width, j, a + j, lda, a + j, lda, at, lda);
    if (const int bad = factor_corner(width, at, lda); bad >= 0) return j + bad;
    solve_few_columns<false>(n - j - width, width, at, lda, at + width, lda);
  }
  return -1;
}

}  // namespace

template <class Real>
void gemm(int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb, Real* c,
          Index ldc, Scratch<Real>* work) {
  product<false>(Put::subtract, m, n, k, a, lda, b, ldb, c, ldc, work);
}

template <class Real>
void gemm_negative(int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb, Real* c,
                   Index ldc, Scratch<Real>* work) {
  product<false>(Put::negate, m, n, k, a, lda, b, ldb, c, ldc, work);
}

template <class Real>
void syrk(int m, int n, int k, const Real* a, Index lda, Real* c, Index ldc, Scratch<Real>* work) {
  product<true>(Put::subtract, m, n, k, a, lda, a, lda, c, ldc, work);
}

template <class Real>
void syrk_negative(int m, int n, int k, const Real* a, Index lda, Real* c, Index ldc,
                   Scratch<Real>* work) {
  product<true>(Put::negate, m, n, k, a, lda, a, lda, c, ldc, work);
}

template <class Real>
void gemmt(int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb, Real* c,
           Index ldc, Scratch<Real>* work) {
  product<true>(Put::subtract, m, n, k, a, lda, b, ldb, c, ldc, work);
}

template <class Real>
void gemmt_negative(int m, int n, int k, const Real* a, Index lda, const Real* b, Index ldb,
                    Real* c, Index ldc, Scratch<Real>* work) {
  product<true>(Put::negate, m, n, k, a, lda, b, ldb, c, ldc, work);
}

template <class Real>
void trsm(int m, int n, const Real* l, Index ldl, Real* b, Index ldb, Scratch<Real>* work) {
  for (int j = 0; j < n; j += block) {
    const int width = least(block, n - j);
    if (j > 0) gemm(m, width, j, b, ldb, l + j, ldl, b + j * ldb, ldb, work);
    solve_block(m, width, l + j + j * ldl, ldl, b + j * ldb, ldb);
  }
}

template <class Real>
int potrf(int n, Real* a, Index lda, Scratch<Real>* work) {
  for (int j = 0; j < n; j += block) {
    const int width = least(block, n - j);
    Real* const at = a + j + j * lda;
    if (j > 0) syrk(n - j, width, j, a + j, lda, at, lda, work);
    if (const int bad = factor_block(width, at, lda); bad >= 0) return j + bad;
    solve_block(n - j - width, width, at, lda, at + width, lda);
  }
  return -1;
}

#define LACUNA_DENSE(Real)                                                                         \
  template void gemm(int, int, int, const Real*, Index, const Real*, Index, Real*, Index, Real*);  \
  template void gemm_negative(int, int, int, const Real*, Index, const Real*, Index, Real*, Index, \
                              Real*);                                                              \
  template void syrk(int, int, int, const Real*, Index, Real*, Index, Real*);                      \
  template void syrk_negative(int, int, int, const Real*, Index, Real*, Index, Real*);             \
  template void gemmt(int, int, int, const Real*, Index, const Real*, Index, Real*, Index, Real*); \
  template void gemmt_negative(int, int, int, const Real*, Index, const Real*, Index, Real*,       \
                               Index, Real*);                                                      \
  template void trsm(int, int, const Real*, Index, Real*, Index, Real*);                           \
  template int potrf(int, Real*, Index, Real*);
LACUNA_DENSE(double)
LACUNA_DENSE(float)

void gemm_plain(int m, int n, int k, const double* a, Index lda, const double* b, Index ldb,
                double* c, Index ldc) {
  for (int p = 0; p < k; p += dense_depth) {
    const int depth = least(dense_depth, k - p);
    for (int j = 0; j < n; j += 4) {
      few_columns<Layout::rows>(Put::subtract, m, least(4, n - j), depth, a + p * lda, lda,
                                b + p + j * ldb, ldb, c + j * ldc, ldc);
    }
  }
}

template <class Real>
void gemv_negative(int m, int k, const Real* a, Index lda, const double* x, double* c) {
  for (int i = 0; i < m; i += gemv_rows) {
    const int rows = least(gemv_rows, m - i);
    for (int p = 0; p == 0 || p < k; p += dense_depth) {
      const int depth = least(dense_depth, k - p);
      double sums[gemv_rows];
      add_columns(rows, depth, a + i + p * lda, lda, x + p, sums);
      for (int r = 0; r < rows; ++r) c[i + r] = (p == 0 ? 0 : c[i + r]) - sums[r];
    }
  }
}

template <class Real>
void gemv_transposed(int m, int k, const Real* a, Index lda, const double* y, double* c) {
  for (int p = 0; p < m; p += dense_depth) {
    const int depth = least(dense_depth, m - p);
    int j = 0;
    for (; j + 8 <= k; j += 8) dot_columns<8>(depth, a + p + j * lda, lda, y + p, c + j);
    for (; j < k; ++j) dot_columns<1>(depth, a + p + j * lda, lda, y + p, c + j);
  }
}

template void gemv_negative(int, int, const double*, Index, const double*, double*);
template void gemv_negative(int, int, const float*, Index, const double*, double*);
template void gemv_transposed(int, int, const double*, Index, const double*, double*);
template void gemv_transposed(int, int, const float*, Index, const double*, double*);

void flush(int m, int n, float* a, Index lda) {
  for (int j = 0; j < n; ++j, a += lda) {
    for (int i = 0; i < m; ++i) a[i] = a[i] < 0x1p-60f && a[i] > -0x1p-60f ? 0 : a[i];
  }
}

void widen(int m, int n, const float* a, Index lda, double* b) {
  for (int j = 0; j < n; ++j, a += lda, b += m) {
    int i = 0;
    for (; i + 2 <= m; i += 2) store(b + i, load_wide(a + i));
    if (i < m) b[i] = a[i];
  }
}

void trsm_plain(int m, int n, const double* l, Index ldl, double* b, Index ldb) {
  for (int end = n; end > 0;) {
    const int j = (end - 1) / 4 * 4;
    const int width = end - j;
    if (end < n) {
      gemm_plain(m, width, n - end, b + end * ldb, ldb, l + end + j * ldl, ldl, b + j * ldb, ldb);
    }
    solve_few_columns<true>(m, width, l + j + j * ldl, ldl, b + j * ldb, ldb);
    end = j;
  }
}

}  // namespace lacuna::simd
