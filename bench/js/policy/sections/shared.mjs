// The shipped policy on the matrices of ../shared, which it was never trained on, against the best plan
// in hindsight for all of them, each with the rules to fall back on.

import { readFileSync, readdirSync } from 'node:fs';
import { LacunaError, loadEngine, SparseMatrix } from '../../../../dist/node.mjs';
import { verdict } from '../../direct/lib/contest.mjs';
import { chosen, newPolicy, run } from '../lib/choose.mjs';
import { internals } from '../lib/internals.mjs';

const FOLDER = new URL('../../../../../shared/matrices/', import.meta.url);

export async function shared({ seed }) {
  const engine = await loadEngine();
  const policy = await newPolicy(engine);
  const totals = new Map(policy.arms().map(({ name }) => [name, 0]));
  let mine = 0;
  let lost = 0;
  console.log('| matrix | policy | units | rules, units |\n|---|---|---|---|');
  for (const [file, A] of matrices()) {
    const system = { A, b: new internals.SeededRandom(seed).vector(A.rows) };
    const rules = await run(engine, system, {});
    // What the rules do not solve costs whatever iterations may take: it would drown the rest.
    if (!rules.certified) continue;
    const { arm, work, certified } = await chosen(engine, policy, system);
    mine += work;
    lost += Number(!certified);
    console.log(`| ${file} | ${arm} | ${work.toExponential(2)} | ${rules.work.toExponential(2)} |`);
    for (const { name, ...plan } of policy.arms()) {
      const hindsight = plan.method === 'auto' ? rules : await run(engine, system, { ...plan, prefer: true });
      totals.set(name, totals.get(name) + hindsight.work);
    }
  }
  policy.dispose();
  engine.dispose();
  const [best, least] = [...totals].reduce((one, other) => (other[1] < one[1] ? other : one));
  return [
    verdict(`total cost over ${best}, the best plan in hindsight`, mine / least, { atMost: 1.15 }),
    verdict('failures that the rules would not have had', lost, { atMost: 0 }),
  ];
}

/** Those of real numbers. */
function* matrices() {
  for (const file of readdirSync(FOLDER).sort()) {
    try {
      yield [file, SparseMatrix.fromMatrixMarket(readFileSync(new URL(file, FOLDER)))];
    } catch (error) {
      if (!(error instanceof LacunaError) || error.code !== 'unsupported-format') throw error;
    }
  }
}
