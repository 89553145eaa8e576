#pragma once
#include "lacuna/base/seeded_random.hpp"

namespace lacuna {

/// Samples of distributions, the same bits on every compiler and target. Each takes a few draws of
/// 64 bits, as many as rejection asks for.

/// Normal with mean 0 and variance 1, by the polar method (Marsaglia & Bray, SIAM Review 6, 1964);
/// the second of the pair is dropped, so that the generator's state is all there is to keep.
double draw_normal(SeededRandom& random);

/// ln of a Gamma(shape, 1) sample, shape > 0, by Marsaglia & Tsang (ACM TOMS 26, 2000); below
/// shape 1 by their boost U^(1/shape), which as a logarithm can't underflow.
double draw_log_gamma(SeededRandom& random, double shape);

/// Gamma(shape, 1), shape > 0: mean `shape`.
double draw_gamma(SeededRandom& random, double shape);

/// ln of a Beta(alpha, beta) sample, both > 0: finite however small the sample is.
double draw_log_beta(SeededRandom& random, double alpha, double beta);

/// Beta(alpha, beta), both > 0, in [0, 1].
double draw_beta(SeededRandom& random, double alpha, double beta);

}  // namespace lacuna
