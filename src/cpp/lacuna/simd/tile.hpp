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
/// when it is unrolled).
namespace lacuna::simd {

/// What becomes of the sums s of a tile: C ← C − s or C ← −s.
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

template <class Lane>
[[gnu::always_inline]] inline Lane spread(double s) {
  if constexpr (std::is_same_v<Lane, double>) {
    return s;
  } else {
    return splat(s);
  }
}

/// M rows (1 or an even number) from a and N rows from b, over `depth` columns of both, into the
/// M × N elements from c. 2·M·N·depth flops.
template <int M, int N, Put put, Layout layout = Layout::columns>
[[gnu::always_inline]] inline void tile(int depth, const double* a, std::ptrdiff_t lda,
                                        const double* b, std::ptrdiff_t ldb, double* c,
                                        std::ptrdiff_t ldc) {
  static_assert(M == 1 || M % 2 == 0);
  using Lane = std::conditional_t<M == 1, double, f64x2>;
  constexpr int width = M == 1 ? 1 : 2;
  constexpr int lanes = M / width;
  Lane sum[lanes][N];
  unroll<lanes>([&](auto i) { unroll<N>([&](auto j) { sum[i][j] = Lane{}; }); });
  const auto column = [&](const double* ap, const double* bp) __attribute__((always_inline)) {
    Lane left[lanes];
    unroll<lanes>([&](auto i) { std::memcpy(&left[i], ap + width * i, sizeof(Lane)); });
    unroll<N>([&](auto j) {
      const double s = layout == Layout::rows ? bp[j * ldb] : bp[j];
      const Lane right = spread<Lane>(s);
      unroll<lanes>([&](auto i) { sum[i][j] = multiply_add(left[i], right, sum[i][j]); });
    });
  };
  const std::ptrdiff_t step = layout == Layout::rows ? 1 : ldb;
  for (int p = 0; p < depth; ++p) {
    column(a, b);
    a += lda;
    b += step;
  }
  unroll<N>([&](auto j) {
    unroll<lanes>([&](auto i) {
      double* at = c + j * ldc + width * i;
      Lane value = -sum[i][j];
      if constexpr (put == Put::subtract) {
        Lane old;
        std::memcpy(&old, at, sizeof old);
        value = old - sum[i][j];
      }
      std::memcpy(at, &value, sizeof value);
    });
  });
}

}  // namespace lacuna::simd
