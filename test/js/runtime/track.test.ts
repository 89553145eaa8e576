import { createSolver, type LacunaError, loadEngine, SparseMatrix } from 'lacuna';
import { expect, test } from 'vitest';
import { errorOf } from '../support/errors.js';
import { randomDominant } from '../support/generate.js';
import { Random } from '../support/random.js';

/** A grid with a reaction term, as triplets that can be changed. */
function grid(side: number): Map<string, number> {
  const entries = new Map<string, number>();
  for (let k = 0; k < side * side; k++) {
    entries.set(`${k},${k}`, 6);
    if (k % side > 0) entries.set(`${k},${k - 1}`, -1).set(`${k - 1},${k}`, -1);
    if (k >= side) entries.set(`${k},${k - side}`, -1).set(`${k - side},${k}`, -1);
  }
  return entries;
}

function matrixOf(entries: Map<string, number>, n: number): SparseMatrix {
  const keys = [...entries.keys()].map((key) => key.split(',').map(Number) as [number, number]);
  return SparseMatrix.fromTriplets(n, n, keys.map(([i]) => i), keys.map(([, j]) => j), [...entries.values()]);
}

test('answers follow changes of b and of rows, and agree with a new solver each time', async () => {
  const side = 12;
  const n = side * side;
  const entries = grid(side);
  const random = new Random(7);
  const next = (): number => random.uniform();
  const b = Float64Array.from({ length: n }, () => next());
  const engine = await loadEngine();
  const solver = await engine.createSolver(matrixOf(entries, n), { setup: 'lazy' });
  const tracked = solver.track(70, b.slice(), { rtol: 0, atol: 1e-9 });
  for (let round = 0; round < 12; round++) {
    const at = Math.floor(next() * n);
    const row = Math.floor(next() * n);
    const delta = next() - 0.5;
    b[at]! += delta;
    entries.set(`${row},${row}`, 6 + next());
    const cols = [...entries.keys()].map((key) => key.split(',').map(Number) as [number, number]).filter(([i]) => i === row).map(([, j]) => j);
    const change = { rhs: { indices: [at], values: [delta] }, rows: [{ row, indices: cols, values: cols.map((j) => entries.get(`${row},${j}`)!) }] };
    const before = tracked.answer.value;
    const { bound } = tracked.moved(change, { atol: 1 });
    const answer = tracked.update(change);
    const full = await engine.createSolver(matrixOf(entries, n));
    const truth = full.solve(b).x[70]!;
    full.dispose();
    expect(answer.converged).toBe(true);
    expect(Math.abs(answer.value - truth)).toBeLessThanOrEqual(answer.bound! + 1e-13);
    // Both answers are within 1e-9 of their truths.
    expect(Math.abs(answer.value - before)).toBeLessThanOrEqual(bound + 2e-9);
    expect(tracked.answer).toBe(answer);
  }
  tracked.dispose();
  solver.dispose();
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

test('what is refused changes nothing, and a disposed one says so', async () => {
  const solver = await createSolver(matrixOf(grid(5), 25), { setup: 'lazy' });
  const tracked = solver.track({ indices: [3, 4], values: [1, -1] }, new Float64Array(25).fill(1));
  const { value } = tracked.answer;
  const fails = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return (error as LacunaError).code;
    }
    return 'none';
  };
  expect(fails(() => tracked.update({ rhs: { indices: [25], values: [1] } }))).toBe('index-out-of-range');
  expect(fails(() => tracked.update({ rhs: { indices: [2], values: [Infinity] } }))).toBe('not-finite');
  expect(fails(() => tracked.update({ rows: [{ row: 2, indices: [2, 3], values: [1, 5] }] }))).not.toBe('none');
  expect(fails(() => tracked.moved({}, { atol: -1 }))).toBe('invalid-option');
  expect(fails(() => tracked.update({ rows: {} } as never))).toBe('invalid-argument');
  expect(tracked.answer.value).toBe(value);
  expect(tracked.update({}).value).toBe(value);
  tracked.dispose();
  tracked.dispose();
  expect(fails(() => tracked.update({}))).toBe('disposed');
  solver.dispose();
});

