// Solves in slices: the event loop turns, progress only rises, and every way to stop tells the truth.
import { type Engine, loadEngine, type Progress, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bits, expectTrueCertificate, figures } from '../support/compare.js';
import { evaluate } from '../support/child.js';
import { rejectionOf } from '../support/errors.js';
import { poisson2d, randomDominant } from '../support/generate.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const random = new Random(1);
/** A few hundred iterations of CG. */
const A = poisson2d(60);
const b = random.vector(A.rows);
/** Ten thousand iterations: much more work than a test waits for. */
const endless = SparseMatrix.laplacian(30_000, { source: Int32Array.from({ length: 29_999 }, (_, i) => i), target: Int32Array.from({ length: 29_999 }, (_, i) => i + 1) }, { shift: 1e-9 });
const far = new Float64Array(endless.rows);
far[0] = 1;
const METHODS = [
  { method: 'cg', preconditioner: 'none' },
  { method: 'cg', preconditioner: 'ic' },
  { method: 'bicgstab', preconditioner: 'jacobi' },
  { method: 'bicgstab', preconditioner: 'ilut' },
] as const;

describe.each(METHODS)('$method with $preconditioner', (options) => {
  it('gives the bits of the synchronous solve, however it is cut', async () => {
    using solver = await engine.createSolver(A, options);
    const plain = solver.solve(b);
    for (const slice of [0.01, 0.5, 1000]) {
      let calls = 0;
      const { x, report } = await solver.solveAsync(b, { slice, onProgress: () => calls++ });
      expect(bits(x)).toBe(bits(plain.x));
      expect(figures(report)).toEqual(figures(plain.report));
      if (slice === 0.01) expect(calls).toBeGreaterThan(5);
      if (slice === 1000) expect(calls).toBeLessThan(5);
    }
  });

  it('progress rises from 0 to 1, and iterations with it', async () => {
    using solver = await engine.createSolver(A, options);
    const seen: Progress[] = [];
    const { report } = await solver.solveAsync(b, { slice: 0.01, onProgress: (progress) => seen.push({ ...progress }) });
    expect(seen.length).toBeGreaterThan(5);
    for (const [k, { fraction, iterations }] of seen.entries()) {
      expect(fraction).toBeGreaterThanOrEqual(k === 0 ? 0 : seen[k - 1]!.fraction);
      expect(fraction).toBeLessThanOrEqual(1);
      expect(iterations).toBeGreaterThanOrEqual(k === 0 ? 0 : seen[k - 1]!.iterations);
    }
    expect(seen.at(-1)).toEqual({ fraction: 1, iterations: report.iterations });
    // It is told on the way, not only at the ends.
    expect(seen.some(({ fraction }) => fraction > 0.05 && fraction < 0.95)).toBe(true);
  });
});

