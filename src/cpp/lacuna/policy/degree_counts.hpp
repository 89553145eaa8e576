#pragma once
#include <array>
#include <cstdint>

namespace lacuna {

/// How many vertices have so many neighbors: exactly to 63, above in eighths of octaves.
class DegreeCounts {
 public:
  static constexpr int classes = 264;

  void add(std::int32_t degree) { ++counts_[class_of(degree)]; }
  std::int32_t count(int k) const { return counts_[k]; }

  /// Neighbors of the vertices of a class, above 63 those of the middle of it.
  static double degree(int k) {
    if (k < exact) return k;
    const int octave = (k - exact) / parts;
    const int part = (k - exact) % parts;
    return (parts + part + 0.5) * static_cast<double>(std::int64_t{1} << (octave + 3));
  }

 private:
  static constexpr int exact = 64;
  static constexpr int parts = 8;

  static int class_of(std::int32_t degree) {
    if (degree < exact) return degree;
    const int power = 31 - __builtin_clz(static_cast<std::uint32_t>(degree));
    return exact + (power - 6) * parts + (degree >> (power - 3)) % parts;
  }

  std::array<std::int32_t, classes> counts_{};
};

}  // namespace lacuna
