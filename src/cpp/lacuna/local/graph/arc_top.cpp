#include "lacuna/local/graph/arc_top.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {
namespace {

constexpr std::size_t most_ties = 256;
/// Factor by which the threshold falls in one go.
constexpr double fall = 0.25;

/// By what is certain, then by what is possible, or the other way round; then by number.
struct Order {
  bool possible_first;
  bool operator()(const ArcTop::Entry& a, const ArcTop::Entry& b) const {
    const double first = possible_first ? a.rank.hi - b.rank.hi : a.rank.lo - b.rank.lo;
    const double then = possible_first ? a.rank.lo - b.rank.lo : a.rank.hi - b.rank.hi;
    if (first != 0) return first > 0;
    return then != 0 ? then > 0 : a.vertex < b.vertex;
  }
};
constexpr Order before{false};
constexpr Order higher{true};

/// Keeps the first `most` under an order, as a heap with the last of them on top.
Status offer(Buffer<ArcTop::Entry>& heap, std::size_t& count, std::size_t most,
             const ArcTop::Entry& entry, Order order) {
  if (count < most) {
    if (graph_detail::extend(heap, count, count + 1) != Status::ok) return Status::out_of_memory;
    heap[count++] = entry;
  } else if (order(entry, heap[0])) {
    std::pop_heap(heap.data(), heap.data() + count, order);
    heap[count - 1] = entry;
  } else {
    return Status::ok;
  }
  std::push_heap(heap.data(), heap.data() + count, order);
  return Status::ok;
}

}  // namespace

Fault ArcTop::begin(Lines& arcs, std::int64_t source, const ArcTopOptions& options) {
  if (!(options.k > 0 && options.resolution >= 0 && options.entries > 0)) {
    return Status::invalid_argument;
  }
  arcs_ = &arcs;
  options_ = options;
  top_count_ = tie_count_ = 0;
  leading_ = tie_total_ = 0;
  others_may_belong_ = true;
  widest_ = 1;
  fault_ = {};
  RankOptions rank;
  rank.teleport = options.teleport;
  rank.threshold = options.threshold;
  // In an undirected graph no walk comes to an end but one that begins there.
  rank.dangling = options.undirected ? Dangling::self : options.dangling;
  const std::int64_t sources[] = {source};
  return rank_.begin(arcs, sources, {}, rank, options.undirected, options.max_weight);
}

Status ArcTop::evaluate(std::int64_t n) {
  const auto k = static_cast<std::size_t>(std::min(options_.k, n));
  top_count_ = tie_count_ = 0;
  const std::uint32_t touched = rank_.touched();
  const auto entry = [&](std::uint32_t i) { return Entry{rank_.vertex(i), rank_.bracket(i)}; };
  for (std::uint32_t i = 0; i < touched; ++i) {
    // What has no value is among the others.
    if (!(rank_.stored(i) > 0)) continue;
    if (offer(top_, top_count_, k, entry(i), before) != Status::ok) return Status::out_of_memory;
  }
  std::sort_heap(top_.data(), top_.data() + top_count_, before);
  const double least = top_count_ == k ? top_[k - 1].rank.lo : 0;
  double others = 0;
  tie_total_ = 0;
  widest_ = 0;
  std::uint32_t without = 0;
  for (std::uint32_t i = 0; i < touched; ++i) {
    const Entry e = entry(i);
    if (!(rank_.stored(i) > 0)) {
      others = std::fmax(others, e.rank.hi);
      ++without;
      continue;
    }
    if (top_count_ == 0 || !before(top_[top_count_ - 1], e)) continue;
    if (e.rank.hi <= least) continue;
    ++tie_total_;
    if (offer(ties_, tie_count_, most_ties, e, higher) != Status::ok) return Status::out_of_memory;
  }
  if (touched < n) others = std::fmax(others, rank_.elsewhere().hi);
  others_may_belong_ = others > least && (touched < n || without > 0);
  std::sort_heap(ties_.data(), ties_.data() + tie_count_, higher);
  double later = tie_count_ > 0 ? std::fmax(others, ties_[0].rank.hi) : others;
  for (std::size_t i = 0; i < tie_count_; ++i) {
    widest_ = std::fmax(widest_, ties_[i].rank.hi - ties_[i].rank.lo);
  }
  std::size_t certain = top_count_;
  for (std::size_t i = top_count_; i-- > 0;) {
    if (!(top_[i].rank.lo >= later)) certain = i;
    later = std::fmax(later, top_[i].rank.hi);
    widest_ = std::fmax(widest_, top_[i].rank.hi - top_[i].rank.lo);
  }
  leading_ = static_cast<std::int64_t>(certain);
  return Status::ok;
}

GraphOutcome ArcTop::step(Budget& budget) {
  fault_ = {};
  for (;;) {
    const GraphOutcome outcome = rank_.step(budget);
    if (outcome == GraphOutcome::failed) fault_ = rank_.fault();
    if (outcome != GraphOutcome::done && outcome != GraphOutcome::rounding) return outcome;
    if (evaluate(arcs_->size()) != Status::ok) {
      fault_ = Status::out_of_memory;
      return GraphOutcome::failed;
    }
    budget.spend(8.0 * rank_.touched());
    if (all_certain() || rank_.residual_sum() == 0) return GraphOutcome::done;
    const double least = top_count_ > 0 ? top_[top_count_ - 1].rank.lo : 0;
    if (!others_may_belong_ && widest_ <= options_.resolution * least) return GraphOutcome::done;
    if (outcome == GraphOutcome::rounding) return outcome;
    if (rank_.work().entries >= options_.entries) return GraphOutcome::limit;
    const double next = rank_.threshold() * fall;
    if (next < options_.least_threshold) return GraphOutcome::rounding;
    rank_.refine(next);
  }
}

}  // namespace lacuna
