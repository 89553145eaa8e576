#include "lacuna/policy/beliefs.hpp"

#include <cmath>

namespace lacuna {
namespace {

/// Noise of ln of cost: variance about 0.1, worth five outcomes.
constexpr double prior_alpha = 2.5;
constexpr double prior_beta = 0.15;

/// Variance of a Student-t variable with more than two degrees of freedom.
double variance_of(const StudentT& t) { return t.scale * t.scale * t.dof / (t.dof - 2); }

}  // namespace

double ArmForecast::spread() const { return std::sqrt(deviation * deviation + noise); }

LinearPosterior::State Beliefs::prior_cost() {
  // Standard deviations: of the prior table as a whole 0.35, of a slope 0.12.
  LinearPosterior::Vector precision;
  precision.fill(7);
  precision[0] = 0.8;
  return LinearPosterior::prior(precision, prior_alpha, prior_beta);
}

NormalPosterior Beliefs::prior_offset() { return {0, 3, prior_alpha, prior_beta}; }

Status Beliefs::reserve(std::span<const BetaPosterior> safety, std::span<const int> ways) {
  Beliefs fresh;
  const std::size_t count = safety.size();
  const bool room = fresh.ways_.copy_from(ways) == Status::ok &&
                    fresh.costs_.allocate(count * Context::shapes) == Status::ok &&
                    fresh.arms_.allocate(count) == Status::ok &&
                    fresh.cells_.allocate(count * Context::buckets) == Status::ok;
  if (!room) return Status::out_of_memory;
  for (std::size_t k = 0; k < count; ++k) {
    fresh.arms_[k] = {prior_offset(), safety[k], 0};
  }
  for (LinearPosterior& cost : fresh.costs_.span()) {
    cost = LinearPosterior{};
    cost.set(prior_cost());
  }
  for (Cell& cell : fresh.cells_.span()) cell = {prior_offset(), 0, 0};
  *this = std::move(fresh);
  return Status::ok;
}

Status Beliefs::copy_from(const Beliefs& other) {
  Beliefs copy;
  const bool room = copy.ways_.copy_from(other.ways_.span()) == Status::ok &&
                    copy.costs_.copy_from(other.costs_.span()) == Status::ok &&
                    copy.arms_.copy_from(other.arms_.span()) == Status::ok &&
                    copy.cells_.copy_from(other.cells_.span()) == Status::ok;
  if (!room) return Status::out_of_memory;
  *this = std::move(copy);
  return Status::ok;
}

BetaPosterior Beliefs::safety(int k, int bucket) const {
  const double overall = arms_[k].safety.mean();
  const Cell& c = cell(bucket, k);
  return {shrinkage * overall + c.successes, shrinkage * (1 - overall) + c.failures};
}

ArmForecast Beliefs::forecast(int k, const Context& context, double prior,
                              const ArmForecast* sibling) const {
  const LinearPosterior& cost = costs_[line_of(k, context)];
  ArmForecast f;
  f.line = sibling ? sibling->line : cost.marginal(context.phi);
  const StudentT line = f.line.marginal_mean();
  const StudentT own = arms_[k].offset.marginal_mean();
  const StudentT offset = cell(context.bucket, k).offset.marginal_mean();
  f.mean = prior + line.location + own.location + offset.location;
  f.deviation = std::sqrt(variance_of(line) + variance_of(own) + variance_of(offset));
  f.noise = f.line.beta / std::fmax(f.line.alpha - 1, 0.5);
  f.safety = safety(k, context.bucket).mean();
  f.runs = arms_[k].runs;
  // Every outcome that tells of a cost changes it.
  f.known = cost.state().alpha != prior_alpha;
  return f;
}

double Beliefs::draw(int k, const Context& context, double prior, const ArmForecast& forecast,
                     SeededRandom& random) const {
  const double line = forecast.line.draw_mean(random);
  const double own = arms_[k].offset.draw_mean(random);
  const double offset = cell(context.bucket, k).offset.draw_mean(random);
  const double chance = safety(k, context.bucket).draw_log(random);
  return prior + line + own + offset + aversion * forecast.noise - caution * chance;
}

void Beliefs::update(int k, const Context& context, double prior, const RunOutcome& outcome) {
  ArmBelief& own = arms_[k];
  Cell& c = cell(context.bucket, k);
  own.runs += 1;
  if (!outcome.censored) {
    own.safety.update(outcome.certified);
    (outcome.certified ? c.successes : c.failures) += 1;
  }
  const double cost = outcome.log_cost - prior;
  LinearPosterior& way = costs_[line_of(k, context)];
  const bool failed = !outcome.censored && !outcome.certified;
  // Failing fast is no merit: what a failure has cost, with what followed it, counts where it is
  // more than was expected.
  if (failed && cost < line(k, context) + own.offset.mean + c.offset.mean) return;
  if (outcome.censored) {
    way.update_censored(context.phi, cost - own.offset.mean - c.offset.mean);
    own.offset.update_censored(cost - line(k, context) - c.offset.mean);
    c.offset.update_censored(cost - line(k, context) - own.offset.mean);
  } else {
    way.update(context.phi, cost - own.offset.mean - c.offset.mean);
    own.offset.update(cost - line(k, context) - c.offset.mean);
    c.offset.update(cost - line(k, context) - own.offset.mean);
  }
}

void Beliefs::merge(const Beliefs& other, const Beliefs& base) {
  for (std::size_t k = 0; k < costs_.size(); ++k) {
    LinearPosterior& cost = costs_[k];
    const LinearPosterior::State& theirs = other.costs_[k].state();
    // Where censored outcomes leave no sum, the narrower one stays.
    if (!cost.merge(theirs, base.costs_[k].state()) && theirs.alpha > cost.state().alpha) {
      cost.set(theirs);
    }
  }
  for (int k = 0; k < arms(); ++k) {
    arms_[k].offset.merge(other.arms_[k].offset, base.arms_[k].offset);
    arms_[k].safety.merge(other.arms_[k].safety, base.arms_[k].safety);
    arms_[k].runs += other.arms_[k].runs - base.arms_[k].runs;
  }
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    Cell& mine = cells_[k];
    mine.offset.merge(other.cells_[k].offset, base.cells_[k].offset);
    mine.successes += other.cells_[k].successes - base.cells_[k].successes;
    mine.failures += other.cells_[k].failures - base.cells_[k].failures;
  }
}

}  // namespace lacuna
