#pragma once
#include <cmath>
#include <limits>

#include "lacuna/local/graph/workspace.hpp"

namespace lacuna::graph_detail {

/// How far a positive x̃ can be from the solution of A x = b, A with no positive entry off its
/// diagonal and b > 0, from the rows of y = A x̃ alone. If y > 0, A is a nonsingular M-matrix
/// (Berman & Plemmons, Nonnegative Matrices, ch. 6, I₂₈) with A⁻¹ ≥ 0, so from −θ⁻y ≤ b − y ≤ θ⁺y
///     x̃(1 − θ⁻) ≤ x ≤ x̃(1 + θ⁺)   entry by entry.
/// That y > 0 is checked, with the rounding of each row against it; no norm of A⁻¹ is needed.
class PositiveBracket {
 public:
  /// One row: b, the computed y, and a bound on the rounding errors of both.
  void take(double b, double y, double error) {
    const double least = y - error;
    if (!(least > 0)) {
      below_ = above_ = std::numeric_limits<double>::infinity();
      return;
    }
    const double r = b - y;
    const double slack = error + unit_roundoff * (std::fabs(b) + std::fabs(y));
    above_ = std::fmax(above_, (r + slack) / least);
    below_ = std::fmax(below_, (slack - r) / least);
  }

  /// θ⁻ and θ⁺, raised by their rounding; ∞ where nothing was proven.
  double below() const { return below_ * (1 + 8 * unit_roundoff); }
  double above() const { return above_ * (1 + 8 * unit_roundoff); }
  double larger() const { return std::fmax(below(), above()); }

 private:
  double below_ = 0;
  double above_ = 0;
};

}  // namespace lacuna::graph_detail
