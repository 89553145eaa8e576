// Plain exports for what is called often: an Embind call without dynamic code costs about 0.9 µs,
// one of these a few nanoseconds.
#include <emscripten.h>

#include <cstring>

#include "solver_binding.hpp"

using namespace lacuna;
using namespace lacuna::native;

extern "C" {

/// Solves for k right-hand sides in one go and writes k reports. Returns a Status.
EMSCRIPTEN_KEEPALIVE std::int32_t lacuna_solve(std::uint32_t handle, const double* b, double* x,
                                               std::int32_t k, std::int32_t flags, double rtol,
                                               double atol, double maxiter, SolveReport* reports) {
  const Fault fault = guard([&]() -> Fault {
    const std::shared_ptr<Solver>* found = registry().find(handle);
    if (found == nullptr) return registry().check(handle);
    const Solver& solver = **found;
    const SolveSettings settings = settings_from(flags, rtol, atol, maxiter);
    const auto count = static_cast<std::size_t>(k);
    const std::size_t m = settings.transposed ? solver.cols() : solver.rows();
    const std::size_t n = settings.transposed ? solver.rows() : solver.cols();
    auto task = SolveTask::create(*found, {b, count * m}, {x, count * n}, k, settings);
    if (!task.ok()) return task.fault();
    Budget unlimited;
    task.value()->step(unlimited);
    std::memcpy(reports, task.value()->reports().data(), task.value()->reports().size_bytes());
    return task.value()->fault();
  });
  return static_cast<std::int32_t>(fault.status);
}

/// Certifies an x that was changed after a solve (rounded to single precision, say) and writes
/// one report.
EMSCRIPTEN_KEEPALIVE std::int32_t lacuna_certify(std::uint32_t handle, const double* b, double* x,
                                                 std::int32_t flags, double rtol, double atol,
                                                 SolveReport* report) {
  const Fault fault = guard([&]() -> Fault {
    const std::shared_ptr<Solver>* found = registry().find(handle);
    if (found == nullptr) return registry().check(handle);
    const Solver& solver = **found;
    const SolveSettings settings = settings_from(flags, rtol, atol, 0);
    const std::size_t m = settings.transposed ? solver.cols() : solver.rows();
    const std::size_t n = settings.transposed ? solver.rows() : solver.cols();
    auto task = SolveTask::create(*found, {b, m}, {x, n}, 1, settings);
    if (!task.ok()) return task.fault();
    task.value()->certify_only();
    *report = task.value()->reports()[0];
    return {};
  });
  return static_cast<std::int32_t>(fault.status);
}

}  // extern "C"
