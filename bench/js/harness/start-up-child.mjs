// One fresh process of start-up.mjs: does one task with one variant, prints its figures as JSON.

import { readFile } from 'node:fs/promises';

const DIST = new URL('../../../dist/', import.meta.url);
const [task, variant] = process.argv.slice(2);

const SIZE = 10;

/** Tridiagonal 10×10 system as triplets, and its right-hand side. */
function smallSystem() {
  const [rows, cols, values] = [[], [], []];
  for (let i = 0; i < SIZE; i++) {
    for (const j of [i - 1, i, i + 1]) {
      if (j < 0 || j >= SIZE) continue;
      rows.push(i);
      cols.push(j);
      values.push(i === j ? 4 : -1);
    }
  }
  return { rows, cols, values, b: Float64Array.from({ length: SIZE }, (_, i) => i + 1) };
}

function expectSolved({ converged, reason }) {
  if (!converged) throw new Error(`the 10×10 system was not solved: ${reason}`);
}

async function firstSolve() {
  const { rows, cols, values, b } = smallSystem();
  const started = performance.now();
  const { loadEngine, SparseMatrix } = await import(new URL('node.mjs', DIST).href);
  const imported = performance.now();
  const engine = await loadEngine({ variant });
  const solver = await engine.createSolver(SparseMatrix.fromTriplets(SIZE, SIZE, rows, cols, values));
  const { report } = solver.solve(b);
  const done = performance.now();
  expectSolved(report);
  return { import: imported - started, firstSolve: done - started };
}

/** From bytes in memory to an engine: compilation, instantiation, the glue's registrations. */
async function compileAndInstantiate() {
  const { loadEngine } = await import(new URL('node.mjs', DIST).href);
  const bytes = await readFile(new URL(variant === 'simd' ? 'core-simd.wasm' : 'core.wasm', DIST));
  const started = performance.now();
  await loadEngine({ wasmModule: await WebAssembly.compile(bytes) });
  return { module: performance.now() - started };
}

/** Microseconds a call, in the fastest of several batches: the cost itself, without the machine's noise. */
function perCall(call, batches = 20, calls = 5000) {
  let best = Infinity;
  for (let k = 0; k < batches; k++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, performance.now() - started);
  }
  return (1000 * best) / calls;
}

async function hotCalls() {
  const { loadEngine, SparseMatrix } = await import(new URL('node.mjs', DIST).href);
  const { rows, cols, values, b } = smallSystem();
  const engine = await loadEngine({ variant });
  const solver = await engine.createSolver(SparseMatrix.fromTriplets(SIZE, SIZE, rows, cols, values));
  const kept = solver.rhs(b);
  const out = new Float64Array(SIZE);
  expectSolved(solver.solve(b, { out }).report);
  return {
    hotSolve: perCall(() => solver.solve(b, { out })),
    hotRhs: perCall(() => solver.solve(kept, { out })),
    bound: perCall(() => engine.capabilities()),
  };
}

const tasks = { nothing: () => ({}), 'first-solve': firstSolve, module: compileAndInstantiate, hot: hotCalls };
console.log(JSON.stringify(await tasks[task]()));
