#pragma once

namespace bench {

/// Flops of a round of `spin`.
constexpr double spin_flops = 24;

/// Runs `rounds` rounds of multiplications and additions on registers.
double spin(int rounds, double seed);

}  // namespace bench
