#include "lacuna/base/elementary.hpp"

#include <cstdint>
#include <limits>

namespace lacuna {
namespace {

// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;

/// 2ᵏ for a normal result.
double power_of_two(int k) {
  return __builtin_bit_cast(double, static_cast<std::uint64_t>(k + 1023) << 52);
}

}  // namespace

double natural_log(double x) {
  if (!(x > 0)) return x == 0 ? -infinity : std::numeric_limits<double>::quiet_NaN();
  if (x == infinity) return x;
  int e = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    e = -54;
  }
  const auto bits = __builtin_bit_cast(std::uint64_t, x);
  e += static_cast<int>(bits >> 52) - 1023;
  double m = __builtin_bit_cast(double, (bits & fraction_mask) | 0x3ff0000000000000u);
  constexpr double root_two = 0x1.6a09e667f3bcdp+0;
  if (m >= root_two) {
    m *= 0.5;
    ++e;
  }
  const double f = m - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  double tail = 0;
  for (int k = 23; k >= 3; k -= 2) tail = (tail + 2.0 / k) * z;
  // 2s = f − s·f, so that all but a small correction is exact.
  const double correction = s * (f - tail);
  if (e == 0) return f - correction;
  return e * ln2_high - ((correction - e * ln2_low) - f);
}

double exponential(double x) {
  if (x != x) return x;
  if (x > 709.79) return infinity;
  if (x < -745.2) return 0;
  constexpr double per_ln2 = 0x1.71547652b82fep+0;
  const int k = static_cast<int>(x * per_ln2 + (x < 0 ? -0.5 : 0.5));
  const double high = x - k * ln2_high;
  const double low = k * ln2_low;
  const double r = high - low;
  // What the difference lost is as large as an ulp of r.
  const double lost = (high - r) - low;
  double series = 0;
  for (int j = 14; j >= 2; --j) series = (1 + series) * r / j;
  const double y = 1 + (r + (r * series + lost));
  const int half = k / 2;
  return y * power_of_two(half) * power_of_two(k - half);
}

}  // namespace lacuna
