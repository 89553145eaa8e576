import type { Engine } from '../engine.js';
import { withEngine } from '../with-engine.js';
import type { Bandit, BanditOptions } from './bandit.js';
import type { Policy, PolicyOptions } from './policy.js';

/**
 * A policy that learns which way of solving costs least: give it to {@link createSolver} or
 * {@link solve}. It begins with what comes with the package, learned on {@link Policy.train | families
 * of systems}; what it proposes decides about speed alone. The first one loads a module of its own.
 *
 * @throws LacunaError `invalid-option`; for a state `invalid-argument` where it is damaged and
 *   `unsupported-format` where it is of another schema or version, each with `details.pointer`;
 *   `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { createPolicy, createSolver, SparseMatrix } from 'lacuna';
 *
 * const policy = await createPolicy({ seed: 1 });
 * const A = SparseMatrix.laplacian(4, [[0, 1], [1, 2], [2, 3]], { shift: 0.1 });
 * const solver = await createSolver(A, { policy });
 * const { records } = policy.stats();
 * console.log(solver.solve([1, 0, 0, 0]).report.converged, policy.stats().records - records); // true 1
 * solver.dispose();
 * policy.dispose();
 * ```
 */
export async function createPolicy(options: PolicyOptions & { engine?: Engine } = {}): Promise<Policy> {
  const [engine, rest] = await withEngine(options);
  return (await engine.maker('policy')).newPolicy(rest);
}

/**
 * A bandit for choices of your own: which of several arms is best in which context, learned by Thompson
 * sampling from the success and cost of each run. The first one loads a module of its own.
 *
 * @throws LacunaError `invalid-option`; for a state `invalid-argument` where it is damaged and
 *   `unsupported-format` where it is of another schema or version, each with `details.pointer`;
 *   `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { createBandit } from 'lacuna';
 *
 * const bandit = await createBandit({ arms: ['quick', 'thorough'], seed: 1 });
 * // Any problem of yours: here 'thorough' takes 30, 'quick' 10 where it succeeds, half of the time.
 * for (let k = 0; k < 200; k++) {
 *   const { arm } = bandit.choose('large');
 *   bandit.record('large', arm, { success: arm === 'thorough' || k % 2 === 0, cost: arm === 'quick' ? 10 : 30 });
 * }
 * const { incumbent, arms } = bandit.explain('large');
 * console.log(incumbent, arms[0].score < arms[1].score); // quick true
 *
 * const restored = await createBandit({ state: JSON.stringify(bandit) });
 * console.log(restored.choose('large').arm === bandit.choose('large').arm); // true
 * bandit.dispose();
 * restored.dispose();
 * ```
 */
export async function createBandit(options: BanditOptions & { engine?: Engine } = {}): Promise<Bandit> {
  const [engine, rest] = await withEngine(options);
  return (await engine.maker('policy')).newBandit(rest);
}
