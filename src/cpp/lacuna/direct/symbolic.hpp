#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/amalgamation.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/ordering/adjacency.hpp"
#include "lacuna/ordering/elimination_tree.hpp"
#include "lacuna/ordering/ordering.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Symbolic phase of a symmetric factorization: graph, ordering, elimination tree and column
/// counts, amalgamation, and last the rows of every supernode, in slices. Values are not read.
///
/// The rows come from the row subtrees of the supernodal tree: row i stands in the supernodes on
/// the paths from its entries left of the diagonal up to its own. Walked for i = 0, 1, …, they fill
/// every list in ascending order without a sort. O(entries + Σ rows) beyond the ordering. Where
/// columns stay by themselves (`Relaxation::columns_below`) their tree is that of the supernodes.
class Symbolic {
 public:
  /// For the pattern of A + Aᵀ. The view and the caller's permutation have to stay alive until the
  /// last step. `not_square`, the faults of `OrderingTask`, `out_of_memory`.
  Fault begin(const CsrView& a, const Ordering& ordering, const Relaxation& relaxation = {});

  /// For a graph, in which edges may repeat if the order is `given`.
  Fault begin(Adjacency&& graph, const Ordering& ordering, const Relaxation& relaxation = {});

  /// `failed` with `fault()`: `out_of_memory`, `invalid_size`.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }

  /// The ordering is most of the work.
  double progress() const;

  /// Once done.
  Supernodes take() { return std::move(out_); }
  OrderingKind chosen() const { return ordering_.chosen(); }

 private:
  enum class Stage { graph, order, tree, amalgamate, number, columns, panels, rows, done };

  TaskState fail(Fault fault);
  Fault begin_grouping();
  Fault next_stage();
  Fault begin_numbering();
  Fault begin_columns();
  Fault begin_panels();
  double place_columns();
  double number_columns();
  double place_panels();
  double place_rows();

  Stage stage_ = Stage::done;
  Ordering wanted_;
  Relaxation relaxation_;
  AdjacencyBuilder graph_builder_;
  Adjacency graph_;
  OrderingTask ordering_;
  EliminationTreeBuilder tree_builder_;
  EliminationTree tree_;
  Amalgamation amalgamation_;
  ColumnGroups groups_;
  std::int32_t at_ = 0;
  Buffer<std::int32_t> counts_;   // rows of each column that is a supernode
  Buffer<std::int32_t> next_;     // next column of each group
  Buffer<std::int64_t> row_end_;  // rows filled so far
  Buffer<std::int32_t> seen_;     // last row that met each supernode
  Supernodes out_;
  Fault fault_;
};

}  // namespace lacuna
