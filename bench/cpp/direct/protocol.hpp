// What the programs of the benchmark of direct solvers have in common: each answers a line on
// standard input by a line of JSON.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>

#include "../system.hpp"

namespace bench {

inline double now_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

/// Times in milliseconds of one run from scratch: `solve` of one right-hand side, `block` of
/// `block_columns` at once.
struct Times {
  double analyze = 0;
  double factor = 0;
  double solve = 0;
  double block = 0;
  double flops = 0;
  double residual = 0;  ///< backward error of the one
};

constexpr int block_columns = 32;

/// ‖b − Ax‖∞ / (‖A‖∞·‖x‖∞ + ‖b‖∞).
inline double backward_error(const System& s, const double* x) {
  double r_norm = 0, a_norm = 0, x_norm = 0, b_norm = 0;
  for (std::int32_t i = 0; i < s.n; ++i) {
    double r = s.b[i], row = 0;
    for (std::int32_t p = s.indptr[i]; p < s.indptr[i + 1]; ++p) {
      r -= s.data[p] * x[s.indices[p]];
      row += std::fabs(s.data[p]);
    }
    r_norm = std::fmax(r_norm, std::fabs(r));
    a_norm = std::fmax(a_norm, row);
    x_norm = std::fmax(x_norm, std::fabs(x[i]));
    b_norm = std::fmax(b_norm, std::fabs(s.b[i]));
  }
  return r_norm / (a_norm * x_norm + b_norm);
}

inline void print(const Times& t) {
  std::printf(
      "{\"analyze\":%.4f,\"factor\":%.4f,\"solve\":%.4f,\"block\":%.4f,\"flops\":%.6g,"
      "\"residual\":%.3g}\n",
      t.analyze, t.factor, t.solve, t.block, t.flops, t.residual);
  std::fflush(stdout);
}

/// Answers every line of standard input until it ends.
template <class F>
void serve(const F& answer) {
  std::string line;
  while (std::getline(std::cin, line)) answer(line);
}

}  // namespace bench
