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
/// Memory: 32n bytes, and 40 a supernode.
class FactorProduct {
 public:
  /// For the factor in force, and the conditions of its matrix, whose weights have to be known.
  /// `out_of_memory`.
  Status attach(const Cholesky& factor, const Conditions& conditions);
  bool attached(const Cholesky& factor) const { return factor_ == &factor; }

  /// What the longest path of each of the two takes, a lower bound of what all take: read off for
  /// every entry of b and t, however long the paths are.
  double longest_flops(const KeptRhs& rhs, std::span<const std::int32_t> ids) const;

  /// A better one: what the paths of up to 64 entries of each of the two take together at the
  /// least, in a logarithm for each. What b takes is kept until another one comes.
  double least_flops(const KeptRhs& rhs, std::span<const std::int32_t> ids);

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

  /// A supernode in the tree with one more root above all.
  struct Node {
    double flops;  ///< of the supernodes above it, each from the column where its path enters
    std::int32_t parent;
    /// An ancestor further up, so that any is found in O(log depth) (Myers, Inf. Proc. Lett. 17,
    /// 1983).
    std::int32_t jump;
  };

  bool kept(const KeptRhs& rhs) const { return loaded_ && rhs_ == rhs.number(); }
  double supernode_cost(std::int32_t u, std::int32_t first) const;
  /// Of the path that begins at a column.
  double path_flops(std::int32_t column) const;
  /// A lower bound of what the paths from some columns take, at least that of the longest one; puts
  /// them in order.
  double least_of(std::span<std::int32_t> columns) const;
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
  double largest_ = 0;          ///< of `spread_`, where it is measured
  double most_terms_ = 0;       ///< of `terms_`
  std::uint64_t least_of_ = 0;  ///< number of the b that took so many at the least
  double least_source_ = 0;
  Buffer<Node> tree_;
  Buffer<double> spread_;  ///< |L||L|ᵀPw
  Buffer<double> terms_;   ///< entries of the rows of L
  ReachSweep source_;
  ReachSweep target_;
  Certified result_;
};

}  // namespace lacuna
