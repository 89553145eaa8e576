#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/amd.hpp"
#include "lacuna/ordering/graph.hpp"
#include "lacuna/ordering/nested_dissection.hpp"

namespace lacuna {

/// How pivots are ordered. The numbers are part of the binary interface: append, never renumber.
enum class OrderingKind : std::int32_t {
  automatic = 0,          ///< the candidate with the least cost, see `OrderingTask`
  natural = 1,            ///< as the matrix is numbered
  given = 2,              ///< the caller's permutation
  amd = 3,                ///< approximate minimum degree
  nested_dissection = 4,  ///< multilevel nested dissection over constrained minimum degree
  rcm = 5,                ///< reverse Cuthill–McKee: a narrow profile
};

/// What to order by.
struct Ordering {
  OrderingKind kind = OrderingKind::automatic;
  /// For `given`: row of A that is pivot k, for each k.
  std::span<const std::int32_t> permutation = {};
};

/// Orders the vertices of a graph, in slices.
class OrderingTask {
 public:
  /// The graph and the caller's permutation have to stay alive until the last step.
  /// `shape_mismatch` or `invalid_argument`, with the position, where `given` is no permutation of
  /// the vertices; `out_of_memory`.
  Fault begin(const Graph& graph, const Ordering& ordering);

  /// `failed` with `fault()`.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  double progress() const;

  /// order[k] = vertex that is pivot k.
  Buffer<std::int32_t> take() { return std::move(order_); }

  /// What was chosen: `automatic` never.
  OrderingKind chosen() const { return kind_; }

 private:
  Fault copy_given(std::span<const std::int32_t> permutation);

  const Graph* graph_ = nullptr;
  OrderingKind kind_ = OrderingKind::natural;
  bool done_ = false;
  Amd amd_;
  NestedDissection dissection_;
  Buffer<std::int32_t> order_;
  Fault fault_;
};

}  // namespace lacuna
