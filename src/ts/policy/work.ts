import type { PlanOrdering } from './policy.js';
import type { Attempt, Method, Preconditioner, SetupReport, SolveReport } from '../report.js';

/** What the set-up of a method costs, in units of work. */
export interface SetupWeights {
  /** For each entry, row and column of A: ordering and analysis. */
  readonly entry: number;
  /** For each stored entry of the factors or the preconditioner: assembly, sorting, dropping. */
  readonly stored: number;
  /** For each of them once more, times their mean number in a row: what elimination by rows meets. */
  readonly met: number;
  /** For each flop of the factorization: dense kernels. */
  readonly flop: number;
}

const direct = (entry: number, stored: number, flop: number): SetupWeights => ({ entry, stored, met: 0, flop });
const incomplete = (entry: number, stored: number, met: number): SetupWeights => ({ entry, stored, met, flop: 0 });

/**
 * The weights of {@link workOf}. A unit is about what one flop of the dense kernels of a Cholesky
 * factorization takes, 0.2 ns on the machine where they were measured, so that all of them are ratios of
 * rates and none is a clock. Fitted once by `bench/js/policy/run.mjs --only calibration`, which also prints
 * how well units follow time, rounded, and then left alone: what was learned in other weights is of no use.
 */
export const WEIGHTS = {
  /** Every set-up and every solve: calls, checks, reports. */
  setupCall: 60_000,
  solveCall: 90_000,
  /** Every entry, row and column of A in a set-up: copy, checks, structure. */
  measured: 80,
  setup: {
    cholesky: direct(520, 10, 1),
    ldlt: direct(900, 130, 1.5),
    lu: direct(1100, 80, 1),
    qr: direct(1900, 300, 0.5),
    none: incomplete(0, 0, 0),
    jacobi: incomplete(4, 0, 0),
    ic: incomplete(0, 1800, 0),
    ilut: incomplete(0, 700, 35),
  },
  /** Every entry, row and column of A besides `entry`, by the order asked for: `entry` is that of `'auto'`. */
  ordering: { auto: 0, amd: -35, rcm: -200, natural: -400, 'nested-dissection': 10_000 },
  /** A flop of a solve: substitutions and certificates of direct methods, products and vectors of others. */
  substituted: 2,
  product: 1.25,
  /** An iteration, besides its flops. */
  iteration: 1000,
  /** A flop of an application of the preconditioner: each waits for the one before. */
  applied: { none: 0, jacobi: 2, ic: 5.5, ilut: 24 },
} as const satisfies {
  setup: Record<Exclude<Method, 'cg' | 'bicgstab'> | Exclude<Preconditioner, 'auto'>, SetupWeights>;
  ordering: Record<PlanOrdering, number>;
  applied: Record<Preconditioner, number>;
  [name: string]: unknown;
};

/** Flops of an application for each stored entry of the preconditioner, and applications an iteration. */
const FLOPS_OF_ENTRY = { none: 0, jacobi: 1, ic: 4, ilut: 2 } as const satisfies Record<Preconditioner, number>;
const APPLICATIONS = { cg: 1, bicgstab: 2 } as const;

/** Flops of vectors that come with a product, for each row: 12 in CG, 13 in BiCGSTAB. */
const VECTOR_FLOPS = 13;

/** What the work of a set-up is told from; of one that failed, only the attempts are known. */
export type Ladder = Pick<SetupReport, 'rows' | 'cols' | 'nnz' | 'attempts'> & Partial<SetupReport>;

/**
 * The work of a set-up and of the solves after it, in units, from what their reports say alone: the same
 * on every machine and in every variant. Every attempt of the ladder counts, also those that failed or
 * were left: their analysis and their flops as far as they went. The reports do not say what `ordering` was
 * asked of the first one. O(attempts + solves).
 *
 * Flops and bytes are not told apart: the flops of each kind of work carry the bytes that go with them.
 */
