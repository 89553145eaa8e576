#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/lines.hpp"

namespace lacuna {

/// `TargetRank` over arcs that come on demand, of an undirected graph: walks and their reversals
/// are equally likely up to the weights of their ends, Wᵤπᵤ(t) = Wₜπₜ(u), so `ArcRank` from t has
/// every πᵤ(t), with an error of at most Wₜ·ρ for those that it did not reach too.
///
/// Cost as of `ArcRank` at a threshold of about ε·(least weight)/Wₜ.
class ArcTarget {
 public:
  /// Starts over. `index_out_of_range`, `invalid_argument`, `out_of_memory`; of the options the
  /// teleport and the threshold ε count.
  Fault begin(Lines& arcs, std::int64_t target, const RankOptions& options);

  /// Until no error is above ε: `done`, `needs_lines`, `rounding`; `failed`: see `fault`.
  GraphOutcome step(Budget& budget);

  /// At least every error, also of vertices that were not touched.
  double bound() const;
  std::uint32_t touched() const { return rank_.touched(); }
  std::int64_t vertex(std::uint32_t k) const { return rank_.vertex(k); }
  /// Value 0 where there is none.
  RankBracket bracket(std::uint32_t k) const;
  /// With the k-th vertex as source; W of it where it is known, −1 where it is not.
  double weight(std::uint32_t k) const { return rank_.weight(rank_.vertex(k)); }
  double target_weight() const { return rank_.weight(target_); }
  const ArcRank& rank() const { return rank_; }
  ArcRank& rank() { return rank_; }
  Fault fault() const { return rank_.fault(); }
  double progress() const;

 private:
  ArcRank rank_;
  std::int64_t target_ = 0;
  double error_ = 0;
};

/// π_s(t) over the same: from both ends, whose residuals multiply. What s has left, at most Σr, is
/// read off at what t has pushed, and π_u(t) is known to Wₜ·ρ, so that
///     π_s(t) = p_s(t) + Σᵤ rᵤ·π_u(t)
/// is known to Σr·Wₜ·ρ. The end that has read fewer arcs goes on.
class ArcPair {
 public:
  /// Starts over; as of `ArcTarget`. `atol` > 0: on the width of the bracket.
  Fault begin(Lines& arcs, std::int64_t source, std::int64_t target, double teleport, double atol);
  GraphOutcome step(Budget& budget);

  const RankBracket& bracket() const { return bracket_; }
  double entries() const { return from_.work().entries + to_.rank().work().entries; }
  double pushes() const { return from_.work().pushes + to_.rank().work().pushes; }
  Fault fault() const { return fault_; }

 private:
  void join();

  ArcRank from_;
  ArcTarget to_;
  std::int64_t target_ = 0;
  double atol_ = 0;
  bool forward_ = true;
  int ends_ = 0;  ///< that rounding has stopped: bits 1 and 2
  RankBracket bracket_;
  Fault fault_;
};

}  // namespace lacuna
