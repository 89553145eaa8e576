#pragma once
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/neumann.hpp"
#include "lacuna/local/push.hpp"
#include "lacuna/local/rhs.hpp"

namespace lacuna {

/// Which theorem a bound comes from.
enum class BoundKind : std::int32_t {
  none = 0,       ///< no weights are known: no theorem holds
  adjoint = 1,    ///< |sᵀA⁻¹b| ≤ Σ|sᵥ|wᵥ·‖b‖∞
  bracket = 2,    ///< the same with A⁻¹ ≥ 0 and the range of b: two-sided
  product = 3,    ///< |sᵀA⁻¹r| ≤ Σ|sᵥ|wᵥ·‖r‖∞ or ‖s‖∞·Σ|rᵥ|uᵥ
  columns = 4,    ///< |sᵀA⁻¹b| ≤ ‖s‖∞·Σ|bᵥ|uᵥ
  bernstein = 5,  ///< an interval that holds with the confidence stated
  residual = 6,   ///< |x − x̃| ≤ ‖r‖∞·w of a full solution
  backward = 7,   ///< the backward error of a factor, see `FactorProduct`
};

/// A number and how far from the truth it can be.
struct Certified {
  double value = 0;
  double bound = std::numeric_limits<double>::infinity();
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  BoundKind kind = BoundKind::none;
};

/// pᵀb over what a push or a series has touched and Σ|pᵥbᵥ|. False where values of an on-demand b
/// are missing, all of which it has then asked for. O(touched).
template <class Adjoint>
bool inner_product(const Adjoint& p, LocalRhs& b, double& sum, double& size);

/// The residual s of an adjoint in the sums that bounds are made of, with the weights that it was
/// pushed with: each raised by its rounding, the plain ones lowered.
struct ResidualSums {
  double positive = 0;        ///< Σ wᵥsᵥ over sᵥ > 0
  double negative = 0;        ///< Σ wᵥ|sᵥ| over sᵥ < 0
  double positive_plain = 0;  ///< Σ sᵥ over the same
  double negative_plain = 0;
  double largest = 0;  ///< max |sᵥ|
  double slack = 0;    ///< `Push::slack`
};
/// O(touched).
template <class Adjoint>
ResidualSums sum_residual(const Adjoint& p, const Weights& weights);

/// What a bound on sᵀA⁻¹b rests on besides s and b.
struct Ground {
  double stretch = 1;  ///< this times the weights of the sums has ⟨A⟩w ≥ 1
  bool inverse_nonnegative = false;
  double row_sum = std::numeric_limits<double>::infinity();  ///< see `Conditions`
  /// Largest weight of the columns, ∞ where there are none.
  double column_weight = std::numeric_limits<double>::infinity();
};
/// That of a matrix as it was measured.
Ground ground_of(const Conditions& conditions);
/// `certify_adjoint` from sums that are known already, for any matrix with these weights. O(1).
Certified certify_sums(const ResidualSums& s, double sum, double size, const RhsFacts& facts,
                       const Ground& ground);

/// tᵀA⁻¹b from an adjoint push or series (p, s = t − Aᵀp) alone, `sum` and `size` from
/// `inner_product`. The true value is pᵀb + sᵀx: what is bounded is sᵀx, from the weights of the
/// rows, for M-matrices with the range of b (0 ≤ A⁻¹1 ≤ w, A⁻¹1 ≥ 1/`row_sum`), or from the weights
/// of the columns and ‖b‖₁, whichever is best. Where A⁻¹ ≥ 0, s ≥ 0 and b ≥ 0 the value is the
/// lower end of its bracket, otherwise the middle. Rounding is included: that of the residual
/// (`Push::slack`), of the sums and of the result. O(touched).
template <class Adjoint>
Certified certify_adjoint(const Adjoint& p, double sum, double size, const LocalRhs& b,
                          const Conditions& conditions);

/// tᵀA⁻¹b = pᵀb + sᵀx̃ + sᵀA⁻¹r from an adjoint and a forward push (x̃, r = b − Ax̃) of a sparse b:
/// the two residuals multiply. One-signed residuals of an M-matrix give a one-sided bracket.
/// Nothing where the bound would not lie below `useful`. O(touched by either).
Certified certify_product(const Push& p, const Push& x, double sum, double size,
                          const Conditions& conditions,
                          double useful = std::numeric_limits<double>::infinity());

}  // namespace lacuna
