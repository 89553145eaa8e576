#include <emscripten/bind.h>
#include <malloc.h>

#include "lacuna/base/reason.hpp"
#include "lacuna/simd/vector.hpp"
#include "native.hpp"

/// What each of the modules says of itself.
namespace lacuna::native {

std::int32_t& live_handles() {
  static std::int32_t count = 0;
  return count;
}

namespace {

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

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_module) {
  using namespace lacuna::native;
  emscripten::function("version", &version);
  emscripten::function("backend", &backend);
  emscripten::function("backendWidth", &backend_width);
  emscripten::function("liveHandles", &live);
  emscripten::function("usedBytes", &used_bytes);
  emscripten::function("highWaterBytes", &high_water_bytes);
  emscripten::function("statusName", &status_text);
  emscripten::function("reasonName", &reason_text);
}
