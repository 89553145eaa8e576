#include "lacuna/local/graph/pagerank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Roundings of a row besides the additions along it.
constexpr double row_roundings = 12;
/// Sweeps that leave more than this of the change, so many in a row, are slow.
constexpr double slow_rate = 0.8;
constexpr int slow_sweeps = 4;

void add_compensated(double& sum, double& rest, double x) {
  const double next = sum + x;
  const double part = next - sum;
  rest += (sum - (next - part)) + (x - part);
  sum = next;
}

/// Σ z over the arcs [begin, end), times their weights. In two sums: half the turns of the loop
/// leave room for twice as many loads in flight, of which WebAssembly has fewer.
template <bool weighted>
double gather(const Arcs& in, std::int32_t begin, std::int32_t end, const double* z) {
  const auto term = [&](std::int32_t p) {
    const double given = z[in.indices[p]];
    return weighted ? in.weights[p] * given : given;
  };
  double even = 0, odd = 0;
  std::int32_t p = begin;
  for (; p + 1 < end; p += 2) {
    even += term(p);
    odd += term(p + 1);
  }
  if (p < end) even += term(p);
  return even + odd;
}

bool sound(const PagerankOptions& options) {
  return options.teleport > 0 && options.teleport < 1 && options.error > 0 && options.ratio >= 0 &&
         options.maxiter > 0;
}

}  // namespace

Fault Pagerank::begin(Graph& graph, std::span<const double> personalization,
                      const PagerankOptions& options) {
  if (!sound(options)) return Status::invalid_argument;
  const auto n = static_cast<std::size_t>(graph.vertices());
  if (!personalization.empty() && personalization.size() != n) return Status::shape_mismatch;
  double sum = 0, rest = 0;
  for (std::size_t v = 0; v < personalization.size(); ++v) {
    if (!(personalization[v] >= 0) || !std::isfinite(personalization[v])) {
      return {Status::invalid_argument, static_cast<std::int64_t>(v)};
    }
    add_compensated(sum, rest, personalization[v]);
  }
  sum += rest;
  if (!personalization.empty() && !(sum > 0 && std::isfinite(sum))) {
    return Status::invalid_argument;
  }
  if (x_.allocate(n) != Status::ok || z_.allocate(n) != Status::ok ||
      s_.allocate(personalization.size()) != Status::ok) {
    return Status::out_of_memory;
  }
  start(graph, options);
  for (std::size_t v = 0; v < s_.size(); ++v) s_[v] = personalization[v] / sum;
  for (std::size_t v = 0; v < n; ++v) x_[v] = source(static_cast<std::int32_t>(v));
  return {};
}

Fault Pagerank::begin_at(Graph& graph, std::int32_t source, const PagerankOptions& options) {
  if (!sound(options)) return Status::invalid_argument;
  const auto n = static_cast<std::size_t>(graph.vertices());
  if (source < 0 || source >= graph.vertices()) return Status::index_out_of_range;
  if (x_.allocate_zero(n) != Status::ok || z_.allocate(n) != Status::ok ||
      s_.allocate_zero(n) != Status::ok) {
    return Status::out_of_memory;
  }
  start(graph, options);
  s_[source] = 1;
  scaling_ = false;
  shifting_ = graph.undirected();
  return {};
}

void Pagerank::start(Graph& graph, const PagerankOptions& options) {
  graph_ = &graph;
  options_ = options;
  uniform_ = 1.0 / static_cast<double>(graph.vertices());
  phase_ = Phase::arcs;
  row_ = 0;
  iterations_ = 0;
  entries_ = 0;
  reason_ = Reason::max_iterations;
  last_change_ = std::numeric_limits<double>::infinity();
  scaling_ = true;
  shifting_ = false;
  shift_ = 0;
  level_ = 1;
  ends_ = false;
  reversed_ = false;
  slow_ = turns_ = 0;
  turn_ = std::numeric_limits<double>::infinity();
  yield_ = turn_yield_ = 0.5;
  error_ = ratio_ = std::numeric_limits<double>::infinity();
  progress_ = 0;
}

void Pagerank::aim(double error, double ratio) {
  options_.error = error;
  options_.ratio = ratio;
  if (phase_ != Phase::finished) return;
  phase_ = iterations_ < options_.maxiter ? Phase::sweep : Phase::finished;
  reason_ = Reason::max_iterations;
}

