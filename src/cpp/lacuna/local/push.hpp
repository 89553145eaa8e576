#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// The order in which residuals are pushed.
enum class PushOrder : std::int32_t {
  buckets = 0,   ///< large ones first: thresholds fall by a factor, first come first served within
  fifo = 1,      ///< first come first served above the final threshold (Andersen, Chung & Lang)
  sor = 2,       ///< `buckets` with over-relaxation; safeguarded
  chebyshev = 3, ///< sweeps with momentum over what is touched; safeguarded
};

/// Where a push stops: as soon as one of the two holds.
struct PushGoal {
  double weighted_sum = 0;  ///< Σ wᵥ|rᵥ|, see `Push::weighted_residual`
  double largest = 0;       ///< every |rᵥ|·kᵥ, k the key weight, lies below
};

/// What was done, counted.
struct PushWork {
  double pushes = 0;
  double entries = 0;  ///< of the lines that were read
  double lines = 0;    ///< distinct ones
};

/// Residual push for M y = f with f sparse: y starts at 0, the residual r = f − M y at f, and a push
/// at v moves rᵥ/mᵥᵥ into yᵥ and takes that multiple of column v of M from r. With the columns of A
/// it solves A x = b (forward push), with the rows of A the adjoint Aᵀp = t (backward push).
///
/// Source: Andersen, Chung & Lang (FOCS 2006) for PageRank, where it is a local Gauss–Seidel method
/// (Zhou et al., NeurIPS 2024); here for any H-matrix. If w > 0 has ⟨Mᵀ⟩w ≥ 1, a push at v takes at
/// least |rᵥ|/|mᵥᵥ| from Σ wᵤ|rᵤ|, so the sum falls below any goal, wherever the pushes go.
/// Each costs the entries of one column; memory is 40 bytes a touched vertex and the index.
///
/// The invariant r = f − M y holds up to `slack`, a proven bound on what rounding did to it.
class Push {
 public:
  enum class Outcome : std::int32_t {
    running = 0,     ///< the budget is used up
    reached = 1,     ///< the goal holds
    needs_lines = 2, ///< nothing else can be pushed until the lines asked for are there
    stuck = 3,       ///< the diagonal entry of `stuck_at` is zero, or numbers overflowed there
    rounding = 4,    ///< the goal lies below what rounding leaves of the residual
    out_of_memory = 5,
  };

  struct Vertex {
    std::int64_t id;
    double residual;
    double value;
    double weight;  ///< key: w, 1/degree, or 1
    std::uint32_t home;
    std::uint32_t state;
  };

  /// What a residual is multiplied with, in sums and against thresholds.
  struct Keys {
    /// w: in the sum and against thresholds. Null: 1.
    const Weights* weights = nullptr;
    /// Row pointers of a graph: |rᵥ| over the degree of v (at least 1) is what is held against
    /// thresholds; the sum is Σ|rᵥ|.
    const std::int32_t* degrees = nullptr;
  };

  /// Starts over with y = 0 and f = 0. What `keys` points at must outlive the push; `contraction`
  /// is that of the lines, maxᵥ Σ|mᵤᵥ|/|mᵥᵥ|, from which over-relaxation and momentum are chosen.
  /// O(1).
  void begin(Lines& columns, const Keys& keys, PushOrder order, double contraction);

  /// f ← f + value·eᵥ. At any time: a right-hand side that changes is pushed on from where it is.
  Status add(std::int64_t v, double value);

  /// Pushes on. Entries touched are booked as two flops each.
  Outcome step(const PushGoal& goal, Budget& budget);

  /// A vertex that is in the way: see `Outcome::stuck`.
  std::int64_t stuck_at() const { return stuck_at_; }
  /// Lines that were asked for and are not there have come: try them again.
  void lines_arrived() { resume_ = true; }

  const PushWork& work() const { return work_; }
  std::uint32_t touched() const { return table_.size(); }
  const Vertex& vertex(std::uint32_t k) const { return table_[k]; }
  std::uint32_t find(std::int64_t v) const { return table_.find(v); }
  std::size_t bytes() const { return table_.bytes() + queue_.bytes(); }

  /// Σ wᵥ|rᵥ| as it is kept along the way.
  double weighted_residual() const { return unit() * sum_; }
  /// Bound on Σ wᵥ|r̂ᵥ − rᵥ|, r̂ the residual as stored, r = f − M y as it truly is.
  double slack() const { return unit() * slack_; }

  /// Σ wᵥ|rᵥ| added up anew over all that is touched, raised by its rounding; with `slack` a bound
  /// on the true one. O(touched).
  double recompute_sum() const;
  /// max |rᵥ|, raised by nothing: add `slack` over the least weight. O(touched).
  double largest_residual() const;

 private:
  static constexpr std::uint32_t queued_bit = 1;
  static constexpr std::uint32_t pushed_bit = 2;
  static constexpr std::uint32_t waiting_bit = 4;
  struct Seed {
    std::int64_t id;
    double value;
  };

  double key_of(std::int64_t v) const;
  double unit() const { return by_weight_ ? 1 : uniform_; }
  /// What keys are multiplied with to be what goals are given in.
  double unit_key() const { return keys_.degrees != nullptr || by_weight_ ? 1 : uniform_; }
  std::uint32_t touch(std::int64_t v) {
    const std::uint32_t before = table_.size();
    const std::uint32_t k = table_.touch(v, Vertex{});
    if (k == before) table_[k].weight = weighted_ ? key_of(v) : 1;
    return k;
  }
  void enqueue(std::uint32_t k) {
    table_[k].state |= queued_bit;
    queue_[tail_++ & queue_mask_] = k;
  }
  Status make_room(std::size_t more);
  template <class Id>
  void scatter(const Line& line, const Id* ids, std::int64_t v, double step);
  /// Moves step·(column v) out of the residual. False where it could not be done now.
  bool move(std::uint32_t k, const Line& line, double step);
  bool push_at(std::uint32_t k, Budget& budget);
  /// One sweep with momentum over what is touched.
  bool sweep(const PushGoal& goal, Budget& budget);
  /// Lowers the threshold and fills the queue. False where nothing lies above the goal.
  bool refill(const PushGoal& goal);
  /// r from f and y in twice the working precision. False where a line is not at hand.
  bool refresh();

  Lines* columns_ = nullptr;
  Keys keys_;
  bool weighted_ = false;   ///< vertices have weights that differ
  bool by_weight_ = false;  ///< and the sum takes them
  double uniform_ = 1;
  PushOrder order_ = PushOrder::buckets;
  double omega_ = 1;
  double sum_ = 0;    ///< in units of `unit()`
  double slack_ = 0;
  double flow_ = 0;   ///< Σ w|y m| over all steps
  double threshold_ = 0;
  double last_round_ = 0;
  int poor_rounds_ = 0;
  Outcome fault_ = Outcome::running;
  std::int64_t stuck_at_ = -1;
  bool resume_ = false;
  PushWork work_;
  VertexTable<Vertex> table_;
  Buffer<Seed> seeds_;
  std::size_t seed_count_ = 0;
  Buffer<double> momentum_;
  Buffer<std::uint32_t> queue_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  std::uint32_t queue_mask_ = 0;
  Buffer<std::uint32_t> waiting_;
  std::uint32_t waiting_count_ = 0;
};

}  // namespace lacuna
