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
  buckets = 0,    ///< large ones first: thresholds fall by a factor, first come first served within
  fifo = 1,       ///< first come first served above the final threshold (Andersen, Chung & Lang)
  sor = 2,        ///< `buckets` with over-relaxation; safeguarded
  chebyshev = 3,  ///< sweeps with momentum over what is touched; safeguarded
};

/// Where a push stops: as soon as one of the two holds.
struct PushGoal {
  double weighted_sum = 0;  ///< Σ wᵥ|rᵥ| of the true residual, see `Push::weighted_residual`
  /// Every |rᵥ|·kᵥ of the stored residual, k the key weight, lies below. Residuals under 2⁻¹⁰⁰⁰ are
  /// not pushed: a goal beyond ends as `rounding`.
  double largest = 0;
};

/// What was done, counted.
struct PushWork {
  double pushes = 0;
  double entries = 0;  ///< of the lines that were read
  double lines = 0;    ///< distinct ones
};

/// Residual push for M y = f with f sparse: y starts at 0, the residual r = f − M y at f, and a
/// push at v moves rᵥ/mᵥᵥ into yᵥ and takes that multiple of column v of M from r. With the columns
/// of A it solves A x = b (forward push), with the rows of A the adjoint Aᵀp = t (backward push).
///
/// Source: Andersen, Chung & Lang (FOCS 2006) for PageRank, where it is a local Gauss–Seidel method
/// (Zhou et al., NeurIPS 2024); here for any H-matrix. If w > 0 has ⟨Mᵀ⟩w ≥ 1, a push at v takes at
/// least |rᵥ|/|mᵥᵥ| from Σ wᵤ|rᵤ|, so the sum falls below any goal, wherever the pushes go.
/// Each costs the entries of one column; memory is 40 bytes a touched vertex, its index, and 16
/// bytes an entry of the columns pushed, which are read from M once. Sums and thresholds are made
/// anew by passes over what is touched, in pieces: the smallest piece of work is one column, so
/// that only columns of more than about 10⁵ entries hold up a budget.
///
/// The invariant r = f − M y holds up to `slack`, a proven bound on what rounding did to it. Where
/// the slack grows into the residual, r is made anew from f and y in twice the working precision;
/// once that no longer halves the sum, the goal is below what y can hold (`Outcome::rounding`).
///
/// The same bits however the work is sliced and whenever lines arrive: where one is missing, those
/// that are next in turn are asked for in one go, and nothing is pushed ahead of its turn. Between
/// any two steps value, residual and slack belong together, whatever the outcome was.
class Push {
 public:
  enum class Outcome : std::int32_t {
    running = 0,        ///< the budget is used up
    reached = 1,        ///< the goal holds
    needs_lines = 2,    ///< waits for the lines that it asked for
    stuck = 3,          ///< the diagonal entry of `stuck_at` is zero, or numbers overflowed there
    rounding = 4,       ///< the goal lies below what rounding leaves of the residual
    out_of_memory = 5,  ///< nothing is lost: `step` again once there is memory
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
    /// w with ⟨Mᵀ⟩w ≥ 1: in the sum and against thresholds. Null: 1.
    const Weights* weights = nullptr;
    /// Row pointers of a graph: |rᵥ| over the degree of v (at least 1) is what is held against
    /// thresholds; the sum is Σ|rᵥ|.
    const std::int32_t* degrees = nullptr;
  };

  /// Starts over with y = 0 and f = 0. What `keys` points at must outlive the push; `contraction`
  /// is that of the lines, maxᵥ Σ|mᵤᵥ|/|mᵥᵥ| (∞ where not known), from which over-relaxation and
  /// momentum are chosen; without weights the slack rests on it too. O(1).
  void begin(Lines& columns, const Keys& keys, PushOrder order, double contraction);

  /// f ← f + value·eᵥ. At any time: a right-hand side that changes is pushed on from where it is.
  /// `not_finite`, `out_of_memory` leave it as it was.
  Status add(std::int64_t v, double value);

