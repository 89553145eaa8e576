#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/iterative/krylov.hpp"
#include "lacuna/local/graph/graph.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/positive_bracket.hpp"
#include "lacuna/local/graph/workspace.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Commute time of a random walk between s and t of an undirected graph, back and forth:
/// C = vol·R(s, t), vol the sum of the weighted degrees of their component, loops counted once
/// (Chandra et al., Comput. Complexity 6, 1996). As local as the resistance, once the volume is
/// known. Rounded outwards.
Bracket commute_time(const Bracket& volume, const Bracket& resistance);

/// Expected steps h(v → t) of the random walk from every v until it first reaches t.
///
/// Global by nature: a walk wanders through the whole graph before it hits, h(s → t) is of the
/// order of the volume, and there is no local method for it; one target costs a full solve, and all
/// its sources come with it. With Wᵥ the sum of out-weights, h solves the M-system
///     Σᵤ wᵥᵤ(hᵥ − hᵤ) = Wᵥ   (v ≠ t, hₜ = 0),
/// over the vertices from which the walk hits almost surely; h = ∞ from those that can reach a
/// vertex from which there is no way to t (one without out-arcs, say). An undirected graph is
/// solved by CG, a directed one by BiCGSTAB, both with the diagonal as preconditioner.
///
/// The result is certified on its own: if h̃ > 0 and y = A h̃ > 0, then A⁻¹ ≥ 0 and the error of each
/// entry is at most max |b − y|/y times the entry (see `PositiveBracket`); rounding, which alone is
/// of the order of u·max h, is included.
///
/// O(arcs) to begin and for each iteration; 12 bytes an arc and about 100 a vertex. Making the
/// matrix is one piece of work, everything else is cut.
class HittingTimes {
 public:
  /// Starts over. The in-arcs are those of the graph (`Graph::prepare_in_arcs` must be through:
  /// `not_ready`). `index_out_of_range`.
  Status begin(const Graph& graph, std::int64_t target);

  /// Until every finite time is known to `rtol` or rounding is reached; `max_iterations` of the
  /// solver in all, sweeps among them, end it as `limit`. `failed`: out of memory.
  GraphOutcome step(double rtol, std::int64_t max_iterations, Budget& budget);

  /// h̃(v → t): 0 at t, ∞ where the walk may never arrive. After the first step that ended with
  /// another outcome than `running`.
  double value(std::int64_t v) const { return x_[static_cast<std::size_t>(v)]; }
  /// Every finite time h lies in h̃(1 − below) … h̃(1 + above); ∞ while nothing is proven.
  double below() const { return below_; }
  double above() const { return above_; }
  /// Of one time, rounded outwards.
  Bracket bracket(std::int64_t v) const;

  std::int64_t iterations() const { return iterations_; }
  double entries() const { return entries_; }
  Fault fault() const { return fault_; }
  /// Share of the work that is done; falls back where the solver has to go on after a proof.
  double progress() const;
  std::size_t bytes() const;

 private:
  enum class Stage {
    prepare,
    reach,
    seed_lost,
    lose,
    assemble,
    sweep,
    solve,
    unpack,
    certify,
    rest,
  };
  static constexpr std::uint8_t reaches = 1;
  static constexpr std::uint8_t lost = 2;

  GraphOutcome fail(Status status) {
    fault_ = status;
    return GraphOutcome::failed;
  }
  Status prepare();
  bool search(std::uint8_t mark, Budget& budget);
  Status assemble();
  void start_solver(std::int64_t max_iterations);
  bool sweep(Budget& budget);
  bool certify(Budget& budget);

  const Graph* graph_ = nullptr;
  std::int32_t n_ = 0;
  std::int32_t t_ = 0;
  Stage stage_ = Stage::prepare;
  graph_detail::Pass pass_;
  Fault fault_;

  Buffer<std::uint8_t> marks_;
  Buffer<std::int32_t> queue_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::int32_t offset_ = 0;      ///< in the arcs of the head
  Buffer<std::int32_t> number_;  ///< of an unknown, −1

  std::optional<CsrMatrix> a_;
  std::unique_ptr<Preconditioner> jacobi_;
  std::unique_ptr<Krylov> krylov_;
  Buffer<double> b_;
  Buffer<double> y_;  ///< unknowns

  Buffer<double> x_;
  double target_ = 0;  ///< ‖residual‖₂ that the solver is to reach
  std::int64_t iterations_ = 0;
  Reason reason_ = Reason::max_iterations;
  double last_ = std::numeric_limits<double>::infinity();
  int sweeps_ = 0;    ///< to be done before the solver is started again
  int troubles_ = 0;  ///< solves that proved no better than the ones before
  graph_detail::PositiveBracket proof_;
  bool positive_ = true;
  double entries_ = 0;
  double below_ = std::numeric_limits<double>::infinity();
  double above_ = std::numeric_limits<double>::infinity();
};

}  // namespace lacuna
