// What the programs of the benchmark of direct solvers have in common: each answers a line on
// standard input by a line of JSON.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "../system.hpp"

namespace bench {

inline double now_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

/// Times in milliseconds of one run from scratch: `refactor` with the analysis kept, `solve` of
/// one right-hand side, `block` of `block_columns` at once.
struct Times {
  double analyze = 0;
  double factor = 0;
  double refactor = 0;
  double solve = 0;
  double block = 0;
  double flops = 0;     ///< of a factorization, 0 where the library does not tell
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

/// A copy of b for every column of a block.
inline std::vector<double> repeated(const std::vector<double>& b) {
  std::vector<double> out;
  out.reserve(b.size() * block_columns);
  for (int k = 0; k < block_columns; ++k) out.insert(out.end(), b.begin(), b.end());
  return out;
}

inline void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// Runs as often as fits into 40 ms, once at least, and prints medians; `run(times)` returns why
/// it gave no answer, or nothing.
template <class F>
void report(const F& run) {
  constexpr double Times::*fields[] = {&Times::analyze, &Times::factor, &Times::refactor,
                                       &Times::solve,   &Times::block,  &Times::flops,
                                       &Times::residual};
  std::vector<Times> all;
  const double start = now_ms();
  do {
    Times times;
    const std::string refused = run(times);
    if (!refused.empty()) return say("{\"refused\":\"" + refused + "\"}");
    all.push_back(times);
  } while (now_ms() - start < 40);
  Times t;
  for (const auto field : fields) {
    const auto middle = all.begin() + all.size() / 2;
    std::nth_element(all.begin(), middle, all.end(),
                     [&](const Times& a, const Times& b) { return a.*field < b.*field; });
    t.*field = (*middle).*field;
  }
  char text[320];
  std::snprintf(text, sizeof text,
                "{\"analyze\":%.5f,\"factor\":%.5f,\"refactor\":%.5f,\"solve\":%.5f,\"block\":%.5f,"
                "\"flops\":%.6g,\"residual\":%.3g}",
                t.analyze, t.factor, t.refactor, t.solve, t.block, t.flops, t.residual);
  say(text);
}

/// Says `about`, then answers every line of standard input until it ends.
template <class F>
void serve(const std::string& about, const F& answer) {
  say(about);
  std::string line;
  while (std::getline(std::cin, line)) answer(line);
}

template <class F>
void serve(const System& system, const F& answer) {
  serve("{\"n\":" + std::to_string(system.n) + "}", answer);
}

}  // namespace bench
