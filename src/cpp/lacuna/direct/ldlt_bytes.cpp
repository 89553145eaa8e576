#include "lacuna/direct/ldlt_bytes.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace lacuna {
namespace {

enum Tag : std::uint32_t {
  tag_reals = 5,
  tag_wholes = 6,
  tag_pivot_order = 7,
  tag_pivot_begin = 8,
  tag_panel_begin = 9,
  tag_panel_rows = 10,
  tag_pivots = 11,
  tag_scale = 12,
  tag_values = 13,
};

/// What lies above the diagonals of the panels is not read, and not written either.
void list_numbers(const LdltFactors<double>& f, FactorPieces& pieces) {
  const Supernodes& s = f.structure;
  pieces.add(tag_pivots, f.pivots.data(), 2 * std::int64_t(s.n));
  pieces.add(tag_scale, f.scale.data(), s.n);
  pieces.add_panels(tag_values, s, f.values.data());
}

}  // namespace

Status list_bytes(const Ldlt& ldlt, FactorFigures& figures, FactorPieces& pieces) {
  if (ldlt.factors() == nullptr) return Status::not_ready;
  const Supernodes& tree = ldlt.tree();
  const LdltFactors<double>& f = *ldlt.factors();
  figures.real[0] = tree.nnz;
  figures.real[1] = tree.flops;
  figures.real[2] = f.nnz;
  figures.real[3] = f.flops;
  figures.real[4] = f.tried;
  figures.real[5] = f.smallest;
  figures.whole[0] = f.positive;
  figures.whole[1] = f.negative;
  figures.whole[2] = f.two_by_two;
  figures.whole[3] = f.delayed;
  figures.whole[4] = static_cast<std::int64_t>(ldlt.info().ordering);
  figures.whole[5] = ldlt.pairs();
  const std::int64_t ends = tree.count + 1;
  list_tree(tree, pieces);
  pieces.add(tag_reals, figures.real, FactorFigures::reals);
  pieces.add(tag_wholes, figures.whole, FactorFigures::wholes);
  const Supernodes& s = f.structure;
  pieces.add(tag_pivot_order, s.permutation.data(), s.n);
  pieces.add(tag_pivot_begin, s.first_column.data(), ends);
  pieces.add(tag_panel_begin, s.row_begin.data(), ends);
  pieces.add(tag_panel_rows, s.rows.data(), s.row_begin[s.count]);
  list_numbers(f, pieces);
  return pieces.status();
}

Fault LdltImport::advance(Budget& budget) {
  Fault fault;
  Meter meter(budget);
  Supernodes& s = factors_ ? factors_->structure : tree_;
  switch (stage_) {
    case Stage::open:
      fault = open();
      stage_ = Stage::indices;
      break;
    case Stage::indices:
      if (!read(budget, fault)) break;
      fault = check_sizes();
      stage_ = Stage::tree;
      break;
    case Stage::tree:
      if (check_tree(budget, fault)) stage_ = Stage::pivot_order;
      break;
    case Stage::pivot_order:
      if (!invert(s.permutation.span(), supernode_of_.data(), tag_pivot_order, budget, fault))
        break;
      at_ = tree_.count;
      stage_ = Stage::panels;
      break;
    case Stage::panels:
      while (at_ > 0) {
        const auto u = static_cast<std::int32_t>(--at_);
        fault = check_panel(u);
        if (!fault.ok() || meter.spend(4.0 * s.height(u))) return fault;
      }
      fault = open_numbers();
      stage_ = Stage::numbers;
      break;
    case Stage::numbers:
      if (read(budget, fault)) stage_ = Stage::pivots;
      break;
    case Stage::pivots:
      while (at_ < tree_.n) {
        fault = check_pivot(static_cast<std::int32_t>(at_++));
        if (!fault.ok() || meter.spend(4)) return fault;
      }
      fault = finish();
      done_ = true;
      break;
  }
  return fault;
}

Fault LdltImport::open() {
  factors_.reset(create<LdltFactors<double>>());
  if (!factors_) return Status::out_of_memory;
  Supernodes& s = factors_->structure;
  fetch(tag_reals, tag_wholes, figures_);
  fetch_tree();
  fetch(tag_pivot_order, s.permutation);
  fetch(tag_pivot_begin, s.first_column);
  fetch(tag_panel_begin, s.row_begin);
  fetch(tag_panel_rows, s.rows);
  return {};
}