describe('slices', () => {
  it('let timers fire in between', async () => {
    using solver = await engine.createSolver(endless, { method: 'cg', preconditioner: 'none' });
    const order: string[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    setTimeout(() => order.push('timer'), 1);
    await solver.solveAsync(far, { slice: 2, maxiter: 1500 }).then(() => order.push('solved'));
    clearInterval(timer);
    expect(order).toEqual(['timer', 'solved']);
    expect(ticks).toBeGreaterThan(3);
  });

  it('without them, a direct solve is done within one turn', async () => {
    using solver = await engine.createSolver(A, { method: 'cholesky' });
    let turned = false;
    setImmediate(() => (turned = true));
    const { report } = await solver.solveAsync(b, { onProgress: () => {} });
    expect(turned).toBe(false);
    expect(report.reason).toBe('direct');
  });

  it('are about as long as asked', async () => {
    using solver = await engine.createSolver(endless, { method: 'cg', preconditioner: 'none' });
    // By the processor's clock: others share the machine.
    const work: number[] = [];
    let last = process.cpuUsage();
    await solver.solveAsync(far, {
      slice: 8,
      maxiter: 1500,
      onProgress: () => {
        const { user, system } = process.cpuUsage(last);
        work.push((user + system) / 1000);
        last = process.cpuUsage();
      },
    });
    work.sort((p, q) => p - q);
    expect(work.length).toBeGreaterThan(5);
    expect(work[work.length >> 1]).toBeLessThan(16);
  });
});

describe('cancelled', () => {
  it('by a signal: the best answer so far, and its true residual', async () => {
    using solver = await engine.createSolver(endless, { method: 'cg', preconditioner: 'none' });
    const controller = new AbortController();
    let slices = 0;
    const started = performance.now();
    const { x, report } = await solver.solveAsync(far, {
      signal: controller.signal,
      slice: 2,
      maxiter: 1e6,
      onProgress: () => {
        if (++slices === 3) controller.abort();
      },
    });
    expect(slices).toBe(3);
    expect(performance.now() - started).toBeLessThan(5000);
    expect([report.converged, report.reason]).toEqual([false, 'cancelled']);
    expect(report.iterations).toBeGreaterThan(0);
    expectTrueCertificate(endless, x, far, report);
    expect(report.relativeResidual).toBeGreaterThan(1e-10);
    expect(solver.solve(far, { maxiter: 10 }).report.reason).toBe('max-iterations');
  });

  it('before it began: zero, or the guess, as it was', async () => {
    using solver = await engine.createSolver(A, { method: 'cg' });
    for (const x0 of [undefined, random.vector(A.rows)]) {
      const { x, report } = await solver.solveAsync(b, { signal: AbortSignal.abort(), ...(x0 && { x0 }) });
      expect([report.converged, report.reason, report.iterations]).toEqual([false, 'cancelled', 0]);
      expect(bits(x)).toBe(bits(x0 ?? new Float64Array(A.rows)));
      expectTrueCertificate(A, x, b, report);
      if (x0 === undefined) expect(report.relativeResidual).toBe(1);
    }
  });

  it('after it was done changes nothing', async () => {
    using solver = await engine.createSolver(A, { method: 'cg' });
    const controller = new AbortController();
    const { report } = await solver.solveAsync(b, { signal: controller.signal });
    controller.abort();
    expect(report.reason).toBe('converged-rtol');
  });

  it('by a time limit', async () => {
    using solver = await engine.createSolver(endless, { method: 'bicgstab', preconditioner: 'none' });
    const started = performance.now();
    const { x, report } = await solver.solveAsync(far, { timeLimit: 30, maxiter: 1e6 });
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(25);
    expect(took).toBeLessThan(2000);
    expect([report.converged, report.reason]).toEqual([false, 'budget']);
    expect(report.iterations).toBeGreaterThan(0);
    expectTrueCertificate(endless, x, far, report);
  });

  it('in a one-shot solve', async () => {
    const { report } = await engine.solve(endless, far, { method: 'cg', preconditioner: 'none', timeLimit: 20, maxiter: 1e6 });
    expect(report.reason).toBe('budget');
    expect(engine.stats().liveHandles).toBe(0);
  });

  it('onto float32 too, whose certificate is still true', async () => {
    using solver = await engine.createSolver(endless, { method: 'cg', preconditioner: 'none' });
    const out = new Float32Array(endless.rows);
    const { x, report } = await solver.solveAsync(far, { timeLimit: 20, maxiter: 1e6, out });
    expect([x === out, report.converged, report.reason]).toEqual([true, false, 'budget']);
    expectTrueCertificate(endless, x, far, report);
  });
});

describe('direct methods', () => {
  it.each(['cholesky', 'ldlt', 'lu', 'qr', 'auto'] as const)('%s honors controls on the main thread or refuses them, as its report says', async (method) => {
    using solver = await engine.createSolver(A.rows > 2000 && method === 'qr' ? poisson2d(10) : A, { method });
    const rhs = new Float64Array(solver.rows).fill(1);
    const { liveHandles } = engine.stats();
    for (const controls of [{ signal: new AbortController().signal }, { slice: 5 }, { timeLimit: 1e5 }]) {
      if (solver.report.sliceable) {
        expect((await solver.solveAsync(rhs, controls)).report.converged).toBe(true);
        continue;
      }
      const error = await rejectionOf(solver.solveAsync(rhs, controls));
      expect([error.code, error.argument]).toEqual(['not-sliceable', 'options']);
      expect(error.remedy).toContain('worker');
      expect((await rejectionOf(engine.solve(A, b, { method, ...controls }))).code).toBe('not-sliceable');
    }
    expect((await solver.solveAsync(rhs)).report.converged).toBe(true);
    expect(engine.stats().liveHandles - liveHandles).toBeLessThanOrEqual(3); // what solves keep
  });

  it.each(['cholesky', 'lu', 'auto'] as const)('%s: set-up and solve run in slices, with the answer of a solve in one piece', async (method) => {
    const grid = poisson2d(60);
    const rhs = Float64Array.from({ length: grid.rows }, (_, i) => 1 + (i % 7));
    using whole = await engine.createSolver(grid, { method });
    const { x } = whole.solve(rhs);
    let steps = 0;
    const shown: number[] = [];
    using sliced = await engine.createSolver(grid, { method, slice: 0.1, onProgress: () => steps++ });
    expect(steps).toBeGreaterThan(3);
    expect([sliced.report.ready, sliced.report.sliceable, sliced.report.method]).toEqual([true, true, whole.report.method]);
    const again = await sliced.solveAsync(rhs, { slice: 0.1 });
    expect(again.x).toEqual(x);
    const once = await engine.solve(grid, rhs, { method, slice: 0.1, onProgress: ({ fraction }) => shown.push(fraction) });
    expect(once.x).toEqual(x);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(shown.at(-1)).toBe(1);
  });

  it('a set-up that is cancelled or runs out of time throws, and leaves nothing behind', async () => {
    const { liveHandles } = engine.stats();
    const controller = new AbortController();
    const setUp = engine.createSolver(poisson2d(80), { signal: controller.signal, slice: 0.1, onProgress: () => controller.abort() });
    expect((await rejectionOf(setUp)).code).toBe('cancelled');
    expect((await rejectionOf(engine.createSolver(poisson2d(80), { timeLimit: 1e-3 }))).code).toBe('budget');
    expect(engine.stats().liveHandles).toBe(liveHandles);
  });

  it('a solve that is cancelled while it sets up says so, and the next one succeeds', async () => {
    const grid = poisson2d(60);
    const rhs = new Float64Array(grid.rows).fill(1);
    using solver = await engine.createSolver(grid, { setup: 'lazy' });
    expect(solver.report.sliceable).toBe(true);
    const controller = new AbortController();
    const { report, x } = await solver.solveAsync(rhs, { signal: controller.signal, slice: 0.1, onProgress: () => controller.abort() });
    expect([report.reason, report.converged, report.relativeResidual]).toEqual(['cancelled', false, 1]);
    expect(x.every((v) => v === 0)).toBe(true);
    expect(solver.report.ready).toBe(false);
    expect(solver.solve(rhs).report.converged).toBe(true);
  });

  it('two solves share the set-up of a lazy solver', async () => {
    const grid = poisson2d(60);
    const rhs = new Float64Array(grid.rows).fill(1);
    using solver = await engine.createSolver(grid, { setup: 'lazy' });
    const both = await Promise.all([solver.solveAsync(rhs, { slice: 0.1 }), solver.solveAsync(rhs, { slice: 0.1 })]);
    expect(both.map(({ report }) => report.converged)).toEqual([true, true]);
    expect(both[0]!.x).toEqual(both[1]!.x);
    expect(solver.report.attempts.length).toBe(1);
  });

  it('one-shot, with a preconditioner that leads to an iterative method', async () => {
    expect((await engine.solve(A, b, { preconditioner: 'jacobi', slice: 5 })).report.method).toBe('cg');
  });

  it('in a worker thread they accept them: blocking harms nobody there', async () => {
    const answer = await evaluate<{ reason: string; converged: boolean; cut: string }>(`
      import { Worker } from 'node:worker_threads';
      const code = \`
        const { parentPort } = require('node:worker_threads');
        import(\${JSON.stringify(import.meta.resolve('lacuna'))}).then(async ({ createSolver, SparseMatrix }) => {
          const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 1 });
          const solver = await createSolver(A, { method: 'cholesky' });
          const { report } = await solver.solveAsync([1, 2, 3], { slice: 5, timeLimit: 1000, signal: new AbortController().signal });
          const { report: cut } = await solver.solveAsync([1, 2, 3], { signal: AbortSignal.abort() });
          parentPort.postMessage({ reason: report.reason, converged: report.converged, cut: cut.reason });
        });\`;
      new Worker(code, { eval: true, execArgv: [] }).once('message', (answer) => console.log(JSON.stringify(answer)));`);
    expect(answer).toEqual({ reason: 'direct', converged: true, cut: 'cancelled' });
  });
});

describe('meanwhile', () => {
  const settings = { method: 'cg', preconditioner: 'none' } as const;

  it('dispose of the engine: a set-up in slices rejects', async () => {
    const own = await loadEngine();
    const setUp = own.createSolver(poisson2d(80), { slice: 0.1, onProgress: () => own.dispose() });
    expect((await rejectionOf(setUp)).code).toBe('disposed');
  });

  it('dispose of the solver: the solve rejects, and nothing is left', async () => {
    const solver = await engine.createSolver(endless, settings);
    const running = solver.solveAsync(far, { slice: 1, maxiter: 1e6 });
    setTimeout(() => solver.dispose(), 5);
    expect((await rejectionOf(running)).code).toBe('disposed');
    expect(engine.stats().liveHandles).toBe(0);
  });

  it('dispose inside onProgress', async () => {
    const solver = await engine.createSolver(endless, settings);
    const running = solver.solveAsync(far, { slice: 1, maxiter: 1e6, onProgress: () => solver.dispose() });
    expect((await rejectionOf(running)).code).toBe('disposed');
    expect(engine.stats().liveHandles).toBe(0);
  });

  it('dispose inside the onProgress of the last slice', async () => {
    const solver = await engine.createSolver(A, settings);
    const running = solver.solveAsync(b, { slice: 1e6, onProgress: () => solver.dispose() });
    expect((await rejectionOf(running)).code).toBe('disposed');
    expect(engine.stats().liveHandles).toBe(0);
  });

  it('dispose of the engine', async () => {
    const mortal = await loadEngine();
    const solver = await mortal.createSolver(endless, settings);
    const running = solver.solveAsync(far, { slice: 1, maxiter: 1e6 });
    setTimeout(() => mortal.dispose(), 5);
    expect((await rejectionOf(running)).code).toBe('disposed');
  });

  it('an update is refused as busy, and works afterwards', async () => {
    using solver = await engine.createSolver(A, settings);
    const before = solver.solve(b);
    const running = solver.solveAsync(b, { slice: 0.01 });
    let busy: unknown;
    try {
      solver.update(A);
    } catch (error) {
      busy = error;
    }
    expect(busy).toMatchObject({ code: 'busy' });
    expect((busy as { remedy: string }).remedy).toContain('Await');
    expect(bits((await running).x)).toBe(bits(before.x));
    solver.update(A.toCsr().data.map((v) => 2 * v));
    expect(bits(solver.solve(b).x)).toBe(bits(before.x.map((v) => v / 2)));
  });

  it('the right-hand side and b may go', async () => {
    using solver = await engine.createSolver(A, settings);
    const expected = bits(solver.solve(b).x);
    const rhs = solver.rhs(b);
    const first = solver.solveAsync(rhs, { slice: 0.01 });
    rhs.dispose();
    const given = b.slice();
    const second = solver.solveAsync(given, { slice: 0.01 });
    given.fill(NaN);
    expect(bits((await first).x)).toBe(expected);
    expect(bits((await second).x)).toBe(expected);
  });

  it('an exception of onProgress ends the solve with it, and nothing is left', async () => {
    const solver = await engine.createSolver(A, settings);
    solver.solve(b);
    const { liveHandles } = engine.stats();
    class Mine extends Error {}
    await expect(
      solver.solveAsync(b, {
        slice: 0.01,
        onProgress: () => {
          throw new Mine();
        },
      }),
    ).rejects.toBeInstanceOf(Mine);
    expect(engine.stats().liveHandles).toBe(liveHandles);
    solver.update(A);
    solver.dispose();
  });
});

describe('interleaved', () => {
  it('two solvers of one engine, solve by solve', async () => {
    const B = randomDominant(random, 500, 4);
    const c = random.vector(B.rows);
    const alone = [(await engine.solve(A, b)).x, (await engine.solve(B, c)).x].map(bits);
    using first = await engine.createSolver(A);
    using second = await engine.createSolver(B);
    const kept = second.rhs(c);
    for (let k = 0; k < 5; k++) {
      expect(bits(first.solve(b).x)).toBe(alone[0]);
      expect(bits(second.solve(kept).x)).toBe(alone[1]);
      if (k === 2) {
        using third = await engine.createSolver(SparseMatrix.identity(100));
        third.solve(new Float64Array(100));
      }
    }
  });

  it('asynchronous solves of one solver, of two solvers, and synchronous ones between', async () => {
    using first = await engine.createSolver(A, { method: 'cg', preconditioner: 'none' });
    using second = await engine.createSolver(A, { method: 'bicgstab', preconditioner: 'ilut' });
    const bs = [b, random.vector(A.rows), random.vector(A.rows)];
    const alone = bs.map((one) => [bits(first.solve(one).x), bits(second.solve(one).x)]);
    const turns: number[] = [];
    const running = bs.flatMap((one, k) => [
      first.solveAsync(one, { slice: 0.05, onProgress: () => turns.push(2 * k) }),
      second.solveAsync(one, { slice: 0.05, onProgress: () => turns.push(2 * k + 1) }),
    ]);
    expect(bits(first.solve(bs[1]!).x)).toBe(alone[1]![0]);
    const answers = await Promise.all(running);
    expect(answers.map(({ x }) => bits(x))).toEqual(alone.flat());
    // They really took turns.
    const changes = turns.filter((who, k) => k > 0 && who !== turns[k - 1]).length;
    expect(changes).toBeGreaterThan(6);
  });

  it('on two engines', async () => {
    using other = await loadEngine({ variant: 'scalar' });
    using here = await engine.createSolver(A, { method: 'cg' });
    using there = await other.createSolver(A, { method: 'cg' });
    const expected = bits(here.solve(b).x);
    const answers = await Promise.all([here.solveAsync(b, { slice: 0.05 }), there.solveAsync(b, { slice: 0.05 }), here.solveAsync(b, { slice: 0.05 })]);
    expect(answers.map(({ x }) => bits(x))).toEqual([expected, expected, expected]);
    expect(answers.map(({ report }) => report.variant)).toEqual(['simd', 'scalar', 'simd']);
  });
});

it('the event loop is not kept alive by what is over', async () => {
  const started = performance.now();
  const answer = await evaluate<{ reason: string }>(`
    import { createSolver, SparseMatrix } from 'lacuna';
    const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 1 });
    const solver = await createSolver(A, { method: 'cg' });
    const { report } = await solver.solveAsync([1, 0, 0], { slice: 1, timeLimit: 1e9, signal: new AbortController().signal });
    console.log(JSON.stringify({ reason: report.reason }));`);
  expect(answer.reason).toBe('converged-rtol');
  expect(performance.now() - started).toBeLessThan(10_000);
});
