// The engine's peak: multiplications and additions on registers alone. In a file of its own, so
// that nobody sees through it.
#include "peak.hpp"

#include "lacuna/simd/vector.hpp"

namespace bench {

double spin(int rounds, double seed) {
  using lacuna::simd::f64x2;
  using lacuna::simd::splat;
  // Twelve chains of a multiplication and an addition cover the latency of both.
  const f64x2 m = splat(seed);
  f64x2 v[12];
  for (int i = 0; i < 12; ++i) v[i] = splat(1 + i);
  f64x2 a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5];
  f64x2 g = v[6], h = v[7], p = v[8], q = v[9], r = v[10], s = v[11];
  using lacuna::simd::multiply_add;
  for (int k = 0; k < rounds; ++k) {
    a = multiply_add(a, m, a);
    b = multiply_add(b, m, b);
    c = multiply_add(c, m, c);
    d = multiply_add(d, m, d);
    e = multiply_add(e, m, e);
    f = multiply_add(f, m, f);
    g = multiply_add(g, m, g);
    h = multiply_add(h, m, h);
    p = multiply_add(p, m, p);
    q = multiply_add(q, m, q);
    r = multiply_add(r, m, r);
    s = multiply_add(s, m, s);
  }
  const f64x2 sum = (((a + b) + (c + d)) + ((e + f) + (g + h))) + ((p + q) + (r + s));
  return sum[0] + sum[1];
}

}  // namespace bench
