#pragma once
#include <cstdint>

namespace lacuna {

/// Random numbers as a pure function of (seed, walk, draw), so that what a walk does depends
/// neither on how many walks are in flight nor on how the work is sliced. A walk's key is the
/// output of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) at the walk's number, and its draws are
/// the outputs of SplitMix64 from that key on. Streams overlap with probability about
/// (walks)²·(draws a walk)/2⁶⁴.
class CounterRandom {
 public:
  explicit CounterRandom(std::uint64_t seed = 0) : seed_(mix(seed + golden)) {}

  std::uint64_t key(std::uint64_t walk) const { return mix(seed_ + (walk + 1) * golden); }
  static std::uint64_t bits(std::uint64_t key, std::uint64_t draw) {
    return mix(key + (draw + 1) * golden);
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  static double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }
  /// Uniform in 0 … 2³² − 1.
  static std::uint32_t word(std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> 32); }

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace lacuna
