#pragma once
#include <memory>
#include <stdexcept>
#include <vector>

#include "lacuna/solver/solve_task.hpp"
#include "support/systems.hpp"

namespace lacuna::test {

inline SolverOptions options(Method method,
                             PreconditionerKind kind = PreconditionerKind::automatic) {
  SolverOptions o;
  o.method = method;
  o.preconditioner = kind;
  return o;
}

/// Planned but not prepared; throws where that is refused.
inline std::shared_ptr<Solver> planned(CsrMatrix&& a, const SolverOptions& o = {}) {
  auto made = Solver::create(std::move(a), o);
  if (!made.ok()) throw std::runtime_error(status_name(made.fault().status));
  return made.take();
}

inline std::shared_ptr<Solver> prepared(CsrMatrix&& a, const SolverOptions& o = {}) {
  auto solver = planned(std::move(a), o);
  if (const Fault fault = solver->prepare(); !fault.ok()) {
    throw std::runtime_error(status_name(fault.status));
  }
  return solver;
}

struct Answer {
  std::vector<double> x;
  std::vector<SolveReport> reports;
  int steps = 0;

  const SolveReport& report() const { return reports.at(0); }
  Reason reason() const { return static_cast<Reason>(static_cast<int>(report().reason)); }
  bool converged() const { return report().converged == 1; }
  Method method() const { return static_cast<Method>(static_cast<int>(report().method)); }
  double iterations() const { return report().iterations; }
};

/// Solves, in slices of `work` flops where that is given; `x` may hold a guess.
inline Answer solve(const std::shared_ptr<Solver>& solver, const std::vector<double>& b,
                    const SolveSettings& settings = {}, double work = 0, std::int32_t k = 1,
                    std::vector<double> x = {}) {
  Answer answer;
  const auto n = static_cast<std::size_t>(settings.transposed ? solver->rows() : solver->cols());
  answer.x = std::move(x);
  answer.x.resize(n * k, 7e77);  // whatever the method does not write shows
  auto task = SolveTask::create(solver, b, answer.x, k, settings);
  if (!task.ok()) throw std::runtime_error(status_name(task.fault().status));
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = task.value()->step(budget);
    ++answer.steps;
  }
  if (state != TaskState::done) throw std::runtime_error("the task failed");
  for (const SolveReport& report : task.value()->reports()) answer.reports.push_back(report);
  return answer;
}

}  // namespace lacuna::test
