#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/ball.hpp"
#include "lacuna/local/graph/ball_system.hpp"
#include "lacuna/local/graph/outcome.hpp"

namespace lacuna {

/// What a query for a resistance or a potential difference is to reach, and may do.
struct LaplaceGoal {
  double rtol = 1e-6;
  double atol = 0;
  /// Entries of lines that may be touched; it ends as `limit` before the growth that would take it
  /// further, or in the middle of it.
  double max_entries = std::numeric_limits<double>::infinity();
};

/// What such a query did, counted.
struct LaplaceWork {
  double lines = 0;     ///< read
  double entries = 0;   ///< of those lines
  double vertices = 0;  ///< read, and their neighbours
  double cg_steps = 0;
  double rounds = 0;  ///< balls that were solved on
};

/// Effective resistance R(s, t) between two vertices of an undirected graph whose edge weights are
/// conductances, enclosed by what is known of a ball around them (see `Ball` for what the source
/// must give):
///     hi = energy of an explicit unit flow from s to t within the ball          (Thomson)
///     lo = (φₛ − φₜ)²/E(φ) for an explicit potential that is constant outside   (Dirichlet)
/// both with their rounding (see `BallSystem`). They hold for any flow and any potential, so
/// neither the size of the ball nor the accuracy of the solves matters to their truth. The ball
/// doubles, towards where current leaves it, until hi − lo ≤ max(atol, rtol·lo). Once it is the
/// whole component only rounding parts the two.
///
/// The first ball is {s, t} alone: lo is then that of the two with all else shorted, at least
/// 1/dₛ + 1/dₜ with weighted degrees where they are not adjacent; for large degrees in graphs that
/// mix well that is nearly all of R (von Luxburg, Radl & Hein, JMLR 15, 2014).
///
/// Cost: the entries of the ball, times the CG steps on it. On a 2D grid the gap falls like
/// (distance of s and t/radius)², so the ball's size does not depend on n. On expanders hi stays ∞
/// until the balls around s and t meet, after about √n vertices.
class Resistance {
 public:
  /// Starts over. `index_out_of_range`, `out_of_memory`. O(1).
  Status begin(Lines& edges, std::int64_t s, std::int64_t t);

  /// `done`, `limit` and `rounding` with a bracket; `disconnected` once the component of s or t is
  /// read through without the other: R = ∞. `failed`: see `fault`.
  GraphOutcome step(const LaplaceGoal& goal, Budget& budget);

  /// Narrows from step to step.
  const Bracket& bracket() const { return bracket_; }
  const Ball& ball() const { return ball_; }
  /// The ball is the whole component of s and t.
  bool whole() const { return ball_.closed(ball_.piece(s_)); }
  Fault fault() const { return fault_; }
  LaplaceWork work() const;
  std::size_t bytes() const { return ball_.bytes() + system_.bytes() + influence_.bytes(); }

 private:
  enum class Stage { grow, solve, influence_clear, influence };

  void narrow();

  Ball ball_;
  BallSystem system_;
  std::uint32_t s_ = 0;
  std::uint32_t t_ = 0;
  bool same_ = false;
  Stage stage_ = Stage::grow;
  double wanted_entries_ = 0;
  double tolerance_ = 0;
  int stalls_ = 0;
  double rounds_ = 0;
  Bracket bracket_;
  Fault fault_;
  Buffer<double> influence_;
  graph_detail::Pass pass_;
  EdgePass edges_;
};

/// Where an estimate of R can stop.
inline bool narrow_enough(const Bracket& b, const LaplaceGoal& goal) {
  return b.width() <= std::fmax(goal.atol, goal.rtol * b.lo);
}

}  // namespace lacuna
