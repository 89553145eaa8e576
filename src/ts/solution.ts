import type { Output, Tolerances } from './options.js';
import type { SolveReport } from './report.js';

/** A solution and its certificate. */
export interface Solution<X extends Output = Float64Array> {
  readonly x: X;
  readonly report: SolveReport;
}

/** Solutions of several systems with one matrix. */
export interface ManySolutions {
  readonly x: Float64Array[];
  readonly reports: SolveReport[];
}

/** Options of {@link Solver.solveMany}. */
export interface SolveManyOptions extends Tolerances {
  /** Solve AᵀX = B. */
  transpose?: boolean;
}
