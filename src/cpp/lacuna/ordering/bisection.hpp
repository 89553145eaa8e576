#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/coarsening.hpp"
#include "lacuna/ordering/level.hpp"
#include "lacuna/ordering/separator.hpp"

namespace lacuna {

/// Vertex separator of a connected graph by a multilevel scheme (Hendrickson & Rothberg, SISC 20,
/// 1998; Karypis & Kumar, SISC 20, 1998), in slices: the graph is coarsened to about
/// `coarsest_size` vertices, the best of several grown and refined separators is taken there, and
/// it is refined again on every level on the way back. Time and memory about proportional to the
/// entries; memory is kept from one graph to the next.
class Bisection {
 public:
  static constexpr std::int32_t coarsest_size = 100;
  static constexpr int growths = 6;
  static constexpr int coarse_passes = 8;
  static constexpr int passes = 4;

  /// The graph to bisect: filled by the caller before `begin`; `side` is the result.
  Level& graph() { return levels_[0]; }
  const Level& graph() const { return levels_[0]; }

  /// `out_of_memory`.
  Status begin(std::uint64_t seed);

  /// `failed` where memory is short.
  TaskState step(Meter& meter);

  const SeparatorWeights& weights() const { return search_.weights(); }

 private:
  enum class Stage { coarsen, grow, improve, restore, project, refine, done };
  static constexpr int most_levels = 40;

  bool coarse_enough() const;
  Status begin_coarsening();

  Level levels_[most_levels];
  int depth_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  int growth_ = 0;
  std::uint64_t seed_ = 0;
  SeededRandom random_;
  Coarsening coarsening_;
  SeparatorSearch search_;
  SeparatorWeights best_weights_;
  Buffer<Side> best_side_;
};

}  // namespace lacuna
