#pragma once
#include <memory>

#include "lacuna/direct/ldlt.hpp"
#include "lacuna/direct/tree_import.hpp"

namespace lacuna {

/// Lists what L·D·Lᵀ is written as: the tree of the analysis, by which new values are factored, and
/// the factors. All has to stay alive. `not_ready` before a factorization.
Status list_bytes(const Ldlt& ldlt, FactorFigures& figures, FactorPieces& pieces);

/// Bytes to L·D·Lᵀ, which needs no analysis for new values either.
class LdltImport final : public TreeImport {
 public:
  LdltImport() : TreeImport(FactorKind::ldlt) {}

  std::unique_ptr<Factorization> take() override { return std::move(made_); }

 private:
  enum class Stage { open, indices, tree, pivot_order, panels, numbers, pivots };

  Fault advance(Budget& budget) override;
  Fault open();
  Fault check_sizes();
  Fault check_panel(std::int32_t s);
  Fault open_numbers();
  Fault check_pivot(std::int32_t k);
  Fault finish();

  Stage stage_ = Stage::open;
  FactorFigures figures_;
  std::unique_ptr<LdltFactors<double>> factors_;
  Buffer<std::int32_t> supernode_of_;  // of pivots
  std::unique_ptr<Ldlt> made_;
};

}  // namespace lacuna
