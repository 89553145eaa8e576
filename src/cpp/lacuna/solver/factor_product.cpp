#include "lacuna/solver/factor_product.hpp"

#include <cmath>

#include "lacuna/base/sort.hpp"
#include "lacuna/direct/cholesky.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Flops that a supernode on a path takes besides its entries.
constexpr double supernode_flops = 100;
/// Paths that are priced together at the most.
constexpr std::size_t most_paths = 64;

}  // namespace

Status FactorProduct::attach(const Cholesky& factor, const Conditions& conditions) {
  factor_ = nullptr;
  const Supernodes& s = factor.structure();
  const auto n = static_cast<std::size_t>(s.n);
  for (ReachSweep* sweep : {&source_, &target_}) {
    if (sweep->prepare(s, factor.values().data()) != Status::ok) return Status::out_of_memory;
  }
  const auto roots = static_cast<std::size_t>(s.count) + 1;
  Buffer<std::int32_t> depth;
  if (spread_.allocate_zero(n) != Status::ok || terms_.allocate_zero(n) != Status::ok ||
      tree_.allocate(roots) != Status::ok || depth.allocate(roots) != Status::ok) {
    return Status::out_of_memory;
  }
  factor_ = &factor;
  tree_[s.count] = {0, s.count, s.count};
  depth[s.count] = 0;
  for (std::int32_t u = s.count - 1; u >= 0; --u) {
    Node& node = tree_[u];
    node = {0, s.count, s.count};
    depth[u] = 1;
    const std::int32_t parent = s.parent[u];
    if (parent < 0) continue;
    const std::int32_t entered = s.rows[s.row_begin[u] + s.width(u)];
    const std::int32_t far = tree_[parent].jump;
    const std::int32_t farther = tree_[far].jump;
    const bool twice = depth[parent] - depth[far] == depth[far] - depth[farther];
    node = {supernode_cost(parent, entered) + tree_[parent].flops, parent,
            twice ? farther : parent};
    depth[u] = depth[parent] + 1;
  }
  conditions_ = &conditions;
  loaded_ = false;
  least_of_ = 0;
  measured_ = 0;
  largest_ = most_terms_ = 0;
  return Status::ok;
}

double FactorProduct::supernode_cost(std::int32_t u, std::int32_t first) const {
  const Supernodes& s = factor_->structure();
  const double columns = s.first_column[u + 1] - first;
  return supernode_flops + columns * (2.0 * s.height(u) - columns);
}

double FactorProduct::sweep_flops(const ReachSweep& sweep) const {
  double flops = 0;
  for (const std::int32_t u : sweep.supernodes()) flops += supernode_cost(u, sweep.first_column(u));
  return flops;
}

double FactorProduct::path_flops(std::int32_t column) const {
  const std::int32_t u = factor_->structure().supernode_of[column];
  return supernode_cost(u, column) + tree_[u].flops;
}

double FactorProduct::longest_flops(const KeptRhs& rhs, std::span<const std::int32_t> ids) const {
  const Supernodes& s = factor_->structure();
  double target = 0, source = 0;
  for (const std::int32_t id : ids) target = std::fmax(target, path_flops(s.position[id]));
  const LocalRhs& b = rhs.local();
  for (std::uint32_t k = 0; k < b.entries() && !kept(rhs); ++k) {
    source = std::fmax(source, path_flops(s.position[b.entry(k).id]));
  }
  return target + source;
}

double FactorProduct::least_of(std::span<std::int32_t> columns) const {
  const Supernodes& s = factor_->structure();
  sort_in_place(columns.data(), columns.size());
  double longest = 0, together = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const double path = path_flops(columns[k]);
    longest = std::fmax(longest, path);
    together += path;
    if (k + 1 == columns.size()) break;
    // Parents stand after all that is below them: the first ancestor that is not before the next
    // one is where the two meet. From there on they are one, whole at the most.
    const std::int32_t next = s.supernode_of[columns[k + 1]];
    std::int32_t meet = s.supernode_of[columns[k]];
    while (meet < next) {
      meet = tree_[meet].jump <= next ? tree_[meet].jump : tree_[meet].parent;
    }
    if (meet == s.count) continue;
    together -= supernode_cost(meet, s.first_column[meet]) + tree_[meet].flops;
  }
  return std::fmax(longest, together);
}

