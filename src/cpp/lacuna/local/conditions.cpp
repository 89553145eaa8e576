#include "lacuna/local/conditions.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Sweeps that sharpen the weights of a dominant matrix whose margins differ.
constexpr int sharpening_sweeps = 8;
/// Share of the largest weight that the mean must stay below for weights of their own to pay.
constexpr double worthwhile_spread = 0.8;

/// (⟨A⟩w)ᵢ, lowered by its rounding and by what one rounding of each weight may take from it.
double comparison_row(const CsrView& a, std::int32_t i, const double* w) {
  double diagonal = 0;
  double others = 0;
  for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
    const std::int32_t j = a.indices()[p];
    const double t = std::fabs(a.data()[p]) * w[j];
    if (j == i) {
      diagonal = t;
    } else {
      others += t;
    }
  }
  const double terms = a.indptr()[i + 1] - a.indptr()[i] + 8;
  return diagonal - others - terms * unit_roundoff * (diagonal + others);
}

/// next ← D⁻¹(1 + N w) with ⟨A⟩ = D − N. False where a diagonal entry is zero.
bool jacobi_sweep(const CsrView& a, const double* w, double* next) {
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    double diagonal = 0;
    double sum = 1;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      if (j == i) {
        diagonal = std::fabs(a.data()[p]);
      } else {
        sum += std::fabs(a.data()[p]) * w[j];
      }
    }
    if (diagonal == 0) return false;
    next[i] = sum / diagonal;
  }
  return true;
}

/// Scales w so that ⟨A⟩w ≥ 1 was computed with rounding against it. False where that cannot be.
bool prove(const CsrView& a, Buffer<double>& w) {
  double least = std::numeric_limits<double>::infinity();
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    least = std::fmin(least, comparison_row(a, i, w.data()));
  }
  if (!(least > 0)) return false;
  const double factor = (1 + 4 * unit_roundoff) / least;
  for (double& v : w.span()) v *= factor;
  return std::isfinite(factor);
}

/// Weights by value where they differ enough, else their largest: a bound as well, and with every
/// margin positive ⟨A⟩ of a constant is too. Scaled dominance keeps them.
void settle(Weights& weights, Buffer<double>&& w) {
  double largest = 0;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const double v : w.span()) {
    largest = std::fmax(largest, v);
    least = std::fmin(least, v);
    sum += v;
  }
  weights.uniform = largest;
  weights.least = largest;
  if (weights.dominance == Dominance::scaled ||
      sum < worthwhile_spread * largest * static_cast<double>(w.size())) {
    weights.each = std::move(w);
    weights.least = least;
  }
}

struct Side {
  double margin;
  double contraction;
  double sum = 0;
  std::int64_t first_weak = -1;
};

Side measure_side(const CsrView& a) {
  Side side{std::numeric_limits<double>::infinity(), 0};
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const std::int32_t begin = a.indptr()[i];
    Line line;
    line.ids32 = a.indices() + begin;
    line.values = a.data() + begin;
    line.count = a.indptr()[i + 1] - begin;
    for (std::int32_t k = 0; k < line.count; ++k) {
      if (line.ids32[k] == i) line.diagonal = line.values[k];
    }
    const LineFacts facts = measure_line(i, line);
    double sum = 0;
    for (std::int32_t k = 0; k < line.count; ++k) sum += line.values[k];
    const double size = std::fabs(facts.diagonal) + facts.off_diagonal;
    side.sum = std::fmax(side.sum, sum + (line.count + 2.0) * unit_roundoff * size);
    if (!(facts.margin > 0) && side.first_weak < 0) side.first_weak = i;
    side.margin = std::fmin(side.margin, facts.margin);
    const double q =
        facts.off_diagonal / std::fabs(facts.diagonal) * (1 + (line.count + 4) * unit_roundoff);
    side.contraction = std::fmax(side.contraction, std::isnan(q) ? INFINITY : q);
  }
  return side;
}

