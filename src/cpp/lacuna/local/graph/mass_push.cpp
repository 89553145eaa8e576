#include "lacuna/local/graph/mass_push.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr std::uint32_t first_slots = 1024;
/// Share of a table that may be taken, so that probes stay short.
constexpr double full = 0.625;
/// Factor by which a table grows.
constexpr std::size_t growth = 4;
constexpr float queued = std::numeric_limits<float>::infinity();
/// What a conversion to float can raise a threshold by is taken off it before.
constexpr double float_guard = 1 - 0x1p-22;

}  // namespace

void MassPush::begin(const Graph& graph, Flow flow, double teleport, Dangling dangling,
                     double threshold) {
  graph_ = &graph;
  flow_ = flow;
  arcs_ = flow == Flow::forward ? graph.out() : graph.in();
  teleport_ = teleport;
  dangling_ = dangling;
  sum_ = added_ = adds_ = slack_ = pushes_ = entries_ = 0;
  count_ = head_ = tail_ = 0;
  // Every query starts with a small table: what it clears follows what it touches.
  slots_ = 0;
  pushed_ = 0;
  pending_ = 0;
  rest_first_ = rest_last_ = 0;
  in_flight_ = 0;
  threshold_ = std::fmax(threshold, least_threshold);
  key_ = threshold_ * float_guard;
  if (graph.weighted() && flow == Flow::forward) {
    key_ *= graph.arcs() / graph.volume() * (1 - 0x1p-40);
  }
}

/// Never above ε·dᵥ, so that what lies below it lies below that.
float MassPush::goal_of(std::int32_t v) const {
  if (flow_ == Flow::backward || graph_->out_degree(v) == 0) {
    return static_cast<float>(threshold_ * float_guard);
  }
  return static_cast<float>(key_ * graph_->out_weight(v));
}

Status MassPush::make_room(std::size_t more) {
  const auto n = static_cast<std::size_t>(graph_->vertices());
  // One more than needed, so that a place of the queue is always free: see `settle`.
  const std::size_t wanted = count_ + more + 1;
  if (queue_.size() < wanted) {
    // A vertex is in the queue once at the most.
    std::size_t capacity = first_slots;
    while (capacity < wanted) capacity *= 2;
    Buffer<std::int32_t> wider;
    if (wider.allocate(capacity) != Status::ok) return Status::out_of_memory;
    std::uint32_t length = 0;
    for (; head_ != tail_; ++head_) wider[length++] = queue_[head_ & queue_mask_];
    queue_ = std::move(wider);
    queue_mask_ = static_cast<std::uint32_t>(queue_.size() - 1);
    head_ = 0;
    tail_ = length;
  }
  if (slots_ > 0 && (direct_ || static_cast<double>(wanted) <= full * slots_)) return Status::ok;
  std::size_t slots = std::max(slots_, first_slots);
  while (static_cast<double>(wanted) > full * static_cast<double>(slots) && slots < n) {
    slots *= growth;
  }
  return slots < n ? rebuild(slots, false) : rebuild(n, true);
}

/// A table of so many slots with all that was in the one before.
Status MassPush::rebuild(std::size_t slots, bool direct) {
  Buffer<Vertex> before;
  Buffer<double> values_before;
  const std::uint32_t slots_before = slots_;
  if (slots_before > 0 || slots > table_.size()) {
    // What there is stays until nothing can fail any more.
    Buffer<Vertex> table;
    Buffer<double> values;
    if (table.allocate(slots) != Status::ok || values.allocate(slots) != Status::ok) {
      return Status::out_of_memory;
    }
    before = std::exchange(table_, std::move(table));
    values_before = std::exchange(values_, std::move(values));
  }
  slots_ = static_cast<std::uint32_t>(slots);
  direct_ = direct;
  mask_ = slots_ - 1;
  shift_ = 32;
  for (std::size_t s = slots; s > 1; s /= 2) --shift_;
  if (direct) {
    for (std::uint32_t v = 0; v < slots_; ++v) {
      table_[v] = {0, -1, goal_of(static_cast<std::int32_t>(v))};
    }
  } else {
    for (std::uint32_t s = 0; s < slots_; ++s) table_[s] = {0, -1, 0};
  }
  std::memset(values_.data(), 0, slots * sizeof(double));
  for (std::uint32_t s = 0; s < slots_before; ++s) {
    if (before[s].id < 0) continue;
    const std::uint32_t to = slot_of(before[s].id);
    table_[to] = before[s];
    values_[to] = values_before[s];
  }
  return Status::ok;
}

std::uint32_t MassPush::find(std::int32_t v) const {
  if (slots_ == 0) return none;
  const std::uint32_t s = slot_of(v);
  return table_[s].id == v ? s : none;
}

Status MassPush::add(std::int32_t v, double value) {
  if (make_room(1) != Status::ok) return Status::out_of_memory;
  to_[0] = v;
  share_[0] = value;
  settle(1);
  sum_ += value;
  added_ += value;
  ++adds_;
  return Status::ok;
}

