#pragma once
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"
#include "lacuna/ordering/amd.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// An order for an incomplete factorization, and its inverse.
struct PivotOrder {
  Buffer<std::int32_t> row;       ///< row of A that is pivot k
  Buffer<std::int32_t> position;  ///< pivot that row i of A is
};

/// Approximate minimum degree on the pattern of A + Aᵀ, in slices.
class PivotOrdering {
 public:
  /// A has to stay until the last step. `not_square`, `out_of_memory`.
  Status begin(const CsrView& a);
  /// `failed` with `status()`: `out_of_memory`, `invalid_size`.
  TaskState step(Budget& budget);
  Status status() const { return status_; }
  double progress() const { return stage_ == Stage::graph ? 0 : amd_.progress(); }
  PivotOrder take() { return std::move(order_); }

 private:
  enum class Stage { graph, order, done };

  AdjacencyBuilder builder_;
  Adjacency graph_;
  Amd amd_;
  Stage stage_ = Stage::done;
  Status status_ = Status::ok;
  PivotOrder order_;
};

}  // namespace lacuna
