#include "lacuna/base/buffer.hpp"

#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace lacuna;

TEST_CASE("a buffer owns, zeroes, copies and gives back") {
  Buffer<double> buffer;
  CHECK(buffer.empty());
  CHECK(buffer.bytes() == 0);
  REQUIRE(buffer.allocate_zero(5) == Status::ok);
  CHECK(buffer.size() == 5);
  CHECK(buffer.bytes() == 40);
  for (const double v : buffer.span()) CHECK(v == 0);

  const std::vector<double> source{1, 2, 3};
  REQUIRE(buffer.copy_from(source) == Status::ok);
  REQUIRE(buffer.size() == 3);
  CHECK(buffer[2] == 3);
  buffer.truncate(9);
  CHECK(buffer.size() == 3);
  buffer.truncate(1);
  CHECK(buffer.size() == 1);
  REQUIRE(buffer.copy_from(std::span<const double>()) == Status::ok);
  CHECK(buffer.empty());
  buffer.release();
  CHECK(buffer.data() == nullptr);
}

TEST_CASE("moving a buffer leaves the other one empty") {
  Buffer<int> a;
  REQUIRE(a.allocate_zero(4) == Status::ok);
  const int* data = a.data();
  Buffer<int> b(std::move(a));
  CHECK(b.data() == data);
  CHECK(a.empty());
  CHECK(a.data() == nullptr);
  Buffer<int> c;
  REQUIRE(c.allocate(2) == Status::ok);
  c = std::move(b);
  CHECK(c.data() == data);
  CHECK(c.size() == 4);
  CHECK(b.empty());
  Buffer<int>& same = c;
  c = std::move(same);
  CHECK(c.data() == data);
}

TEST_CASE("sizes that overflow or cannot be had leave a buffer as it was") {
  Buffer<double> buffer;
  const std::vector<double> source{1, 2, 3};
  REQUIRE(buffer.copy_from(source) == Status::ok);
  const auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  // The second product wraps around to 8 bytes: nothing that small may be handed out.
  for (const std::size_t count :
       {most, std::numeric_limits<std::size_t>::max() / 8 + 2, most / sizeof(double) + 1}) {
    CHECK(buffer.allocate(count) == Status::out_of_memory);
    CHECK(buffer.allocate_zero(count) == Status::out_of_memory);
    REQUIRE(buffer.size() == 3);
    CHECK(buffer[1] == 2);
  }
}
