// How a policy weighs plans and chooses one.
#include <algorithm>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/policy.hpp"
#include "lacuna/policy/prior_table.hpp"

namespace lacuna {
namespace {

/// ln of how much dearer than the best an arm may be expected to be and still be drawn.
constexpr double widest = 1.6094379124341003;  // ln 5
/// Without exploring, plans of whose cost less is known than this deviation are left out.
constexpr double vague = 0.35;
/// And the base plan is kept unless another is expected to be cheaper by more than this, in ln:
/// forecasts are not so good that less would be worth the risk.
constexpr double kept_within = 0.05;
/// What an arm that was never run is expected to cost more than the rules, in ln.
constexpr double rules_margin = 0.05;
/// Uses after which a plan that nothing spoke against is challenged.
constexpr std::int32_t uses_for_challenge = 3;
/// Plans are close within ln 1.35, and little is known past this deviation.
constexpr double close = 0.3;
constexpr double wide = 0.3;
/// Share of the first plan's expected cost that a second may take.
constexpr double second_share = 0.5;
/// What a remembered cost is expected to vary by at least, in ln.
constexpr double least_deviation = 0.05;
/// ln of how much more than expected a plan may cost before it is left.
constexpr double patience = 0.7;

double expected_score(const ArmForecast& f) {
  return f.mean + Beliefs::aversion * f.noise - Beliefs::caution * natural_log(f.safety);
}

/// `affordable_limit` by what is believed of an arm, which may be better than what it is chosen by.
double affordable(const Candidate& candidate, double most, double allowance) {
  ArmForecast f = candidate.forecast;
  f.mean -= candidate.rise;
  return affordable_limit(f, most, allowance);
}

}  // namespace

void Policy::weigh(const Features& features, const Context& context, std::uint64_t fitting,
                   bool explore, Decision& decision) {
  const Beliefs& beliefs = state_.beliefs;
  const double rules = forecast(Arms::rules, features, context).mean;
  decision.base = base_plan(arms_, beliefs, features, context, fitting);
  decision.base_forecast = forecast(decision.base, features, context);
  const double base_score = expected_score(decision.base_forecast);
  const double expected = decision.base_forecast.mean - decision.base_forecast.spread();
  decision.allowance = state_.ledgers[context.shape()].allowance(exponential(expected));
  for (int k = 0; k < arms_.count(); ++k) {
    if ((fitting >> k & 1) == 0) continue;
    const int place = decision.candidate_count++;
    Candidate& candidate = decision.candidates[place];
    candidate = Candidate{};
    candidate.arm = k;
    candidate.prior = prior_log_cost(arms_, k, features);
    const Candidate* before = place > 0 ? &decision.candidates[place - 1] : nullptr;
    const bool same = before && arms_.way(before->arm) == arms_.way(k);
    candidate.forecast =
        beliefs.forecast(k, context, candidate.prior, same ? &before->forecast : nullptr);
    const bool is_base = k == decision.base;
    const bool known = k == Arms::rules || (explore && is_base) || candidate.forecast.known;
    candidate.rise = known ? 0 : std::max(0.0, rules + rules_margin - candidate.forecast.mean);
    candidate.forecast.mean += candidate.rise;
    candidate.score = expected_score(candidate.forecast);
    if (is_base && !explore) candidate.score -= kept_within;
    const ShapeCounts counts = shape_counts(beliefs, context, k);
    const bool proven = counts.successes > counts.failures && candidate.forecast.known;
    candidate.safe =
        is_base || (proven && candidate.score + candidate.forecast.deviation < base_score);
  }
  const auto all = decision.candidates.begin();
  auto end = all + decision.candidate_count;
  const auto is_vague = [&](const Candidate& one) {
    const bool is_rules = one.arm == Arms::rules || one.arm == decision.base;
    return one.forecast.deviation > vague && !is_rules;
  };
  // Where nothing better is known, the least expected of them has to do.
  if (!explore && !std::all_of(all, end, is_vague)) end = std::remove_if(all, end, is_vague);
  double best = std::numeric_limits<double>::infinity();
  for (auto one = all; one != end; ++one) best = std::min(best, one->score);
  end = std::remove_if(all, end, [&](const Candidate& one) {
    const double score = one.score - (explore ? one.rise : 0);
    const bool hopeless = score > best + widest || score - one.forecast.deviation > best;
    return hopeless && !(explore && one.arm == decision.base);
  });
  decision.candidate_count = static_cast<int>(end - all);
  for (auto one = all; explore && one != end; ++one) {
    // Drawing among plans as near to each other as the base plan and its like tells nothing.
    if (one->arm == decision.base) continue;
    const double drawn = beliefs.draw(one->arm, context, one->prior, one->forecast, state_.random);
    one->score = drawn + one->rise;
  }
}

void Policy::choose(const Features& features, Decision& decision, bool explore) const {
  const auto begin = decision.candidates.begin();
  const auto end = begin + decision.candidate_count;
  if (begin == end) return;
  const PlanEntry& entry = decision.entry;
  if (!decision.remembered || entry.trust == Trust::quarantined) {
    return choose_unknown(features, decision, explore);
  }
  decision.arm = entry.arm;
  decision.source = Source::memory;
  decision.limit = settings_.trial * exponential(entry.mean);
  if (!explore) return;
  const Candidate* rival = nullptr;
  for (auto one = begin; one != end; ++one) {
    const bool lost = (entry.lost >> one->arm & 1) != 0;
    if (lost || one->arm == entry.arm) continue;
    if (rival == nullptr || one->score < rival->score) rival = &*one;
  }
  if (rival == nullptr) return;
  const double known = entry.mean - natural_log(entry.confidence());
  const bool due = entry.counterexamples == 0 && entry.uses >= uses_for_challenge;
  const bool anniversary = entry.uses >= 8 && (entry.uses & (entry.uses - 1)) == 0;
  const bool open = entry.trust != Trust::trusted || anniversary;
  if (!due && !(open && rival->score < known - least_deviation)) return;
  double limit = settings_.cutoff * exponential(entry.mean);
  if (!rival->safe) limit = affordable(*rival, limit, decision.allowance);
  if (limit == 0) return;
  decision.arm = rival->arm;
  decision.source = Source::challenge;
  decision.limit = limit;
}

void Policy::choose_unknown(const Features& features, Decision& decision, bool explore) const {
  const auto begin = decision.candidates.begin();
  const auto end = begin + decision.candidate_count;
  const bool barred = decision.remembered && decision.candidate_count > 1;
  const auto skip = [&](const Candidate& one) { return barred && one.arm == decision.entry.arm; };
  const bool bounded = explore && std::any_of(begin, end, [&](const Candidate& one) {
                         return one.safe && !skip(one);
                       });
  const double low = decision.base_forecast.mean - decision.base_forecast.spread();
  const Candidate* best = nullptr;
  const Candidate* expected = nullptr;
  double limit = std::numeric_limits<double>::infinity();
  for (auto one = begin; one != end; ++one) {
    if (skip(*one)) continue;
    const double score = expected_score(one->forecast);
    if (expected == nullptr || score < expected_score(expected->forecast)) expected = &*one;
    if (best != nullptr && one->score >= best->score) continue;
    double most = std::numeric_limits<double>::infinity();
    if (bounded && !one->safe) {
      most = affordable(*one, settings_.cutoff * exponential(low), decision.allowance);
      if (most == 0) continue;
    }
    best = &*one;
    limit = most;
  }
  decision.arm = best->arm;
  decision.source = Source::bandit;
  // Where it is left, the rules follow, which would begin with the same.
  const int arm = best->arm;
  if (arm == Arms::rules || arm == features.rules_arm || arm == decision.base) return;
  const ArmForecast& f = best->forecast;
  if (best == expected) {
    // Left once another plan would have been cheaper.
    double other = std::numeric_limits<double>::infinity();
    for (auto one = begin; one != end; ++one) {
      if (&*one != best) other = std::min(other, one->forecast.mean);
    }
    const double later = exponential(std::max(f.mean + 2 * f.deviation, other) + patience);
    decision.limit = std::min(limit, later);
  } else {
    decision.limit = std::min(limit, settings_.cutoff * exponential(expected->forecast.mean));
  }
}

void Policy::consider_second(Decision& decision) const {
  if (decision.source != Source::bandit || decision.candidate_count < 2) return;
  const auto begin = decision.candidates.begin();
  const auto end = begin + decision.candidate_count;
  const auto first =
      std::find_if(begin, end, [&](const Candidate& one) { return one.arm == decision.arm; });
  const Candidate* second = nullptr;
  for (auto one = begin; one != end; ++one) {
    const bool is_rules = one->arm == Arms::rules || decision.arm == Arms::rules;
    if (one == first || is_rules) continue;
    if (second == nullptr || one->forecast.mean < second->forecast.mean) second = &*one;
  }
  if (second == nullptr) return;
  const double apart = second->forecast.mean - first->forecast.mean;
  const bool near = apart < close && apart > -close;
  const bool unsure = std::max(first->forecast.deviation, second->forecast.deviation) > wide;
  if (!near || !unsure) return;
  decision.second = second->arm;
  decision.second_limit =
      second_share * exponential(first->forecast.mean + first->forecast.deviation);
}

}  // namespace lacuna
