// Systems and ways of sublinear-time-solver for the section `peer`: each way runs in a process of its
// own (peer-child.mjs), within a time limit.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromTriplets } from '../../lib/csr.mjs';
import { expander, regularGraph } from './expander.mjs';
import { denseRhs } from './grid.mjs';
import { massLaplacian } from './power-law.mjs';

/** As its README has it; for 1000 unknowns as many iterations as it likes. */
const README = { epsilon: 1e-6, maxIterations: 1000, timeout: 5000 };
const GENEROUS = { epsilon: 1e-6, maxIterations: 1_000_000 };
/** The entry that is asked for. */
export const ENTRY = 1;

/** The example of its README ("SDK Usage"), and dominant systems of 1000 unknowns. */
export const SYSTEMS = {
  'its README, 3×3': () => {
    const triplets = [[0, 0, 4], [0, 1, -1], [1, 0, -1], [1, 1, 4], [1, 2, -1], [2, 1, -1], [2, 2, 4]];
    return { A: fromTriplets(3, 3, triplets), b: Float64Array.of(3, 2, 3), options: README, symmetric: true };
  },
  '1000×1000, symmetric, diagonal 2 × off-diagonal sum': () => {
    const A = massLaplacian(regularGraph(1000, 1));
    return { A, b: denseRhs(1000, 2), options: GENEROUS, symmetric: true };
  },
  '1000×1000, unsymmetric, diagonal 2 × off-diagonal sum': () => ({ A: expander(1000, 1), b: denseRhs(1000, 2), options: GENEROUS }),
  '1000×1000, unsymmetric, diagonal 1.05 × off-diagonal sum': () => ({ A: expander(1000, 1, 1 / 1.05), b: denseRhs(1000, 2), options: GENEROUS }),
};

function dense({ rows, indptr, indices, data }) {
  const full = Array.from({ length: rows }, () => new Array(rows).fill(0));
  for (let i = 0; i < rows; i++) for (let k = indptr[i]; k < indptr[i + 1]; k++) full[i][indices[k]] = data[k];
  return { rows, cols: rows, format: 'dense', data: full };
}

function coo({ rows, indptr, indices, data }) {
  const rowIndices = Array.from(indices);
  for (let i = 0; i < rows; i++) rowIndices.fill(i, indptr[i], indptr[i + 1]);
  return { rows, cols: rows, format: 'coo', values: Array.from(data), rowIndices, colIndices: Array.from(indices) };
}

const inside = (file) => import(new URL(file, import.meta.resolve('sublinear-time-solver')).href);

/** Its public class, constructed and called as the README shows. */
const solverClass = (method, form) => async ({ A, b, options }) => {
  const { SublinearSolver } = await import('sublinear-time-solver');
  const matrix = form(A);
  const vector = Array.from(b);
  return async () => {
    const solver = new SublinearSolver({ method, ...options });
    const { solution, converged } = await solver.solve(matrix, vector);
    return { x: solution, note: converged === false ? 'says it did not converge' : '' };
  };
};

const mcpSolve = (form) => async ({ A, b }) => {
  const { SolverTools } = await inside('./mcp/tools/solver.js');
  const matrix = form(A);
  const vector = Array.from(b);
  return async () => ({ x: (await SolverTools.solve({ matrix, vector, epsilon: 1e-6 })).solution });
};

/** Each is prepared untimed and gives a function that is timed: {x} or {entry}, and a note. */
export const WAYS = {
  "class, method 'auto' (README)": solverClass('auto', dense),
  "class, 'neumann', dense": solverClass('neumann', dense),
  "class, 'neumann', coo": solverClass('neumann', coo),
  "class, 'forward-push', dense": solverClass('forward-push', dense),
  "class, 'backward-push', dense": solverClass('backward-push', dense),
  "class, 'random-walk', dense": solverClass('random-walk', dense),
  'tool solve, dense': mcpSolve(dense),
  'tool solve, coo': mcpSolve(coo),
  'tool estimateEntry, dense': async ({ A, b }) => {
    const { SolverTools } = await inside('./mcp/tools/solver.js');
    const matrix = dense(A);
    const vector = Array.from(b);
    return async () => {
      const { estimate, confidenceInterval } = await SolverTools.estimateEntry({ matrix, vector, row: ENTRY, column: 0, epsilon: 1e-3 });
      const { lower, upper } = confidenceInterval;
      return { entry: estimate, note: `says 95 % in [${lower.toFixed(3)}, ${upper.toFixed(3)}]` };
    };
  },
  'tool solveTrueSublinear, coo': async ({ A, b }) => {
    const { TrueSublinearSolverTools } = await inside('./mcp/tools/true-sublinear-solver.js');
    const tools = new TrueSublinearSolverTools();
    const matrix = coo(A);
    const vector = Array.from(b);
    return async () => {
      const { solution, actual_complexity } = await tools.solveTrueSublinear(matrix, vector);
      return { x: solution.first_elements ?? solution, note: `says ${actual_complexity}` };
    };
  },
  'command line, solve': async ({ A, b }) => {
    const folder = mkdtempSync(join(tmpdir(), 'lacuna-peer-'));
    const [matrix, vector, out] = ['matrix', 'vector', 'solution'].map((name) => join(folder, `${name}.json`));
    writeFileSync(matrix, JSON.stringify(dense(A)));
    writeFileSync(vector, JSON.stringify(Array.from(b)));
    const program = fileURLToPath(new URL('./cli/index.js', import.meta.resolve('sublinear-time-solver')));
    return () => {
      try {
        execFileSync(process.execPath, [program, 'solve', '-m', matrix, '-b', vector, '-o', out], { stdio: 'ignore' });
        if (!existsSync(out)) throw new Error('no solution file');
        const answer = JSON.parse(readFileSync(out, 'utf8'));
        return { x: answer.solution ?? answer };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
  },
  'conjugate gradients (not exported)': async ({ A, b, symmetric }) => {
    if (!symmetric) throw new Error('not for unsymmetric matrices');
    const core = await inside('./core/high-performance-solver.js');
    const { rows, indptr, indices, data } = A;
    const matrix = new core.OptimizedSparseMatrix(data, Uint32Array.from(indices), Uint32Array.from(indptr), rows, rows);
    return () => {
      const solver = new core.HighPerformanceConjugateGradientSolver({ maxIterations: 10 * rows, tolerance: 1e-6 });
      const { solution, converged } = solver.solve(matrix, b);
      return { x: solution, note: converged ? 'says it converged' : '' };
    };
  },
};
