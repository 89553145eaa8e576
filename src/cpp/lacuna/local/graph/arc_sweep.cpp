#include "lacuna/local/graph/arc_sweep.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// Lines that are asked for in one batch.
constexpr std::size_t lines_ahead = 256;

}  // namespace

Status ArcSweep::begin(const ArcRank& rank, Lines& arcs) {
  std::size_t count = 0;
  for (std::uint32_t k = 0; k < rank.touched(); ++k) count += rank.bracket(k).value > 0;
  for (const Status status : {order_.begin(count), inside_.reserve(count)}) {
    if (status != Status::ok) return status;
  }
  arcs_ = &arcs;
  inside_.clear();
  for (std::uint32_t k = 0; k < rank.touched(); ++k) {
    const double value = rank.bracket(k).value;
    if (value > 0) order_.add(rank.vertex(k), value);
  }
  phase_ = Phase::weigh;
  at_ = best_ = 0;
  running_cut_ = running_volume_ = cut_ = volume_ = entries_ = 0;
  conductance_ = std::numeric_limits<double>::infinity();
  return Status::ok;
}

bool ArcSweep::get(std::size_t at, Line& line) {
  if (arcs_->get(order_.id(at), line)) return true;
  const std::size_t end = std::min(order_.size(), at + lines_ahead);
  for (std::size_t k = at + 1; k < end; ++k) arcs_->get(order_.id(k), line);
  return false;
}

GraphOutcome ArcSweep::step(Budget& budget) {
  for (;;) {
    if (budget.exhausted()) return GraphOutcome::running;
    Line line;
    switch (phase_) {
      case Phase::weigh: {
        if (at_ == order_.size()) {
          at_ = 0;
          phase_ = Phase::sort;
          break;
        }
        if (!get(at_, line)) return GraphOutcome::needs_lines;
        double weight = 0;
        for (std::int32_t k = 0; k < line.count; ++k) weight += line.value(k);
        // Without arcs it can be in no set: behind all others.
        order_.key(at_) = line.count > 0 ? order_.key(at_) / weight : 0;
        entries_ += line.count;
        budget.spend(2.0 * line.count + 8);
        ++at_;
        break;
      }
      case Phase::sort:
        if (!order_.sort(budget)) return GraphOutcome::running;
        phase_ = Phase::cut;
        break;
      case Phase::cut: {
        if (at_ == order_.size() || order_.key(at_) == 0) {
          phase_ = Phase::finished;
          break;
        }
        if (!get(at_, line)) return GraphOutcome::needs_lines;
        const std::int64_t v = order_.id(at_);
        double outward = 0, inward = 0;
        for (std::int32_t k = 0; k < line.count; ++k) {
          running_volume_ += line.value(k);
          if (line.id(k) == v) continue;
          const bool in = inside_.find(line.id(k)) != VertexTable<Mark>::none;
          (in ? inward : outward) += line.value(k);
        }
        inside_.touch(v, Mark{});
        running_cut_ = std::max(0.0, running_cut_ + (outward - inward));
        entries_ += line.count;
        budget.spend(4.0 * line.count + 8);
        ++at_;
        // All vertices leave no other side.
        const bool two_sides = static_cast<std::int64_t>(at_) < arcs_->size();
        if (two_sides && running_cut_ / running_volume_ < conductance_) {
          conductance_ = running_cut_ / running_volume_;
          cut_ = running_cut_;
          volume_ = running_volume_;
          best_ = at_;
        }
        break;
      }
      case Phase::finished: return GraphOutcome::done;
    }
  }
}

double ArcSweep::progress() const {
  const double share =
      order_.size() > 0 ? static_cast<double>(at_) / static_cast<double>(order_.size()) : 1;
  switch (phase_) {
    case Phase::weigh: return 0.4 * share;
    case Phase::sort: return 0.4;
    case Phase::cut: return 0.5 + 0.5 * share;
    case Phase::finished: return 1;
  }
  return 0;
}

}  // namespace lacuna