  /// Room for `more` further vertices, so that changes of lines that touch no more of them cannot
  /// run out of memory. `out_of_memory` leaves it as it was.
  Status reserve(std::size_t more) { return make_room(more); }

  /// Column v of M has become what it was plus `delta`: r ← r − yᵥ·delta. The lines that M is read
  /// from have to give the new column by now, and the weights to hold for the new M. O(entries).
  /// `out_of_memory` leaves it as it was.
  Status change_line(std::int64_t v, const Line& delta);

  /// Pushes on. Entries touched are booked as two flops each.
  Outcome step(const PushGoal& goal, Budget& budget);

  /// A vertex that is in the way: see `Outcome::stuck`.
  std::int64_t stuck_at() const { return stuck_at_; }
  /// Lines that were asked for are looked for again by the next step.
  void lines_arrived() {}

  const PushWork& work() const { return work_; }
  std::uint32_t touched() const { return table_.size(); }
  const Vertex& vertex(std::uint32_t k) const { return table_[k]; }
  std::uint32_t find(std::int64_t v) const { return table_.find(v); }
  std::size_t bytes() const {
    return table_.bytes() + local_.bytes() + queue_.bytes() + seeds_.bytes() + momentum_.bytes() +
           exact_.bytes();
  }

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
  /// Where a vertex has its line in `local_`, plus one, in the upper bits of its state; 0: nowhere.
  static constexpr std::uint32_t local_shift = 2;
  static constexpr std::uint32_t most_local = (1u << (32 - local_shift)) - 2;
  /// An entry of a line with the record that it leads to; the first of a line holds its diagonal
  /// entry and the number of the others.
  struct Local {
    double value;
    std::uint32_t record;
    std::uint32_t count;
  };
  struct Seed {
    std::int64_t id;
    double value;
  };
  /// A residual in twice the working precision.
  struct Twofold {
    double hi;
    double lo;
  };
  /// What `step` is in the middle of; all but `push` are passes over what is touched.
  enum class Phase : std::uint8_t {
    push,
    total,   ///< adds up Σ w|r| anew, to see whether the goal holds
    scan,    ///< the same, and the largest |r|, from which the next threshold comes
    fill,    ///< queues what lies above the threshold
    plan,    ///< chooses the steps of a sweep
    apply,   ///< takes them
    gather,  ///< f − M y in twice the precision
    weigh,   ///< its sum
    commit,  ///< takes it over as the residual
  };

  double key_of(std::int64_t v) const;
  double unit() const { return by_weight_ ? 1 : uniform_; }
  /// What keys are multiplied with to be what goals are given in.
  double unit_key() const { return keys_.degrees != nullptr || by_weight_ ? 1 : uniform_; }
  /// Weight of a vertex in the sum, in units of `unit()`.
  double share(const Vertex& x) const { return by_weight_ ? x.weight : 1; }
  double floor_of(const PushGoal& goal) const;
  std::uint32_t touch(std::int64_t v) { return touch(v, weighted_ ? key_of(v) : 1); }
  std::uint32_t touch(std::int64_t v, double key) {
    const std::uint32_t before = table_.size();
    const std::uint32_t k = table_.touch(v, Vertex{});
    if (k == before) table_[k].weight = key;
    return k;
  }
  void enqueue(std::uint32_t k) {
    table_[k].state |= queued_bit;
    queue_[tail_++ & queue_mask_] = k;
  }
  Status make_room(std::size_t more);
  /// Looks up what a line leads to, once for all pushes of its vertex. Without room nothing is
  /// kept, and the line is read again each time.
  void localize(std::uint32_t k, const Line& line);
  void forget_local(std::uint32_t k);
  template <bool weighted>
  double scatter_local(const Local* line, double step);
  template <class Id>
  void scatter(const Line& line, const Id* ids, std::int64_t v, double step);
  /// Moves step·(column v) out of the residual. False where it could not be done now.
  bool move(std::uint32_t k, const Line& line, double step);
  /// The same for a line in `local_`.
  bool move_local(std::uint32_t k, const Local* line, double step);
  /// What both do before and after.
  struct Moved {
    double weight;
    double before;
    double flow;
    double held;
  };
  Moved begin_move(Vertex& x, double step, double diagonal, std::int32_t count);
  bool end_move(const Moved& moved, double spread, double diagonal, std::int32_t count,
                std::int64_t v);
  /// Has the lines warmed that come next from the k-th of the queue on.
  void warm_ahead(std::uint32_t k);
  /// Asks for the lines of vertices from the k-th of the queue on.
  void ask_ahead(std::uint32_t k);
  /// False where it could not be done: for want of its line, or by a fault.
  bool push_at(std::uint32_t k, Budget& budget);
  /// After a step with over-relaxation, which leaves a residual.
  void look_again(std::uint32_t k);
  /// The residual has changed from outside: thresholds start over.
  void disturb();
  void enter(Phase phase);
  /// Back to plain pushes, largest first.
  void give_up_acceleration();
  /// Acceleration is given up where sums do not fall to `share_left` of the best one.
  void supervise(double share_left);

