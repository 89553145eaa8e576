#include "lacuna/base/checksum.hpp"

#include <algorithm>
#include <cstring>

namespace lacuna {
namespace {

// Odd, so that products can be undone: those of splitmix64 (Steele, Lea & Flood, OOPSLA 2014).
constexpr std::uint64_t factor_word = 0x9e3779b97f4a7c15u;
constexpr std::uint64_t factor_sum = 0xbf58476d1ce4e5b9u;
constexpr std::uint64_t factor_end = 0x94d049bb133111ebu;

std::uint64_t rotate(std::uint64_t x, int by) { return x << by | x >> (64 - by); }

std::uint64_t step(std::uint64_t sum, std::uint64_t word) {
  return rotate(sum + word * factor_word, 31) * factor_sum;
}

}  // namespace

void Checksum::add_block(const unsigned char* bytes) {
  for (int k = 0; k < 4; ++k) {
    std::uint64_t word;
    std::memcpy(&word, bytes + 8 * k, sizeof word);
    sums_[k] = step(sums_[k], word);
  }
}

void Checksum::add(const void* bytes, std::size_t count) {
  // Of nothing, the address may be null.
  if (count == 0) return;
  const auto* p = static_cast<const unsigned char*>(bytes);
  const std::size_t filled = length_ % block;
  length_ += count;
  if (filled > 0) {
    const std::size_t more = std::min(count, block - filled);
    std::memcpy(rest_ + filled, p, more);
    if (filled + more < block) return;
    add_block(rest_);
    p += more;
    count -= more;
  }
  for (; count >= block; count -= block, p += block) add_block(p);
  if (count > 0) std::memcpy(rest_, p, count);
}

std::uint64_t Checksum::value() const {
  std::uint64_t sum = length_;
  for (const std::uint64_t s : sums_) sum = step(sum, s);
  unsigned char last[block] = {};
  std::memcpy(last, rest_, length_ % block);
  for (int k = 0; k < 4; ++k) {
    std::uint64_t word;
    std::memcpy(&word, last + 8 * k, sizeof word);
    sum = step(sum, word);
  }
  sum = (sum ^ sum >> 30) * factor_end;
  return sum ^ sum >> 31;
}

}  // namespace lacuna