export function workOf(setup: Ladder, solves: readonly SolveReport[], ordering: PlanOrdering = 'auto'): number {
  const entries = setup.nnz + setup.rows + setup.cols;
  let work = WEIGHTS.setupCall + (WEIGHTS.measured + WEIGHTS.ordering[ordering]) * entries;
  // The latest report has the whole ladder, also what was climbed after the set-up.
  const attempts = solves.at(-1)?.attempts ?? setup.attempts;
  let answered = 0;
  attempts.forEach((attempt, k) => {
    if (isAnswer(attempt, attempts[k - 1])) {
      const { method, preconditioner, flops = 0 } = attempt;
      // They are those of the solve until then, with answers before.
      work += unitsOfFlop(method, preconditioner) * Math.max(0, flops - answered);
      answered = Math.max(answered, flops);
    } else {
      work += attemptWork(setup, entries, attempt);
    }
  });
  for (const solve of solves) {
    // Of a solve that climbed on, the report counts all of it.
    const flops = solve.flops < answered ? solve.flops : solve.flops - answered;
    work += solveWork(setup, { ...solve, flops });
    answered -= solve.flops - flops;
  }
  return work;
}

/** What a flop of a solve takes at the most. */
function unitsOfFlop(method: Method, preconditioner: Preconditioner): number {
  return isIterative(method) ? Math.max(WEIGHTS.product, WEIGHTS.applied[preconditioner]) : WEIGHTS.substituted;
}

/** Whether an attempt tells how the answer of the one before was judged, and not of another set-up. */
function isAnswer({ method, preconditioner }: Attempt, before: Attempt | undefined): boolean {
  return before?.outcome === 'used' && before.method === method && before.preconditioner === preconditioner;
}

function attemptWork(setup: Ladder, entries: number, { method, preconditioner, outcome, flops = 0 }: Attempt): number {
  const { entry, stored, met, flop } = WEIGHTS.setup[isIterative(method) ? preconditioner : method];
  const { rows, factorNnz = 0, preconditionerNnz = 0 } = setup;
  const work = entry * entries + flop * flops;
  if (outcome !== 'used' || method !== setup.method || preconditioner !== setup.preconditioner) return work;
  const kept = factorNnz + preconditionerNnz;
  return work + kept * (stored + (met * kept) / rows);
}

function solveWork({ preconditionerNnz = 0 }: Ladder, { method, preconditioner, iterations, flops }: SolveReport): number {
  if (!isIterative(method)) return WEIGHTS.solveCall + WEIGHTS.substituted * flops;
  const each = APPLICATIONS[method] * FLOPS_OF_ENTRY[preconditioner] * preconditionerNnz;
  const applied = Math.min(iterations * each, flops);
  return WEIGHTS.solveCall + WEIGHTS.iteration * iterations + WEIGHTS.product * (flops - applied) + WEIGHTS.applied[preconditioner] * applied;
}

/**
 * How many flops of a method's main part, factorization or iterations, fit into so many units, once
 * everything that does not hang on them is paid: for limits. At least 0.
 */
export function flopsWithin(units: number, { rows, cols, nnz }: Pick<SetupReport, 'rows' | 'cols' | 'nnz'>, method: Method, preconditioner: Preconditioner, ordering: PlanOrdering = 'auto'): number {
  const entries = nnz + rows + cols;
  const { entry, flop } = WEIGHTS.setup[isIterative(method) ? preconditioner : method];
  const left = units - WEIGHTS.setupCall - WEIGHTS.solveCall - (WEIGHTS.measured + WEIGHTS.ordering[ordering] + entry) * entries;
  return Math.max(0, left / (isIterative(method) ? unitsOfFlop(method, preconditioner) : flop));
}

/**
 * How many iterations of the method that was set up fit into so many units, at least 1; Infinity where
 * nothing is limited or nothing iterates.
 */
export function iterationsWithin(units: number, setup: SetupReport): number {
  const { method, preconditioner, rows, nnz, preconditionerNnz = 0 } = setup;
  if (units === Infinity || !isIterative(method)) return Infinity;
  const times = APPLICATIONS[method];
  const product = WEIGHTS.product * (2 * nnz + VECTOR_FLOPS * rows);
  const each = WEIGHTS.iteration + times * (product + WEIGHTS.applied[preconditioner] * FLOPS_OF_ENTRY[preconditioner] * preconditionerNnz);
  return Math.max(1, Math.floor((units - workOf(setup, []) - WEIGHTS.solveCall) / each));
}

function isIterative(method: Method): method is keyof typeof APPLICATIONS {
  return method in APPLICATIONS;
}