  /// Each advances its phase; `running` means: look again.
  Outcome push_on(const PushGoal& goal, Budget& budget);
  Outcome run_total(const PushGoal& goal, Budget& budget);
  Outcome run_scan(const PushGoal& goal, Budget& budget);
  void run_fill(Budget& budget);
  Outcome run_plan(const PushGoal& goal, Budget& budget);
  Outcome run_apply(Budget& budget);
  Outcome run_gather(Budget& budget);
  Outcome run_weigh(Budget& budget);
  Outcome run_commit(const PushGoal& goal, Budget& budget);
  void gather_line(const Vertex& x, const Line& line, Twofold& own);

  Lines* columns_ = nullptr;
  Keys keys_;
  bool weighted_ = false;   ///< vertices have weights that differ
  bool by_weight_ = false;  ///< and the sum takes them
  double uniform_ = 1;
  double heaviest_ = 1;  ///< largest weight in the sum, in units of `unit()`
  /// Bound on Σᵤ wᵤ|mᵤᵥ| over wᵥ|mᵥᵥ|, the diagonal entry among them; ∞: measured line by line.
  double spread_ = 2;
  PushOrder order_ = PushOrder::buckets;
  double omega_ = 1;
  double sum_ = 0;  ///< in units of `unit()`
  double slack_ = 0;
  double flow_ = 0;  ///< Σ w|f| + Σ w|y m| over all steps
  double threshold_ = 0;
  double best_sum_ = 0;    ///< of the rounds with acceleration
  double next_check_ = 0;  ///< pushes after which over-relaxation is looked at again
  int poor_rounds_ = 0;
  double patience_ = 0;  ///< poor rounds that acceleration is given
  Outcome fault_ = Outcome::running;
  std::int64_t stuck_at_ = -1;
  PushWork work_;
  VertexTable<Vertex> table_;
  Buffer<Local> local_;
  std::size_t local_count_ = 0;
  std::size_t local_wasted_ = 0;  ///< of lines that have changed
  Buffer<Seed> seeds_;
  std::size_t seed_count_ = 0;

  Phase phase_ = Phase::push;
  std::size_t cursor_ = 0;
  std::uint32_t pass_count_ = 0;  ///< vertices that the pass goes over
  double pass_sum_ = 0;
  double pass_largest_ = 0;
  Buffer<double> momentum_;
  std::uint32_t momentum_count_ = 0;
  Buffer<Twofold> exact_;
  double exact_entries_ = 0;
  double exact_slack_ = 0;
  double refreshed_sum_ = 0;

  Buffer<std::uint32_t> queue_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  std::uint32_t queue_mask_ = 0;
  std::uint32_t warm_ = 0;  ///< where in the queue lines are not warmed yet
};

}  // namespace lacuna
