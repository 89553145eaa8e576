// What is disposed of says so and gives its memory back, and no failure leaves anything behind.
import { type Engine, LacunaError, loadEngine, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { errorOf, rejectionOf } from '../support/errors.js';
import { poisson2d } from '../support/generate.js';
import { named, WAYS, system } from '../support/systems.js';

const A = poisson2d(6);
const b = new Float64Array(A.rows).fill(1);

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

describe('a solver', () => {
  it('is disposed of once, as often as one likes', async () => {
    const solver = await engine.createSolver(A);
    expect(solver.disposed).toBe(false);
    for (let k = 0; k < 3; k++) {
      solver.dispose();
      expect(solver.disposed).toBe(true);
      expect(engine.stats().liveHandles).toBe(0);
    }
  });

  it('tells afterwards what to do, and its reports stay readable', async () => {
    const solver = await engine.createSolver(A);
    const { x } = solver.solve(b);
    const rhs = solver.rhs(b);
    const before = bits(x);
    solver.dispose();
    for (const call of [() => solver.solve(b), () => solver.solve(rhs), () => solver.solveMany([b]), () => solver.rhs(b), () => solver.update(A)]) {
      const error = errorOf(call);
      expect(error.code).toBe('disposed');
      expect(error.remedy).toContain('createSolver()');
    }
    expect((await rejectionOf(solver.solveAsync(b))).code).toBe('disposed');
    expect([solver.report.method, solver.rows, solver.nnz]).toEqual(['cholesky', A.rows, A.nnz]);
    expect(rhs.disposed).toBe(true);
    rhs.dispose();
    expect(bits(x)).toBe(before);
  });

  it('and an answer outlive everything else', async () => {
    const mortal = await loadEngine();
    const solver = await mortal.createSolver(A);
    const rhs = solver.rhs(b);
    const { x, report } = solver.solve(rhs);
    const before = bits(x);
    mortal.dispose();
    mortal.dispose();
    expect([mortal.disposed, solver.disposed, rhs.disposed]).toEqual([true, true, true]);
    expect(bits(x)).toBe(before);
    expect(report.converged).toBe(true);
    for (const call of [() => solver.solve(b), () => solver.update(A), () => mortal.stats(), () => mortal.version(), () => mortal.capabilities(), () => mortal.backendInfo()]) {
      const error = errorOf(call);
      expect(error.code).toBe('disposed');
      expect(error.message).toContain('engine');
      expect(error.remedy).toContain('loadEngine()');
    }
    expect((await rejectionOf(mortal.createSolver(A))).code).toBe('disposed');
    expect((await rejectionOf(mortal.solve(A, b))).code).toBe('disposed');
    solver.dispose();
  });
});

describe('a kept right-hand side', () => {
  it('is disposed of alone, and refused afterwards', async () => {
    const solver = await engine.createSolver(A);
    solver.solve(b);
    const { liveHandles } = engine.stats();
    const rhs = solver.rhs(b);
    expect([rhs.length, rhs.disposed]).toEqual([A.rows, false]);
    expect(engine.stats().liveHandles).toBe(liveHandles + 1);
    rhs.dispose();
    rhs.dispose();
    expect(rhs.disposed).toBe(true);
    expect(engine.stats().liveHandles).toBe(liveHandles);
    expect(errorOf(() => solver.solve(rhs))).toMatchObject({ code: 'disposed', argument: 'b' });
    expect((await rejectionOf(solver.solveAsync(rhs))).code).toBe('disposed');
    expect(solver.solve(b).report.converged).toBe(true);
    solver.dispose();
  });
});

describe('using', () => {
  it('disposes at the end of the block, in reverse order, on the way of an exception too', async () => {
    class Stop extends Error {}
    await expect(
      (async () => {
        using mortal = await loadEngine();
        using solver = await mortal.createSolver(A);
        using rhs = solver.rhs(b);
        expect(solver.solve(rhs).report.converged).toBe(true);
        queueMicrotask(() => expect([mortal.disposed, solver.disposed, rhs.disposed]).toEqual([true, true, true]));
        throw new Stop();
      })(),
    ).rejects.toBeInstanceOf(Stop);
    let kept;
    {
      using solver = await engine.createSolver(A);
      kept = solver;
      expect(solver.disposed).toBe(false);
    }
    expect(kept.disposed).toBe(true);
    expect(engine.stats().liveHandles).toBe(0);
  });
});

describe('no leak', () => {
  beforeEach(async () => {
    // The registry of solvers grows at its first use and stays.
    (await engine.createSolver(SparseMatrix.identity(2))).dispose();
  });

  /** Bytes in use after the first and after the last of many rounds. */
  async function expectNoLeak(round: () => unknown, rounds = 200): Promise<void> {
    await round();
    const { usedBytes, liveHandles } = engine.stats();
    for (let k = 0; k < rounds; k++) await round();
    expect(engine.stats()).toMatchObject({ usedBytes, liveHandles });
    expect(liveHandles).toBe(0);
  }

  it.each(WAYS.map((way) => ({ ...way, name: named(way) })))('in 200 rounds of $name', async ({ method, preconditioner, kinds }) => {
    const { A: matrix, b: rhs, c } = system({ kind: kinds[0]!, seed: 5, n: 30 });
    await expectNoLeak(async () => {
      const solver = await engine.createSolver(matrix, { method, preconditioner });
      solver.rhs(rhs);
      solver.solve(rhs, { out: new Float32Array(matrix.cols), rtol: 1e-5 });
      solver.solve(c, { transpose: true });
      solver.solveMany([rhs, rhs]);
      await solver.solveAsync(rhs);
      solver.update(matrix.toCsr().data);
      solver.dispose();
    });
  });

  it('in one-shot solves', async () => {
    await expectNoLeak(() => engine.solve(A, b));
    await expectNoLeak(() => engine.solve(A, b, { method: 'cg', slice: 1 }), 30);
  });

  const bad = SparseMatrix.fromDense([[1, 2], [2, 1]]);
  const failures: [name: string, code: string, call: () => unknown][] = [
    ['a method that does not fit', 'indefinite-matrix', () => engine.createSolver(bad, { method: 'cholesky' })],
    ['a matrix that is not square', 'not-square', () => engine.createSolver(SparseMatrix.fromDense([[1, 2, 3]]), { method: 'lu' })],
    ['a matrix that is not symmetric', 'not-symmetric', () => engine.createSolver(SparseMatrix.fromDense([[1, 2], [3, 1]]), { method: 'ldlt' })],
    ['a singular matrix', 'singular-matrix', () => engine.createSolver(SparseMatrix.fromDense([[1, 1], [1, 1]]), { method: 'lu' })],
    ['a preconditioner that cannot be built', 'singular-matrix', () => engine.createSolver(SparseMatrix.fromDense([[0, 1], [1, 1]]), { method: 'bicgstab', preconditioner: 'jacobi' })],
    ['a preconditioner that does not go with the method', 'invalid-option', () => engine.createSolver(A, { method: 'lu', preconditioner: 'ic' })],
    ['an option', 'invalid-option', () => engine.createSolver(A, { rtol: -1 })],
    ['a one-shot solve with a bad b', 'not-finite', () => engine.solve(A, b.map((_, i) => (i === 5 ? NaN : 1)))],
    ['a one-shot solve with a bad option', 'invalid-option', () => engine.solve(A, b, { slice: -1 })],
    ['a set-up that is cancelled', 'cancelled', () => engine.createSolver(A, { signal: AbortSignal.abort() })],
  ];

  it.each(failures)('in 200 failures: %s', async (_, code, call) => {
    await expectNoLeak(async () => expect((await rejectionOf(Promise.resolve(call()))).code).toBe(code));
  });

  it('in failures of a living solver', async () => {
    const solver = await engine.createSolver(A, { method: 'cg' });
    solver.solve(b);
    const foreign = await engine.createSolver(A);
    const stranger = foreign.rhs(b);
    const calls: (() => unknown)[] = [
      () => solver.solve([1]),
      () => solver.solve(stranger),
      () => solver.solve(b, { x0: [1] }),
      () => solver.solve(b, { out: new Float64Array(1) }),
      () => solver.solveMany([b, [1]]),
      () => solver.solveMany([b, stranger as never]),
      () => solver.rhs({ indices: [99], values: [1] }),
      () => solver.update([1]),
      () => solver.update(A.toCsr().data.map((v) => -v)),
      () => solver.update(A.toCsr().data.fill(NaN)),
    ];
    for (const call of calls) expect(errorOf(call)).toBeInstanceOf(LacunaError);
    for (const promise of [solver.solveAsync([1]), solver.solveAsync(stranger), solver.solveAsync(b, { slice: 0 })]) await rejectionOf(promise);
    const { usedBytes, liveHandles } = engine.stats();
    for (let k = 0; k < 50; k++) {
      for (const call of calls) errorOf(call);
      await rejectionOf(solver.solveAsync(stranger));
    }
    expect(engine.stats()).toMatchObject({ usedBytes, liveHandles });
    solver.dispose();
    foreign.dispose();
    expect(engine.stats().liveHandles).toBe(0);
  });
});
