#include "lacuna/policy/bandit.hpp"

#include <cmath>
#include <limits>

#include "lacuna/base/elementary.hpp"

namespace lacuna {

double ArmRecord::mean_score() const { return cost.mean - natural_log(success.mean()); }

Status Bandit::begin(const BanditOptions& options) {
  if (options.arms < 1 || !(options.cut_off > 1) || !options.success.valid() ||
      !options.cost.valid()) {
    return Status::invalid_argument;
  }
  options_ = options;
  random = SeededRandom(options.seed);
  contexts_ = 0;
  return Status::ok;
}

Status Bandit::reserve(std::int32_t contexts) {
  const std::size_t wanted = at(contexts, 0);
  if (wanted <= records_.size()) return Status::ok;
  return grow(records_, at(contexts_, 0), wanted);
}

std::int32_t Bandit::add_context() {
  reset(contexts_);
  return contexts_++;
}

void Bandit::reset(std::int32_t context) {
  for (std::int32_t arm = 0; arm < options_.arms; ++arm) {
    ArmRecord& record = records_[at(context, arm)] = {};
    record.success = options_.success;
    record.cost = options_.cost;
  }
}

BanditChoice Bandit::choose(std::int32_t context) {
  BanditChoice choice;
  choice.arm = draw_least(context, random);
  choice.incumbent = incumbent(context);
  ArmRecord& chosen = record_of(context, choice.arm);
  ++chosen.chosen;
  choice.predicted = exponential(chosen.cost.mean);
  const ArmRecord& held = record_of(context, choice.incumbent);
  const bool known = held.recorded > 0 && choice.arm != choice.incumbent;
  choice.limit = known ? options_.cut_off * exponential(held.cost.mean)
                       : std::numeric_limits<double>::infinity();
  return choice;
}

bool Bandit::acceptable(const BanditOutcome& outcome) {
  return outcome.cost > 0 && std::isfinite(outcome.cost);
}

Status Bandit::record(std::int32_t context, std::int32_t arm, const BanditOutcome& outcome) {
  if (!acceptable(outcome)) return Status::invalid_argument;
  ArmRecord& record = record_of(context, arm);
  const double log_cost = natural_log(outcome.cost);
  if (outcome.censored) {
    record.cost.update_censored(log_cost);
    ++record.censored;
  } else {
    record.cost.update(log_cost);
  }
  if (outcome.success) record.success.update(*outcome.success);
  ++record.recorded;
  return Status::ok;
}

void Bandit::chances(std::int32_t context, std::int32_t draws, std::span<double> out) const {
  for (double& share : out) share = 0;
  // Apart from the stream of the choices themselves.
  SeededRandom own(random.state() ^ 0x6368616e636573u);
  for (std::int32_t k = 0; k < draws; ++k) ++out[draw_least(context, own)];
  for (double& share : out) share /= draws;
}

std::int32_t Bandit::incumbent(std::int32_t context) const {
  std::int32_t best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::int32_t arm = 0; arm < options_.arms; ++arm) {
    const ArmRecord& record = record_of(context, arm);
    if (record.recorded == 0) continue;
    const double score = record.mean_score();
    if (best >= 0 && !(score < least)) continue;
    least = score;
    best = arm;
  }
  return best < 0 ? 0 : best;
}

void Bandit::merge(std::int32_t context, const Bandit& other, std::int32_t from) {
  for (std::int32_t arm = 0; arm < options_.arms; ++arm) {
    ArmRecord& into = record_of(context, arm);
    const ArmRecord& added = other.record_of(from, arm);
    into.success.merge(added.success, options_.success);
    into.cost.merge(added.cost, options_.cost);
    into.chosen += added.chosen;
    into.recorded += added.recorded;
    into.censored += added.censored;
  }
}

std::int32_t Bandit::draw_least(std::int32_t context, SeededRandom& generator) const {
  std::int32_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::int32_t arm = 0; arm < options_.arms; ++arm) {
    const ArmRecord& record = record_of(context, arm);
    const double log_cost = record.cost.draw_mean(generator);
    const double score = log_cost - record.success.draw_log(generator);
    if (score < least) {
      least = score;
      best = arm;
    }
  }
  return best;
}

}  // namespace lacuna
