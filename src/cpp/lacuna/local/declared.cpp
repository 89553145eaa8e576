#include "lacuna/local/declared.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double let_pass = 0x1p-40;
/// More than the sum of 2³¹ terms is off by, either way.
constexpr double norm_slack = 0x1p-20;

/// Of a symmetric matrix either side may have been promised more of than the other.
Declared joined(Declared d) {
  if (d.symmetric) {
    d.row_margin = d.column_margin = std::fmax(d.row_margin, d.column_margin);
    d.norm_inf = d.norm1 = std::fmin(d.norm_inf, d.norm1);
  }
  return d;
}

/// |d| − Σ|aᵢⱼ| in twice the working precision, lowered by what rounding is left (Sum2 of Ogita,
/// Rump & Oishi, SISC 26, 2005).
double sharp_margin(std::int64_t v, const Line& row) {
  double hi = std::fabs(row.diagonal);
  double lo = 0;
  double size = hi;
  for (std::int32_t k = 0; k < row.count; ++k) {
    if (row.id(k) == v) continue;
    const double a = -std::fabs(row.value(k));
    const double s = hi + a;
    const double t = s - hi;
    lo += (hi - (s - t)) + (a - t);
    hi = s;
    size -= a;
  }
  const double terms = (row.count + 4.0) * unit_roundoff;
  const double sum = hi + lo;
  return sum - 2 * unit_roundoff * std::fabs(sum) - 2 * terms * terms * size;
}

void declare_side(double margin, double norm, Weights& weights, double& kept, double& contraction) {
  if (margin == -Declared::unknown) return;
  kept = margin > 0 ? margin * (1 - 2 * let_pass) : margin;
  if (margin < 0) return;
  const double most = norm * (1 + norm_slack);
  const double q = std::isfinite(most) ? (most - kept) / (most + kept) : 1;
  contraction = q < 1 ? q * (1 + 4 * unit_roundoff) : 1;
  if (margin == 0) return;
  weights.dominance = Dominance::declared;
  weights.uniform = weights.least = (1 + 4 * unit_roundoff) / kept;
}

bool fits(double margin, double norm) {
  if (std::isnan(margin) || margin == Declared::unknown || !(norm >= 0)) return false;
  return margin <= norm;
}

}  // namespace

Status check_declared(const Declared& declared) {
  const Declared d = joined(declared);
  const bool dominant = d.row_margin > 0 || d.column_margin > 0;
  const bool laplacian_fits = d.signs != Signs::laplacian || (d.symmetric && !dominant);
  const bool ok = fits(d.row_margin, d.norm_inf) && fits(d.column_margin, d.norm1) &&
                  d.max_degree >= 0 && laplacian_fits;
  return ok ? Status::ok : Status::invalid_argument;
}

Conditions conditions_from(const Declared& declared) {
  const Declared d = joined(declared);
  Conditions c;
  c.signs = d.signs;
  c.symmetric = d.symmetric;
  declare_side(d.row_margin, d.norm_inf, c.rows, c.row_margin, c.row_contraction);
  declare_side(d.column_margin, d.norm1, c.columns, c.column_margin, c.column_contraction);
  if (d.max_degree < std::numeric_limits<std::int32_t>::max()) {
    c.mean_degree = static_cast<double>(d.max_degree);
  }
  return c;
}

Fault hold_against(const Declared& declared, std::int64_t v, const Line& row) {
  const Declared d = joined(declared);
  const Fault violated(Status::declaration_violated, v);
  if (row.diagonal == 0) return Fault(Status::declaration_violated, v, v);
  if (d.signs != Signs::general && row.diagonal < 0) {
    return Fault(Status::declaration_violated, v, v);
  }
  const bool one_signed = d.signs == Signs::m_matrix || d.signs == Signs::laplacian;
  std::int64_t degree = 0;
  double sum = row.diagonal;
  for (std::int32_t k = 0; k < row.count; ++k) {
    if (row.id(k) == v) continue;
    ++degree;
    sum += row.value(k);
    if (one_signed && row.value(k) > 0) return Fault(Status::declaration_violated, v, row.id(k));
  }
  if (degree > d.max_degree) return violated;
  const LineFacts facts = measure_line(v, row);
  const double size = std::fabs(facts.diagonal) + facts.off_diagonal;
  const double rounding = (row.count + 4.0) * unit_roundoff * size;
  if (!std::isfinite(size) || size - rounding > d.norm_inf) return violated;
  if (d.signs == Signs::laplacian && std::fabs(sum) > rounding) return violated;
  const double margin = d.row_margin;
  if (margin == -Declared::unknown) return {};
  const double least = margin > 0 ? margin * (1 - let_pass) : margin - rounding;
  if (facts.margin >= least) return {};
  return sharp_margin(v, row) >= least ? Fault{} : violated;
}

}  // namespace lacuna
