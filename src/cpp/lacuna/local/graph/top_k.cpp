#include "lacuna/local/graph/top_k.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr std::size_t most_ties = 256;
/// Factor by which a threshold or the width of a bracket falls in one go.
constexpr double fall = 0.25;
/// Arcs that a first backward push is thought to read.
constexpr double first_guess = 2000;
/// Sweeps from push to certainty, and what an arc of push costs in arcs of a sweep.
constexpr double usual_sweeps = 6;
constexpr double push_cost = 12;
/// Room for the rounding of a bracket's ends.
constexpr double up = 1 + 0x1p-50;
constexpr double down = 1 - 0x1p-50;

/// By what is certain; then by what is possible; then by number.
bool before(const TopRank::Entry& a, const TopRank::Entry& b) {
  if (a.rank.lo != b.rank.lo) return a.rank.lo > b.rank.lo;
  if (a.rank.hi != b.rank.hi) return a.rank.hi > b.rank.hi;
  return a.vertex < b.vertex;
}

bool higher(const TopRank::Entry& a, const TopRank::Entry& b) {
  if (a.rank.hi != b.rank.hi) return a.rank.hi > b.rank.hi;
  return a.vertex < b.vertex;
}

/// Keeps the first `most` under an order, as a heap with the last of them on top.
template <class Order>
void offer(Buffer<TopRank::Entry>& heap, std::size_t& count, std::size_t most,
           const TopRank::Entry& entry, Order order) {
  if (count < most) {
    heap[count++] = entry;
  } else if (order(entry, heap[0])) {
    std::pop_heap(heap.data(), heap.data() + count, order);
    heap[count - 1] = entry;
  } else {
    return;
  }
  std::push_heap(heap.data(), heap.data() + count, order);
}

}  // namespace

Fault TopRank::begin(Graph& graph, std::int32_t source, const TopOptions& options) {
  const bool sound = options.k > 0 && options.resolution >= 0 && options.entries > 0 &&
                     options.least_threshold > 0;
  if (!sound) return Status::invalid_argument;
  RankOptions rank;
  rank.teleport = options.teleport;
  rank.dangling = options.dangling;
  rank.threshold = options.threshold;
  const std::int32_t sources[] = {source};
  if (const Fault fault = forward_.begin(graph, sources, {}, rank); !fault.ok()) return fault;
  const auto k = static_cast<std::size_t>(std::min(options.k, graph.vertices()));
  if (top_.allocate(k) != Status::ok || ties_.allocate(most_ties) != Status::ok ||
      unsure_.allocate(k + most_ties) != Status::ok) {
    return Status::out_of_memory;
  }
  graph_ = &graph;
  options_ = options;
  source_ = source;
  known_.clear();
  phase_ = Phase::forward;
  top_count_ = tie_count_ = unsure_count_ = unsure_at_ = 0;
  tie_total_ = 0;
  others_may_belong_ = true;
  set_certain_ = swept_ = false;
  sharpens_ = true;
  spent_sweeps_ = 0;
  leading_ = 0;
  last_forward_ = forward_began_ = mean_backward_ = round_backward_ = spent_backward_ = 0;
  backward_pushes_ = 0;
  progress_ = 0;
  return {};
}

/// What forward and backward pushes say of a vertex, together.
RankBracket TopRank::joined(std::int32_t v, RankBracket b) const {
  const std::uint32_t known = known_.find(v);
  if (known == VertexTable<Known>::none) return b;
  b.lo = std::fmax(b.lo, known_[known].lo);
  b.hi = std::fmax(b.lo, std::fmin(b.hi, known_[known].hi));
  b.value = std::fmin(std::fmax(b.value, b.lo), b.hi);
  return b;
}

/// In an undirected graph the weight of a vertex times what all have in common.
double TopRank::width_of(std::int32_t v) const {
  return graph_->undirected() ? graph_->out_weight(v) : 1;
}

RankBracket TopRank::swept(std::int32_t v) const {
  const double x = sweeps_.scores()[v];
  double half = sweeps_.error();
  if (graph_->undirected()) {
    const double own = sweeps_.ratio() * graph_->out_weight(v);
    half = own < half ? own : half;
  }
  half *= up;
  RankBracket b;
  b.value = x < 1 ? x : 1;
  b.lo = x > half ? (x - half) * down : 0;
  b.hi = (x + half) * up < 1 ? (x + half) * up : 1;
  return b;
}

/// Calls use(v, bracket) for every vertex with a value whose bracket reaches above least().
template <class Least, class Use>
void TopRank::each_above(Least least, Use&& use) const {
  if (!swept_) {
    forward_.each_score([&](std::int32_t v, const RankBracket& b) {
      if (b.hi > least()) use(v, b);
    });
    return;
  }
  const std::span<const double> x = sweeps_.scores();
  for (std::int32_t v = 0; v < graph_->vertices(); ++v) {
    if (x[v] == 0) continue;
    const RankBracket b = swept(v);
    if (b.hi > least()) use(v, b);
  }
}

