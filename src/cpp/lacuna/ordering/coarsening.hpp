#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/seeded_random.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/level.hpp"

namespace lacuna {

/// One level of a multilevel hierarchy (Karypis & Kumar, SISC 20, 1998), in slices: vertices are
/// visited in a random order, each is matched with the free neighbor over the edge that is
/// heaviest for the weights of its ends, and matched pairs become vertices of the coarser graph.
/// Vertices that find no free neighbor are matched with one at distance two where many would stay
/// alone, as around hubs. O(n + entries).
class Coarsening {
 public:
  /// Starts on `fine`; pairs of more than `heaviest` weight are not made. `out_of_memory`.
  Status begin(Level& fine, std::int32_t heaviest, std::uint64_t seed);

  /// Fills `coarse`; the same one in each call. `failed` where memory is short.
  TaskState step(Level& fine, Level& coarse, Meter& meter);

 private:
  enum class Stage { shuffle, match, match_apart, number, contract, done };

  std::int32_t best_match(const Level& fine, std::int32_t v) const;
  void match_around(const Level& fine, std::int32_t hub);
  std::int32_t contract(const Level& fine, Level& coarse, std::int32_t v);
  void gather(const Level& fine, std::int32_t v, std::int32_t self);

  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t heaviest_ = 0;
  std::int32_t alone_ = 0;
  std::int32_t entries_ = 0;  // of the coarser graph so far
  SeededRandom random_;
  Buffer<std::int32_t> order_;
  Buffer<std::int32_t> mate_;
  Buffer<std::int32_t> slot_;  // where the row being built holds a coarse neighbor
  Buffer<std::int32_t> neighbors_;
  Buffer<std::int32_t> edge_weight_;
};

}  // namespace lacuna
