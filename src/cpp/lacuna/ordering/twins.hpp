#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"

namespace lacuna {

/// Groups vertices with one closed neighborhood (Ashcraft, SISC 16, 1995), as the unknowns at one
/// node of a finite element mesh have: an ordering may treat each group as one vertex. O(n +
/// entries) in practice, in slices. Vertices that are too dense to help an ordering belong to none.
class Twins {
 public:
  /// Vertices of more than `dense` neighbors are left out. `out_of_memory`.
  Status begin(const Adjacency& graph, double dense);

  /// Never fails.
  TaskState step(const Adjacency& graph, Meter& meter);

  /// First vertex of v's group, −1 for a dense one.
  std::int32_t representative(std::int32_t v) const { return representative_[v]; }

  /// Members of the group that v represents, 0 where it represents none.
  std::int32_t weight(std::int32_t v) const { return weight_[v]; }

  std::int32_t groups() const { return groups_; }

 private:
  enum class Stage { hash, group, done };

  bool equal(const Adjacency& graph, std::int32_t v, std::int32_t u);
  double find_twins(const Adjacency& graph, std::int32_t v);

  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  double dense_ = 0;
  std::int32_t groups_ = 0;
  Buffer<std::uint32_t> hash_;
  Buffer<std::int32_t> representative_;
  Buffer<std::int32_t> weight_;
  Buffer<std::int32_t> mark_;
};

}  // namespace lacuna
