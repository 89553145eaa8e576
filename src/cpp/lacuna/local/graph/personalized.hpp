#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/mass_push.hpp"

namespace lacuna {

/// A number with proven limits, rounding included: lo ≤ truth ≤ hi, value between them.
struct RankBracket {
  double value = 0;
  double lo = 0;
  double hi = 1;
};

/// A walk stops at each step with probability `teleport` (α), else it takes an arc out of where it
/// stands with a probability proportional to its weight; π_s(v) is the probability that it stops at
/// v when it began at s. Wherever an arc leads nowhere further, `dangling` says what happens:
/// `source` (the walk begins anew, as in networkx) or `self`; not `uniform`, which is not local.
struct RankOptions {
  double teleport = 0.15;
  double threshold = 1e-6;  ///< ε: forward on r over the out-degree, backward on r itself
  Dangling dangling = Dangling::source;
  /// Forward: ends as soon as the L1 error is below this, whatever ε; 0: never.
  double error = 0;
};

/// Personalized PageRank from one source or several: π = Σᵢ sᵢ π_i, all entries at once, by forward
/// push; at most 1/(αε) arcs are read, whatever the size of the graph.
///
/// What push leaves of s, r ≥ 0, gives the error exactly: π − p = Σᵤ rᵤ πᵤ. So ‖π − p‖₁ = Σr, and
///     0 ≤ π(v) − p(v) ≤ Σr                for every v, and in an undirected graph also
///     0 ≤ π(v) − p(v) ≤ d_v·max rᵤ/dᵤ,
/// for dᵤπᵤ(v) = d_vπ_v(u) there (walks and their reversals are equally likely up to the degrees of
/// their ends), hence Σᵤ rᵤπᵤ(v) ≤ (max rᵤ/dᵤ)·Σᵤ dᵤπᵤ(v) = (max rᵤ/dᵤ)·d_v·Σᵤ π_v(u), a sum of 1.
///
/// With `source` and dangling vertices the walk that is dropped there has the distribution u with
/// π = u/Σu; push brackets u as above, and α·Σr ≤ Σ(u − p) ≤ Σr carries the bounds through the
/// division. Source: Andersen, Chung & Lang (FOCS 2006).
class SourceRank final : public Task {
 public:
  /// Starts over. `weights` empty (all alike) or positive, one a source; they are scaled to sum 1.
  /// The graph must outlive the task. `invalid_argument` for a teleport outside (0, 1), a threshold
  /// outside (0, 1], an error outside [0, 1), `uniform`, no source, or with the position of a
  /// weight that is not positive; `index_out_of_range` with the position of a source;
  /// `shape_mismatch`, `out_of_memory`.
  Fault begin(const Graph& graph, std::span<const std::int32_t> sources,
              std::span<const double> weights, const RankOptions& options);

  /// `failed` means out of memory; the brackets hold all the same, and it may be called again.
  TaskState step(Budget& budget) override;
  double progress() const override;
  /// Lowers the threshold and goes on from where it stands.
  Status refine(double threshold);

  std::uint32_t touched() const { return push_.touched(); }
  /// Calls use(v, bracket) for each vertex that has a value, after any step: in an order that
  /// follows from the query, not by vertex.
  template <class Use>
  void each_score(Use&& use) const {
    push_.each_pushed([&](std::int32_t v, double y) { use(v, bracket_of(v, teleport() * y)); });
  }
  /// How many there are.
  std::uint32_t scores() const { return push_.pushed(); }
  /// Of any vertex; value 0 where it has none.
  RankBracket at(std::int32_t v) const;
  /// No vertex without a value has more than this.
  double others() const;
  /// Bound on Σ|π(v) − value(v)| over all vertices.
  double error() const { return error_; }

  const MassPush& push() const { return push_; }
  const Graph& graph() const { return *graph_; }
  double teleport() const { return options_.teleport; }
  /// The out-weight of v over the mean weight, raised by rounding; at least 1 for a dangling one.
  double scaled_degree(std::int32_t v) const;
  /// Lower and upper limit of Σu, what p is divided by; 1 where no walk is dropped.
  double least_mass() const { return least_mass_; }
  double most_mass() const { return most_mass_; }
  /// Bounds on Σr and on max rᵥ/dᵥ, rounding included in the first.
  double residual() const { return residual_; }
  double ratio() const { return ratio_; }

 private:
  /// What all brackets share. O(touched).
  void measure();
  RankBracket bracket_of(std::int32_t v, double p) const;

