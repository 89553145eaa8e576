#pragma once
#include <cstddef>
#include <cstring>

namespace lacuna::simd {

/// Two doubles. The compiler's vector extension gives SIMD128, SSE2 or NEON, and without them
/// scalar code in the same order of operations: results are equal bit for bit everywhere.
typedef double f64x2 __attribute__((vector_size(16)));

inline f64x2 load(const double* p) {
  f64x2 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

inline void store(double* p, f64x2 v) { std::memcpy(p, &v, sizeof v); }

inline f64x2 splat(double s) { return f64x2{s, s}; }

/// c + a·b: two roundings everywhere but in the relaxed variant, whose instruction may fuse them.
inline f64x2 multiply_add(f64x2 a, f64x2 b, f64x2 c) {
#if defined(__wasm_relaxed_simd__) && __clang_major__ < 15
  // The proposal's first name. scripts/lib/relaxed-simd.mjs writes the instruction as it was
  // standardized, whose operands come in this order.
  return __builtin_wasm_fma_f64x2(a, b, c);
#elif defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f64x2(a, b, c);
#else
  return c + a * b;
#endif
}

inline double multiply_add(double a, double b, double c) { return c + a * b; }

/// Name of the instruction set that the kernels were compiled for.
constexpr const char* backend_name() {
#if defined(__wasm_relaxed_simd__)
  return "relaxed-simd";
#elif defined(__wasm_simd128__)
  return "simd128";
#elif defined(__wasm__)
  return "scalar";
#elif defined(__SSE2__)
  return "sse2";
#elif defined(__ARM_NEON)
  return "neon";
#else
  return "scalar";
#endif
}

/// Doubles that one instruction of the backend works on.
constexpr int backend_width() {
#if defined(__wasm_simd128__) || defined(__SSE2__) || defined(__ARM_NEON)
  return 2;
#else
  return 1;
#endif
}

}  // namespace lacuna::simd
