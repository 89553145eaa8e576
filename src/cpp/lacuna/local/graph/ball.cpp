#include "lacuna/local/graph/ball.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {
namespace {

using graph_detail::extend;

/// Entries of a line that are taken between two looks at the budget.
constexpr std::int32_t line_piece = 4096;
/// Lines that are asked for ahead where one is not at hand.
constexpr std::size_t lines_ahead = 64;
/// Share of the largest influence that an unread vertex must have to come first. Small: a ball with
/// gaps on the sides carries flow badly, and 1/16 was seen to make brackets on grids five times
/// wider.
constexpr double worthwhile_influence = 1.0 / 1024;

constexpr double least_weight = 0x1p-500;

/// Mixes all bits of an edge's end and weight (the finalizer of splitmix64: Steele, Lea & Flood,
/// OOPSLA 2014).
std::uint64_t fingerprint(std::int64_t id, double weight) {
  std::uint64_t z =
      static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15u + graph_detail::bits_of(weight);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

void Ball::begin(Lines& edges) {
  lines_ = &edges;
  fault_ = {};
  table_.clear();
  seed_count_ = 0;
  rows_ = 0;
  entries_ = volume_ = 0;
  head_ = tail_ = later_head_ = later_tail_ = 0;
  reading_ = none;
  offset_ = 0;
}

Status Ball::add_seed(std::int64_t v) {
  if (v < 0 || v >= lines_->size()) return Status::index_out_of_range;
  if (table_.find(v) != none) return Status::ok;
  if (extend(seeds_, seed_count_, seed_count_ + 1) != Status::ok || make_room(1) != Status::ok) {
    return Status::out_of_memory;
  }
  const std::uint32_t k = table_.touch(v, Vertex{0, 0, 0, 0, 0, 0, none, none, seed_count_});
  seeds_[seed_count_] = {seed_count_, 1, k};
  ++seed_count_;
  queue_[tail_++] = k;
  return Status::ok;
}

Status Ball::make_room(std::size_t entries) {
  const std::size_t edges = (rows_ == 0 ? 0 : begin_[rows_]) + row_edges_;
  if (table_.reserve(entries) != Status::ok ||
      extend(queue_, tail_, tail_ + entries) != Status::ok ||
      extend(target_, edges, edges + entries) != Status::ok ||
      extend(weight_, edges, edges + entries) != Status::ok ||
      extend(begin_, rows_ == 0 ? 0 : rows_ + 1, rows_ + 2) != Status::ok ||
      extend(row_vertex_, rows_, rows_ + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  if (rows_ == 0) begin_[0] = 0;
  return Status::ok;
}

Status Ball::rank(const double* influence) {
  if (reading_ != none) return Status::ok;
  double largest = 0;
  const std::size_t unread = (tail_ - head_) + (later_tail_ - later_head_);
  for (std::size_t p = head_; p < tail_; ++p) largest = std::fmax(largest, influence[queue_[p]]);
  for (std::size_t p = later_head_; p < later_tail_; ++p) {
    largest = std::fmax(largest, influence[later_[p]]);
  }
  Buffer<std::uint32_t> first, rest;
  if (first.allocate(unread) != Status::ok || rest.allocate(unread) != Status::ok) {
    return Status::out_of_memory;
  }
  std::size_t firsts = 0;
  std::size_t rests = 0;
  const auto place = [&](std::uint32_t k) {
    const bool comes_first = influence[k] >= worthwhile_influence * largest;
    comes_first ? first[firsts++] = k : rest[rests++] = k;
  };
  for (std::size_t p = head_; p < tail_; ++p) place(queue_[p]);
  for (std::size_t p = later_head_; p < later_tail_; ++p) place(later_[p]);
  queue_ = std::move(first);
  later_ = std::move(rest);
  head_ = later_head_ = 0;
  tail_ = firsts;
  later_tail_ = rests;
  return Status::ok;
}

std::uint32_t Ball::next_unread() {
  if (head_ < tail_) return queue_[head_++];
  if (later_head_ < later_tail_) return later_[later_head_++];
  return none;
}

GraphOutcome Ball::grow(double entries, Budget& budget) {
  if (!fault_.ok() && fault_.status != Status::out_of_memory) return GraphOutcome::failed;
  fault_ = {};
  for (;;) {
    if (reading_ == none) {
      if (rows_ >= seed_count_ && entries_ >= entries) return GraphOutcome::done;
      if (budget.exhausted()) return GraphOutcome::running;
      reading_ = next_unread();
      if (reading_ == none) return GraphOutcome::done;
      offset_ = 0;
      row_edges_ = 0;
      row_degree_ = 0;
      kept_ = 0;
    }
    if (budget.exhausted()) return GraphOutcome::running;
    Line line;
    if (!lines_->get(table_[reading_].id, line)) {
      // What comes next is asked for in the same batch; reading goes on in the same order.
      for (std::size_t p = head_; p < tail_ && p < head_ + lines_ahead; ++p) {
        lines_->get(table_[queue_[p]].id, line);
      }
      return GraphOutcome::needs_lines;
    }
    const std::int32_t before = offset_;
    const GraphOutcome outcome = read_piece(line);
    budget.spend(2.0 * (offset_ - before) + 8);
    if (outcome != GraphOutcome::done) return outcome;
  }
}

GraphOutcome Ball::read_piece(const Line& line) {
  const std::int32_t end = std::min(line.count, offset_ + line_piece);
  if (make_room(static_cast<std::size_t>(end - offset_) + 1) != Status::ok) {
    return fail(Status::out_of_memory);
  }
  const std::int64_t v = table_[reading_].id;
  for (; offset_ < end; ++offset_) {
    const std::int64_t u = line.id(offset_);
    ++entries_;
    const double w = line.value(offset_);
    if (u == v) {
      table_[reading_].loop = w;
      volume_ += w;
      continue;
    }
    if (u < 0 || u >= lines_->size()) return fail({Status::index_out_of_range, v});
    if (w == 0) continue;
    if (!(w >= least_weight && w <= 1 / least_weight)) return fail({Status::invalid_argument, v});
    take_entry(u, w);
  }
  if (offset_ < line.count) return GraphOutcome::done;
  if (kept_ != table_[reading_].promise) return fail({Status::not_symmetric, v});
  finish_row();
  return GraphOutcome::done;
}

void Ball::take_entry(std::int64_t id, double weight) {
  const std::uint32_t before = table_.size();
  const std::uint32_t seed = table_[reading_].seed;
  const std::uint32_t k = table_.touch(id, Vertex{0, 0, 0, weight, 0, 0, none, reading_, seed});
  Vertex& u = table_[k];
  row_degree_ += weight;
  if (k == before) {
    queue_[tail_++] = k;
    ++seeds_[leader(seed)].unread;
  } else if (u.row != none) {
    kept_ += fingerprint(id, weight);
    return;
  } else if (leader(u.seed) != leader(seed)) {
    join(reading_, k, weight);
  }
  u.degree += weight;
  volume_ += 2 * weight;
  u.promise += fingerprint(table_[reading_].id, weight);
  const std::size_t e = begin_[rows_] + row_edges_++;
  target_[e] = k;
  weight_[e] = weight;
}

void Ball::hang(std::uint32_t k, std::uint32_t parent, double weight) {
  while (k != none) {
    Vertex& v = table_[k];
    const std::uint32_t next = v.parent;
    const double up = v.up;
    v.parent = parent;
    v.up = weight;
    parent = k;
    weight = up;
    k = next;
  }
}

void Ball::join(std::uint32_t from, std::uint32_t to, double weight) {
  const std::uint32_t a = leader(table_[from].seed);
  const std::uint32_t b = leader(table_[to].seed);
  if (a < b) {
    hang(to, from, weight);
  } else {
    hang(from, to, weight);
  }
  const std::uint32_t first = a < b ? a : b;
  const std::uint32_t other = a < b ? b : a;
  seeds_[other].leader = first;
  seeds_[first].unread += seeds_[other].unread;
}

void Ball::finish_row() {
  Vertex& v = table_[reading_];
  v.row = rows_;
  v.degree = row_degree_;
  --seeds_[leader(v.seed)].unread;
  row_vertex_[rows_] = reading_;
  begin_[rows_ + 1] = begin_[rows_] + row_edges_;
  ++rows_;
  row_edges_ = 0;
  reading_ = none;
}

std::size_t Ball::bytes() const {
  return table_.bytes() + seeds_.bytes() + begin_.bytes() + row_vertex_.bytes() + target_.bytes() +
         weight_.bytes() + queue_.bytes() + later_.bytes();
}

}  // namespace lacuna
