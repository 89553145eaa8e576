#include "lacuna/local/change.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Above, the difference of two entries may overflow.
constexpr double largest_entry = 0x1p1022;
/// Below, weights are as good as none.
constexpr double least_comparison = 0x1p-300;

}  // namespace

Fault check_shape(const Change& change) {
  if (change.rhs_ids.size() != change.rhs_values.size()) return Status::shape_mismatch;
  if (change.rows.size() != change.counts.size()) return Status::shape_mismatch;
  std::size_t total = 0;
  for (const std::int32_t count : change.counts) {
    if (count < 0) return Status::invalid_size;
    total += static_cast<std::size_t>(count);
  }
  if (total != change.ids.size() || total != change.values.size()) return Status::shape_mismatch;
  return {};
}

bool ChangedRhs::get(std::int64_t v, double& value) {
  const std::uint32_t k = table_.find(v);
  if (k == VertexTable<Entry>::none) return base_->get(v, value);
  value = table_[k].value;
  return true;
}

void ChangedRhs::include(const Entry& entry) {
  facts_.least = std::fmin(facts_.least, entry.value);
  facts_.greatest = std::fmax(facts_.greatest, entry.value);
  facts_.norm_inf = std::fmax(facts_.norm_inf, std::fabs(entry.value));
  const double after = std::fabs(entry.value);
  const double before = std::fabs(entry.before);
  const double rounding = 4 * unit_roundoff * (facts_.norm1 + after + before);
  facts_.norm1 = std::fmax(0, facts_.norm1 + (after - before) + rounding);
}

void ChangedRhs::set(std::int64_t v, double value) {
  double before = 0;
  std::uint32_t k = table_.find(v);
  if (k == VertexTable<Entry>::none) {
    base_->get(v, before);
    k = table_.touch(v, Entry{0, before, before, 0, 0});
  }
  Entry& entry = table_[k];
  // For Σ|bᵥ| against the value in force, not that of the base.
  include({v, value, entry.value, 0, 0});
  entry.value = value;
  fresh_ = false;
}

void ChangedRhs::refresh() {
  facts_ = base_->facts();
  for (std::uint32_t k = 0; k < table_.size(); ++k) include(table_[k]);
  fresh_ = true;
}

void ChangedRows::Worst::include(const Facts& facts) {
  comparison = std::fmin(comparison, facts.comparison);
  margin = std::fmin(margin, facts.margin);
  sum = std::fmax(sum, facts.sum);
  m_matrix = m_matrix && facts.m_matrix != 0;
  any = true;
}

ChangedRows::ChangedRows(Lines& base, const Conditions& conditions)
    : base_(&base), conditions_(&conditions), lines_(base), ground_(ground_of(conditions)) {}

Ground ChangedRows::ground_with(const Worst& worst) const {
  Ground ground = ground_of(*conditions_);
  if (!worst.any) return ground;
  const Weights& weights = conditions_->rows;
  constexpr double up = 1 + 8 * unit_roundoff;
  double stretch = std::numeric_limits<double>::infinity();
  if (worst.comparison > least_comparison) {
    stretch = worst.comparison < 1 ? up / worst.comparison : 1;
  }
  const double margin = std::fmin(conditions_->row_margin, worst.margin);
  if (weights.each.empty() && margin > 0) {
    stretch = std::fmin(stretch, std::fmax(1, up / margin / weights.uniform));
  }
  ground.stretch = stretch;
  ground.inverse_nonnegative = ground.inverse_nonnegative && worst.m_matrix;
  ground.row_sum = std::fmax(ground.row_sum, worst.sum);
  // Nothing is known of how the columns have changed.
  ground.column_weight = std::numeric_limits<double>::infinity();
  return ground;
}

