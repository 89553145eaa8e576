#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"

namespace lacuna {

/// Reverse Cuthill–McKee ordering (Cuthill & McKee 1969; George & Liu 1981): breadth first from an
/// end of each connected part, neighbors by degree, the whole reversed. Its profile is narrow:
/// what band methods, incomplete factorizations and caches like. An end is found by searching again
/// from a vertex of least degree among the farthest until nothing lies farther (George & Liu, TOMS
/// 5, 1979). O(entries·log(degree)) time, in slices; three arrays of n integers.
class ReverseCuthillMcKee {
 public:
  /// The graph has to stay alive until the last step. `out_of_memory`.
  Status begin(const Adjacency& graph);

  /// Never fails.
  TaskState step(Budget& budget);

  double progress() const { return n_ == 0 ? 1 : static_cast<double>(placed_) / n_; }

  /// order[k] = vertex that is eliminated k-th.
  Buffer<std::int32_t> take() { return std::move(order_); }

 private:
  enum class Stage { seek, search, number, reverse, done };

  double advance();
  void start_search(std::int32_t root);
  double visit(bool by_degree);
  void judge_search();
  bool lower(std::int32_t a, std::int32_t b) const;

  const Adjacency* graph_ = nullptr;
  std::int32_t n_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t placed_ = 0;       // vertices of the parts that are done, at the front of `order_`
  std::int32_t next_ = 0;         // no vertex before it is left
  std::int32_t at_ = 0;           // the queue is `order_` from `placed_` on: its head,
  std::int32_t reached_ = 0;      // its end,
  std::int32_t level_begin_ = 0;  // and the levels of the search
  std::int32_t level_end_ = 0;
  std::int32_t height_ = 0;
  std::int32_t best_height_ = 0;
  std::int32_t root_ = 0;
  std::int32_t search_ = 0;
  Buffer<std::int32_t> seen_;  // last search that met a vertex
  Buffer<std::int32_t> order_;
};

}  // namespace lacuna
