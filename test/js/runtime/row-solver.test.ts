// Matrices that are never loaded: the rows that are asked for, the answers, and sources that misbehave.
import { createRowSolver, type Engine, loadEngine, type RowBatch, type RowSolverOptions, type RowSource, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denseSolve, toDense } from '../support/dense.js';
import { errorOf, rejectionOf } from '../support/errors.js';
import { randomDominant, randomSpd } from '../support/generate.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

/** Rows of a loaded matrix, and what was asked for. */
function rowsOf(A: SparseMatrix, asked: number[] = []): (ids: Float64Array) => RowBatch {
  const { indptr, indices, data } = A.toCsr();
  return (ids) => {
    asked.push(...ids);
    const range = [...ids].map((i) => [indptr[i]!, indptr[i + 1]!] as const);
    return {
      counts: range.map(([from, to]) => to - from),
      indices: range.flatMap(([from, to]) => [...indices.subarray(from, to)]),
      values: range.flatMap(([from, to]) => [...data.subarray(from, to)]),
    };
  };
}

function loaded(A: SparseMatrix, asynchronous = false): RowSource {
  const rows = rowsOf(A);
  const columns = rowsOf(A.transpose());
  if (!asynchronous) return { rows, columns };
  const later = (give: (ids: Float64Array) => RowBatch) => async (ids: Float64Array) => {
    await new Promise((resolve) => setTimeout(resolve));
    return give(ids);
  };
  return { rows: later(rows), columns: later(columns) };
}

/** What is true of it. */
function declare(A: SparseMatrix): RowSolverOptions {
  const side = (rows: readonly (readonly number[])[]): [margin: number, norm: number] => {
    const sums = rows.map((row) => row.reduce((sum, v) => sum + Math.abs(v), 0));
    return [Math.min(...rows.map((row, i) => 2 * Math.abs(row[i]!) - sums[i]!)) * (1 - 1e-9), Math.max(...sums) * (1 + 1e-9)];
  };
  const [margin, norm] = side(toDense(A));
  const [columnMargin, columnNorm] = side(toDense(A.transpose()));
  return { size: A.rows, margin, norm, columnNorm, ...(columnMargin > 0 && { columnMargin }) };
}

/** A ring of 10¹² unknowns: 3xᵢ − xᵢ₋₁ − xᵢ₊₁ = bᵢ. */
const size = 1e12;
const ringRows = (ids: Float64Array): RowBatch => ({
  counts: ids.map(() => 3),
  indices: [...ids].flatMap((i) => [i, (i + 1) % size, (i + size - 1) % size]),
  values: [...ids].flatMap(() => [3, -1, -1]),
});
const RING = { size, margin: 1, norm: 5, signs: 'm-matrix', symmetric: true } as const;

describe.each([false, true])('over a loaded matrix, asynchronous: %s', (asynchronous) => {
  it.each([1, 2, 3, 4])('answers as dense elimination does, seed %d', async (seed) => {
    const random = new Random(seed);
    const A = seed % 2 ? randomDominant(random, 40, 4, 2) : randomSpd(random, 40, 3, 2);
    const b = random.vector(40);
    const x = denseSolve(toDense(A), b)!;
    using solver = await engine.createRowSolver(loaded(A, asynchronous), declare(A));
    using rhs = solver.rhs(b);
    const options = { atol: 1e-8, rtol: 0 };
    for (let i = 0; i < 40; i += 7) {
      const answer = asynchronous ? await solver.entryAsync(i, rhs, options) : solver.entry(i, rhs, options);
      expect(answer.converged, JSON.stringify(answer)).toBe(true);
      expect(Math.abs(answer.value - x[i]!)).toBeLessThanOrEqual(answer.bound! + 1e-12);
    }
    const t = { indices: [3, 30], values: [1, -2] };
    const sum = asynchronous ? await solver.functionalAsync(t, rhs, options) : solver.functional(t, rhs, options);
    expect(Math.abs(sum.value - (x[3]! - 2 * x[30]!))).toBeLessThanOrEqual(sum.bound! + 1e-12);

    const unit = { indices: [5], values: [1] };
    const column = denseSolve(toDense(A), Float64Array.from({ length: 40 }, (_, k) => (k === 5 ? 1 : 0)))!;
    const limited = { ...options, maxEntries: 1e5 };
    const line = asynchronous ? await solver.columnAsync(5, limited) : solver.column(5, limited);
    line.indices.forEach((id, k) => expect(Math.abs(line.values[k]! - column[id]!)).toBeLessThanOrEqual(line.bound! + 1e-12));
    const one = asynchronous ? await solver.entryAsync(9, unit, options) : solver.entry(9, unit, options);
    expect(Math.abs(one.value - column[9]!)).toBeLessThanOrEqual(one.bound! + 1e-12);
  });

  it('several queries at a time share what was fetched', async () => {
    const A = randomDominant(new Random(9), 60, 4, 2);
    const x = denseSolve(toDense(A), new Float64Array(60).fill(1))!;
    using solver = await engine.createRowSolver(loaded(A, asynchronous), declare(A));
    const ones = solver.rhs({ value: () => 1, normInf: 1 });
    const options = { atol: 1e-8, rtol: 0 };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => solver.entryAsync(i, ones, options)));
    answers.forEach(({ value, bound }, i) => expect(Math.abs(value - x[i]!)).toBeLessThanOrEqual(bound! + 1e-12));
    const { fetched, hits, batches } = solver.stats();
    expect(fetched).toBeLessThanOrEqual(60);
    expect(hits).toBeGreaterThan(fetched);
    expect(batches).toBeGreaterThan(0);
    await Promise.all([7, 8, 9].map((i) => solver.entryAsync(i, ones, options)));
    expect(solver.stats().fetched).toBe(fetched);
  });
});

