#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/status.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/lines.hpp"

namespace lacuna {

/// What the caller promises of a matrix that is never loaded. Bounds rest on it, and every line
/// that arrives is held against it. All of it speaks of A; `transposed` tells the same of Aᵀ, which
/// is what a cache of columns is held against.
struct Declared {
  static constexpr double unknown = std::numeric_limits<double>::infinity();

  /// δ: |aᵢᵢ| − Σⱼ≠ᵢ|aᵢⱼ| ≥ δ in every row, columns likewise. Above 0 it gives weights 1/δ, and
  /// with them every bound; 0 promises weak dominance only, −∞ nothing.
  double row_margin = -unknown;
  double column_margin = -unknown;
  /// ‖A‖∞ and ‖A‖₁, which with the margins bound what a sweep leaves of a residual.
  double norm_inf = unknown;
  double norm1 = unknown;
  /// Entries of a line off the diagonal.
  std::int64_t max_degree = std::numeric_limits<std::int32_t>::max();
  Signs signs = Signs::general;
  bool symmetric = false;

  Declared transposed() const {
    Declared d = *this;
    d.row_margin = column_margin, d.column_margin = row_margin;
    d.norm_inf = norm1, d.norm1 = norm_inf;
    return d;
  }
};

/// `invalid_argument` where the promises cannot be: NaN, a negative norm or degree, a margin above
/// its norm, Laplacian with a positive margin or not symmetric.
Status check_declared(const Declared& declared);

/// What bounds may use: weights 1/δ for the sides with δ > 0 (`Dominance::declared`), both from one
/// where A is symmetric, and the contraction (‖A‖ − δ)/(‖A‖ + δ), which is the largest
/// Σⱼ≠ᵢ|aᵢⱼ|/|aᵢᵢ| that both promises admit, or 1 without a norm. δ is lowered by 2⁻³⁹ and the norm
/// raised by 2⁻²⁰ of itself, more than what `hold_against` lets pass.
Conditions conditions_from(const Declared& declared);

/// Holds row v against the declaration: diagonal entry there and not zero, signs, degree, norm (its
/// rounding let pass), and the margin, which must reach δ·(1 − 2⁻⁴⁰) with all rounding against it:
/// sums that are exact pass at δ itself. `declaration_violated` with the row, and the column where
/// one entry is to blame. O(entries).
Fault hold_against(const Declared& declared, std::int64_t v, const Line& row);

}  // namespace lacuna
