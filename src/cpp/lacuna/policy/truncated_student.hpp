#pragma once

namespace lacuna {

/// Bₓ(a, ½) = ∫₀ˣ s^(a−1) (1−s)^(−½) ds over x^a √(1−x), for a > 0 and 0 < x < 1: a quotient that
/// neither over- nor underflows where x is small. By its continued fraction (DLMF 8.17.22, modified
/// Lentz) where that converges fast, else from the complement. Relative error about 1e-14.
double scaled_incomplete_beta(double a, double x, double one_minus_x);

/// What is left of a Student-t variable T with `dof` degrees of freedom once T ≥ `bound` is known:
/// with w = 1 / (1 + T²/dof), the expectations that the update of a normal model by a censored
/// outcome needs (w·G is its 1/variance). All exist for every dof > 0, unlike moments of T itself.
struct TruncatedStudent {
  double probability;  ///< of T ≥ bound; 0 where it underflows, the others stay exact
  double w;            ///< E[w]
  double t_w;          ///< E[T w]
  double t_square_w;   ///< E[T² w]
  double spread;       ///< variance over squared mean of w·G, G ~ Gamma((dof + 1)/2)
};

/// In closed form: incomplete beta functions at one argument. A few microseconds; the steps of the
/// fraction grow like √dof.
TruncatedStudent truncated_student(double dof, double bound);

}  // namespace lacuna
