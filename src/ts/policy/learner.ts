import { type PlanOptions, planOptions } from './create-solver.js';
import type { PolicySystem } from './training.js';
import type { LearningPolicy } from './learning-policy.js';
import type { Oracle } from './oracle.js';
import { type Outcome, outcomeOf } from './outcome.js';
import type { Engine } from '../engine.js';
import type { SparseMatrix } from '../shared.js';

/** What came of a system that no plan fits. */
const NOTHING: Outcome = { certified: false, cut: false, work: 0, attempts: [] };

/** What a policy would do, without learning from it. */
export function planOf(policy: LearningPolicy): (A: SparseMatrix) => PlanOptions {
  return (A) => planOptions(policy.propose(A, { explore: false }), A);
}

/** Solves a system as a policy wants it, which learns from that. */
export async function learn(policy: LearningPolicy, engine: Engine, system: PolicySystem): Promise<Outcome> {
  return (await outcomeOf((A, options) => policy.createSolver(engine, A, options), system, {})) ?? NOTHING;
}

/**
 * Tells a policy what every plan and the rules cost on a system, as if each had been proposed, and returns what came of
 * the one that it would have proposed.
 */
export async function learnAll(policy: LearningPolicy, engine: Engine, oracle: Oracle, system: PolicySystem): Promise<Outcome> {
  const features = policy.features(system.A);
  const { arm: chosen } = policy.propose(features, { explore: false });
  const rules = (await outcomeOf((A, options) => engine.createSolver(A, options), system, {})) ?? NOTHING;
  const { certified, work, attempts } = rules;
  policy.observe(features, 'auto', { certified, work, firstRung: certified && attempts.length === 1 });
  let answer = rules;
  for (const outcome of await oracle.outcomes(system)) {
    const { arm, certified, cut, work } = outcome;
    if (arm === chosen) answer = outcome;
    // What fails is followed by the rules.
    const total = certified || cut ? work : work + rules.work;
    if (features.arms.includes(arm)) policy.observe(features, arm, { certified, work: total, censored: cut });
  }
  return answer;
}
