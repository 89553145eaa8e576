#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/lu_plan.hpp"
#include "lacuna/direct/symbolic.hpp"
#include "lacuna/ordering/block_triangular.hpp"
#include "lacuna/ordering/column_order.hpp"
#include "lacuna/ordering/matching.hpp"
#include "lacuna/ordering/weighted_matching.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Which of the two ways factors a block; `automatic` goes by flops per entry of the factors.
enum class LuKernel : std::int8_t { automatic, columns, fronts };

/// Rows and columns that no matching of the largest size leaves paired: A is singular whatever its
/// values are.
struct StructuralDeficiency {
  std::int32_t rank = -1;     ///< structural rank, −1 where it is full or unknown
  Buffer<std::int32_t> rows;  ///< left over, ascending
  Buffer<std::int32_t> cols;
};

/// Pattern analysis of LU, in slices: maximum transversal, block triangular form, and for each
/// diagonal block an ordering and the way to factor it. Values are looked at as a hint only: where
/// the diagonal of a larger block has an entry below `weak_diagonal` times the largest of its row,
/// which would hardly become a pivot, a weighted matching takes the place of the transversal, if
/// the nonzero values have one.
///
/// A block is ordered by minimum degree on B + Bᵀ. Where the Cholesky factor of that takes at least
/// `front_ratio` flops per entry, dense fronts are worth their zeros; otherwise it is factored
/// column by column. Where that order fills in (more than `fill_limit` entries per entry of B) on a
/// pattern of little symmetry (less than `symmetry_share` of the entries have a mirror image), a
/// column ordering of BᵀB takes its place. O(nnz + n) beside matching and ordering.
class LuAnalysis {
 public:
  static constexpr double front_ratio = 40;
  static constexpr double symmetry_share = 0.3;
  static constexpr double fill_limit = 8;
  static constexpr double weak_diagonal = 1e-3;
  /// Blocks of fewer columns keep their order.
  static constexpr std::int32_t least_ordered = 4;

  /// `ordering`: for every block, of its columns and with them of its rows; `automatic` as said
  /// above. View and permutation have to stay alive until the last step. `not_square`,
  /// `shape_mismatch`, `out_of_memory`.
  Fault begin(const CsrView& a, LuKernel kernel, const Ordering& ordering = {});

  /// Makes only the lists of entries, for a plan that has all but these; `step` to the end. The
  /// view has to stay alive. `out_of_memory`.
  Fault begin_lists(const CsrView& a, std::unique_ptr<LuPlan> plan);

  /// `failed` with `fault()`: `singular_matrix` with the first column left over (see
  /// `deficiency`), `out_of_memory`, `invalid_size`, `invalid_argument` for what is no permutation.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  double progress() const;
  StructuralDeficiency take_deficiency() { return std::move(deficiency_); }
  std::unique_ptr<LuPlan> take() { return std::move(plan_); }

 private:
  enum class Stage { match, decompose, weigh, blocks, order, order_columns, count, fill, done };

  TaskState fail(Fault fault);
  Fault begin_decomposition();
  bool weak_diagonals() const;
  Fault begin_blocks();
  Fault note_deficiency();
  Fault begin_block();
  Fault finish_symbolic();
  Fault keep_fronts(Supernodes&& tree);
  Fault split_permutation();
  Fault begin_symbolic();
  void note_ordering(OrderingKind kind);
  Fault predict_bytes(const Supernodes& tree);
  Fault reorder(std::span<const std::int32_t> order);
  Fault begin_lists();
  /// Counts every entry of row r, by position, in the list that it belongs to, and hands it on with
  /// its place before that: above the blocks, of a front, or of a block by columns.
  template <class Outer, class Front, class Column>
  void each_entry(std::int32_t r, Outer&& outer, Front&& front, Column&& column);
  void count_row(std::int32_t r);
  Fault begin_fill();
  void fill_row(std::int32_t r);
  std::int32_t supernode_at(std::int32_t r, std::int32_t c) const;

  std::optional<CsrView> view_;
  LuKernel kernel_ = LuKernel::automatic;
  Ordering wanted_;
  Buffer<std::int32_t> given_;  // an order that was given, within each block
  std::int32_t noted_ = 0;      // size of the block whose ordering the plan tells
  Stage stage_ = Stage::done;
  Fault fault_;
  StructuralDeficiency deficiency_;
  MaximumMatching matcher_;
  WeightedMatching weigher_;
  Matching matching_;
  BlockTriangularSearch decomposer_;
  Symbolic symbolic_;
  ColumnOrder column_order_;
  std::optional<CsrMatrix> block_;
  std::unique_ptr<LuPlan> plan_;
  FrontBlock* last_front_ = nullptr;
  FrontBlock* front_ = nullptr;    // of the block at hand, in `count` and `fill`
  Buffer<std::int32_t> position_;  // of columns of A
  Buffer<std::int32_t> block_of_;  // of positions
  Buffer<std::int32_t> reordered_;
  std::int32_t at_ = 0;
};

}  // namespace lacuna
