// One entry against all of them: lacuna's single answer beside lacuna's own full solves.

import { median, ratio } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { denseRhs, GRID_MARGIN, grid, innerNode } from '../lib/grid.mjs';
import { openFull, openSystem } from '../lib/lacuna.mjs';
import { ABSENT, factorText, figures, power } from '../lib/report.mjs';
import { takeTurns, timed } from '../lib/rounds.mjs';

const METHODS = [
  { method: 'auto' },
  { method: 'cg', preconditioner: 'jacobi' },
  { method: 'cg', preconditioner: 'ic' },
  { method: 'cholesky' },
];

export async function run(report, { quick, rounds, seed }) {
  const side = quick ? 316 : 1000;
  const A = grid(side);
  const b = denseRhs(A.rows, seed);
  const atol = 1e-6 / GRID_MARGIN;
  report.line(`2D grid, couplings −1, diagonal 8, n = ${power(A.rows)}; one entry to ±1e-6·‖b‖∞/δ for certain against the whole solution with the preconditioner or factor kept (its set-up in a column of its own).\n`);
  const full = [];
  for (const options of METHODS) {
    const name = [options.method, options.preconditioner].filter(Boolean).join('+');
    const started = performance.now();
    const solver = await openFull(A, options).catch((error) => ({ error }));
    if (solver && !solver.error) full.push({ name: `full: ${name}`, solver, setup: performance.now() - started });
  }
  const ours = await openSystem(A);
  const rhs = ours?.rhs(b);
  const next = uniform(seed + 5);
  let reference;
  const samples = await takeTurns(
    [
      ...full.map(({ name, solver }) => ({
        name,
        run: () => {
          const { total, value } = timed(() => solver.solve(b));
          if (!value.report.converged) throw new Error(value.report.reason);
          reference ??= value.x.slice();
          return { total };
        },
      })),
      ours && {
        name: 'one entry',
        run: () => {
          const times = [];
          for (let k = 0; k < 200; k++) {
            const i = innerNode(side, next);
            const { total, value } = timed(() => ours.entry(i, rhs, { atol }));
            if (reference && !(Math.abs(value.value - reference[i]) <= value.bound + 1e-9)) throw new Error(`off by ${value.value - reference[i]}`);
            times.push(total);
          }
          return { total: median(times) };
        },
      },
    ],
    { rounds, warmUp: 2, share: 60_000, seed },
  );
  report.keep('full', { samples: Object.fromEntries(samples), setup: Object.fromEntries(full.map(({ name, setup }) => [name, setup])) });
  const one = samples.get('one entry');
  if (!one) samples.set('one entry', []);
  report.table(
    ['', 'ms', 'set-up, ms', '× one entry'],
    [...samples].map(([name, list]) => [
      name,
      list.error ?? (list.length ? figures(list.map(({ total }) => total)) : ABSENT),
      full.find((entry) => entry.name === name)?.setup.toFixed(0),
      one?.length && list.length ? factorText(ratio(list, one)) : '–',
    ]),
  );
  const ratios = full.map(({ name }) => samples.get(name)).filter((list) => list?.length && one?.length).map((list) => ratio(list, one).median);
  report.target(`n = ${power(A.rows)}: the fastest full solve over one entry`, ratios.length ? Math.min(...ratios) : undefined, { least: 1000 }, '×');
  full.forEach(({ solver }) => solver.dispose());
  ours?.dispose();
}
