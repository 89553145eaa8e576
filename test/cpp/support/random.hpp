#pragma once
#include <cstdint>
#include <vector>

namespace lacuna::test {

/// splitmix64 (Steele, Lea & Flood, OOPSLA 2014): integers only, so every compiler and target
/// draws the same numbers.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// 0 … bound − 1.
  std::int32_t below(std::int32_t bound) {
    return static_cast<std::int32_t>(bits() % static_cast<std::uint64_t>(bound));
  }

  /// first … last, both included.
  std::int32_t between(std::int32_t first, std::int32_t last) {
    return first + below(last - first + 1);
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Uniform in [−1, 1).
  double sign() { return 2 * unit() - 1; }

  bool chance(double p) { return unit() < p; }

  std::vector<double> vector(std::size_t n) {
    std::vector<double> v(n);
    for (double& e : v) e = sign();
    return v;
  }

  std::vector<std::int32_t> permutation(std::int32_t n) {
    std::vector<std::int32_t> p(n);
    for (std::int32_t i = 0; i < n; ++i) p[i] = i;
    for (std::int32_t i = n - 1; i > 0; --i) std::swap(p[i], p[below(i + 1)]);
    return p;
  }

 private:
  std::uint64_t state_;
};

}  // namespace lacuna::test
