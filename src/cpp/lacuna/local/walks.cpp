#include "lacuna/local/walks.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// e⁻⁴⁵ of the range: what cutting off long walks may do by default.
constexpr double cut_off = 45;
/// Walks of a stage may turn out a little longer than those before.
constexpr double step_reserve = 1.05;
/// Share of its half-width to which an interval is narrowed next that does not exclude 0.
constexpr double next_width = 0.25;

}  // namespace

Fault Walks::begin(const WalkTable& table, std::span<const WalkStart> starts, LocalRhs& rhs,
                   const WalkSettings& settings) {
  if (!table.ready()) return Status::not_ready;
  source_ = WalkSource(&table);
  return start(starts, rhs, settings);
}

Fault Walks::begin(Lines& rows, const WalkPromise& promise, std::span<const WalkStart> starts,
                   LocalRhs& rhs, const WalkSettings& settings) {
  if (!(promise.margin > 0 && promise.contraction >= 0)) return Status::invalid_argument;
  source_ = WalkSource(rows, promise);
  return start(starts, rhs, settings);
}

Fault Walks::start(std::span<const WalkStart> starts, LocalRhs& rhs, const WalkSettings& settings) {
  const bool sound = settings.confidence > 0 && settings.confidence < 1 && settings.target >= 0 &&
                     settings.max_walks >= 0 && settings.max_steps >= 0 &&
                     settings.longest_walk >= 0 && settings.rtol >= 0;
  phase_ = Phase::done;
  outcome_ = Outcome::limit;
  if (!sound) return Status::invalid_argument;
  if (const Status s = block_.allocate(settings.in_flight); s != Status::ok) return s;
  if (const Fault f = starts_.begin(starts, source_.size(), settings.exact_first_step); !f.ok()) {
    return f;
  }
  rhs_ = &rhs;
  settings_ = settings;
  random_ = CounterRandom(settings.seed);
  phase_ = Phase::prepare;
  broken_at_ = -1;
  charged_ = span_ = variance_ = 0;
  low_ = -infinity;
  high_ = infinity;
  before_ = in_batch_ = 0;
  sample_ = {};
  return {};
}

void Walks::measure() {
  const RhsFacts& facts = rhs_->facts();
  const double factor = source_.largest_factor() * (1 + 4 * unit_roundoff);
  largest_ = facts.norm_inf * factor;
  double least = -largest_, greatest = largest_;
  const int sign = starts_.common_sign();
  if (source_.nonnegative() && sign != 0) {
    least = std::fmin(facts.least, 0.0) * factor;
    greatest = std::fmax(facts.greatest, 0.0) * factor;
    if (sign < 0) {
      const double other = least;
      least = -greatest;
      greatest = -other;
    }
  }
  span_ = (greatest - least) * (1 + 2 * unit_roundoff);
  const double end = 1 - source_.contraction();
  const double steps = settings_.longest_walk > 0 ? settings_.longest_walk : cut_off / end + 2;
  cap_ = steps < 0xffffffffu ? static_cast<std::uint32_t>(steps) : 0xffffffffu;
  if (cap_ < 1) cap_ = 1;
  const double cut = exponential(-end * (cap_ - 1.0)) * (1 + 0x1p-40);
  const double scale = starts_.scale();
  charged_ = starts_.exact_rounding();
  if (largest_ > 0) {
    charged_ += largest_ * (starts_.absolute_sum() * (source_.bias() + 16 * unit_roundoff) +
                            starts_.point_error() + scale * cut);
  }
  charged_ *= 1 + 8 * unit_roundoff;
  const double exact = starts_.exact();
  narrow(exact + scale * least - charged_, exact + scale * greatest + charged_);
}

double Walks::half_width() const {
  // The ends were rounded, and the middle is.
  const double size = std::fabs(low_) + std::fabs(high_);
  return size < infinity ? (high_ - low_) / 2 + 8 * unit_roundoff * size : infinity;
}

double Walks::target() const {
  if (settings_.rtol == 0 || before_ == 0) return settings_.target;
  const double value = std::fabs(settings_.offset + (low_ + (high_ - low_) / 2));
  return std::fmax(settings_.target, settings_.rtol * value - settings_.pad);
}

double Walks::aim() const {
  double wanted = std::fmax(settings_.target, settings_.first_target);
  if (settings_.rtol > 0 && before_ > 0) {
    // A value that may as well be 0 tells no target yet.
    wanted = std::fmax(target(), next_width * half_width());
  }
  return (wanted - charged_) / starts_.scale();
}

void Walks::narrow(double low, double high) {
  const double below = std::fmax(low, low_);
  const double above = std::fmin(high, high_);
  // Intervals that exclude each other: one has failed, as they may with small probability.
  const bool apart = below > above;
  low_ = apart ? low : below;
  high_ = apart ? high : above;
}

void Walks::finish(Outcome outcome) {
  phase_ = Phase::done;
  outcome_ = met() || outcome == Outcome::reached ? Outcome::reached : outcome;
}

void Walks::next_stage() {
  const double walks = before_;
  const double mean = walks > 0 ? block_.steps() / walks : 1 + 1 / (1 - source_.contraction());
  const double by_steps = (settings_.max_steps - block_.steps()) / (mean * step_reserve);
  const double allowed = std::fmin(settings_.max_walks - walks, by_steps);
  if (met()) return finish(Outcome::reached);
  if (settings_.rtol > 0 && before_ > 0) {
    if (!(aim() > 0)) return finish(Outcome::limit);
    plan_.retarget(aim());
  }
  if (!plan_.next(variance_, allowed, stage_)) return finish(Outcome::limit);
  sample_ = {};
  batch_ = 0;
  in_batch_ = 0;
  phase_ = Phase::batch;
}

