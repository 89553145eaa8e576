#include "lacuna/local/certificate.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;

double residual_of(const Push::Vertex& v) { return v.residual; }
double residual_of(const Neumann::Vertex& v) { return v.residual(); }

/// Takes [low, high] ∋ sᵀx into a certified value, `pad` is what rounding can add on either side.
Certified settle(double base, double low, double high, double pad, bool at_lower, BoundKind kind) {
  Certified c;
  c.kind = kind;
  const double size = std::fabs(base) + std::fabs(low) + std::fabs(high);
  pad += 8 * unit_roundoff * size;
  c.lower = base + low - pad;
  c.upper = base + high + pad;
  c.value = at_lower ? base + low : base + 0.5 * (low + high);
  c.bound = std::fmax(c.upper - c.value, c.value - c.lower) * (1 + 4 * unit_roundoff);
  return c;
}

const Certified& better(const Certified& a, const Certified& b) {
  return b.bound < a.bound ? b : a;
}

}  // namespace

template <class Adjoint>
ResidualSums sum_residual(const Adjoint& push, const Weights& weights) {
  ResidualSums r;
  for (std::uint32_t k = 0; k < push.touched(); ++k) {
    const double residual = residual_of(push.vertex(k));
    const double w = weights.each.empty() ? 1 : push.vertex(k).weight;
    // Without branches: signs come in no order.
    const double above = residual > 0 ? residual : 0;
    const double below = residual > 0 ? 0 : -residual;
    r.positive += w * above;
    r.positive_plain += above;
    r.negative += w * below;
    r.negative_plain += below;
    const double size = above + below;
    r.largest = size > r.largest ? size : r.largest;
  }
  const double up = 1 + (push.touched() + 2.0) * unit_roundoff;
  const double down = 1 - (push.touched() + 2.0) * unit_roundoff;
  const double unit = weights.each.empty() ? weights.uniform : 1;
  r.positive *= unit * up;
  r.negative *= unit * up;
  r.positive_plain *= down;
  r.negative_plain *= down;
  r.slack = push.slack();
  r.largest += r.slack / weights.least;
  return r;
}

template <class Adjoint>
bool inner_product(const Adjoint& p, LocalRhs& b, double& sum, double& size) {
  sum = size = 0;
  double error = 0;
  bool complete = true;
  if (b.kind() == LocalRhs::Kind::sparse && b.entries() < p.touched()) {
    for (std::uint32_t k = 0; k < b.entries(); ++k) {
      const std::uint32_t at = p.find(b.entry(k).id);
      if (at == VertexTable<typename Adjoint::Vertex>::none) continue;
      const double t = p.vertex(at).value * b.entry(k).value;
      const double s = sum + t;
      const double z = s - sum;
      error += (sum - (s - z)) + (t - z);
      sum = s;
      size += std::fabs(t);
    }
  } else {
    for (std::uint32_t k = 0; k < p.touched(); ++k) {
      const typename Adjoint::Vertex& v = p.vertex(k);
      if (v.value == 0) continue;
      double value;
      if (!b.get(v.id, value)) {
        complete = false;
        continue;
      }
      const double t = v.value * value;
      const double s = sum + t;
      const double z = s - sum;
      error += (sum - (s - z)) + (t - z);
      sum = s;
      size += std::fabs(t);
    }
  }
  // Summed as in twice the precision: what is left is the rounding of each product.
  sum += error;
  return complete;
}

Ground ground_of(const Conditions& conditions) {
  Ground ground;
  ground.inverse_nonnegative = conditions.inverse_nonnegative();
  ground.row_sum = conditions.row_sum;
  if (conditions.columns.known()) ground.column_weight = conditions.columns.uniform;
  return ground;
}

