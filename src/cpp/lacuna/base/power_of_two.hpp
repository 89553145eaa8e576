#pragma once
#include <cstdint>
#include <cstring>

/// Exponents of doubles, and doubles of an exponent alone: factors that round nothing.
namespace lacuna {

/// ⌊log₂|v|⌋ of a normal v; −1023 where that is zero or denormal.
inline std::int32_t exponent_of(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return static_cast<std::int32_t>(bits >> 52 & 0x7ff) - 1023;
}

/// 2^exponent, for −1022 … 1023.
inline double power_of_two(std::int32_t exponent) {
  const std::uint64_t bits = static_cast<std::uint64_t>(exponent + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

/// The power of two that brings v > 0 into [1, 2), as far as the range of doubles allows.
inline double reciprocal_power(double v) {
  const std::int32_t exponent = exponent_of(v);
  return power_of_two(exponent > 1022 ? -1022 : exponent < -1022 ? 1022 : -exponent);
}

}  // namespace lacuna