  const Graph* graph_ = nullptr;
  RankOptions options_;
  MassPush push_;
  bool leaky_ = false;
  double slack_ = 0;  ///< Σ over vertices of what rounding may have moved p by
  double residual_ = 1;
  double least_residual_ = 0;
  double ratio_ = 0;
  double sum_ = 0;  ///< Σp, lowered by its rounding
  double least_mass_ = 1;
  double most_mass_ = 1;
  double error_ = 1;
  double seed_slack_ = 0;  ///< of the sources themselves
  double goal_ = 0;        ///< Σr at which the error asked for is looked at
};

/// The same probabilities by their target: π_u(t) for every source u at once, by backward push.
/// Whatever is left has 0 ≤ π_u(t) − p(u) = Σᵥ π_u(v)rᵥ ≤ max r, for π_u sums to 1. The arcs u → v
/// count with the out-weight of u. About (in-degree of what leads to t)/(αε) arcs are read.
///
/// With `source` and dangling vertices the probability that a walk from u is dropped differs from
/// one u to the next, and only 1 ≥ Σu ≥ α is known of it: brackets are right but wide, up to 1/α.
/// `PairRank` knows more. Source: Andersen et al. (WAW 2007); Lofgren & Goel (2013).
class TargetRank final : public Task {
 public:
  /// Starts over. Faults as for `SourceRank`. Makes the in-arcs of the graph first.
  Fault begin(Graph& graph, std::int32_t target, const RankOptions& options);
  TaskState step(Budget& budget) override;
  double progress() const override;
  Status refine(double threshold);

  std::uint32_t touched() const { return push_.touched(); }
  /// As for `SourceRank`.
  template <class Use>
  void each_score(Use&& use) const {
    push_.each_pushed([&](std::int32_t v, double y) { use(v, bracket_of(options_.teleport * y)); });
  }
  std::uint32_t scores() const { return push_.pushed(); }
  RankBracket at(std::int32_t u) const;
  double others() const { return bracket_of(0).hi; }
  /// max r of what is stored, and Σ|error| of it by rounding.
  double residual() const { return residual_; }
  double slack() const { return push_.slack() + 4 * 0x1p-53; }
  const MassPush& push() const { return push_; }

 private:
  RankBracket bracket_of(double p) const;

  Graph* graph_ = nullptr;
  RankOptions options_;
  std::int32_t target_ = 0;
  bool started_ = false;
  bool leaky_ = false;
  MassPush push_;
  double residual_ = 1;
};

struct PairOptions {
  double teleport = 0.15;
  Dangling dangling = Dangling::source;
  double atol = 1e-9;  ///< hi − lo at the most
};

/// π_s(t) from both ends. With p_b, r_b of a backward push from t,
///     u_s(t) = p_b(s) + Σᵥ u_s(v)·r_b(v),
/// and u_s(v) lies above p_f(v) of a forward push by shares of its residual: what is not known of
/// the sum is at most (Σr_f)·(max r_b), or Σᵥ d_v·max(rᵤ/dᵤ)·r_b(v) where undirected. Both sides
/// are sharpened in turns, by which of the two narrowed the bracket more for its cost the last
/// time. Source: Lofgren, Banerjee & Goel (WSDM 2016), with a push in the place of their walks, so
/// that the bracket is certain.
class PairRank final : public Task {
 public:
  /// Starts over. Faults as above; `invalid_argument` for an `atol` that is not positive.
  Fault begin(Graph& graph, std::int32_t source, std::int32_t target, const PairOptions& options);
  /// `done` also where rounding allows no narrower bracket than it has.
  TaskState step(Budget& budget) override;
  double progress() const override;

  /// After any step.
  const RankBracket& bracket() const { return bracket_; }
  double entries() const { return forward_.push().entries() + backward_.push().entries(); }
  double pushes() const { return forward_.push().pushes() + backward_.push().pushes(); }

  /// Of a forward push that goes on elsewhere and a backward one for the same options.
  static RankBracket join(const SourceRank& forward, std::int32_t source,
                          const TargetRank& backward);

 private:
  struct Side {
    double cost = 0;   ///< entries read by the last sharpening
    double gain = -1;  ///< share of the bracket that it took off; −1: not tried
    double began = 0;  ///< entries when it began
    bool spent = false;
  };
  TaskState run(Budget& budget);
  void choose();

  SourceRank forward_;
  TargetRank backward_;
  std::int32_t source_ = 0;
  double atol_ = 0;
  double width_ = 1;
  bool on_forward_ = false;
  bool done_ = false;
  Side sides_[2];
  RankBracket bracket_;
};

}  // namespace lacuna
