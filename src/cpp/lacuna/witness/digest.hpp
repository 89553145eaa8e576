#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lacuna/base/shake256.hpp"

namespace lacuna {

/// 32 bytes of SHAKE-256.
using Digest = std::array<std::uint8_t, 32>;

/// Of all that was absorbed.
Digest digest_of(const Shake256& hash);

/// A number as eight bytes, the least significant first.
void absorb_number(Shake256& hash, std::uint64_t number);

/// How many bytes follow, then the bytes: no two lists of texts give the same stream.
void absorb_counted(Shake256& hash, std::span<const std::uint8_t> bytes);
void absorb_counted(Shake256& hash, std::string_view text);

}  // namespace lacuna
