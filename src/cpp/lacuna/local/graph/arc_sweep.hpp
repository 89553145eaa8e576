#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/sweep_order.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// `SweepCut` over arcs that come on demand: of the prefixes of vertices in the order of p_v/W_v
/// the one with the least cut(S)/vol(S), W and vol from the arcs of what the rank has pushed. The
/// volume of the whole graph is not known: S is taken to be the smaller side. A vertex of the
/// component that was not pushed lies outside of every prefix, so a cut of 0 means a whole
/// component. Undirected graphs, weights added plainly: exact without weights. O(vol(S_max) + k log
/// k).
class ArcSweep {
 public:
  /// `rank` and `arcs` must outlive it and stay as they are. `out_of_memory`. O(touched).
  Status begin(const ArcRank& rank, Lines& arcs);
  /// `done`, `running` or `needs_lines`.
  GraphOutcome step(Budget& budget);

  /// The set, in the order of p_v/W_v; empty where nothing was pushed that has arcs.
  std::span<const std::int64_t> vertices() const { return {order_.ids(), best_}; }
  double conductance() const { return conductance_; }
  double cut() const { return cut_; }
  double volume() const { return volume_; }
  double entries() const { return entries_; }
  double progress() const;

 private:
  struct Mark {
    std::int64_t id;
    std::uint32_t home;
    std::uint32_t unused;
  };
  enum class Phase { weigh, sort, cut, finished };
  /// A line, or more that come next noted with it.
  bool get(std::size_t at, Line& line);

  Lines* arcs_ = nullptr;
  Phase phase_ = Phase::finished;
  SweepOrder<std::int64_t> order_;
  VertexTable<Mark> inside_;
  std::size_t at_ = 0;
  std::size_t best_ = 0;
  double running_cut_ = 0;
  double running_volume_ = 0;
  double conductance_ = std::numeric_limits<double>::infinity();
  double cut_ = 0;
  double volume_ = 0;
  double entries_ = 0;
};

}  // namespace lacuna
