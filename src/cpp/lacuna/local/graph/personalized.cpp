#include "lacuna/local/graph/personalized.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Room for the last few operations on a bound.
constexpr double up = 1 + 16 * unit_roundoff;
constexpr double down = 1 - 16 * unit_roundoff;
/// Factor by which a side of a pair lowers its threshold in one turn.
constexpr double turn = 0.25;
/// The first threshold of a source's push over the one asked for. What is left early on gathers at
/// its vertices until they are pushed for good: a tenth fewer arcs are read.
constexpr double coarse = 64;
/// Share of the residual up to which its drift does not matter.
constexpr double close_enough = 0x1p-20;
/// Below this a threshold says nothing that rounding leaves true.
constexpr double least_useful = 1e-18;

double least(double x, double y) { return x < y ? x : y; }
double most(double x, double y) { return x > y ? x : y; }

Fault check(const RankOptions& options) {
  const bool sound = options.teleport > 0 && options.teleport < 1 && options.threshold > 0 &&
                     options.threshold <= 1 && options.error >= 0 && options.error < 1 &&
                     options.dangling != Dangling::uniform;
  return sound ? Fault{} : Fault{Status::invalid_argument};
}

bool inside(const Graph& graph, std::int32_t v) { return v >= 0 && v < graph.vertices(); }

/// How far `now` has come from 1 to `goal` on a scale of orders of magnitude, roughly.
double share_done(double now, double goal) {
  if (now <= goal) return 1;
  double steps = 0, left = 0;
  for (double x = 1; x > goal && steps < 1100; x *= 0.5) {
    ++steps;
    left += now >= x ? 1 : 0;
  }
  return steps > 0 ? 1 - left / steps : 1;
}

}  // namespace

Fault SourceRank::begin(const Graph& graph, std::span<const std::int32_t> sources,
                        std::span<const double> weights, const RankOptions& options) {
  if (const Fault fault = check(options); !fault.ok()) return fault;
  if (sources.empty()) return Status::invalid_argument;
  if (!weights.empty() && weights.size() != sources.size()) return Status::shape_mismatch;
  double sum = 0;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const auto at = static_cast<std::int64_t>(k);
    if (!inside(graph, sources[k])) return {Status::index_out_of_range, at};
    const double w = weights.empty() ? 1 : weights[k];
    if (!(w > 0) || !std::isfinite(w)) return {Status::invalid_argument, at};
    sum += w;
    if (!std::isfinite(sum)) return {Status::invalid_argument, at};
  }
  graph_ = &graph;
  options_ = options;
  // In an undirected graph no arc leads to a vertex without any: only a source can be one.
  leaky_ = options.dangling == Dangling::source && graph.dangling() > 0 && !graph.undirected();
  goal_ = 0.99 * options.error;
  push_.begin(graph, Flow::forward, options.teleport, options.dangling, coarse * options.threshold);
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const double w = weights.empty() ? 1 : weights[k];
    if (push_.add(sources[k], w / sum) != Status::ok) return Status::out_of_memory;
    leaky_ = leaky_ || (options.dangling == Dangling::source && graph.out_degree(sources[k]) == 0);
  }
  // Shares are off by the rounding of their sum and of a division.
  slack_ = sources.size() > 1 ? (static_cast<double>(sources.size()) + 2) * unit_roundoff : 0;
  seed_slack_ = slack_;
  measure();
  return {};
}

double SourceRank::scaled_degree(std::int32_t v) const {
  if (graph_->quick_degree(v) == 0) return 1;
  if (!graph_->weighted()) return graph_->quick_degree(v);
  return graph_->out_weight(v) / (graph_->volume() / graph_->arcs()) * (1 + 0x1p-30);
}

void SourceRank::measure() {
  const double count = push_.touched() + 4.0;
  // Where no walk is dropped Σp ≤ 1 is all that has to be known of it.
  double sum = leaky_ ? 0 : 1;
  if (leaky_) push_.each_pushed([&](std::int32_t, double y) { sum += teleport() * y; });
  // As it was kept along the way where that is good enough: to add it anew takes a pass over the
  // table.
  const double kept = push_.running_sum(), drift = push_.drift();
  const bool close = drift <= close_enough * kept;
  const double stored = close ? kept + drift : push_.residual_sum();
  slack_ = seed_slack_ + push_.slack() + 4 * unit_roundoff * sum;
  residual_ = (stored + slack_) * up;
  const double below = close ? 2 * drift : 2 * count * unit_roundoff * stored;
  least_residual_ = std::fmax(0, (stored - below) * down - slack_);
  ratio_ = push_.largest_ratio();
  sum_ = sum * (1 - count * unit_roundoff);
  const double most_sum = sum * (1 + count * unit_roundoff) + slack_;
  if (leaky_) {
    least_mass_ = std::fmax(0, (sum_ - slack_ + teleport() * least_residual_) * down);
    most_mass_ = std::fmin(1, (most_sum + residual_) * up);
    error_ = (most_mass_ - sum_ + 2 * slack_) / most_mass_ * up;
  } else {
    least_mass_ = most_mass_ = 1;
    error_ = (residual_ + slack_) * up;
  }
  error_ = std::fmin(error_, 2);
}