Pagerank::Rows Pagerank::piece() const {
  constexpr std::int64_t arcs = 1 << 16;
  constexpr std::int32_t rows = 1 << 14;
  const std::int32_t* indptr = graph_->in().indptr;
  const std::int32_t n = graph_->vertices();
  const std::int32_t most = std::min(rows, n - row_);
  if (phase_ == Phase::sweep && reversed_) {
    const std::int32_t end = n - row_;
    const std::int64_t least = indptr[end] - arcs;
    const auto* begin = std::lower_bound(indptr + end - most, indptr + end - 1, least);
    return {static_cast<std::int32_t>(begin - indptr), end};
  }
  const std::int64_t greatest = indptr[row_] + arcs;
  const auto* past = std::upper_bound(indptr + row_ + 2, indptr + row_ + most + 1, greatest);
  return {row_, static_cast<std::int32_t>(past - indptr) - 1};
}

/// A function of its own, entered many times: see the rule for hot kernels.
template <bool weighted>
void Pagerank::sweep(std::int32_t begin, std::int32_t end) {
  const Arcs in = graph_->in();
  const std::int32_t* out = graph_->out().indptr;
  const double alpha = options_.teleport;
  const double given_to_all = alpha * level_;
  const double reach = 1 - alpha;
  const bool self = options_.dangling == Dangling::self;
  const bool back = options_.dangling == Dangling::source;
  double* x = x_.data();
  double* z = z_.data();
  const std::int32_t stride = reversed_ ? -1 : 1;
  std::int32_t v = reversed_ ? end - 1 : begin;
  double stuck = stuck_, change = 0, sum = 0, turn = turn_, reached = 0;
  for (std::int32_t rows = end - begin; rows > 0; --rows, v += stride) {
    const double flow = gather<weighted>(in, in.indptr[v], in.indptr[v + 1], z);
    const double s = source(v);
    double next = given_to_all * s + reach * (flow + stuck * (back ? s : uniform_));
    const std::int32_t degree = out[v + 1] - out[v];
    if (degree == 0) {
      if (self) {
        next /= alpha;
      } else {
        stuck += next - x[v];
      }
    } else {
      const double weight = weighted ? graph_->out_weight(v) : degree;
      const double given = next / weight;
      reached += next > 0 ? weight : 0;
      const double turned = std::fabs(given - z[v]);
      turn = turned > turn ? turned : turn;
      z[v] = given;
    }
    change += std::fabs(next - x[v]);
    sum += next;
    x[v] = next;
  }
  stuck_ = stuck;
  turn_ = turn;
  reached_ += reached;
  change_ += change;
  sum_ += sum;
}

template <bool weighted>
void Pagerank::check(std::int32_t begin, std::int32_t end) {
  const Arcs in = graph_->in();
  const double alpha = options_.teleport;
  const double reach = 1 - alpha;
  const bool self = options_.dangling == Dangling::self;
  const bool back = options_.dangling == Dangling::source;
  const double* x = x_.data();
  const double* z = z_.data();
  double residual = 0, rounding = 0, worst = worst_;
  for (std::int32_t v = begin; v < end; ++v) {
    double flow = gather<weighted>(in, in.indptr[v], in.indptr[v + 1], z);
    if (self && graph_->out_degree(v) == 0) flow += x[v];
    const double s = source(v);
    const double next = alpha * s + reach * (flow + stuck_ * (back ? s : uniform_));
    const double r = std::fabs(next - x[v]);
    const double e = (in.degree(v) + row_roundings) * (next + x[v]);
    residual += r;
    rounding += e;
    // Without arcs it tells nothing of others, unless walks begin at it.
    const double weight = graph_->out_weight(v);
    const double share = weight > 0        ? (r + unit_roundoff * e) / weight
                         : next + x[v] > 0 ? 1e300
                                           : 0;
    worst = share > worst ? share : worst;
  }
  worst_ = worst;
  residual_ += residual;
  rounding_ += unit_roundoff * rounding;
}

/// x ← factor·x + shift·W, z to match, D anew.
void Pagerank::scale(std::int32_t begin, std::int32_t end) {
  const bool self = options_.dangling == Dangling::self;
  for (std::int32_t v = begin; v < end; ++v) {
    x_[v] *= factor_;
    const bool dangles = graph_->out_degree(v) == 0;
    if (shift_ != 0 && x_[v] > 0 && !dangles) {
      const double shifted = x_[v] + shift_ * graph_->out_weight(v);
      x_[v] = shifted > 0 ? shifted : 0;
    }
    z_[v] = dangles ? 0 : x_[v] / graph_->out_weight(v);
    if (dangles && !self) add_compensated(stuck_, stuck_rest_, x_[v]);
  }
}

