// Many solvers side by side: their number is limited, and they do not disturb each other.
import { loadEngine, type Solver } from 'lacuna';
import { expect, test } from 'vitest';
import { poisson2d } from '../support/generate.js';
import { Random } from '../support/random.js';

test('as many solvers live as the engine may have, and room comes back', async () => {
  using engine = await loadEngine({ maxSolvers: 8 });
  const A = poisson2d(3);
  const solvers: Solver[] = [];
  for (let k = 0; k < 8; k++) solvers.push(await engine.createSolver(A));
  const before = engine.stats();
  await expect(engine.createSolver(A)).rejects.toMatchObject({ code: 'instance-limit' });
  expect(engine.stats()).toEqual({ ...before, highWaterBytes: engine.stats().highWaterBytes });
  solvers[3]!.dispose();
  solvers[3]!.dispose();
  solvers[3] = await engine.createSolver(A);
  await expect(engine.createSolver(A)).rejects.toMatchObject({ code: 'instance-limit' });
  for (const solver of solvers) {
    expect(solver.solve(new Float64Array(9).fill(1)).report.converged).toBe(true);
    solver.dispose();
  }
  expect(engine.stats().liveHandles).toBe(0);
});

test.each([0, -1, 1.5, NaN, 2 ** 21, '8'])('maxSolvers %s is refused', async (maxSolvers) => {
  await expect(loadEngine({ maxSolvers: maxSolvers as number })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.maxSolvers' });
});

test('solves that take turns give what each gives alone', async () => {
  using engine = await loadEngine();
  const random = new Random(7);
  const jobs = [];
  for (let k = 0; k < 6; k++) {
    const A = poisson2d(20 + 5 * k);
    const solver = await engine.createSolver(A, { method: k % 2 === 0 ? 'cg' : 'bicgstab', preconditioner: 'jacobi' });
    const b = random.vector(A.rows);
    jobs.push({ solver, b, alone: solver.solve(b).x });
  }
  let last = -1;
  let changes = 0;
  await Promise.all(
    jobs.map(async ({ solver, b, alone }, k) => {
      const onProgress = () => {
        if (last !== k) changes++;
        last = k;
      };
      const { x } = await solver.solveAsync(b, { slice: 0.05, onProgress });
      expect(x).toEqual(alone);
      solver.dispose();
      // The place of the solver that went is taken while the others go on.
      using next = await engine.createSolver(poisson2d(4));
      expect(next.solve(new Float64Array(16).fill(1)).report.converged).toBe(true);
    }),
  );
  expect(changes).toBeGreaterThan(jobs.length);
  expect(engine.stats().liveHandles).toBe(0);
});
