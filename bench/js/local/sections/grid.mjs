// Flat cost where balls grow polynomially: entries of grid systems of 10⁴ … 10⁷ unknowns and of one
// with 10¹² that is never loaded, and of a mesh at several resolutions.

import { median, spread } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { denseRhs, GRID_DIAGONAL, GRID_MARGIN, grid, gridNeighbors, hashedRhs, innerNode } from '../lib/grid.mjs';
import { openImplicit, openSystem } from '../lib/lacuna.mjs';
import { bunny, meshGraph, subdivide } from '../lib/mesh.mjs';
import { massLaplacian } from '../lib/power-law.mjs';
import { ABSENT, figure, mean, power } from '../lib/report.mjs';
import { takeTurns } from '../lib/rounds.mjs';
import { neumann, rowsOf } from '../lib/truth.mjs';

const TERMS = 46;
const CHECKED = 8;

export async function run(report, options) {
  await grids(report, options);
  globalThis.gc?.();
  await meshes(report, options);
}

async function grids(report, options) {
  const { quick, seed } = options;
  const sides = quick ? [100, 316, 1000] : [100, 316, 1000, 3162];
  const atol = 1e-6 / GRID_MARGIN;
  report.line(`2D grid, couplings −1, diagonal 8, b dense and kept, ±1e-6·‖b‖∞/δ for certain; nodes at least 20 steps from the border, a new one for each query.\n`);
  const cases = [];
  for (const side of sides) {
    const A = grid(side);
    const b = denseRhs(A.rows, seed);
    const ours = await openSystem(A);
    const rhs = ours?.rhs(b);
    cases.push({
      name: power(side * side),
      n: side * side,
      ours,
      query: (i) => ours.entry(i, rhs, { atol }),
      node: (next) => innerNode(side, next),
      truth: (i) => neumann(rowsOf(A), (v) => b[v], i, TERMS, 0.5, 1 / GRID_DIAGONAL),
    });
  }
  const side = 1e6;
  const row = (v) => {
    const ids = gridNeighbors(side, v);
    return { ids, values: ids.map(() => -1), diagonal: GRID_DIAGONAL };
  };
  const implicit = await openImplicit({ size: side * side, row, rhs: hashedRhs, norm: 1, margin: GRID_MARGIN });
  cases.push({
    name: '10¹², never loaded',
    n: 1e12,
    implicit: true,
    ours: implicit,
    query: (i) => implicit.entry(i, { atol }),
    node: (next) => innerNode(side, next),
    truth: (i) => neumann(row, hashedRhs, i, TERMS, 0.5, 1 / GRID_DIAGONAL),
  });
  const samples = await flatCost(report, 'grid', cases, atol, options);
  const [small, large] = [samples.get(cases[0].name), samples.get(cases.at(-2).name)];
  const last = cases.at(-2).name;
  report.target(`grid: entries touched at ${last} over those at ${cases[0].name}, distance from 1`, relative(small, large, 'entries', (r) => Math.abs(r - 1)), { most: 0.01 });
  report.target(`grid: entries touched at 10¹² over those at ${cases[0].name}, distance from 1`, relative(small, samples.get('10¹², never loaded'), 'entries', (r) => Math.abs(r - 1)), { most: 0.01 });
  report.target(`grid: time at ${last} over that at ${cases[0].name}`, relative(small, large, 'total', (r) => r), { most: 2 }, '×');
  report.target(`grid: warm query at ${last}`, large?.length ? 1000 * median(large.map(({ total }) => total)) : undefined, { most: 100 }, ' µs');
  report.line();
}

