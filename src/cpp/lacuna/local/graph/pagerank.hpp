#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/graph.hpp"

namespace lacuna {

struct PagerankOptions {
  double teleport = 0.15;  ///< α: the damping factor is 1 − α
  double error = 1e-8;     ///< on Σ|x − π|
  /// On max |x − π|ᵥ/Wᵥ, W the out-weights: known of undirected graphs only, and what is reached
  /// first ends it. 0: never.
  double ratio = 0;
  /// `source` sends a walk without a way on to the personalization vector, as networkx does.
  Dangling dangling = Dangling::source;
  std::int64_t maxiter = 1000;  ///< sweeps at the most
};

/// PageRank of all vertices: π = α s + (1−α)(Pᵀπ + D·w), s the personalization (uniform by
/// default), D the sum of π over dangling vertices and w where these lead.
///
/// Gauss–Seidel sweeps in place over in-arcs, each followed by a scaling to sum 1, which takes the
/// slowest part out of the error: π sums to 1 whatever the graph. It costs no pass: s is scaled by
/// the sum that x has instead, and x at the end. What a vertex hands on, x/W, is
/// kept beside x, so that an arc without weight costs one index and one load; D is kept up to date
/// within a sweep. The sweeps converge since A = I − (1−α)P is an M-matrix; scaling is given up
/// where it should hinder. With a single vertex as the personalization the slowest part of the
/// error has nothing of the shape of π: in an undirected graph it is the stationary distribution of
/// the walk, a multiple of W, which is added. Where they converge slowly the other direction is
/// tried: arcs that mostly lead one way through the numbering suit one direction.
///
/// What ends it is a residual computed anew: ‖x − π‖₁ ≤ ‖r‖₁/α with r = αs + (1−α)(Pᵀx + Dw) − x,
/// since A sums to α along every row; a bound on the rounding of r is added, row by row. In an
/// undirected graph walks from u to v and back are equally likely up to the weights of their ends,
/// Wᵤ πᵤ(v) = Wᵥ πᵥ(u), so that also |x − π|ᵥ = |Σᵤ rᵤ πᵤ(v)|/α ≤ Wᵥ max(|rᵤ|/Wᵤ)/α.
/// 16 bytes a vertex, 8 more with a personalization, besides the in-arcs. A sweep costs 2·arcs
/// flops. Source: Brin & Page (1998); Arasu et al. (WWW 2002) for Gauss–Seidel.
class Pagerank final : public Task {
 public:
  /// Starts over. `personalization` empty (uniform) or n values ≥ 0, not all 0, scaled to sum 1; it
  /// is copied. The graph must outlive the task. `invalid_argument` for a teleport outside (0, 1),
  /// an error or a limit that is not positive, or with the position of a bad value;
  /// `shape_mismatch`, `out_of_memory`. O(n).
  Fault begin(Graph& graph, std::span<const double> personalization,
              const PagerankOptions& options);
  /// The same with a single vertex as the personalization; x begins at 0 where nothing is guessed.
  /// Besides, `index_out_of_range`.
  Fault begin_at(Graph& graph, std::int32_t source, const PagerankOptions& options);
  /// Where the sweeps begin, n values ≥ 0, the personalization if left alone. Before the first
  /// step.
  std::span<double> guess() { return x_.span(); }
  /// Other limits, before the first step or once done: then it goes on from where it stands.
  void aim(double error, double ratio);

  TaskState step(Budget& budget) override;
  double progress() const override { return progress_; }

  /// Once done. Sums to 1 up to rounding.
  std::span<const double> scores() const { return x_.span(); }
  /// Proven bound on Σ|x − π|, ∞ until something was checked.
  double error() const { return error_; }
  /// Proven bound on max |x − π|ᵥ/Wᵥ; ∞ where the graph is directed, or a walk may begin at a
  /// vertex without arcs.
  double ratio() const { return ratio_; }
  /// `converged_atol`, `max_iterations`, or `stagnated` where rounding keeps the bound above what
  /// was asked for.
  Reason reason() const { return reason_; }
  std::int64_t iterations() const { return iterations_; }
  double entries() const { return entries_; }

 private:
  enum class Phase { arcs, sweep, scale, check, finished };
  void start(Graph& graph, const PagerankOptions& options);
  double source(std::int32_t v) const { return s_.empty() ? uniform_ : s_[v]; }
  struct Rows {
    std::int32_t begin;
    std::int32_t end;
  };
  /// The next rows of a pass, as many as make a piece.
  Rows piece() const;
  template <bool weighted>
  void sweep(std::int32_t begin, std::int32_t end);
  template <bool weighted>
  void check(std::int32_t begin, std::int32_t end);
  void scale(std::int32_t begin, std::int32_t end);
  void after_sweep();
  void after_check();

  Graph* graph_ = nullptr;
  PagerankOptions options_;
  Buffer<double> x_;
  Buffer<double> z_;  ///< x over the out-weight, 0 for a dangling vertex
  Buffer<double> s_;
  double uniform_ = 0;
  Phase phase_ = Phase::arcs;
  std::int32_t row_ = 0;  ///< rows of this pass that are done
  std::int64_t iterations_ = 0;
  double entries_ = 0;
  Reason reason_ = Reason::max_iterations;

  double stuck_ = 0;       ///< D
  double stuck_rest_ = 0;  ///< what its sum lost to rounding
  double sum_ = 0;
  double change_ = 0;
  double last_change_ = 0;
  double turn_ = 0;  ///< the greatest change of an entry of z in a sweep
  bool scaling_ = true;
  bool shifting_ = false;  ///< x rises by a multiple of W, and is not scaled
  double reached_ = 0;     ///< ΣW over x > 0
  bool reversed_ = false;  ///< sweeps go from the last vertex to the first
  int slow_ = 0;           ///< slow sweeps in a row, or sweeps of a trial
  int turns_ = 0;          ///< 1: the other direction is on trial, 2: settled
  double first_rate_ = 0;
  double factor_ = 1;
  double level_ = 1;   ///< sum that x is thought to have: s counts as much
  bool ends_ = false;  ///< the sweep before was the last one before a check
  double shift_ = 0;
  double yield_ = 0.5;       ///< residual over change, as last seen
  double turn_yield_ = 0.5;  ///< residual over weight over change of z
  double residual_ = 0;
  double rounding_ = 0;
  double error_ = 0;
  double worst_ = 0;  ///< max |rᵥ|/Wᵥ, rounding of the row included
  double ratio_ = 0;
  double progress_ = 0;
};

}  // namespace lacuna
