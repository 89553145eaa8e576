#pragma once
#include <array>
#include <string_view>

#include "lacuna/policy/features.hpp"

namespace lacuna {

/// What a system is to a policy: one of `buckets` kinds, and numbers in which costs are linear.
struct Context {
  static constexpr int shapes = 6;      ///< see `shape_name`
  static constexpr int dimensions = 4;  ///< see `dimension_name`
  static constexpr int sizes = 3;       ///< stored entries: to 3,000, to 30,000, more
  static constexpr int buckets = shapes * dimensions * sizes;
  /// Length of φ.
  static constexpr int length = 17;

  int bucket = 0;
  std::array<double, length> phi{};

  int shape() const { return bucket / (dimensions * sizes); }
};

/// Rectangular; symmetric with a positive diagonal; other symmetric; unsymmetric and strictly
/// dominant by rows or columns; other with a full diagonal; other. "rectangular", "positive",
/// "symmetric", "dominant", "general", "zeros".
const char* shape_name(int shape);
/// By `Feature::dimension`, to 1.5, 2.6, 4, more: "path", "plane", "space", "expander".
const char* dimension_name(int dimension);
const char* size_name(int size);

/// The numbers in which costs are linear, φ, each about −1 … 2; those that tell were found by
/// regression over 2,100 systems of 20 families: 1; ln of entries; ln of the mean row; ln of
/// predicted flops for each entry; ln of levels; ln of expected iterations; ln of the core's share
/// of the vertices; ln of degree spread; ln of the spread of the diagonal, which units that differ
/// leave; mean margin; −ln of mean and of least margin; ln |ρ| and whether ρ is negative, of the
/// Rayleigh quotient ρ; −ln of the Ritz value; ln of right-hand sides; digits asked.
Context context_of(const Features& features);

}  // namespace lacuna