test('the solver goes on as if nothing were tracked', async () => {
  const engine = await loadEngine();
  const random = new Random(5);
  const A = randomDominant(random, 60, 4);
  const b = random.vector(60);
  const solver = await engine.createSolver(A, { setup: 'lazy', method: 'lu' });
  const rhs = solver.rhs(b);
  const tracked = solver.track(7, rhs, { atol: 1e-10, rtol: 0 });
  const { value } = tracked.answer;
  // An unsymmetric matrix, of which this needs the columns, and which is set up only now.
  expect(solver.entry(7, { indices: [3], values: [1] }, { method: 'product' }).converged).toBe(true);
  expect(solver.conditions().columns.margin).not.toBeNull();
  tracked.update({ rhs: { indices: [7], values: [1] }, rows: [{ row: 7, indices: [7], values: [50] }] });
  expect(tracked.answer.value).not.toBe(value);
  expect(Math.abs(solver.solve(rhs).x[7]! - value)).toBeLessThanOrEqual(1e-10);
  rhs.dispose();
  expect(Math.abs(tracked.update({}).value - (b[7]! + 1) / 50)).toBeLessThanOrEqual(1e-10);
  // Also an update that fails: what was measured is gone.
  expect(errorOf(() => solver.update(new Float64Array(A.nnz))).code).toBe('singular-matrix');
  for (const call of [() => tracked.update({}), () => tracked.moved({})]) expect(errorOf(call).code).toBe('disposed');
  const other = solver.track(7, b, { atol: 1e-10, rtol: 0 });
  expect(other.answer.converged).toBe(true);
  solver.dispose();
  expect([tracked.disposed, other.disposed]).toEqual([true, true]);
  expect(errorOf(() => other.update({})).code).toBe('disposed');
  expect(errorOf(() => other.moved({})).code).toBe('disposed');
  other.dispose();
  tracked.dispose();
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

test('a row that is not dominant enough is named, and so is a matrix', async () => {
  const solver = await createSolver(matrixOf(grid(5), 25), { setup: 'lazy' });
  const tracked = solver.track(12, { indices: [12], values: [1] });
  const weak = { rows: [{ row: 3, indices: [3], values: [1] }, { row: 4, indices: [3, 4], values: [-3, 2] }] };
  for (const call of [() => tracked.update(weak), () => tracked.moved(weak)]) {
    expect(errorOf(call)).toMatchObject({ code: 'invalid-argument', argument: 'change.rows', position: 4 });
  }
  const twice = { rows: [{ row: 3, indices: [3], values: [1] }, { row: 3, indices: [3], values: [1] }] };
  expect(errorOf(() => tracked.update(twice))).toMatchObject({ code: 'duplicate-entry', position: 3 });
  const list = { rows: [{ row: 3, indices: [3, 30], values: [1, 1] }] };
  expect(errorOf(() => tracked.update(list))).toMatchObject({ argument: 'change.rows[0].indices', position: 1 });
  expect(errorOf(() => tracked.update({ rhs: { indices: [1], values: [NaN] } })).argument).toBe('change.rhs.values');
  expect(errorOf(() => tracked.update({ b: 1 } as never)).argument).toBe('change.b');
  expect(errorOf(() => solver.track(25, [])).code).toBe('index-out-of-range');
  expect(errorOf(() => solver.track(2, [])).code).toBe('shape-mismatch');
  expect(errorOf(() => solver.track(2, new Float64Array(25), { method: 'push' } as never)).code).toBe('invalid-option');
  solver.dispose();
  const general = await createSolver(SparseMatrix.fromDense([[1, 2], [3, 1]]), { setup: 'lazy' });
  expect(errorOf(() => general.track(0, [1, 1]))).toMatchObject({ code: 'invalid-argument', argument: 'A' });
  general.dispose();
});

test('values on demand: a callback that fails drops the change', async () => {
  const engine = await loadEngine();
  const solver = await engine.createSolver(matrixOf(grid(6), 36), { setup: 'lazy' });
  let broken = false;
  const value = (): number => {
    if (broken) throw new Error('no');
    return 0.5;
  };
  const tracked = solver.track(14, { value, normInf: 1 }, { atol: 0.1, rtol: 0 });
  const before = tracked.answer;
  const change = { rhs: { indices: [35], values: [0.25] } };
  broken = true;
  expect(errorOf(() => tracked.update(change)).code).toBe('source-failed');
  expect(tracked.answer).toBe(before);
  broken = false;
  expect(tracked.update({}).value).toBe(before.value);
  const after = tracked.update(change);
  const b = new Float64Array(36).fill(0.5);
  b[35] = 0.75;
  const { value: truth } = solver.entry(14, b, { atol: 1e-12, rtol: 0 });
  expect(Math.abs(after.value - truth)).toBeLessThanOrEqual(after.bound!);
  solver.dispose();
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

test('thousands of changes take no more memory than the first', async () => {
  const engine = await loadEngine();
  const side = 20;
  const entries = grid(side);
  const solver = await engine.createSolver(matrixOf(entries, side * side), { setup: 'lazy' });
  const tracked = solver.track(210, new Float64Array(side * side).fill(1), { atol: 1e-6, rtol: 0 });
  const indices = [210, 211, 209, 190, 230];
  let used = 0;
  for (let k = 0; k < 3000; k++) {
    const rows = [{ row: 210, indices, values: [6 + (k % 7), -1, -1, -1, -1] }];
    const { converged } = tracked.update({ rhs: { indices: [k % 400], values: [k % 2 === 0 ? 0.5 : -0.5] }, rows });
    if (!converged) expect(converged).toBe(true);
    if (k === 500) used = engine.stats().usedBytes;
  }
  expect(engine.stats().usedBytes).toBeLessThanOrEqual(1.2 * used);
  engine.dispose();
});
