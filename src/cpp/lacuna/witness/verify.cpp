#include "lacuna/witness/verify.hpp"

#include <algorithm>
#include <cstring>

namespace lacuna {
namespace {

/// Whether the bytes are those of the digest, by words: it is asked once for every entry.
bool holds(const std::uint8_t* bytes, const Digest& digest) {
  std::uint64_t differences = 0;
  for (std::size_t k = 0; k < digest.size(); k += 8) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, bytes + k, 8);
    std::memcpy(&b, digest.data() + k, 8);
    differences |= a ^ b;
  }
  return differences == 0;
}

}  // namespace

WitnessVerifier::WitnessVerifier(const WitnessHead* head)
    : head_(head == nullptr ? WitnessHead{} : *head),
      has_head_(head != nullptr),
      reached_head_(head_ == WitnessHead{}) {}

void WitnessVerifier::absorb(std::span<const std::uint8_t> bytes) {
  if (partial_size_ > 0) {
    const std::size_t more = std::min(bytes.size(), WitnessEntry::bytes - partial_size_);
    std::copy_n(bytes.data(), more, partial_.data() + partial_size_);
    partial_size_ += more;
    bytes = bytes.subspan(more);
    if (partial_size_ < WitnessEntry::bytes) return;
    take(partial_);
    partial_size_ = 0;
  }
  for (; bytes.size() >= WitnessEntry::bytes; bytes = bytes.subspan(WitnessEntry::bytes)) {
    take(bytes.first<WitnessEntry::bytes>());
  }
  std::copy(bytes.begin(), bytes.end(), partial_.data());
  partial_size_ = bytes.size();
}

void WitnessVerifier::take(std::span<const std::uint8_t, WitnessEntry::bytes> entry) {
  const auto index = static_cast<std::int64_t>(entries_++);
  if (bad_ >= 0) return;
  const bool linked = holds(entry.data(), expected_);
  if (broken_ >= 0) {
    bad_ = linked ? std::max<std::int64_t>(0, broken_ - 1) : broken_;
    return;
  }
  if (!linked) broken_ = index;
  expected_ = entry_hash(entry);
  if (entries_ == head_.count) reached_head_ = expected_ == head_.last;
}

WitnessVerdict WitnessVerifier::verdict() const {
  WitnessVerdict verdict{WitnessFlaw::none, entries_, -1};
  const auto entries = static_cast<std::int64_t>(entries_);
  const auto blame = [&](WitnessFlaw flaw, std::int64_t entry) {
    verdict.flaw = flaw;
    verdict.first_bad = std::max<std::int64_t>(0, entry);
    return verdict;
  };
  if (bad_ >= 0) return blame(WitnessFlaw::broken_link, bad_);
  if (broken_ >= 0) {
    // The broken link is that of the last entry: the head is what links to it.
    const bool linked = has_head_ && entries_ == head_.count && reached_head_;
    return blame(WitnessFlaw::broken_link, linked ? broken_ - 1 : broken_);
  }
  if (has_head_ && entries_ > head_.count) {
    return reached_head_
               ? blame(WitnessFlaw::surplus, static_cast<std::int64_t>(head_.count))
               : blame(WitnessFlaw::wrong_last, static_cast<std::int64_t>(head_.count) - 1);
  }
  if (partial_size_ > 0) return blame(WitnessFlaw::partial_entry, entries);
  if (has_head_ && entries_ < head_.count) return blame(WitnessFlaw::missing, entries);
  if (has_head_ && !reached_head_) return blame(WitnessFlaw::wrong_last, entries - 1);
  return verdict;
}

WitnessVerdict verify_witness(std::span<const std::uint8_t> bytes, const WitnessHead* head) {
  WitnessVerifier verifier(head);
  verifier.absorb(bytes);
  return verifier.verdict();
}

}  // namespace lacuna
