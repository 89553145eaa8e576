#pragma once
#include <cstdint>

#include "lacuna/local/counter_random.hpp"
#include "lacuna/local/walk_law.hpp"
#include "lacuna/local/walk_table.hpp"

namespace lacuna {

/// What is known of a matrix that is read line by line, and held against every line that is read.
struct WalkPromise {
  double margin = 0;         ///< δ: |aᵥᵥ| − Σ|aᵥⱼ| ≥ δ > 0 in every row
  double contraction = 1;    ///< Σ|aᵥⱼ|/|aᵥᵥ| ≤ q < 1 in every row
  bool nonnegative = false;  ///< diagonal positive, no positive entry off it
};

/// Where walks read the matrix: a table made for it, or its rows one by one.
class WalkSource {
 public:
  enum class Got : std::int32_t { line = 0, missing = 1, broken = 2 };

  explicit WalkSource(const WalkTable* table = nullptr) : table_(table) {
    if (table == nullptr) return;
    largest_factor_ = table->largest_factor();
    contraction_ = table->contraction();
    bias_ = table->bias();
    nonnegative_ = table->nonnegative();
  }
  WalkSource(Lines& lines, const WalkPromise& promise)
      : lines_(&lines), nonnegative_(promise.nonnegative) {
    // The promise may be rounded, and so are the numbers that it is held against.
    least_margin_ = promise.margin * (1 - 0x1p-50);
    largest_factor_ = 1 / promise.margin * (1 + 0x1p-49);
    const double end = 1 - promise.contraction - 0x1p-40;
    least_end_ = end > WalkLaw::unit ? end : WalkLaw::unit;
    contraction_ = 1 - least_end_;
    const double certain = least_end_ - WalkLaw::end_error;
    bias_ = certain > 0 ? WalkLaw::scanned_error(WalkLaw::longest_scanned) / certain
                        : std::numeric_limits<double>::infinity();
  }

  const WalkTable* table() const { return table_; }
  std::int64_t size() const { return table_ != nullptr ? table_->rows() : lines_->size(); }

  /// As of `WalkTable`; from the promise where there is none.
  double largest_factor() const { return largest_factor_; }
  double contraction() const { return contraction_; }
  double bias() const { return bias_; }
  bool nonnegative() const { return nonnegative_; }

  /// A line and its law; `broken` where it is not what was promised. Only without a table.
  Got get(std::int64_t v, Line& line, WalkLaw& law) {
    if (!lines_->get(v, line)) return Got::missing;
    const bool dominant = measure_law(v, line, law);
    const bool kept = dominant && std::fabs(law.diagonal) - law.off_diagonal >= least_margin_ &&
                      law.end() >= least_end_ && (law.nonnegative || !nonnegative_);
    return kept ? Got::line : Got::broken;
  }

  /// Where a draw u > last_end leads from a line; the sign of Pᵥⱼ goes to `negative`.
  static std::int64_t onward(std::int64_t v, const Line& line, const WalkLaw& law, std::uint32_t u,
                             std::uint64_t key, std::uint64_t draw, bool& negative) {
    return law.scanned() ? scan(v, line, law, u, negative)
                         : search(v, line, law, CounterRandom::bits(key, draw), negative);
  }

 private:
  static std::int64_t scan(std::int64_t v, const Line& line, const WalkLaw& law, std::uint32_t u,
                           bool& negative) {
    double sum = 0;
    std::int32_t taken = -1;
    for (std::int32_t k = 0; k < line.count; ++k) {
      const double value = line.value(k);
      if (value == 0 || line.id(k) == v) continue;
      taken = k;
      sum += std::fabs(value);
      if (u <= law.boundary(sum)) break;
    }
    negative = law.negative(line.value(taken));
    return line.id(taken);
  }

  /// Weights in units of 2⁻⁶², whose sums are exact.
  static std::int64_t search(std::int64_t v, const Line& line, const WalkLaw& law,
                             std::uint64_t random, bool& negative) {
    random >>= 2;
    std::uint64_t sum = 0;
    std::int32_t taken = -1;
    for (std::int32_t k = 0; k < line.count; ++k) {
      const double value = line.value(k);
      if (value == 0 || line.id(k) == v) continue;
      taken = k;
      sum += static_cast<std::uint64_t>(std::fabs(value) / law.off_diagonal * 0x1p62);
      if (random < sum) break;
    }
    negative = law.negative(line.value(taken));
    return line.id(taken);
  }

  const WalkTable* table_ = nullptr;
  Lines* lines_ = nullptr;
  double least_margin_ = 0;
  double least_end_ = 0;
  double largest_factor_ = 0;
  double contraction_ = 1;
  double bias_ = 0;
  bool nonnegative_ = false;
};

}  // namespace lacuna
