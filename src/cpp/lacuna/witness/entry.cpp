#include "lacuna/witness/entry.hpp"

#include <algorithm>

namespace lacuna {

void WitnessEntry::write(std::span<std::uint8_t, bytes> to) const {
  std::uint8_t* at = std::copy(previous.begin(), previous.end(), to.data());
  at = std::copy(action.begin(), action.end(), at);
  for (int k = 0; k < 8; ++k) *at++ = static_cast<std::uint8_t>(time >> 8 * k);
  *at = static_cast<std::uint8_t>(type);
}

WitnessEntry WitnessEntry::read(std::span<const std::uint8_t, bytes> from) {
  WitnessEntry entry;
  std::copy_n(from.data(), 32, entry.previous.data());
  std::copy_n(from.data() + 32, 32, entry.action.data());
  for (int k = 0; k < 8; ++k) entry.time |= std::uint64_t{from[64 + k]} << 8 * k;
  entry.type = static_cast<EntryType>(from[72]);
  return entry;
}

Digest entry_hash(std::span<const std::uint8_t, WitnessEntry::bytes> entry) {
  Digest digest;
  shake256_of_block(entry, digest);
  return digest;
}

}  // namespace lacuna
