#include "lacuna/policy/plan_memory.hpp"

#include <map>

#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/random.hpp"

namespace lacuna::test {
namespace {

PlanMemory memory_of(std::size_t capacity) {
  PlanMemory memory;
  REQUIRE(memory.reserve(capacity) == Status::ok);
  return memory;
}

constexpr PlanOutcome good{true, 10};
constexpr PlanOutcome bad{false, 12};

TEST_CASE("a plan is trusted after five uses and a counterexample that it survived", "[policy]") {
  PlanMemory memory = memory_of(4);
  memory.record(1, 3, bad);
  CHECK(memory.find(1) == nullptr);
  for (int k = 0; k < 20; ++k) memory.record(1, 3, good);
  // However often it worked.
  CHECK(memory.find(1)->trust == Trust::volatile_);
  CHECK(memory.find(1)->uses == 20);
  memory.record(1, 5, {true, 11});
  CHECK(memory.find(1)->trust == Trust::trusted);
  CHECK(memory.find(1)->survived == 1);
  CHECK(memory.find(1)->lost == (1u << 5));
  CHECK(memory.find(1)->confidence() == Approx(21.0 / 22));
  // Fewer uses are not enough.
  for (int k = 0; k < 3; ++k) memory.record(2, 3, good);
  memory.record(2, 5, bad);
  CHECK(memory.find(2)->trust == Trust::volatile_);
  memory.record(2, 3, good);
  CHECK(memory.find(2)->trust == Trust::volatile_);
  memory.record(2, 3, good);
  CHECK(memory.find(2)->trust == Trust::trusted);
}

TEST_CASE("failures take a plan's trust, and put it into quarantine", "[policy]") {
  PlanMemory memory = memory_of(4);
  for (int k = 0; k < 6; ++k) memory.record(1, 3, good);
  memory.record(1, 4, bad);
  REQUIRE(memory.find(1)->trust == Trust::trusted);
  memory.record(1, 3, bad);
  CHECK(memory.find(1)->trust == Trust::volatile_);
  // Come through it, it is trusted again.
  memory.record(1, 3, good);
  CHECK(memory.find(1)->survived == 2);
  CHECK(memory.find(1)->trust == Trust::trusted);
  memory.record(1, 3, bad);
  memory.record(1, 3, bad);
  CHECK(memory.find(1)->trust == Trust::quarantined);
  // Any other plan that works takes its place, dearer ones too.
  memory.record(1, 6, {false, 1});
  CHECK(memory.find(1)->arm == 3);
  memory.record(1, 5, {true, 30});
  CHECK(memory.find(1)->arm == 5);
  CHECK(memory.find(1)->trust == Trust::volatile_);
  CHECK((memory.find(1)->lost & (1u << 3)) != 0);
}

TEST_CASE("a success share of 0.7 is not enough for trust", "[policy]") {
  PlanMemory memory = memory_of(4);
  for (int k = 0; k < 7; ++k) {
    memory.record(1, 3, good);
    if (k % 2 == 1) memory.record(1, 3, bad);
  }
  REQUIRE(memory.find(1)->uses == 10);
  REQUIRE(memory.find(1)->successes == 7);
  CHECK(memory.find(1)->trust == Trust::volatile_);
  memory.record(1, 3, good);
  CHECK(memory.find(1)->trust == Trust::trusted);
}

TEST_CASE("a cheaper plan takes the place of the one remembered", "[policy]") {
  PlanMemory memory = memory_of(4);
  memory.record(1, 3, {true, 10});
  memory.record(1, 3, {true, 11});
  CHECK(memory.find(1)->mean == Approx(10.5));
  CHECK(memory.find(1)->squares == Approx(0.5));
  memory.record(1, 2, {true, 10.4});
  CHECK(memory.find(1)->arm == 2);
  CHECK(memory.find(1)->uses == 1);
  CHECK(memory.find(1)->lost == (1u << 3));
}

TEST_CASE("the least recently used entry goes, volatile ones first", "[policy]") {
  PlanMemory memory = memory_of(3);
  for (int k = 0; k < 6; ++k) memory.record(1, 3, good);
  memory.record(1, 4, bad);
  for (int k = 0; k < 2; ++k) memory.record(2, 3, good);
  for (int k = 0; k < 2; ++k) memory.record(2, 3, bad);
  memory.record(3, 3, good);
  REQUIRE(memory.find(1)->trust == Trust::trusted);
  REQUIRE(memory.find(2)->trust == Trust::quarantined);
  memory.record(4, 3, good);
  CHECK(memory.find(3) == nullptr);
  memory.record(5, 3, good);
  CHECK(memory.find(4) == nullptr);
  CHECK(memory.find(1) != nullptr);
  CHECK(memory.find(2) != nullptr);
  CHECK(memory.evictions() == 2);
  CHECK(memory.entries().size() == 3);
}

TEST_CASE("look-ups find what was put in, whatever was evicted", "[policy]") {
  PlanMemory memory = memory_of(37);
  std::map<std::uint64_t, std::int32_t> latest;
  Random random(8);
  const std::size_t bytes = memory.bytes();
  for (int k = 0; k < 20000; ++k) {
    // Few different ones, many of which collide in the low bits.
    const std::uint64_t signature = random.bits() % 97 * 0x100000000u;
    const std::int32_t arm = random.below(20);
    if (memory.find(signature) == nullptr) latest[signature] = arm;
    memory.record(signature, latest[signature], good);
    REQUIRE(memory.find(signature) != nullptr);
    REQUIRE(memory.find(signature)->arm == latest[signature]);
    REQUIRE(memory.entries().size() <= 37);
  }
  for (const PlanEntry& entry : memory.entries()) CHECK(memory.find(entry.signature) == &entry);
  CHECK(memory.bytes() == bytes);
}

TEST_CASE("confidence is calibrated", "[policy]") {
  // Of plans whose chances are uniform, those that it gives confidence c work with chance c.
  Random random(9);
  double predicted[10] = {};
  double worked[10] = {};
  double count[10] = {};
  for (int plan = 0; plan < 20000; ++plan) {
    const double chance = random.unit();
    PlanEntry entry;
    const int uses = random.below(12);
    for (int k = 0; k < uses; ++k) {
      entry.uses += 1;
      entry.successes += random.chance(chance);
    }
    const int bin = static_cast<int>(entry.confidence() * 10);
    predicted[bin] += entry.confidence();
    worked[bin] += random.chance(chance);
    count[bin] += 1;
  }
  for (int bin = 0; bin < 10; ++bin) {
    if (count[bin] < 200) continue;
    CHECK(worked[bin] / count[bin] == Approx(predicted[bin] / count[bin]).margin(0.05));
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a memory that does not fit leaves what was there", "[policy]") {
  PlanMemory memory = memory_of(2);
  memory.record(7, 1, good);
  CHECK(memory.reserve(0) == Status::invalid_size);
  CHECK(memory.reserve(PlanMemory::most_entries + 1) == Status::invalid_size);
  fail_everywhere(
      [&] {
        PlanMemory copy;
        if (const Status status = copy.reserve(100); status != Status::ok) return status;
        return copy.copy_from(memory);
      },
      [&](Status) {
        REQUIRE(memory.find(7) != nullptr);
        REQUIRE(memory.find(7)->arm == 1);
      });
}
#endif

}  // namespace
}  // namespace lacuna::test
