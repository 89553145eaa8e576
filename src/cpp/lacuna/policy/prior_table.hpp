#pragma once
#include "lacuna/policy/arms.hpp"
#include "lacuna/policy/features.hpp"
#include "lacuna/policy/posterior.hpp"

namespace lacuna {

/// Changes with the figures: what was learned relative to others is of no use then.
constexpr int prior_version = 1;

/// ln of what an arm is expected to cost on a system, in model units, before anything was observed:
/// set-up and the solves to come, from predicted fill and iterations by the weights of
/// src/ts/policy/work.ts. Of `auto` it is the cost of what its rules try first. What is observed is
/// learned relative to this.
double prior_log_cost(const Arms& arms, int arm, const Features& features);

/// The chance that an arm which fits comes to a certificate, before anything was observed: worth
/// two observations.
BetaPosterior prior_safety(const Arm& arm);

}  // namespace lacuna
