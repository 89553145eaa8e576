#include "lacuna/policy/features.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/checksum.hpp"
#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr const char* names[] = {
    "rows",
    "cols",
    "nnz",
    "density",
    "rowMean",
    "degreeSpread",
    "square",
    "symmetric",
    "patternSymmetry",
    "valueAsymmetry",
    "positiveDiagonal",
    "zeroDiagonals",
    "strictlyRowDominant",
    "leastMargin",
    "meanMargin",
    "scaleSpread",
    "bandwidth",
    "profile",
    "twinRows",
    "levels",
    "levelWidth",
    "dimension",
    "separator",
    "factorNnz",
    "factorFlops",
    "iterations",
    "core",
    "rayleigh",
    "ritz",
    "rhsCount",
    "rtol",
};
static_assert(std::size(names) == feature_count);

constexpr std::int32_t sampled_rows = 2048;
constexpr double least_ritz = 1e-6;

/// Entry (i, j), or nothing.
const double* entry(const CsrView& a, std::int32_t i, std::int32_t j) {
  const std::int32_t* begin = a.indices() + a.indptr()[i];
  const std::int32_t* end = a.indices() + a.indptr()[i + 1];
  const std::int32_t* at = std::lower_bound(begin, end, j);
  return at == end || *at != j ? nullptr : a.data() + (at - a.indices());
}

/// Least eigenvalue of the 2 × 2 matrix of Lanczos for D⁻¹A in the inner product of D, D the
/// positive diagonal, from the constant vector. The third moment is taken of a sample of rows,
/// whose second moment tells its share.
double least_ritz_value(const CsrView& a, const RowPass& pass) {
  double second = 0;  // vᵀDv
  double third = 0;   // vᵀAv
  const std::int32_t stride = a.rows() / sampled_rows + 1;
  for (std::int32_t i = 0; i < a.rows(); i += stride) {
    double own = 0;
    double sum = 0;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      if (j == i) own = a.data()[p];
      sum += a.data()[p] * pass.v[j];
    }
    second += own * pass.v[i] * pass.v[i];
    third += pass.v[i] * sum;
  }
  const double m1 = pass.total / pass.diagonal;
  const double m2 = pass.second / pass.diagonal;
  const double m3 = second > 0 ? third / second * m2 : 0;
  const double spread = m2 - m1 * m1;
  if (!(spread > 1e-14 * m2)) return m1;
  const double alpha = (m3 - 2 * m1 * m2 + m1 * m1 * m1) / spread;
  const double half = (m1 - alpha) / 2;
  return (m1 + alpha) / 2 - std::sqrt(half * half + spread);
}

}  // namespace

const char* feature_name(Feature feature) {
  const int k = static_cast<int>(feature);
  return k >= 0 && k < feature_count ? names[k] : "unknown";
}

std::uint64_t hash_pattern(const CsrView& a) {
  Checksum sum;
  const std::int32_t shape[] = {a.rows(), a.cols()};
  sum.add(shape, sizeof shape);
  sum.add(a.indptr(), sizeof(std::int32_t) * (static_cast<std::size_t>(a.rows()) + 1));
  sum.add(a.indices(), sizeof(std::int32_t) * static_cast<std::size_t>(a.nnz()));
  return sum.value();
}

Mirrors::Mirrors(const CsrView& a) {
  if (!a.square()) return;
  const std::int32_t stride = a.rows() / sampled_rows + 1;
  for (std::int32_t i = 0, k = 0; i < a.rows(); i += stride, ++k) {
    const std::int32_t length = a.indptr()[i + 1] - a.indptr()[i];
    if (length == 0) continue;
    const std::int32_t p = a.indptr()[i] + k * 7 % length;
    const std::int32_t j = a.indices()[p];
    if (j == i) continue;
    const double* other = entry(a, j, i);
    const double value = a.data()[p];
    const double image = other ? *other : 0;
    const double scale = std::fabs(value) + std::fabs(image);
    entries += 1;
    stored += other != nullptr;
    asymmetry += scale > 0 ? std::fabs(value - image) / scale : 0;
  }
}

Features make_features(const CsrView& a, std::uint64_t pattern_hash, const RowPass& pass,
                       const Mirrors& mirrors, const PredictedFill& fill, double rhs_count,
                       double rtol) {
  const Structure& structure = pass.structure;
  Features f;
  f.pattern_hash = pattern_hash;
  const double rows = a.rows();
  const double cols = a.cols();
  const double nnz = a.nnz();
  f[Feature::rows] = rows;
  f[Feature::cols] = cols;
  f[Feature::nnz] = nnz;
  f[Feature::density] = nnz / rows / cols;
  f[Feature::row_mean] = nnz / rows;
  f[Feature::degree_spread] = nnz > 0 ? pass.row_max / (nnz / rows) : 1;
  f[Feature::square] = structure.square;
  f[Feature::symmetric] = structure.symmetric;
  f[Feature::pattern_symmetry] = a.square() ? mirrors.pattern_symmetry() : 0;
  f[Feature::value_asymmetry] =
      mirrors.entries > 0 ? mirrors.asymmetry / mirrors.entries : !a.square();
  const bool positive = structure.square && structure.positive_diagonal();
  f[Feature::positive_diagonal] = positive;
  f[Feature::zero_diagonals] = structure.zero_diagonals / std::min(rows, cols);
  f[Feature::strictly_row_dominant] = structure.strictly_row_dominant;
  f[Feature::least_margin] = pass.least_margin;
  f[Feature::mean_margin] = pass.sum_of_margins / rows;
  f[Feature::scale_spread] =
      pass.least_diagonal > 0 ? natural_log(pass.most_diagonal / pass.least_diagonal) : 0;
  f[Feature::rayleigh] = pass.diagonal > 0 ? pass.total / pass.diagonal : 0;
  f[Feature::ritz] =
      structure.symmetric && positive ? std::clamp(least_ritz_value(a, pass), least_ritz, 1.0) : 1;

  f[Feature::bandwidth] = pass.bandwidth;
  f[Feature::profile] = std::sqrt(pass.profile / rows);
  f[Feature::twin_rows] = pass.twins / rows;
  f[Feature::levels] = fill.levels;
  f[Feature::level_width] = fill.band;
  f[Feature::core] = pass.core;
  f[Feature::dimension] = fill.dimension;
  f[Feature::separator] = fill.separator;
  f[Feature::factor_nnz] = fill.nnz;
  f[Feature::factor_flops] = fill.flops;
  f[Feature::iterations] =
      predict_iterations(fill, f[Feature::mean_margin], f[Feature::least_margin]);
  f[Feature::rhs_count] = rhs_count;
  f[Feature::rtol] = rtol;
  return f;
}

}  // namespace lacuna
