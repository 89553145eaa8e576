// The engine's peak: multiplications and additions on registers alone. In a file of its own, so
// that nobody sees through it.
#include "peak.hpp"

#include "lacuna/simd/vector.hpp"

namespace bench {

double spin(int rounds, double seed) {
  using lacuna::simd::f64x2;
  // Six sums cover the latency of an addition. The factors change places in every round, so that no
  // product can be taken out of the loop; all fits into the registers of an engine. Lanes differ:
  // of equal ones a compiler keeps one.
  const f64x2 x{seed, 7 * seed}, y{2 * seed, 11 * seed};
  f64x2 p{3 * seed, 13 * seed}, q{5 * seed, 17 * seed};
  f64x2 a = x, b = x, c = x, d = x, e = x, f = x;
  using lacuna::simd::multiply_add;
  for (int k = 0; k < rounds; ++k) {
    a = multiply_add(p, x, a);
    b = multiply_add(q, x, b);
    c = multiply_add(p, y, c);
    d = multiply_add(q, y, d);
    e = multiply_add(p, q, e);
    f = multiply_add(p, p, f);
    const f64x2 old = p;
    p = q;
    q = old;
  }
  const f64x2 sum = ((a + b) + (c + d)) + (e + f);
  return sum[0] + sum[1];
}

}  // namespace bench
