#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/ball.hpp"
#include "lacuna/local/graph/ball_cg.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {

/// L x = b, L the Laplacian of an undirected weighted graph and b sparse with sum 0, solved on a
/// ball from two sides:
///   a potential x̃ that is 0 wherever no line was read (the outside made one node), and
///   a flow f along known edges with divergence b (the outside cut off).
/// With E(f) = Σ fₑ²/wₑ and E(x) = xᵀLx, any two such objects enclose the solution x and its flow
/// f* (Thomson's and Dirichlet's principles; Doyle & Snell, Random Walks and Electric Networks,
/// 1984; Prager & Synge, Quart. Appl. Math. 5, 1947):
///     2bᵀx̃ − E(x̃) ≤ bᵀx ≤ E(f),   ‖x̃ − x‖²_L + ‖f − f*‖² = Σ (fₑ − wₑ·dx̃ₑ)²/wₑ.
/// Both are the best of their kind up to the accuracy of conjugate gradients, on which none of this
/// rests.
///
/// The flow is that of a potential on the cut network; what its divergence lacks is sent along the
/// forest of the ball. What rounding still leaves, ηᵥ at most at v by a running error analysis, is
/// charged: a flow of exactly the divergence b differs from the stored one by at most
/// `slack` = (Σ over forest edges (Σ of ηᵥ below it)²/w)^½ in energy norm.
///
/// 52 bytes a vertex and 8 an edge; a certificate costs about as much as five steps of CG.
class BallSystem {
 public:
  /// Starts over with b = 0. The ball must outlive it. O(1).
  void begin(const Ball& ball);

  /// b ← b + value at a local vertex, each at most once; before the first `solve`. `out_of_memory`.
  Status add(std::uint32_t vertex, double value);

  /// Forgets the currents outside the connected piece of this vertex: right once that is a whole
  /// component, for what is asked of it.
  void keep_piece(std::uint32_t vertex);

  /// Solves on the ball as it stands, which may not change before this returns `done`; from where
  /// it is if the ball has grown or the tolerance has fallen since. `tolerance`: on both errors,
  /// squared, in energy. `refused`: over a whole component the sum of b is not 0. `failed`: out of
  /// memory, nothing is lost.
  GraphOutcome solve(double tolerance, Budget& budget);

  /// In each component b must have sum 0 up to the rounding of such a sum; the first of its entries
  /// there is then understood as minus the sum of the others, from which it differs by `defect`.
  double defect() const { return defect_; }
  /// False as long as the ball does not connect what it must: there is no flow then.
  bool has_flow() const { return balanced_; }
  /// Upper bound on E of the stored flow; ∞ where there is none.
  double flow_energy() const { return flow_energy_; }
  double slack() const { return slack_; }
  /// Upper bound on E of a flow of exactly the divergence b.
  double flow_bound() const;
  /// Upper bound on E(x̃).
  double potential_energy() const { return potential_energy_; }
  std::span<const BallSource> sources() const { return {sources_.data(), source_count_}; }
  double potential(std::uint32_t k) const { return potential_of()[k]; }
  double flow(std::size_t e) const { return flow_[e]; }
  double steps() const { return cg_.steps(); }
  std::size_t bytes() const;

 private:
  enum class Stage {
    begin,
    shorted,
    cut,
    flow_clear,
    flow,
    lack,
    gather,
    correct_clear,
    correct,
    charge,
    gather_charge,
    energy,
  };
  struct PieceSum {
    double high;
    double low;
    double size;
    std::uint32_t count;
    bool exact;
  };

  Status prepare();
  GraphOutcome balance();
  void start_cut();
  bool gather(double& energy, Budget& budget);
  const double* potential_of() const {
    return ball_->complete() ? cut_potential_.data() : shorted_potential_.data();
  }

  const Ball* ball_ = nullptr;
  Buffer<BallSource> sources_;
  std::uint32_t source_count_ = 0;
  Buffer<PieceSum> sums_;
  double defect_ = 0;
  bool balanced_ = false;

  Stage stage_ = Stage::begin;
  graph_detail::Pass pass_;
  EdgePass edges_;
  BallCg cg_;
  BallVectors vectors_;
  Buffer<double> shorted_potential_;
  Buffer<double> cut_potential_;
  std::uint32_t known_ = 0;  ///< vertices that the potentials cover
  Buffer<double> flow_;
  Buffer<double> low_;  ///< of divergences, added with compensation
  Buffer<std::uint32_t> children_;

  double cut_tolerance_ = 0;
  int repeats_ = 0;

  graph_detail::Sum sum_;
  double routed_ = 0;  ///< energy of what was sent along the forest
  double charged_ = 0;
  double flow_energy_ = std::numeric_limits<double>::infinity();
  double slack_ = 0;
  double potential_energy_ = 0;
};

}  // namespace lacuna