Status find_weights(const CsrView& a, const Side& side, Weights& weights, std::int32_t& steps) {
  const auto n = static_cast<std::size_t>(a.rows());
  Buffer<double> w, next;
  if (side.margin > 0) {
    weights.dominance = Dominance::strict;
    weights.uniform = weights.least = (1 + 4 * unit_roundoff) / side.margin;
    // From w with ⟨A⟩w ≥ 1 a sweep leads down to the solution of ⟨A⟩w = 1, and stays above it.
    if (w.allocate(n) != Status::ok || next.allocate(n) != Status::ok) return Status::ok;
    for (double& v : w.span()) v = weights.uniform;
    for (int k = 0; k < sharpening_sweeps; ++k) {
      if (!jacobi_sweep(a, w.data(), next.data())) return Status::ok;
      std::swap(w, next);
    }
    if (prove(a, w)) settle(weights, std::move(w));
    return Status::ok;
  }
  if (w.allocate(n) != Status::ok || next.allocate(n) != Status::ok) return Status::out_of_memory;
  for (double& v : w.span()) v = 0;
  // From zero the sweeps are the partial sums of the Neumann series of ⟨A⟩⁻¹1.
  for (std::int32_t k = 1; k <= max_power_steps; ++k) {
    if (!jacobi_sweep(a, w.data(), next.data())) return Status::ok;
    std::swap(w, next);
    steps = k > steps ? k : steps;
    if (k % 8 != 0) continue;
    double least = std::numeric_limits<double>::infinity();
    for (std::int32_t i = 0; i < a.rows() && least > 0; ++i) {
      least = std::fmin(least, comparison_row(a, i, w.data()));
    }
    // A weak proof makes weak bounds: sharpen as long as steps are left.
    if (least < 0.5 && k < max_power_steps) continue;
    if (least <= 0) return Status::ok;
    if (!prove(a, w)) return Status::ok;
    weights.dominance = Dominance::scaled;
    settle(weights, std::move(w));
    return Status::ok;
  }
  return Status::ok;
}

Signs measure_signs(const CsrView& a, bool symmetric) {
  bool positive_diagonal = true;
  bool nonpositive_off = true;
  bool zero_sums = true;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    double diagonal = 0;
    double sum = 0;
    double size = 0;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const double v = a.data()[p];
      if (a.indices()[p] == i) {
        diagonal = v;
      } else if (v > 0) {
        nonpositive_off = false;
      }
      sum += v;
      size += std::fabs(v);
    }
    positive_diagonal = positive_diagonal && diagonal > 0;
    const double terms = a.indptr()[i + 1] - a.indptr()[i] + 1;
    zero_sums = zero_sums && std::fabs(sum) <= terms * 4 * unit_roundoff * size;
  }
  if (!nonpositive_off) return positive_diagonal ? Signs::positive : Signs::general;
  if (symmetric && zero_sums) return Signs::laplacian;
  return positive_diagonal ? Signs::m_matrix : Signs::general;
}

}  // namespace

bool adopt_weights(const CsrView& a, Buffer<double>&& w, Weights& weights) {
  for (const double v : w.span()) {
    if (!(v > 0)) return false;
  }
  if (!prove(a, w)) return false;
  weights.dominance = Dominance::scaled;
  settle(weights, std::move(w));
  return true;
}

LineFacts measure_line(std::int64_t v, const Line& line) {
  LineFacts facts;
  facts.diagonal = line.diagonal;
  for (std::int32_t k = 0; k < line.count; ++k) {
    if (line.id(k) == v) continue;
    const double value = line.value(k);
    facts.off_diagonal += std::fabs(value);
    facts.positive_off_diagonal = facts.positive_off_diagonal || value > 0;
  }
  const double d = std::fabs(line.diagonal);
  facts.margin =
      d - facts.off_diagonal - (line.count + 4.0) * unit_roundoff * (d + facts.off_diagonal);
  return facts;
}

Result<Conditions> measure_conditions(const CsrView& a, bool symmetric, const CsrView* transposed) {
  if (!a.square()) return Status::not_square;
  Conditions c;
  c.symmetric = symmetric;
  c.signs = measure_signs(a, symmetric);
  std::int64_t off_diagonal = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      off_diagonal += a.indices()[p] != i;
    }
  }
  c.mean_degree = static_cast<double>(off_diagonal) / a.rows();
  const Side rows = measure_side(a);
  c.row_margin = rows.margin;
  c.row_sum = rows.sum;
  c.row_contraction = rows.contraction;
  c.first_weak_row = rows.first_weak;
  if (const Status s = find_weights(a, rows, c.rows, c.power_steps); s != Status::ok) return s;
  if (symmetric) {
    c.column_margin = c.row_margin;
    c.column_contraction = c.row_contraction;
    c.columns.dominance = c.rows.dominance;
    c.columns.uniform = c.rows.uniform;
    c.columns.least = c.rows.least;
    if (!c.rows.each.empty() && c.columns.each.copy_from(c.rows.each.span()) != Status::ok) {
      return Status::out_of_memory;
    }
  } else if (transposed != nullptr) {
    const Side columns = measure_side(*transposed);
    c.column_margin = columns.margin;
    c.column_contraction = columns.contraction;
    if (const Status s = find_weights(*transposed, columns, c.columns, c.power_steps);
        s != Status::ok) {
      return s;
    }
  }
  return c;
}

}  // namespace lacuna
