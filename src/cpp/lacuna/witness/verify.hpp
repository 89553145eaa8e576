#pragma once
#include <cstdint>
#include <span>

#include "lacuna/witness/entry.hpp"

namespace lacuna {

/// Why a chain is not what its head says; the numbers are part of the binary interface.
enum class WitnessFlaw : std::int32_t {
  none = 0,
  broken_link = 1,    ///< an entry does not hold the hash of the one before
  partial_entry = 2,  ///< the length is not a multiple of 73
  missing = 3,        ///< fewer entries than the head counts
  surplus = 4,        ///< entries after the last one that the head knows
  wrong_last =
      5,  ///< all links hold, but they lead to another last entry: it, or all, was made anew
};

struct WitnessVerdict {
  WitnessFlaw flaw = WitnessFlaw::none;
  std::uint64_t entries = 0;    ///< whole ones that there are
  std::int64_t first_bad = -1;  ///< first entry that is changed, missing or too much; −1 if none
};

/// Checks a chain as it comes in, in pieces of any size: one permutation for each entry up to the
/// first bad one, constant memory.
class WitnessVerifier {
 public:
  /// Without a head only the links are checked: the last entry could be any, and the end be
  /// missing.
  explicit WitnessVerifier(const WitnessHead* head);

  void absorb(std::span<const std::uint8_t> bytes);

  /// Where a link is broken, the entry that holds it is the bad one if the next link is broken too,
  /// the one before if not: that names the entry of which any byte was changed.
  WitnessVerdict verdict() const;

 private:
  void take(std::span<const std::uint8_t, WitnessEntry::bytes> entry);

  WitnessHead head_;
  bool has_head_;
  Digest expected_{};  ///< what the next entry has to hold
  std::uint64_t entries_ = 0;
  std::int64_t broken_ = -1;  ///< first entry whose link is
  std::int64_t bad_ = -1;     ///< the entry to blame, once known
  bool reached_head_;         ///< the entry that the head calls the last was there
  std::array<std::uint8_t, WitnessEntry::bytes> partial_;
  std::size_t partial_size_ = 0;
};

WitnessVerdict verify_witness(std::span<const std::uint8_t> bytes, const WitnessHead* head);

}  // namespace lacuna
