#include "lacuna/base/shake256.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes shake(const Bytes& message, std::size_t length) {
  Shake256 hash;
  hash.absorb(message);
  Bytes out(length);
  hash.output().squeeze(out);
  return out;
}

Bytes random_bytes(test::Random& random, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
  return bytes;
}

}  // namespace

TEST_CASE("SHAKE-256 of NIST's example messages") {
  CHECK(test::hex(shake({}, 64)) ==
        "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
        "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be");
  // 1600 bits: more than a block.
  CHECK(test::hex(shake(Bytes(200, 0xa3), 64)) ==
        "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d"
        "2d700caae7396ece96604440577da4f3aa22aeb8857f961c4cd8e06f0ae6610b");
  CHECK(test::hex(shake(Bytes(1'000'000, 'a'), 32)) ==
        "3578a7a4ca9137569cdf76ed617d31bb994fca9c1bbf8b184013de8234dfd13a");
}

// The Secure Hash Algorithm-3 Validation System (NIST, 2012), section 6.3.3; seed and last output
// are those of SHAKE256Monte.rsp.
TEST_CASE("SHAKE-256 runs through NIST's Monte Carlo test") {
  Bytes message{0x48, 0xa0, 0x32, 0x1b, 0x36, 0x53, 0xe4, 0xe8,
                0x64, 0x46, 0xd0, 0x0f, 0x6a, 0x03, 0x6e, 0xfd};
  constexpr std::size_t least = 2, greatest = 250;
  std::size_t length = greatest;
  Bytes out;
  for (int k = 0; k < 100'000; ++k) {
    out = shake(message, length);
    message = out;
    message.resize(16);
    const std::size_t last = out[length - 2] << 8 | out[length - 1];
    length = least + last % (greatest - least + 1);
  }
  CHECK(
      test::hex(out) ==
      "d4c8c26ded38cca426d8d1c8f8aedb5c543541333839deca8713cfd8684480fe923f57c3a5c89cb61427c220c7");
}

TEST_CASE("SHAKE-256 of less than a block is the same in one go", "[witness]") {
  test::Random random(8);
  for (std::size_t length = 0; length < Shake256::rate; ++length) {
    const Bytes message = random_bytes(random, length);
    std::array<std::uint8_t, 32> out;
    shake256_of_block(message, out);
    CHECK(test::hex(out) == test::hex(shake(message, 32)));
  }
}

TEST_CASE("SHAKE-256 takes and gives pieces of any size") {
  test::Random random(7);
  for (int sample = 0; sample < 200; ++sample) {
    const Bytes message = random_bytes(random, random.below(700));
    const Bytes whole = shake(message, 500);
    Shake256 hash;
    for (std::size_t at = 0; at < message.size();) {
      const std::size_t piece = std::min<std::size_t>(random.below(200), message.size() - at);
      hash.absorb(std::span(message).subspan(at, piece));
      at += piece;
    }
    Shake256::Output output = hash.output();
    Bytes out(500);
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t piece = std::min<std::size_t>(random.below(200), out.size() - at);
      output.squeeze(std::span(out).subspan(at, piece));
      at += piece;
    }
    REQUIRE(out == whole);
  }
}

TEST_CASE("SHAKE-256 goes on absorbing after an output was taken") {
  const Bytes first(100, 1), second(100, 2);
  Bytes both = first;
  both.insert(both.end(), second.begin(), second.end());
  Shake256 hash;
  hash.absorb(first);
  Bytes out(32);
  hash.output().squeeze(out);
  CHECK(out == shake(first, 32));
  hash.absorb(second);
  hash.output().squeeze(out);
  CHECK(out == shake(both, 32));
}
