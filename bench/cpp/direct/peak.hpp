#pragma once

namespace bench {

/// Flops of a round of `spin`.
constexpr double spin_flops = 48;

/// Runs `rounds` rounds of multiplications and additions on registers; `seed` tiny, so that
/// nothing overflows.
double spin(int rounds, double seed);

}  // namespace bench
