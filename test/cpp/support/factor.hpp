#pragma once
#include <memory>
#include <stdexcept>
#include <vector>

#include "lacuna/solver/factor_task.hpp"
#include "support/systems.hpp"

namespace lacuna::test {

inline FactorOptions factor_by(Method method, OrderingKind ordering = OrderingKind::automatic) {
  FactorOptions options;
  options.method = method;
  options.ordering = ordering;
  return options;
}

/// Runs a goal to its end, in steps of about `work` flops.
inline Fault run(Factor& factor, Factor::Goal goal, std::span<const double> values = {},
                 double work = 1e18) {
  if (const Fault fault = factor.begin(goal, values); !fault.ok()) return fault;
  for (;;) {
    Budget budget(work);
    if (factor.step(budget) != TaskState::running) return factor.failure().fault;
  }
}

/// Created, not analyzed; throws where that is refused.
inline std::shared_ptr<Factor> made(CsrMatrix&& a, const FactorOptions& options = {},
                                    std::span<const std::int32_t> order = {}) {
  auto created = Factor::create(std::move(a), options, order);
  if (!created.ok()) throw std::runtime_error(status_name(created.fault().status));
  return created.take();
}

inline std::shared_ptr<Factor> factored(CsrMatrix&& a, const FactorOptions& options = {}) {
  auto factor = made(std::move(a), options);
  if (const Fault fault = run(*factor, Factor::Goal::factorize); !fault.ok()) {
    throw std::runtime_error(status_name(fault.status));
  }
  return factor;
}

struct FactorAnswer {
  std::vector<double> x;
  std::vector<FactorSolveReport> reports;
  Status status = Status::ok;
};

/// Solves for k right-hand sides in steps of about `work` flops.
inline FactorAnswer solve(const std::shared_ptr<Factor>& factor, const std::vector<double>& b,
                          const FactorSettings& settings = {}, std::int32_t k = 1,
                          double work = 1e18) {
  FactorAnswer answer;
  const std::int32_t n = settings.transposed ? factor->rows() : factor->cols();
  answer.x.resize(std::size_t(n) * k);
  auto task = FactorSolve::create(factor, b, answer.x, k, settings);
  answer.status = task.fault().status;
  if (!task.ok()) return answer;
  for (TaskState state = TaskState::running; state == TaskState::running;) {
    Budget budget(work);
    state = task.value()->step(budget);
  }
  answer.status = task.value()->fault().status;
  const auto result = task.value()->result();
  const auto* reports = reinterpret_cast<const FactorSolveReport*>(result.data());
  answer.reports.assign(reports, reports + k);
  return answer;
}

}  // namespace lacuna::test
