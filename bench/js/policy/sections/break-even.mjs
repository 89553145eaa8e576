// How soon a policy that has learned nothing is no dearer than the fixed plan by shape, on one family.

import { loadEngine } from '../../../../dist/node.mjs';
import { verdict } from '../../direct/lib/contest.mjs';
import { newPolicy, run } from '../lib/choose.mjs';
import { internals } from '../lib/internals.mjs';

const { TRAINED, HELD_OUT, SeededRandom, fixedPlan, outcomeOf, WEIGHTS } = internals;
const SOLVES = 20;

export async function breakEven({ seed }) {
  const engine = await loadEngine();
  console.log(`| family | cost of the first ${SOLVES} solves over that of the fixed plan | even after |\n|---|---|---|`);
  let late = 0;
  for (const family of [...TRAINED, ...HELD_OUT]) {
    const policy = await newPolicy(engine, { state: null, seed });
    const random = new SeededRandom(seed + 77);
    let mine = 0;
    let fixed = 0;
    let even = Infinity;
    for (let k = 1; k <= SOLVES; k++) {
      const system = family.sample(random);
      mine += (await outcomeOf((A, options) => policy.createSolver(engine, A, options), system, {}))?.work ?? 0;
      // Reports don't say what order was asked for, which the fixed plan is counted with.
      mine += WEIGHTS.ordering[policy.explain().proposal.ordering] * (system.A.nnz + system.A.rows + system.A.cols);
      fixed += (await run(engine, system, fixedPlan(system.A))).work;
      // A family on which nothing is better than the fixed plan is even where it costs as good as the same.
      if (mine > 1.02 * fixed) even = Infinity;
      else even = Math.min(even, k);
    }
    late += Number(even > SOLVES);
    console.log(`| ${family.name} | ${(mine / fixed).toFixed(2)} | ${even > SOLVES ? 'later' : even} |`);
    policy.dispose();
  }
  engine.dispose();
  return [verdict(`families that are not even after ${SOLVES} solves`, late, { atMost: 0 })];
}
