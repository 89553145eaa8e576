#include "lacuna/solver/registry.hpp"

#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/solve.hpp"

using namespace lacuna;

TEST_CASE("a handle finds its solver until it is removed") {
  SolverRegistry registry;
  const auto solver = test::planned(test::grid(2, 2).matrix());
  const std::uint32_t handle = registry.add(solver);
  CHECK(handle != 0);
  CHECK(registry.size() == 1);
  REQUIRE(registry.find(handle) != nullptr);
  CHECK(registry.find(handle)->get() == solver.get());
  CHECK(solver.use_count() == 2);
  CHECK(registry.remove(handle));
  CHECK(solver.use_count() == 1);
  CHECK(registry.size() == 0);
  CHECK(registry.find(handle) == nullptr);
  CHECK_FALSE(registry.remove(handle));
}

TEST_CASE("handles that were never given find nothing") {
  SolverRegistry registry;
  CHECK(registry.find(0) == nullptr);
  CHECK(registry.find(1) == nullptr);
  CHECK(registry.find(0xffffffffu) == nullptr);
  CHECK_FALSE(registry.remove(0));
  registry.add(test::planned(test::grid(2, 2).matrix()));
  CHECK(registry.find(0) == nullptr);
  CHECK(registry.find(0xffffffffu) == nullptr);
}

TEST_CASE("the registry grows, and its handles stay valid") {
  SolverRegistry registry;
  std::vector<std::shared_ptr<Solver>> solvers;
  std::vector<std::uint32_t> handles;
  std::set<std::uint32_t> distinct;
  for (int k = 0; k < 100; ++k) {
    solvers.push_back(test::planned(test::grid(1 + k % 3, 1).matrix()));
    handles.push_back(registry.add(solvers.back()));
    distinct.insert(handles.back());
  }
  CHECK(distinct.size() == 100);
  for (int k = 0; k < 100; ++k) CHECK(registry.find(handles[k])->get() == solvers[k].get());
  for (int k = 0; k < 100; k += 2) CHECK(registry.remove(handles[k]));
  CHECK(registry.size() == 50);
  for (int k = 0; k < 100; ++k) CHECK((registry.find(handles[k]) != nullptr) == (k % 2 == 1));
}

TEST_CASE("no handle is ever given twice, however often slots are used again") {
  SolverRegistry registry;
  const auto solver = test::planned(test::grid(1, 1).matrix());
  std::set<std::uint32_t> seen;
  // More than one slot has generations.
  for (int k = 0; k < 10000; ++k) {
    const std::uint32_t handle = registry.add(solver);
    REQUIRE(handle != 0);
    REQUIRE(seen.insert(handle).second);
    REQUIRE(registry.remove(handle));
    REQUIRE(registry.find(handle) == nullptr);
  }
  CHECK(registry.size() == 0);
}
