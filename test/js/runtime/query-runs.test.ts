// Queries while something happens: slices, cancelling, disposal, callbacks that misbehave.
import { type Engine, LacunaError, loadEngine, type OnDemandVector, type Progress, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, rejectionOf } from '../support/errors.js';
import { randomDominant } from '../support/generate.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const random = new Random(3);
/** An expander: a push to twelve digits takes many passes over the whole of it. */
const A = randomDominant(random, 20_000, 6, 0.05);
const b = random.vector(A.rows);
const HARD = { method: 'push', atol: 1e-12, rtol: 0 } as const;
const small = SparseMatrix.fromDense([[4, -1, 0], [-1, 4, -1], [0, -1, 4]]);

describe('slices', () => {
  it('let the event loop turn, and progress only rises', async () => {
    using solver = await engine.createSolver(A, { setup: 'lazy' });
    const seen: Progress[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const answer = await solver.entryAsync(5, b, { ...HARD, atol: 1e-9, slice: 1, onProgress: (progress) => seen.push(progress) });
    clearInterval(timer);
    expect(answer.converged).toBe(true);
    expect(ticks).toBeGreaterThan(2);
    expect(seen.length).toBeGreaterThan(5);
    for (const [k, { fraction, iterations }] of seen.entries()) {
      expect(fraction).toBeGreaterThanOrEqual(k === 0 ? 0 : seen[k - 1]!.fraction);
      expect(iterations).toBe(0);
    }
    expect(seen.at(-1)!.fraction).toBe(1);
  });

  it('several queries at a time', async () => {
    using solver = await engine.createSolver(small, { setup: 'lazy' });
    using rhs = solver.rhs([1, 2, 3]);
    const plain = [0, 1, 2].map((i) => solver.entry(i, rhs).value);
    const answers = await Promise.all([0, 1, 2].map((i) => solver.entryAsync(i, rhs, { slice: 0.001 })));
    expect(answers.map(({ value }) => value)).toEqual(plain);
  });
});

describe('a query that is stopped', () => {
  it('has its best value and the bound that it had reached', async () => {
    using solver = await engine.createSolver(A, { setup: 'lazy' });
    const { value: truth, bound: slack } = solver.entry(5, b, { atol: 1e-10, rtol: 0, method: 'full' });
    const controller = new AbortController();
    let slices = 0;
    const cancelled = await solver.entryAsync(5, b, { ...HARD, slice: 2, signal: controller.signal, onProgress: () => ++slices === 3 && controller.abort() });
    const late = await solver.entryAsync(5, b, { ...HARD, timeLimit: 5 });
    for (const [answer, reason] of [[cancelled, 'cancelled'], [late, 'budget']] as const) {
      expect([answer.reason, answer.converged]).toEqual([reason, false]);
      expect(Math.abs(answer.value - truth)).toBeLessThanOrEqual(answer.bound! + slack!);
    }
  });

  it('before it began knows what b alone tells', async () => {
    using solver = await engine.createSolver(small, { setup: 'lazy' });
    const signal = AbortSignal.abort();
    const answer = await solver.entryAsync(1, [1, 2, 3], { signal });
    expect([answer.reason, answer.converged, answer.work.pushes]).toEqual(['cancelled', false, 0]);
    const { x } = solver.solve([1, 2, 3]);
    if (answer.bound !== null) expect(Math.abs(answer.value - x[1]!)).toBeLessThanOrEqual(answer.bound);
    const answers = await solver.entriesAsync([0, 1, 2], [1, 2, 3], { signal });
    expect(answers.map(({ reason }) => reason)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect((await solver.rowAsync(0, { signal })).reason).toBe('cancelled');
  });

  it('by entries', async () => {
    using solver = await engine.createSolver(A, { setup: 'lazy' });
    const answer = solver.entry(5, b, { ...HARD, maxEntries: 5000 });
    expect(answer.reason).toBe('budget');
    expect(answer.work.entries).toBeLessThan(7000);
  });
});

describe('a push that leads nowhere', () => {
  it.each([
    ['residuals that grow', [[1, 5, 0], [0, 1, 5], [5, 0, 1]]],
    ['a zero on the diagonal', [[1, 1], [1, 0]]],
  ])('%s: an end, and no word of a singular matrix', async (_, dense) => {
    using solver = await engine.createSolver(SparseMatrix.fromDense(dense));
    const b = dense.map(() => 1);
    for (const call of [() => solver.column(0), () => solver.row(0), () => solver.entry(0, b, { method: 'push' }), () => solver.entry(0, b, { method: 'neumann' })]) {
      const error = errorOf(call);
      expect(error, error.message).toMatchObject({ code: 'breakdown', argument: 'A' });
      expect(error.message).toContain("'push'");
    }
    const { value, bound } = solver.entry(0, b);
    expect([value, bound]).toEqual([solver.solve(b).x[0], null]);
  });

  it('columns that are not dominant: what was reached, with a true bound or none', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const A = randomDominant(new Random(seed), 20, 4, 0.1);
      using solver = await engine.createSolver(A);
      const { indices, values, bound } = solver.column(0);
      const { x } = solver.solve({ indices: [0], values: [1] });
      indices.forEach((id, k) => expect(Math.abs(values[k]! - x[id]!)).toBeLessThanOrEqual(bound! + 1e-13));
    }
  });
});

