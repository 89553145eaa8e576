// The engine's peak: multiplications and additions on registers alone. In a file of its own, so
// that nobody sees through it.
#include "peak.hpp"

#include "lacuna/simd/vector.hpp"

namespace bench {

double spin(int rounds, double seed) {
  using lacuna::simd::f64x2;
  // Twelve chains t ← t·x + y cover the latency of both operations and fill, with x and y, 14 of an
  // engine's 15 registers. Every product takes what the round before gave: none can be folded into
  // another or taken out of the loop, however often that is unrolled. |x| < 1: the chains stay finite.
  const f64x2 x{0.5 * seed, 0.25 * seed}, y{2 * seed, 3 * seed};
  f64x2 a = y, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y;
  f64x2 g = f + y, h = g + y, i = h + y, j = i + y, k = j + y, l = k + y;
  using lacuna::simd::multiply_add;
  for (int round = 0; round < rounds; ++round) {
    a = multiply_add(a, x, y);
    b = multiply_add(b, x, y);
    c = multiply_add(c, x, y);
    d = multiply_add(d, x, y);
    e = multiply_add(e, x, y);
    f = multiply_add(f, x, y);
    g = multiply_add(g, x, y);
    h = multiply_add(h, x, y);
    i = multiply_add(i, x, y);
    j = multiply_add(j, x, y);
    k = multiply_add(k, x, y);
    l = multiply_add(l, x, y);
  }
  const f64x2 sum = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l));
  return sum[0] + sum[1];
}

}  // namespace bench
