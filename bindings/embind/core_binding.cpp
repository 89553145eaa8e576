#include <emscripten/bind.h>

#include "lacuna/simd/vector.hpp"
#include "solver_binding.hpp"

namespace lacuna::native {

Registry<Solver>& registry() {
  static Registry<Solver> instance;
  return instance;
}

namespace {

/// Capability bits; 0x02 (Thompson sampling) is reserved.
enum Capability : std::int32_t {
  simd_bit = 0x01,
  witness_bit = 0x04,  // by the module for policy and witness
  direct_bit = 0x08,
  iterative_bit = 0x10,
  least_squares_bit = 0x20,
};

std::int32_t capabilities() {
  return (simd::backend_width() > 1 ? simd_bit : 0) | witness_bit | direct_bit | iterative_bit |
         least_squares_bit;
}

Address method_text(std::int32_t code) { return address(method_name(static_cast<Method>(code))); }
Address preconditioner_text(std::int32_t code) {
  return address(preconditioner_name(static_cast<PreconditionerKind>(code)));
}
void limit_solvers(double limit) { registry().set_limit(static_cast<std::size_t>(limit)); }
std::int32_t solve_report_fields() { return sizeof(SolveReport) / sizeof(double); }
std::int32_t setup_report_fields() { return sizeof(SetupReport) / sizeof(double); }

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_core) {
  using namespace lacuna::native;
  emscripten::function("capabilities", &capabilities);
  emscripten::function("limitSolvers", &limit_solvers);
  emscripten::function("methodName", &method_text);
  emscripten::function("preconditionerName", &preconditioner_text);
  emscripten::function("solveReportFields", &solve_report_fields);
  emscripten::function("setupReportFields", &setup_report_fields);
}
