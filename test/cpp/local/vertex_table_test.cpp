#include "lacuna/local/vertex_table.hpp"

#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

struct Record {
  std::int64_t id;
  double value;
  std::uint32_t home;
  std::uint32_t mark;
};
using Table = VertexTable<Record>;

void check_against_map(int samples) {
  Table table;  // one for all queries: what earlier ones left must not show
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    table.clear();
    CHECK(table.size() == 0);
    std::map<std::int64_t, std::uint32_t> expected;
    const int touches = random.below(2000);
    // Dense ids, strides that all hash alike modulo small powers of two, and ids up to 2⁵³.
    const int kind = random.below(3);
    for (int t = 0; t < touches; ++t) {
      std::int64_t id = random.below(700);
      if (kind == 1) id <<= 40;
      if (kind == 2) id = static_cast<std::int64_t>(random.bits() >> 11) & ~std::int64_t{0xff};
      const std::uint32_t found = table.find(id);
      const auto known = expected.find(id);
      if (known == expected.end()) {
        REQUIRE(found == Table::none);
        REQUIRE(table.reserve(1) == Status::ok);
        const std::uint32_t k = table.touch(id, Record{0, 7, 0, 9});
        REQUIRE(k == expected.size());
        REQUIRE(table[k].value == 7);
        REQUIRE(table[k].mark == 9);
        table[k].value = double(t);
        expected[id] = k;
      } else {
        REQUIRE(found == known->second);
        REQUIRE(table.touch(id, Record{}) == found);
      }
    }
    REQUIRE(table.size() == expected.size());
    for (const auto& [id, k] : expected) {
      REQUIRE(table.find(id) == k);
      REQUIRE(table[k].id == id);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_against_map, "a vertex table is a map that is cleared in no time", 60, 5000)

TEST_CASE("an empty table finds nothing") {
  Table table;
  CHECK(table.find(0) == Table::none);
  CHECK(table.capacity() == 0);
  REQUIRE(table.reserve(3) == Status::ok);
  CHECK(table.find(0) == Table::none);
  CHECK(table.capacity() == 64);
  CHECK(table.bytes() == 64 * sizeof(Record) + 128 * 4);
}

TEST_CASE("room that was reserved is enough, and growing keeps what is there") {
  Table table;
  REQUIRE(table.reserve(1000) == Status::ok);
  const std::size_t capacity = table.capacity();
  for (std::int64_t v = 0; v < 1000; ++v) table.touch(v * v, Record{0, double(v), 0, 0});
  CHECK(table.capacity() == capacity);
  REQUIRE(table.reserve(5000) == Status::ok);
  CHECK(table.capacity() > capacity);
  for (std::int64_t v = 0; v < 1000; ++v) CHECK(table[table.find(v * v)].value == double(v));
}

TEST_CASE("a table that cannot be is refused") {
  Table table;
  CHECK(table.reserve((std::size_t{1} << 30) + 1) == Status::out_of_memory);
  CHECK(table.reserve(std::size_t{0xfffffff0u}) == Status::out_of_memory);
  CHECK(table.reserve(1) == Status::ok);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a table whose growth fails is what it was") {
  for (int failing = 1; failing <= 2; ++failing) {
    Table table;
    REQUIRE(table.reserve(64) == Status::ok);
    for (std::int64_t v = 0; v < 64; ++v) table.touch(3 * v, Record{});
    {
      test::FailingMemory memory(failing, false);
      REQUIRE(table.reserve(1) == Status::out_of_memory);
    }
    CHECK(table.size() == 64);
    for (std::int64_t v = 0; v < 64; ++v) CHECK(table.find(3 * v) == v);
    CHECK(table.find(1) == Table::none);
    REQUIRE(table.reserve(1) == Status::ok);
    CHECK(table.touch(1, Record{}) == 64);
  }
}
#endif
