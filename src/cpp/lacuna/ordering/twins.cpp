#include "lacuna/ordering/twins.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t none = -1;

std::uint32_t scatter(std::int32_t v) {
  std::uint32_t h = static_cast<std::uint32_t>(v) * 0x9e3779b9u;
  return h ^ (h >> 15);
}

}  // namespace

Status Twins::begin(const Adjacency& graph, double dense) {
  const auto n = static_cast<std::size_t>(graph.n);
  for (const Status status :
       {hash_.allocate(n), representative_.allocate(n), weight_.allocate(n), mark_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  dense_ = dense;
  stage_ = Stage::hash;
  at_ = 0;
  groups_ = 0;
  return Status::ok;
}

TaskState Twins::step(const Adjacency& graph, Meter& meter) {
  if (stage_ == Stage::hash) {
    while (at_ < graph.n) {
      const std::int32_t v = at_++;
      std::uint32_t sum = scatter(v);
      for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
        sum += scatter(graph.neighbors[p]);
      }
      hash_[v] = sum;
      representative_[v] = none;
      weight_[v] = 0;
      mark_[v] = none;
      if (meter.spend(2.0 * graph.degree(v) + 2)) return TaskState::running;
    }
    stage_ = Stage::group;
    at_ = 0;
  }
  if (stage_ == Stage::group) {
    while (at_ < graph.n) {
      const std::int32_t v = at_++;
      if (representative_[v] != none || graph.degree(v) > dense_) continue;
      if (meter.spend(find_twins(graph, v))) return TaskState::running;
    }
    hash_.release();
    mark_.release();
    stage_ = Stage::done;
  }
  return TaskState::done;
}

/// Twins are neighbors, so only neighbors are looked at.
double Twins::find_twins(const Adjacency& graph, std::int32_t v) {
  representative_[v] = v;
  weight_[v] = 1;
  ++groups_;
  double work = 2.0 * graph.degree(v) + 2;
  for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
    const std::int32_t u = graph.neighbors[p];
    if (u < v || hash_[u] != hash_[v] || graph.degree(u) != graph.degree(v)) continue;
    if (representative_[u] != none) continue;
    work += 2.0 * graph.degree(u);
    if (!equal(graph, v, u)) continue;
    representative_[u] = v;
    ++weight_[v];
  }
  return work;
}

/// Whether u, a neighbor of v of the same degree, has the neighborhood of v.
bool Twins::equal(const Adjacency& graph, std::int32_t v, std::int32_t u) {
  if (mark_[v] != v) {
    mark_[v] = v;
    for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
      mark_[graph.neighbors[p]] = v;
    }
  }
  for (std::int32_t p = graph.begin[u]; p < graph.begin[u + 1]; ++p) {
    if (mark_[graph.neighbors[p]] != v) return false;
  }
  return true;
}

}  // namespace lacuna