double FactorProduct::least_flops(const KeptRhs& rhs, std::span<const std::int32_t> ids) {
  const Supernodes& s = factor_->structure();
  std::int32_t columns[most_paths];
  const auto least = [&](std::size_t entries, auto id) {
    const std::size_t step = (entries + most_paths - 1) / most_paths;
    std::size_t count = 0;
    for (std::size_t k = 0; k < entries; k += step) columns[count++] = s.position[id(k)];
    return least_of({columns, count});
  };
  const double target = least(ids.size(), [&](std::size_t k) { return ids[k]; });
  if (kept(rhs)) return target;
  if (least_of_ != rhs.number()) {
    const LocalRhs& b = rhs.local();
    least_source_ = least(b.entries(),
                          [&](std::size_t k) { return b.entry(static_cast<std::uint32_t>(k)).id; });
    least_of_ = rhs.number();
  }
  return target + least_source_;
}

void FactorProduct::begin(const KeptRhs& rhs, std::span<const std::int32_t> ids,
                          std::span<const double> weights) {
  const Supernodes& s = factor_->structure();
  const LocalRhs& b = rhs.local();
  norm_inf_ = b.facts().norm_inf;
  flops_ = 0;
  if (!kept(rhs)) {
    loaded_ = false;
    rhs_ = rhs.number();
    source_.clear();
    for (std::uint32_t k = 0; k < b.entries(); ++k) {
      const std::int32_t column = s.position[b.entry(k).id];
      source_.reach(column);
      source_.at(column) = b.entry(k).value;
    }
    source_.order();
    flops_ = sweep_flops(source_);
  }
  target_.clear();
  weighted_ = 0;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const std::int32_t column = s.position[ids[k]];
    target_.reach(column);
    target_.at(column) += weights[k];
    weighted_ += std::fabs(weights[k]) * conditions_->rows(ids[k]);
  }
  weighted_ *= 1 + (static_cast<double>(ids.size()) + 2) * unit_roundoff;
  target_.order();
  flops_ += sweep_flops(target_);
  phase_ = Phase::measure;
}

bool FactorProduct::measure(Budget& budget) {
  const Supernodes& s = factor_->structure();
  for (; measured_ < s.count; ++measured_) {
    if (budget.exhausted()) return false;
    const std::int32_t height = s.height(measured_);
    const std::int32_t first = s.first_column[measured_];
    const std::int32_t* rows = s.rows.data() + s.row_begin[measured_];
    const double* column = factor_->values().data() + s.value_begin[measured_];
    const std::int32_t width = s.width(measured_);
    for (std::int32_t j = 0; j < width; ++j, column += height) {
      double sum = 0;
      for (std::int32_t i = j; i < height; ++i) {
        sum += std::fabs(column[i]) * conditions_->rows(s.permutation[rows[i]]);
      }
      for (std::int32_t i = j; i < height; ++i) spread_[rows[i]] += std::fabs(column[i]) * sum;
    }
    for (std::int32_t i = 0; i < height; ++i) terms_[rows[i]] += width;
    // Whatever reaches these rows stands before: they are complete.
    for (std::int32_t j = first; j < first + width; ++j) {
      largest_ = std::fmax(largest_, spread_[j]);
      most_terms_ = std::fmax(most_terms_, terms_[j]);
    }
    budget.spend(4.0 * width * height);
  }
  return true;
}

void FactorProduct::meet() {
  const Supernodes& s = factor_->structure();
  double sum = 0, size = 0, terms = 4;
  for (const std::int32_t u : target_.supernodes()) {
    for (std::int32_t j = target_.first_column(u); j < s.first_column[u + 1]; ++j) {
      if (!source_.holds(j)) continue;
      const double term = target_.at(j) * source_.at(j);
      sum += term;
      size += std::fabs(term);
      ++terms;
    }
  }
  // `largest_` has its own rounding, of sums of positive terms.
  const double eta = 3.2 * (most_terms_ + 4) * unit_roundoff * largest_ * (1 + 0x1p-10);
  result_ = Certified{};
  result_.value = sum;
  if (!(eta < 0.5)) return;
  result_.kind = BoundKind::backward;
  result_.bound = (eta / (1 - eta) * norm_inf_ * weighted_ + terms * unit_roundoff * size) *
                  (1 + (terms + 8) * unit_roundoff);
  result_.lower = sum - result_.bound;
  result_.upper = sum + result_.bound;
}

TaskState FactorProduct::step(Budget& budget) {
  const std::int32_t n = factor_->structure().n;
  Meter meter(budget);
  switch (phase_) {
    case Phase::measure:
      if (!measure(budget)) return TaskState::running;
      phase_ = Phase::rhs;
      [[fallthrough]];
    case Phase::rhs:
      if (!loaded_ && source_.forward(meter, n)) return TaskState::running;
      loaded_ = true;
      phase_ = Phase::target;
      [[fallthrough]];
    case Phase::target:
      if (target_.forward(meter, n)) return TaskState::running;
      meet();
      phase_ = Phase::done;
      [[fallthrough]];
    case Phase::done: break;
  }
  return TaskState::done;
}

}  // namespace lacuna