Status MassPush::lower(double threshold) {
  if (!(threshold < threshold_)) return Status::ok;
  const double before = threshold_;
  threshold_ = std::fmax(threshold, least_threshold);
  key_ *= threshold_ / before * (1 - 0x1p-50);
  for (std::uint32_t s = 0; s < slots_; ++s) {
    Vertex& x = table_[s];
    if ((x.id < 0 && !direct_) || x.goal == queued) continue;
    x.goal = goal_of(direct_ ? static_cast<std::int32_t>(s) : x.id);
    if (x.residual >= x.goal) {
      x.goal = queued;
      queue_[tail_++ & queue_mask_] = x.id;
    }
  }
  return Status::ok;
}

void MassPush::settle_direct(int count) {
  // Without a branch, so that misses of many arcs overlap.
  Vertex* const table = table_.data();
  std::int32_t* const queue = queue_.data();
  std::uint32_t tail = tail_;
  const std::uint32_t queue_mask = queue_mask_;
  std::uint32_t vertices = count_;
  double held = 0;
  for (int i = 0; i < count; ++i) {
    const std::int32_t v = to_[i];
    Vertex& x = table[v];
    vertices += x.id < 0;
    x.id = v;
    const double residual = x.residual + share_[i];
    x.residual = residual;
    held += residual;
    const bool above = residual >= x.goal;
    x.goal = above ? queued : x.goal;
    queue[tail & queue_mask] = v;
    tail += above;
  }
  count_ = vertices;
  tail_ = tail;
  slack_ += unit_roundoff * held;
  pending_ = 0;
}

/// Adds the first `count` shares of the wave; there must be room for as many new vertices.
void MassPush::settle(int count) {
  if (direct_) return settle_direct(count);
  // Loops that only load come first, so that misses overlap; the last one works on what has come.
  Vertex* const table = table_.data();
  for (int i = 0; i < count; ++i) home_[i] = home_of(to_[i]);
  std::uint32_t seen = 0;
  for (int i = 0; i < count; ++i) seen += static_cast<std::uint32_t>(table[home_[i]].id);
  if (flow_ == Flow::forward && !graph_->weighted()) {
    const std::uint8_t* const degrees = graph_->short_degrees();
    for (int i = 0; i < count; ++i) degree_[i] = degrees[to_[i]];
    for (int i = 0; i < count; ++i) {
      const int degree = degree_[i] < Graph::many ? degree_[i] : graph_->out_degree(to_[i]);
      goals_[i] = static_cast<float>(key_ * std::max(degree, 1));
    }
  } else {
    for (int i = 0; i < count; ++i) goals_[i] = goal_of(to_[i]);
  }
  std::int32_t* const queue = queue_.data();
  std::uint32_t tail = tail_;
  const std::uint32_t queue_mask = queue_mask_;
  const std::uint32_t mask = mask_;
  std::uint32_t vertices = count_;
  double held = 0;
  for (int i = 0; i < count; ++i) {
    const std::int32_t v = to_[i];
    std::uint32_t at = home_[i];
    std::int32_t id = table[at].id;
    while (id != v && id >= 0) {
      at = (at + 1) & mask;
      id = table[at].id;
    }
    Vertex& x = table[at];
    vertices += id < 0;
    x.id = v;
    const float goal = id < 0 ? goals_[i] : x.goal;
    const double residual = x.residual + share_[i];
    x.residual = residual;
    held += residual;
    const bool above = residual >= goal;
    x.goal = above ? queued : goal;
    queue[tail & queue_mask] = v;
    tail += above;
  }
  count_ = vertices;
  warm_ += seen;
  tail_ = tail;
  slack_ += unit_roundoff * held;
  pending_ = 0;
}

void MassPush::spread(std::int32_t first, std::int32_t last, double share) {
  for (std::int32_t p = first; p < last;) {
    const std::int32_t room = std::min(last - p, wave - pending_);
    const std::int32_t* ids = arcs_.indices + p;
    std::int32_t* to = to_ + pending_;
    double* shares = share_ + pending_;
    for (std::int32_t k = 0; k < room; ++k) to[k] = ids[k];
    for (std::int32_t k = 0; k < room; ++k) shares[k] = share;
    if (arcs_.weights != nullptr) {
      for (std::int32_t k = 0; k < room; ++k) shares[k] *= arcs_.weights[p + k];
    }
    if (flow_ == Flow::backward) {
      // The probability is that of the arc u → v: u's out-weight, not v's.
      for (std::int32_t k = 0; k < room; ++k) shares[k] /= graph_->out_weight(ids[k]);
    }
    p += room;
    pending_ += room;
    if (pending_ == wave) settle(pending_);
  }
  entries_ += last - first;
}

Status MassPush::take_rest() {
  const std::int32_t end = std::min(rest_last_, rest_first_ + slice_arcs);
  const auto arcs = std::min(static_cast<std::size_t>(end - rest_first_),
                             static_cast<std::size_t>(graph_->vertices()) - count_);
  if (make_room(arcs) != Status::ok) return Status::out_of_memory;
  spread(rest_first_, end, rest_share_);
  settle(pending_);
  rest_first_ = end;
  if (rest_first_ == rest_last_) in_flight_ = 0;
  return Status::ok;
}

