#include "lacuna/direct/tree_import.hpp"

namespace lacuna {

void list_tree(const Supernodes& tree, FactorPieces& pieces) {
  pieces.add(tag_permutation, tree.permutation.data(), tree.n);
  pieces.add(tag_first_column, tree.first_column.data(), tree.count + 1);
  pieces.add(tag_row_begin, tree.row_begin.data(), tree.count + 1);
  pieces.add(tag_rows, tree.rows.data(), tree.row_begin[tree.count]);
}

void TreeImport::fetch_tree() {
  fetch(tag_permutation, tree_.permutation);
  fetch(tag_first_column, tree_.first_column);
  fetch(tag_row_begin, tree_.row_begin);
  fetch(tag_rows, tree_.rows);
}

Fault TreeImport::check_tree_sizes() {
  const auto n = static_cast<std::size_t>(a_->rows());
  const std::size_t ends = tree_.first_column.size();
  if (!a_->square() || tree_.permutation.size() != n) return damaged(tag_permutation);
  if (ends < 2 || ends > n + 1) return damaged(tag_first_column);
  if (tree_.row_begin.size() != ends) return damaged(tag_row_begin);
  tree_.n = a_->rows();
  tree_.count = static_cast<std::int32_t>(ends - 1);
  return tree_.position.allocate(n);
}

bool TreeImport::check_tree(Budget& budget, Fault& fault) {
  Meter meter(budget);
  if (part_ == Part::order) {
    if (!invert(tree_.permutation.span(), tree_.position.data(), tag_permutation, budget, fault)) {
      return false;
    }
    fault = check_.begin(tree_);
    if (!fault.ok()) return false;
    part_ = Part::tree;
  }
  if (part_ == Part::tree) {
    if (check_.advance(meter)) {
      fault = of_tree(check_.fault(), tag_first_column);
      return false;
    }
    part_ = Part::entries;
  }
  if (check_.covers(*a_, meter)) {
    fault = of_tree(check_.fault(), tag_first_column);
    return false;
  }
  return true;
}

}  // namespace lacuna
