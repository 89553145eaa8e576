#pragma once
#include <memory>
#include <span>

#include "lacuna/base/task.hpp"
#include "lacuna/direct/reach_sweep.hpp"
#include "lacuna/local/certificate.hpp"
#include "lacuna/solver/kept_rhs.hpp"

namespace lacuna {

class Cholesky;

/// tᵀA⁻¹b = (L⁻¹Pt)ᵀ(L⁻¹Pb) with a Cholesky factor that is there anyway, t and b sparse: it costs
/// the paths of their entries in the tree of L (Gilbert & Peierls, SISSC 9, 1988), two to four
/// flops per entry of L on them, and not O(n). What b takes is kept until another one comes.
///
/// What comes out is tᵀ(A + E)⁻¹b with |E| ≤ 3.2γ·Pᵀ|L||L|ᵀP, γ = (k + 4)u, k the most entries in a
/// row of L (Higham, Accuracy and Stability, Theorems 8.5 and 10.3). For w with ⟨A⟩w ≥ 1 and η =
/// max(|E|w) < 1 its distance from tᵀA⁻¹b is at most η/(1 − η)·‖b‖∞·Σ|tᵥ|wᵥ: A⁻¹E(A + E)⁻¹ is met
/// by |A⁻¹| ≤ ⟨A⟩⁻¹ from both sides. η takes one pass over L, at the first query.
///
/// Memory: 32n bytes, and 32 a supernode.
class FactorProduct {
 public:
  /// For the factor in force, and the conditions of its matrix, whose weights have to be known.
  /// `out_of_memory`.
  Status attach(const Cholesky& factor, const Conditions& conditions);
  bool attached(const Cholesky& factor) const { return factor_ == &factor; }

  /// What the longest path of each of the two takes at the least: all that it costs to find out are
  /// the entries of b and t, where the reach of both may be long.
  double least_flops(const KeptRhs& rhs, std::span<const std::int32_t> ids) const;

  /// Begins tᵀA⁻¹b; the reach of both is marked. `rhs` is a sparse one.
  void begin(const KeptRhs& rhs, std::span<const std::int32_t> ids,
             std::span<const double> weights);
  /// Flops that `step` will take, rounding known and b kept being left out.
  double flops() const { return flops_; }

  /// `done` in the end.
  TaskState step(Budget& budget);
  Certified result() const { return result_; }

 private:
  enum class Phase { measure, rhs, target, done };

  bool kept(const KeptRhs& rhs) const { return loaded_ && rhs_ == rhs.number(); }
  double supernode_cost(std::int32_t u, std::int32_t first) const;
  bool measure(Budget& budget);
  double sweep_flops(const ReachSweep& sweep) const;
  void meet();

  const Cholesky* factor_ = nullptr;
  const Conditions* conditions_ = nullptr;
  Phase phase_ = Phase::done;
  std::int32_t measured_ = 0;  ///< supernodes
  bool loaded_ = false;        ///< `source_` holds L⁻¹Pb of `rhs_`
  std::uint64_t rhs_ = 0;      ///< its number
  double norm_inf_ = 0;
  double weighted_ = 0;  ///< Σ|tᵥ|wᵥ
  double flops_ = 0;
  double largest_ = 0;     ///< of `spread_`, where it is measured
  double most_terms_ = 0;  ///< of `terms_`
  Buffer<double> paths_;   ///< flops of the supernodes above each
  Buffer<double> spread_;  ///< |L||L|ᵀPw
  Buffer<double> terms_;   ///< entries of the rows of L
  ReachSweep source_;
  ReachSweep target_;
  Certified result_;
};

}  // namespace lacuna
