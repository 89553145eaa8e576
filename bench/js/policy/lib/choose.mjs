// Systems by what a policy would do, without its learning from them.

import { internals } from './internals.mjs';

const { flopsWithin, outcomeOf } = internals;

/** What came of a system by a policy's choice. */
export async function chosen(engine, policy, system) {
  const { arm, method, preconditioner, ordering, limit } = policy.propose(system.A, { explore: false });
  const maxFlops = limit === Infinity ? Infinity : Math.max(1, flopsWithin(limit, system.A, method, preconditioner, ordering));
  const options = method === 'auto' ? {} : { method, preconditioner, ordering, prefer: true, maxFlops };
  return { arm, ...(await run(engine, system, options)) };
}

/** What came of a system by options of a solver. */
export async function run(engine, system, options) {
  const outcome = await outcomeOf((A, given) => engine.createSolver(A, given), system, options);
  return outcome ?? { certified: false, work: 0, attempts: [] };
}

/** A policy of an engine: by default with what the package ships. */
export async function newPolicy(engine, options) {
  return (await engine.maker('policy')).newPolicy(options);
}
