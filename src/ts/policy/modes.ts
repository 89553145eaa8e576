import type { PolicySystem } from './training.js';
import { type MakeSolver, type Outcome, outcomeOf } from './outcome.js';
import type { SolverOptions } from '../options.js';
import type { SparseMatrix } from '../shared.js';

/** What came of some systems, one after the other. */
export interface Results {
  readonly work: Float64Array;
  /** 1 where solved with a certificate, within the budget. */
  readonly solved: Uint8Array;
}

/** The fixed plan for a matrix of this shape: mode A. */
export function fixedPlan(A: SparseMatrix): SolverOptions {
  if (A.rows !== A.cols) return { method: 'qr', ordering: 'amd' };
  return { method: isSymmetric(A) ? 'ldlt' : 'lu', ordering: 'amd' };
}

/**
 * Runs plans on systems and remembers what came of them: outcomes are counted in units of work, so that
 * running a plan again could tell nothing new.
 */
export class Laboratory {
  readonly #make: MakeSolver;
  readonly #known = new WeakMap<PolicySystem, Map<string, Promise<Outcome>>>();

  constructor(make: MakeSolver) {
    this.#make = make;
  }

  /** What came of a plan that fits the matrix, or of `auto` and what it falls back on. */
  outcome(system: PolicySystem, options: SolverOptions): Promise<Outcome> {
    let outcomes = this.#known.get(system);
    if (outcomes === undefined) this.#known.set(system, (outcomes = new Map()));
    const key = JSON.stringify(options);
    let outcome = outcomes.get(key);
    if (outcome === undefined) outcomes.set(key, (outcome = this.#run(system, options)));
    return outcome;
  }

  /** Each system by what `choose` makes of it. What takes more than the budget is not solved. */
  async evaluate(systems: readonly PolicySystem[], choose: (A: SparseMatrix) => SolverOptions, budget: number): Promise<Results> {
    const results = { work: new Float64Array(systems.length), solved: new Uint8Array(systems.length) };
    for (const [k, system] of systems.entries()) {
      const { work, certified } = await this.outcome(system, choose(system.A));
      results.work[k] = work;
      results.solved[k] = Number(certified && work <= budget);
    }
    return results;
  }

  async #run(system: PolicySystem, options: SolverOptions): Promise<Outcome> {
    // What no method accepts, such as a matrix with an empty row, costs next to nothing.
    return (await outcomeOf(this.#make, system, options)) ?? { certified: false, cut: false, work: 1, attempts: [] };
  }
}

/** Whether A equals its transpose to 13 digits, as the solver measures it. O(nnz). */
function isSymmetric(A: SparseMatrix): boolean {
  const there = A.toCsr();
  const back = A.transpose().toCsr();
  return there.data.every((value, k) => {
    const image = back.data[k]!;
    const largest = Math.max(Math.abs(value), Math.abs(image));
    return there.indices[k] === back.indices[k] && Math.abs(value - image) <= 1e-13 * largest;
  });
}
