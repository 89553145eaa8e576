// The shipped policy against an oracle that has run every plan, on fresh systems of the families that it
// was trained on and of families that it has never seen; and against the fixed plan by shape.

import { loadEngine } from '../../../../dist/node.mjs';
import { verdict } from '../../direct/lib/contest.mjs';
import { quantile } from '../../harness/stats.mjs';
import { chosen, newPolicy, run } from '../lib/choose.mjs';
import { internals } from '../lib/internals.mjs';

const { TRAINED, HELD_OUT, SeededRandom, Oracle, fixedPlan, geometricMean } = internals;

export async function oracle({ quick, seed, systems = quick ? 8 : 30 }) {
  const engine = await loadEngine();
  const policy = await newPolicy(engine);
  const all = new Oracle((A, plan) => engine.createSolver(A, plan), policy.arms());
  const ratios = { trained: [], unseen: [] };
  let worstFamily = 0;
  console.log('| family | over the oracle | 95 % | worst | over the fixed plan | rules over the oracle |\n|---|---|---|---|---|---|');
  for (const family of [...TRAINED, ...HELD_OUT]) {
    const mine = [];
    const rules = [];
    const sums = { policy: 0, fixed: 0 };
    for (let k = 0; k < systems; k++) {
      const system = family.sample(new SeededRandom(1_000_003 * seed + k));
      const best = await all.best(system);
      const { work } = await chosen(engine, policy, system);
      sums.policy += work;
      sums.fixed += (await run(engine, system, fixedPlan(system.A))).work;
      if (best === undefined) continue;
      mine.push(work / best.work);
      rules.push((await run(engine, system, {})).work / best.work);
    }
    ratios[HELD_OUT.includes(family) ? 'unseen' : 'trained'].push(...mine);
    const fixed = sums.policy / sums.fixed;
    worstFamily = Math.max(worstFamily, fixed);
    const figures = [geometricMean(mine), quantile(mine, 0.95), Math.max(...mine), fixed, geometricMean(rules)];
    console.log(`| ${family.name} | ${figures.map((value) => value.toFixed(2)).join(' | ')} |`);
  }
  policy.dispose();
  engine.dispose();
  return [
    verdict('cost over the oracle, trained families, geometric mean', geometricMean(ratios.trained), { atMost: 1.1 }),
    verdict('the same at the 95th percentile', quantile(ratios.trained, 0.95), { atMost: 1.5 }),
    verdict('cost over the oracle, families never seen, geometric mean', geometricMean(ratios.unseen), { atMost: 1.3 }),
    verdict('cost over the oracle, worst of all', Math.max(...ratios.trained, ...ratios.unseen), { atMost: 4 }),
    verdict('cost over the fixed plan, worst family', worstFamily, { atMost: 1.25 }),
  ];
}
