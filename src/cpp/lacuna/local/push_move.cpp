#include <algorithm>
#include <cmath>

#include "lacuna/local/push.hpp"

// One step of a push: what moves from a residual to its neighbours, what rounding makes of it, and
// what a line that has changed does to both.
namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double least_normal = 0x1p-1022;

}  // namespace

Status Push::change_line(std::int64_t v, const Line& delta) {
  const std::uint32_t at = table_.find(v);
  if (at == VertexTable<Vertex>::none) return Status::ok;
  if (make_room(static_cast<std::size_t>(delta.count)) != Status::ok) return Status::out_of_memory;
  // Its line is another one now, also where what was pushed came back to zero.
  forget_local(at);
  if (table_[at].value == 0) return Status::ok;
  const double y = table_[at].value;
  double moved = 0;
  double left = 0;
  const auto take = [&](Vertex& x, double entry) {
    const double before = std::fabs(x.residual);
    x.residual -= entry * y;
    sum_ += share(x) * (std::fabs(x.residual) - before);
    moved += share(x) * std::fabs(entry * y);
    left += share(x) * std::fabs(x.residual);
  };
  take(table_[at], delta.diagonal);
  for (std::int32_t k = 0; k < delta.count; ++k) {
    if (delta.id(k) != v) take(table_[touch(delta.id(k))], delta.value(k));
  }
  flow_ += moved;
  // The difference of two lines is rounded too.
  slack_ += unit_roundoff * (6 * moved + 2 * left) + least_normal * heaviest_ * (delta.count + 2.0);
  disturb();
  return Status::ok;
}

template <class Id>
void Push::scatter(const Line& line, const Id* ids, std::int64_t v, double step) {
  const double scale = line.scale * step;
  const double threshold = threshold_;
  double change = 0;
  for (std::int32_t k = 0; k < line.count; ++k) {
    const std::int64_t u = ids[k];
    if (u == v) continue;
    const std::uint32_t j = touch(u);
    Vertex& x = table_[j];
    const double before = std::fabs(x.residual);
    x.residual -= line.values != nullptr ? line.values[k] * scale : scale;
    const double after = std::fabs(x.residual);
    change += by_weight_ ? x.weight * (after - before) : after - before;
    if (after * x.weight >= threshold && (x.state & queued_bit) == 0) enqueue(j);
  }
  sum_ += change;
}

void Push::localize(std::uint32_t k, const Line& line) {
  const std::size_t wanted = local_count_ + static_cast<std::size_t>(line.count) + 1;
  if (wanted > most_local) return;
  if (wanted > local_.size()) {
    Buffer<Local> wider;
    if (wider.allocate(2 * wanted + 256) != Status::ok) return;
    if (local_count_ > 0) {
      std::memcpy(wider.data(), local_.data(), local_count_ * sizeof(Local));
    }
    local_ = std::move(wider);
  }
  Local* entry = local_.data() + local_count_;
  Local* const head = entry++;
  const std::int64_t v = table_[k].id;
  // Weights are loaded before the search for records, whose branches would keep misses apart.
  constexpr std::int32_t piece = 16;
  double keys[piece];
  for (std::int32_t p = 0; p < line.count; p += piece) {
    const std::int32_t count = std::min(piece, line.count - p);
    for (std::int32_t q = 0; q < count; ++q) keys[q] = weighted_ ? key_of(line.id(p + q)) : 1;
    for (std::int32_t q = 0; q < count; ++q) {
      const std::int64_t u = line.id(p + q);
      if (u != v) *entry++ = {line.value(p + q), touch(u, keys[q]), 0};
    }
  }
  *head = {line.diagonal, k, static_cast<std::uint32_t>(entry - head - 1)};
  table_[k].state |= static_cast<std::uint32_t>(local_count_ + 1) << local_shift;
  local_count_ += static_cast<std::size_t>(entry - head);
}

void Push::forget_local(std::uint32_t k) {
  constexpr std::uint32_t flags = (1u << local_shift) - 1;
  const std::uint32_t at = table_[k].state >> local_shift;
  if (at == 0) return;
  table_[k].state &= flags;
  local_wasted_ += local_[at - 1].count + std::size_t{1};
  // All anew once half of it is for nothing, so that it does not grow from change to change.
  if (local_wasted_ < 4096 || 2 * local_wasted_ < local_count_) return;
  for (std::uint32_t j = 0; j < table_.size(); ++j) table_[j].state &= flags;
  local_count_ = local_wasted_ = 0;
}

