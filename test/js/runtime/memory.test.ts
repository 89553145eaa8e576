// Linear memory that grows under views, ends at its limit, and is given back.
import { type Engine, loadEngine, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bits, relativeError } from '../support/compare.js';
import { errorOf, rejectionOf } from '../support/errors.js';
import { poisson2d, poisson3d } from '../support/generate.js';
import { Random } from '../support/random.js';

const MiB = 2 ** 20;

/** −1, 4, −1: well conditioned at any size, and cheap to make. */
function tridiagonal(n: number): SparseMatrix {
  const indptr = Int32Array.from({ length: n + 1 }, (_, i) => (i === 0 ? 0 : 3 * i - 1 - (i === n ? 1 : 0)));
  const indices: number[] = [];
  const data: number[] = [];
  for (let i = 0; i < n; i++) {
    for (const j of [i - 1, i, i + 1]) {
      if (j < 0 || j >= n) continue;
      indices.push(j);
      data.push(i === j ? 4 : -1);
    }
  }
  return SparseMatrix.fromCsr(n, n, indptr, indices, data);
}

/** Allocates until less than `left` bytes of the present memory are free, so that the next large need makes it grow. */
async function fill(engine: Engine): Promise<() => void> {
  const solver = await engine.createSolver(SparseMatrix.identity(4096));
  const { heapBytes } = engine.stats();
  for (;;) {
    const one = solver.rhs(new Float64Array(4096));
    if (engine.stats().heapBytes === heapBytes) continue;
    one.dispose();
    break;
  }
  return () => solver.dispose();
}

describe('growth', () => {
  it('inside a synchronous solve', async () => {
    using engine = await loadEngine();
    const A = tridiagonal(50_000);
    const solution = new Random(1).vector(A.rows);
    const b = A.multiply(solution);
    using solver = await engine.createSolver(A, { method: 'bicgstab', preconditioner: 'none' });
    const rhs = solver.rhs(b);
    solver.rhs(b); // room for little more
    const release = await fill(engine);
    const held = engine.core().HEAPF64;
    const before = engine.stats().heapBytes;
    const { x, report } = solver.solve(rhs, { transpose: true });
    expect(engine.stats().heapBytes).toBeGreaterThan(before);
    expect(held.length, 'the view from before is dead').toBe(0);
    expect(report.converged).toBe(true);
    expect(relativeError(x, solution)).toBeLessThan(1e-9);
    release();
  });

  it('by another solver between two solves of one', async () => {
    using engine = await loadEngine();
    const A = poisson2d(20);
    const b = new Random(2).vector(A.rows);
    using solver = await engine.createSolver(A);
    const rhs = solver.rhs(b);
    const out = new Float64Array(A.rows);
    const expected = bits(solver.solve(rhs).x);
    const before = engine.stats().heapBytes;
    using large = await engine.createSolver(tridiagonal(100_000));
    expect(engine.stats().heapBytes).toBeGreaterThan(before);
    expect(bits(solver.solve(rhs, { out }).x)).toBe(expected);
    expect(bits(solver.solveMany([b]).x[0]!)).toBe(expected);
    expect(large.solve(new Float64Array(100_000)).report.converged).toBe(true);
  });

  it('between two slices of an asynchronous solve', async () => {
    using engine = await loadEngine();
    const A = tridiagonal(30_000);
    const solution = new Random(3).vector(A.rows);
    const b = A.multiply(solution);
    using solver = await engine.createSolver(A, { method: 'cg', preconditioner: 'none' });
    let grown = 0;
    const solvers: { dispose(): void }[] = [];
    const running = solver.solveAsync(b, {
      slice: 0.01,
      onProgress: () => {
        if (grown++ > 2) return;
        void engine.createSolver(tridiagonal(40_000 * grown)).then((one) => solvers.push(one));
      },
    });
    const before = engine.stats().heapBytes;
    const { x, report } = await running;
    expect(engine.stats().heapBytes).toBeGreaterThan(before);
    expect(solvers).toHaveLength(3);
    expect(report.converged).toBe(true);
    expect(relativeError(x, solution)).toBeLessThan(1e-9);
    for (const one of solvers) one.dispose();
  });
});

