#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"
#include "lacuna/ordering/amd.hpp"
#include "lacuna/ordering/bisection.hpp"
#include "lacuna/ordering/twins.hpp"

namespace lacuna {

/// Nested dissection ordering (George, SINUM 10, 1973), in slices: the graph is split by a
/// multilevel vertex separator, its parts again, down to about `leaf_size` vertices; then one run
/// of constrained minimum degree orders the leaves first, with the separators around them counted
/// in their degrees, and separators after all that they split, the smaller ones first.
///
/// Twins are dissected as one vertex; parts without a connection are dissected on their own;
/// vertices of more neighbors than minimum degree takes in come last. Integers alone decide, and
/// the seed: every build orders alike.
class NestedDissection {
 public:
  static constexpr std::int32_t leaf_size = 200;

  /// The graph has to stay alive until the last step. `out_of_memory`.
  Status begin(const Adjacency& graph, std::uint64_t seed = 0);

  /// `failed` where memory is short.
  TaskState step(Budget& budget);

  double progress() const;

  /// order[k] = vertex that is eliminated k-th.
  Buffer<std::int32_t> take() { return amd_.take(); }

  /// Stage in which each vertex was ordered: 0 for leaves, then separators, the first one highest.
  std::span<const std::int32_t> stages() const { return stage_of_.span(); }

 private:
  enum class Stage {
    group,
    list,
    next,
    extract,
    explore,
    bisect,
    split,
    label,
    spread,
    order,
    done
  };
  /// A run of `vertices_` below `depth` separators.
  struct Part {
    std::int32_t begin;
    std::int32_t end;
    std::int32_t depth;
  };

  TaskState dissect(Meter& meter);
  TaskState next_part();
  Status push(Part part);
  void extract(std::int32_t k);
  TaskState explore(Meter& meter);
  Status close_component();
  TaskState split(Meter& meter);

  const Adjacency* graph_ = nullptr;
  std::uint64_t seed_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t reached_ = 0;
  std::int32_t component_begin_ = 0;
  std::int32_t unseen_ = 0;
  std::int32_t entries_ = 0;
  std::int32_t settled_ = 0;
  std::int32_t deepest_ = 0;
  std::uint64_t part_number_ = 0;
  Twins twins_;
  Part part_ = {0, 0, 0};
  Buffer<Part> parts_;  // stack
  std::int32_t part_count_ = 0;
  Buffer<std::int32_t> vertices_;  // of the graph, one of each group of twins
  Buffer<std::int32_t> scratch_;
  Buffer<std::int32_t> local_;     // vertex of the part's graph, −1 outside
  Buffer<std::int32_t> stage_of_;  // first the depth of a separator, −1 in leaves
  Bisection bisection_;
  Amd amd_;
};

}  // namespace lacuna
