// sublinear-time-solver: its public class with the two methods that return a whole solution, and the
// conjugate gradients in its core folder, which the package does not export (imported by file: it is
// its only solver that is right and fast). The residual gate decides what counts.

import { norm2 } from '../lib/csr.mjs';
import { RTOL } from '../lib/tolerance.mjs';

/** Above this its dense format would need more than 2 GB; its COO format scans all entries per look-up. */
const DENSE_LIMIT = 12000;

function toDense({ rows, indptr, indices, data }) {
  const dense = Array.from({ length: rows }, () => new Array(rows).fill(0));
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]; k < indptr[i + 1]; k++) dense[i][indices[k]] = data[k];
  }
  return { rows, cols: rows, data: dense, format: 'dense' };
}

function toCoo({ rows, indptr, indices, data }) {
  const rowIndices = [];
  for (let i = 0; i < rows; i++) for (let k = indptr[i]; k < indptr[i + 1]; k++) rowIndices.push(i);
  return {
    rows,
    cols: rows,
    rowIndices,
    colIndices: Array.from(indices),
    values: Array.from(data),
    format: 'coo',
  };
}

const publicApi = (method) => ({
  name: `sublinear-time-solver ${method}`,
  kind: 'npm',
  prepare: async ({ A, b }) => {
    const { SublinearSolver } = await import('sublinear-time-solver');
    const matrix = A.rows <= DENSE_LIMIT ? toDense(A) : toCoo(A);
    return { SublinearSolver, matrix, b: Array.from(b), epsilon: RTOL * norm2(b) };
  },
  // The library has no separate factorization: all its work is in `solve`.
  setup: ({ SublinearSolver, epsilon }) => new SublinearSolver({ method, epsilon, maxIterations: 1e6 }),
  solve: async ({ matrix, b }, solver) => {
    const { solution, iterations } = await solver.solve(matrix, b);
    return { x: solution, iterations };
  },
  extract: Float64Array.from.bind(Float64Array),
});

const internalCg = {
  name: 'sublinear-time-solver cg (not exported)',
  kind: 'npm',
  skip: (problem) => (problem.spd ? undefined : 'needs a positive definite matrix'),
  prepare: async ({ A, b }) => {
    const file = new URL('./core/high-performance-solver.js', import.meta.resolve('sublinear-time-solver'));
    const core = await import(file.href);
    const { rows, indptr, indices, data } = A;
    const matrix = new core.OptimizedSparseMatrix(data, Uint32Array.from(indices), Uint32Array.from(indptr), rows, rows);
    return { Solver: core.HighPerformanceConjugateGradientSolver, matrix, b };
  },
  setup: ({ Solver, matrix }) => new Solver({ maxIterations: 10 * matrix.rows, tolerance: RTOL }),
  solve: ({ matrix, b }, solver) => {
    const { solution, iterations } = solver.solve(matrix, b);
    return { x: solution, iterations };
  },
};

export const contenders = [publicApi('neumann'), publicApi('forward-push'), internalCg];
