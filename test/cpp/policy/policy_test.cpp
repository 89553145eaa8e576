#include "lacuna/policy/policy.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "lacuna/policy/prior_table.hpp"
#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/policy.hpp"

namespace lacuna::test {
namespace {

TEST_CASE("with learning off the rules are proposed, and nothing is learned", "[policy]") {
  PolicySettings settings;
  settings.learning = Learning::off;
  auto policy = made(settings);
  const std::string before = state_of(*policy);
  for (const Features& f : several(*policy)) {
    Decision decision;
    policy->propose(f, {}, true, decision);
    CHECK(decision.arm == Arms::rules);
    CHECK(decision.source == Source::rules);
    CHECK(std::isinf(decision.limit));
    policy->record(f, decision.arm, decision.source, certified(1e6));
  }
  auto same = made(settings);
  CHECK(policy->counts().records == 0);
  CHECK(policy->random_state() == same->random_state());
}

TEST_CASE("without experience the least expected plan is that of the rules", "[policy]") {
  auto policy = made();
  const std::string before = state_of(*policy);
  for (const Features& f : several(*policy)) {
    Decision decision;
    policy->propose(f, {}, false, decision);
    const bool is_rules = decision.arm == Arms::rules || decision.arm == f.rules_arm;
    CHECK(is_rules);
  }
  // Not exploring leaves no trace.
  CHECK(state_of(*policy) == before);
}

TEST_CASE("what costs least is found, and exploring stays cheap", "[policy]") {
  auto policy = made();
  const auto systems = family(*policy, 160);
  const int best = policy->arms().find("cg+jacobi");
  double spent = 0;
  double rules = 0;
  int chosen = 0;
  for (std::size_t k = 0; k < systems.size(); ++k) {
    const Features& f = systems[k];
    // What plans like the rules cost, of which exploring may lose little, grows with the systems.
    const double cost = 3 * std::exp(prior_log_cost(policy->arms(), Arms::rules, f));
    const Run run = use(*policy, f, [&](int arm) { return arm == best ? cost / 3 : cost; });
    spent += run.spent;
    rules += cost;
    if (k >= 140) chosen += run.arm == best;
  }
  CHECK(chosen >= 18);
  CHECK(spent < 0.6 * rules);
}

TEST_CASE("a failing plan is left alone, and one that is dear is cut off", "[policy]") {
  auto policy = made();
  const auto systems = family(*policy, 60);
  const int bad = policy->arms().find("cg+jacobi");
  int failures = 0;
  int late = 0;
  for (std::size_t k = 0; k < systems.size(); ++k) {
    Decision decision;
    policy->propose(systems[k], {}, true, decision);
    failures += decision.arm == bad;
    late += decision.arm == bad && k >= 40;
    // A failure costs what it took and what the rules took after it.
    RunOutcome outcome = certified(decision.arm == bad ? 3e6 : 2e6);
    outcome.certified = decision.arm != bad;
    policy->record(systems[k], decision.arm, decision.source, outcome);
  }
  CHECK(failures < 12);
  CHECK(late <= 2);
}

TEST_CASE("what worked on a pattern is tried first, and challenged before it is trusted",
          "[policy]") {
  auto policy = made();
  const Features f = family(*policy, 1)[0];
  const int best = policy->arms().find("cholesky:amd");
  Decision decision;
  int challenges = 0;
  for (int k = 0; k < 40; ++k) {
    policy->propose(f, {}, true, decision);
    challenges += decision.source == Source::challenge;
    const double cost = decision.arm == best ? 1e6 : 1.4e6;
    const bool cut = cost > decision.limit;
    RunOutcome outcome = certified(cut ? decision.limit : cost);
    outcome.certified = !cut;
    outcome.censored = cut;
    policy->record(f, decision.arm, decision.source, outcome);
  }
  CHECK(challenges > 0);
  policy->propose(f, {}, false, decision);
  CHECK(decision.source == Source::memory);
  CHECK(decision.entry.trust == Trust::trusted);
  CHECK(decision.limit == Approx(2 * std::exp(decision.entry.mean)));
  // New values that it fails on: back to the others.
  for (int k = 0; k < 2; ++k) policy->record(f, decision.arm, Source::memory, {});
  const int fallen = decision.arm;
  policy->propose(f, {}, false, decision);
  CHECK(decision.arm != fallen);
  CHECK(decision.entry.trust == Trust::quarantined);
}

TEST_CASE("a memory alone repeats what worked and else goes by the rules", "[policy]") {
  PolicySettings settings;
  settings.learning = Learning::memory;
  auto policy = made(settings);
  const auto systems = family(*policy, 2);
  Decision decision;
  policy->propose(systems[0], {}, true, decision);
  CHECK(decision.source == Source::rules);
  policy->record(systems[0], Arms::rules, decision.source, certified(1e6));
  policy->propose(systems[0], {}, true, decision);
  CHECK(decision.source == Source::memory);
  CHECK(decision.limit == Approx(2e6));
  policy->propose(systems[1], {}, true, decision);
  CHECK(decision.source == Source::rules);
}

TEST_CASE("what is fixed stays fixed", "[policy]") {
  auto policy = made();
  Arm fixed;
  fixed.method = Method::cg;
  for (const Features& f : several(*policy)) {
    Decision decision;
    policy->propose(f, fixed, true, decision);
    const Method method = policy->arms()[decision.arm].method;
    const bool agrees = method == Method::cg || decision.source == Source::rules;
    CHECK(agrees);
  }
}

TEST_CASE("the same seed and history give the same draws and choices", "[policy]") {
  PolicySettings settings;
  settings.seed = 0xfedcba9876543210u;
  const auto choices = [&](std::uint64_t seed) {
    settings.seed = seed;
    auto policy = made(settings);
    std::vector<double> made_of;
    for (const Features& f : family(*policy, 40)) {
      Decision decision;
      policy->propose(f, {}, true, decision);
      for (int k = 0; k < decision.candidate_count; ++k) {
        made_of.push_back(decision.candidates[k].score);
      }
      made_of.push_back(use(*policy, f, [](int arm) { return 1e6 * (1 + arm % 5); }).arm);
    }
    return made_of;
  };
  CHECK(choices(1) == choices(1));
  CHECK(choices(1) != choices(2));
}

TEST_CASE("rollback takes back policy and memory together", "[policy]") {
  auto policy = made();
  CHECK(policy->rollback() == Status::not_ready);
  const auto systems = family(*policy, 30);
  const auto learn = [&](int from, int to) {
    std::vector<int> arms;
    for (int k = from; k < to; ++k) {
      arms.push_back(use(*policy, systems[k], [](int arm) { return 1e6 * (1 + arm % 3); }).arm);
    }
    return arms;
  };
  learn(0, 10);
  const std::string kept = state_of(*policy);
  REQUIRE(policy->checkpoint() == Status::ok);
  const auto first = learn(10, 30);
  CHECK(state_of(*policy) != kept);
  REQUIRE(policy->rollback() == Status::ok);
  CHECK(state_of(*policy) == kept);
  CHECK(learn(10, 30) == first);
  REQUIRE(policy->rollback() == Status::ok);
  CHECK(state_of(*policy) == kept);
}

TEST_CASE("policies that learned apart are merged", "[policy]") {
  auto left = made();
  const auto systems = family(*left, 30);
  const int arm = left->arms().find("cg+jacobi");
  const auto learn = [&](Policy& policy, int from, int to) {
    for (int k = from; k < to; ++k) {
      policy.record(systems[k], arm, Source::bandit, certified(1e6 + 1e4 * k));
    }
  };
  // Both begin with ten outcomes, which count once.
  learn(*left, 0, 10);
  auto base = made();
  REQUIRE(base->restore(state_of(*left)).ok());
  auto right = made();
  REQUIRE(right->restore(state_of(*left)).ok());
  auto whole = made();
  REQUIRE(whole->restore(state_of(*left)).ok());
  learn(*left, 10, 20);
  learn(*right, 20, 30);
  learn(*whole, 10, 30);
  REQUIRE(left->merge(*right, base.get()) == Status::ok);
  CHECK(left->counts() == whole->counts());
  CHECK(left->beliefs().arm(arm).runs == whole->beliefs().arm(arm).runs);
  CHECK(left->memory().entries().size() == whole->memory().entries().size());
  Decision merged;
  Decision expected;
  left->propose(systems[5], {}, false, merged);
  whole->propose(systems[5], {}, false, expected);
  CHECK(merged.arm == expected.arm);
  const Context context = context_of(systems[5]);
  const double prior = prior_log_cost(left->arms(), arm, systems[5]);
  const ArmForecast one = left->beliefs().forecast(arm, context, prior);
  const ArmForecast two = whole->beliefs().forecast(arm, context, prior);
  CHECK(one.mean == Approx(two.mean).margin(0.1));
  CHECK(one.safety == Approx(two.safety));
}

TEST_CASE("settings outside their domains are refused", "[policy]") {
  const auto status = [](auto&& change) {
    PolicySettings settings;
    change(settings);
    return Policy::create(settings).fault().status;
  };
  CHECK(status([](auto&) {}) == Status::ok);
  CHECK(status([](auto& s) { s.cutoff = 0.5; }) == Status::invalid_argument);
  CHECK(status([](auto& s) { s.trial = HUGE_VAL; }) == Status::invalid_argument);
  CHECK(status([](auto& s) { s.memory_entries = 0; }) == Status::invalid_argument);
  CHECK(status([](auto& s) { s.learning = static_cast<Learning>(7); }) == Status::invalid_argument);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a policy needs its memory or is not made", "[policy]") {
  fail_everywhere([] { return Policy::create({}).fault().status; }, [](Status) {});
  auto policy = made();
  const auto systems = family(*policy, 5);
  for (const Features& f : systems) policy->record(f, 1, Source::bandit, certified(1e6));
  const std::string before = state_of(*policy);
  fail_everywhere([&] { return policy->checkpoint(); }, [&](Status) {});
  fail_everywhere([&] { return policy->rollback(); }, [&](Status) {});
  CHECK(state_of(*policy) == before);
}
#endif

}  // namespace
}  // namespace lacuna::test
