#include "lacuna/ordering/separator.hpp"

#include <algorithm>
#include <limits>

namespace lacuna {
namespace {

constexpr std::int32_t least_patience = 15;
constexpr std::int32_t most_patience = 300;

int index(Side side) { return static_cast<int>(side); }
Side side_of(int k) { return static_cast<Side>(k); }

}  // namespace

Status SeparatorSearch::prepare(std::int32_t n) {
  const auto count = static_cast<std::size_t>(n);
  if (locked_.size() < count) {
    if (locked_.allocate_zero(count) != Status::ok) return Status::out_of_memory;
    pass_ = 0;
  }
  for (const Status status :
       {ensure(pull_[0], count), ensure(pull_[1], count), heap_[0].prepare(n), heap_[1].prepare(n),
        ensure(moved_, count), ensure(log_end_, count), ensure(log_, 2 * count)}) {
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

double SeparatorWeights::cost() const {
  const double total = static_cast<double>(side[0]) + side[1] + side[2];
  const double over = std::max(side[0], side[1]) - SeparatorSearch::heaviest_side * total;
  if (over > 0) return 1e30 + 1e30 * (over / total);
  const double s = side[2];
  return s * s * s / (static_cast<double>(side[0]) * side[1]);
}

void SeparatorSearch::reset(const Level& level) {
  heap_[0].clear();
  heap_[1].clear();
  moves_ = 0;
  drawn_ = 0;
  ++pass_;
  limit_ = static_cast<std::int32_t>(heaviest_side * level.total);
}

void SeparatorSearch::grow(Level& level, std::int32_t seed) {
  reset(level);
  for (std::int32_t v = 0; v < level.n; ++v) level.side[v] = Side::second;
  weights_.side[0] = 0;
  weights_.side[1] = level.total - level.weight[seed];
  weights_.side[2] = level.weight[seed];
  level.side[seed] = Side::separator;
  growing_ = true;
  enlist(level, seed);
  best_ = weights_;
  best_moves_ = 0;
  while (!heap_[0].empty()) {
    const std::int32_t v = heap_[0].top();
    if (weights_.side[0] + level.weight[v] > limit_) break;
    move(level, v, 0);
    if (weights_.cost() < best_.cost()) {
      best_ = weights_;
      best_moves_ = moves_;
    }
  }
  while (moves_ > best_moves_) undo(level);
  growing_ = false;
}

/// Takes the last move back, whose drawn-in vertices are in the separator again by now.
void SeparatorSearch::undo(Level& level) {
  --moves_;
  const std::int32_t v = moved_[moves_];
  const Side from = other(level.side[v]);
  level.side[v] = Side::separator;
  const std::int32_t first = moves_ == 0 ? 0 : log_end_[moves_ - 1];
  while (drawn_ > first) level.side[log_[--drawn_]] = from;
}

void SeparatorSearch::begin(int passes) {
  passes_left_ = passes;
  weights_ = SeparatorWeights();
  stage_ = Stage::weigh;
  at_ = 0;
}

TaskState SeparatorSearch::step(Level& level, Meter& meter) {
  while (stage_ != Stage::done) {
    double work = 1;
    switch (stage_) {
      case Stage::weigh:
        if (at_ < level.n) {
          weights_.side[index(level.side[at_])] += level.weight[at_];
          ++at_;
        } else {
          reset(level);
          stage_ = Stage::gather;
          at_ = 0;
        }
        break;
      case Stage::gather:
        if (at_ < level.n) {
          const std::int32_t v = at_++;
          if (level.side[v] == Side::separator) work += enlist(level, v);
        } else {
          best_ = before_ = weights_;
          best_moves_ = 0;
          patience_ = std::clamp(heap_[0].size(), least_patience, most_patience);
          stage_ = Stage::move;
        }
        break;
      case Stage::move: {
        const int to = moves_ - best_moves_ > patience_ ? -1 : choose(level);
        if (to < 0) {
          stage_ = Stage::restore;
          break;
        }
        work = move(level, heap_[to].top(), to);
        if (weights_.cost() < best_.cost()) {
          best_ = weights_;
          best_moves_ = moves_;
        }
        break;
      }
      case Stage::restore:
        if (moves_ > best_moves_) {
          undo(level);
        } else {
          end_pass();
          if (stage_ == Stage::gather) reset(level);
        }
        break;
      case Stage::done: break;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  return TaskState::done;
}

void SeparatorSearch::end_pass() {
  weights_ = best_;
  at_ = 0;
  --passes_left_;
  stage_ = passes_left_ > 0 && best_.cost() < before_.cost() ? Stage::gather : Stage::done;
}

/// Pulls and gains of a vertex of the separator.
double SeparatorSearch::enlist(Level& level, std::int32_t v) {
  std::int32_t pull[3] = {0, 0, 0};
  for (std::int32_t p = level.begin[v]; p < level.begin[v + 1]; ++p) {
    const std::int32_t u = level.neighbors[p];
    pull[index(level.side[u])] += level.weight[u];
  }
  pull_[0][v] = pull[0];
  pull_[1][v] = pull[1];
  heap_[0].insert(v, gain(level, v, 0));
  if (!growing_) heap_[1].insert(v, gain(level, v, 1));
  return 2.0 * level.degree(v) + 16;
}

/// Side to which the next vertex moves, −1 where none may: that of the larger gain, the lighter one
/// where gains are equal, and never one that would become too heavy while the other is not.
int SeparatorSearch::choose(const Level& level) const {
  bool open[2];
  for (int to = 0; to < 2; ++to) {
    open[to] = !heap_[to].empty() && weights_.side[to] + level.weight[heap_[to].top()] <= limit_;
  }
  if (!open[0] || !open[1]) return open[0] ? 0 : open[1] ? 1 : -1;
  const std::int32_t gain_first = heap_[0].top_gain();
  const std::int32_t gain_second = heap_[1].top_gain();
  if (gain_first != gain_second) return gain_first > gain_second ? 0 : 1;
  return weights_.side[0] <= weights_.side[1] ? 0 : 1;
}

double SeparatorSearch::move(Level& level, std::int32_t v, int to) {
  const int from = 1 - to;
  const std::int32_t w = level.weight[v];
  heap_[0].remove(v);
  if (!growing_) heap_[1].remove(v);
  level.side[v] = side_of(to);
  locked_[v] = pass_;
  weights_.side[2] -= w;
  weights_.side[to] += w;
  double work = 2.0 * level.degree(v) + 16;
  const std::int32_t* neighbors = level.neighbors.data();
  const Side* side = level.side.data();
  std::int32_t* pull = pull_[to].data();
  GainHeap& heap = heap_[from];
  const std::int32_t end = level.begin[v + 1];
  for (std::int32_t p = level.begin[v]; p < end; ++p) {
    const std::int32_t u = neighbors[p];
    const Side place = side[u];
    if (place == Side::separator) {
      // Moving u to the other side would now draw v back in.
      pull[u] += w;
      if (heap.holds(u)) heap.update(u, level.weight[u] - pull[u]);
      work += 8;
    } else if (place == side_of(from)) {
      work += draw_in(level, u, from);
    }
  }
  moved_[moves_] = v;
  log_end_[moves_] = drawn_;
  ++moves_;
  return work;
}

/// u leaves its side for the separator.
double SeparatorSearch::draw_in(Level& level, std::int32_t u, int from) {
  const int to = 1 - from;
  const std::int32_t* neighbors = level.neighbors.data();
  const std::int32_t* weight = level.weight.data();
  const Side* side = level.side.data();
  std::int32_t* pull_from = pull_[from].data();
  GainHeap& heap = heap_[to];
  const std::int32_t w = weight[u];
  level.side[u] = Side::separator;
  weights_.side[from] -= w;
  weights_.side[2] += w;
  log_[drawn_++] = u;
  std::int32_t pull[2] = {0, 0};
  const std::int32_t end = level.begin[u + 1];
  for (std::int32_t p = level.begin[u]; p < end; ++p) {
    const std::int32_t x = neighbors[p];
    const Side place = side[x];
    if (place != Side::separator) {
      pull[index(place)] += weight[x];
      continue;
    }
    // Moving x to the side opposite to u's no longer draws u in.
    pull_from[x] -= w;
    if (heap.holds(x)) heap.update(x, weight[x] - pull_from[x]);
  }
  pull_[0][u] = pull[0];
  pull_[1][u] = pull[1];
  if (locked_[u] != pass_) {
    heap_[0].insert(u, gain(level, u, 0));
    if (!growing_) heap_[1].insert(u, gain(level, u, 1));
  }
  return 4.0 * level.degree(u) + 16;
}

}  // namespace lacuna
