#pragma once
#include <memory>

#include "lacuna/direct/bytes_import.hpp"
#include "lacuna/direct/lu.hpp"
#include "lacuna/direct/tree_check.hpp"

namespace lacuna {

/// Lists what LU is written as: the orders, blocks and trees of its plan, and the factors. The
/// lists of entries of a plan are made anew from the matrix. All has to stay alive. `not_ready`
/// before a factorization, `out_of_memory`.
Status list_bytes(const LuFactorization& lu, FactorFigures& figures, FactorPieces& pieces);

/// Bytes to LU, which needs no analysis for new values either: pivots are reused as after a
/// factorization. O(nnz(A)) beside what is read.
class LuImport final : public BytesImport {
 public:
  LuImport() : BytesImport(FactorKind::lu) {}

  std::unique_ptr<Factorization> take() override { return std::move(made_); }

 private:
  enum class Stage {
    open,
    heads,
    rows,
    cols,
    blocks,  ///< of fronts, each in the next three
    tree,
    fronts,
    pivots,
    lists,
    entries,
    columns,
    numbers,
    check,
  };

  Fault advance(Budget& budget) override;
  Fault open();
  Fault check_heads();
  Fault begin_block();
  Fault begin_fronts();
  Fault open_front(std::int32_t s);
  Fault check_pivots(std::int32_t s);
  bool owned(const Front<double>& front, const std::int32_t* ids, std::int32_t* owner,
             std::int32_t s) const;
  Fault check_entries(std::int32_t s);
  Fault begin_columns();
  Fault check_column(std::int32_t k);
  Fault open_numbers();
  Fault check_numbers(std::int32_t k);
  Fault finish();

  Stage stage_ = Stage::open;
  FactorFigures figures_;
  std::unique_ptr<LuPlan> plan_;
  std::unique_ptr<LuFactors<double>> factors_;
  std::unique_ptr<ColumnPattern> pattern_;
  std::unique_ptr<LuFactorization> made_;
  LuAnalysis analysis_;
  TreeCheck check_;
  Buffer<std::int32_t> inverse_;    // of an order; of rows of a block: the front that eliminates
  Buffer<std::int32_t> of_column_;  // the same of columns
  Buffer<std::int32_t> coming_;     // of a front: columns that its children pass on
  // Of all blocks by fronts, one after another: supernodes, trees, then of each front order,
  // candidates, pivots. How much of each is used.
  Buffer<std::int32_t> tree_count_;
  Buffer<std::int32_t> tree_column_;
  Buffer<std::int64_t> tree_begin_;
  Buffer<std::int32_t> tree_rows_;
  Buffer<std::int32_t> front_size_;
  std::int64_t trees_ = 0;
  std::int64_t heads_ = 0;
  std::int64_t rows_ = 0;
  std::int64_t fronts_ = 0;
  std::int64_t ids_ = 0;
  std::int64_t panels_ = 0;
  std::int32_t block_ = 0;
  FrontBlock* tree_ = nullptr;
  // Of columns of L, then of U, how many entries; of blocks by columns, rows of pivots.
  Buffer<std::int32_t> count_;
  Buffer<std::int32_t> pivot_row_;
  std::int64_t pivots_ = 0;
};

}  // namespace lacuna
