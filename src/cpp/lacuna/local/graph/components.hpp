#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {

class Graph;

/// The connected components of an undirected graph with their volumes, by breadth-first search.
/// O(arcs), once; 4 bytes a vertex are kept where there is more than one.
class Components {
 public:
  /// `done`, `running`, or `failed` for want of memory: it may be stepped again.
  TaskState step(const Graph& graph, Budget& budget);
  std::int32_t count() const { return count_; }
  /// Sum of the weights of the arcs in the component of v, rounding included. Once done.
  Bracket volume(std::int32_t v) const {
    const double sum = volumes_[count_ == 1 ? 0 : label_[v]];
    const double off = (vertices_ + 4) * graph_detail::unit_roundoff;
    return {sum * (1 - off), sum * (1 + off)};
  }

 private:
  static constexpr std::int32_t none = -1;

  bool done_ = false;
  graph_detail::Pass pass_;
  Buffer<std::int32_t> label_;
  Buffer<std::int32_t> queue_;
  Buffer<double> volumes_;
  double vertices_ = 0;
  std::int32_t count_ = 0;
  std::int32_t next_ = 0;    ///< vertices before it have a label
  std::int32_t head_ = 0;    ///< in the queue
  std::int32_t tail_ = 0;
  std::int32_t offset_ = 0;  ///< in the arcs of the head
};

}  // namespace lacuna