describe('disposed of during a query', () => {
  it('the solver: the query says so', async () => {
    const solver = await engine.createSolver(A, { setup: 'lazy' });
    const error = await rejectionOf(solver.entryAsync(5, b, { ...HARD, slice: 1, onProgress: () => solver.dispose() }));
    expect(error.code).toBe('disposed');
    const later = await engine.createSolver(A, { setup: 'lazy' });
    const running = later.rowAsync(5, { rtol: 1e-14, slice: 1 });
    later.dispose();
    expect((await rejectionOf(running)).code).toBe('disposed');
    expect(engine.stats().liveHandles).toBe(0);
  });

  it('the right-hand side: the query goes on, and its memory goes with it', async () => {
    using solver = await engine.createSolver(A, { setup: 'lazy' });
    const rhs = solver.rhs(b);
    const running = solver.entryAsync(5, rhs, { ...HARD, atol: 1e-6, slice: 1 });
    rhs.dispose();
    expect(rhs.disposed).toBe(true);
    expect((await running).converged).toBe(true);
    expect(engine.stats().liveHandles).toBe(1);
  });

  it('by a callback, at once', async () => {
    const solver = await engine.createSolver(small, { setup: 'lazy' });
    const suicidal: OnDemandVector = { normInf: 1, value: () => (solver.dispose(), 1) };
    expect(errorOf(() => solver.entry(0, suicidal)).code).toBe('disposed');
    const again = await engine.createSolver(small);
    const rhs = again.rhs({ normInf: 1, value: () => (again.dispose(), 1) });
    expect(errorOf(() => again.solve(rhs)).code).toBe('disposed');
    expect(engine.stats().liveHandles).toBe(0);
  });
});

describe('a callback for b', () => {
  it('that throws is the cause, and the solver goes on', async () => {
    using solver = await engine.createSolver(small);
    class Mine extends Error {}
    const cause = new Mine();
    const thrower = { normInf: 1, value: () => { throw cause; } };
    const rhs = solver.rhs(thrower);
    const { liveHandles } = engine.stats();
    for (const call of [() => solver.entry(0, thrower), () => solver.entryAsync(0, thrower), () => solver.entry(0, rhs), () => solver.solve(rhs)]) {
      const error = await rejectionOf((async () => call())());
      expect(error).toMatchObject({ code: 'source-failed', argument: 'b.value', cause });
    }
    expect(solver.entry(0, [1, 1, 1]).converged).toBe(true);
    rhs.dispose();
    expect(engine.stats().liveHandles).toBeLessThanOrEqual(liveHandles);
  });

  it('that breaks what was declared is found out, with its place', async () => {
    using solver = await engine.createSolver(small);
    for (const wrong of [2, -2, NaN, Infinity, '1', undefined]) {
      const value = (i: number) => (i === 1 ? wrong : 0.5) as number;
      const given = { normInf: 1, least: 0, value };
      for (const call of [() => solver.entry(1, given), () => solver.solve(solver.rhs(given))]) {
        expect(errorOf(call)).toMatchObject({ code: 'declaration-violated', argument: 'b.value', position: 1 });
      }
    }
    expect(errorOf(() => solver.entry(1, { normInf: 1, norm1: 1.5, value: () => 1 })).code).toBe('declaration-violated');
    expect(solver.entry(1, { normInf: 1, norm1: 3, value: () => 1 }).converged).toBe(true);
  });

  it('may ask the solver meanwhile', async () => {
    using solver = await engine.createSolver(small);
    const inner: number[] = [];
    const value = (): number => (inner.push(solver.entry(0, [1, 1, 1]).value), 1);
    const { value: found, bound } = solver.entry(0, { normInf: 1, value });
    expect(inner.length).toBeGreaterThan(0);
    expect(Math.abs(found - inner[0]!)).toBeLessThanOrEqual(bound! + 1e-6);
    // The vector of the solve is not that of the solve within it.
    const { x } = solver.solve(solver.rhs({ normInf: 1, value: (i) => solver.solve([i, i, i]).x[0]! * 0 + i / 2 }));
    expect([...x]).toEqual([...solver.solve([0, 0.5, 1]).x]);
  });
});