Status MassPush::take_batch() {
  if (rest_first_ < rest_last_) return take_rest();

  int count = static_cast<int>(std::min<std::uint32_t>(batch, tail_ - head_));
  std::int32_t first[batch];
  std::int32_t last[batch];
  std::int32_t ids[batch];
  std::uint32_t at[batch];
  for (int i = 0; i < count; ++i) ids[i] = queue_[(head_ + i) & queue_mask_];
  for (int i = 0; i < count; ++i) {
    first[i] = arcs_.indptr[ids[i]];
    last[i] = arcs_.indptr[ids[i] + 1];
  }
  // Room for all that the batch may touch comes first: then nothing can fail halfway.
  std::size_t arcs = 0;
  int fitting = 0;
  for (; fitting < count; ++fitting) {
    const std::int32_t length = std::min(last[fitting] - first[fitting], slice_arcs);
    if (fitting > 0 && arcs + length > batch_arcs) break;
    arcs += length;
  }
  count = fitting;
  arcs = std::min(arcs, static_cast<std::size_t>(graph_->vertices()) - count_);
  if (make_room(arcs) != Status::ok) return Status::out_of_memory;
  // Lines of arcs not in the cache are what takes longest: all those of a batch are under way at
  // once.
  constexpr std::int32_t line = 16;
  std::uint32_t warm = 0;
  for (int i = 0; i < count; ++i) {
    const std::int32_t end = std::min(last[i], first[i] + batch_arcs);
    for (std::int32_t p = first[i]; p < end; p += line) {
      warm += static_cast<std::uint32_t>(arcs_.indices[p]);
    }
    if (end > first[i]) warm += static_cast<std::uint32_t>(arcs_.indices[end - 1]);
  }
  // Their slots, and what lies beside them, were last seen long ago as well.
  for (int i = 0; i < count; ++i) {
    warm += static_cast<std::uint32_t>(table_[home_of(ids[i])].id);
  }
  for (int i = 0; i < count; ++i) at[i] = slot_of(ids[i]);
  for (int i = 0; i < count; ++i) warm += values_[at[i]] > 0;
  head_ += count;
  const double reach = 1 - teleport_;
  const bool backward = flow_ == Flow::backward;
  for (int i = 0; i < count; ++i) {
    Vertex& x = table_[at[i]];
    const std::int32_t v = ids[i];
    const double residual = x.residual;
    const bool stays = dangling_ == Dangling::self && graph_->out_degree(v) == 0;
    const double move = stays ? residual / teleport_ : residual;
    x.residual = 0;
    x.goal = goal_of(v);
    pushed_ += values_[at[i]] == 0;
    values_[at[i]] += move;
    slack_ += unit_roundoff * (8 * move + 2 * residual + 2 * values_[at[i]]);
    // The row sum of A: α where the walk goes on, 1 where it is dropped.
    sum_ -= first[i] < last[i] || dangling_ == Dangling::self ? teleport_ * move : move;
    const double share = backward ? reach * move : reach * move / graph_->out_weight(v);
    const std::int32_t end = std::min(last[i], first[i] + slice_arcs);
    spread(first[i], end, share);
    if (end < last[i]) {
      // Then this is the only line of its batch.
      rest_first_ = end;
      rest_last_ = last[i];
      rest_share_ = share;
      in_flight_ = reach * move;
    }
  }
  settle(pending_);
  pushes_ += count;
  warm_ = warm;
  return Status::ok;
}

MassPush::Outcome MassPush::step(double sum, Budget& budget) {
  while (head_ != tail_ || rest_first_ < rest_last_) {
    if (sum > 0 && sum_ <= sum && in_flight_ == 0) {
      sum_ = residual_sum();
      if (sum_ + slack_ <= sum) return Outcome::reached;
    }
    if (budget.exhausted()) return Outcome::running;
    const double before = entries_;
    if (take_batch() != Status::ok) return Outcome::out_of_memory;
    budget.spend(2 * (entries_ - before) + 8 * batch);
  }
  return Outcome::reached;
}

double MassPush::residual_sum() const {
  // A free slot holds a residual of 0.
  double sum = 0;
  for (std::uint32_t s = 0; s < slots_; ++s) sum += table_[s].residual;
  return (sum + in_flight_) * (1 + (count_ + 3.0) * unit_roundoff);
}

double MassPush::largest_residual() const {
  double largest = 0;
  for (std::uint32_t s = 0; s < slots_; ++s) {
    largest = table_[s].residual > largest ? table_[s].residual : largest;
  }
  return largest + in_flight_;
}

double MassPush::largest_ratio() const {
  // What is on its way may go to a vertex of hardly any weight.
  if (in_flight_ > 0) return std::numeric_limits<double>::infinity();
  double largest = threshold_;
  // Only queued vertices are above their threshold.
  for (std::uint32_t i = head_; i != tail_; ++i) {
    const Vertex& x = table_[slot_of(queue_[i & queue_mask_])];
    largest = std::fmax(largest, threshold_ * (x.residual / goal_of(x.id)) * (1 + 0x1p-50));
  }
  return largest;
}

}  // namespace lacuna
