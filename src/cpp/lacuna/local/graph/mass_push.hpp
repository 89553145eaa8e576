#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/graph.hpp"

namespace lacuna {

/// Which way mass is pushed.
enum class Flow : std::int32_t {
  forward = 0,   ///< along out-arcs: from a source
  backward = 1,  ///< along in-arcs: from a target
};

/// Residual push on a loaded graph, where nothing is ever negative: `forward` solves Aᵀy = f,
/// `backward` A y = f, with A = I − (1−α)P and f ≥ 0. The residual r = f − A(ᵀ)y stays ≥ 0, y rises
/// towards the solution, and a push at v moves rᵥ into yᵥ (rᵥ/α where the walk stays for good) and
/// spreads the rest over its arcs, a self-loop among them. It ends when every rᵥ < ε·dᵥ, with
/// dᵥ = 1 backward; forward dᵥ is the out-weight of v over the mean weight of an arc, so that it is
/// the out-degree where there are no weights; 1 for a dangling vertex.
///
/// Source: Andersen, Chung & Lang (FOCS 2006); first come, first served. Mass α·rᵥ leaves at each
/// push, so that from one source forward at most 1/(αε) arcs are read.
///
/// Speed comes from memory: a vertex is one 16-byte slot of an open-addressed table, so that an arc
/// costs one cache miss, and pushes are taken in batches whose lines and slots are each fetched in
/// a loop of their own, so that misses overlap (prefetch is not to be had in WebAssembly). State
/// follows the touched part, at most 77 bytes a vertex once there are some hundreds; where that
/// would be more than 24 n bytes, a vertex's number is its slot. Nothing of size n is allocated or
/// cleared before.
class MassPush {
 public:
  enum class Outcome : std::int32_t { running = 0, reached = 1, out_of_memory = 2 };

  struct Vertex {
    double residual;
    std::int32_t id;  ///< −1: the slot is free
    float goal;       ///< a lower bound of ε·dᵥ; ∞ while queued
  };

  static constexpr std::uint32_t none = 0xffffffffu;
  /// Thresholds below this are raised to it.
  static constexpr double least_threshold = 1e-30;

  /// Starts over with y = 0 and f = 0. The graph must outlive the push and, backward, have its
  /// in-arcs; `dangling` is `source` (the walk is dropped) or `self`. O(1).
  void begin(const Graph& graph, Flow flow, double teleport, Dangling dangling, double threshold);

  /// f ← f + value·eᵥ, value ≥ 0. `out_of_memory` leaves everything as it was.
  Status add(std::int32_t v, double value);

  /// Lowers the threshold ε. O(touched).
  Status lower(double threshold);

  /// Pushes until the threshold is reached or, forward, Σr ≤ `sum`, or the budget is used up.
  /// Entries are booked as two flops each. Out of memory it may be called again.
  Outcome step(double sum, Budget& budget);

  double threshold() const { return threshold_; }
  std::uint32_t touched() const { return count_; }
  /// Touched vertices lie in slots 0 … `slots` − 1 with free ones between them, in an order that
  /// follows from what was pushed; a slot is good until the next call that is not const.
  std::uint32_t slots() const { return slots_; }
  bool holds(std::uint32_t slot) const { return table_[slot].id >= 0; }
  const Vertex& vertex(std::uint32_t slot) const { return table_[slot]; }
  double value(std::uint32_t slot) const { return values_[slot]; }  ///< y of vertex(slot)
  std::uint32_t find(std::int32_t v) const;
  /// Vertices that were pushed: those whose y is not zero.
  std::uint32_t pushed() const { return pushed_; }
  /// Calls use(v, y) for each of them, in the order of their slots. O(slots).
  template <class Use>
  void each_pushed(Use&& use) const {
    for (std::uint32_t s = 0; s < slots_; ++s) {
      if (values_[s] > 0) use(table_[s].id, values_[s]);
    }
  }
  double pushes() const { return pushes_; }
  double entries() const { return entries_; }
  std::size_t bytes() const { return table_.bytes() + values_.bytes() + queue_.bytes(); }

