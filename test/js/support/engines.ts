import { type Engine, type Factor, type FactorizeOptions, loadEngine, type SolveReport, type SolverOptions, type SolveOptions, type Solver, type SparseMatrix, type Variant } from 'lacuna';
import { afterAll, beforeAll, expect } from 'vitest';

export const VARIANTS = ['scalar', 'simd'] as const satisfies readonly Variant[];

/** An engine of each variant for the tests of a file, disposed of and checked for leaks at its end. */
export function bothEngines(): Record<Variant, Engine> {
  const engines = {} as Record<Variant, Engine>;
  beforeAll(async () => {
    for (const variant of VARIANTS) engines[variant] = await loadEngine({ variant });
  });
  afterAll(() => {
    for (const variant of VARIANTS) {
      expect(engines[variant].variant).toBe(variant);
      expect(engines[variant].stats().liveHandles).toBe(0);
      engines[variant].dispose();
    }
  });
  return engines;
}

/** Runs `body` with a solver that is disposed of afterwards, whatever happens. */
export async function withSolver<T>(
  engine: Engine,
  A: SparseMatrix,
  options: SolverOptions,
  body: (solver: Solver) => T | Promise<T>,
): Promise<T> {
  const solver = await engine.createSolver(A, options);
  try {
    return await body(solver);
  } finally {
    solver.dispose();
  }
}

/** One solve with a solver of its own. */
export function solveOnce(
  engine: Engine,
  A: SparseMatrix,
  b: ArrayLike<number>,
  options: SolverOptions = {},
  solveOptions: SolveOptions = {},
): Promise<{ x: Float64Array; report: SolveReport }> {
  return withSolver(engine, A, options, (solver) => solver.solve(b, solveOptions));
}

/** Runs `body` with a factor that is disposed of afterwards. */
export async function withFactor<T>(engine: Engine, A: SparseMatrix, options: FactorizeOptions, body: (factor: Factor) => T | Promise<T>): Promise<T> {
  const factor = await engine.factorize(A, options);
  try {
    return await body(factor);
  } finally {
    factor.dispose();
  }
}
