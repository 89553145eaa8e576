#include "lacuna/local/graph/mass_push.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr std::size_t first_slots = 1024;
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
  sum_ = slack_ = pushes_ = entries_ = 0;
  count_ = head_ = tail_ = 0;
  slots_ = 0;
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
  // One more than needed, so that a place of the queue is always free: see `settle`.
  const std::size_t wanted = count_ + more + 1;
  if (wanted > (std::size_t{1} << 30)) return Status::out_of_memory;
  if (wanted > records_.size()) {
    std::size_t capacity = first_slots;
    while (capacity < wanted) capacity *= 2;
    Buffer<Vertex> wider;
    Buffer<double> values;
    if (wider.allocate(capacity) != Status::ok || values.allocate(capacity) != Status::ok) {
      return Status::out_of_memory;
    }
    if (count_ > 0) {
      std::memcpy(wider.data(), records_.data(), count_ * sizeof(Vertex));
      std::memcpy(values.data(), values_.data(), count_ * sizeof(double));
    }
    records_ = std::move(wider);
    values_ = std::move(values);
  }
  if (queue_.size() < records_.size()) {
    // A vertex is in the queue once at the most.
    Buffer<std::uint32_t> wider;
    if (wider.allocate(records_.size()) != Status::ok) return Status::out_of_memory;
    std::uint32_t length = 0;
    for (; head_ != tail_; ++head_) wider[length++] = queue_[head_ & queue_mask_];
    queue_ = std::move(wider);
    queue_mask_ = static_cast<std::uint32_t>(queue_.size() - 1);
    head_ = 0;
    tail_ = length;
  }
  if (2 * wanted <= slots_) return Status::ok;
  // Half full at the most, so that probes stay short. Every query starts with a small index: what
  // it clears follows what it touches.
  std::size_t slots = std::max(slots_, first_slots);
  unsigned bits = 0;
  while (slots < 2 * wanted) slots *= 2;
  while ((std::size_t{1} << bits) < slots) ++bits;
  if (index_.size() < slots && index_.allocate(slots) != Status::ok) {
    return Status::out_of_memory;
  }
  slots_ = slots;
  mask_ = static_cast<std::uint32_t>(slots - 1);
  shift_ = 64 - bits;
  for (std::size_t s = 0; s < slots; ++s) index_[s] = free_slot;
  for (std::uint32_t k = 0; k < count_; ++k) {
    const std::uint64_t hash = hash_of(records_[k].id);
    std::uint32_t s = slot_of(hash);
    while (index_[s] != free_slot) s = (s + 1) & mask_;
    index_[s] = tag_of(hash) | k;
  }
  return Status::ok;
}

std::uint32_t MassPush::find(std::int32_t v) const {
  if (slots_ == 0) return none;
  const std::uint64_t hash = hash_of(v);
  const Slot tag = tag_of(hash);
  for (std::uint32_t s = slot_of(hash); index_[s] != free_slot; s = (s + 1) & mask_) {
    const std::uint32_t k = index_[s] & mask_;
    if ((index_[s] & ~mask_) == tag && records_[k].id == v) return k;
  }
  return none;
}

Status MassPush::add(std::int32_t v, double value) {
  if (make_room(1) != Status::ok) return Status::out_of_memory;
  to_[0] = v;
  share_[0] = value;
  settle(1);
  sum_ += value;
  return Status::ok;
}

Status MassPush::lower(double threshold) {
  if (!(threshold < threshold_)) return Status::ok;
  const double before = threshold_;
  threshold_ = std::fmax(threshold, least_threshold);
  key_ *= threshold_ / before * (1 - 0x1p-50);
  for (std::uint32_t k = 0; k < count_; ++k) {
    Vertex& x = records_[k];
    if (x.goal == queued) continue;
    x.goal = goal_of(x.id);
    if (x.residual >= x.goal) {
      x.goal = queued;
      queue_[tail_++ & queue_mask_] = k;
    }
  }
  return Status::ok;
}

