#include "lacuna/local/conditions.hpp"

#include <cmath>

#include "lacuna/local/conditions_pass.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;

/// Through to the end; false for want of memory.
bool complete(ConditionsPass& pass) {
  Budget unlimited;
  return pass.step(unlimited) == TaskState::done;
}

}  // namespace

Result<Conditions> measure_conditions(const CsrView& a, bool symmetric, const CsrView* transposed) {
  ConditionsPass pass;
  if (const Status s = pass.begin(a, symmetric, transposed); s != Status::ok) return s;
  if (!complete(pass)) return Status::out_of_memory;
  return pass.take();
}

bool adopt_weights(const CsrView& a, Buffer<double>&& w, Weights& weights) {
  for (const double v : w.span()) {
    if (!(v > 0)) return false;
  }
  ConditionsPass pass;
  pass.begin_weights(a, std::move(w));
  if (!complete(pass)) return false;
  Conditions found = pass.take();
  if (!found.rows.known()) return false;
  weights = std::move(found.rows);
  return true;
}

double weighted_contraction(const CsrView& a, const Weights& weights, std::int32_t begin,
                            std::int32_t end) {
  double largest = 0;
  for (std::int32_t i = begin; i < end; ++i) {
    double own = 0;
    double others = 0;
    const std::int32_t first = a.indptr()[i], past = a.indptr()[i + 1];
    for (std::int32_t p = first; p < past; ++p) {
      const std::int32_t j = a.indices()[p];
      const double w = weights.each.empty() ? 1 : weights.each[static_cast<std::size_t>(j)];
      (j == i ? own : others) += std::fabs(a.data()[p]) * w;
    }
    if (own == 0) return std::numeric_limits<double>::infinity();
    const double q = others / own * (1 + (past - first + 4.0) * unit_roundoff);
    largest = q > largest ? q : largest;
  }
  return largest;
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

}  // namespace lacuna
