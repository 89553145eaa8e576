#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"

namespace lacuna {

/// Elimination tree of the Cholesky factor L of P A Pᵀ, with its columns numbered in postorder:
/// an equivalent order, so L keeps its entries and flops.
struct EliminationTree {
  std::int32_t n = 0;
  Buffer<std::int32_t> permutation;  ///< n: row of A that is pivot k
  Buffer<std::int32_t> position;     ///< n: its inverse
  Buffer<std::int32_t> parent;       ///< n: row of the first entry below the diagonal, −1: a root
  Buffer<std::int32_t> counts;       ///< n: entries of each column of L, diagonal included
  double nnz = 0;                    ///< Σ counts
  double flops = 0;                  ///< Σ counts²: multiplications and additions of the factor
};

/// Builds the tree (Liu, SIMAX 11, 1990, with path compression), its postorder without recursion,
/// and the column counts without forming L (Gilbert, Ng & Peyton, SIMAX 15, 1994), in slices.
/// Time almost proportional to the entries of the graph; five arrays of n integers besides the
/// result.
class EliminationTreeBuilder {
 public:
  /// `permutation` lists the vertices of the graph in the order of elimination, trusted to be a
  /// permutation. The graph has to stay alive until the last step. A tree that is seen to have more
  /// than `most_flops` before it is counted is not finished. `out_of_memory`.
  Status begin(const Adjacency& graph, Buffer<std::int32_t>&& permutation,
               double most_flops = std::numeric_limits<double>::infinity());

  /// Never fails.
  TaskState step(Budget& budget);

  /// Whether the tree was counted.
  bool finished() const { return finished_; }
  EliminationTree take() { return std::move(tree_); }

 private:
  enum class Stage { invert, link, children, bound, postorder, relabel, reset, count, sum, done };

  double advance();
  std::int32_t next_run() const;
  double link_rows();
  void list_children();
  double bound_rows();
  void number();
  void relabel();
  double count_columns();
  void sum_counts();
  std::int32_t common_ancestor(std::int32_t j);
  void finish(bool counted);

  const Adjacency* graph_ = nullptr;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t cursor_ = 0;
  double most_flops_ = 0;
  double least_nnz_ = 0;
  bool finished_ = false;
  EliminationTree tree_;
  // By turns: ancestors on compressed paths; first child, next sibling, depth and new numbers of
  // the postorder; and the arrays of the counting, see there.
  Buffer<std::int32_t> ancestor_;
  Buffer<std::int32_t> first_;
  Buffer<std::int32_t> second_;
  Buffer<std::int32_t> third_;
};

}  // namespace lacuna
