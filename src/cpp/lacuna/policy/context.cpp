#include "lacuna/policy/context.hpp"

#include <algorithm>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr const char* shape_names[] = {"rectangular", "positive", "symmetric",
                                       "dominant",    "general",  "zeros"};
constexpr const char* dimension_names[] = {"path", "plane", "space", "expander"};
constexpr const char* size_names[] = {"small", "medium", "large"};
constexpr double ln10 = 2.302585092994046;

int shape_of(const Features& f) {
  if (f[Feature::square] == 0) return 0;
  if (f[Feature::symmetric] != 0) return f[Feature::positive_diagonal] != 0 ? 1 : 2;
  if (f[Feature::zero_diagonals] > 0) return 5;
  return f[Feature::least_margin] > 0 ? 3 : 4;
}

/// How many of the bounds, which ascend, x is beyond.
template <std::size_t N>
int class_of(double x, const double (&bounds)[N]) {
  return static_cast<int>(std::count_if(bounds, bounds + N, [x](double b) { return x > b; }));
}

/// ln, of numbers that may be 0.
double log_at_least_one(double x) { return natural_log(std::max(x, 1.0)); }

/// −ln of a number to 1, over 7: 0 … 2.
double minus_log(double x) { return -natural_log(std::clamp(x, 1e-6, 1.0)) / 7; }

}  // namespace

const char* shape_name(int shape) { return shape_names[shape]; }
const char* dimension_name(int dimension) { return dimension_names[dimension]; }
const char* size_name(int size) { return size_names[size]; }

Context context_of(const Features& f) {
  constexpr double dimension_bounds[] = {1.5, 2.6, 4};
  constexpr double size_bounds[] = {3e3, 3e4};
  Context c;
  const int dimension = class_of(f[Feature::dimension], dimension_bounds);
  const int size = class_of(f[Feature::nnz], size_bounds);
  c.bucket = (shape_of(f) * Context::dimensions + dimension) * Context::sizes + size;
  const double entries = f[Feature::nnz] + f[Feature::rows] + f[Feature::cols];
  const double rtol = std::clamp(f[Feature::rtol], 1e-16, 1.0);
  const double rho = f[Feature::rayleigh];
  c.phi = {1,
           natural_log(entries / 1e4) / 3,
           natural_log(std::max(f[Feature::row_mean], 0.1) / 5),
           (log_at_least_one(f[Feature::factor_flops] / entries) - 4) / 3,
           (log_at_least_one(f[Feature::levels]) - 4) / 2,
           (log_at_least_one(f[Feature::iterations]) - 4) / 2,
           natural_log((1 + f[Feature::core]) / (1 + f[Feature::rows])) / 3,
           std::clamp(log_at_least_one(f[Feature::degree_spread]), 0.0, 6.0) / 3,
           std::min(f[Feature::scale_spread], 30.0) / 10,
           f[Feature::mean_margin],
           minus_log(f[Feature::mean_margin]),
           minus_log(f[Feature::least_margin]),
           -minus_log(rho < 0 ? -rho : rho),
           rho < 0 ? 1.0 : 0.0,
           minus_log(f[Feature::ritz]),
           log_at_least_one(f[Feature::rhs_count]) / 3,
           -natural_log(rtol) / ln10 / 10 - 1};
  return c;
}

}  // namespace lacuna