Certified certify_sums(const ResidualSums& s, double sum, double size, const RhsFacts& facts,
                       const Ground& ground) {
  const double pad = 4 * unit_roundoff * size;
  const double stretch = ground.stretch;
  const double extra = s.slack * stretch * facts.norm_inf;
  Certified best;
  if (ground.inverse_nonnegative) {
    // A⁻¹1 lies between these two.
    const double least = 1 / ground.row_sum * (1 - 4 * unit_roundoff);
    const auto high = [&](double weighted, double plain) {
      return facts.greatest >= 0 ? facts.greatest * (stretch * weighted)
                                 : facts.greatest * least * plain;
    };
    const auto low = [&](double weighted, double plain) {
      return facts.least >= 0 ? facts.least * least * plain : facts.least * (stretch * weighted);
    };
    const double upper = high(s.positive, s.positive_plain) - low(s.negative, s.negative_plain);
    const double lower = low(s.positive, s.positive_plain) - high(s.negative, s.negative_plain);
    const bool one_sided = facts.least >= 0 && s.negative == 0;
    best = settle(sum, lower, upper, pad + extra, one_sided, BoundKind::bracket);
  } else {
    const double reach = (s.positive + s.negative) * stretch * facts.norm_inf;
    best = settle(sum, -reach, reach, pad + extra, false, BoundKind::adjoint);
  }
  if (std::isfinite(ground.column_weight) && std::isfinite(facts.norm1)) {
    const double reach = s.largest * facts.norm1 * ground.column_weight;
    best = better(best, settle(sum, -reach, reach, pad, false, BoundKind::columns));
  }
  return best;
}

template <class Adjoint>
Certified certify_adjoint(const Adjoint& p, double sum, double size, const LocalRhs& b,
                          const Conditions& conditions) {
  if (!conditions.rows.known()) {
    Certified none;
    none.value = sum;
    return none;
  }
  return certify_sums(sum_residual(p, conditions.rows), sum, size, b.facts(),
                      ground_of(conditions));
}

template ResidualSums sum_residual(const Push&, const Weights&);
template ResidualSums sum_residual(const Neumann&, const Weights&);
template bool inner_product(const Push&, LocalRhs&, double&, double&);
template bool inner_product(const Neumann&, LocalRhs&, double&, double&);
template Certified certify_adjoint(const Push&, double, double, const LocalRhs&, const Conditions&);
template Certified certify_adjoint(const Neumann&, double, double, const LocalRhs&,
                                   const Conditions&);

Certified certify_product(const Push& p, const Push& x, double sum, double size,
                          const Conditions& conditions, double useful) {
  Certified best;
  if (!conditions.rows.known() || !conditions.columns.known()) return best;
  const ResidualSums s = sum_residual(p, conditions.rows);
  const ResidualSums r = sum_residual(x, conditions.columns);
  const double by_rows = (s.positive + s.negative + s.slack) * r.largest;
  const double by_columns = (r.positive + r.negative + r.slack) * s.largest;
  const double reach = std::fmin(by_rows, by_columns);
  // The sums below take much longer, and only add to it.
  if (!(reach < useful)) return best;
  // sᵀx̃ over the smaller of the two supports.
  double dot = 0;
  double dot_size = 0;
  const bool by_adjoint = p.touched() < x.touched();
  const Push& few = by_adjoint ? p : x;
  const Push& many = by_adjoint ? x : p;
  for (std::uint32_t k = 0; k < few.touched(); ++k) {
    const std::uint32_t at = many.find(few.vertex(k).id);
    if (at == VertexTable<Push::Vertex>::none) continue;
    const double t = by_adjoint ? few.vertex(k).residual * many.vertex(at).value
                                : many.vertex(at).residual * few.vertex(k).value;
    dot += t;
    dot_size += std::fabs(t);
  }
  double pad = 4 * unit_roundoff * size + (few.touched() + 2.0) * unit_roundoff * dot_size;
  // The residual as stored differs from t − Aᵀp by what its slack bounds, also where it meets x̃.
  double largest_x = 0;
  for (std::uint32_t k = 0; k < x.touched(); ++k) {
    const double value = std::fabs(x.vertex(k).value);
    largest_x = value > largest_x ? value : largest_x;
  }
  pad += s.slack / conditions.rows.least * largest_x;
  const bool one_signed = conditions.inverse_nonnegative() && s.negative == 0 && r.negative == 0;
  // One-signed up to rounding: the slack of either may point the other way.
  const double stray = s.slack * r.largest + r.slack * s.largest;
  return settle(sum + dot, one_signed ? -stray : -reach, reach, pad, one_signed,
                BoundKind::product);
}

}  // namespace lacuna
