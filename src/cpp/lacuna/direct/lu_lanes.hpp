#pragma once
#include <cstddef>
#include <cstdint>

/// What substitutions with LU factors work on: R right-hand sides side by side.
namespace lacuna::lu {

/// Right-hand sides that are taken at once.
constexpr int group = 4;
/// Flops before the budget is looked at.
constexpr double quantum = 2e4;

/// R numbers, one per right-hand side.
template <int R>
struct Lanes {
  double v[R];

  static Lanes load(const double* p) {
    Lanes x;
    for (int r = 0; r < R; ++r) x.v[r] = p[r];
    return x;
  }
  void store(double* p) const {
    for (int r = 0; r < R; ++r) p[r] = v[r];
  }
  void divide(double d) {
    for (int r = 0; r < R; ++r) v[r] /= d;
  }
  void subtract(double a, const double* p) {
    for (int r = 0; r < R; ++r) v[r] -= a * p[r];
  }
};

template <int R>
void subtract_from(double* p, double a, const Lanes<R>& x) {
  for (int r = 0; r < R; ++r) p[r] -= a * x.v[r];
}

template <int R>
void pick(const double* from, const std::int32_t* ids, std::int32_t count, double* to) {
  for (std::int32_t i = 0; i < count; ++i) {
    for (int r = 0; r < R; ++r) to[std::size_t(i) * R + r] = from[std::size_t(ids[i]) * R + r];
  }
}

template <int R>
void put(const double* from, const std::int32_t* ids, std::int32_t count, double* to) {
  for (std::int32_t i = 0; i < count; ++i) {
    for (int r = 0; r < R; ++r) to[std::size_t(ids[i]) * R + r] = from[std::size_t(i) * R + r];
  }
}

}  // namespace lacuna::lu
