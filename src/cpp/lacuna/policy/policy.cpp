#include "lacuna/policy/policy.hpp"

#include <algorithm>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/prior_table.hpp"

namespace lacuna {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return SeededRandom(a ^ b).bits(); }

/// What a plan is remembered by: the pattern, and classes of what else decides.
std::uint64_t signature_of(const Features& f, const Context& context) {
  const double rhs = f[Feature::rhs_count];
  const double rtol = f[Feature::rtol];
  const int job =
      (rhs > 1) + (rhs > 8) + (rhs > 64) + 4 * ((rtol < 1e-4) + (rtol < 1e-8) + (rtol < 1e-12));
  const int shape = context.bucket / (Context::dimensions * Context::sizes);
  return mix(f.pattern_hash, static_cast<std::uint64_t>(job * Context::shapes + shape));
}

/// Whether the rules may put another plan before what they try first, see `deferral_flops`.
bool rules_may_defer(const Features& f) { return f[Feature::factor_flops] > deferral_flops / 8; }

bool positive_number(double x) { return x > 0 && x < std::numeric_limits<double>::infinity(); }

}  // namespace

const char* source_name(Source source) {
  constexpr const char* names[] = {"rules", "memory", "bandit", "challenge", "observed"};
  const auto k = static_cast<std::size_t>(source);
  return k < std::size(names) ? names[k] : "unknown";
}

Status Policy::State::copy_from(const State& other) {
  Beliefs beliefs_copy;
  PlanMemory memory_copy;
  if (beliefs_copy.copy_from(other.beliefs) != Status::ok) return Status::out_of_memory;
  if (memory_copy.copy_from(other.memory) != Status::ok) return Status::out_of_memory;
  random = other.random;
  counts = other.counts;
  beliefs = std::move(beliefs_copy);
  memory = std::move(memory_copy);
  ledgers = other.ledgers;
  return Status::ok;
}

Result<std::unique_ptr<Policy>> Policy::create(const PolicySettings& settings) {
  const auto learning = static_cast<std::int32_t>(settings.learning);
  const bool fits = learning >= 0 && learning <= static_cast<std::int32_t>(Learning::full) &&
                    settings.cutoff >= 1 && positive_number(settings.cutoff) &&
                    settings.trial >= 1 && positive_number(settings.trial);
  if (!fits) return Status::invalid_argument;
  std::unique_ptr<Policy> policy(lacuna::create<Policy>());
  if (!policy) return Status::out_of_memory;
  policy->settings_ = settings;
  policy->state_.random = SeededRandom(settings.seed);
  if (const Status status = policy->reset_beliefs(policy->state_.beliefs); status != Status::ok) {
    return status;
  }
  if (const Status status = policy->state_.memory.reserve(settings.memory_entries);
      status != Status::ok) {
    return status == Status::invalid_size ? Status::invalid_argument : status;
  }
  return policy;
}

Status Policy::reset_beliefs(Beliefs& beliefs) const {
  std::array<BetaPosterior, Arms::capacity> safety;
  std::array<int, Arms::capacity> ways;
  const int count = arms_.count();
  for (int k = 0; k < count; ++k) {
    safety[k] = prior_safety(arms_[k]);
    ways[k] = arms_.way(k);
  }
  const auto size = static_cast<std::size_t>(count);
  return beliefs.reserve({safety.data(), size}, {ways.data(), size});
}

Result<Features> Policy::measure(const CsrView& a, double rhs_count, double rtol) {
  const auto pass = pass_over_rows(a);
  if (!pass.ok()) return pass.fault();
  const std::uint64_t hash = hash_pattern(a);
  const Mirrors mirrors(a);
  auto known = std::find_if(known_.begin(), known_.end(), [&](const KnownPattern& one) {
    return one.used > 0 && one.hash == hash;
  });
  if (known == known_.end()) {
    LevelStructure levels;
    if (a.square()) {
      auto measured = measure_levels(a);
      if (!measured.ok()) return measured.fault();
      levels = measured.value();
      searched_ += levels.entries;
    }
    known = std::min_element(known_.begin(), known_.end(),
                             [](const auto& x, const auto& y) { return x.used < y.used; });
    known->hash = hash;
    known->fill = predict_fill(a, pass.value(), mirrors.pattern_symmetry(), levels);
  }
  known->used = ++measured_;
  const Structure& structure = pass.value().structure;
  Features features = make_features(a, hash, pass.value(), mirrors, known->fill, rhs_count, rtol);
  features.arms = arms_.fitting(a, structure);
  features.rules_arm = arms_.first_of_rules(a, structure);
  return features;
}

ArmForecast Policy::forecast(int arm, const Features& features, const Context& context) const {
  return state_.beliefs.forecast(arm, context, prior_log_cost(arms_, arm, features));
}

