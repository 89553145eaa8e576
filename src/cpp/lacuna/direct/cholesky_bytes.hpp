#pragma once
#include <memory>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/tree_import.hpp"

namespace lacuna {

/// Lists what a Cholesky factor is written as: order, supernodes and the columns of the panels from
/// the diagonal on; what can be told from these is not written. All has to stay alive. `not_ready`
/// before a factorization.
Status list_bytes(const Cholesky& cholesky, FactorFigures& figures, FactorPieces& pieces);

/// Bytes to a Cholesky factor, which needs no analysis for new values either.
class CholeskyImport final : public TreeImport {
 public:
  CholeskyImport() : TreeImport(FactorKind::cholesky) {}

  std::unique_ptr<Factorization> take() override { return std::move(made_); }

 private:
  enum class Stage { open, heads, tree, numbers, check };

  Fault advance(Budget& budget) override;
  Fault open();
  Fault open_numbers();
  Fault check_pivots(std::int32_t s);
  Fault finish();

  Stage stage_ = Stage::open;
  FactorFigures figures_;
  Buffer<double> values_;
  std::unique_ptr<Cholesky> made_;
};

}  // namespace lacuna