/// Whether the arrays belong together, and memory for what is told from them.
Fault LdltImport::check_sizes() {
  if (const Fault fault = check_tree_sizes(); !fault.ok()) return fault;
  const auto n = static_cast<std::size_t>(tree_.n);
  Supernodes& s = factors_->structure;
  const std::size_t ends = tree_.first_column.size();
  if (s.permutation.size() != n) return damaged(tag_pivot_order);
  if (s.first_column.size() != ends) return damaged(tag_pivot_begin);
  if (s.row_begin.size() != ends) return damaged(tag_panel_begin);
  s.n = tree_.n;
  s.count = tree_.count;
  const std::int32_t count = s.count;
  if (s.first_column[0] != 0 || s.first_column[count] != s.n) return damaged(tag_pivot_begin);
  if (s.row_begin[0] != 0 || s.row_begin[count] != static_cast<std::int64_t>(s.rows.size())) {
    return damaged(tag_panel_begin);
  }
  for (const Status status : {supernode_of_.allocate(n), s.value_begin.allocate(ends)}) {
    if (status != Status::ok) return status;
  }
  return {};
}

/// Panels from the last to the first. What stands below one are pivots of its ancestors.
Fault LdltImport::check_panel(std::int32_t u) {
  const Supernodes& s = factors_->structure;
  const std::int32_t first = s.first_column[u], end = s.first_column[u + 1];
  const std::int64_t begin = s.row_begin[u], last = s.row_begin[u + 1];
  if (first < 0 || end < first || end > s.n) return damaged(tag_pivot_begin, 4 * std::int64_t(u));
  if (begin < 0 || last > static_cast<std::int64_t>(s.rows.size()) || last - begin < end - first ||
      last - begin > s.n) {
    return damaged(tag_panel_begin, 8 * std::int64_t(u));
  }
  for (std::int32_t j = first; j < end; ++j) supernode_of_[j] = u;
  for (std::int64_t p = begin; p < last; ++p) {
    const std::int32_t row = s.rows[p];
    const bool own = p - begin < end - first;
    if (own ? row != first + (p - begin)
            : row < end || row >= s.n || check_.first_of(supernode_of_[row]) > u) {
      return damaged(tag_panel_rows, 4 * p);
    }
  }
  return {};
}

Fault LdltImport::open_numbers() {
  Supernodes& s = factors_->structure;
  const std::int64_t most = reader_.count(tag_values, sizeof(double));
  std::int64_t packed = 0;
  s.value_begin[0] = 0;
  for (std::int32_t u = 0; u < s.count; ++u) {
    const std::int64_t width = s.width(u), height = s.height(u);
    packed += width * height - width * (width - 1) / 2;
    if (packed > most) return damaged(tag_values);
    s.value_begin[u + 1] = s.value_begin[u] + width * height;
  }
  const auto stored = static_cast<double>(s.value_begin[s.count]);
  if (stored >= double(std::numeric_limits<std::ptrdiff_t>::max() / 8)) {
    return Status::out_of_memory;
  }
  const auto n = static_cast<std::size_t>(s.n);
  for (const Status status :
       {factors_->values.allocate(static_cast<std::size_t>(s.value_begin[s.count])),
        factors_->pivots.allocate(2 * n), factors_->scale.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  at_ = 0;
  list_numbers(*factors_, pieces_);
  return {};
}

/// A pivot of two stands in one supernode, and its second row couples with nothing further.
Fault LdltImport::check_pivot(std::int32_t k) {
  const double* d = factors_->pivots.data() + 2 * std::int64_t(k);
  if (!(factors_->scale[k] > 0)) return damaged(tag_scale, 8 * std::int64_t(k));
  const bool second = k > 0 && d[-1] != 0;
  const bool couples = k + 1 < tree_.n && supernode_of_[k + 1] == supernode_of_[k];
  const bool fine = d[1] != 0 ? couples && !second : second || d[0] != 0;
  return fine ? Fault() : damaged(tag_pivots, 16 * std::int64_t(k));
}

Fault LdltImport::finish() {
  LdltFactors<double>& f = *factors_;
  tree_.nnz = figures_.real[0];
  tree_.flops = figures_.real[1];
  f.nnz = figures_.real[2];
  f.flops = figures_.real[3];
  f.tried = figures_.real[4];
  f.smallest = figures_.real[5];
  f.positive = figures_.whole[0];
  f.negative = figures_.whole[1];
  f.two_by_two = figures_.whole[2];
  f.delayed = figures_.whole[3];
  if (const Fault fault = negative(figures_, tag_reals, tag_wholes); !fault.ok()) return fault;
  const std::int64_t n = tree_.n;
  if (f.positive > n || f.negative != n - f.positive ||
      figures_.whole[4] > static_cast<std::int64_t>(OrderingKind::rcm)) {
    return damaged(tag_wholes);
  }
  made_.reset(create<Ldlt>());
  if (!made_) return Status::out_of_memory;
  return made_->adopt(std::move(tree_), std::move(factors_),
                      static_cast<OrderingKind>(figures_.whole[4]), figures_.whole[5]);
}

}  // namespace lacuna
