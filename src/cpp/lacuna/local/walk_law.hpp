#pragma once
#include <cmath>
#include <cstdint>

#include "lacuna/local/lines.hpp"

namespace lacuna {

/// Where a walk at v goes, in units of 2⁻³². With A = D(I − P) it goes on to j with probability
/// |Pᵥⱼ| = |aᵥⱼ|/|aᵥᵥ| and ends with probability 1 − qᵥ. A draw u of 32 bits ends it if
/// u ≤ `last_end`: the probability p̃ = (last_end + 1)·2⁻³² is 1 − qᵥ rounded up, and `factor` is
/// 1/(aᵥᵥp̃), so that the walk is exactly unbiased for (I − P̃)⁻¹D⁻¹b, P̃ being what is simulated.
struct WalkLaw {
  static constexpr std::int32_t longest_scanned = 16;
  static constexpr double unit = 0x1p-32;
  /// Bounds on Σⱼ|P̃ᵥⱼ − Pᵥⱼ|: boundaries of the intervals of a scanned line are rounded down to
  /// units, which moves each probability by at most one, and the end by one more; a long line's
  /// second draw has twice the bits. The rest covers the rounding of sums and quotients.
  static constexpr double scanned_error(std::int32_t entries) {
    return entries > 0 ? (entries + 3) * unit : 0;
  }
  static constexpr double long_error = 8 * unit;
  /// What p̃ may lie above 1 − qᵥ.
  static constexpr double end_error = 1.25 * unit;

  double diagonal = 0;
  double off_diagonal = 0;  ///< Σ|aᵥⱼ|
  double factor = 0;
  std::uint32_t last_end = 0;
  std::int32_t entries = 0;  ///< off the diagonal, zeros not counted
  bool nonnegative = true;   ///< aᵥᵥ > 0 and every Pᵥⱼ ≥ 0

  bool scanned() const { return entries <= longest_scanned; }
  /// p̃ > 0.
  double end() const { return (last_end + 1.0) * unit; }
  /// Draws that lead on: 2³²(1 − p̃).
  std::uint32_t onward() const { return 0xffffffffu - last_end; }

  /// False where the line is not strictly dominant or numbers overflow.
  bool set(double diagonal_, double off_diagonal_) {
    diagonal = diagonal_;
    off_diagonal = off_diagonal_;
    const double d = std::fabs(diagonal);
    if (!(d - off_diagonal > 0)) return false;
    const double units = (d - off_diagonal) / d * 0x1p32;
    last_end = units >= 0xffffffffu ? 0xffffffffu : static_cast<std::uint32_t>(units);
    factor = 1 / (diagonal * end());
    return std::isfinite(factor);
  }

  /// Last draw of the entries up to the one where |aᵥⱼ| have come to `sum`, in a scanned line.
  std::uint32_t boundary(double sum) const {
    const double share = onward() * (sum / off_diagonal);
    return last_end + (share < onward() ? static_cast<std::uint32_t>(share) : onward());
  }

  /// Sign of Pᵥⱼ = −aᵥⱼ/aᵥᵥ.
  bool negative(double entry) const { return (entry > 0) == (diagonal > 0); }
};

/// Sum of absolute values whose error does not grow with their number (Neumaier, ZAMM 54, 1974).
class AbsoluteSum {
 public:
  void add(double value) {
    const double x = std::fabs(value);
    const double s = sum_ + x;
    lost_ += sum_ >= x ? (sum_ - s) + x : (x - s) + sum_;
    sum_ = s;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

/// The law of a line. False where it is not strictly dominant.
inline bool measure_law(std::int64_t v, const Line& line, WalkLaw& law) {
  AbsoluteSum sum;
  law.entries = 0;
  law.diagonal = line.diagonal;
  law.nonnegative = line.diagonal > 0;
  for (std::int32_t k = 0; k < line.count; ++k) {
    const double value = line.value(k);
    if (value == 0 || line.id(k) == v) continue;
    sum.add(value);
    law.nonnegative = law.nonnegative && value < 0;
    ++law.entries;
  }
  return law.set(line.diagonal, sum.value());
}

}  // namespace lacuna
