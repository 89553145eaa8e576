import { loadEngine } from 'lacuna';
import { expect, test } from 'vitest';
import { poisson2d } from '../support/generate.js';

/** Room for the small system, not for the factors or the preconditioner of the large one. */
const LIMIT = 4 * 2 ** 20;

test.each([
  { method: 'cholesky' },
  { method: 'ldlt' },
  { method: 'lu' },
  { method: 'cg', preconditioner: 'ic' },
  { method: 'bicgstab', preconditioner: 'ilut' },
] as const)('out of memory with $method is an error, and the engine goes on', async (options) => {
  using engine = await loadEngine({ memoryLimit: LIMIT });
  const large = poisson2d(200);
  await expect(engine.createSolver(large, options)).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(engine.stats().heapBytes).toBeLessThanOrEqual(LIMIT);

  const small = poisson2d(10);
  const solution = Float64Array.from({ length: small.rows }, (_, i) => Math.sin(i));
  using solver = await engine.createSolver(small, options);
  const { x, report } = solver.solve(small.multiply(solution));
  expect(report.converged).toBe(true);
  x.forEach((value, i) => expect(Math.abs(value - solution[i]!)).toBeLessThan(1e-7));
});

test('memory grows during a solve and the answer is right', async () => {
  using engine = await loadEngine();
  const before = engine.stats().heapBytes;
  const A = poisson2d(120);
  const solution = Float64Array.from({ length: A.rows }, (_, i) => Math.cos(i));
  using solver = await engine.createSolver(A, { method: 'cholesky' });
  const { x } = solver.solve(A.multiply(solution));
  expect(engine.stats().heapBytes).toBeGreaterThan(before);
  x.forEach((value, i) => expect(Math.abs(value - solution[i]!)).toBeLessThan(1e-9));
});
