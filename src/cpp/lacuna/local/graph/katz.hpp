#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/graph/graph.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/positive_bracket.hpp"
#include "lacuna/local/graph/workspace.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/push.hpp"

namespace lacuna {

/// Katz centrality of every vertex (Katz, Psychometrika 18, 1953): x = β·1 + αWᵀx, so xᵥ counts the
/// walks that end at v, one of length k with αᵏ times the product of its weights.
///
/// Partial sums of the Neumann series β·Σ(αWᵀ)ᵏ1, which rise towards x exactly if α < 1/ρ(W); each
/// takes a pass over the in-arcs, and there are about log(rtol)/log(αρ) of them. What comes out is
/// certified on its own: x̃ > 0 with A x̃ > 0, A = I − αWᵀ, proves that A is a nonsingular M-matrix,
/// hence α < 1/ρ, and bounds every entry (see `PositiveBracket`), rounding included.
///
/// For α ≥ 1/ρ the centrality does not exist. That is proven, and refused, where a set of vertices
/// is found on which αWᵀv ≥ v for some v > 0 (Collatz and Wielandt); at α = 1/ρ, and in graphs in
/// which growth hides behind much that decays, the limit may come first.
///
/// O(arcs) a pass, 25 bytes a vertex.
class KatzCentrality {
 public:
  /// Starts over. α, β > 0 and finite: `invalid_argument`. The graph must have its in-arcs:
  /// `not_ready`.
  Status begin(const Graph& graph, double alpha, double beta);

  /// Until every entry is known to `rtol`, or rounding is reached; `max_passes` in all end it as
  /// `limit`. `refused`: α ≥ 1/ρ(W). `failed`: out of memory.
  GraphOutcome step(double rtol, std::int32_t max_passes, Budget& budget);

  double value(std::int64_t v) const { return x_[static_cast<std::size_t>(v)]; }
  /// Every xᵥ lies in x̃ᵥ(1 − below) … x̃ᵥ(1 + above); ∞ while nothing is proven.
  double below() const { return below_; }
  double above() const { return above_; }
  std::int32_t passes() const { return passes_; }
  /// Share of the orders of magnitude that terms have to fall by for `rtol`; falls back where they
  /// rise, or have to fall further.
  double progress(double rtol) const;
  double entries() const { return entries_; }
  Fault fault() const { return fault_; }

  /// w > 0 with A w ≥ 1 from the x̃ reached, for `KatzEntry`: rtol 0.5 is enough for good ones.
  /// `not_ready` while nothing is proven, `out_of_memory`. O(n).
  Result<Weights> weights() const;

 private:
  enum class Stage { prepare, pass, add, judge, trim, certify, rest, refused };

  bool multiply(Budget& budget);
  bool trim(Budget& budget);
  bool certify(Budget& budget);

  const Graph* graph_ = nullptr;
  double alpha_ = 0;
  double beta_ = 0;
  Stage stage_ = Stage::prepare;
  graph_detail::Pass pass_;
  Fault fault_;
  Buffer<double> x_;
  Buffer<double> term_;  ///< (αWᵀ)ᵏβ1
  Buffer<double> next_;
  std::int32_t passes_ = 0;
  std::int32_t next_trial_ = 0;
  int trims_ = 0;
  Buffer<std::uint8_t> alive_;  ///< in the set on which growth is looked for
  std::int64_t kept_ = 0;
  std::int64_t removed_ = 0;
  double largest_ = 0;  ///< of the last term
  double judged_ = 0;   ///< the same, of the last one that is complete
  double wanted_ = 0;   ///< of it, after a proof that was not good enough
  int stalls_ = 0;
  graph_detail::PositiveBracket proof_;
  double entries_ = 0;
  double below_ = std::numeric_limits<double>::infinity();
  double above_ = std::numeric_limits<double>::infinity();
};

/// The rows of A = I − αWᵀ, made from lines of in-arcs. O(1) a line, O(length) where there may be
/// loops.
class KatzRows final : public Lines {
 public:
  KatzRows(Lines& in_arcs, double alpha, bool loops) : in_(in_arcs), alpha_(alpha), loops_(loops) {}

  std::int64_t size() const override { return in_.size(); }
  bool get(std::int64_t v, Line& line) override;

 private:
  Lines& in_;
  double alpha_;
  bool loops_;
};

/// Katz centrality of one vertex, by pushing backwards along in-arcs: with p ≈ A⁻ᵀeᵥ and residual
/// r = eᵥ − Aᵀp ≥ 0 the centrality is β(Σp + Σ rᵤcᵤ), where c = A⁻¹1 lies between 1 and w for any w
/// with A w ≥ 1 (Berman & Plemmons, ch. 6):
///     β(Σp + Σr) ≤ xᵥ ≤ β(Σp + Σrᵤwᵤ),
/// r as it is stored, with the slack of the push. Cost and source: see `Push`.
class KatzEntry {
 public:
  /// Starts over. `rows` and `weights` (w of A, from `KatzCentrality::weights`, or declared:
  /// uniform 1/(1 − α·(largest sum of in-weights)) where that is positive) must outlive it. β > 0
  /// and weights that are known, else `invalid_argument`; `index_out_of_range`, `out_of_memory`.
  /// O(1).
  Status begin(Lines& rows, const Weights& weights, double beta, std::int64_t v);

  /// Until hi − lo ≤ max(atol, rtol·lo), or `rounding` where that is below about 2⁻⁴⁶·(max w)·lo;
  /// `max_entries` of lines end it as `limit`. `failed`: `singular_matrix` where a loop makes a
  /// diagonal entry vanish, or `out_of_memory`: the bracket stands, but a push that was stopped so
  /// has to be begun anew.
  GraphOutcome step(double rtol, double atol, double max_entries, Budget& budget);

  const Bracket& bracket() const { return bracket_; }
  const PushWork& work() const { return push_.work(); }
  std::uint32_t touched() const { return push_.touched(); }
  Fault fault() const { return fault_; }
  std::size_t bytes() const { return push_.bytes(); }

 private:
  void enclose();

  Push push_;
  const Weights* weights_ = nullptr;
  double beta_ = 0;
  double target_ = 0;
  Bracket bracket_;
  Fault fault_;
};

}  // namespace lacuna
