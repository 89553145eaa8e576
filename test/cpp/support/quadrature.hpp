#pragma once
#include <cmath>

namespace lacuna::test {

/// ∫ f over [from, ∞) by the exp-sinh rule (Takahasi & Mori, 1974): exponential convergence for
/// smooth f that decays like a power or faster.
template <class F>
double integrate_above(double from, F&& f, double step = 1.0 / 32) {
  const double quarter_turn = std::acos(-1.0) / 2;
  double sum = 0;
  for (double u = -6; u <= 6; u += step) {
    const double x = std::exp(quarter_turn * std::sinh(u));
    const double term = f(from + x) * x * quarter_turn * std::cosh(u);
    if (std::isfinite(term)) sum += term;
  }
  return sum * step;
}

/// ∫ f over the whole line, in the scale of `width` about `centre`.
template <class F>
double integrate_line(double centre, double width, F&& f, double step = 1.0 / 32) {
  const auto above = [&](double x) { return f(centre + width * x) + f(centre - width * x); };
  return width * integrate_above(0, above, step);
}

/// ∫ f over (0, 1), whose ends may be singular: tanh-sinh. `f` takes x and 1 − x.
template <class F>
double integrate_unit(F&& f, double step = 1.0 / 32) {
  const double quarter_turn = std::acos(-1.0) / 2;
  double sum = 0;
  for (double u = -4.5; u <= 4.5; u += step) {
    const double t = quarter_turn * std::sinh(u);
    const double x = 1 / (1 + std::exp(-2 * t));
    const double y = 1 / (1 + std::exp(2 * t));
    const double term = f(x, y) * 2 * x * y * quarter_turn * std::cosh(u);
    if (std::isfinite(term)) sum += term;
  }
  return sum * step;
}

}  // namespace lacuna::test