describe('a ring of 10¹² unknowns', () => {
  it('is answered from the few rows that matter, each asked for once', async () => {
    const asked: number[] = [];
    using solver = await engine.createRowSolver({ rows: (ids) => (asked.push(...ids), ringRows(ids)) }, RING);
    // x = 1 for b = 1; the Green's function decays like ((3 − √5)/2)^distance.
    const ones = solver.rhs({ value: () => 1, normInf: 1, least: 1 });
    const answer = solver.entry(5e11, ones, { atol: 1e-8, rtol: 0 });
    expect(Math.abs(answer.value - 1)).toBeLessThanOrEqual(answer.bound!);
    expect(answer.converged).toBe(true);
    expect(asked.length).toBeLessThan(100);
    expect(new Set(asked).size).toBe(asked.length);
    expect(solver.stats().fetched).toBe(asked.length);
    const green = solver.entry(0, { indices: [size - 1], values: [1] }, { atol: 1e-10, rtol: 0 });
    const exact = (3 - Math.sqrt(5)) / 2 / Math.sqrt(5);
    expect(Math.abs(green.value - exact)).toBeLessThanOrEqual(green.bound! + 1e-15);
    const { indices, values, bound } = solver.column(0, { atol: 1e-6 });
    expect(indices.at(-1)).toBe(size - 1);
    expect(Math.abs(values.at(-1)! - exact)).toBeLessThanOrEqual(bound!);
    expect(solver.estimateWork(7, ones)).toMatchObject({ complexity: 'local', method: 'push' });
  });

  it('with a cache too small for a query still gets there', async () => {
    using solver = await engine.createRowSolver({ rows: ringRows }, { ...RING, cacheBytes: 4096 });
    const { value, bound, converged } = solver.entry(1e11, { value: () => 1, normInf: 1 }, { atol: 1e-6, rtol: 0 });
    expect(converged).toBe(true);
    expect(Math.abs(value - 1)).toBeLessThanOrEqual(bound!);
  });

  it('without a promised margin there is no bound, and why says so', async () => {
    using solver = await createRowSolver({ rows: ringRows }, { size, engine });
    const answer = solver.entry(3, { indices: [3], values: [1] }, { maxEntries: 500 });
    expect(answer).toMatchObject({ bound: null, certificate: null, converged: false });
    expect(answer.why).toContain('margin');
    expect(answer.value).toBeCloseTo(1 / Math.sqrt(5), 3);
  });
});

