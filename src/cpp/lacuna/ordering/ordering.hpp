#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"
#include "lacuna/ordering/amd.hpp"
#include "lacuna/ordering/elimination_tree.hpp"
#include "lacuna/ordering/nested_dissection.hpp"
#include "lacuna/ordering/rcm.hpp"

namespace lacuna {

/// How pivots are ordered. The numbers are part of the binary interface: append, never renumber.
enum class OrderingKind : std::int32_t {
  automatic = 0,          ///< the candidate with the fewest flops, see `OrderingTask`
  natural = 1,            ///< as the matrix is numbered
  given = 2,              ///< the caller's permutation
  amd = 3,                ///< approximate minimum degree
  nested_dissection = 4,  ///< multilevel nested dissection over constrained minimum degree
  rcm = 5,                ///< reverse Cuthill–McKee: a narrow profile
  column_amd = 6,         ///< `ColumnOrder`: of unsymmetric factorizations alone
};

/// Public name, e.g. "nested-dissection"; "auto" for `automatic`.
const char* ordering_name(OrderingKind kind);

/// What to order by.
struct Ordering {
  OrderingKind kind = OrderingKind::automatic;
  /// For `given`: row of A that is pivot k, for each k.
  std::span<const std::int32_t> permutation = {};
  /// For `automatic`: how many numeric factorizations the order will serve. The more, the more
  /// work an ordering may take.
  double factorizations = 1;
  /// For `automatic`: no candidate is begun whose expected work, in flops, is more than this.
  double most_work = std::numeric_limits<double>::infinity();
  /// Of nested dissection.
  std::uint64_t seed = 0;
};

/// Orders the vertices of a graph, in slices.
///
/// `automatic` keeps the natural order where that fills nothing in. Otherwise it counts the flops
/// of a Cholesky factorization exactly, from the elimination tree, for minimum degree, for the
/// natural order unless the tree alone shows that to be worse, and for nested dissection where that
/// can pay: where its expected work is at most half of the flops that it has to improve on, times
/// `factorizations`. The order with the fewest flops is kept, of equal ones the natural one, then
/// minimum degree.
class OrderingTask {
 public:
  /// The graph and the caller's permutation have to stay alive until the last step.
  /// `shape_mismatch` or `invalid_argument`, with the position, where `given` is no permutation of
  /// the vertices or `factorizations` is not at least 1; `out_of_memory`.
  Fault begin(const Adjacency& graph, const Ordering& ordering);

  /// `failed` with `fault()`.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  double progress() const { return progress_; }

  /// order[k] = vertex that is pivot k.
  Buffer<std::int32_t> take() { return std::move(best_.permutation); }

  /// The tree of the chosen order, where `automatic` has built it: else it has only a permutation.
  EliminationTree take_tree() { return std::move(best_); }

  /// What was chosen: `automatic` never.
  OrderingKind chosen() const { return chosen_; }

  /// Flops of the chosen order where `automatic` counted them, −1 otherwise.
  double flops() const { return flops_; }

  /// What nested dissection is expected to take, in flops of a factorization that take as long.
  static double dissection_work(const Adjacency& graph);

 private:
  enum class Stage { fill, order, count, done };

  bool fills() const;
  Fault begin_candidate();
  Fault next_candidate();
  TaskState order(Budget& budget);
  Fault judge();
  Fault copy_given(std::span<const std::int32_t> permutation);

  const Adjacency* graph_ = nullptr;
  Ordering wanted_;
  std::int32_t at_ = 0;
  OrderingKind candidate_ = OrderingKind::natural;
  OrderingKind chosen_ = OrderingKind::natural;
  Stage stage_ = Stage::done;
  double flops_ = -1;
  double progress_ = 0;
  Amd amd_;
  NestedDissection dissection_;
  ReverseCuthillMcKee rcm_;
  EliminationTreeBuilder tree_builder_;
  Buffer<std::int32_t> current_;
  EliminationTree best_;
  Fault fault_;
};

}  // namespace lacuna
