import { createSolver, type LacunaError, loadEngine, SparseMatrix } from 'lacuna';
import { expect, test } from 'vitest';
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
  expect(fails(() => solver.update(new Float64Array(solver.nnz).fill(1)))).toBe('busy');
  expect(tracked.answer.value).toBe(value);
  expect(tracked.update({}).value).toBe(value);
  tracked.dispose();
  tracked.dispose();
  expect(fails(() => tracked.update({}))).toBe('disposed');
  solver.dispose();
});
