#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/lines.hpp"

namespace lacuna {

struct ArcTopOptions {
  double teleport = 0.15;
  Dangling dangling = Dangling::source;
  std::int64_t k = 10;
  /// Once brackets are narrower than this share of the k-th value, those that overlap are ties.
  double resolution = 1e-3;
  double threshold = 1e-4;         ///< of the first push
  double least_threshold = 1e-12;  ///< of the last
  double entries = 1e8;            ///< arcs to read, checked between thresholds
  bool undirected = false;         ///< see `ArcRank`
  double max_weight = std::numeric_limits<double>::infinity();
};

/// `TopRank` over arcs that come on demand: the k vertices of the highest personalized PageRank of
/// a source by forward push alone, whose threshold is lowered until their order is certain or
/// brackets are narrow. On an undirected graph brackets are as narrow as W·ρ, and with a declared
/// largest weight those of vertices that were not read too.
class ArcTop {
 public:
  struct Entry {
    std::int64_t vertex;
    RankBracket rank;
  };

  /// Starts over; faults as of `ArcRank`, `invalid_argument` for a k that is not positive.
  Fault begin(Lines& arcs, std::int64_t source, const ArcTopOptions& options);
  /// `done`: all is certain, or only ties are left; `limit`, `rounding`, `needs_lines`, `failed`.
  GraphOutcome step(Budget& budget);

  /// As of `TopRank`.
  std::span<const Entry> entries() const { return {top_.data(), top_count_}; }
  std::span<const Entry> ties() const { return {ties_.data(), tie_count_}; }
  std::int64_t leading() const { return leading_; }
  bool set_certain() const { return tie_total_ == 0 && !others_may_belong_; }
  bool all_certain() const {
    return set_certain() && leading_ == static_cast<std::int64_t>(top_count_);
  }
  std::int64_t tie_total() const { return tie_total_; }
  bool others_may_belong() const { return others_may_belong_; }
  const ArcRank& rank() const { return rank_; }
  Fault fault() const { return fault_; }

 private:
  Status evaluate(std::int64_t n);

  Lines* arcs_ = nullptr;
  ArcTopOptions options_;
  ArcRank rank_;
  Buffer<Entry> top_;
  Buffer<Entry> ties_;
  std::size_t top_count_ = 0;
  std::size_t tie_count_ = 0;
  std::int64_t leading_ = 0;
  std::int64_t tie_total_ = 0;
  bool others_may_belong_ = true;
  double widest_ = 1;  ///< bracket of those that count
  Fault fault_;
};

}  // namespace lacuna
