#pragma once
#include <cstdint>

namespace lacuna {

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) in integers alone: one seed, the same numbers on
/// every target.
class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed = 0) : state_(seed) {}

  /// All there is to it: one that is made with it as its seed goes on where this one is.
  std::uint64_t state() const { return state_; }

  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// 0 … bound − 1, for bound > 0: a multiplication instead of a remainder.
  std::int32_t below(std::int32_t bound) {
    return static_cast<std::int32_t>(((bits() >> 32) * static_cast<std::uint64_t>(bound)) >> 32);
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace lacuna