describe('a declaration that does not hold', () => {
  const cases: [what: string, options: Partial<RowSolverOptions>, row: number, rows: (i: number) => [number, number][]][] = [
    ['margin', {}, 1, (i) => [[i, i === 1 ? 2.9 : 4], [i + 1, -1], [(i + 9) % 10, -1]]],
    ['norm', { norm: 6 }, 1, (i) => [[i, i === 1 ? 50 : 4], [i + 1, -1], [(i + 9) % 10, -1]]],
    ['signs', { signs: 'm-matrix' }, 1, (i) => [[i, 4], [i + 1, i === 1 ? 1 : -1], [(i + 9) % 10, -1]]],
    ['diagonal', {}, 1, (i) => (i === 1 ? [[0, 1]] : [[i, 4], [i + 1, -1]])],
    ['length', { maxRowEntries: 2 }, 1, (i) => [[i, 9], [i + 1, -1], [(i + 9) % 10, -1], ...(i === 1 ? [[5, 0.1] as [number, number]] : [])]],
  ];

  it.each(cases)('%s: names the row', async (_, options, row, entries) => {
    const rows = (ids: Float64Array): RowBatch => {
      const all = [...ids].map((i) => entries(i).map(([j, v]) => [j % 10, v] as const));
      return { counts: all.map(({ length }) => length), indices: all.flatMap((one) => one.map(([j]) => j)), values: all.flatMap((one) => one.map(([, v]) => v)) };
    };
    using solver = await engine.createRowSolver({ rows }, { size: 10, margin: 1.5, ...options });
    for (const call of [() => solver.entry(0, new Float64Array(10).fill(1)), () => solver.rowAsync(0)]) {
      const error = await rejectionOf((async () => call())());
      expect(error, error.message).toMatchObject({ code: 'declaration-violated', position: row });
    }
    // Far from there all is well.
    expect(solver.entry(5, { indices: [5], values: [1] }, { atol: 0.5 }).converged).toBe(true);
  });
});

