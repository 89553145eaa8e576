#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include "lacuna/simd/vector.hpp"

/// Register tiles of the dense kernels: the inner loops of `dense.cpp`.
///
/// A tile sums Σₚ a(i, p)·b(j, p) from zero in ascending p, so that an element has the same bits
/// in whatever tile it falls. The tile of 4 × 4 keeps eight accumulators in registers: the best
/// shape in V8, which has 15 SIMD registers to give (4 × 6 and 6 × 4 spill, and so does its loop
/// when it is unrolled). Of floats it is 8 × 4.
namespace lacuna::simd {

/// What becomes of the sums s of a tile: C ← C − s or C ← 0 − s. Not a template parameter: it is
/// looked at once a tile, and the tiles are most of the code.
enum class Put { subtract, negate };

/// How B is stored: `columns`, b(j, p) at b[j + p·ldb], or `rows`, b(j, p) at b[p + j·ldb].
enum class Layout { columns, rows };

template <std::size_t... I, class F>
[[gnu::always_inline]] inline void unrolled(std::index_sequence<I...>, const F& f) {
  (f(std::integral_constant<int, int(I)>()), ...);
}

/// f(0), …, f(count − 1), written out.
template <int count, class F>
[[gnu::always_inline]] inline void unroll(const F& f) {
  unrolled(std::make_index_sequence<count>(), f);
}

/// M rows (1 or as many as fill vectors) from a and N rows from b, over `depth` columns of both,
/// into the M × N elements from c. 2·M·N·depth flops.
template <int M, int N, Layout layout = Layout::columns, class Real>
[[gnu::always_inline]] inline void tile(Put put, int depth, const Real* a, std::ptrdiff_t lda,
                                        const Real* b, std::ptrdiff_t ldb, Real* c,
                                        std::ptrdiff_t ldc) {
  static_assert(M == 1 || M % lanes_of<Real> == 0);
  using Lane = std::conditional_t<M == 1, Real, typename VectorOf<Real>::type>;
  constexpr int width = M == 1 ? 1 : lanes_of<Real>;
  constexpr int lanes = M / width;
  Lane sum[lanes][N];
  unroll<lanes>([&](auto i) { unroll<N>([&](auto j) { sum[i][j] = Lane{}; }); });
  const auto column = [&](const Real* ap, const Real* bp) __attribute__((always_inline)) {
    Lane left[lanes];
    unroll<lanes>([&](auto i) { std::memcpy(&left[i], ap + width * i, sizeof(Lane)); });
    unroll<N>([&](auto j) {
      const Real s = layout == Layout::rows ? bp[j * ldb] : bp[j];
      Lane right;
      if constexpr (M == 1) {
        right = s;
      } else {
        right = spread(s);
      }
      unroll<lanes>([&](auto i) { sum[i][j] = multiply_add(left[i], right, sum[i][j]); });
    });
  };
  const std::ptrdiff_t step = layout == Layout::rows ? 1 : ldb;
  for (int p = 0; p < depth; ++p) {
    column(a, b);
    a += lda;
    b += step;
  }
  const auto each = [&](const auto& f) __attribute__((always_inline)) {
    unroll<N>(
        [&](auto j) { unroll<lanes>([&](auto i) { f(sum[i][j], c + j * ldc + width * i); }); });
  };
  if (put == Put::subtract) {
    each([](const Lane& s, Real* at) {
      Lane old;
      std::memcpy(&old, at, sizeof old);
      old = old - s;
      std::memcpy(at, &old, sizeof old);
    });
  } else {
    each([](const Lane& s, Real* at) {
      const Lane value = Lane{} - s;
      std::memcpy(at, &value, sizeof value);
    });
  }
}

}  // namespace lacuna::simd
