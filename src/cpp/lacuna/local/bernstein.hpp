#pragma once

namespace lacuna {

/// Empirical Bernstein interval for the mean of N = 2m independent, not necessarily identically
/// distributed, variables that come in m pairs, both of a pair with one law (two draws from one
/// stratum; any pairing of identically distributed ones), each in an interval of length R:
///
///   |mean − E mean| ≤ √(2 v̂ L/N) + R L/(3N),  √v̂ = √(V + R²L/(2N)) + R·√(L/(2N)),  L = ln(3/δ),
///
/// with probability at least 1 − δ, where V = (1/N)·Σ over pairs of (X − X′)² is the variance
/// within strata: differences between strata cost nothing.
///
/// Proof. Let S = Σ over pairs of Var X = Σ E W with W = (X − X′)²/2 in [0, R²/2], Ŝ = Σ W = N·V/2.
/// (1) E W² ≤ (R²/2)·E W, so by Maurer's inequality for sums of nonnegative variables (J. Inequal.
/// Pure Appl. Math. 4(1), art. 15, 2003), P(S − Ŝ ≥ t) ≤ exp(−t²/(R²S)), hence S − Ŝ ≤ R√(S L) but
/// with probability δ/3, which solves to √S ≤ R√L/2 + √(R²L/4 + Ŝ). (2) The variance of ΣX is 2S,
/// and by Bennett's inequality (Boucheron, Lugosi & Massart, Concentration Inequalities, 2013,
/// §2.7) ΣX lies above E ΣX by more than √(4 S L) + R L/3 with probability at most δ/3, and (3) as
/// much below. The three together fail with probability at most δ.
///
/// It is that of Maurer & Pontil (COLT 2009, Theorem 11, also for variables that are independent
/// but not identically distributed) with pairs for their sample variance. Theirs is one-sided at
/// ln(2/δ), hence √(2VL/N) + 7RL/(3(N−1)) with L = ln(4/δ) for both sides; here (1) serves both,
/// and since √S is not bounded by √Ŝ + R√L, the 7/3 falls towards 4/3 as V grows.
struct PairedSample {
  double walks = 0;     ///< N, even
  double sum = 0;       ///< ΣX
  double pair_sum = 0;  ///< Ŝ

  double mean() const { return walks > 0 ? sum / walks : 0; }
  double variance() const { return walks > 0 ? 2 * pair_sum / walks : 0; }
};

/// L = ln(3/δ), rounded up.
double bernstein_level(double delta);

/// Half-width of the interval at the level L; ∞ without a sample. Rounded up; the rounding of
/// `sum` and `pair_sum` is the caller's.
double bernstein_half_width(const PairedSample& sample, double range, double level);

/// Fewest variables, an even number, for which the half-width is at most `target` if their variance
/// turns out as `variance`. ∞ where target ≤ 0.
double bernstein_walks(double variance, double range, double level, double target);

/// Hoeffding's interval for the mean of N independent variables, each in an interval of length R,
/// whatever their variance: R·√(L/(2N)) with probability at least 1 − δ, L = ln(2/δ) (JASA 58,
/// 1963, Theorem 2). The shorter one where the variance is near R²/4, the most that there can be.
double hoeffding_level(double delta);
double hoeffding_half_width(double walks, double range, double level);
/// As for `bernstein_walks`.
double hoeffding_walks(double range, double level, double target);

}  // namespace lacuna
