#include "lacuna/ordering/coarsening.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

}  // namespace

Status Coarsening::begin(Level& fine, std::int32_t heaviest, std::uint64_t seed) {
  const auto n = static_cast<std::size_t>(fine.n);
  const auto entries = static_cast<std::size_t>(fine.begin[fine.n]);
  for (const Status status : {ensure(order_, n), ensure(mate_, n), ensure(slot_, n),
                              ensure(neighbors_, entries), ensure(edge_weight_, entries)}) {
    if (status != Status::ok) return status;
  }
  heaviest_ = heaviest;
  random_ = SeededRandom(seed);
  stage_ = Stage::shuffle;
  at_ = 0;
  alone_ = 0;
  entries_ = 0;
  return Status::ok;
}

TaskState Coarsening::step(Level& fine, Level& coarse, Meter& meter) {
  const std::int32_t n = fine.n;
  if (stage_ == Stage::shuffle) {
    // Inside out: each place is drawn once, and nothing has to be filled before.
    while (at_ < n) {
      const std::int32_t k = at_++;
      const std::int32_t place = random_.below(k + 1);
      order_[k] = order_[place];
      order_[place] = k;
      mate_[k] = none;
      slot_[k] = none;
      if (meter.spend(4)) return TaskState::running;
    }
    stage_ = Stage::match;
    at_ = 0;
  }
  if (stage_ == Stage::match) {
    while (at_ < n) {
      const std::int32_t v = order_[at_++];
      if (mate_[v] != none) continue;
      const std::int32_t u = best_match(fine, v);
      if (u == none) {
        ++alone_;
      } else {
        mate_[v] = u;
        mate_[u] = v;
      }
      if (meter.spend(4.0 * fine.degree(v) + 4)) return TaskState::running;
    }
    stage_ = alone_ > n / 8 ? Stage::match_apart : Stage::number;
    at_ = 0;
  }
  if (stage_ == Stage::match_apart) {
    while (at_ < n) {
      const std::int32_t hub = order_[at_++];
      match_around(fine, hub);
      if (meter.spend(2.0 * fine.degree(hub) + 2)) return TaskState::running;
    }
    stage_ = Stage::number;
    at_ = 0;
  }
  if (stage_ == Stage::number) {
    if (at_ == 0) coarse.n = 0;
    while (at_ < n) {
      const std::int32_t v = at_++;
      const std::int32_t u = mate_[v];
      fine.coarse[v] = u != none && u < v ? fine.coarse[u] : coarse.n++;
      if (meter.spend(2)) return TaskState::running;
    }
    if (coarse.ensure_vertices(coarse.n) != Status::ok) return TaskState::failed;
    coarse.total = fine.total;
    coarse.begin[0] = 0;
    stage_ = Stage::contract;
    at_ = 0;
  }
  if (stage_ == Stage::contract) {
    while (at_ < n) {
      const std::int32_t v = at_++;
      if (mate_[v] != none && mate_[v] < v) continue;
      if (meter.spend(contract(fine, coarse, v))) return TaskState::running;
    }
    if (coarse.ensure_entries(entries_) != Status::ok) return TaskState::failed;
    std::copy_n(neighbors_.data(), entries_, coarse.neighbors.data());
    std::copy_n(edge_weight_.data(), entries_, coarse.edge_weight.data());
    stage_ = Stage::done;
  }
  return TaskState::done;
}

/// Free neighbor u that makes edge weight over u's weight largest; the first among equals.
std::int32_t Coarsening::best_match(const Level& fine, std::int32_t v) const {
  const std::int32_t* neighbors = fine.neighbors.data();
  const std::int32_t* weight = fine.weight.data();
  const std::int32_t* mate = mate_.data();
  std::int32_t best = none;
  std::int64_t best_edge = 0;
  std::int64_t best_weight = 1;
  const std::int32_t room = heaviest_ - weight[v];
  const std::int32_t end = fine.begin[v + 1];
  for (std::int32_t p = fine.begin[v]; p < end; ++p) {
    const std::int32_t u = neighbors[p];
    if (mate[u] != none || weight[u] > room) continue;
    if (fine.edge_weight[p] * best_weight > best_edge * weight[u]) {
      best = u;
      best_edge = fine.edge_weight[p];
      best_weight = weight[u];
    }
  }
  return best;
}

/// Pairs up the neighbors of a vertex that are still alone.
void Coarsening::match_around(const Level& fine, std::int32_t hub) {
  std::int32_t waiting = none;
  for (std::int32_t p = fine.begin[hub]; p < fine.begin[hub + 1]; ++p) {
    const std::int32_t u = fine.neighbors[p];
    if (mate_[u] != none) continue;
    if (waiting == none) {
      waiting = u;
    } else if (fine.weight[u] <= heaviest_ - fine.weight[waiting]) {
      mate_[u] = waiting;
      mate_[waiting] = u;
      waiting = none;
    }
  }
}

/// Row of the coarser graph for v and its mate; returns the work.
std::int32_t Coarsening::contract(const Level& fine, Level& coarse, std::int32_t v) {
  const std::int32_t c = fine.coarse[v];
  const std::int32_t u = mate_[v];
  coarse.weight[c] = fine.weight[v] + (u == none ? 0 : fine.weight[u]);
  const std::int32_t begin = entries_;
  gather(fine, v, c);
  std::int32_t work = fine.degree(v);
  if (u != none) {
    gather(fine, u, c);
    work += fine.degree(u);
  }
  for (std::int32_t p = begin; p < entries_; ++p) slot_[neighbors_[p]] = none;
  coarse.begin[c + 1] = entries_;
  return 6 * work + 8;
}

/// Adds the neighbors of v. Pointers in locals: what is stored could alias the members.
void Coarsening::gather(const Level& fine, std::int32_t v, std::int32_t self) {
  const std::int32_t* from = fine.neighbors.data();
  const std::int32_t* from_weight = fine.edge_weight.data();
  const std::int32_t* coarse = fine.coarse.data();
  std::int32_t* slot = slot_.data();
  std::int32_t* to = neighbors_.data();
  std::int32_t* to_weight = edge_weight_.data();
  std::int32_t entries = entries_;
  const std::int32_t end = fine.begin[v + 1];
  for (std::int32_t p = fine.begin[v]; p < end; ++p) {
    const std::int32_t c = coarse[from[p]];
    if (c == self) continue;
    const std::int32_t place = slot[c];
    if (place == none) {
      slot[c] = entries;
      to[entries] = c;
      to_weight[entries] = from_weight[p];
      ++entries;
    } else {
      to_weight[place] += from_weight[p];
    }
  }
  entries_ = entries;
}

}  // namespace lacuna
