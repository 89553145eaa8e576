#include <emscripten/bind.h>
#include <malloc.h>

#include "lacuna/simd/vector.hpp"
#include "lacuna/solver/report.hpp"
#include "native.hpp"

namespace lacuna::native {

SolverRegistry& registry() {
  static SolverRegistry instance;
  return instance;
}

std::int32_t& live_handles() {
  static std::int32_t count = 0;
  return count;
}

namespace {

/// Capability bits; 0x02 (Thompson sampling) and 0x04 (witness chain) are reserved.
enum Capability : std::int32_t {
  simd_bit = 0x01,
  direct_bit = 0x08,
  iterative_bit = 0x10,
  least_squares_bit = 0x20,
};

std::int32_t capabilities() {
  return (simd::backend_width() > 1 ? simd_bit : 0) | direct_bit | iterative_bit |
         least_squares_bit;
}

// Texts cross as addresses of C strings: a string type would cost more glue than all the rest.
Address version() { return address(LACUNA_VERSION); }
Address backend() { return address(simd::backend_name()); }
std::int32_t backend_width() { return simd::backend_width(); }
std::int32_t live() { return live_handles(); }
double used_bytes() { return static_cast<double>(static_cast<std::size_t>(mallinfo().uordblks)); }
double high_water_bytes() {
  return static_cast<double>(static_cast<std::size_t>(mallinfo().usmblks));
}

/// The names behind the codes, so that both sides of the boundary can be compared.
Address status_text(std::int32_t code) { return address(status_name(static_cast<Status>(code))); }
Address reason_text(std::int32_t code) { return address(reason_name(static_cast<Reason>(code))); }
Address method_text(std::int32_t code) { return address(method_name(static_cast<Method>(code))); }
Address preconditioner_text(std::int32_t code) {
  return address(preconditioner_name(static_cast<PreconditionerKind>(code)));
}
std::int32_t solve_report_fields() { return sizeof(SolveReport) / sizeof(double); }
std::int32_t setup_report_fields() { return sizeof(SetupReport) / sizeof(double); }

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_module) {
  using namespace lacuna::native;
  emscripten::function("version", &version);
  emscripten::function("capabilities", &capabilities);
  emscripten::function("backend", &backend);
  emscripten::function("backendWidth", &backend_width);
  emscripten::function("liveHandles", &live);
  emscripten::function("usedBytes", &used_bytes);
  emscripten::function("highWaterBytes", &high_water_bytes);
  emscripten::function("statusName", &status_text);
  emscripten::function("reasonName", &reason_text);
  emscripten::function("methodName", &method_text);
  emscripten::function("preconditionerName", &preconditioner_text);
  emscripten::function("solveReportFields", &solve_report_fields);
  emscripten::function("setupReportFields", &setup_report_fields);
}
