import { loadEngine, SparseMatrix } from 'lacuna';
import { expect, test } from 'vitest';

/** Room for the small system, not for the factors or the preconditioner of the large one. */
const LIMIT = 4 * 2 ** 20;

/** 2D Poisson matrix on a k×k grid. */
function poisson(k: number): SparseMatrix {
  const rows: number[] = [];
  const cols: number[] = [];
  const values: number[] = [];
  const add = (i: number, j: number, value: number): void => {
    rows.push(i);
    cols.push(j);
    values.push(value);
  };
  for (let y = 0; y < k; y++) {
    for (let x = 0; x < k; x++) {
      const i = y * k + x;
      add(i, i, 4);
      if (x > 0) add(i, i - 1, -1);
      if (x < k - 1) add(i, i + 1, -1);
      if (y > 0) add(i, i - k, -1);
      if (y < k - 1) add(i, i + k, -1);
    }
  }
  return SparseMatrix.fromTriplets(k * k, k * k, rows, cols, values);
}

test.each([
  { method: 'cholesky' },
  { method: 'ldlt' },
  { method: 'lu' },
  { method: 'cg', preconditioner: 'ic' },
  { method: 'bicgstab', preconditioner: 'ilut' },
] as const)('out of memory with $method is an error, and the engine goes on', async (options) => {
  using engine = await loadEngine({ memoryLimit: LIMIT });
  const large = poisson(200);
  await expect(engine.createSolver(large, options)).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(engine.stats().heapBytes).toBeLessThanOrEqual(LIMIT);

  const small = poisson(10);
  const solution = Float64Array.from({ length: small.rows }, (_, i) => Math.sin(i));
  using solver = await engine.createSolver(small, options);
  const { x, report } = solver.solve(small.multiply(solution));
  expect(report.converged).toBe(true);
  x.forEach((value, i) => expect(Math.abs(value - solution[i]!)).toBeLessThan(1e-7));
});

test('memory grows during a solve and the answer is right', async () => {
  using engine = await loadEngine();
  const before = engine.stats().heapBytes;
  const A = poisson(120);
  const solution = Float64Array.from({ length: A.rows }, (_, i) => Math.cos(i));
  using solver = await engine.createSolver(A, { method: 'cholesky' });
  const { x } = solver.solve(A.multiply(solution));
  expect(engine.stats().heapBytes).toBeGreaterThan(before);
  x.forEach((value, i) => expect(Math.abs(value - solution[i]!)).toBeLessThan(1e-9));
});