Status TopRank::evaluate() {
  top_count_ = tie_count_ = 0;
  const auto entered = [&] { return top_count_ == top_.size() ? top_[0].rank.lo : 0; };
  each_above(entered, [&](std::int32_t v, const RankBracket& b) {
    offer(top_, top_count_, top_.size(), {v, joined(v, b), false}, before);
  });
  std::sort(top_.data(), top_.data() + top_count_, before);
  const double least = top_count_ == top_.size() ? top_[top_count_ - 1].rank.lo : 0;
  tie_total_ = 0;
  const bool all = forward_.scores() == static_cast<std::uint32_t>(graph_->vertices());
  double others = all || swept_ ? 0 : forward_.others();
  for (std::int32_t v = 0; swept_ && v < graph_->vertices(); ++v) {
    if (sweeps_.scores()[v] == 0) others = std::fmax(others, swept(v).hi);
  }
  others_may_belong_ = others > least;
  // Whoever is skipped has less than the last of the first k for certain.
  const double narrow = options_.resolution * least;
  wanted_ = 1;
  const auto note_gap = [&](const Entry& above, const Entry& below) {
    if (above.rank.lo >= below.rank.hi) return;
    const double gap = 0.5 * (above.rank.lo + above.rank.hi - below.rank.lo - below.rank.hi);
    const double a = width_of(above.vertex), b = width_of(below.vertex);
    // Either they come apart or both become narrow enough for a tie.
    wanted_ = std::fmin(wanted_, gap > narrow ? gap / (a + b) : narrow / (2 * std::fmax(a, b)));
  };
  each_above([&] { return least; },
             [&](std::int32_t v, const RankBracket& b) {
               const Entry entry{v, joined(v, b), false};
               if (!before(top_[top_count_ - 1], entry)) return;
               others = std::fmax(others, entry.rank.hi);
               if (entry.rank.hi <= least) return;
               ++tie_total_;
               note_gap(top_[top_count_ - 1], entry);
               offer(ties_, tie_count_, ties_.size(), entry, higher);
             });
  std::sort(ties_.data(), ties_.data() + tie_count_, higher);
  set_certain_ = tie_total_ == 0 && !others_may_belong_;

  for (std::size_t i = 1; i < top_count_; ++i) note_gap(top_[i - 1], top_[i]);

  // Certain is a position from which on nothing later, in the list or outside it, reaches it.
  unsure_count_ = 0;
  double later = others;
  for (std::size_t i = top_count_; i-- > 0;) {
    top_[i].certain = top_[i].rank.lo >= later;
    later = std::fmax(later, top_[i].rank.hi);
  }
  leading_ = 0;
  while (leading_ < static_cast<std::int32_t>(top_count_) && top_[leading_].certain) ++leading_;
  double earlier = 2;
  const auto doubtful = [&](const Entry& entry) {
    return entry.rank.hi - entry.rank.lo > narrow && entry.rank.hi > entry.rank.lo;
  };
  for (std::size_t i = 0; i < top_count_; ++i) {
    const bool apart = top_[i].certain && top_[i].rank.hi <= earlier;
    if (!apart && doubtful(top_[i])) unsure_[unsure_count_++] = top_[i].vertex;
    earlier = std::fmin(earlier, top_[i].rank.lo);
  }
  for (std::size_t i = 0; i < tie_count_; ++i) {
    if (doubtful(ties_[i])) unsure_[unsure_count_++] = ties_[i].vertex;
  }
  return Status::ok;
}

void TopRank::decide() {
  const bool all_certain = set_certain_ && leading_ == static_cast<std::int32_t>(top_count_);
  const double threshold = forward_.push().threshold();
  const double most = static_cast<double>(forward_.touched());
  const double now = static_cast<double>(leading_) / static_cast<double>(top_.size());
  progress_ = std::fmax(progress_, 0.99 * now);
  const bool nothing_left = !others_may_belong_ && unsure_count_ == 0;
  if (all_certain || nothing_left || arcs_read() >= options_.entries) {
    phase_ = Phase::finished;
    progress_ = 1;
    return;
  }
  if (swept_) {
    // What has not come apart by then is told apart by no double.
    if (sweeps_.reason() == Reason::converged_atol) {
      aim(false);
    } else {
      phase_ = Phase::finished;
      progress_ = 1;
    }
    return;
  }
  const bool can_lower = threshold > options_.least_threshold && forward_.push().residual_sum() > 0;
  const bool can_sharpen = !others_may_belong_ &&
                           tie_total_ <= static_cast<std::int64_t>(tie_count_) &&
                           unsure_count_ > 0 && sharpens_;
  const double lowering = last_forward_ / fall + most;
  // A backward push that narrows a bracket as much reads, the residuals multiplying, about the
  // share Σr of it: in an undirected graph it is a forward one up to the weights of its ends.
  const double each =
      std::fmax(std::fmin(1, forward_.residual()) * lowering, mean_backward_ / fall);
  const double backward = static_cast<double>(unsure_count_) * std::fmax(first_guess, each);
  const double sweeps = usual_sweeps * (graph_->arcs() + most);
  const double other_ways = can_lower     ? (can_sharpen ? std::fmin(lowering, backward) : lowering)
                            : can_sharpen ? backward
                                          : sweeps;
  const bool can_sweep = arcs_read() + sweeps <= options_.entries;
  if (can_sweep && other_ways * push_cost > sweeps && begin_sweeps()) return;
  if (can_sharpen && (!can_lower || backward < lowering)) {
    phase_ = Phase::backward;
    unsure_at_ = 0;
    round_backward_ = round_wide_ = round_left_ = 0;
    if (next_candidate()) return;
  }
  if (!can_lower) {
    phase_ = Phase::finished;
    progress_ = 1;
    return;
  }
  phase_ = Phase::forward;
  sharpens_ = true;
  forward_began_ = forward_.push().entries();
  (void)forward_.refine(std::fmax(options_.least_threshold, threshold * fall));
}

