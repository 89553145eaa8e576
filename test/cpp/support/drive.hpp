#pragma once
#include "lacuna/base/budget.hpp"
#include "lacuna/base/task.hpp"
#include "support/catch.hpp"

namespace lacuna::test {

/// To its end, in slices of `work` flops where that is given; how many.
template <class T>
int drive(T& task, double work = 0, TaskState expected = TaskState::done) {
  for (int slices = 1;; ++slices) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    const TaskState state = task.step(budget);
    if (state == TaskState::running) continue;
    REQUIRE(state == expected);
    return slices;
  }
}

}  // namespace lacuna::test
