#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/policy.hpp"
#include "support/catch.hpp"
#include "support/systems.hpp"

namespace lacuna::test {

inline std::unique_ptr<Policy> made(const PolicySettings& settings = {}) {
  auto policy = Policy::create(settings);
  REQUIRE(policy.ok());
  return policy.take();
}

inline std::string state_of(const Policy& policy) {
  Buffer<char> text;
  REQUIRE(policy.write(text) == Status::ok);
  return {text.data(), text.size()};
}

inline Features features_by(Policy& policy, const Triplets& t) {
  const CsrMatrix matrix = t.matrix();
  auto features = policy.measure(matrix.view(), 1, 1e-10);
  REQUIRE(features.ok());
  return features.take();
}

/// Systems of one kind and different patterns.
inline std::vector<Features> family(Policy& policy, int count) {
  std::vector<Features> all;
  for (int k = 0; k < count; ++k) all.push_back(features_by(policy, grid(20 + k % 7, 20 + k, 0.1)));
  return all;
}

/// One of each kind.
inline std::vector<Features> several(Policy& policy) {
  std::vector<Features> all;
  for (const Triplets& t :
       {grid(20, 20), grid(40, 30, 1), cube(8), quasi_definite(300, 3, 2), scattered(200, 3, 3),
        convection(20, 20, 5, 4), rectangular(30, 50, 3, 5)}) {
    all.push_back(features_by(policy, t));
  }
  return all;
}

inline RunOutcome certified(double work) {
  RunOutcome outcome;
  outcome.certified = true;
  outcome.log_cost = natural_log(work);
  return outcome;
}

struct Run {
  int arm = 0;
  double spent = 0;
};

/// Asks for a plan and tells what it cost; beyond the limit it is cut off, and the rules go on.
template <class Cost>
Run use(Policy& policy, const Features& features, Cost&& cost) {
  Decision decision;
  policy.propose(features, {}, true, decision);
  const double work = cost(decision.arm);
  const bool cut = work > decision.limit;
  RunOutcome outcome = certified(cut ? decision.limit : work);
  outcome.certified = !cut;
  outcome.censored = cut;
  policy.record(features, decision.arm, decision.source, outcome);
  return {decision.arm, cut ? decision.limit + cost(Arms::rules) : work};
}

}  // namespace lacuna::test
