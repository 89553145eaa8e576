#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/gain_heap.hpp"
#include "lacuna/ordering/level.hpp"

namespace lacuna {

/// Weights of both sides and of the separator.
struct SeparatorWeights {
  std::int32_t side[3] = {0, 0, 0};

  /// What a part costs to eliminate grows about as the square of its size, and its separator's
  /// own cost as s³. A separator that is a fixed multiple of the best for its balance then costs as
  /// s³ / (first·second), which is what this returns: unequal sides pay where the separator gains.
  /// Sides above `SeparatorSearch::heaviest_side` cost more than any within.
  double cost() const;
};

/// Vertex separator of a level, found by growing one side and refined by passes in the manner of
/// Fiduccia & Mattheyses (DAC 1982) on separators (Ashcraft & Liu, SIMAX 19, 1998; Hendrickson &
/// Rothberg, SISC 20, 1998): a vertex of the separator moves to one side and draws its neighbors on
/// the other side into the separator. Each vertex moves once in a pass, moves that make it worse
/// are taken, too, and a pass ends as the best separator that it met. No two vertices of different
/// sides are ever neighbors.
class SeparatorSearch {
 public:
  /// Neither side may outweigh this share of the whole, where that can be had.
  static constexpr double heaviest_side = 0.75;

  /// Sizes the memory for graphs of up to n vertices. `out_of_memory`.
  Status prepare(std::int32_t n);

  /// Grows the first side from one vertex as far as it may, the best vertex at a time, and keeps
  /// the best separator met. Bounded by the work on the entries of a small graph.
  void grow(Level& level, std::int32_t seed);

  /// Starts to refine the separator that `level.side` holds, in at most `passes` passes.
  void begin(int passes);
  TaskState step(Level& level, Meter& meter);

  const SeparatorWeights& weights() const { return weights_; }

 private:
  enum class Stage { weigh, gather, move, restore, done };

  void reset(const Level& level);
  double enlist(Level& level, std::int32_t v);
  std::int32_t gain(const Level& level, std::int32_t v, int to) const {
    return level.weight[v] - pull_[1 - to][v];
  }
  int choose(const Level& level) const;
  double move(Level& level, std::int32_t v, int to);
  double draw_in(Level& level, std::int32_t u, int from);
  void undo(Level& level);
  void end_pass();

  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  int passes_left_ = 0;
  SeparatorWeights weights_;
  SeparatorWeights best_;
  SeparatorWeights before_;  // the pass
  std::int32_t best_moves_ = 0;
  std::int32_t moves_ = 0;
  std::int32_t drawn_ = 0;
  std::int32_t patience_ = 0;  // moves without improvement until a pass ends
  std::int32_t limit_ = 0;
  std::int32_t pass_ = 0;
  bool growing_ = false;          // only the heap of the first side is kept
  Buffer<std::int32_t> pull_[2];  // of separator vertices: weight of their neighbors on each side
  Buffer<std::int32_t> locked_;   // pass in which a vertex moved
  GainHeap heap_[2];              // separator vertices by the gain of moving to each side
  Buffer<std::int32_t> moved_;    // log of the pass: vertices moved, and
  Buffer<std::int32_t> log_end_;  // the end of what each of them drew in
  Buffer<std::int32_t> log_;
};

}  // namespace lacuna
