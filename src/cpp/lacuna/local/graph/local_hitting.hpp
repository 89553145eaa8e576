#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/ball.hpp"
#include "lacuna/local/graph/ball_cg.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/positive_bracket.hpp"
#include "lacuna/local/graph/resistance.hpp"
#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {

/// What a hitting time is to reach, and may do; the rest as in `LaplaceGoal`.
struct HittingGoal {
  double rtol = 1e-6;
  double max_entries = std::numeric_limits<double>::infinity();
  double max_steps = std::numeric_limits<double>::infinity();  ///< of CG, looked at between balls
};

/// Bounds on the volume of a connected graph, from that of a ball in it and from what was declared
/// (∞: nothing was). `whole`: the ball is all of it.
Bracket volume_bracket(const Ball& ball, bool whole, double declared);

/// Expected steps h of a random walk from s until it first reaches t, in an undirected graph of
/// which only a ball S is read (see `Ball` for what the source must give), from the sum V of the
/// weights of all arcs, which the caller declares.
///
/// h = Σ Wᵥφᵥ, φ the potentials of a unit current from s to t at 0 (Tetali, J. Theor. Probab. 4,
/// 1991), W the weighted degrees. With G the inverse of the Laplacian of S, the vertices that were
/// not read held at 0, gₛ and gₜ its columns and e = G·W the times of leaving S,
///     h = eₛ − κ·eₜ + V·(κ·gₜ(t) − gₛ(t)),   min gₛ/gₜ ≤ κ ≤ max gₛ/gₜ
/// over the vertices of S that have neighbours outside: outside of S φ is harmonic and so between
/// its extremes there, and at the extreme φ = gₜ(t)·gₛ/gₜ − gₛ(t) or beyond. Without a declared V
/// the same with V of the ball bounds h from below. Over a whole component h = eₛ with t held at 0.
///
/// The three solves are by CG; e is certified as in `PositiveBracket`, the columns by it: L ẽ = y >
/// 0 and a residual |r| ≤ δ·y give |g̃ − g| ≤ δ·ẽ entry by entry. Rounding is included.
///
/// Cost: the entries of the ball, times the CG steps on it. The gap falls with the difference that
/// s and t make to the far side: like (their distance)/radius on a 2D grid. Where balls do not meet
/// (expanders, until about √n vertices) nothing bounds h from above. More is not to be had by any
/// method that reads no more: all of V − V(S) may hang on one vertex.
class LocalHitting {
 public:
  /// Starts over; `volume` > 0, ∞ where it is not known. `index_out_of_range`, `out_of_memory`,
  /// `invalid_argument`. O(1).
  Status begin(Lines& arcs, std::int64_t s, std::int64_t t, double volume);

  /// Until hi − lo ≤ rtol·lo: `done`, `limit` or `rounding` with a bracket; `disconnected` once the
  /// component of s or t is read through without the other: h = ∞. `failed`: see `fault`.
  GraphOutcome step(const HittingGoal& goal, Budget& budget);

  /// Narrows from ball to ball.
  const Bracket& bracket() const { return bracket_; }
  /// As of `Ball`; `declaration_violated` where the ball has more volume than was declared.
  Fault fault() const { return fault_; }
  LaplaceWork work() const;
  std::size_t bytes() const;

 private:
  enum class Stage { grow, prepare, clear_guess, sources, solve, clear, weigh, judge, ratios };
  /// The three solves.
  static constexpr int times = 0, from_s = 1, from_t = 2;
  struct Range {
    double lo, hi;
  };

  GraphOutcome fail(Fault fault) {
    fault_ = fault;
    return GraphOutcome::failed;
  }
  Status prepare();
  void start_solve();
  bool accumulate(Budget& budget);
  bool judge(Budget& budget);
  bool held(std::uint32_t k) const;
  Range column(int which, std::uint32_t k) const;
  bool measure_ratios(Budget& budget);
  void narrow();

  Ball ball_;
  std::uint32_t s_ = 0;
  std::uint32_t t_ = 0;
  bool same_ = false;
  bool whole_ = false;
  double volume_ = std::numeric_limits<double>::infinity();
  Stage stage_ = Stage::grow;
  double wanted_entries_ = 0;
  double rounds_ = 0;
  int stalls_ = 0;
  int solve_ = times;

  BallCg cg_;
  BallVectors vectors_;
  Buffer<BallSource> sources_;
  std::uint32_t source_count_ = 0;
  Buffer<double> x_[3];
  Buffer<double> mass_;       ///< weighted degrees
  Buffer<double> least_;      ///< y
  std::uint32_t known_ = 0;   ///< vertices that the guesses cover
  graph_detail::Pass pass_;
  EdgePass edges_;
  graph_detail::PositiveBracket proof_;
  double off_[3] = {};        ///< δ of the columns
  double least_ratio_ = 0;
  double most_ratio_ = 0;
  Bracket bracket_;
  Fault fault_;
};

}  // namespace lacuna
