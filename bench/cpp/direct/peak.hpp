#pragma once

namespace bench {

/// Flops of a round of `spin`.
constexpr double spin_flops = 48;

/// Runs `rounds` rounds of multiplications and additions on registers; 0 < seed ≤ 1.
double spin(int rounds, double seed);

}  // namespace bench
