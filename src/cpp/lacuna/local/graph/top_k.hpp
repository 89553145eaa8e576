#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/pagerank.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

struct TopOptions {
  double teleport = 0.15;
  Dangling dangling = Dangling::source;
  std::int32_t k = 10;
  /// Two vertices whose brackets overlap and are narrower than this share of the k-th value are a
  /// tie: no work is spent on them.
  double resolution = 1e-3;
  double threshold = 1e-4;        ///< of the first forward push
  double least_threshold = 1e-9;  ///< of the last
  double entries = 1e8;           ///< arcs to read at the most, checked between pushes
};

/// The k vertices of the highest personalized PageRank of a source, in order, and how much of that
/// is certain.
///
/// Forward push brackets every vertex, those that were not touched included (see `SourceRank`).
/// While brackets of the first k overlap each other or those of any other vertex, either the
/// threshold is lowered or single candidates are sharpened by a backward push each, whose residual
/// multiplies with the forward one (`PairRank`): whichever is predicted to read fewer arcs from
/// what the last of its kind read. Where a round of these leaves brackets more than half as wide,
/// as when what dangling vertices take is hardly known, only forward push can help. Memory follows
/// the touched part.
///
/// In an expander nothing is far away: to tell ranks apart that differ by a thousandth, push would
/// touch every vertex many times over, arc by arc from all over the memory. Once another lowering
/// is predicted to cost more than a few sweeps over the whole graph, Gauss–Seidel sweeps take over
/// from the values that push has found (`Pagerank`, 24 n bytes): each narrows all brackets at once,
/// and as many are made as the values found so far need to come apart.
class TopRank final : public Task {
 public:
  struct Entry {
    std::int32_t vertex;
    RankBracket rank;
    bool certain;  ///< nothing that stands after it has more: lo ≥ every later hi
  };

  /// Starts over. Faults as for `PairRank`; `invalid_argument` for a k that is not positive.
  Fault begin(Graph& graph, std::int32_t source, const TopOptions& options);
  TaskState step(Budget& budget) override;
  double progress() const override { return progress_; }

  /// The first k (fewer where fewer were reached), highest lower limit first. Once done.
  std::span<const Entry> entries() const { return {top_.data(), top_count_}; }
  /// Leading positions that are certain, each with its vertex.
  std::int32_t leading() const { return leading_; }
  /// No other vertex of the graph has more than any of the k.
  bool set_certain() const { return set_certain_; }
  /// Other vertices that may belong among the k, by falling upper limit; the first few hundred.
  std::span<const Entry> ties() const { return {ties_.data(), tie_count_}; }
  /// How many there are of those, touched ones counted.
  std::int64_t tie_total() const { return tie_total_; }
  /// A vertex that has no value yet may belong among the k as well.
  bool others_may_belong() const { return others_may_belong_; }
  double arcs_read() const { return forward_.push().entries() + spent_backward_ + spent_sweeps_; }
  /// Passes over the whole graph; 0 where it stayed local.
  std::int64_t sweeps() const { return swept_ ? sweeps_.iterations() : 0; }
  double pushes() const { return forward_.push().pushes() + backward_pushes_; }

 private:
  enum class Phase { forward, backward, sweeps, finished };
  struct Known {
    std::int64_t id;
    std::uint32_t home;
    double lo;
    double hi;
  };
  RankBracket joined(std::int32_t v, RankBracket b) const;
  RankBracket swept(std::int32_t v) const;
  template <class Least, class Use>
  void each_above(Least least, Use&& use) const;
  /// What the brackets of sweeps are wide in units of.
  double width_of(std::int32_t v) const;
  bool begin_sweeps();
  void aim(bool first);
  Status evaluate();
  void decide();
  bool next_candidate();
  Status keep(std::int32_t v, const RankBracket& found);

  Graph* graph_ = nullptr;
  TopOptions options_;
  std::int32_t source_ = 0;
  Phase phase_ = Phase::finished;
  SourceRank forward_;
  TargetRank backward_;
  Pagerank sweeps_;
  bool swept_ = false;  ///< brackets of all vertices come from sweeps
  VertexTable<Known> known_;
  Buffer<Entry> top_;
  std::size_t top_count_ = 0;
  Buffer<Entry> ties_;
  std::size_t tie_count_ = 0;
  std::int64_t tie_total_ = 0;
  Buffer<std::int32_t> unsure_;
  std::size_t unsure_count_ = 0;
  std::size_t unsure_at_ = 0;
  bool others_may_belong_ = true;
  bool set_certain_ = false;
  std::int32_t leading_ = 0;
  double last_forward_ = 0;  ///< arcs read by the last lowering
  double forward_began_ = 0;
  double mean_backward_ = 0;  ///< arcs read by a sharpening, of the last round
  double round_backward_ = 0;
  double round_wide_ = 0;  ///< widths of the brackets of the last round's candidates, before it
  double round_left_ = 0;  ///< and after it
  bool sharpens_ = true;   ///< the last round narrowed them, or the forward push went on since
  double spent_backward_ = 0;
  double spent_sweeps_ = 0;
  double wanted_ = 0;  ///< of the sweeps: half-width at which the values found would come apart
  double backward_pushes_ = 0;
  double progress_ = 0;
};

}  // namespace lacuna