async function meshes(report, options) {
  const { quick, seed } = options;
  const steps = quick ? 2 : 4;
  const atol = (1e-6 * 1) / 3;
  let mesh = bunny();
  report.line(`${mesh.name}, each triangle split in four again and again: graph Laplacian plus as much mass as degree (off-diagonal sum = half the diagonal), b dense and kept, ±${figure(atol)} for certain.\n`);
  const cases = [];
  for (let k = 0; k < steps; k++) {
    const A = massLaplacian(meshGraph(mesh));
    const b = denseRhs(A.rows, seed);
    const ours = await openSystem(A);
    const rhs = ours?.rhs(b);
    cases.push({
      name: A.rows.toLocaleString('en'),
      n: A.rows,
      ours,
      query: (i) => ours.entry(i, rhs, { atol }),
      node: (next) => Math.floor(next() * A.rows),
      // Degrees are 2 at the least.
      truth: (i) => neumann(rowsOf(A), (v) => b[v], i, TERMS, 0.5, 1 / 4),
    });
    mesh = subdivide(mesh);
  }
  const samples = await flatCost(report, 'mesh', cases, atol, options);
  const [small, large] = [samples.get(cases[0].name), samples.get(cases.at(-1).name)];
  report.target('mesh: entries touched at the finest over those at the coarsest', relative(small, large, 'entries', (r) => r), { most: 1.05 }, '×');
  report.target('mesh: time at the finest over that at the coarsest', relative(small, large, 'total', (r) => r), { most: 2 }, '×');
  report.target('mesh: warm query at the finest', large?.length ? 1000 * median(large.map(({ total }) => total)) : undefined, { most: 100 }, ' µs');
}

/** Ratio of the means (counts) or medians (times) of two lists of samples. */
function relative(first, second, key, map) {
  if (!first?.length || !second?.length) return undefined;
  const of = (list) => (key === 'total' ? median : mean)(list.map((sample) => sample[key]));
  return map(of(second) / of(first));
}

/** Queries of all sizes in turn; a sample is the mean of one round's queries, each timed for itself. */
async function flatCost(report, family, cases, atol, { quick, rounds, seed }) {
  const perRound = quick ? 100 : 300;
  const present = cases.filter(({ ours }) => ours);
  const singles = new Map(present.map(({ name }) => [name, []]));
  for (const { truth, query, node, name } of present) {
    const next = uniform(seed + 7);
    for (let k = 0; k < CHECKED; k++) {
      const i = node(next);
      const { value, bound, confidence } = query(i);
      const { value: exact, error } = truth(i);
      const sound = bound !== null && bound <= atol && Math.abs(value - exact) <= bound + error && (confidence ?? 1) === 1;
      if (!sound) throw new Error(`${family} ${name}, node ${i}: ${value} ± ${bound} (${confidence}), but it is ${exact}`);
    }
  }
  const samples = await takeTurns(
    present.map(({ name, query, node, implicit }) => {
      const next = uniform(seed + 11);
      return {
        name,
        run: (round) => {
          const count = implicit ? perRound / 10 : perRound;
          const times = [];
          const work = { entries: 0, pushes: 0, rows: 0, bytes: 0 };
          for (let k = 0; k < count; k++) {
            const i = node(next);
            const started = performance.now();
            const answer = query(i);
            times.push(performance.now() - started);
            for (const key of Object.keys(work)) work[key] += (answer.work[key] ?? 0) / count;
          }
          if (round > 0) singles.get(name).push(...times);
          return { total: median(times), ...work };
        },
      };
    }),
    { rounds, warmUp: 2, seed },
  );
  report.keep(family, { samples: Object.fromEntries(samples), singles: Object.fromEntries(singles) });
  const first = samples.get(cases[0].name);
  report.table(
    ['n', 'entries touched', 'pushes', 'rows', 'kB', 'µs a query', 'entries, × first', 'time, × first'],
    cases.map(({ name }) => {
      const list = samples.get(name);
      if (!list?.length) return [name, list?.error ?? ABSENT, ...Array(6).fill('–')];
      const average = (key) => mean(list.map((sample) => sample[key]));
      const { median: middle, low, high } = spread(singles.get(name));
      return [
        name,
        Math.round(average('entries')).toLocaleString('en'),
        Math.round(average('pushes')).toLocaleString('en'),
        Math.round(average('rows')).toLocaleString('en'),
        figure(average('bytes') / 1000),
        `${figure(1000 * middle)} [${figure(1000 * low)}–${figure(1000 * high)}]`,
        first?.length ? relative(first, list, 'entries', (r) => r.toFixed(3)) : '–',
        first?.length ? relative(first, list, 'total', (r) => r.toFixed(2)) : '–',
      ];
    }),
  );
  for (const { ours } of present) ours.dispose();
  return samples;
}