void Policy::propose(const Features& features, const Arm& fixed, bool explore, Decision& decision) {
  decision = Decision{};
  const Context context = context_of(features);
  decision.bucket = context.bucket;
  decision.signature = signature_of(features, context);
  const PlanEntry* entry = state_.memory.find(decision.signature);
  const std::uint64_t fitting = features.arms & arms_.matching(fixed);
  // Where the rules refuse a matrix, so does everything.
  const bool rules_fit = (features.arms >> Arms::rules & 1) != 0;
  if (rules_fit && settings_.learning != Learning::off) {
    if (entry != nullptr && (fitting >> entry->arm & 1) != 0) {
      decision.remembered = true;
      decision.entry = *entry;
    }
    if (settings_.learning == Learning::full) {
      weigh(features, context, fitting, explore, decision);
      choose(features, decision, explore);
      if (explore && settings_.speculate) consider_second(decision);
    } else if (decision.remembered && entry->trust != Trust::quarantined) {
      decision.arm = entry->arm;
      decision.source = Source::memory;
      decision.limit = settings_.trial * exponential(entry->mean);
    }
  }
  if (!explore) return;
  PolicyCounts& counts = state_.counts;
  counts.proposals += 1;
  counts.from_memory += decision.source == Source::memory;
  counts.challenges += decision.source == Source::challenge;
  counts.speculations += decision.second >= 0;
}

void Policy::record(const Features& features, int arm, Source source, const RunOutcome& outcome) {
  if (settings_.learning == Learning::off) return;
  const Context context = context_of(features);
  const std::uint64_t signature = signature_of(features, context);
  const bool certified = outcome.certified && !outcome.censored;
  PolicyCounts& counts = state_.counts;
  counts.records += 1;
  counts.certified += certified;
  counts.censored += outcome.censored;
  if (source == Source::challenge) {
    const PlanEntry* entry = state_.memory.find(signature);
    counts.challenges_won +=
        certified && entry != nullptr && entry->arm != arm && (outcome.log_cost < entry->mean);
  }
  if (source != Source::observed) book(features, context, arm, outcome);
  const auto learn = [&](int k) {
    state_.beliefs.update(k, context, prior_log_cost(arms_, k, features), outcome);
  };
  learn(arm);
  // The rules and what they try first are one plan as long as that answers.
  const int first = features.rules_arm;
  const bool answered = certified || outcome.censored;
  if (arm == Arms::rules && first != arm && certified && outcome.first_rung) learn(first);
  if (arm == first && first != Arms::rules && answered && !rules_may_defer(features)) {
    learn(Arms::rules);
  }
  state_.memory.record(signature, arm, {certified, outcome.log_cost});
}

void Policy::book(const Features& features, const Context& context, int arm,
                  const RunOutcome& outcome) {
  Ledger& ledger = state_.ledgers[context.shape()];
  const int base = base_plan(arms_, state_.beliefs, features, context, features.arms);
  const double cost = exponential(outcome.log_cost);
  if (arm == Arms::rules || arm == features.rules_arm || arm == base) {
    ledger.book_base(cost);
    return;
  }
  const ArmForecast f = forecast(base, features, context);
  const bool certified = outcome.certified && !outcome.censored;
  ledger.book_other(cost, certified, outcome.censored, exponential(f.mean),
                    exponential(f.mean - f.spread()));
}

void Policy::record_race(bool second_won) { state_.counts.speculations_won += second_won; }

Status Policy::checkpoint() {
  std::unique_ptr<State> copy(lacuna::create<State>());
  if (!copy || copy->copy_from(state_) != Status::ok) return Status::out_of_memory;
  kept_ = std::move(copy);
  return Status::ok;
}

Status Policy::rollback() {
  if (!kept_) return Status::not_ready;
  return state_.copy_from(*kept_);
}

Status Policy::merge(const Policy& other, const Policy* base) {
  const int count = arms_.count();
  if (other.arms_.count() != count || (base && base->arms_.count() != count)) {
    return Status::shape_mismatch;
  }
  Beliefs nothing;
  if (reset_beliefs(nothing) != Status::ok) return Status::out_of_memory;
  state_.beliefs.merge(other.state_.beliefs, base ? base->state_.beliefs : nothing);
  state_.memory.merge(other.state_.memory);
  PolicyCounts& mine = state_.counts;
  const PolicyCounts& theirs = other.state_.counts;
  const PolicyCounts common = base ? base->state_.counts : PolicyCounts{};
  const auto add = [](double& a, double b, double c) { a += b - c; };
  add(mine.proposals, theirs.proposals, common.proposals);
  add(mine.records, theirs.records, common.records);
  add(mine.certified, theirs.certified, common.certified);
  add(mine.censored, theirs.censored, common.censored);
  add(mine.from_memory, theirs.from_memory, common.from_memory);
  add(mine.challenges, theirs.challenges, common.challenges);
  add(mine.challenges_won, theirs.challenges_won, common.challenges_won);
  add(mine.speculations, theirs.speculations, common.speculations);
  add(mine.speculations_won, theirs.speculations_won, common.speculations_won);
  return Status::ok;
}

}  // namespace lacuna
