#include "lacuna/policy/exploration.hpp"

#include <algorithm>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/prior_table.hpp"

namespace lacuna {
namespace {

/// Slope of the logistic distribution that is next to the normal one.
constexpr double logistic = 1.7;
/// Steps in which a limit is lowered.
constexpr double lower = 0.8;

/// The arm of a method in its own order, or in AMD's where that is cheaper; −1 where none fits.
int cheaper_order(const Arms& arms, const Features& features, Method method,
                  std::uint64_t fitting) {
  int best = -1;
  double least = 0;
  for (const OrderingKind order : {OrderingKind::automatic, OrderingKind::amd}) {
    const int k = arms.find(Arm{method, PreconditionerKind::none, order});
    if (k < 0 || (fitting >> k & 1) == 0) continue;
    const double cost = prior_log_cost(arms, k, features);
    if (best >= 0 && cost >= least) continue;
    best = k;
    least = cost;
  }
  return best;
}

}  // namespace

void Ledger::book_other(double cost, bool certified, bool wasted, double expected, double least) {
  if (wasted) {
    base += least;
    loss += cost;
    return;
  }
  base += certified ? std::min(cost, expected) : least;
  loss += std::max(cost - expected, 0.0);
}

double affordable_limit(const ArmForecast& forecast, double most, double allowance) {
  const double wide = forecast.spread();
  const double cost = exponential(forecast.mean);
  double limit = std::min(most, Ledger::reach * allowance);
  for (; limit > cost; limit *= lower) {
    const double apart = (natural_log(limit) - forecast.mean) / wide;
    const double ends = forecast.safety / (1 + exponential(-logistic * apart));
    if ((1 - ends) * limit <= allowance) return limit;
  }
  return 0;
}

ShapeCounts shape_counts(const Beliefs& beliefs, const Context& context, int arm) {
  constexpr int each = Context::dimensions * Context::sizes;
  ShapeCounts counts;
  const int first = context.shape() * each;
  for (int bucket = first; bucket < first + each; ++bucket) {
    const Beliefs::Cell& cell = beliefs.cell(bucket, arm);
    counts.successes += cell.successes;
    counts.failures += cell.failures;
  }
  return counts;
}

int base_plan(const Arms& arms, const Beliefs& beliefs, const Features& features,
              const Context& context, std::uint64_t fitting) {
  const Method tried = arms[features.rules_arm].method;
  if (is_iterative(tried) || features[Feature::factor_flops] > deferral_flops / 8) {
    return Arms::rules;
  }
  int base = -1;
  bool begun = false;
  for (const Method method : {Method::cholesky, Method::ldlt, Method::lu}) {
    begun = begun || method == tried;
    if (!begun) continue;
    const int k = cheaper_order(arms, features, method, fitting);
    if (k < 0) continue;
    if (base < 0) base = k;
    ShapeCounts counts;
    for (int one = 0; one < arms.count(); ++one) {
      if (arms.way(one) != arms.way(k)) continue;
      const ShapeCounts own = shape_counts(beliefs, context, one);
      counts.successes += own.successes;
      counts.failures += own.failures;
    }
    if (counts.failures == 0 || counts.failures < counts.successes) return k;
  }
  return base < 0 ? Arms::rules : base;
}

}  // namespace lacuna
