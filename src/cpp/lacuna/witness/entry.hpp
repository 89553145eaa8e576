#pragma once
#include <cstdint>
#include <span>

#include "lacuna/witness/digest.hpp"

namespace lacuna {

/// What an entry is about. Codes below 0x10 are those of the RVF witness format: provenance is
/// where something comes from, computation is what its acceptance test writes.
enum class EntryType : std::uint8_t {
  provenance = 0x01,  ///< a seed
  acceptance = 0x02,
  build = 0x40,  ///< a solver was set up, or took new values
  solve = 0x41,
  train = 0x42,
  policy = 0x43,  ///< a policy was changed
};

/// One entry, 73 bytes: hash of the entry before (zeros for the first), hash of the action, time or
/// sequence number as little-endian u64, type.
struct WitnessEntry {
  static constexpr std::size_t bytes = 73;

  Digest previous{};
  Digest action{};
  std::uint64_t time = 0;
  EntryType type = EntryType::provenance;

  void write(std::span<std::uint8_t, bytes> to) const;
  static WitnessEntry read(std::span<const std::uint8_t, bytes> from);
};

/// What the next entry holds as hash of this one: one permutation.
Digest entry_hash(std::span<const std::uint8_t, WitnessEntry::bytes> entry);

/// Number of entries of a chain and the hash of the last one, zeros where there is none. Kept apart
/// from the chain, it gives away any change, cut, extension and rebuild.
struct WitnessHead {
  std::uint64_t count = 0;
  Digest last{};

  bool operator==(const WitnessHead&) const = default;
};

}  // namespace lacuna
