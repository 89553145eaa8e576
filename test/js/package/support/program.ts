import { expect } from 'vitest';

const SIZE = 10;

/**
 * JavaScript source of `solveKnown(lacuna, options)`, to be put into programs for any runtime. It
 * solves the 1D Poisson system whose solution is 1, 2, …, 10: with -1, 2, -1 on the diagonals all
 * rows but the last give 0.
 */
export const SOLVE_KNOWN = `
async function solveKnown(lacuna, options) {
  const n = ${SIZE};
  const rows = [], cols = [], values = [];
  for (let i = 0; i < n; i++) {
    for (const j of [i - 1, i, i + 1]) {
      if (j < 0 || j >= n) continue;
      rows.push(i);
      cols.push(j);
      values.push(i === j ? 2 : -1);
    }
  }
  const b = new Float64Array(n);
  b[n - 1] = n + 1;
  const engine = await lacuna.loadEngine(options);
  const A = lacuna.SparseMatrix.fromTriplets(n, n, rows, cols, values);
  const solver = await lacuna.createSolver(A, { engine });
  const { x, report } = solver.solve(b);
  solver.dispose();
  // A graph brings the second module: on a path of three, conductances 2 and 4 in series.
  const graph = await lacuna.createGraph({ n: 3, edges: [[0, 1, 2], [1, 2, 4]] }, { engine });
  const { lower, upper } = graph.effectiveResistance(0, 2);
  graph.dispose();
  // A matrix that is not loaded brings the third one.
  const diagonal = (ids) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map(() => 2) });
  const apart = await lacuna.createRowSolver({ rows: diagonal }, { size: 1e9, margin: 2, engine });
  const entry = apart.entry(7, { indices: [7], values: [6] }).value;
  apart.dispose();
  // A factor brings the fourth one: det [[2, 1], [1, 3]] = 5.
  const factor = await lacuna.factorize(lacuna.SparseMatrix.fromDense([[2, 1], [1, 3]]), { engine });
  const determinant = Math.exp(factor.logDeterminant().logAbs);
  factor.dispose();
  // A witness brings the fifth one.
  const witness = await lacuna.createWitness({ engine, seed: 'crypto' });
  const verdict = await lacuna.verifyWitness(witness.bytes(), witness.head(), { engine });
  witness.dispose();
  // And a policy, with what ships.
  const policy = await lacuna.createPolicy({ engine, seed: 1 });
  const planned = (await lacuna.solve(A, b, { engine, policy })).report.converged;
  policy.dispose();
  const answer = { x: Array.from(x), converged: report.converged, variant: engine.variant, lower, upper, entry, determinant, verdict, planned };
  engine.dispose();
  return answer;
}
`;

export interface KnownAnswer {
  x: number[];
  converged: boolean;
  variant: 'scalar' | 'simd' | 'relaxed';
  lower: number;
  upper: number;
  entry: number;
  determinant: number;
  planned: boolean;
  verdict: { valid: boolean; entries: number; reason: string };
}

/** Holds an answer of `solveKnown` against the solution known by construction. */
export function expectKnown(answer: KnownAnswer, variant: 'scalar' | 'simd' | 'relaxed' = 'simd'): void {
  expect(answer.x).toHaveLength(SIZE);
  answer.x.forEach((value, i) => expect(Math.abs(value - (i + 1))).toBeLessThan(1e-12));
  expect(answer.converged).toBe(true);
  expect(answer.variant).toBe(variant);
  expect(answer.lower).toBeLessThanOrEqual(0.75);
  expect(answer.upper).toBeGreaterThanOrEqual(0.75);
  expect(answer.upper - answer.lower).toBeLessThan(1e-6);
  expect(Math.abs(answer.entry - 3)).toBeLessThan(1e-6);
  expect(Math.abs(answer.determinant - 5)).toBeLessThan(1e-12);
  expect(answer.planned).toBe(true);
  expect(answer.verdict).toEqual({ valid: true, entries: 1, reason: 'ok' });
}
