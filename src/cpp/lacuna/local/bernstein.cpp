#include "lacuna/local/bernstein.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double upward = 1 + 0x1p-49;

double even_above(double walks) {
  if (!(walks < 0x1p52)) return infinity;
  return 2.0 * static_cast<double>(static_cast<std::int64_t>(walks / 2) + 1);
}

}  // namespace

double bernstein_level(double delta) { return natural_log(3 / delta) * upward; }

double bernstein_half_width(const PairedSample& sample, double range, double level) {
  if (!(sample.walks > 0)) return infinity;
  const double reach = range * range * level / 4;
  const double root = std::sqrt(reach) + std::sqrt(reach + sample.pair_sum);
  const double wide = 2 * std::sqrt(level) * root + range * level / 3;
  return wide / sample.walks * upward;
}

double bernstein_walks(double variance, double range, double level, double target) {
  if (!(target > 0)) return infinity;
  // (tN − 4RL/3)² = 4L(R²L/4 + NV/2), solved for N.
  const double shift = 4 * range * level / 3;
  const double half_b = target * shift + level * variance;
  const double c = shift * shift - range * range * level * level;
  const double root = std::sqrt(std::fmax(half_b * half_b - target * target * c, 0.0));
  return even_above((half_b + root) / (target * target) * upward);
}

double hoeffding_level(double delta) { return natural_log(2 / delta) * upward; }

double hoeffding_half_width(double walks, double range, double level) {
  return walks > 0 ? range * std::sqrt(level / (2 * walks)) * upward : infinity;
}

double hoeffding_walks(double range, double level, double target) {
  if (!(target > 0)) return infinity;
  const double ratio = range / target;
  return even_above(0.5 * level * ratio * ratio * (1 + 0x1p-46));
}

}  // namespace lacuna
