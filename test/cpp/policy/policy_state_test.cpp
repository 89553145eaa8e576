#include <string>

#include "lacuna/policy/json_checksum.hpp"
#include "lacuna/policy/json_reader.hpp"
#include "support/fail_everywhere.hpp"
#include "support/policy.hpp"

namespace lacuna::test {
namespace {

/// A policy with something in every part of its state.
std::unique_ptr<Policy> experienced() {
  PolicySettings settings;
  settings.seed = 0x8000000000000001u;
  auto policy = made(settings);
  for (int round = 0; round < 3; ++round) {
    for (const Features& f : family(*policy, 12)) {
      use(*policy, f, [](int arm) { return 1e6 * (1 + arm % 4); });
    }
    for (const Features& f : several(*policy)) {
      use(*policy, f, [](int arm) { return 2e6 * (1 + arm % 3); });
    }
  }
  return policy;
}

std::string resealed(std::string text) {
  JsonDocument document;
  REQUIRE(read_json(text, document).ok());
  const auto checksum = json_checksum(document);
  const auto at = text.find("\"checksum\":\"");
  REQUIRE(at != std::string::npos);
  return text.replace(at + 12, 64, checksum.data(), 64);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

TEST_CASE("a restored policy goes on as the one that was saved", "[policy]") {
  auto policy = experienced();
  const std::string text = state_of(*policy);
  auto copy = made();
  REQUIRE(copy->restore(text).ok());
  CHECK(state_of(*copy) == text);
  CHECK(copy->counts() == policy->counts());
  CHECK(copy->random_state() == policy->random_state());
  for (const Features& f : family(*policy, 20)) {
    const auto cost = [](int arm) { return 1e6 * (1 + arm % 4); };
    CHECK(use(*copy, f, cost).arm == use(*policy, f, cost).arm);
  }
  CHECK(state_of(*copy) == state_of(*policy));
}

TEST_CASE("nothing learned is next to nothing to save", "[policy]") {
  CHECK(state_of(*made()).size() < 600);
}

TEST_CASE("with less room the least worthy patterns go", "[policy]") {
  auto policy = experienced();
  PolicySettings settings;
  settings.memory_entries = 5;
  auto small = made(settings);
  REQUIRE(policy->memory().entries().size() > 5);
  REQUIRE(small->restore(state_of(*policy)).ok());
  CHECK(small->memory().entries().size() == 5);
  CHECK(small->memory().clock() == policy->memory().clock());
}

TEST_CASE("damaged states are refused and change nothing", "[policy]") {
  auto policy = experienced();
  const std::string text = state_of(*policy);
  auto other = made();
  other->record(family(*other, 1)[0], 1, Source::bandit, certified(1e6));
  const std::string before = state_of(*other);
  Random random(13);
  for (int k = 0; k < 1000; ++k) {
    std::string damaged = text;
    switch (k % 4) {
      case 0:
        damaged[random.below(static_cast<std::int32_t>(text.size()))] ^= 1 << random.below(7);
        break;
      case 1: damaged.resize(random.below(static_cast<std::int32_t>(text.size()))); break;
      case 2:
        damaged.erase(random.below(static_cast<std::int32_t>(text.size() - 40)),
                      1 + random.below(30));
        break;
      case 3: {
        // Another digit in place of one.
        std::size_t at = random.below(static_cast<std::int32_t>(text.size()));
        while (damaged[at] < '0' || damaged[at] > '9') at = (at + 1) % text.size();
        damaged[at] = static_cast<char>('0' + (damaged[at] - '0' + 1 + random.below(9)) % 10);
        break;
      }
    }
    if (damaged == text) continue;
    const StateFault fault = other->restore(damaged);
    // A change that the values do not show is none, such as that of a space.
    if (fault.ok()) {
      REQUIRE(state_of(*other) == text);
      REQUIRE(other->restore(before).ok());
    } else {
      REQUIRE(state_of(*other) == before);
    }
  }
}

TEST_CASE("what cannot be is refused with its place", "[policy]") {
  auto policy = experienced();
  const std::string text = state_of(*policy);
  const auto fault_of = [&](const std::string& what, const std::string& by) {
    return policy->restore(resealed(replaced(text, what, by)));
  };
  const auto pointer = [](const StateFault& fault) { return std::string(fault.pointer.data()); };
  CHECK(pointer(fault_of("\"lacuna-policy\"", "\"lacuna-bandit\"")) == "/schema");
  CHECK(fault_of("\"lacuna-policy\"", "\"lacuna-bandit\"").fault.status ==
        Status::invalid_argument);
  CHECK(pointer(fault_of("\"version\":2", "\"version\":3")) == "/version");
  CHECK(pointer(fault_of("\"base\":[", "\"base\":[-")) != "");
  CHECK(pointer(fault_of("\"loss\":[", "\"loss\":[1,")) == "/ledgers/loss");
  CHECK(pointer(fault_of("\"features\":2", "\"features\":3")) == "/features");
  CHECK(pointer(fault_of("\"random\":\"", "\"random\":\"-")) == "/random");
  CHECK(pointer(fault_of("\"ways\":[{\"name\":\"", "\"ways\":[{\"name\":\"x")) == "/ways/0/name");
  CHECK(pointer(fault_of("\"precision\":[", "\"precision\":[-")) == "/ways/0/precision");
  CHECK(pointer(fault_of("\"precision\":[", "\"precision\":[1,")) == "/ways/0/precision");
  CHECK(pointer(fault_of("\"kappa\":", "\"kappa\":-")) == "/arms/0/offset/kappa");
  CHECK(pointer(fault_of("\"size\":\"small\"", "\"size\":\"tiny\"")) == "/cells/0/size");
  CHECK(pointer(fault_of("\"uses\":", "\"uses\":0.5,\"x\":")) == "/memory/entries/0/x");
  CHECK(pointer(fault_of("\"clock\":\"", "\"clock\":\"0")) != "");
  // A value that could be, but was not there when the checksum was taken.
  const StateFault fault = policy->restore(replaced(text, "\"runs\":", "\"runs\":1"));
  CHECK(pointer(fault) == "/checksum");
  CHECK(state_of(*policy) == text);
}

TEST_CASE("a state of version 0 is taken", "[policy]") {
  const std::string text = resealed(
      R"({"schema":"lacuna-policy","version":0,"features":2,"prior":1,"random":"77","ways":[],)"
      R"("arms":[{"name":"cg+jacobi","offset":{"mean":0.25,"kappa":4,"alpha":3,"beta":0.2},)"
      R"("safety":{"alpha":5,"beta":1},"runs":4}],"cells":[],"memory":{"clock":"9","entries":[)"
      R"({"signature":"18446744073709551615","arm":"cg+jacobi","trust":"trusted","uses":6,)"
      R"("successes":6,"counterexamples":1,"survived":1,"mean":13.5,"used":"8"}]},"checksum":")" +
      std::string(64, '0') + "\"}");
  auto policy = made();
  REQUIRE(policy->restore(text).ok());
  const int arm = policy->arms().find("cg+jacobi");
  CHECK(policy->beliefs().arm(arm).runs == 4);
  CHECK(policy->random_state() == 77);
  CHECK(policy->counts() == PolicyCounts{});
  const PlanEntry* entry = policy->memory().find(~std::uint64_t{0});
  REQUIRE(entry != nullptr);
  CHECK(entry->trust == Trust::trusted);
  CHECK(entry->lost == 0);
  // It is written as what it is now.
  CHECK(state_of(*policy).find("\"version\":2") != std::string::npos);
  auto again = made();
  CHECK(again->restore(state_of(*policy)).ok());
}

TEST_CASE("a state of version 1, without ledgers, is taken, and ledgers go along with one",
          "[policy]") {
  auto old = experienced();
  const std::string text = state_of(*old);
  const std::size_t begin = text.find("\"ledgers\":");
  const std::size_t end = text.find("\"ways\":");
  REQUIRE(end != std::string::npos);
  const std::string without = text.substr(0, begin) + text.substr(end);
  auto policy = made();
  REQUIRE(policy->restore(resealed(replaced(without, "\"version\":2", "\"version\":1"))).ok());
  CHECK(policy->counts() == old->counts());
  bool booked = false;
  auto same = made();
  REQUIRE(same->restore(text).ok());
  for (int shape = 0; shape < Context::shapes; ++shape) {
    CHECK(policy->ledger(shape) == Ledger{});
    CHECK(same->ledger(shape) == old->ledger(shape));
    booked = booked || !(old->ledger(shape) == Ledger{});
  }
  CHECK(booked);
}

TEST_CASE("of a state with features measured in another way, what worked on patterns is taken",
          "[policy]") {
  auto old = experienced();
  const std::string text = state_of(*old);
  auto policy = made();
  REQUIRE(policy->restore(resealed(replaced(text, "\"features\":2", "\"features\":1"))).ok());
  CHECK(policy->counts() == old->counts());
  CHECK(policy->random_state() == old->random_state());
  CHECK(policy->memory().entries().size() == old->memory().entries().size());
  const auto fresh = made();
  bool learned = false;
  for (int k = 0; k < policy->arms().count(); ++k) {
    CHECK(policy->beliefs().arm(k) == fresh->beliefs().arm(k));
    learned = learned || !(old->beliefs().arm(k) == fresh->beliefs().arm(k));
  }
  CHECK(learned);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a state that memory is too short for changes nothing", "[policy]") {
  auto policy = experienced();
  const std::string text = state_of(*policy);
  auto other = made();
  const std::string before = state_of(*other);
  fail_everywhere(
      [&] {
        Buffer<char> written;
        return policy->write(written);
      },
      [](Status) {});
  fail_everywhere([&] { return other->restore(text).fault.status; },
                  [&](Status status) {
                    if (status == Status::ok) REQUIRE(other->restore(before).ok());
                  });
  CHECK(state_of(*other) == before);
}
#endif

}  // namespace
}  // namespace lacuna::test
