#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"
#include "lacuna/direct/reach_solve.hpp"

namespace lacuna {

/// Entries of A⁻¹b for a sparse b from the factors of LU, by the parts of them that lead from the
/// entries of b to those that are wanted, in slices. Blocks are met from the last one with an entry
/// to the first one that is wanted. In a block by fronts, L is read along the paths of the tree
/// from the rows that are not zero to the roots, and U along those of the columns that are wanted,
/// or that earlier blocks read. In a block by columns, it is what is not zero that counts (Gilbert
/// & Peierls, SISSC 9, 1988): columns come out of a heap in the order of substitution.
///
/// The entries have the bits of a solve with all of the factors, the signs of zeros apart. Memory:
/// 76n bytes, taken by `attach` and reused.
class LuReach {
 public:
  /// Sets the factors, anew after every change. O(n). `out_of_memory`.
  Status attach(const LuPlan& plan, const LuFactors<double>& factors);

  /// Begins out[k] ← (A⁻¹b) at rows[k]; all has to stay alive until the last step.
  /// `shape_mismatch`; `index_out_of_range` and `not_finite` with the position.
  Fault begin(const SparseEntries& b, std::span<const std::int32_t> rows, std::span<double> out);

  TaskState step(Budget& budget);

  /// Entries of the factors read: two flops each.
  double entries() const { return entries_; }
  /// Fronts met, those of L and those of U, and columns of blocks by columns alike.
  double supernodes() const { return supernodes_; }

 private:
  enum class Stage { mark, want, next, forward, backward, outer, put, done };

  bool advance(Meter& meter);
  void touch_row(std::int32_t k);
  void open_block();
  void meet(std::int32_t front);
  void need(std::int32_t column);
  double forward_front(std::int32_t s);
  double backward_front(std::int32_t s);
  double forward_column(std::int32_t k);
  double backward_column(std::int32_t k);
  double outer_column(std::int32_t k);
  void begin_backward();
  void begin_outer();
  void push(std::int32_t key);
  std::int32_t pop();
  void reach_column(std::int32_t k, std::int32_t key);
  bool fronts() const { return plan_->kind[block_] == BlockKind::fronts; }

  /// Of a list of positions for each block: its end and its links.
  struct Lists {
    Buffer<std::int32_t> mark;  // of blocks: the run that has any
    Buffer<std::int32_t> head;
    Buffer<std::int32_t> next;

    void add(std::int32_t block, std::int32_t k, std::int32_t run) {
      if (mark[block] != run) {
        mark[block] = run;
        head[block] = -1;
      }
      next[k] = head[block];
      head[block] = k;
    }
    std::int32_t first(std::int32_t block, std::int32_t run) const {
      return mark[block] == run ? head[block] : -1;
    }
  };

  const LuPlan* plan_ = nullptr;
  const LuFactors<double>* factors_ = nullptr;
  Stage stage_ = Stage::done;
  SparseEntries in_;
  std::span<const std::int32_t> wanted_;
  std::span<double> out_;
  std::int64_t at_ = 0;
  std::int32_t run_ = 0;
  std::int32_t block_ = 0;
  std::int32_t least_ = 0;  // first block that is wanted
  double entries_ = 0;
  double supernodes_ = 0;
  Buffer<std::int32_t> row_at_;        // position of a row of A
  Buffer<std::int32_t> col_at_;        // of a column
  Buffer<std::int32_t> block_of_;      // of a position
  Buffer<const FrontBlock*> tree_of_;  // of a block, null where it has no fronts
  Buffer<const Front<double>*> fronts_of_;
  Buffer<std::int32_t> row_owner_;  // of a position: the front that it is pivot in
  Buffer<std::int32_t> col_owner_;
  Buffer<std::int32_t> outer_begin_;  // of a block: columns with entries above it
  Buffer<std::int32_t> outer_cols_;
  Lists marked_;  // rows with an entry
  Lists asked_;   // columns
  // The run that gave a position a value, or asks for it; of fronts, by the first position of the
  // block plus their number, the run that met them in L, or in U.
  Buffer<std::int32_t> row_run_;
  Buffer<std::int32_t> col_run_;
  Buffer<std::int32_t> asked_run_;
  Buffer<std::int32_t> lower_run_;
  Buffer<std::int32_t> upper_run_;
  Buffer<double> rows_;
  Buffer<double> cols_;
  Buffer<double> front_;
  Buffer<std::int32_t> list_;  // fronts or columns
  std::int32_t listed_ = 0;
  Buffer<std::int32_t> heap_;
  std::int32_t heaped_ = 0;
};

}  // namespace lacuna
