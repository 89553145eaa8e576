// How much larger than the true error a certain bound is.

import { quantile } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { expander } from '../lib/expander.mjs';
import { chain, denseRhs, grid } from '../lib/grid.mjs';
import { openSystem } from '../lib/lacuna.mjs';
import { bunny, meshGraph } from '../lib/mesh.mjs';
import { massLaplacian, preferentialAttachment } from '../lib/power-law.mjs';
import { ABSENT, figure } from '../lib/report.mjs';
import { refined } from '../lib/truth.mjs';

const ACCURACIES = [1e-2, 1e-4, 1e-6, 1e-8];

export async function run(report, { quick, seed }) {
  const size = quick ? 2000 : 10_000;
  const count = quick ? 50 : 200;
  const side = Math.round(Math.sqrt(size));
  const families = [
    ['grid', grid(side), true],
    ['chain', chain(size), true],
    ['bunny, Laplacian plus mass', massLaplacian(meshGraph(bunny())), true],
    ['power law, Laplacian plus mass', massLaplacian(preferentialAttachment(size, 5, seed)), true],
    ['random signs', expander(size, seed), false],
  ];
  report.line(`Bound over true error of answers that are certain, accuracies 1e-2 … 1e-8 of max|b/margin|, ${count} entries each; true values to about 1e-28; errors below 1e-14·‖x‖∞ left out. M-matrices have b ≥ 0, the last family any signs.\n`);
  const rows = [];
  const medians = [];
  let violations;
  for (const [name, A, monotone] of families) {
    const b = denseRhs(A.rows, seed);
    if (monotone) b.forEach((value, v) => (b[v] = Math.abs(value)));
    const ours = await openSystem(A);
    if (!ours) {
      rows.push([name, ABSENT, ...Array(7).fill('–')]);
      continue;
    }
    const { high, low } = refined(A, b);
    const largest = high.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const rhs = ours.rhs(b);
    const next = uniform(seed + 13);
    const ratios = [];
    let leftOut = 0;
    let violated = 0;
    for (const accuracy of ACCURACIES) {
      for (let k = 0; k < count; k++) {
        const i = Math.floor(next() * A.rows);
        const { value, bound, confidence } = ours.entry(i, rhs, { atol: accuracy * largest, method: 'push' });
        if (bound === null || (confidence ?? 1) !== 1) continue;
        const error = Math.abs(value - high[i] - low[i]);
        if (error > bound) violated++;
        if (error < 1e-14 * largest) leftOut++;
        else ratios.push(bound / error);
      }
    }
    ours.dispose();
    violations = (violations ?? 0) + violated;
    report.keep(name, { ratios, leftOut, violated });
    const at = (q) => (ratios.length ? figure(quantile(ratios, q)) : '–');
    if (monotone) medians.push(ratios.length ? quantile(ratios, 0.5) : Infinity);
    rows.push([name, ratios.length, leftOut, violated, at(0.05), at(0.25), at(0.5), at(0.75), at(0.95)]);
  }
  report.table(['bound / error', 'answers', 'left out', 'violated', '5 %', '25 %', 'median', '75 %', '95 %'], rows);
  report.target('bound over true error for M-matrices, the largest of the medians', medians.length ? Math.max(...medians) : undefined, { most: 3 });
  report.target('bounds violated', violations, { most: 0 });
}
