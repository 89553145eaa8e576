#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "lacuna/base/budget.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/push.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// The rows of A = I − (1−α)P, as `TransitionRows`, made from lines of out-arcs with weights. The
/// sum of a line's weights is made anew each time: O(degree) a line. With `keep` it keeps the sums.
class WalkRows final : public Lines {
 public:
  WalkRows(Lines& arcs, double teleport, Dangling dangling, bool keep = false)
      : arcs_(arcs), teleport_(teleport), dangling_(dangling), keep_(keep) {}

  std::int64_t size() const override { return arcs_.size(); }
  bool get(std::int64_t v, Line& line) override;

  /// Wᵥ of a vertex that was read; −1 of others.
  double weight(std::int64_t v) const {
    const std::uint32_t k = sums_.find(v);
    return k == VertexTable<Sum>::none ? -1 : sums_[k].weight;
  }
  /// Of all arcs that were read; ∞ of none. In an undirected graph no vertex that one leads to has
  /// less.
  double least_arc() const { return least_arc_; }
  /// Memory was short for a sum; the line was then said not to be there.
  bool take_failure() { return std::exchange(failed_, false); }

 private:
  struct Sum {
    std::int64_t id;
    double weight;
    std::uint32_t home;
    std::uint32_t unused;
  };

  Lines& arcs_;
  double teleport_;
  Dangling dangling_;
  bool keep_;
  bool failed_ = false;
  double least_arc_ = std::numeric_limits<double>::infinity();
  VertexTable<Sum> sums_;
};

/// Personalized PageRank from sources in a graph that is never loaded, by forward push (Andersen,
/// Chung & Lang, FOCS 2006) on its out-arcs: with p and a residual r ≥ 0 of Aᵀp = s, u = α·A⁻ᵀs
/// is α·p plus errors ≥ 0 whose sum lies between α·Σr and Σr, since 1 ≤ A⁻¹1 ≤ 1/α. Under
/// `Dangling::source` π = u/Σu, Σu ≤ 1, from the same limits; under `self` Σu = 1.
///
/// Charged: what rounding did to r (`Push::slack`), and to the entries of A, 6 units of roundoff of
/// each. At most 1/(α·threshold) pushes, each over the arcs of one vertex; residuals below
/// `threshold` are not pushed: degrees of vertices that were not read are not known, so it is not
/// taken per degree as in `SourceRank`.
///
/// Of one source, where the graph is undirected, which the caller vouches for, and `dangling` is
/// `self` (which is then the same as `source`), each error
/// is also at most Wᵥ·ρ, ρ = max rᵤ/Wᵤ, as in `SourceRank`; of a vertex that was not read W is at
/// least the least weight of the arcs that were, and at most what was declared.
class ArcRank {
 public:
  static constexpr std::uint32_t none = 0xffffffffu;

  /// Starts over; `arcs` must outlive it. Distinct or not, sources with positive weights:
  /// `invalid_argument`, `index_out_of_range` with the position; `out_of_memory`. `max_weight`: no
  /// vertex has more.
  Fault begin(Lines& arcs, std::span<const std::int64_t> sources, std::span<const double> weights,
              const RankOptions& options, bool undirected = false,
              double max_weight = std::numeric_limits<double>::infinity());

  /// Until every residual is below `threshold`, or, with `error` > 0, until the sum of the errors
  /// is at most that. `done`, `needs_lines`, or `rounding`. `failed`: see `fault`. Each return adds
  /// a pass over what is touched.
  GraphOutcome step(Budget& budget);
  /// Lowers the threshold and goes on from where it stands.
  void refine(double threshold) { options_.threshold = threshold; }

  /// Bound on Σ|error| over all vertices, at any time.
  double error() const { return error_; }
  std::uint32_t touched() const { return push_.touched(); }
  std::int64_t vertex(std::uint32_t k) const { return push_.vertex(k).id; }
  RankBracket bracket(std::uint32_t k) const {
    const Push::Vertex& x = push_.vertex(k);
    return bracket_of(x.value, most_weight(x.id));
  }
  RankBracket at(std::int64_t v) const {
    const std::uint32_t k = push_.find(v);
    return k == none ? elsewhere() : bracket(k);
  }
  /// Of all vertices that were not touched.
  RankBracket elsewhere() const { return bracket_of(0, max_weight_); }
  /// α·p and the residual of a vertex that was touched, as stored, and its number, or `none`.
  double stored(std::uint32_t k) const { return options_.teleport * push_.vertex(k).value; }
  double residual(std::uint32_t k) const { return std::fabs(push_.vertex(k).residual); }
  std::uint32_t find(std::int64_t v) const { return push_.find(v); }
  /// W of a vertex that was read; −1 of others, and in a graph that is not undirected.
  double weight(std::int64_t v) const { return rows_->weight(v); }
  /// Bounds on Σr and ρ, and on Σ|stored − true| of u and of the errors.
  double residual_sum() const { return residual_; }
  double ratio() const { return ratio_; }
  double slack() const { return slack_; }
  double threshold() const { return options_.threshold; }
  const PushWork& work() const { return push_.work(); }
  /// Rises to 1 in orders of magnitude of the residual.
  double progress() const { return progress_; }
  Fault fault() const { return fault_; }

 private:
  RankBracket bracket_of(double pushed, double weight) const;
  double most_weight(std::int64_t v) const {
    const double weight = undirected_ ? rows_->weight(v) : -1;
    return weight >= 0 ? weight : max_weight_;
  }
  void measure();
  void note_progress();

  std::optional<WalkRows> rows_;
  Push push_;
  RankOptions options_;
  bool undirected_ = false;
  double max_weight_ = std::numeric_limits<double>::infinity();
  double ratio_ = std::numeric_limits<double>::infinity();
  double seed_slack_ = 0;
  double goal_ = 0;
  double slack_ = 0;     ///< bound on Σ|stored − true| of u + errors
  double residual_ = 1;  ///< at least Σr
  double least_mass_ = 1;
  double most_mass_ = 1;
  double error_ = 2;
  double progress_ = 0;
  Fault fault_;
};

}  // namespace lacuna