describe('a source that misbehaves', () => {
  const one = { counts: [1], indices: [0], values: [4] };
  it.each([
    ['nothing', undefined, 'invalid-argument', 'source.rows()'],
    ['a number', 3, 'invalid-argument', 'source.rows()'],
    ['no counts', { indices: [0], values: [4] }, 'invalid-argument', 'source.rows().counts'],
    ['too many rows', { ...one, counts: [1, 0] }, 'shape-mismatch', 'source.rows().counts'],
    ['a negative count', { ...one, counts: [-1] }, 'index-out-of-range', 'source.rows().counts'],
    ['half an entry', { ...one, counts: [0.5] }, 'invalid-argument', 'source.rows().counts'],
    ['fewer entries than counted', { ...one, counts: [2] }, 'shape-mismatch', 'source.rows().indices'],
    ['no value for an index', { ...one, values: [] }, 'shape-mismatch', 'source.rows().values'],
    ['a column past the end', { ...one, indices: [3] }, 'index-out-of-range', 'source.rows().indices'],
    ['a value that is not finite', { ...one, values: [NaN] }, 'not-finite', 'source.rows().values'],
    ['an entry twice', { counts: [2], indices: [0, 0], values: [4, 1] }, 'duplicate-entry', 'source'],
  ] as const)('%s', async (_, batch, code, argument) => {
    let bad = true;
    const give = (ids: Float64Array): never => (bad ? batch : { counts: ids.map(() => 1), indices: ids, values: ids.map(() => 4) }) as never;
    using plain = await engine.createRowSolver({ rows: give }, { size: 3, margin: 3 });
    using later = await engine.createRowSolver({ rows: async (ids) => give(ids) }, { size: 3, margin: 3 });
    const { liveHandles } = engine.stats();
    expect(errorOf(() => plain.entry(0, [8, 8, 8]))).toMatchObject({ code, argument });
    expect(await rejectionOf(later.entryAsync(0, [8, 8, 8]))).toMatchObject({ code, argument });
    expect(engine.stats().liveHandles).toBe(liveHandles);
    bad = false;
    expect(plain.entry(0, [8, 8, 8], { rtol: 1e-12 }).value).toBeCloseTo(2, 9);
    expect((await later.entryAsync(0, [8, 8, 8], { rtol: 1e-12 })).value).toBeCloseTo(2, 9);
  });

  it('by throwing or rejecting: the cause is told, and the solver goes on', async () => {
    class Offline extends Error {}
    const cause = new Offline();
    let offline = true;
    const rows = (ids: Float64Array): RowBatch => {
      if (offline) throw cause;
      return ringRows(ids);
    };
    using plain = await engine.createRowSolver({ rows }, RING);
    using later = await engine.createRowSolver({ rows: async (ids) => rows(ids) }, RING);
    const unit = { indices: [0], values: [1] };
    const failed = { code: 'source-failed', argument: 'source.rows()', cause };
    expect(errorOf(() => plain.entry(0, unit))).toMatchObject(failed);
    expect(await rejectionOf(plain.entryAsync(0, unit))).toMatchObject(failed);
    expect(await rejectionOf(later.entryAsync(0, unit))).toMatchObject(failed);
    offline = false;
    expect(plain.entry(0, unit).value).toBeCloseTo(1 / Math.sqrt(5), 6);
    expect((await later.entryAsync(0, unit)).value).toBeCloseTo(1 / Math.sqrt(5), 6);
  });

  it('by being late: synchronous calls say what to do, and nothing is left unhandled', async () => {
    using rejecting = await engine.createRowSolver({ rows: async () => Promise.reject(new Error('late')) }, RING);
    for (const call of [() => rejecting.entry(0, { indices: [0], values: [1] }), () => rejecting.row(0), () => rejecting.column(0)]) {
      const error = errorOf(call);
      expect(error).toMatchObject({ code: 'invalid-argument', argument: 'source.rows()' });
      expect(error.remedy).toContain('Async');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('by changing what it was given', async () => {
    const rows = (ids: Float64Array): RowBatch => {
      const batch = ringRows(ids);
      ids.fill(7);
      return batch;
    };
    using solver = await engine.createRowSolver({ rows }, RING);
    expect(solver.entry(0, { indices: [0], values: [1] }).value).toBeCloseTo(1 / Math.sqrt(5), 6);
  });

  it('by disposing of the solver, or of the engine', async () => {
    const mortal = await loadEngine();
    const first = await mortal.createRowSolver({ rows: (ids) => (first.dispose(), ringRows(ids)) }, RING);
    expect(errorOf(() => first.entry(0, { indices: [0], values: [1] })).code).toBe('disposed');
    const second = await mortal.createRowSolver({ rows: async (ids) => (mortal.dispose(), ringRows(ids)) }, RING);
    expect((await rejectionOf(second.entryAsync(0, { indices: [0], values: [1] }))).code).toBe('disposed');
  });
});

describe('life', () => {
  it('ends once, and says so', async () => {
    const solver = await engine.createRowSolver({ rows: ringRows }, RING);
    const rhs = solver.rhs({ indices: [0], values: [1] });
    solver.entry(0, rhs);
    for (let k = 0; k < 2; k++) {
      solver.dispose();
      expect([solver.disposed, rhs.disposed, engine.stats().liveHandles]).toEqual([true, true, 0]);
    }
    for (const call of [() => solver.entry(0, rhs), () => solver.row(0), () => solver.rhs([1]), () => solver.stats()]) {
      const error = errorOf(call);
      expect([error.code, error.remedy]).toEqual(['disposed', 'Create another with createRowSolver()']);
    }
    expect((await rejectionOf(solver.entryAsync(0, { indices: [0], values: [1] }))).code).toBe('disposed');
  });

  it('while rows are fetched: cancelling needs only that they come, or fail', async () => {
    const controller = new AbortController();
    const fetchRows = (ids: Float64Array): Promise<RowBatch> =>
      new Promise((resolve, reject) => {
        controller.signal.addEventListener('abort', () => reject(new Error('aborted')));
        setTimeout(() => resolve(ringRows(ids)), 1);
      });
    using solver = await engine.createRowSolver({ rows: fetchRows }, RING);
    setTimeout(() => controller.abort(), 10);
    const { reason, bound } = await solver.entryAsync(0, { value: () => 1, normInf: 1 }, { signal: controller.signal });
    expect(reason).toBe('cancelled');
    expect(bound === null || bound > 0).toBe(true);
    expect(solver.disposed).toBe(false);
  });

  it('lets the event loop turn though its source is synchronous', async () => {
    const random = new Random(4);
    const A = randomDominant(random, 5000, 6, 0.5);
    using solver = await engine.createRowSolver({ rows: rowsOf(A) }, declareSparse(A, 0.5));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await solver.entryAsync(0, random.vector(5000), { atol: 1e-8, rtol: 0, slice: 2 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it('200 rounds leave nothing behind', async () => {
    const round = async (): Promise<void> => {
      using solver = await engine.createRowSolver({ rows: ringRows }, RING);
      const rhs = solver.rhs({ value: () => 1, normInf: 1 });
      solver.entry(0, rhs);
      await solver.columnAsync(5);
      errorOf(() => solver.entry(0, { value: () => 2, normInf: 1 }));
    };
    for (let k = 0; k < 5; k++) await round();
    const { usedBytes, liveHandles } = engine.stats();
    for (let k = 0; k < 200; k++) await round();
    expect(engine.stats()).toMatchObject({ usedBytes, liveHandles });
  });
});

/** For larger ones whose margin is known. */
function declareSparse(A: SparseMatrix, margin: number): RowSolverOptions {
  return { size: A.rows, margin: margin * (1 - 1e-9) };
}
