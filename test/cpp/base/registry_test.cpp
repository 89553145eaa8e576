#include "lacuna/base/registry.hpp"

#include <map>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

using Numbers = Registry<int>;

std::uint32_t added(Numbers& registry, int value) {
  auto handle = registry.add(std::make_shared<int>(value));
  REQUIRE(handle.ok());
  return handle.value();
}

}  // namespace

TEST_CASE("a handle finds its instance until it is removed") {
  Numbers registry;
  const auto instance = std::make_shared<int>(3);
  auto handle = registry.add(instance);
  REQUIRE(handle.ok());
  CHECK(handle.value() != 0);
  CHECK(registry.size() == 1);
  REQUIRE(registry.find(handle.value()) != nullptr);
  CHECK(registry.find(handle.value())->get() == instance.get());
  CHECK(instance.use_count() == 2);
  CHECK(registry.remove(handle.value()) == Status::ok);
  CHECK(instance.use_count() == 1);
  CHECK(registry.size() == 0);
  CHECK(registry.find(handle.value()) == nullptr);
}

TEST_CASE("a handle that is stale, freed twice or never given is told apart") {
  Numbers registry;
  for (const std::uint32_t unknown : {0u, 1u, 0xffffffffu}) {
    CHECK(registry.check(unknown) == Status::unknown_handle);
    CHECK(registry.remove(unknown) == Status::unknown_handle);
  }
  const std::uint32_t first = added(registry, 1);
  REQUIRE(registry.remove(first) == Status::ok);
  CHECK(registry.check(first) == Status::stale_handle);
  CHECK(registry.remove(first) == Status::double_free);
  // The next tenant of the slot is not disturbed.
  const std::uint32_t second = added(registry, 2);
  CHECK(registry.check(first) == Status::stale_handle);
  CHECK(registry.remove(first) == Status::double_free);
  REQUIRE(registry.find(second) != nullptr);
  CHECK(**registry.find(second) == 2);
  for (const std::uint32_t unknown : {0u, second + 1, second + (1u << 20), 0xffffffffu}) {
    CHECK(registry.check(unknown) == Status::unknown_handle);
    CHECK(registry.find(unknown) == nullptr);
  }
}

TEST_CASE("a registry keeps to its limit and takes on again what is let go") {
  Numbers registry(micro_instances);
  std::vector<std::uint32_t> handles;
  for (int k = 0; k < 8; ++k) handles.push_back(added(registry, k));
  CHECK(registry.add(std::make_shared<int>(8)).fault().status == Status::instance_limit);
  CHECK(registry.size() == 8);
  REQUIRE(registry.remove(handles[3]) == Status::ok);
  handles[3] = added(registry, 3);
  for (int k = 0; k < 8; ++k) CHECK(**registry.find(handles[k]) == k);

  registry.set_limit(2);
  CHECK(registry.size() == 8);
  CHECK(registry.add(std::make_shared<int>(8)).fault().status == Status::instance_limit);
  registry.set_limit(9);
  CHECK(**registry.find(added(registry, 8)) == 8);
}

TEST_CASE("the standard registry holds 65,536 instances") {
  Numbers registry;
  const auto instance = std::make_shared<int>(0);
  std::set<std::uint32_t> distinct;
  for (int k = 0; k < 65'536; ++k) {
    auto handle = registry.add(instance);
    REQUIRE(handle.ok());
    distinct.insert(handle.value());
  }
  CHECK(distinct.size() == 65'536);
  CHECK(registry.add(instance).fault().status == Status::instance_limit);
}

TEST_CASE("a registry agrees with a map under random use") {
  test::Random random(5);
  Numbers registry(40);
  std::map<std::uint32_t, int> live;
  std::vector<std::uint32_t> removed;
  for (int step = 0; step < 20'000; ++step) {
    if (random.chance(0.5)) {
      auto handle = registry.add(std::make_shared<int>(step));
      CHECK(handle.ok() == (live.size() < 40));
      if (handle.ok()) CHECK(live.emplace(handle.value(), step).second);
    } else if (!live.empty()) {
      const auto chosen = std::next(live.begin(), random.below(static_cast<int>(live.size())));
      CHECK(**registry.find(chosen->first) == chosen->second);
      CHECK(registry.remove(chosen->first) == Status::ok);
      removed.push_back(chosen->first);
      live.erase(chosen);
    }
    CHECK(registry.size() == live.size());
    if (!removed.empty()) {
      CHECK(registry.check(removed[random.below(static_cast<int>(removed.size()))]) ==
            Status::stale_handle);
    }
  }
  for (const auto& [handle, value] : live) CHECK(**registry.find(handle) == value);
}

TEST_CASE("no handle is ever given twice, however often slots are used again") {
  Numbers registry;
  std::set<std::uint32_t> seen;
  // More than one slot has generations.
  for (int k = 0; k < 10'000; ++k) {
    const std::uint32_t handle = added(registry, k);
    REQUIRE(handle != 0);
    REQUIRE(seen.insert(handle).second);
    REQUIRE(registry.remove(handle) == Status::ok);
    REQUIRE(registry.check(handle) == Status::stale_handle);
  }
  CHECK(registry.size() == 0);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a registry loses nothing where memory is short") {
  Numbers registry;
  std::vector<std::uint32_t> handles;
  for (int k = 0; k < 16; ++k) handles.push_back(added(registry, k));
  const auto more = std::make_shared<int>(16);
  for (long first = 1; first <= 17; ++first) {
    test::FailingMemory failing(first, false);
    CHECK(registry.add(more).fault().status == Status::out_of_memory);
    CHECK(failing.struck());
  }
  CHECK(more.use_count() == 1);
  CHECK(registry.add(more).ok());
  for (int k = 0; k < 16; ++k) CHECK(**registry.find(handles[k]) == k);
}
#endif
