import type { PolicySystem } from './training.js';
import type { PlanOrdering, PolicyArm } from './policy.js';
import { flopsWithin, iterationsWithin, workOf } from './work.js';
import type { SolverOptions } from '../options.js';
import type { Attempt, Method, Preconditioner } from '../report.js';
import type { Solver } from '../solver.js';
import type { LacunaErrorCode } from '../errors.js';
import { LacunaError, type SparseMatrix } from '../shared.js';

/** What sets solvers up: an engine's `createSolver`. */
export type MakeSolver = (A: SparseMatrix, options: SolverOptions) => Promise<Solver>;

/** One way to solve. */
export interface Plan {
  readonly method: Method;
  readonly preconditioner: Preconditioner;
  readonly ordering: PlanOrdering;
}

/** The plan of an arm; undefined for the rules, which have many. */
export function planOfArm({ method, preconditioner, ordering }: PolicyArm): Plan | undefined {
  return method === 'auto' || preconditioner === 'auto' ? undefined : { method, preconditioner, ordering };
}

/** What came of solving a system once. */
export interface Outcome {
  /** Whether the answer passed its residual test. */
  readonly certified: boolean;
  /** Whether it was cut off at a limit, and would have cost more. */
  readonly cut: boolean;
  /** Units of {@link workOf}, set-up and solve, every attempt included. */
  readonly work: number;
  /** The ladder climbed. */
  readonly attempts: readonly Attempt[];
}

/**
 * Solves a system with a solver of its own. What it refuses counts with what the attempts cost;
 * undefined where the options do not fit the matrix, which costs nothing.
 */
export async function outcomeOf(make: MakeSolver, { A, b }: PolicySystem, options: SolverOptions): Promise<Outcome | undefined> {
  const { ordering } = options;
  try {
    const solver = await make(A, options);
    try {
      const { report } = solver.solve(b);
      return { certified: report.converged, cut: false, work: workOf(solver.report, [report], ordering), attempts: report.attempts };
    } finally {
      solver.dispose();
    }
  } catch (error) {
    return refusal(A, error, ordering);
  }
}

/**
 * What came of one plan, not of what would follow where it fails: cut off where it takes more than
 * `limit` units, an iteration as soon as it does, a factorization where its analysis predicts it.
 */
export async function planOutcome(make: MakeSolver, system: PolicySystem, plan: Plan, limit: number): Promise<Outcome | undefined> {
  const { A, b } = system;
  const { method, preconditioner, ordering } = plan;
  if (limit === Infinity) return outcomeOf(make, system, plan);
  if (method !== 'cg' && method !== 'bicgstab') {
    const maxFlops = flopsWithin(limit, A, method, preconditioner, ordering);
    if (maxFlops === 0) return { certified: false, cut: true, work: limit, attempts: [] };
    const outcome = await outcomeOf(make, system, { ...plan, prefer: true, maxFlops });
    const first = outcome?.attempts[0];
    if (first === undefined || first.method !== method) return undefined;
    if (first.outcome === 'over-budget') return { certified: false, cut: true, work: limit, attempts: [first] };
    return first.outcome === 'used' && outcome!.attempts.length === 1 ? outcome : outcomeOf(make, system, plan);
  }
  let solver: Solver;
  try {
    solver = await make(A, plan);
  } catch (error) {
    return refusal(A, error, ordering);
  }
  try {
    const maxiter = iterationsWithin(limit, solver.report);
    const { report } = solver.solve(b, { maxiter });
    const cut = report.reason === 'max-iterations';
    return { certified: report.converged, cut, work: workOf(solver.report, [report]), attempts: report.attempts };
  } finally {
    solver.dispose();
  }
}

/** How options are refused that do not fit a matrix, before anything is tried. */
const MISFITS: readonly LacunaErrorCode[] = ['invalid-option', 'invalid-argument', 'not-square', 'not-symmetric', 'indefinite-matrix', 'singular-matrix'];

function refusal({ rows, cols, nnz }: SparseMatrix, error: unknown, ordering: PlanOrdering | undefined): Outcome | undefined {
  if (!(error instanceof LacunaError)) throw error;
  const attempts = error.details?.['attempts'] as readonly Attempt[] | undefined;
  if (attempts === undefined && MISFITS.includes(error.code)) return undefined;
  if (attempts === undefined) throw error;
  return { certified: false, cut: false, work: workOf({ rows, cols, nnz, attempts }, [], ordering), attempts };
}