  /// Forward, Σr as kept along the way, with the drift of its rounding.
  double running_sum() const { return sum_; }
  /// Bound on what lies between it and Σr of what is stored or on its way. A push takes α times
  /// what it moves from either, so that they part by rounding alone. O(1).
  double drift() const { return slack_ + (4 * pushes_ + 2 * adds_ + 8) * 0x1p-53 * added_; }
  /// Σr of what is stored, added anew and raised by its rounding. O(touched). This and the next two
  /// hold between any two steps, wherever the budget ended.
  double residual_sum() const;
  /// max rᵥ, of what is stored. O(touched).
  double largest_residual() const;
  /// A bound on max rᵥ/dᵥ of what is stored: ε once reached, ∞ within a long line. O(touched).
  double largest_ratio() const;
  /// Bound on Σ|r̂ᵥ − rᵥ|, r̂ the residual as stored, r = f − A(ᵀ)y as it truly is, the rounding of
  /// the entries of A included.
  double slack() const { return slack_; }

 private:
  static constexpr int batch = 32;
  static constexpr int wave = 256;
  static constexpr std::int32_t batch_arcs = 4096;
  /// Of a longer line not more than this at a time: well under 4 ms.
  static constexpr std::int32_t slice_arcs = 1 << 15;

  float goal_of(std::int32_t v) const;
  /// Where v lies if nothing is in its way. The upper bits of a product: slots keep their order
  /// when the table doubles, which is then a stream and no random access.
  std::uint32_t home_of(std::int32_t v) const {
    const auto u = static_cast<std::uint32_t>(v);
    return direct_ ? u : (u * 0x9e3779b1u) >> shift_;
  }
  /// The slot of v, or the free one where it belongs.
  std::uint32_t slot_of(std::int32_t v) const {
    std::uint32_t s = home_of(v);
    while (table_[s].id != v && table_[s].id >= 0) s = (s + 1) & mask_;
    return s;
  }
  Status make_room(std::size_t more);
  Status rebuild(std::size_t slots, bool direct);
  Status take_batch();
  /// Goes on with a line that is too long for one piece of work.
  Status take_rest();
  /// Adds `share` times weight, or probability, to the ends of arcs.
  void spread(std::int32_t first, std::int32_t last, double share);
  void settle(int count);
  /// The same where a vertex's number is its slot.
  void settle_direct(int count);

  const Graph* graph_ = nullptr;
  Arcs arcs_;
  Flow flow_ = Flow::forward;
  double teleport_ = 0;
  Dangling dangling_ = Dangling::source;
  double threshold_ = 0;
  double key_ = 0;  ///< ε over the mean weight, lowered by rounding
  double sum_ = 0;
  double added_ = 0;  ///< Σf
  double adds_ = 0;   ///< calls of `add`
  double slack_ = 0;
  double pushes_ = 0;
  double entries_ = 0;

  // The line that is being worked on, and all that it moves: counted in full as residual until its
  // last arc is through.
  std::int32_t rest_first_ = 0;
  std::int32_t rest_last_ = 0;
  double rest_share_ = 0;
  double in_flight_ = 0;

  Buffer<Vertex> table_;
  Buffer<double> values_;  ///< by slot
  std::uint32_t slots_ = 0;
  std::uint32_t mask_ = 0;
  unsigned shift_ = 0;
  bool direct_ = false;  ///< slot v is that of vertex v; free ones have their goals already
  std::uint32_t count_ = 0;
  std::uint32_t pushed_ = 0;

  Buffer<std::int32_t> queue_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  std::uint32_t queue_mask_ = 0;

  // A wave: what the pushes of a batch add, and where.
  int pending_ = 0;
  std::int32_t to_[wave];
  double share_[wave];
  std::uint32_t home_[wave];
  std::uint8_t degree_[wave];
  float goals_[wave];
  std::uint32_t warm_ = 0;
};

}  // namespace lacuna
