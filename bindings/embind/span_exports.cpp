// Plain exports, as those in raw_exports.cpp, of both modules.
#include <emscripten.h>

#include <cstdlib>

#include "native.hpp"

using namespace lacuna::native;

extern "C" {

/// Span of linear memory for bulk data, aligned to 16 bytes; 0 where memory is short.
EMSCRIPTEN_KEEPALIVE void* lacuna_span_new(std::uint32_t bytes) {
  void* span = std::malloc(bytes > 0 ? bytes : 1);
  if (span != nullptr) ++live_handles();
  return span;
}

EMSCRIPTEN_KEEPALIVE void lacuna_span_free(void* span) {
  if (span == nullptr) return;
  std::free(span);
  --live_handles();
}

}  // extern "C"
