// npm run demo: heat from one point of the Stanford bunny, solved by the built package.
//
// One implicit step of the heat equation on a surface is a sparse linear system: (M + t·L) u = δ,
// with the mass matrix M, the Laplacian L of the mesh, and δ = 1 at the source, 0 elsewhere.
// Prints what was solved and how well, and draws u into build/heat.svg.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadEngine, SparseMatrix } from '../dist/node.mjs';
import { heatOperator } from './demo/mesh.mjs';
import { picture } from './demo/picture.mjs';

/** Duration of the step. The model is 10 units high, so heat reaches about a tenth of that. */
const TIME = 0.8;
const TARGET = new URL('../build/heat.svg', import.meta.url);

/** The highest vertex: the tip of an ear. */
function hottest({ positions }) {
  return positions.reduce((best, p, v) => (p[1] > positions[best][1] ? v : best), 0);
}

/** ‖b − Ax‖₂ / ‖b‖₂ from the matrix and the two vectors alone, to hold against the report. */
function relativeResidual(A, x, b) {
  const r = A.multiply(x).map((value, i) => b[i] - value);
  return Math.hypot(...r) / Math.hypot(...b);
}

const method = ({ method: name, preconditioner }) =>
  preconditioner && preconditioner !== 'none' ? `${name} + ${preconditioner}` : name;
const ms = (time) => `${time.toFixed(time < 10 ? 2 : 1)} ms`;
const scientific = (value) => value.toExponential(1);

const mesh = createRequire(import.meta.url)('bunny');
const { n, rows, cols, values } = heatOperator(mesh, TIME);
const A = SparseMatrix.fromTriplets(n, n, rows, cols, values);
const b = new Float64Array(n);
b[hottest(mesh)] = 1;

/** Set-up and solve from scratch, with their times. */
async function run(engine) {
  const started = performance.now();
  const solver = await engine.createSolver(A);
  const ready = performance.now();
  const { x, report } = solver.solve(b);
  const done = performance.now();
  solver.dispose();
  return { x, report, setup: ready - started, solve: done - ready };
}

const started = performance.now();
const engine = await loadEngine();
const load = performance.now() - started;
const { x, report, setup, solve } = await run(engine);
const again = await run(engine);
const checked = relativeResidual(A, x, b);

const { normwise, componentwise } = report.backwardError;
const lines = [
  ['system', '(M + t·L) u = δ on the Stanford bunny, heat from the tip of one ear'],
  ['size', `n = ${n}, nnz = ${A.nnz}, ${mesh.cells.length} triangles`],
  ['method', `${method(report)} (chosen by 'auto')`],
  ['variant', `${engine.variant}, lacuna ${engine.version()}`],
  ['time', `load ${ms(load)}, set-up ${ms(setup)}, solve ${ms(solve)}; once more ${ms(again.setup)}, ${ms(again.solve)}`],
  ['true residual', `‖b − Au‖ / ‖b‖ = ${scientific(report.relativeResidual)} (recomputed here: ${scientific(checked)})`],
  ['backward error', `normwise ${scientific(normwise)}, componentwise ${scientific(componentwise)}`],
  ['converged', report.converged ? 'yes' : `no: ${report.reason}`],
];
for (const [label, text] of lines) console.log(`${label.padEnd(16)}${text}`);

const [smallest, largest] = x.reduce(([low, high], u) => [Math.min(low, u), Math.max(high, u)], [Infinity, 0]);
const svg = picture(mesh, x, {
  title: 'Heat from one point of the Stanford bunny',
  lines: [
    `(M + t·L) u = δ  ·  n = ${n}, nnz = ${A.nnz}`,
    `lacuna: ${method(report)}, ${engine.variant}  ·  ${ms(setup + solve)}  ·  backward error ${scientific(normwise)}`,
  ],
  decades: Math.min(12, Math.ceil(Math.log10(largest / Math.max(smallest, largest * 1e-12)))),
  turn: 0.12,
  tilt: 0.18,
});
mkdirSync(new URL('.', TARGET), { recursive: true });
writeFileSync(TARGET, svg);
console.log(`${'picture'.padEnd(16)}${relative(process.cwd(), fileURLToPath(TARGET))} (${(svg.length / 1e6).toFixed(1)} MB)`);
engine.dispose();
if (!report.converged) process.exitCode = 1;
