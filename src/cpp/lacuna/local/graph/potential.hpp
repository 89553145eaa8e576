#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/ball.hpp"
#include "lacuna/local/graph/ball_system.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/resistance.hpp"

namespace lacuna {

/// Difference xᵢ − xⱼ of two entries of any solution of L x = b, L the (singular) Laplacian of an
/// undirected graph, b sparse with sum 0 in every component: the potentials that currents b raise.
///
/// With c = eᵢ − eⱼ the difference is the inner product ⟨f*_c, f*_b⟩ of two flows. On a growing
/// ball around i, j and the currents both systems are solved from two sides (see `BallSystem`, and
/// `Ball` for what the source must give). With potentials x̃, ỹ and flows f, g of b and c,
/// polarization of the bounds for bᵀL⁺b gives (Prager & Synge, Quart. Appl. Math. 5, 1947)
///     |xᵢ − xⱼ − ½(⟨f, g⟩ + cᵀx̃ + bᵀỹ − ⟨x̃, ỹ⟩_L)| ≤ ½·‖f − W dx̃‖·‖g − W dỹ‖,
/// ⟨f, g⟩ = Σ fₑgₑ/wₑ: the errors of two solves multiply. Holds for whatever flows and potentials;
/// rounding, and what the flows' divergences lack, is charged. Once the component of i and j is
/// read through, currents elsewhere are left out of account. Without currents it is 0, as x = 0 has
/// it, and nothing is read.
///
/// Cost: that of two resistances on one ball; see `Resistance` for what its size depends on.
class PotentialDifference {
 public:
  /// Starts over: b has `values` at the distinct vertices `ids`. `index_out_of_range`,
  /// `shape_mismatch`, `out_of_memory`; `invalid_argument` where a value is not finite or above
  /// 2⁴⁰⁰ in size, a vertex comes twice, or the values do not add up to 0 within rounding: the
  /// first of those in a component is understood as minus the sum of the others. O(currents).
  Status begin(Lines& edges, std::span<const std::int64_t> ids, std::span<const double> values,
               std::int64_t i, std::int64_t j);

  /// `done`, `limit` and `rounding` with a value. `disconnected`: i and j were found to lie in
  /// different components, the difference may be anything. `refused`: the currents into one
  /// component do not add up to 0, there is no solution. `failed`: see `fault`.
  GraphOutcome step(const LaplaceGoal& goal, Budget& budget);

  /// xᵢ − xⱼ to within `bound`, which is ∞ until the ball carries all currents.
  double value() const { return value_; }
  double bound() const { return bound_; }
  Fault fault() const { return fault_; }
  LaplaceWork work() const;
  std::size_t bytes() const {
    return ball_.bytes() + currents_.bytes() + ends_.bytes() + influence_.bytes();
  }

 private:
  enum class Stage { grow, currents, ends, pair, influence_clear, influence };

  bool reached(const LaplaceGoal& goal) const;
  GraphOutcome solve(BallSystem& system, double scale, const LaplaceGoal& goal, Budget& budget);
  bool pair(Budget& budget);
  void combine();

  Ball ball_;
  BallSystem currents_;  ///< L x = b
  BallSystem ends_;      ///< L y = eᵢ − eⱼ
  std::uint32_t i_ = 0;
  std::uint32_t j_ = 0;
  bool zero_ = false;  ///< i = j, or no currents
  Stage stage_ = Stage::grow;
  double wanted_entries_ = 0;
  double share_ = 1;  ///< by which solves are more accurate than a goal alone asks for
  double last_bound_ = 0;
  int stalls_ = 0;
  double rounds_ = 0;
  double value_ = 0;
  double bound_ = 0;
  Fault fault_;
  Buffer<double> influence_;
  graph_detail::Pass pass_;
  EdgePass edges_;
  /// Σ over edges: distances of flow and potential, squared, and products.
  graph_detail::Sum currents_gap_, ends_gap_, flows_, potentials_, flows_size_, potentials_size_;
};

}  // namespace lacuna
