#pragma once
#include <cstddef>
#include <cstdint>

namespace lacuna {

/// A 64-bit checksum of a stream of bytes, the same however it is cut into pieces and on every
/// little-endian target; not for secrets. Four sums take turns with words of 8 bytes. Each step is
/// invertible in the word and in the sum, and so is their mixing at the end: a change within one
/// word, of any number of bits, always shows; any other one with a chance of 2⁻⁶⁴ of passing.
class Checksum {
 public:
  void add(const void* bytes, std::size_t count);

  /// Of all that was added so far.
  std::uint64_t value() const;

 private:
  static constexpr std::size_t block = 32;

  void add_block(const unsigned char* bytes);

  std::uint64_t sums_[4] = {1, 2, 3, 4};
  unsigned char rest_[block] = {};  // bytes that fill no block yet
  std::uint64_t length_ = 0;
};

}  // namespace lacuna
