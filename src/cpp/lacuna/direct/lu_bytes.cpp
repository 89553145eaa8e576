#include "lacuna/direct/lu_bytes.hpp"

#include <algorithm>

#include "lacuna/direct/lu_sections.hpp"

namespace lacuna {

using namespace lu;

namespace {

template <class Visit>
void each_front(const LuFactors<double>& f, Visit&& visit) {
  for (const FrontFactors<double>* b = f.fronts.get(); b != nullptr; b = b->next.get()) {
    for (std::int32_t s = 0; s < b->count; ++s) visit(b->fronts[s]);
  }
}

void list_trees(const LuPlan& plan, FactorPieces& pieces) {
  const auto each = [&](std::uint32_t tag, auto&& array, auto&& size) {
    pieces.add(tag, plan.row_of.data(), 0);
    for (const FrontBlock* b = plan.fronts.get(); b != nullptr; b = b->next.get()) {
      pieces.add(tag, array(b->tree), size(b->tree));
    }
  };
  const auto ends = [](const Supernodes& t) { return std::int64_t(t.count) + 1; };
  each(
      tag_tree_count, [](const Supernodes& t) { return &t.count; },
      [](const Supernodes&) { return 1; });
  each(
      tag_tree_column, [](const Supernodes& t) { return t.first_column.data(); }, ends);
  pieces.add(tag_tree_begin, static_cast<const std::int64_t*>(nullptr), 0);
  for (const FrontBlock* b = plan.fronts.get(); b != nullptr; b = b->next.get()) {
    pieces.add(tag_tree_begin, b->tree.row_begin.data(), ends(b->tree));
  }
  each(
      tag_tree_rows, [](const Supernodes& t) { return t.rows.data(); },
      [](const Supernodes& t) { return t.row_begin[t.count]; });
}

}  // namespace

void lu::list_numbers(const LuFactors<double>& f, FactorPieces& pieces) {
  const auto n = static_cast<std::int64_t>(f.row_scale.size());
  pieces.add(tag_scale, f.row_scale.data(), n);
  pieces.add(tag_diagonal, f.diagonal.data(), n);
  const auto used = [&](const ColumnLists& lists) { return static_cast<std::int64_t>(lists.used); };
  pieces.add(tag_lower, f.lower.data(), f.pattern == nullptr ? 0 : used(f.pattern->lower));
  pieces.add(tag_upper, f.upper.data(), f.pattern == nullptr ? 0 : used(f.pattern->upper));
  pieces.add(tag_panels, f.lower.data(), 0);
  each_front(f, [&](const Front<double>& front) {
    pieces.add(tag_panels, front.panel.data(), panel_size(front));
  });
}

Status list_bytes(const LuFactorization& lu, FactorFigures& figures, FactorPieces& pieces) {
  if (!lu.factored()) return Status::not_ready;
  const LuPlan& plan = *lu.plan();
  const LuFactors<double>& f = lu.factors();
  const std::int64_t n = plan.n;
  figures.real[0] = f.nnz;
  figures.real[1] = f.flops;
  figures.real[2] = f.quality.pivot_growth;
  figures.real[3] = f.quality.diagonal_ratio;
  figures.real[4] = plan.predicted_bytes;
  figures.real[5] = std::max(0.0, f.column_bytes);
  figures.whole[0] = f.quality.off_diagonal_pivots;
  figures.whole[1] = f.quality.delayed_pivots;
  figures.whole[2] = static_cast<std::int64_t>(plan.ordering);
  figures.whole[3] = static_cast<std::int64_t>(lu.route());
  pieces.add(tag_reals, figures.real, FactorFigures::reals);
  pieces.add(tag_wholes, figures.whole, FactorFigures::wholes);
  pieces.add(tag_row_of, plan.row_of.data(), n);
  pieces.add(tag_col_of, plan.col_of.data(), n);
  pieces.add(tag_block_begin, plan.block_begin.data(), plan.blocks() + 1);
  pieces.add(tag_kind, plan.kind.data(), plan.blocks());
  list_trees(plan, pieces);
  pieces.add(tag_front_size, plan.row_of.data(), 0);
  each_front(f, [&](const Front<double>& front) {
    pieces.add(tag_front_size, &front.order, 1);
    pieces.add(tag_front_size, &front.candidates, 1);
    pieces.add(tag_front_size, &front.eliminated, 1);
  });
  pieces.add(tag_front_ids, plan.row_of.data(), 0);
  each_front(f, [&](const Front<double>& front) {
    pieces.add(tag_front_ids, front.ids.data(), 2 * std::int64_t(front.order));
  });
  const ColumnPattern empty;
  const ColumnPattern& pattern = f.pattern == nullptr ? empty : *f.pattern;
  if (f.pattern != nullptr) {
    if (figures.lists.allocate(2 * static_cast<std::size_t>(n)) != Status::ok) {
      return Status::out_of_memory;
    }
    std::int32_t* count = figures.lists.data();
    for (const ColumnLists* lists : {&pattern.lower, &pattern.upper}) {
      for (std::int64_t k = 0; k < n; ++k) {
        *count++ = static_cast<std::int32_t>(lists->begin[k + 1] - lists->begin[k]);
      }
    }
  }
  pieces.add(tag_count, figures.lists.data(), static_cast<std::int64_t>(figures.lists.size()));
  pieces.add(tag_pivot_row, plan.row_of.data(), 0);
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    const std::int32_t begin = plan.block_begin[b];
    if (plan.kind[b] != BlockKind::columns) continue;
    pieces.add(tag_pivot_row, pattern.pivot_row.data() + begin, plan.block_begin[b + 1] - begin);
  }
  pieces.add(tag_lower_row, pattern.lower.row.data(),
             static_cast<std::int64_t>(pattern.lower.used));
  pieces.add(tag_upper_row, pattern.upper.row.data(),
             static_cast<std::int64_t>(pattern.upper.used));
  list_numbers(f, pieces);
  return pieces.status();
}

}  // namespace lacuna