describe('out of memory', () => {
  const limit = 32 * MiB;
  const large = poisson3d(28);
  const small = poisson2d(10);
  const b = new Random(4).vector(small.rows);

  /** Whatever happened: nothing is held, the limit was kept, and a small system is solved. */
  async function expectAlive(engine: Engine, usedBytes: number): Promise<void> {
    const stats = engine.stats();
    expect(stats.heapBytes).toBeLessThanOrEqual(limit);
    expect(stats.highWaterBytes).toBeLessThanOrEqual(limit);
    expect(stats).toMatchObject({ usedBytes, liveHandles: 0 });
    for (const method of ['auto', 'lu', 'cg'] as const) {
      using solver = await engine.createSolver(small, { method });
      const { x, report } = solver.solve(b);
      expect(report.converged).toBe(true);
      expect(relativeError(small.multiply(x), b)).toBeLessThan(1e-9);
    }
    expect(engine.stats().liveHandles).toBe(0);
  }

  /** An engine whose bookkeeping has reached its size. */
  async function warmEngine(): Promise<{ engine: Engine; usedBytes: number }> {
    const engine = await loadEngine({ memoryLimit: limit });
    for (const method of ['lu', 'cholesky', 'cg'] as const) await engine.solve(small, b, { method });
    return { engine, usedBytes: engine.stats().usedBytes };
  }

  it.each(['cholesky', 'ldlt', 'lu', 'qr'] as const)('a factorization by %s that cannot fit', async (method) => {
    const { engine, usedBytes } = await warmEngine();
    const error = await rejectionOf(engine.createSolver(large, { method }));
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toContain(`'${method}'`);
    expect(error.remedy).toMatch(/cg.*memoryLimit/);
    expect(error.details?.['heapBytes']).toBeLessThanOrEqual(limit);
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('and again, as often as one tries', async () => {
    const { engine, usedBytes } = await warmEngine();
    for (let k = 0; k < 5; k++) expect((await rejectionOf(engine.createSolver(large, { method: 'cholesky' }))).code).toBe('out-of-memory');
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('a matrix that cannot fit', async () => {
    const { engine, usedBytes } = await warmEngine();
    const error = await rejectionOf(engine.createSolver(tridiagonal(1_000_000)));
    expect([error.code, error.argument]).toEqual(['out-of-memory', 'A']);
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('right-hand sides until nothing is left, and a solve that finds no room', async () => {
    const { engine, usedBytes } = await warmEngine();
    const A = tridiagonal(100_000);
    const solver = await engine.createSolver(A, { method: 'cg', preconditioner: 'jacobi' });
    const values = new Random(5).vector(A.rows);
    expect(errorOf(() => solver.solveMany(Array.from({ length: 20 }, () => values))).code).toBe('out-of-memory');
    const first = solver.rhs(values);
    const error = errorOf(() => {
      for (let k = 0; k < 1000; k++) solver.rhs(values);
    });
    expect(error.code).toBe('out-of-memory');
    expect(error.details).toEqual({ bytes: 8 * A.rows });
    expect(errorOf(() => solver.solve(first)).code).toBe('out-of-memory');
    expect((await rejectionOf(solver.solveAsync(first))).code).toBe('out-of-memory');
    expect(errorOf(() => solver.update(A)).code).toBe('out-of-memory');
    solver.dispose();
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('a solve that finds no room for its work writes nothing', async () => {
    const { engine, usedBytes } = await warmEngine();
    const A = tridiagonal(60_000);
    const solver = await engine.createSolver(A, { method: 'bicgstab', preconditioner: 'jacobi' });
    const rhs = solver.rhs(new Random(7).vector(A.rows));
    const out = new Float64Array(A.rows);
    const expected = bits(solver.solve(rhs, { out }).x); // room for b, x and the report is kept from now on
    const hoard = [];
    try {
      for (;;) hoard.push(solver.rhs({ indices: [], values: [] }));
    } catch (error) {
      expect((error as { code: string }).code).toBe('out-of-memory');
    }
    out.fill(7);
    const error = errorOf(() => solver.solve(rhs, { out }));
    expect(error.code).toBe('out-of-memory');
    expect(out.every((value) => value === 7)).toBe(true);
    for (const one of hoard) one.dispose();
    expect(bits(solver.solve(rhs, { out }).x)).toBe(expected);
    solver.dispose();
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('an update that finds no room leaves the solver as it was', async () => {
    const { engine, usedBytes } = await warmEngine();
    const A = tridiagonal(60_000);
    const solver = await engine.createSolver(A, { method: 'cholesky' });
    const rhs = solver.rhs(new Random(6).vector(A.rows));
    const before = bits(solver.solve(rhs).x);
    const hoard = [];
    try {
      for (;;) hoard.push(solver.rhs({ indices: [], values: [] }));
    } catch (error) {
      expect((error as { code: string }).code).toBe('out-of-memory');
    }
    expect(errorOf(() => solver.update(A.toCsr().data.map((v) => 2 * v))).code).toBe('out-of-memory');
    for (const one of hoard) one.dispose();
    expect(bits(solver.solve(rhs).x)).toBe(before);
    solver.update(A.toCsr().data.map((v) => 4 * v));
    expect(solver.solve(rhs).report.converged).toBe(true);
    solver.dispose();
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });

  it('one engine that is full does not concern another', async () => {
    const { engine, usedBytes } = await warmEngine();
    using other = await loadEngine();
    await rejectionOf(engine.createSolver(large, { method: 'cholesky' }));
    using solver = await other.createSolver(large, { method: 'cg' });
    expect(solver.solve(new Float64Array(large.rows).fill(1)).report.converged).toBe(true);
    await expectAlive(engine, usedBytes);
    engine.dispose();
  });
});

describe('the figures of stats()', () => {
  it('follow what is held', async () => {
    using engine = await loadEngine();
    (await engine.createSolver(SparseMatrix.identity(2))).dispose();
    const empty = engine.stats();
    expect(empty.liveHandles).toBe(0);
    const n = 10_000;
    using solver = await engine.createSolver(SparseMatrix.identity(n), { method: 'cg', preconditioner: 'none' });
    const withMatrix = engine.stats().usedBytes - empty.usedBytes;
    expect(withMatrix).toBeGreaterThanOrEqual(16 * n);
    expect(withMatrix).toBeLessThan(17 * n);
    const rhs = solver.rhs(new Float64Array(n));
    expect(engine.stats().usedBytes - empty.usedBytes - withMatrix).toBeGreaterThanOrEqual(8 * n);
    expect(engine.stats().usedBytes - empty.usedBytes - withMatrix).toBeLessThan(8 * n + 64);
    rhs.dispose();
    expect(engine.stats().usedBytes - empty.usedBytes).toBe(withMatrix);
    const { heapBytes, highWaterBytes } = engine.stats();
    expect(heapBytes % 65_536).toBe(0);
    expect(heapBytes).toBeGreaterThan(highWaterBytes);
    expect(highWaterBytes).toBeGreaterThan(withMatrix);
  });
});
