#include "lacuna/base/checksum.hpp"

#include <algorithm>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

std::uint64_t checksum_of(const std::vector<unsigned char>& bytes) {
  Checksum sum;
  sum.add(bytes.data(), bytes.size());
  return sum.value();
}

std::vector<unsigned char> some_bytes(std::size_t size, test::Random& random) {
  std::vector<unsigned char> bytes(size);
  for (auto& byte : bytes) byte = static_cast<unsigned char>(random.below(256));
  return bytes;
}

}  // namespace

TEST_CASE("a checksum does not depend on how its bytes come") {
  test::Random random(531);
  for (int t = 0; t < 200; ++t) {
    const auto bytes = some_bytes(random.below(300), random);
    Checksum sum;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(random.below(70), bytes.size() - at);
      sum.add(bytes.data() + at, size);
      at += size;
    }
    CHECK(sum.value() == checksum_of(bytes));
  }
}

TEST_CASE("a checksum shows every change of a byte, and what is missing or added") {
  test::Random random(532);
  for (const std::size_t size : {1, 7, 8, 31, 32, 33, 100}) {
    auto bytes = some_bytes(size, random);
    const std::uint64_t right = checksum_of(bytes);
    for (auto& byte : bytes) {
      const unsigned char old = byte;
      for (int change = 1; change < 256; ++change) {
        byte = static_cast<unsigned char>(old ^ change);
        CHECK(checksum_of(bytes) != right);
      }
      byte = old;
    }
    bytes.push_back(0);
    CHECK(checksum_of(bytes) != right);
    bytes.resize(size - 1);
    CHECK(checksum_of(bytes) != right);
  }
}

TEST_CASE("a checksum is the same on every target") {
  std::vector<unsigned char> bytes(100);
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<unsigned char>(3 * k);
  CHECK(checksum_of({}) == 0x93d8cf86e2919ed0u);
  CHECK(checksum_of(bytes) == 0x8de10364b0157a61u);
}
