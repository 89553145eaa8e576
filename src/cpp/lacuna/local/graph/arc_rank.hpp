#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/push.hpp"

namespace lacuna {

/// The rows of A = I − (1−α)P, as `TransitionRows`, made from lines of out-arcs with weights. The
/// sum of a line's weights is made anew each time: O(degree) a line.
class WalkRows final : public Lines {
 public:
  WalkRows(Lines& arcs, double teleport, Dangling dangling)
      : arcs_(arcs), teleport_(teleport), dangling_(dangling) {}

  std::int64_t size() const override { return arcs_.size(); }
  bool get(std::int64_t v, Line& line) override;

 private:
  Lines& arcs_;
  double teleport_;
  Dangling dangling_;
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
class ArcRank {
 public:
  /// Starts over; `arcs` must outlive it. Distinct or not, sources with positive weights:
  /// `invalid_argument`, `index_out_of_range` with the position; `out_of_memory`.
  Fault begin(Lines& arcs, std::span<const std::int64_t> sources, std::span<const double> weights,
              const RankOptions& options);

  /// Until every residual is below `threshold`, or, with `error` > 0, until the sum of the errors
  /// is at most that. `done`, `needs_lines`, or `rounding`. `failed`: see `fault`. Each return adds
  /// a pass over what is touched.
  GraphOutcome step(Budget& budget);

  /// Bound on Σ|error| over all vertices, at any time.
  double error() const { return error_; }
  std::uint32_t touched() const { return push_.touched(); }
  std::int64_t vertex(std::uint32_t k) const { return push_.vertex(k).id; }
  RankBracket bracket(std::uint32_t k) const { return bracket_of(push_.vertex(k).value); }
  /// Of all vertices that were not touched.
  RankBracket elsewhere() const { return bracket_of(0); }
  const PushWork& work() const { return push_.work(); }
  /// Rises to 1 in orders of magnitude of the residual.
  double progress() const { return progress_; }
  Fault fault() const { return fault_; }

 private:
  RankBracket bracket_of(double pushed) const;
  void measure();
  void note_progress();

  std::optional<WalkRows> rows_;
  Push push_;
  RankOptions options_;
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
