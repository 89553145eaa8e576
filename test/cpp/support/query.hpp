#pragma once
#include <memory>
#include <stdexcept>
#include <vector>

#include "lacuna/solver/query_task.hpp"

namespace lacuna::test {

/// Answers Σ weights·x[ids], in slices of `work` flops where that is given.
inline QueryReport ask(const std::shared_ptr<Solver>& solver, const std::shared_ptr<KeptRhs>& rhs,
                       const std::vector<std::int32_t>& ids, const std::vector<double>& weights,
                       const QuerySettings& settings, double work = 0) {
  const std::vector<std::int32_t> starts{0, static_cast<std::int32_t>(ids.size())};
  auto task = QueryTask::create(solver, rhs, starts, ids, weights, settings);
  if (!task.ok()) throw std::runtime_error(status_name(task.fault().status));
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = task.value()->step(budget);
  }
  if (state != TaskState::done) throw std::runtime_error(status_name(task.value()->fault().status));
  return task.value()->reports()[0];
}

inline QueryReport ask(const std::shared_ptr<Solver>& solver, const std::shared_ptr<KeptRhs>& rhs,
                       std::int32_t i, const QuerySettings& settings) {
  return ask(solver, rhs, {i}, {1.0}, settings);
}

}  // namespace lacuna::test
