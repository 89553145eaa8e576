#include "lacuna/local/graph/arc_target.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double up = 1 + 16 * unit_roundoff;
constexpr double down = 1 - 16 * unit_roundoff;
/// Factor by which a threshold falls in one go.
constexpr double fall = 0.25;
constexpr double first_threshold = 1e-3;
/// Below it a push leaves nothing that counts.
constexpr double least_threshold = 1e-30;

}  // namespace

Fault ArcTarget::begin(Lines& arcs, std::int64_t target, const RankOptions& options) {
  target_ = target;
  error_ = options.threshold;
  RankOptions rank;
  rank.teleport = options.teleport;
  rank.threshold = options.threshold;
  rank.dangling = Dangling::self;
  const std::int64_t sources[] = {target};
  return rank_.begin(arcs, sources, {}, rank, true);
}

double ArcTarget::bound() const {
  const double weight = target_weight();
  // Nothing leads to a vertex that has no arcs but it itself.
  if (weight == 0) return rank_.slack();
  return weight > 0 ? std::fmin(1, weight * rank_.ratio() * up) : 1;
}

double ArcTarget::progress() const {
  const double b = bound();
  if (!(b < 1)) return 0;
  return b <= error_ ? 1 : std::fmin(1, natural_log(b) / natural_log(error_));
}

RankBracket ArcTarget::bracket(std::uint32_t k) const {
  RankBracket b;
  const double stored = rank_.stored(k);
  const double own = weight(k);
  const double share = own > 0 ? target_weight() / own : vertex(k) == target_ ? 1 : 0;
  const double slack = rank_.slack() * share * up;
  b.value = std::fmin(1, stored * share);
  b.lo = std::fmax(0, (stored * share * down - slack) * down);
  b.hi = std::fmin(1, (stored * share * up + slack + bound()) * up);
  return b;
}

GraphOutcome ArcTarget::step(Budget& budget) {
  for (;;) {
    const GraphOutcome outcome = rank_.step(budget);
    if (outcome != GraphOutcome::done) return outcome;
    const double b = bound();
    if (b <= error_) return GraphOutcome::done;
    const double next = rank_.threshold() * std::fmin(0.5, std::fmax(0.01, 0.9 * error_ / b));
    if (!(next >= least_threshold)) return GraphOutcome::rounding;
    rank_.refine(next);
  }
}

Fault ArcPair::begin(Lines& arcs, std::int64_t source, std::int64_t target, double teleport,
                     double atol) {
  if (!(atol > 0)) return Status::invalid_argument;
  target_ = target;
  atol_ = atol;
  forward_ = true;
  ends_ = 0;
  bracket_ = {};
  fault_ = {};
  RankOptions options;
  options.teleport = teleport;
  options.threshold = first_threshold;
  options.dangling = Dangling::self;
  const std::int64_t sources[] = {source};
  if (const Fault fault = from_.begin(arcs, sources, {}, options, true); !fault.ok()) return fault;
  return to_.begin(arcs, target, options);
}

void ArcPair::join() {
  const ArcRank& back = to_.rank();
  const double weight = to_.target_weight();
  const std::uint32_t at = from_.find(target_);
  double sum = at != ArcRank::none ? from_.stored(at) : 0;
  double most_share = 1;
  for (std::uint32_t k = 0; k < back.touched(); ++k) {
    const double stored = back.stored(k);
    if (!(stored > 0)) continue;
    const double own = to_.weight(k);
    const double share = own > 0 ? weight / own : back.vertex(k) == target_ ? 1 : 0;
    most_share = std::fmax(most_share, share);
    const std::uint32_t u = from_.find(back.vertex(k));
    if (u != ArcRank::none) sum += from_.residual(u) * (stored * share);
  }
  const double count = back.touched() + 8.0;
  const double off = (count * unit_roundoff * sum + from_.slack() +
                      back.slack() * most_share * from_.residual_sum()) *
                     up;
  const double lo = std::fmax(0, sum - off) * down;
  const double left = from_.residual_sum() * to_.bound() * up;
  const double hi = std::fmin(1, (sum + off + left) * up);
  bracket_.lo = std::fmax(bracket_.lo, lo);
  bracket_.hi = std::fmax(bracket_.lo, std::fmin(bracket_.hi, hi));
  bracket_.value = std::fmin(std::fmax(sum + 0.5 * left, bracket_.lo), bracket_.hi);
}

GraphOutcome ArcPair::step(Budget& budget) {
  fault_ = {};
  for (;;) {
    ArcRank& rank = forward_ ? from_ : to_.rank();
    const GraphOutcome outcome = rank.step(budget);
    if (outcome == GraphOutcome::failed) fault_ = rank.fault();
    if (outcome != GraphOutcome::done && outcome != GraphOutcome::rounding) return outcome;
    const int own = forward_ ? 1 : 2;
    if (outcome == GraphOutcome::rounding || rank.threshold() <= least_threshold) ends_ |= own;
    if (from_.work().pushes > 0 && to_.rank().work().pushes > 0) join();
    if (bracket_.hi - bracket_.lo <= atol_) return GraphOutcome::done;
    if (ends_ == 3) return GraphOutcome::rounding;
    const bool shorter = from_.work().entries <= to_.rank().work().entries;
    forward_ = ends_ == 2 || (ends_ == 0 && shorter);
    ArcRank& next = forward_ ? from_ : to_.rank();
    next.refine(next.threshold() * fall);
    budget.spend(4.0 * to_.touched());
  }
}

}  // namespace lacuna
