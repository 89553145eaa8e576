#include "lacuna/policy/distributions.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

/// In (0, 1): a logarithm of it is finite.
double draw_open(SeededRandom& random) {
  return static_cast<double>((random.bits() >> 12 << 1) + 1) * 0x1p-53;
}

}  // namespace

double draw_normal(SeededRandom& random) {
  for (;;) {
    const double u = 2 * random.unit() - 1;
    const double v = 2 * random.unit() - 1;
    const double square = u * u + v * v;
    if (square > 0 && square < 1) return u * std::sqrt(-2 * natural_log(square) / square);
  }
}

/// Gamma(shape, 1), shape ≥ 1.
double draw_large_gamma(SeededRandom& random, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / (3 * std::sqrt(d));
  for (;;) {
    const double x = draw_normal(random);
    const double root = 1 + c * x;
    if (!(root > 0)) continue;
    const double v = root * root * root;
    const double u = draw_open(random);
    // The squeeze spares nearly all of the logarithms.
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return d * v;
    if (natural_log(u) < 0.5 * x * x + d * (1 - v + natural_log(v))) return d * v;
  }
}

double draw_log_gamma(SeededRandom& random, double shape) {
  if (shape >= 1) return natural_log(draw_large_gamma(random, shape));
  const double boost = natural_log(draw_open(random)) / shape;
  return natural_log(draw_large_gamma(random, shape + 1)) + boost;
}

double draw_gamma(SeededRandom& random, double shape) {
  return shape >= 1 ? draw_large_gamma(random, shape) : exponential(draw_log_gamma(random, shape));
}

double draw_log_beta(SeededRandom& random, double alpha, double beta) {
  if (alpha >= 1) {
    const double x = draw_gamma(random, alpha);
    const double y = draw_gamma(random, beta);
    return natural_log(x / (x + y));
  }
  const double x = draw_log_gamma(random, alpha);
  const double y = draw_log_gamma(random, beta);
  // ln(eˣ / (eˣ + eʸ)) without the overflow of either.
  const double difference = y - x;
  if (difference > 0) return -difference - natural_log(1 + exponential(-difference));
  return -natural_log(1 + exponential(difference));
}

double draw_beta(SeededRandom& random, double alpha, double beta) {
  return exponential(draw_log_beta(random, alpha, beta));
}

}  // namespace lacuna
