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
/// 1998; Karypis & Kumar, SISC 20, 1998), in slices. The graph is coarsened to about
/// `coarsest_size` vertices, separators are grown and refined there, the best is refined again on
/// every level on the way back. What coarsening loses is lost, so from the level of a
/// `fork_share`-th of the vertices on, where it is cheap, this is done `runs` times with other
/// matchings and the best result goes on. Time and memory about proportional to the entries; memory
/// is kept from one graph to the next.
class Bisection {
 public:
  static constexpr std::int32_t coarsest_size = 100;
  static constexpr int runs = 5;
  static constexpr int fork_share = 16;
  /// Separators grown in each run, and in the only one where the graph is too small to fork.
  static constexpr int growths = 2;
  static constexpr int lone_growths = 5;
  /// Refinement passes on the coarsest level and on the others, at most.
  static constexpr int coarse_passes = 8;
  static constexpr int passes = 4;

  /// The graph to bisect: filled by the caller before `begin`; `side` is the result.
  Level& graph() { return levels_[0]; }
  const Level& graph() const { return levels_[0]; }

  /// `out_of_memory`.
  Status begin(std::uint64_t seed);

  /// `failed` where memory is short.
  TaskState step(Meter& meter);

 private:
  enum class Stage { coarsen, grow, improve, project, refine, done };
  static constexpr int most_levels = 40;

  bool coarse_enough() const;
  Status begin_coarsening();
  TaskState coarsen(Meter& meter);
  void keep_best_growth();
  Status end_run();

  Level levels_[most_levels];
  int depth_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  int growth_ = 0;
  int fork_ = 0;  // depth
  int run_ = 0;
  double fork_cost_ = 0;
  Buffer<Side> fork_side_;
  SeededRandom random_;
  Coarsening coarsening_;
  SeparatorSearch search_;
  double best_cost_ = 0;
  Buffer<Side> best_side_;
};

}  // namespace lacuna
