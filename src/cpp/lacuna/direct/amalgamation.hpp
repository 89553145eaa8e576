#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/elimination_tree.hpp"

namespace lacuna {

/// When a supernode is merged with its parent in spite of the zeros that it then stores: the
/// wider the merged one, the smaller the share of zeros in its panel may be. A panel of at most
/// `width[k]` columns may hold a share of `zeros[k]`, a wider one of `zeros[3]`. The defaults are
/// about those of CHOLMOD (Chen, Davis, Hager & Rajamanickam, TOMS 35, 2008).
struct Relaxation {
  std::int32_t width[3] = {4, 16, 48};
  double zeros[4] = {1, 0.8, 0.1, 0.05};
  /// Where L has less flops than this for each of its entries, nothing is merged, and columns that
  /// lie on each other exactly are not either: every column is a supernode.
  double columns_below = 0;

  /// Only supernodes that lie on each other exactly.
  static constexpr Relaxation none() { return {{0, 0, 0}, {0, 0, 0, 0}}; }

  double allowed(std::int32_t columns) const {
    for (int k = 0; k < 3; ++k) {
      if (columns <= width[k]) return zeros[k];
    }
    return zeros[3];
  }
};

/// Groups of columns of L that become the supernodes.
struct ColumnGroups {
  std::int32_t count = 0;
  /// n: group of a column of the elimination tree; groups are in postorder, and within a group
  /// columns keep their order.
  Buffer<std::int32_t> group_of;
  Buffer<std::int32_t> width;   ///< count: columns
  Buffer<std::int32_t> height;  ///< count: rows of the panel, its own columns included
  Buffer<std::int32_t> parent;  ///< count: −1 for roots
};

/// Finds the fundamental supernodes (Liu, Ng & Peyton, SIMAX 14, 1993), runs of columns with one
/// structure of which each is the only child of the next, and merges children into parents as
/// `Relaxation` allows (Ashcraft & Grimes, TOMS 15, 1989), the one that costs the fewest zeros
/// first. Any child may be merged, not only the one numbered last: the groups are renumbered.
/// O(n log n) at worst, in slices.
class Amalgamation {
 public:
  /// The tree has to stay alive until the last step. `out_of_memory`.
  Status begin(const EliminationTree& tree, const Relaxation& relaxation);

  /// `failed` where memory is short.
  TaskState step(Budget& budget);

  ColumnGroups take() { return std::move(groups_); }

 private:
  enum class Stage { count_children, split, list, merge, link, postorder, label, describe, done };

  double advance();
  void assign_column(std::int32_t j);
  double merge_children(std::int32_t s);
  bool merge(std::int32_t child, std::int32_t s);
  double added_zeros(std::int32_t child, std::int32_t s) const;
  std::int32_t find(std::int32_t s);
  void next_in_postorder();

  const EliminationTree* tree_ = nullptr;
  Relaxation relaxation_;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t cursor_ = 0;
  std::int32_t fundamental_ = 0;
  ColumnGroups groups_;
  Buffer<std::int32_t> children_;  // of columns: how many
  Buffer<std::int32_t> width_;     // of fundamental supernodes, then of what they were merged into
  Buffer<std::int32_t> height_;
  Buffer<std::int32_t> up_;    // parents
  Buffer<std::int32_t> into_;  // itself, or what it was merged into
  Buffer<double> zeros_;       // stored zeros below the diagonal
  Buffer<std::int32_t> head_;  // lists of children
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> sorted_;  // children of one supernode
  Buffer<std::int32_t> number_;  // group of each surviving supernode
};

}  // namespace lacuna