/// False for want of memory: then it goes on as before.
bool TopRank::begin_sweeps() {
  PagerankOptions rank;
  rank.teleport = options_.teleport;
  rank.dangling = options_.dangling;
  const double arcs = std::fmax(1, graph_->arcs());
  rank.maxiter = static_cast<std::int64_t>(std::fmin((options_.entries - arcs_read()) / arcs, 1e6));
  if (!sweeps_.begin_at(*graph_, source_, rank).ok()) return false;
  const std::span<double> guess = sweeps_.guess();
  forward_.each_score([&](std::int32_t v, const RankBracket& b) { guess[v] = b.value; });
  phase_ = Phase::sweeps;
  aim(true);
  return true;
}

/// How close the next sweeps are to come.
void TopRank::aim(bool first) {
  const bool undirected = graph_->undirected();
  double wanted = 0.9 * wanted_;
  if (first) {
    // Gaps between values of push are known no better than these.
    wanted = std::fmax(wanted, undirected ? 0.03 * forward_.ratio() : 1e-3 * forward_.residual());
  } else {
    wanted = std::fmin(wanted, fall * (undirected ? sweeps_.ratio() : sweeps_.error()));
  }
  sweeps_.aim(undirected ? 1e-300 : wanted, undirected ? wanted : 0);
}

/// Begins the backward push of the next one that is unsure. False where none is left.
bool TopRank::next_candidate() {
  if (unsure_at_ == unsure_count_) return false;
  const std::int32_t v = unsure_[unsure_at_];
  const RankBracket now = joined(v, forward_.at(v));
  round_wide_ += now.hi - now.lo;
  RankOptions rank;
  rank.teleport = options_.teleport;
  rank.dangling = options_.dangling;
  const double wanted = fall * (now.hi - now.lo) * forward_.least_mass();
  rank.threshold = std::fmin(0.5, std::fmax(1e-15, wanted / forward_.residual()));
  return backward_.begin(*graph_, v, rank).ok();
}

Status TopRank::keep(std::int32_t v, const RankBracket& found) {
  if (known_.reserve(1) != Status::ok) return Status::out_of_memory;
  Known fresh{};
  fresh.lo = 0;
  fresh.hi = 1;
  Known& known = known_[known_.touch(v, fresh)];
  known.lo = std::fmax(known.lo, found.lo);
  known.hi = std::fmin(known.hi, found.hi);
  return Status::ok;
}

TaskState TopRank::step(Budget& budget) {
  while (phase_ != Phase::finished) {
    if (phase_ == Phase::forward) {
      const TaskState state = forward_.step(budget);
      if (state != TaskState::done) return state;
      last_forward_ = forward_.push().entries() - forward_began_;
      budget.spend(8.0 * forward_.touched());
    } else if (phase_ == Phase::sweeps) {
      const TaskState state = sweeps_.step(budget);
      spent_sweeps_ = sweeps_.entries();
      if (state != TaskState::done) return state;
      swept_ = true;
      budget.spend(8.0 * graph_->vertices());
    } else {
      const TaskState state = backward_.step(budget);
      if (state != TaskState::done) return state;
      const std::int32_t v = unsure_[unsure_at_];
      if (keep(v, PairRank::join(forward_, source_, backward_)) != Status::ok) {
        return TaskState::failed;
      }
      const RankBracket left = joined(v, forward_.at(v));
      round_left_ += left.hi - left.lo;
      spent_backward_ += backward_.push().entries();
      backward_pushes_ += backward_.push().pushes();
      round_backward_ += backward_.push().entries();
      ++unsure_at_;
      if (arcs_read() < options_.entries && next_candidate()) continue;
      mean_backward_ = round_backward_ / static_cast<double>(unsure_at_);
      sharpens_ = round_left_ <= 0.5 * round_wide_;
    }
    if (evaluate() != Status::ok) return TaskState::failed;
    decide();
  }
  return TaskState::done;
}

}  // namespace lacuna
