#include "lacuna/policy/truncated_student.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

/// Bₓ(a, b) over x^a (1−x)^b / a, by the continued fraction of DLMF 8.17.22.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto kept_off_zero = [](double v) { return std::fabs(v) < tiny ? tiny : v; };
  double c = 1;
  double d = 1 / kept_off_zero(1 - (a + b) * x / (a + 1));
  double h = d;
  for (int m = 1; m <= 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept_off_zero(1 + even * d);
    c = kept_off_zero(1 + even / c);
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept_off_zero(1 + odd * d);
    c = kept_off_zero(1 + odd / c);
    const double step = d * c;
    h *= step;
    if (std::fabs(step - 1) < 1e-16) break;
  }
  return h;
}

double power(double x, double exponent) { return exponential(exponent * natural_log(x)); }

/// x^a, as exact for x near 1 as `one_minus_x` is.
double power_near(double x, double one_minus_x, double a) {
  if (one_minus_x > 0.25) return power(x, a);
  // ln(1−u) = −2 artanh(u / (2−u)), by its series.
  const double s = one_minus_x / (2 - one_minus_x);
  double sum = 0;
  for (int k = 41; k >= 1; k -= 2) sum = sum * s * s + 1.0 / k;
  return exponential(-2 * a * s * sum);
}

/// B(a, ½): the two sides of the point where both fractions converge fast.
double complete_beta(double a) {
  const double x = (a + 1) / (a + 2.5);
  const double y = 1.5 / (a + 2.5);
  const double edge = power_near(x, y, a) * std::sqrt(y);
  return edge * (beta_fraction(a, 0.5, x) / a + beta_fraction(0.5, a, y) / 0.5);
}

}  // namespace

double scaled_incomplete_beta(double a, double x, double one_minus_x) {
  if (x < (a + 1) / (a + 2.5)) return beta_fraction(a, 0.5, x) / a;
  const double edge = power_near(x, one_minus_x, a) * std::sqrt(one_minus_x);
  return complete_beta(a) / edge - beta_fraction(0.5, a, one_minus_x) / 0.5;
}

TruncatedStudent truncated_student(double dof, double bound) {
  // With s = 1 / (1 + t²/ν) and a = ν/2: the integral of (1 + t²/ν)^(−(ν+1)/2 − k) over t ≥ |bound|
  // is √ν/2 · Bₓ(a + k, ½), x = s at the bound.
  const double a = dof / 2;
  // Beyond, powers of x underflow.
  constexpr double farthest = 1e60;
  bound = std::fmax(-farthest, std::fmin(bound, farthest));
  const double square = bound * bound / dof;
  const double x = 1 / (1 + square);
  const double y = square / (1 + square);
  const double whole = complete_beta(a);
  const double power_of_x = power_near(x, y, a);
  const double edge = power_of_x * std::sqrt(y);
  const double scaled = y > 0 ? scaled_incomplete_beta(a, x, y) : 0;
  // Above |bound|, where the whole of the line counts 2·whole.
  const double part = y > 0 ? edge * scaled : whole;
  // Density over probability at the bound.
  const double hazard = bound > 0 ? 2 * std::sqrt(x / y / dof) / scaled
                                  : 2 * power_of_x * std::sqrt(x / dof) / (2 * whole - part);
  const double pull = bound * hazard;

  TruncatedStudent result;
  result.probability = (bound > 0 ? part : 2 * whole - part) / (2 * whole);
  result.t_w = dof / (dof + 1) * hazard;
  // By parts: E[T² w] = ν/(ν+1) · (1 + bound·hazard), and w = 1 − T² w/ν; likewise for w². In the
  // far tail the differences cancel, and quotients of the integrals themselves take their place.
  if (bound <= 0 || square < 1) {
    result.w = (dof - pull) / (dof + 1);
    result.t_square_w = dof / (dof + 1) * (1 + pull);
    result.spread = (2 * result.w + pull * (result.w - x)) / ((dof + 1) * result.w * result.w);
  } else {
    result.w = x * scaled_incomplete_beta(a + 1, x, y) / scaled;
    result.t_square_w = dof * (1 - result.w);
    const double w_square = x * x * scaled_incomplete_beta(a + 2, x, y) / scaled;
    result.spread = (dof + 3) / (dof + 1) * (w_square / (result.w * result.w)) - 1;
  }
  return result;
}

}  // namespace lacuna
