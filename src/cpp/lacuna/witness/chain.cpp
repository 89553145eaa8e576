#include "lacuna/witness/chain.hpp"

#include <algorithm>
#include <cstring>

#include "lacuna/witness/verify.hpp"

namespace lacuna {

Status WitnessChain::reserve(std::size_t more) {
  constexpr std::size_t least = 16;
  const std::size_t held = buffer_.size() / WitnessEntry::bytes;
  if (more <= held - size()) return Status::ok;
  if (more > (std::size_t{1} << 31) / WitnessEntry::bytes - size()) return Status::out_of_memory;
  Buffer<std::uint8_t> larger;
  // Where there is no room to grow by halves, there may be for what is needed.
  std::size_t count = std::max({least, size() + more, held + held / 2});
  if (larger.allocate(count * WitnessEntry::bytes) != Status::ok) {
    const Status status = larger.allocate((size() + more) * WitnessEntry::bytes);
    if (status != Status::ok) return status;
  }
  if (size() > 0) std::memcpy(larger.data(), buffer_.data(), size() * WitnessEntry::bytes);
  buffer_ = std::move(larger);
  return Status::ok;
}

Status WitnessChain::append(EntryType type, std::uint64_t time, const Digest& action) {
  const Status status = reserve(1);
  if (status != Status::ok) return status;
  const std::span<std::uint8_t, WitnessEntry::bytes> place(
      buffer_.data() + size() * WitnessEntry::bytes, WitnessEntry::bytes);
  WitnessEntry{head_.last, action, time, type}.write(place);
  head_ = {head_.count + 1, entry_hash(place)};
  return Status::ok;
}

Fault WitnessChain::restore(std::span<const std::uint8_t> bytes, const WitnessHead& head) {
  const WitnessVerdict verdict = verify_witness(bytes, &head);
  if (verdict.flaw != WitnessFlaw::none) return {Status::invalid_argument, verdict.first_bad};
  Buffer<std::uint8_t> copy;
  const Status status = copy.copy_from(bytes);
  if (status != Status::ok) return status;
  buffer_ = std::move(copy);
  head_ = head;
  return {};
}

}  // namespace lacuna