describe('set-up that is put off', () => {
  const singular = SparseMatrix.fromDense([[1, 1], [1, 1]]);

  it('comes with the first solve, and says so', async () => {
    using lazy = await engine.createSolver(small, { setup: 'lazy' });
    using eager = await engine.createSolver(small);
    expect(eager.report.ready).toBe(true);
    expect(lazy.report).toMatchObject({ ready: false, rows: 3, nnz: 7, symmetric: true, attempts: [] });
    expect([...lazy.solve([1, 2, 3]).x]).toEqual([...eager.solve([1, 2, 3]).x]);
    const { setupTime: _, ...report } = lazy.report;
    expect(report).toEqual((({ setupTime: _time, ...rest }) => rest)(eager.report));
  });

  it.each(['solve', 'solveMany', 'solveAsync', 'full query'] as const)('comes with %s', async (kind) => {
    using lazy = await engine.createSolver(small, { setup: 'lazy', method: 'lu' });
    if (kind === 'solve') lazy.solve([1, 2, 3]);
    else if (kind === 'solveMany') lazy.solveMany([[1, 2, 3]]);
    else if (kind === 'solveAsync') await lazy.solveAsync([1, 2, 3]);
    else lazy.entry(0, [1, 2, 3], { method: 'full' });
    expect(lazy.report).toMatchObject({ ready: true, method: 'lu' });
    lazy.update([8, -2, -2, 8, -2, -2, 8]);
    expect(lazy.solve([2, 4, 6]).report.converged).toBe(true);
  });

  it('brings its errors then, each time', async () => {
    using solver = await engine.createSolver(singular, { setup: 'lazy', method: 'lu' });
    for (let k = 0; k < 2; k++) {
      for (const call of [() => solver.solve([1, 2]), () => solver.solveMany([[1, 2]]), () => solver.entry(0, [1, 2], { method: 'full' })]) {
        expect(errorOf(call)).toMatchObject({ code: 'singular-matrix', argument: 'A' });
      }
      expect((await rejectionOf(solver.solveAsync([1, 2]))).code).toBe('singular-matrix');
      expect(solver.report.ready).toBe(false);
    }
    expect((await rejectionOf(engine.createSolver(singular, { method: 'lu' }))).code).toBe('singular-matrix');
    expect((await rejectionOf(engine.createSolver(singular, { setup: 'later' as never }))).argument).toBe('options.setup');
  });

  it('takes new values before it', async () => {
    using solver = await engine.createSolver(singular, { setup: 'lazy' });
    solver.update([2, 1, 1, 2]);
    expect(solver.report.ready).toBe(false);
    expect([...solver.solve([3, 3]).x].map((v) => Math.round(v * 1e12) / 1e12)).toEqual([1, 1]);
  });

  it('new values are what queries are answered from', async () => {
    using solver = await engine.createSolver(SparseMatrix.identity(3), { setup: 'lazy' });
    const rhs = solver.rhs([4, 4, 4]);
    const before = [solver.entry(0, rhs).value, solver.entry(1, rhs, { method: 'full' }).value];
    solver.update([2, 2, 2]);
    const after = [solver.entry(0, rhs).value, solver.entry(1, rhs, { method: 'full' }).value];
    expect([...before, ...after].map((v) => v.toFixed(9))).toEqual(['4.000000000', '4.000000000', '2.000000000', '2.000000000']);
    expect(solver.conditions().rows.margin).toBeCloseTo(2, 12);
  });
});

it('200 rounds of queries, and of failing ones, leave nothing behind', async () => {
  const solver = await engine.createSolver(small, { setup: 'lazy' });
  const rhs = solver.rhs([1, 2, 3]);
  const round = async (): Promise<void> => {
    solver.entry(0, rhs);
    solver.entries([0, 1, 2], { indices: [1], values: [1] });
    solver.functional({ indices: [0], values: [1] }, { normInf: 1, value: () => 1 });
    solver.column(1);
    await solver.rowAsync(1);
    await solver.entryAsync(1, [1, 1, 1], { slice: 0.01 });
    solver.rhs({ indices: [0], values: [1] }).dispose();
    for (const call of [() => solver.entry(9, rhs), () => solver.entry(0, rhs, { method: 'walks' }), () => solver.entry(0, { normInf: 1, value: () => 2 })]) {
      expect(errorOf(call)).toBeInstanceOf(LacunaError);
    }
  };
  for (let k = 0; k < 20; k++) await round();
  const { usedBytes, liveHandles } = engine.stats();
  for (let k = 0; k < 200; k++) await round();
  expect(engine.stats()).toMatchObject({ usedBytes, liveHandles });
  solver.dispose();
});
