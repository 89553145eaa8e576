// Work of one entry against the size of the system and against accuracy, with what a full solve
// touches, as numbers and as a picture.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { uniform } from '../../lib/random.mjs';
import { expander, EXPANDER_MARGIN, signRhs } from '../lib/expander.mjs';
import { denseRhs, GRID_MARGIN, grid, innerNode } from '../lib/grid.mjs';
import { openFull, openSystem } from '../lib/lacuna.mjs';
import { ABSENT, mean, power } from '../lib/report.mjs';
import { charts } from '../lib/svg.mjs';

const QUERIES = 20;
const FAMILIES = {
  grid: {
    name: '2D grid, for certain',
    make: (n, seed) => {
      const side = Math.round(Math.sqrt(n));
      return { A: grid(side), b: denseRhs(side * side, seed), node: (next) => innerNode(side, next) };
    },
    margin: GRID_MARGIN,
    confidence: 1,
    /** Where size varies, and where accuracy does. */
    accuracy: 1e-6,
    accuracies: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10],
  },
  expander: {
    name: 'expander, at 95 %',
    make: (n, seed) => ({ A: expander(n, seed), b: signRhs(n, seed + 1), node: (next) => Math.floor(next() * n) }),
    margin: EXPANDER_MARGIN,
    confidence: 0.95,
    accuracy: 1e-3,
    accuracies: [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4],
  },
};

export async function run(report, { quick, seed, plot }) {
  const sizes = quick ? [1e4, 1e5] : [1e4, 1e5, 1e6, 1e7];
  const fixed = quick ? 1e5 : 1e6;
  report.line(`Entries touched by one answer (mean of ${QUERIES}), and by a full solve by conjugate gradients or BiCGSTAB to the same accuracy: entries times iterations.\n`);
  const bySize = [];
  const byAccuracy = [];
  const rows = [];
  for (const [family, about] of Object.entries(FAMILIES)) {
    const [local, full] = [[], []];
    for (const n of sizes) {
      const point = await measure(about, n, [about.accuracy], seed);
      rows.push([about.name, power(n), about.accuracy.toExponential(0), ...texts(point?.[0])]);
      if (!point) continue;
      local.push([n, point[0].local]);
      full.push([n, point[0].full]);
    }
    bySize.push({ name: about.name, family, points: local }, { name: `${about.name.split(',')[0]}, full solve`, family, dashed: true, points: full });
    const points = await measure(about, fixed, about.accuracies, seed);
    about.accuracies.forEach((accuracy, k) => rows.push([about.name, power(fixed), accuracy.toExponential(0), ...texts(points?.[k])]));
    const curve = (key) => (points ?? []).map((point, k) => [1 / about.accuracies[k], point[key]]);
    byAccuracy.push({ name: about.name, family, points: curve('local') }, { name: `${about.name.split(',')[0]}, full solve`, family, dashed: true, points: curve('full') });
  }
  report.keep('plot', { bySize, byAccuracy });
  report.table(['family', 'n', 'accuracy', 'one entry', 'full solve'], rows);
  if (bySize.some(({ points }) => points.length === 0) || !plot) return;
  mkdirSync(dirname(plot), { recursive: true });
  const y = 'matrix entries touched';
  writeFileSync(plot, charts([
    { title: 'Work against size', x: 'unknowns n', y, lines: bySize },
    { title: `Work against accuracy, n = ${power(fixed)}`, x: '1 / accuracy (of max|b| over the margin)', y, lines: byAccuracy },
  ]));
  report.line(`Picture: ${plot}`);
}

const texts = (point) => (point ? [Math.round(point.local).toLocaleString('en'), Math.round(point.full).toLocaleString('en')] : [ABSENT, ABSENT]);

/** [{local, full}] for each accuracy, or null. */
async function measure({ make, margin, confidence }, n, accuracies, seed) {
  const { A, b, node } = make(n, seed);
  const ours = await openSystem(A);
  if (!ours) return null;
  const rhs = ours.rhs(b);
  const symmetric = confidence === 1;
  const local = accuracies.map((accuracy) => {
    const next = uniform(seed + 19);
    const work = [];
    for (let k = 0; k < QUERIES; k++) {
      const { work: done } = ours.entry(node(next), rhs, { atol: accuracy / margin, confidence, seed: k });
      work.push(done.entries + (done.steps ?? 0));
    }
    return mean(work);
  });
  // Before the full solves: both would not fit into 4 GiB at n = 10⁷.
  ours.dispose();
  const points = [];
  for (const [k, accuracy] of accuracies.entries()) {
    const solver = await openFull(A, { method: symmetric ? 'cg' : 'bicgstab', preconditioner: 'jacobi', rtol: accuracy });
    const { report } = solver.solve(b);
    points.push({ local: local[k], full: report.iterations * A.data.length * (symmetric ? 1 : 2) });
    solver.dispose();
  }
  return points;
}
