#include "lacuna/base/shake256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lacuna {

namespace {

using Lanes = std::array<std::uint64_t, 25>;

/// Where the lanes go (π after ρ): element k of the result is element `source[k]`, turned left by
/// `turn[k]` bits. ρ walks (x, y) → (y, 2x + 3y) from (1, 0) and turns by the triangular numbers.
struct Moves {
  std::array<int, 25> source{};
  std::array<int, 25> turn{};

  constexpr Moves() {
    std::array<int, 25> offset{};
    for (int t = 0, x = 1, y = 0; t < 24; ++t) {
      offset[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
      const int next = (2 * x + 3 * y) % 5;
      x = y;
      y = next;
    }
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 5; ++x) {
        const int to = y + 5 * ((2 * x + 3 * y) % 5);
        source[to] = x + 5 * y;
        turn[to] = offset[x + 5 * y];
      }
    }
  }
};
constexpr Moves moves;

/// ι: bits 2ʲ − 1 of the constant of round i are outputs 7i + j of the register x⁸+x⁶+x⁵+x⁴+1.
constexpr std::array<std::uint64_t, 24> constants_of_rounds() {
  std::array<std::uint64_t, 24> constants{};
  unsigned state = 1;
  for (std::uint64_t& constant : constants) {
    for (int j = 0; j < 7; ++j) {
      if (state & 1) constant |= std::uint64_t{1} << ((1 << j) - 1);
      state = state << 1 ^ (state & 0x80 ? 0x171 : 0);
    }
  }
  return constants;
}
constexpr std::array<std::uint64_t, 24> round_constants = constants_of_rounds();

// With every index a constant, the lanes live in registers.
template <std::size_t... K, std::size_t... X>
inline void keccak_round(std::uint64_t (&a)[25], std::uint64_t constant, std::index_sequence<K...>,
                         std::index_sequence<X...>) {
  const std::uint64_t parity[5] = {(a[X] ^ a[X + 5] ^ a[X + 10] ^ a[X + 15] ^ a[X + 20])...};
  const std::uint64_t effect[5] = {(parity[(X + 4) % 5] ^ std::rotl(parity[(X + 1) % 5], 1))...};
  const std::uint64_t b[25] = {
      std::rotl(a[moves.source[K]] ^ effect[moves.source[K] % 5], moves.turn[K])...};
  ((a[K] = b[K] ^ (~b[K / 5 * 5 + (K % 5 + 1) % 5] & b[K / 5 * 5 + (K % 5 + 2) % 5])), ...);
  a[0] ^= constant;
}

/// Eight bytes, the first the least significant.
inline std::uint64_t little_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::little) return word;
  std::uint64_t turned = 0;
  for (int k = 0; k < 8; ++k) turned |= (word >> 8 * k & 0xff) << (56 - 8 * k);
  return turned;
}

inline void add_byte(Lanes& lanes, std::size_t at, std::uint8_t byte) {
  lanes[at / 8] ^= std::uint64_t{byte} << 8 * (at % 8);
}

/// After so many bytes of a block: the bits 1111 that tell SHAKE from other uses, then the padding
/// 10…01.
inline void pad(Lanes& lanes, std::size_t filled) {
  add_byte(lanes, filled, 0x1f);
  add_byte(lanes, Shake256::rate - 1, 0x80);
}

}  // namespace

void keccak_f1600(Lanes& lanes) {
  std::uint64_t a[25];
  std::memcpy(a, lanes.data(), sizeof a);
  for (const std::uint64_t constant : round_constants) {
    keccak_round(a, constant, std::make_index_sequence<25>(), std::make_index_sequence<5>());
  }
  std::memcpy(lanes.data(), a, sizeof a);
}

void shake256_of_block(std::span<const std::uint8_t> message, std::span<std::uint8_t, 32> out) {
  Lanes lanes{};
  if (!message.empty()) std::memcpy(lanes.data(), message.data(), message.size());
  for (std::uint64_t& lane : lanes) lane = little_endian(lane);
  pad(lanes, message.size());
  keccak_f1600(lanes);
  for (std::size_t k = 0; k < out.size() / 8; ++k) {
    const std::uint64_t word = little_endian(lanes[k]);
    std::memcpy(out.data() + 8 * k, &word, 8);
  }
}

void Shake256::absorb(std::span<const std::uint8_t> bytes) {
  const std::uint8_t* from = bytes.data();
  std::size_t left = bytes.size();
  while (left > 0) {
    if (filled_ % 8 != 0 || left < 8) {
      add_byte(lanes_, filled_++, *from++);
      --left;
    } else {
      // Whole lanes, to the end of the block at the most.
      const std::size_t lanes = std::min(left, rate - filled_) / 8;
      for (std::size_t k = 0; k < lanes; ++k) {
        std::uint64_t word;
        std::memcpy(&word, from + 8 * k, 8);
        lanes_[filled_ / 8 + k] ^= little_endian(word);
      }
      from += 8 * lanes;
      left -= 8 * lanes;
      filled_ += 8 * lanes;
    }
    if (filled_ == rate) {
      keccak_f1600(lanes_);
      filled_ = 0;
    }
  }
}

Shake256::Output Shake256::output() const {
  Output output;
  output.lanes_ = lanes_;
  pad(output.lanes_, filled_);
  keccak_f1600(output.lanes_);
  return output;
}

void Shake256::Output::squeeze(std::span<std::uint8_t> out) {
  for (std::uint8_t& byte : out) {
    if (used_ == rate) {
      keccak_f1600(lanes_);
      used_ = 0;
    }
    byte = static_cast<std::uint8_t>(lanes_[used_ / 8] >> 8 * (used_ % 8));
    ++used_;
  }
}

}  // namespace lacuna