void Pagerank::after_sweep() {
  ++iterations_;
  change_ /= level_;
  turn_ /= level_;
  // Growth from sweep to sweep can only come from the scaling.
  if (change_ > last_change_) scaling_ = false;
  // Once, the other direction is tried where this one is slow; the faster of the two stays.
  const double rate = change_ / last_change_;
  if (turns_ < 2) slow_ = turns_ == 1 || rate > slow_rate ? slow_ + 1 : 0;
  if (turns_ < 2 && slow_ == slow_sweeps) {
    if (turns_ == 0 || rate > first_rate_) reversed_ = !reversed_;
    first_rate_ = rate;
    slow_ = 0;
    ++turns_;
  }
  last_change_ = change_;
  if (scaling_) level_ = sum_;
  shift_ = shifting_ && reached_ > 0 ? (1 - sum_) / reached_ : 0;
  const double goal = options_.teleport * options_.error;
  ends_ = iterations_ >= options_.maxiter || last_change_ * yield_ <= goal ||
          last_change_ <= 4 * unit_roundoff ||
          turn_ * turn_yield_ <= options_.teleport * options_.ratio;
  phase_ = ends_ || shifting_ ? Phase::scale : Phase::sweep;
  if (phase_ == Phase::scale) {
    factor_ = 1 / level_;
    level_ = 1;
  }
  // A sweep takes about two thirds off the change.
  double left = 0, all = 0;
  for (double c = 2; c * yield_ > goal && all < 1100; c *= 0.5) {
    ++all;
    left += last_change_ < c ? 0 : 1;
  }
  if (all > 0) progress_ = std::fmax(progress_, 0.99 * (1 - left / all));
}

void Pagerank::after_check() {
  const double n = graph_->vertices();
  const double raise = 1 + (n + 16) * unit_roundoff;
  error_ = (residual_ * raise + rounding_ * (1 + 0x1p-20)) / options_.teleport;
  if (last_change_ > 0) yield_ = std::fmin(1, residual_ / last_change_);
  if (graph_->undirected()) {
    ratio_ = worst_ < 1e300 ? worst_ / options_.teleport * (1 + 0x1p-40)
                            : std::numeric_limits<double>::infinity();
    if (turn_ > 0) turn_yield_ = std::fmin(1, worst_ / turn_);
  }
  phase_ = Phase::finished;
  if (error_ <= options_.error || ratio_ <= options_.ratio) {
    reason_ = Reason::converged_atol;
  } else if (rounding_ >= 0.5 * options_.teleport * options_.error && residual_ <= rounding_) {
    reason_ = Reason::stagnated;
  } else if (iterations_ < options_.maxiter) {
    phase_ = Phase::sweep;
  }
  if (phase_ == Phase::finished) progress_ = 1;
}

TaskState Pagerank::step(Budget& budget) {
  if (phase_ == Phase::arcs) {
    const TaskState state = graph_->prepare_in_arcs(budget);
    if (state != TaskState::done) return state;
    factor_ = 1;
    stuck_ = stuck_rest_ = 0;
    phase_ = Phase::scale;
  }
  while (phase_ != Phase::finished) {
    if (budget.exhausted()) return TaskState::running;
    if (row_ == 0) {
      if (phase_ == Phase::sweep) change_ = sum_ = turn_ = reached_ = 0;
      if (phase_ == Phase::scale) stuck_ = stuck_rest_ = 0;
      if (phase_ == Phase::check) residual_ = rounding_ = worst_ = 0;
    }
    const auto [begin, end] = piece();
    const Arcs in = graph_->in();
    const double arcs = in.indptr[end] - in.indptr[begin];
    if (phase_ == Phase::scale) {
      scale(begin, end);
      budget.spend(4.0 * (end - begin));
    } else {
      if (phase_ == Phase::sweep) {
        graph_->weighted() ? sweep<true>(begin, end) : sweep<false>(begin, end);
      } else {
        graph_->weighted() ? check<true>(begin, end) : check<false>(begin, end);
      }
      entries_ += arcs;
      budget.spend(2 * arcs + 8.0 * (end - begin));
    }
    row_ += end - begin;
    if (row_ < graph_->vertices()) continue;
    row_ = 0;
    if (phase_ == Phase::sweep) {
      after_sweep();
    } else if (phase_ == Phase::check) {
      after_check();
    } else {
      stuck_ += stuck_rest_;
      phase_ = ends_ ? Phase::check : Phase::sweep;
    }
  }
  return TaskState::done;
}

}  // namespace lacuna
