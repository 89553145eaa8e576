// lacuna as built in dist/, one contender per variant × method. The engine is loaded and the matrix
// object made before the clock starts, as for everybody; copying the matrix into linear memory is
// part of set-up, the certificate is part of the solve.

import { existsSync } from 'node:fs';
import { RTOL } from '../lib/tolerance.mjs';

const ENTRY = new URL('../../../dist/node.mjs', import.meta.url);

const needs = {
  any: () => undefined,
  symmetric: (problem) => (problem.symmetric ? undefined : 'needs a symmetric matrix'),
  definite: (problem) => (problem.spd ? undefined : 'needs a positive definite matrix'),
};

/** [label, options, what the matrix must be, native contender with the same algorithm] */
const methods = [
  ['cholesky', { method: 'cholesky' }, needs.definite, 'Eigen LLT'],
  ['ldlt', { method: 'ldlt' }, needs.symmetric, 'Eigen LDLT'],
  ['lu', { method: 'lu' }, needs.any, 'Eigen LU'],
  ['cg+jacobi', { method: 'cg', preconditioner: 'jacobi' }, needs.definite, 'Eigen cg+jacobi'],
  ['cg+ic', { method: 'cg', preconditioner: 'ic' }, needs.definite, 'Eigen cg+ic'],
  ['bicgstab+jacobi', { method: 'bicgstab', preconditioner: 'jacobi' }, needs.any, 'Eigen bicgstab+jacobi'],
  ['bicgstab+ilut', { method: 'bicgstab', preconditioner: 'ilut' }, needs.any, 'Eigen bicgstab+ilut'],
  ['auto', { method: 'auto' }, needs.any, undefined],
];

const contender = (variant, [label, options, skip, twin]) => ({
  name: `lacuna ${label} (${variant})`,
  kind: 'lacuna',
  twin,
  skip: (problem) => (existsSync(ENTRY) ? skip(problem) : 'dist/ is not built'),
  prepare: async ({ A, b }) => {
    const { loadEngine, SparseMatrix } = await import(ENTRY.href);
    const engine = await loadEngine({ variant });
    const matrix = SparseMatrix.fromCsr(A.rows, A.cols, A.indptr, A.indices, A.data);
    return { engine, matrix, b, options: { ...options, rtol: RTOL } };
  },
  setup: ({ engine, matrix, options }) => engine.createSolver(matrix, options),
  solve: ({ b }, solver) => {
    const { x, report } = solver.solve(b);
    return { x, iterations: report.iterations, note: describe(report) };
  },
  dispose: (solver) => solver.dispose(),
});

/** What `auto` chose, and why a run that did not converge stopped. */
function describe({ method, preconditioner, converged, reason }) {
  const chosen = preconditioner && preconditioner !== 'none' ? `${method}+${preconditioner}` : method;
  return converged ? chosen : `${chosen}: ${reason}`;
}

export const contenders = ['scalar', 'simd'].flatMap((variant) => methods.map((method) => contender(variant, method)));
