#include "lacuna/simd/kernels.hpp"

#include <cmath>

#include "lacuna/simd/vector.hpp"

namespace lacuna::simd {
namespace {

double add_lanes(f64x2 a0, f64x2 a1, f64x2 a2, f64x2 a3) {
  const f64x2 sum = (a0 + a1) + (a2 + a3);
  return sum[0] + sum[1];
}

/// A number as the unevaluated sum of a double and what was lost by rounding to it.
struct TwoDoubles {
  double high, low;
};

/// a + b exactly (Knuth).
TwoDoubles add_exactly(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

/// a·b exactly, but for underflow, without a fused multiply-add: factors split into halves.
TwoDoubles multiply_exactly(double a, double b) {
  constexpr double splitter = 134217729;  // 2²⁷ + 1
  const double product = a * b;
  const double ca = splitter * a;
  const double a_high = ca - (ca - a);
  const double a_low = a - a_high;
  const double cb = splitter * b;
  const double b_high = cb - (cb - b);
  const double b_low = b - b_high;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

}  // namespace

double dot(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = x.size();
  f64x2 a0 = splat(0), a1 = splat(0), a2 = splat(0), a3 = splat(0);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    a0 += load(&x[i]) * load(&y[i]);
    a1 += load(&x[i + 2]) * load(&y[i + 2]);
    a2 += load(&x[i + 4]) * load(&y[i + 4]);
    a3 += load(&x[i + 6]) * load(&y[i + 6]);
  }
  double sum = add_lanes(a0, a1, a2, a3);
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

double norm2(std::span<const double> x) {
  const double squares = dot(x, x);
  // Inside this range no square that matters was lost to underflow and none overflowed.
  if (squares > 1e-250 && squares < 1e250) return std::sqrt(squares);
  const double largest = norm_inf(x);
  if (!(largest > 0) || !std::isfinite(largest)) return largest;
  double sum = 0;
  for (const double v : x) {
    const double s = v / largest;
    sum += s * s;
  }
  return largest * std::sqrt(sum);
}

double norm_inf(std::span<const double> x) {
  double largest = 0;
  for (const double v : x) {
    const double a = std::fabs(v);
    if (a > largest || a != a) largest = a;
    if (largest != largest) return largest;
  }
  return largest;
}

std::int64_t first_not_finite(std::span<const double> x) {
  const std::size_t n = x.size();
  constexpr std::size_t block = 1024;
  for (std::size_t start = 0; start < n; start += block) {
    const std::size_t end = start + block < n ? start + block : n;
    f64x2 a = splat(0);
    std::size_t i = start;
    for (; i + 2 <= end; i += 2) a += load(&x[i]) * splat(0);
    double probe = a[0] + a[1];
    for (; i < end; ++i) probe += x[i] * 0;
    if (probe == 0) continue;
    for (i = start; i < end; ++i) {
      if (!std::isfinite(x[i])) return static_cast<std::int64_t>(i);
    }
  }
  return -1;
}

void axpy(double alpha, std::span<const double> x, std::span<double> y) {
  const std::size_t n = x.size();
  const f64x2 a = splat(alpha);
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    store(&y[i], load(&y[i]) + a * load(&x[i]));
    store(&y[i + 2], load(&y[i + 2]) + a * load(&x[i + 2]));
  }
  for (; i < n; ++i) y[i] += alpha * x[i];
}

void xpby(std::span<const double> x, double beta, std::span<double> y) {
  const std::size_t n = x.size();
  const f64x2 b = splat(beta);
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    store(&y[i], load(&x[i]) + b * load(&y[i]));
    store(&y[i + 2], load(&x[i + 2]) + b * load(&y[i + 2]));
  }
  for (; i < n; ++i) y[i] = x[i] + beta * y[i];
}

void scale(double alpha, std::span<double> x) {
  for (double& v : x) v *= alpha;
}

void multiply(std::span<const double> d, std::span<const double> r, std::span<double> z) {
  const std::size_t n = d.size();
  std::size_t i = 0;
  for (; i + 2 <= n; i += 2) store(&z[i], load(&d[i]) * load(&r[i]));
  for (; i < n; ++i) z[i] = d[i] * r[i];
}

double step_and_square(double alpha, std::span<const double> p, std::span<const double> q,
                       std::span<double> x, std::span<double> r) {
  const std::size_t n = p.size();
  const f64x2 a = splat(alpha);
  f64x2 s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
  const auto pass = [&](std::size_t i) {
    store(&x[i], load(&x[i]) + a * load(&p[i]));
    const f64x2 v = load(&r[i]) - a * load(&q[i]);
    store(&r[i], v);
    return v * v;
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += pass(i);
    s1 += pass(i + 2);
    s2 += pass(i + 4);
    s3 += pass(i + 6);
  }
  double sum = add_lanes(s0, s1, s2, s3);
  for (; i < n; ++i) {
    x[i] += alpha * p[i];
    r[i] -= alpha * q[i];
    sum += r[i] * r[i];
  }
  return sum;
}

void spmv_rows(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
               const std::int32_t* indices, const double* data, const double* x, double* y) {
  for (std::int32_t i = begin; i < end; ++i) {
    double sum = 0;
    for (std::int32_t p = indptr[i]; p < indptr[i + 1]; ++p) sum += data[p] * x[indices[p]];
    y[i] = sum;
  }
}

void residual_rows(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
                   const std::int32_t* indices, const double* data, const double* x,
                   const double* b, double* r, double* w) {
  for (std::int32_t i = begin; i < end; ++i) {
    double sum = b[i];
    double magnitude = std::fabs(b[i]);
    for (std::int32_t p = indptr[i]; p < indptr[i + 1]; ++p) {
      const double product = data[p] * x[indices[p]];
      sum -= product;
      magnitude += std::fabs(product);
    }
    r[i] = sum;
    w[i] = magnitude;
  }
}

void residual_rows_twice(std::int32_t begin, std::int32_t end, const std::int32_t* indptr,
                         const std::int32_t* indices, const double* data, const double* x,
                         const double* b, double* r, double* w) {
  for (std::int32_t i = begin; i < end; ++i) {
    double sum = b[i];
    double lost = 0;
    double magnitude = std::fabs(b[i]);
    for (std::int32_t p = indptr[i]; p < indptr[i + 1]; ++p) {
      const TwoDoubles product = multiply_exactly(-data[p], x[indices[p]]);
      const TwoDoubles next = add_exactly(sum, product.high);
      sum = next.high;
      lost += next.low + product.low;
      magnitude += std::fabs(product.high);
    }
    r[i] = sum + lost;
    w[i] = magnitude;
    // Splitting overflows a little before the product itself does.
    if (!std::isfinite(r[i])) residual_rows(i, i + 1, indptr, indices, data, x, b, r, w);
  }
}

}  // namespace lacuna::simd
