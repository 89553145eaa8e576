#pragma once
#include <cstddef>
#include <cstring>

namespace lacuna::simd {

/// Two doubles. The compiler's vector extension gives SIMD128, SSE2 or NEON, and without them
/// scalar code in the same order of operations: results are equal bit for bit everywhere.
typedef double f64x2 __attribute__((vector_size(16)));

/// Four floats, in the same way.
typedef float f32x4 __attribute__((vector_size(16)));

/// The vector of a scalar type.
template <class Real>
struct VectorOf;
template <>
struct VectorOf<double> {
  using type = f64x2;
};
template <>
struct VectorOf<float> {
  using type = f32x4;
};

/// Numbers in a vector.
template <class Real>
constexpr int lanes_of = 16 / sizeof(Real);

template <class Real>
inline typename VectorOf<Real>::type load(const Real* p) {
  typename VectorOf<Real>::type v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// Two numbers as doubles.
inline f64x2 load_wide(const double* p) { return load(p); }
inline f64x2 load_wide(const float* p) {
  typedef float f32x2 __attribute__((vector_size(8)));
  f32x2 v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, f64x2);
}

inline void store(double* p, f64x2 v) { std::memcpy(p, &v, sizeof v); }
inline void store(float* p, f32x4 v) { std::memcpy(p, &v, sizeof v); }

inline f64x2 splat(double s) { return f64x2{s, s}; }
/// In every lane of the vector of its type.
inline f64x2 spread(double s) { return splat(s); }
inline f32x4 spread(float s) { return f32x4{s, s, s, s}; }

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

inline f32x4 multiply_add(f32x4 a, f32x4 b, f32x4 c) {
#if defined(__wasm_relaxed_simd__) && __clang_major__ < 15
  return __builtin_wasm_fma_f32x4(a, b, c);
#elif defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return c + a * b;
#endif
}

inline double multiply_add(double a, double b, double c) { return c + a * b; }
inline float multiply_add(float a, float b, float c) { return c + a * b; }

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