/// Adds the first `count` shares of the wave; there must be room for as many new vertices.
void MassPush::settle(int count) {
  // Each loop either only loads or only works on what is in the cache: misses overlap, and what is
  // new is told from what is known without a branch that nobody could predict.
  Slot* index = index_.data();
  const Slot mask = mask_;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t hash = hash_of(to_[i]);
    slot_[i] = slot_of(hash);
    tag_[i] = tag_of(hash);
  }
  for (int i = 0; i < count; ++i) seen_[i] = index[slot_[i]];
  int known = 0, rest = 0;
  for (int i = 0; i < count; ++i) {
    const bool hit = (seen_[i] & ~mask) == tag_[i] && (seen_[i] & mask) < count_;
    known_[known] = i;
    known += hit;
    fresh_[rest] = i;
    rest += !hit;
  }
  Vertex* records = records_.data();
  for (int i = 0; i < known; ++i) ids_[i] = records[seen_[known_[i]] & mask].id;
  std::uint32_t* queue = queue_.data();
  std::uint32_t tail = tail_;
  const std::uint32_t queue_mask = queue_mask_;
  double held = 0;
  for (int i = 0; i < known; ++i) {
    const std::int32_t j = known_[i];
    if (ids_[i] != to_[j]) {
      fresh_[rest++] = j;
      continue;
    }
    const std::uint32_t k = seen_[j] & mask;
    Vertex& x = records[k];
    const double residual = x.residual + share_[j];
    x.residual = residual;
    held += residual;
    const bool above = residual >= x.goal;
    x.goal = above ? queued : x.goal;
    queue[tail & queue_mask] = k;
    tail += above;
  }
  if (flow_ == Flow::forward && !graph_->weighted()) {
    const std::uint8_t* degrees = graph_->short_degrees();
    for (int i = 0; i < rest; ++i) degree_[i] = degrees[to_[fresh_[i]]];
    for (int i = 0; i < rest; ++i) {
      const int degree = degree_[i] < Graph::many ? degree_[i] : graph_->out_degree(to_[fresh_[i]]);
      goals_[i] = static_cast<float>(key_ * std::max(degree, 1));
    }
  } else {
    for (int i = 0; i < rest; ++i) goals_[i] = goal_of(to_[fresh_[i]]);
  }
  std::uint32_t vertices = count_;
  for (int i = 0; i < rest; ++i) {
    const std::int32_t j = fresh_[i];
    const std::int32_t v = to_[j];
    std::uint32_t s = slot_[j];
    std::uint32_t k = vertices;
    for (; index[s] != free_slot; s = (s + 1) & mask) {
      k = index[s] & mask;
      if ((index[s] & ~mask) == tag_[j] && records[k].id == v) break;
    }
    if (index[s] == free_slot) {
      k = vertices++;
      index[s] = tag_[j] | k;
      records[k] = {0, v, goals_[i]};
      values_[k] = 0;
    }
    Vertex& x = records[k];
    x.residual += share_[j];
    held += x.residual;
    const bool above = x.residual >= x.goal;
    x.goal = above ? queued : x.goal;
    queue[tail & queue_mask] = k;
    tail += above;
  }
  count_ = vertices;
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
  std::uint32_t at[batch];
  for (int i = 0; i < count; ++i) at[i] = queue_[(head_ + i) & queue_mask_];
  for (int i = 0; i < count; ++i) {
    const std::int32_t v = records_[at[i]].id;
    first[i] = arcs_.indptr[v];
    last[i] = arcs_.indptr[v + 1];
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
  }
  head_ += count;
  const double reach = 1 - teleport_;
  const bool backward = flow_ == Flow::backward;
  for (int i = 0; i < count; ++i) {
    Vertex& x = records_[at[i]];
    const std::int32_t v = x.id;
    const double residual = x.residual;
    const bool stays = dangling_ == Dangling::self && graph_->out_degree(v) == 0;
    const double move = stays ? residual / teleport_ : residual;
    x.residual = 0;
    x.goal = goal_of(v);
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
  double sum = 0;
  for (std::uint32_t k = 0; k < count_; ++k) sum += records_[k].residual;
  return (sum + in_flight_) * (1 + (count_ + 3.0) * unit_roundoff);
}

double MassPush::largest_residual() const {
  double largest = 0;
  for (std::uint32_t k = 0; k < count_; ++k) largest = std::fmax(largest, records_[k].residual);
  return largest + in_flight_;
}

double MassPush::largest_ratio() const {
  // What is on its way may go to a vertex of hardly any weight.
  if (in_flight_ > 0) return std::numeric_limits<double>::infinity();
  double largest = threshold_;
  for (std::uint32_t k = 0; k < count_; ++k) {
    const Vertex& x = records_[k];
    if (x.goal != queued) continue;
    largest = std::fmax(largest, threshold_ * (x.residual / goal_of(x.id)) * (1 + 0x1p-50));
  }
  return largest;
}

}  // namespace lacuna
