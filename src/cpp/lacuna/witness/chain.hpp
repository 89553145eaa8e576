#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/witness/entry.hpp"

namespace lacuna {

/// A list of what was done, to which entries can only be added: each holds the hash of the one
/// before, so that none can be changed without changing all after it, and the head, which says how
/// many there are and how the last one hashes. 73 bytes and one permutation for each entry.
class WitnessChain {
 public:
  /// Makes room for so many more entries, whose `append` then cannot fail. On failure nothing has
  /// changed.
  [[nodiscard]] Status reserve(std::size_t more);

  /// `out_of_memory` where there is no room; the chain is as it was then.
  [[nodiscard]] Status append(EntryType type, std::uint64_t time, const Digest& action);

  /// Goes on from a chain that was kept. `invalid_argument` unless it is a chain that ends in
  /// `head` (position: its first bad entry), `out_of_memory`; this one is as it was then.
  Fault restore(std::span<const std::uint8_t> bytes, const WitnessHead& head);

  std::size_t size() const { return static_cast<std::size_t>(head_.count); }
  const WitnessHead& head() const { return head_; }
  std::span<const std::uint8_t> bytes() const {
    return buffer_.span().first(size() * WitnessEntry::bytes);
  }

 private:
  Buffer<std::uint8_t> buffer_;
  WitnessHead head_;
};

}  // namespace lacuna