// Everything that the loop uses is in locals: stores to records could otherwise change it.
template <bool weighted>
double Push::scatter_local(const Local* line, double step) {
  const double threshold = threshold_;
  const std::uint32_t mask = queue_mask_;
  std::uint32_t tail = tail_;
  std::uint32_t* const queue = queue_.data();
  Vertex* const records = table_.records();
  const Local* const end = line + 1 + line->count;
  double change = 0;
  for (const Local* entry = line + 1; entry != end; ++entry) {
    Vertex& x = records[entry->record];
    const double old = x.residual;
    const double fresh = old - entry->value * step;
    const double after = std::fabs(fresh);
    x.residual = fresh;
    const double grown = after - std::fabs(old);
    change += weighted && by_weight_ ? x.weight * grown : grown;
    const double key = weighted ? after * x.weight : after;
    // Without a branch, which would be mispredicted at every second push: the place past the tail
    // is free.
    const std::uint32_t due = (key >= threshold) & ~x.state & queued_bit;
    x.state |= due;
    queue[tail & mask] = entry->record;
    tail += due;
  }
  tail_ = tail;
  return change;
}

Push::Moved Push::begin_move(Vertex& x, double step, double diagonal, std::int32_t count) {
  const double w = share(x);
  const double before = std::fabs(x.residual);
  x.value += step;
  const double shift = step * diagonal;
  // A whole step clears the residual but for rounding, which the slack covers.
  x.residual = omega_ == 1 && order_ != PushOrder::chebyshev ? 0 : x.residual - shift;
  if ((x.state & pushed_bit) == 0) {
    x.state |= pushed_bit;
    ++work_.lines;
  }
  sum_ += w * (std::fabs(x.residual) - before);
  ++work_.pushes;
  work_.entries += count;
  return {w, before, w * std::fabs(shift), w * std::fabs(x.value * diagonal)};
}

bool Push::end_move(const Moved& m, double spread, double diagonal, std::int32_t count,
                    std::int64_t v) {
  // Of y: spread·held. Of the products: 2·spread·flow. Of the differences: what they leave, which
  // is part of the sum. Last, what underflow may have taken.
  flow_ += m.flow;
  slack_ +=
      unit_roundoff * (2 * spread * (m.flow + m.held) + std::fabs(sum_) + 2 * m.weight * m.before) +
      least_normal * (heaviest_ * count + spread * m.weight * std::fabs(diagonal) + m.weight);
  if (std::isfinite(sum_ + slack_)) return true;
  fault_ = Outcome::stuck;
  stuck_at_ = v;
  return false;
}

bool Push::move_local(std::uint32_t k, const Local* line, double step) {
  Vertex& x = table_[k];
  const auto count = static_cast<std::int32_t>(line->count);
  const Moved moved = begin_move(x, step, line->value, count);
  sum_ += weighted_ ? scatter_local<true>(line, step) : scatter_local<false>(line, step);
  double spread = spread_;
  if (!std::isfinite(spread)) {
    double others = 0;
    for (std::int32_t p = 1; p <= count; ++p) others += std::fabs(line[p].value);
    spread = 1 + 1.5 * others / std::fabs(line->value);
  }
  return end_move(moved, spread, line->value, count, x.id);
}

bool Push::move(std::uint32_t k, const Line& line, double step) {
  if (make_room(static_cast<std::size_t>(line.count)) != Status::ok) {
    fault_ = Outcome::out_of_memory;
    return false;
  }
  if (table_[k].state >> local_shift == 0) localize(k, line);
  if (const std::uint32_t at = table_[k].state >> local_shift; at != 0) {
    return move_local(k, local_.data() + at - 1, step);
  }
  Vertex& x = table_[k];
  const std::int64_t v = x.id;
  const Moved moved = begin_move(x, step, line.diagonal, line.count);
  if (line.ids32 != nullptr) {
    scatter(line, line.ids32, v, step);
  } else {
    scatter(line, line.ids64, v, step);
  }
  double spread = spread_;
  if (!std::isfinite(spread)) {
    // Nothing is known of the columns, and the sum has no weights: taken as it is.
    double others = 0;
    for (std::int32_t p = 0; p < line.count; ++p) {
      if (line.id(p) != v) others += std::fabs(line.value(p));
    }
    spread = 1 + 1.5 * others / std::fabs(line.diagonal);
  }
  return end_move(moved, spread, line.diagonal, line.count, v);
}

}  // namespace lacuna
