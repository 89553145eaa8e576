#pragma once
#include <array>
#include <cstdint>

#include "lacuna/base/status.hpp"
#include "lacuna/policy/predicted_fill.hpp"
#include "lacuna/policy/row_pass.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What is measured of a system before a way to solve it is chosen. The numbers are part of the
/// binary interface and of saved states (`features_version`): append, never renumber.
enum class Feature : int {
  rows,
  cols,
  nnz,
  density,            ///< nnz/(rows·cols)
  row_mean,           ///< mean entries of a row
  degree_spread,      ///< largest row over the mean one
  square,             ///< flags are 0 or 1
  symmetric,          ///< to 13 digits, see `Structure`
  pattern_symmetry,   ///< share of sampled entries whose mirror image is stored
  value_asymmetry,    ///< mean |aᵢⱼ − aⱼᵢ|/(|aᵢⱼ| + |aⱼᵢ|) of sampled entries
  positive_diagonal,  ///< flag: all are positive
  zero_diagonals,     ///< share of rows whose diagonal entry is absent or zero
  strictly_row_dominant,
  least_margin,  ///< least of 1 − Σ|aᵢⱼ|/|aᵢᵢ| (j ≠ i), not below −1
  mean_margin,   ///< mean of the same
  scale_spread,  ///< ln of the largest over the least diagonal entry, by size, of those that are
                 ///< not 0
  bandwidth,     ///< largest |i − j|
  profile,       ///< root mean square of i − (first column of row i), at least 0
  twin_rows,     ///< share of neighboring rows with the same pattern: blocks
  levels,        ///< of a breadth-first search from an end, all parts
  level_width,   ///< of the level of a vertex and the one before, halved: root mean square
  dimension,   ///< ln(vertices)/ln(levels) of the largest part, 1 … 8: path, grid, cube, expander
  separator,   ///< estimated vertices of the top separator
  factor_nnz,  ///< predicted entries of a fill-reduced Cholesky factor
  factor_flops,  ///< predicted flops of computing it
  iterations,    ///< expected for CG with the diagonal, to 1e-10
  core,          ///< rows with three entries or more off the diagonal
  rayleigh,      ///< Σaᵢⱼ/Σ|aᵢᵢ|: the Rayleigh quotient of the constant vector
  /// Least Ritz value of D⁻¹A, D the diagonal, after two Lanczos steps from that vector, of
  /// symmetric matrices with a positive diagonal; else 1.
  ritz,
  rhs_count,  ///< right-hand sides to come
  rtol,       ///< accuracy asked
  count
};

constexpr int feature_count = static_cast<int>(Feature::count);

/// Changes when a feature is measured in another way: costs learned before may mislead then.
constexpr int features_version = 2;

/// Public name, e.g. "degreeSpread"; "unknown" outside the range.
const char* feature_name(Feature feature);

/// The features of one system, with what policy asks besides.
struct Features {
  std::array<double, feature_count> values{};
  /// 64-bit hash of shape, row pointers and column indices; independent of values.
  std::uint64_t pattern_hash = 0;
  /// Bit k: arm k of `Arms` fits the structure.
  std::uint64_t arms = 0;
  /// The arm that the `auto` rules try first.
  int rules_arm = 0;

  double operator[](Feature feature) const { return values[static_cast<int>(feature)]; }
  double& operator[](Feature feature) { return values[static_cast<int>(feature)]; }
};

/// Hash of the pattern: O(nnz), about 0.1 ns a byte.
std::uint64_t hash_pattern(const CsrView& a);

/// How alike entries and their mirror images are: of one entry a row, taking turns along it, in at
/// most 2,048 evenly spaced rows. O(1).
struct Mirrors {
  double entries = 0;
  double stored = 0;
  double asymmetry = 0;

  explicit Mirrors(const CsrView& a);
  /// Share of entries whose mirror image is stored.
  double pattern_symmetry() const { return entries > 0 ? stored / entries : 1; }
};

/// Puts features together; the second Lanczos step is taken on at most 2,048 evenly spaced rows.
/// `arms` and `rules_arm` are left to `Arms`. O(1).
Features make_features(const CsrView& a, std::uint64_t pattern_hash, const RowPass& pass,
                       const Mirrors& mirrors, const PredictedFill& fill, double rhs_count,
                       double rtol);

}  // namespace lacuna