TaskState SourceRank::step(Budget& budget) {
  for (;;) {
    const auto outcome = push_.step(goal_, budget);
    if (outcome == MassPush::Outcome::reached && push_.threshold() > options_.threshold &&
        !(goal_ > 0 && push_.running_sum() + push_.slack() <= goal_) &&
        push_.lower(options_.threshold) == Status::ok) {
      continue;
    }
    measure();
    if (outcome == MassPush::Outcome::out_of_memory) return TaskState::failed;
    if (outcome == MassPush::Outcome::running) return TaskState::running;
    if (goal_ == 0 || error_ <= options_.error) return TaskState::done;
    // Either Σu turned out smaller than 1, or the threshold came before the error asked for.
    if (push_.running_sum() + push_.slack() <= goal_) {
      goal_ *= std::fmin(0.9, least_mass_);
    } else {
      if (push_.lower(push_.threshold() * turn) != Status::ok) return TaskState::failed;
    }
    const bool useful = push_.threshold() > least_useful && slack_ < 0.25 * options_.error;
    if (!useful) return TaskState::done;
  }
}

Status SourceRank::refine(double threshold) {
  options_.threshold = std::fmin(options_.threshold, threshold);
  return push_.lower(threshold);
}

double SourceRank::progress() const {
  return share_done(residual_, options_.error > 0 ? options_.error : options_.threshold);
}

// Called for every score: `fmin` and `fmax` would be calls, and all that is the same is divided
// once.
RankBracket SourceRank::bracket_of(std::int32_t v, double p) const {
  double more = residual_;
  if (graph_->undirected() && graph_->quick_degree(v) > 0) {
    more = least(more, ratio_ * scaled_degree(v) * up);
  }
  const double low = most(0, p * down - slack_);
  const double high = p * up + more + slack_;
  RankBracket b;
  if (!leaky_) {
    b.lo = low * down;
    b.hi = least(1, high * up);
    b.value = least(most(p, b.lo), b.hi);
    return b;
  }
  const double mass = sum_ - slack_ + most(more, teleport() * least_residual_);
  b.lo = low / most_mass_ * down;
  b.hi = mass > high * down ? least(1, high / (mass * down) * up) : 1;
  b.value = least(most(p / most_mass_, b.lo), b.hi);
  return b;
}

RankBracket SourceRank::at(std::int32_t v) const {
  const std::uint32_t k = push_.find(v);
  return bracket_of(v, k == MassPush::none ? 0 : teleport() * push_.value(k));
}

double SourceRank::others() const {
  double more = residual_;
  if (graph_->undirected() && graph_->arcs() > 0) {
    // The heaviest ones are soon pushed: what is left has the weight of the first that was not.
    std::int32_t v = 0;
    for (const std::int32_t heavy : graph_->heaviest()) {
      v = heavy;
      const std::uint32_t k = push_.find(v);
      if (k == MassPush::none || push_.value(k) == 0) break;
    }
    if (graph_->out_degree(v) > 0) more = std::fmin(more, ratio_ * scaled_degree(v) * up);
  }
  const double mass = leaky_ ? sum_ - slack_ + std::fmax(more, teleport() * least_residual_) : 1;
  const double high = more + slack_;
  return mass > high * down ? std::fmin(1, high / (mass * down) * up) : 1;
}

Fault TargetRank::begin(Graph& graph, std::int32_t target, const RankOptions& options) {
  if (const Fault fault = check(options); !fault.ok()) return fault;
  if (!inside(graph, target)) return Status::index_out_of_range;
  graph_ = &graph;
  options_ = options;
  target_ = target;
  leaky_ = options.dangling == Dangling::source && graph.dangling() > 0 &&
           (!graph.undirected() || graph.out_degree(target) == 0);
  started_ = false;
  residual_ = 1;
  push_.begin(graph, Flow::backward, options.teleport, options.dangling, options.threshold);
  return {};
}

TaskState TargetRank::step(Budget& budget) {
  if (!started_) {
    const TaskState state = graph_->prepare_in_arcs(budget);
    if (state != TaskState::done) return state;
    push_.begin(*graph_, Flow::backward, options_.teleport, options_.dangling, options_.threshold);
    if (push_.add(target_, 1) != Status::ok) return TaskState::failed;
    started_ = true;
  }
  const auto outcome = push_.step(0, budget);
  residual_ = push_.largest_residual();
  if (outcome == MassPush::Outcome::out_of_memory) return TaskState::failed;
  return outcome == MassPush::Outcome::running ? TaskState::running : TaskState::done;
}

Status TargetRank::refine(double threshold) {
  options_.threshold = threshold;
  return started_ ? push_.lower(threshold) : Status::ok;
}

double TargetRank::progress() const { return share_done(residual_, options_.threshold); }

