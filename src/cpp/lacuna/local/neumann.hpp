#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/push.hpp"
#include "lacuna/local/vertex_table.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a truncated series is to reach, and what it may cost.
struct NeumannGoal {
  double weighted_sum = 0;  ///< Σ wᵥ|rᵥ|, as `PushGoal::weighted_sum`
  double terms = std::numeric_limits<double>::infinity();    ///< at most
  double entries = std::numeric_limits<double>::infinity();  ///< at most, of all lines read
};

/// The adjoint Aᵀp = t by the Neumann series, cut off: with A = D − N,
///     p = Σ_{k<K} (D⁻ᵀNᵀ)ᵏ D⁻ᵀ t
/// term by term over the rows of A, on the part of the closure of t that the term reaches. What is
/// left is r = t − Aᵀp = (NᵀD⁻ᵀ)ᴷt, the layer that would come next. (Over columns of A the same
/// solves A x = b.)
///
/// K comes first: if the weights contract, Σⱼ≠ᵥ|aᵥⱼ|wⱼ ≤ q·|aᵥᵥ|wᵥ in every row, then a term leaves
/// at most q of Σ wᵥ|rᵥ|, and K is the least number with Σ wᵥ|tᵥ|·qᴷ ≤ goal (von Neumann's series
/// in the weighted norm; for q = max Σ|aᵢⱼ|/|aᵢᵢ| < 1 that of strict row dominance). Layers shrink
/// faster where signs cancel or the matrix is not tight everywhere, so their sums are taken as well
/// and may end the series earlier. With ⟨A⟩w ≥ 1, Σ wᵥ|rᵥ|·‖b‖∞ bounds |tᵀx − pᵀb|.
///
/// Cost: a term takes the entries of the rows in its layer; on a graph of polynomial growth of
/// dimension d, O(Kᵈ⁺¹) in all. Against a push it takes more entries (each layer is moved as a
/// whole, small residuals too) but has no queue, and its number of terms is known before.
///
/// Between any two steps value, residual and slack belong together. The same bits however the work
/// is sliced and in whatever batches lines arrive.
class Neumann {
 public:
  enum class Outcome : std::int32_t {
    running = 0,        ///< the budget is used up
    reached = 1,        ///< the goal holds
    needs_lines = 2,    ///< waits for the lines that it asked for
    stuck = 3,          ///< the diagonal entry of `stuck_at` is zero, or numbers overflowed there
    rounding = 4,       ///< the goal lies below what rounding leaves
    out_of_memory = 5,  ///< nothing is lost: `step` again once there is memory
    limited = 6,        ///< a limit of the goal came first; `weighted_residual` is what was reached
  };

  struct Vertex {
    std::int64_t id;
    double layer;  ///< of the residual: what the term in progress has not moved yet
    double next;   ///< and what it has gathered for the next one
    double value;
    double weight;
    std::uint32_t home;
    std::uint32_t state;

    double residual() const { return layer + next; }
  };

  /// Starts over with p = 0 and t = 0. What `weights` points at must outlive the series; null or
  /// unknown ones are 1. `contraction`: q above, in these weights. O(1).
  void begin(Lines& rows, const Weights* weights, double contraction);

  /// t ← t + value·eᵥ, before the first step. `not_finite`, `out_of_memory`, `busy` after it.
  Status add(std::int64_t v, double value);

  /// Goes on. A line is the smallest piece of work. A goal that is lowered later is gone on to.
  Outcome step(const NeumannGoal& goal, Budget& budget);

  /// K for this goal, from q and the t that was added: ∞ where q is not below 1. O(log K).
  double planned_terms(double weighted_sum) const;
  /// Terms that are complete.
  double terms() const { return terms_; }

  std::int64_t stuck_at() const { return stuck_at_; }
  void lines_arrived() {}

  const PushWork& work() const { return work_; }
  std::uint32_t touched() const { return table_.size(); }
  const Vertex& vertex(std::uint32_t k) const { return table_[k]; }
  std::uint32_t find(std::int64_t v) const { return table_.find(v); }
  std::size_t bytes() const { return table_.bytes() + layer_.bytes() + gathered_.bytes(); }

  /// Σ wᵥ|r̂ᵥ| of the residual as stored, raised by its rounding; with `slack` a bound on the true
  /// one, at any time. O(touched).
  double weighted_residual() const;
  /// Bound on Σ wᵥ|r̂ᵥ − rᵥ|, r = t − Aᵀp as it truly is.
  double slack() const { return unit() * slack_; }

 private:
  static constexpr std::uint32_t read_bit = 1;
  static constexpr std::uint32_t gathered_bit = 2;

  double unit() const { return by_weight_ ? 1 : uniform_; }
  std::uint32_t touch(std::int64_t v) {
    const std::uint32_t before = table_.size();
    const std::uint32_t k = table_.touch(v, Vertex{});
    if (k == before) table_[k].weight = by_weight_ ? (*weights_)(v) : 1;
    return k;
  }
  void gather(std::uint32_t k, double change);
  Status make_room(std::size_t more);
  /// Moves the layer's part at vertex k on. False where memory or numbers do not allow it.
  bool move(std::uint32_t k, const Line& line);
  /// What was gathered becomes the layer, a slice at a time.
  void begin_turn();
  void turn_on(Budget& budget);
  Outcome judge(const NeumannGoal& goal) const;

  Lines* rows_ = nullptr;
  const Weights* weights_ = nullptr;
  bool by_weight_ = false;
  double uniform_ = 1;
  double heaviest_ = 1;
  double contraction_ = 0;
  double start_sum_ = 0;  ///< Σ w|t|, raised; in units of `unit()` like all sums here
  double layer_sum_ = 0;  ///< Σ w|r| when the layer was complete, raised
  double slack_ = 0;
  double terms_ = 0;
  bool begun_ = false;
  bool turning_ = false;
  double turn_sum_ = 0;
  Outcome fault_ = Outcome::running;
  std::int64_t stuck_at_ = -1;
  PushWork work_;
  VertexTable<Vertex> table_;
  Buffer<std::uint32_t> layer_;
  Buffer<std::uint32_t> gathered_;
  std::uint32_t layer_count_ = 0;
  std::uint32_t gathered_count_ = 0;
  std::uint32_t cursor_ = 0;
};

}  // namespace lacuna
