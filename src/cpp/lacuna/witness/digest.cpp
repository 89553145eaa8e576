#include "lacuna/witness/digest.hpp"

namespace lacuna {

Digest digest_of(const Shake256& hash) {
  Digest digest;
  hash.output().squeeze(digest);
  return digest;
}

void absorb_number(Shake256& hash, std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes;
  for (int k = 0; k < 8; ++k) bytes[k] = static_cast<std::uint8_t>(number >> 8 * k);
  hash.absorb(bytes);
}

void absorb_counted(Shake256& hash, std::span<const std::uint8_t> bytes) {
  absorb_number(hash, bytes.size());
  hash.absorb(bytes);
}

void absorb_counted(Shake256& hash, std::string_view text) {
  absorb_counted(hash, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace lacuna
