#include "lacuna/local/graph/arc_rank.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double up = 1 + 16 * unit_roundoff;
constexpr double down = 1 - 16 * unit_roundoff;
/// Units of roundoff that an entry of A is off by: of the sum of weights, added with compensation,
/// the quotient and the product, and one to spare.
constexpr double entry_rounding = 6;

}  // namespace

bool WalkRows::get(std::int64_t v, Line& line) {
  if (!arcs_.get(v, line)) return false;
  double sum = 0, lost = 0, loop = 0, least = least_arc_;
  for (std::int32_t k = 0; k < line.count; ++k) {
    const double w = line.value(k);
    const double next = sum + w;
    lost += sum >= w ? (sum - next) + w : (w - next) + sum;
    sum = next;
    least = std::fmin(least, w);
    if (line.id(k) == v) loop = w;
  }
  sum += lost;
  if (keep_) {
    if (sums_.reserve(1) != Status::ok) {
      failed_ = true;
      return false;
    }
    sums_[sums_.touch(v, {})].weight = sum;
    least_arc_ = least;
  }
  if (line.count == 0) {
    line.diagonal = dangling_ == Dangling::self ? teleport_ : 1;
    return true;
  }
  const double rate = (1 - teleport_) / sum;
  line.scale *= -rate;
  line.diagonal = 1 - rate * loop;
  return true;
}

Fault ArcRank::begin(Lines& arcs, std::span<const std::int64_t> sources,
                     std::span<const double> weights, const RankOptions& options, bool undirected,
                     double max_weight) {
  if (sources.empty() || !(options.teleport > 0 && options.teleport < 1) ||
      !(options.threshold > 0 && options.threshold <= 1) ||
      !(options.error >= 0 && options.error < 1) || options.dangling == Dangling::uniform) {
    return Status::invalid_argument;
  }
  if (!weights.empty() && weights.size() != sources.size()) return Status::shape_mismatch;
  double sum = 0;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const auto at = static_cast<std::int64_t>(k);
    if (sources[k] < 0 || sources[k] >= arcs.size()) return {Status::index_out_of_range, at};
    const double w = weights.empty() ? 1 : weights[k];
    if (!(w > 0)) return {Status::invalid_argument, at};
    sum += w;
    if (!std::isfinite(sum)) return {Status::invalid_argument, at};
  }
  undirected_ = undirected && sources.size() == 1 && options.dangling == Dangling::self;
  max_weight_ = undirected_ ? max_weight : std::numeric_limits<double>::infinity();
  ratio_ = std::numeric_limits<double>::infinity();
  rows_.emplace(arcs, options.teleport, options.dangling, undirected_);
  options_ = options;
  goal_ = 0.99 * options.error;
  fault_ = {};
  progress_ = 0;
  push_.begin(*rows_, {}, PushOrder::buckets, 1 - options.teleport);
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const double w = weights.empty() ? 1 : weights[k];
    if (push_.add(sources[k], w / sum) != Status::ok) return Status::out_of_memory;
  }
  // Shares are off by the rounding of their sum and of a division.
  seed_slack_ = sources.size() > 1 ? (static_cast<double>(sources.size()) + 2) * unit_roundoff : 0;
  measure();
  return {};
}

void ArcRank::measure() {
  const double count = push_.touched() + 4.0;
  double sum = 0, stored = 0, ratio = 0;
  const double least_arc = rows_->least_arc();
  for (std::uint32_t k = 0; k < push_.touched(); ++k) {
    sum += options_.teleport * push_.vertex(k).value;
    const double r = residual(k);
    stored += r;
    if (!undirected_ || r <= ratio * least_arc) continue;
    const double weight = rows_->weight(push_.vertex(k).id);
    ratio = std::fmax(ratio, r / (weight > 0 ? weight : least_arc));
  }
  // Σp ≤ Σu/α, and a column of A that is wrong by a share of itself, at most 2 in all, moves r by
  // as much times p; each then counts in u as a residual does.
  const double pushed = sum / options_.teleport;
  slack_ = (seed_slack_ + push_.slack() + 2 * entry_rounding * unit_roundoff * pushed +
            4 * unit_roundoff * sum) *
           up;
  // Before the source is read nothing is known of its weight.
  ratio_ = undirected_ && push_.work().pushes > 0
               ? (ratio + slack_ / least_arc) * up
               : std::numeric_limits<double>::infinity();
  residual_ = stored * (1 + 2 * count * unit_roundoff) + slack_;
  const double least = std::fmax(0, stored * (1 - 2 * count * unit_roundoff) - slack_);
  const double least_sum = sum * (1 - count * unit_roundoff);
  const double most_sum = sum * (1 + count * unit_roundoff);
  if (options_.dangling == Dangling::source) {
    least_mass_ = std::fmax(0, (least_sum - slack_ + options_.teleport * least) * down);
    most_mass_ = std::fmin(1, (most_sum + slack_ + residual_) * up);
    error_ = least_mass_ > 0 ? (most_mass_ - least_sum + 2 * slack_) / most_mass_ * up : 2;
  } else {
    least_mass_ = most_mass_ = 1;
    error_ = (residual_ + slack_) * up;
  }
  error_ = std::fmin(error_, 2);
}

RankBracket ArcRank::bracket_of(double pushed, double weight) const {
  const double u = options_.teleport * pushed;
  RankBracket b;
  b.lo = std::fmax(0, (u * down - slack_) / most_mass_ * down);
  const double left = std::fmin(residual_, weight * ratio_ * up);
  b.hi = least_mass_ > 0 ? std::fmin(1, (u * up + left + slack_) / least_mass_ * up) : 1;
  b.value = std::fmin(std::fmax(u / most_mass_, b.lo), b.hi);
  return b;
}

void ArcRank::note_progress() {
  const bool by_sum = options_.error > 0;
  const double now = by_sum ? error_ : push_.largest_residual();
  const double goal = by_sum ? options_.error : options_.threshold;
  if (now <= goal) {
    progress_ = 1;
  } else if (now < 1) {
    progress_ = std::fmax(progress_, std::fmin(1, natural_log(now) / natural_log(goal)));
  }
}

GraphOutcome ArcRank::step(Budget& budget) {
  push_.lines_arrived();
  for (;;) {
    const bool by_sum = options_.error > 0;
    const auto outcome = push_.step({goal_, by_sum ? 0 : options_.threshold}, budget);
    measure();
    note_progress();
    switch (outcome) {
      case Push::Outcome::running: return GraphOutcome::running;
      case Push::Outcome::needs_lines:
        if (!rows_->take_failure()) return GraphOutcome::needs_lines;
        fault_ = Status::out_of_memory;
        return GraphOutcome::failed;
      case Push::Outcome::rounding: return GraphOutcome::rounding;
      case Push::Outcome::out_of_memory:
        fault_ = Status::out_of_memory;
        return GraphOutcome::failed;
      case Push::Outcome::stuck: fault_ = Status::internal; return GraphOutcome::failed;
      case Push::Outcome::reached: break;
    }
    if (!by_sum || error_ <= options_.error) return GraphOutcome::done;
    // What rounding is charged with, and Σu < 1, came on top.
    if (slack_ >= 0.25 * options_.error) return GraphOutcome::rounding;
    goal_ *= std::fmin(0.5, std::fmax(least_mass_, 0x1p-10));
  }
}

}  // namespace lacuna