Fault ChangedRows::examine(std::int64_t v, std::span<const std::int64_t> ids,
                           std::span<const double> values, std::int64_t apart, Facts& facts,
                           Shift& shift) {
  constexpr std::uint32_t none = VertexTable<Term>::none;
  const std::int64_t size = lines_.size();
  if (v < 0 || v >= size) return Fault(Status::index_out_of_range, v);
  terms_.clear();
  if (terms_.reserve(ids.size() + 1) != Status::ok) return Fault(Status::out_of_memory, v);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] < 0 || ids[k] >= size) return Fault(Status::index_out_of_range, v, ids[k]);
    if (!(std::fabs(values[k]) <= largest_entry)) return Fault(Status::not_finite, v, ids[k]);
    const std::uint32_t before = terms_.size();
    const std::uint32_t at = terms_.touch(ids[k], Term{});
    if (at < before) return Fault(Status::duplicate_entry, v, ids[k]);
    terms_[at].fresh = values[k];
    terms_[at].given = 1;
  }
  shift = Shift{};
  shift.entries = static_cast<std::int32_t>(ids.size());
  // The row as it was measured, and as it is now.
  for (const bool now : {false, true}) {
    Line line;
    if (!(now ? static_cast<Lines&>(lines_) : *base_).get(v, line)) {
      return Fault(Status::not_ready, v);
    }
    if (terms_.reserve(static_cast<std::size_t>(line.count) + 1) != Status::ok) {
      return Fault(Status::out_of_memory, v);
    }
    if (now) shift.entries += line.count;
    const auto take = [&](std::int64_t id, double value) {
      Term& term = terms_[terms_.touch(id, Term{})];
      (now ? term.now : term.base) = value;
      return std::fabs(value) <= largest_entry;
    };
    bool fits = take(v, line.diagonal);
    for (std::int32_t k = 0; k < line.count; ++k) {
      if (line.id(k) != v) fits = take(line.id(k), line.value(k)) && fits;
    }
    if (!fits) return Fault(Status::not_finite, v, v);
  }

  const Weights& weights = conditions_->rows;
  const bool each = !weights.each.empty();
  const double terms = terms_.size() + 12.0;
  const Term& own = terms_[terms_.find(v)];
  const double diagonal = std::fabs(own.fresh);
  const double ratio = diagonal / std::fabs(own.base);
  double others = 0;    // Σ|a′ᵢⱼ|
  double weighted = 0;  // Σ|a′ᵢⱼ|wⱼ
  double excess = 0;    // Σ(|a′ᵢⱼ| − ρ|aᵢⱼ|)₊
  double sum = own.fresh;
  bool signs = own.fresh > 0;
  const std::uint32_t special = apart >= 0 ? terms_.find(apart) : none;
  for (std::uint32_t k = 0; k < terms_.size(); ++k) {
    const Term& term = terms_[k];
    const double delta = std::fabs(term.fresh - term.now);
    if (k == special) {
      shift.at = delta * (1 + 4 * unit_roundoff);
    } else if (delta != 0) {
      shift.weighted += delta * weights(term.id) + 0x1p-1074;
    }
    if (term.id == v) continue;
    const double a = std::fabs(term.fresh);
    others += a;
    if (each && a != 0) weighted += a * weights(term.id);
    excess += std::fmax(0, a - ratio * std::fabs(term.base));
    sum += term.fresh;
    signs = signs && term.fresh <= 0;
  }
  shift.weighted *= 1 + terms * unit_roundoff;
  facts = Facts{v, 0, 0, 0, 0, signs ? 1u : 0u};
  facts.margin = diagonal - others - terms * unit_roundoff * (diagonal + others);
  facts.sum = sum + terms * unit_roundoff * (diagonal + others);
  if (each) {
    const double held = diagonal * weights(v);
    facts.comparison = held - weighted - terms * unit_roundoff * (held + weighted);
  } else {
    const double rounding = terms * unit_roundoff * (ratio + weights.uniform * others);
    facts.comparison = ratio - weights.uniform * excess - rounding;
    if (!std::isfinite(facts.comparison)) facts.comparison = -1;
  }
  // Pushes rest on ⟨A′⟩ of the weights that are kept: constants, where there are none by entry.
  const double proof = each ? facts.comparison : facts.margin * weights.uniform;
  if (!(proof > least_comparison)) return Fault(Status::declaration_violated, v);
  return {};
}

Status ChangedRows::reserve(std::size_t rows, std::size_t entries, std::size_t longest) {
  if (table_.reserve(rows) != Status::ok) return Status::out_of_memory;
  return lines_.reserve(rows, entries, longest);
}

void ChangedRows::replace(const Facts& facts, std::span<const std::int64_t> ids,
                          std::span<const double> values) {
  lines_.replace(facts.id, ids, values);
  Facts& kept = table_[table_.touch(facts.id, Facts{})];
  const std::uint32_t home = kept.home;
  kept = facts;
  kept.home = home;
}

void ChangedRows::settle() {
  worst_ = Worst{};
  for (std::uint32_t k = 0; k < table_.size(); ++k) worst_.include(table_[k]);
  ground_ = ground_with(worst_);
}

}  // namespace lacuna