RankBracket TargetRank::bracket_of(double p) const {
  RankBracket b;
  b.lo = std::fmax(0, (p * down - slack()) * down);
  const double high = (p * up + residual_ + slack()) * up;
  b.hi = std::fmin(1, leaky_ ? high / options_.teleport * up : high);
  b.value = std::fmin(std::fmax(p, b.lo), b.hi);
  return b;
}

RankBracket TargetRank::at(std::int32_t u) const {
  const std::uint32_t k = push_.find(u);
  return bracket_of(k == MassPush::none ? 0 : options_.teleport * push_.value(k));
}

Fault PairRank::begin(Graph& graph, std::int32_t source, std::int32_t target,
                      const PairOptions& options) {
  if (!(options.atol > 0)) return Status::invalid_argument;
  RankOptions rank;
  rank.teleport = options.teleport;
  rank.dangling = options.dangling;
  rank.threshold = turn;
  if (const Fault fault = backward_.begin(graph, target, rank); !fault.ok()) return fault;
  // Out-degrees divide forward thresholds: begin below what a vertex of ten arcs would keep.
  rank.threshold = 0.1 * turn;
  const std::int32_t sources[] = {source};
  if (const Fault fault = forward_.begin(graph, sources, {}, rank); !fault.ok()) return fault;
  source_ = source;
  atol_ = options.atol;
  width_ = 1;
  bracket_ = {};
  on_forward_ = false;
  done_ = false;
  sides_[0] = sides_[1] = {};
  return {};
}

RankBracket PairRank::join(const SourceRank& forward, std::int32_t source,
                           const TargetRank& backward) {
  const MassPush& b = backward.push();
  const MassPush& f = forward.push();
  const Graph& graph = forward.graph();
  const std::uint32_t k = b.find(source);
  double sum = k == MassPush::none ? 0 : forward.teleport() * b.value(k);
  double tail = 0;
  for (std::uint32_t i = 0; i < b.slots(); ++i) {
    const MassPush::Vertex& x = b.vertex(i);
    if (!b.holds(i) || x.residual == 0) continue;
    const std::uint32_t j = f.find(x.id);
    if (j != MassPush::none) sum += forward.teleport() * f.value(j) * x.residual;
    tail += forward.scaled_degree(x.id) * x.residual;
  }
  const double terms = b.touched() + 8.0;
  double more = forward.residual() * backward.residual();
  if (graph.undirected()) {
    more = std::fmin(more, forward.ratio() * tail * (1 + terms * unit_roundoff));
  }
  // Forward slack lies in `residual()` above; below, p_f may be too high by it.
  const double slack = backward.slack() + terms * unit_roundoff * sum;
  const double below = f.slack() * backward.residual() + 8 * unit_roundoff * sum;
  RankBracket bracket;
  bracket.lo = std::fmax(0, (sum - slack - below) / forward.most_mass() * down);
  const double high = (sum + more + slack + below) * up;
  const double mass = forward.least_mass();
  bracket.hi = mass > high ? std::fmin(1, high / mass * up) : 1;
  bracket.value = 0.5 * (bracket.lo + bracket.hi);
  return bracket;
}

void PairRank::choose() {
  const auto price = [](const Side& side) {
    return side.spent ? std::numeric_limits<double>::infinity()
                      : side.cost / std::fmax(side.gain, 1e-3);
  };
  if (sides_[1].gain < 0) {
    on_forward_ = true;
  } else {
    on_forward_ = price(sides_[1]) < price(sides_[0]);
  }
  Side& side = sides_[on_forward_];
  const MassPush& push = on_forward_ ? forward_.push() : backward_.push();
  side.began = push.entries();
  const double next = push.threshold() * turn;
  if (next < least_useful || (on_forward_ ? forward_.residual() : backward_.residual()) == 0) {
    side.spent = true;
  } else if (on_forward_) {
    (void)forward_.refine(next);
  } else {
    (void)backward_.refine(next);
  }
}

TaskState PairRank::step(Budget& budget) {
  while (!done_) {
    const TaskState state = on_forward_ ? forward_.step(budget) : backward_.step(budget);
    if (state == TaskState::failed) return state;
    if (state == TaskState::running) {
      return TaskState::running;
    }
    bracket_ = join(forward_, source_, backward_);
    const double width = bracket_.hi - bracket_.lo;
    Side& side = sides_[on_forward_];
    const MassPush& push = on_forward_ ? forward_.push() : backward_.push();
    side.cost = push.entries() - side.began + 16;
    side.gain = std::fmax(0, 1 - width / width_);
    width_ = width;
    const double rounding = 2 * (backward_.slack() + forward_.push().slack());
    done_ = width <= atol_ || width <= 2 * rounding || (sides_[0].spent && sides_[1].spent);
    if (!done_) choose();
    budget.spend(8.0 * backward_.touched() + 4.0 * forward_.touched());
  }
  return TaskState::done;
}

double PairRank::progress() const { return done_ ? 1 : share_done(width_, atol_); }

}  // namespace lacuna
