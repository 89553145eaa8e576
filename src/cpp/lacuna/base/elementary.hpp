#pragma once

namespace lacuna {

/// Natural logarithm, the same bits on every compiler and target: built from + − × ÷ alone.
/// Error at most 2 ulp (0.9 in three million samples). log 0 = −∞, log of a negative number is
/// NaN. The argument is reduced to m·2ᵉ with m in [√½, √2), and log m = 2·artanh((m−1)/(m+1)) is
/// summed by its Taylor series.
double natural_log(double x);

/// eˣ, the same bits on every compiler and target. Error at most 2 ulp (0.9 in samples) for normal
/// results, 1 ulp more where they are subnormal; ∞ above 709.79, 0 below −745.2. x = k·ln 2 + r,
/// and the Taylor series for r.
double exponential(double x);

}  // namespace lacuna
