#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// Estimates ‖B‖₁ of a square matrix that is known only through its products with vectors, such as
/// A⁻¹ through a factorization (Hager, SISSC 5, 1984; Higham, "FORTRAN codes for estimating the
/// one-norm of a real or complex matrix", TOMS 14, 1988): the gradient of the convex function ‖Bx‖₁
/// leads from one unit vector to a better one. Whoever owns B does the products:
///
///     for (auto ask = estimate.next(); ask != Ask::done; ask = estimate.next())
///       v ← Bv for Ask::multiply, v ← Bᵀv for Ask::multiply_transposed, v = estimate.vector()
///
/// The result is ‖Bx‖₁/‖x‖₁ for some x: never more than the norm but for rounding, rarely less than
/// a third of it. An estimate, not a bound. At most 11 products, as a rule four or five.
class OneNormEstimate {
 public:
  enum class Ask { multiply, multiply_transposed, done };

  static constexpr int most_rounds = 5;

  /// n ≥ 1. `out_of_memory`.
  Status begin(std::int32_t n);

  Ask next();
  std::span<double> vector() { return x_.span(); }

  /// Once done; not finite where a product was not.
  double norm() const { return norm_; }

 private:
  enum class State { start, first_image, gradient, image, alternating, done };

  Ask ask_gradient();
  Ask ask_unit(std::int32_t j);
  Ask ask_alternating();
  double sum() const;

  State state_ = State::done;
  int rounds_ = 0;
  std::int32_t unit_ = -1;
  double norm_ = 0;
  Buffer<double> x_;
  Buffer<std::int8_t> signs_;
};

/// 1/(‖A‖₁·‖A⁻¹‖₁) from the two norms, 0 where either is not finite or their product overflows.
double reciprocal_condition(double norm, double inverse_norm);

}  // namespace lacuna
