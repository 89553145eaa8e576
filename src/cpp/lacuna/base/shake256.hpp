#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna {

/// The permutation Keccak-f[1600] (FIPS 202, section 3), in place. Lane (x, y) is element x + 5y.
/// About 2,500 64-bit operations, no table lookups that depend on data.
void keccak_f1600(std::array<std::uint64_t, 25>& lanes);

/// SHAKE-256 (FIPS 202): bytes in, in pieces of any size, and any number of bytes out. One
/// permutation for each 136 bytes, in or out.
class Shake256 {
 public:
  /// Bytes that one permutation takes in or gives.
  static constexpr std::size_t rate = 136;

  /// What follows a message, as long as wanted: piece after piece.
  class Output {
   public:
    void squeeze(std::span<std::uint8_t> out);

   private:
    friend class Shake256;
    std::array<std::uint64_t, 25> lanes_;
    std::size_t used_ = 0;  ///< bytes of the present block that were given
  };

  void absorb(std::span<const std::uint8_t> bytes);

  /// The output of all that was absorbed so far; more can be absorbed afterwards.
  Output output() const;

 private:
  std::array<std::uint64_t, 25> lanes_{};
  std::size_t filled_ = 0;  ///< bytes of the present block that were taken
};

/// The first 32 bytes of SHAKE-256 of a message of less than `Shake256::rate` bytes: one
/// permutation and little besides, where pieces would cost a third more.
void shake256_of_block(std::span<const std::uint8_t> message, std::span<std::uint8_t, 32> out);

}  // namespace lacuna