void Walks::next_block() {
  const double size = stage_.size[batch_];
  if (in_batch_ == 0) starts_.begin_batch(size / 2);
  const double count = std::fmin(size - in_batch_, WalkBlock::capacity);
  block_.begin(random_, before_, in_batch_, static_cast<std::int32_t>(count), cap_);
  phase_ = Phase::walk;
}

Walks::Outcome Walks::score() {
  const std::int32_t count = block_.count();
  if (rhs_->kind() == LocalRhs::Kind::on_demand) {
    bool missing = false;
    for (std::int32_t k = 0; k < count; ++k) {
      double value;
      const std::int64_t v = block_.landing(k).vertex;
      missing = (v >= 0 && !rhs_->get(v, value)) || missing;
    }
    if (rhs_->failed()) return Outcome::out_of_memory;
    if (missing) return Outcome::needs_rhs;
  }
  double sum = 0, pair_sum = 0;
  for (std::int32_t k = 0; k < count; k += 2) {
    double score[2];
    for (std::int32_t i = 0; i < 2; ++i) {
      const WalkBlock::Landing& landing = block_.landing(k + i);
      double value = 0;
      if (landing.vertex >= 0) rhs_->get(landing.vertex, value);
      score[i] = landing.factor * value;
    }
    sum += score[0] + score[1];
    const double difference = score[0] - score[1];
    pair_sum += difference * difference / 2;
  }
  sample_.walks += count;
  sample_.sum += sum;
  sample_.pair_sum += pair_sum;
  in_batch_ += count;
  return Outcome::reached;
}

void Walks::close_batch() {
  before_ += in_batch_;
  in_batch_ = 0;
  // Sums of blocks, then of the scores in each.
  const double rounding =
      (WalkBlock::capacity + sample_.walks / WalkBlock::capacity + 16) * unit_roundoff;
  PairedSample raised = sample_;
  raised.pair_sum *= 1 + rounding;
  const double level = stage_.level[batch_];
  const double half = stage_.by_range && batch_ + 1 == stage_.batches
                          ? hoeffding_half_width(sample_.walks, span_, level)
                          : bernstein_half_width(raised, span_, level);
  const double scale = starts_.scale();
  const double middle = starts_.exact() + scale * sample_.mean();
  const double wide = (scale * (half + largest_ * rounding) + charged_) * (1 + 8 * unit_roundoff);
  variance_ = sample_.variance();
  narrow(middle - wide, middle + wide);
  phase_ = Phase::batch;
  if (++batch_ == stage_.batches || met()) phase_ = Phase::stage;
}

Walks::Outcome Walks::step(Budget& budget) {
  for (;;) {
    switch (phase_) {
      case Phase::prepare: {
        const Outcome outcome = starts_.prepare(source_, *rhs_, budget);
        broken_at_ = starts_.broken_at();
        if (outcome != Outcome::reached) return outcome;
        measure();
        const double scale = starts_.scale();
        // Without anything left to chance the answer is exact.
        if (!(scale * span_ > 0)) {
          finish(settings_.target > 0 || settings_.rtol > 0 ? Outcome::limit : Outcome::reached);
          break;
        }
        const bool aimed = settings_.target > 0 || settings_.rtol > 0;
        // Without a guess the range is halved first.
        if (settings_.rtol > 0 && !(settings_.first_target > 0)) {
          settings_.first_target = scale * span_ / 4;
        }
        plan_.begin(span_, settings_.confidence, aimed ? aim() : 0);
        phase_ = Phase::stage;
        if (aimed && !(aim() > 0)) finish(Outcome::limit);
        break;
      }
      case Phase::stage: next_stage(); break;
      case Phase::batch: next_block(); break;
      case Phase::walk: {
        const Outcome outcome = block_.step(source_, starts_, budget);
        broken_at_ = block_.broken_at();
        if (outcome != Outcome::reached) return outcome;
        phase_ = Phase::score;
        break;
      }
      case Phase::score: {
        if (budget.exhausted()) return Outcome::running;
        const Outcome outcome = score();
        if (outcome != Outcome::reached) return outcome;
        budget.spend(8.0 * block_.count());
        phase_ = Phase::batch;
        if (in_batch_ == stage_.size[batch_]) {
          close_batch();
        } else if (block_.steps() >= settings_.max_steps) {
          finish(Outcome::limit);
        }
        break;
      }
      case Phase::done: return outcome_;
    }
  }
}

WalkResult Walks::result() const {
  WalkResult r;
  const double scale = starts_.scale();
  r.half_width = half_width();
  r.estimate = r.half_width < infinity ? low_ + (high_ - low_) / 2 : 0;
  r.confidence = settings_.confidence;
  r.walks = before_ + in_batch_;
  r.steps = block_.steps();
  r.variance = scale * scale * variance_;
  r.range = scale * span_;
  r.truncated = block_.truncated();
  r.exact_part = starts_.exact();
  r.exact_rounding = starts_.exact_rounding();
  r.charged = charged_;
  r.reached = met() || (phase_ == Phase::done && outcome_ == Outcome::reached) ? 1 : 0;
  return r;
}

}  // namespace lacuna
