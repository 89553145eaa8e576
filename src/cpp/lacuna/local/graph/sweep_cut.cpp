#include "lacuna/local/graph/sweep_cut.hpp"

#include <algorithm>
#include <limits>

namespace lacuna {
namespace {

/// Share of the volume that sums of weights may be wrong by.
constexpr double no_volume = 1e-12;

}  // namespace

Fault SweepCut::begin(const SourceRank& rank) {
  const Graph& graph = rank.graph();
  if (!graph.undirected()) return Status::not_symmetric;
  const MassPush& push = rank.push();
  std::size_t count = 0;
  push.each_pushed([&](std::int32_t v, double) { count += graph.out_degree(v) > 0; });
  for (const Status status :
       {order_.begin(count), profile_.allocate(count), inside_.reserve(count)}) {
    if (status != Status::ok) return status;
  }
  graph_ = &graph;
  inside_.clear();
  push.each_pushed([&](std::int32_t v, double y) {
    if (graph.out_degree(v) == 0) return;
    order_.add(v, y / graph.out_weight(v));
  });
  phase_ = Phase::sort;
  done_ = best_ = 0;
  running_cut_ = running_volume_ = cut_ = volume_ = 0;
  conductance_ = std::numeric_limits<double>::infinity();
  return {};
}

TaskState SweepCut::step(Budget& budget) {
  if (phase_ == Phase::sort) {
    if (!order_.sort(budget)) return TaskState::running;
    phase_ = Phase::cut;
  }
  const Arcs arcs = graph_ != nullptr ? graph_->out() : Arcs{};
  while (phase_ == Phase::cut) {
    if (done_ == order_.size()) {
      phase_ = Phase::finished;
      break;
    }
    if (budget.exhausted()) return TaskState::running;
    const std::int32_t v = order_.id(done_);
    double outward = 0, inward = 0;
    for (std::int32_t p = arcs.indptr[v]; p < arcs.indptr[v + 1]; ++p) {
      const std::int32_t u = arcs.indices[p];
      if (u == v) continue;
      const double w = arcs.weights != nullptr ? arcs.weights[p] : 1;
      (inside_.find(u) == VertexTable<Mark>::none ? outward : inward) += w;
    }
    inside_.touch(v, Mark{});
    running_cut_ = std::max(0.0, running_cut_ + (outward - inward));
    running_volume_ += graph_->out_weight(v);
    const double rest = graph_->volume() - running_volume_;
    const double smaller = std::min(running_volume_, rest);
    const bool two_sides = smaller > no_volume * graph_->volume();
    const double phi = two_sides ? running_cut_ / smaller : std::numeric_limits<double>::infinity();
    profile_[done_++] = phi;
    if (phi < conductance_) {
      conductance_ = phi;
      cut_ = running_cut_;
      volume_ = running_volume_;
      best_ = done_;
    }
    budget.spend(4.0 * arcs.degree(v) + 8);
  }
  return TaskState::done;
}

double SweepCut::progress() const {
  if (phase_ == Phase::finished) return 1;
  if (phase_ == Phase::sort) return 0;
  const auto count = static_cast<double>(order_.size());
  return count > 0 ? 0.1 + 0.89 * static_cast<double>(done_) / count : 0;
}

}  // namespace lacuna
