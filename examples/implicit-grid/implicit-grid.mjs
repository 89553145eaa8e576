// An entry of the solution of a system with 10¹² unknowns, checked against the analytic value.
//
// The unknowns lie on a grid of 10⁶ × 10⁶ that closes on itself. Each is coupled to its four neighbors
// by −1 and has 5 on the diagonal, but for one place, the defect, that has 25. No matrix is stored: the
// solver asks for the rows that it needs.
//
// The analytic value: far from its own back, the grid without the defect is the infinite one, whose
// Green's function is
//   G(m, n) = 1/4π² ∬ cos(mα) cos(nβ) / (5 − 2 cos α − 2 cos β) dα dβ.
// The integral over β has a closed form; the one over α, of an analytic periodic function, the
// trapezoidal rule gets to the last bit with a few dozen points. The defect is a change of rank one
// (Sherman and Morrison 1950).
//
// Run it with: npm run build && node examples/implicit-grid/implicit-grid.mjs

import { setImmediate } from 'node:timers/promises';
import { createRowSolver, getDefaultEngine } from 'lacuna';

const SIDE = 1e6;
const SIZE = SIDE * SIDE;
const DIAGONAL = 5;
const DEFECT = { row: 300_000, column: 500_000, extra: 20 };
const SOURCE = { row: 300_003, column: 500_001 };
const ASKED = { row: 299_998, column: 500_002 };
const ATOL = 1e-10;

const id = ({ row, column }) => row * SIDE + column;

/** Entries of the rows `ids`: the place itself and its neighbors to all sides. */
function gridRows(ids) {
  const indices = new Float64Array(5 * ids.length);
  const values = new Float64Array(5 * ids.length).fill(-1);
  const step = (place, by) => (place + by + SIDE) % SIDE;
  ids.forEach((i, k) => {
    const column = i % SIDE;
    const row = (i - column) / SIDE;
    const around = [
      { row, column },
      { row, column: step(column, 1) },
      { row, column: step(column, -1) },
      { row: step(row, 1), column },
      { row: step(row, -1), column },
    ];
    indices.set(around.map(id), 5 * k);
    values[5 * k] = i === id(DEFECT) ? DIAGONAL + DEFECT.extra : DIAGONAL;
  });
  return { counts: new Int32Array(ids.length).fill(5), indices, values };
}

/** What is true of every row: the solver holds those that it reads against it. */
const DECLARED = {
  size: SIZE,
  margin: DIAGONAL - 4,
  norm: DIAGONAL + DEFECT.extra + 4,
  signs: 'm-matrix',
  symmetric: true,
  cacheBytes: 2 ** 20,
};

/** Right-hand sides as callbacks, with what is known of their values. */
const EVERYWHERE = { value: () => 1, normInf: 1, least: 1 };
const AT_SOURCE = { value: (i) => (i === id(SOURCE) ? 1 : 0), normInf: 1, least: 0, norm1: 1 };

/** Green's function between two places of the infinite grid without the defect. */
function green(from, to) {
  const m = Math.abs(from.row - to.row);
  const n = Math.abs(from.column - to.column);
  const points = 96 + m;
  let sum = 0;
  for (let k = 0; k < points; k++) {
    const angle = (2 * Math.PI * k) / points;
    const c = DIAGONAL - 2 * Math.cos(angle);
    const root = Math.sqrt(c * c - 4);
    sum += (Math.cos(m * angle) * (2 / (c + root)) ** n) / root;
  }
  return sum / points;
}

/** The defect takes its share: `undisturbed` and `atDefect` are values of the grid without it. */
function withDefect(undisturbed, atDefect) {
  return undisturbed - (DEFECT.extra * atDefect * green(DEFECT, ASKED)) / (1 + DEFECT.extra * green(DEFECT, DEFECT));
}

const ANALYTIC_EVERYWHERE = withDefect(1 / (DIAGONAL - 4), 1 / (DIAGONAL - 4));
const ANALYTIC_AT_SOURCE = withDefect(green(SOURCE, ASKED), green(SOURCE, DEFECT));

const engine = await getDefaultEngine();

/** Asks a fresh solver over `rows` one question, and prints the answer beside the analytic one. */
async function show(title, rows, ask, analytic) {
  const before = engine.stats().usedBytes;
  const solver = await createRowSolver({ rows }, DECLARED);
  const { value, bound, certificate, method, time } = await ask(solver);
  const { fetched, batches } = solver.stats();
  const memory = engine.stats().usedBytes - before;
  solver.dispose();
  const difference = Math.abs(value - analytic);
  console.log(`${title}
  value       ${value}
  bound       ${bound} (${method}, theorem: ${certificate})
  analytic    ${analytic}
  difference  ${difference.toExponential(1)}, ${difference <= bound ? 'within' : 'OUTSIDE'} the bound
  rows        ${fetched.toLocaleString('en')} of ${SIZE.toLocaleString('en')}, in ${batches} batches
  time        ${time.toFixed(1)} ms
  memory      ${Math.ceil(memory / 1024)} KiB, kept rows included
`);
  if (!(difference <= bound)) process.exitCode = 1;
}

const options = { atol: ATOL, rtol: 0 };
const asked = id(ASKED);

await show('b = 1 everywhere', gridRows, (solver) => solver.entry(asked, EVERYWHERE, options), ANALYTIC_EVERYWHERE);

await show('b = 1 at one place', gridRows, (solver) => solver.entry(asked, AT_SOURCE, options), ANALYTIC_AT_SOURCE);

/** The same rows from somewhere that takes its time. */
async function distantRows(ids) {
  await setImmediate();
  return gridRows(ids);
}
await show(
  'b = 1 everywhere, rows that arrive by promise',
  distantRows,
  (solver) => solver.entryAsync(asked, EVERYWHERE, options),
  ANALYTIC_EVERYWHERE,
);
