#include "lacuna/local/rhs.hpp"

#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;

void include(RhsFacts& facts, double value) {
  facts.least = std::fmin(facts.least, value);
  facts.greatest = std::fmax(facts.greatest, value);
  facts.norm_inf = std::fmax(facts.norm_inf, std::fabs(value));
}

/// A sum of that many terms, raised by its rounding, so that it is a bound.
double raised(double sum, double terms) { return sum * (1 + (terms + 4) * unit_roundoff); }

}  // namespace

LocalRhs LocalRhs::dense(std::span<const double> values) {
  LocalRhs rhs(Kind::dense);
  rhs.values_ = values;
  if (values.empty()) return rhs;
  rhs.facts_.least = rhs.facts_.greatest = values[0];
  double sum = 0;
  for (const double v : values) {
    include(rhs.facts_, v);
    sum += std::fabs(v);
  }
  rhs.facts_.norm1 = raised(sum, static_cast<double>(values.size()));
  return rhs;
}

Result<LocalRhs> LocalRhs::sparse(std::int64_t n, std::span<const std::int64_t> ids,
                                  std::span<const double> values) {
  LocalRhs rhs(Kind::sparse);
  if (ids.size() != values.size()) return Status::shape_mismatch;
  if (rhs.table_.reserve(ids.size()) != Status::ok) return Status::out_of_memory;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] < 0 || ids[k] >= n) {
      return Fault(Status::index_out_of_range, static_cast<std::int64_t>(k));
    }
    if (!std::isfinite(values[k])) return Fault(Status::not_finite, static_cast<std::int64_t>(k));
    const std::uint32_t at = rhs.table_.touch(ids[k], Entry{});
    rhs.table_[at].value += values[k];
    rhs.table_[at].known = 1;
  }
  double sum = 0;
  const bool full = static_cast<std::int64_t>(rhs.table_.size()) == n;
  if (full && n > 0) rhs.facts_.least = rhs.facts_.greatest = rhs.table_[0].value;
  for (std::uint32_t k = 0; k < rhs.table_.size(); ++k) {
    // Entries at one place may overflow together.
    if (!std::isfinite(rhs.table_[k].value)) return Fault(Status::not_finite, rhs.table_[k].id);
    include(rhs.facts_, rhs.table_[k].value);
    sum += std::fabs(rhs.table_[k].value);
  }
  rhs.facts_.norm1 = raised(sum, rhs.table_.size());
  return rhs;
}

LocalRhs LocalRhs::on_demand(const RhsFacts& declared) {
  LocalRhs rhs(Kind::on_demand);
  rhs.facts_ = declared;
  if (declared.least == 0 && declared.greatest == 0) {
    rhs.facts_.least = -declared.norm_inf;
    rhs.facts_.greatest = declared.norm_inf;
  }
  return rhs;
}

void LocalRhs::note(std::int64_t v) {
  // Room on both sides first: an entry in the table that is not in the list would never be asked
  // for again.
  if (wanted_count_ == wanted_.size()) {
    Buffer<std::int64_t> wider;
    if (wider.allocate(2 * wanted_count_ + 64) != Status::ok) {
      failed_ = true;
      return;
    }
    for (std::size_t k = 0; k < wanted_count_; ++k) wider[k] = wanted_[k];
    wanted_ = std::move(wider);
  }
  if (table_.reserve(1) != Status::ok) {
    failed_ = true;
    return;
  }
  failed_ = false;
  const std::uint32_t before = table_.size();
  if (table_.touch(v, Entry{}) < before) return;  // wanted already
  wanted_[wanted_count_++] = v;
}

Fault LocalRhs::supply(std::span<const double> values) {
  if (values.size() != wanted_count_) return Status::shape_mismatch;
  double sum = known_sum_;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double v = values[k];
    sum += std::fabs(v);
    const bool kept = std::isfinite(v) && std::fabs(v) <= facts_.norm_inf && v >= facts_.least &&
                      v <= facts_.greatest && sum <= raised(facts_.norm1, table_.size());
    if (!kept) return Fault(Status::invalid_argument, wanted_[k]);
  }
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::uint32_t at = table_.find(wanted_[k]);
    table_[at].value = values[k];
    table_[at].known = 1;
  }
  known_sum_ = sum;
  wanted_count_ = 0;
  failed_ = false;
  return {};
}

}  // namespace lacuna
