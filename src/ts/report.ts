import { METHODS, PRECONDITIONERS, REASONS, STATUSES, word } from './native/codes.js';
import type { Variant } from './load/platform.js';

/**
 * A way to solve: `'cholesky'` and `'ldlt'` for symmetric systems, `'lu'` for square ones, `'qr'`
 * for least squares, `'cg'` and `'bicgstab'` iterate.
 */
export type Method = Exclude<(typeof METHODS)[number], 'auto'>;

/** A preconditioner of the iterative methods; `'none'` with direct ones. */
export type Preconditioner = Exclude<(typeof PRECONDITIONERS)[number], 'auto'>;

/**
 * Why a solve ended. The first three mean that the residual test was passed:
 * `'direct'` by a factorization, `'converged-rtol'` and `'converged-atol'` by iterating.
 */
export type Reason = (typeof REASONS)[number];

/**
 * How one rung of the ladder of methods ended: `'used'` was set up and is (or was) in use,
 * `'deferred'` was put behind a cheaper way because of its predicted work; any other word says why
 * its set-up failed or its answer was not accepted.
 */
export type AttemptOutcome = 'used' | 'deferred' | Exclude<(typeof STATUSES)[number], 'ok'> | Reason;

/** One way that was tried. */
export interface Attempt {
  readonly method: Method;
  readonly preconditioner: Preconditioner;
  readonly outcome: AttemptOutcome;
  /**
   * Floating-point operations of the factorization, as far as it went (direct methods); of an answer that was
   * not accepted, those of the solve until then.
   */
  readonly flops?: number;
}

/** What a solver is after its set-up. */
export interface SetupReport {
  /** Whether it is set up for full solves: false with `setup: 'lazy'` until the first of them. */
  readonly ready: boolean;
  /** Method in use; before the set-up the one that will be tried first. */
  readonly method: Method;
  readonly preconditioner: Preconditioner;
  /** Build of the core in use. */
  readonly variant: Variant;
  readonly rows: number;
  readonly cols: number;
  /** Stored entries of the matrix. */
  readonly nnz: number;
  /** Stored entries of the factors (direct methods). */
  readonly factorNnz?: number;
  /** Floating-point operations of the factorization (direct methods): of LU and QR as they ran. */
  readonly factorFlops?: number;
  /** Stored entries of the preconditioner (iterative methods). */
  readonly preconditionerNnz?: number;
  /** Numerical rank (`'qr'`). */
  readonly rank?: number;
  /** `'qr'`: Q did not fit into memory, answers come from R by the corrected seminormal equations. */
  readonly seminormal?: boolean;
  /** Whether solves can be cut into slices, cancelled and limited in time. */
  readonly sliceable: boolean;
  /** Measured: Aᵀ = A, pairs compared to 13 digits. */
  readonly symmetric: boolean;
  /** Measured: every diagonal entry is positive. */
  readonly positiveDiagonal: boolean;
  /** Measured: |aᵢᵢ| > Σ|aᵢⱼ| in every row. */
  readonly strictlyRowDominant: boolean;
  /** Time of the set-up in milliseconds: copy, checks, analysis, factorization. */
  readonly setupTime: number;
  /** Ladder climbed so far, in order. */
  readonly attempts: readonly Attempt[];
}

/** What a solve did, and the certificate of its answer. Norms are Euclidean unless said. */
export interface SolveReport {
  /** Method that gave the answer. */
  readonly method: Method;
  readonly preconditioner: Preconditioner;
  /** Build of the core in use. */
  readonly variant: Variant;
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  /**
   * Whether ‖b − Ax‖ ≤ max(rtol·‖b‖, atol), with the residual r computed anew from A, x and b. For
   * rectangular systems also a least-squares solution: where ‖Aᵀr‖ ≤ rtol·‖A‖F·‖r‖, plus, with more
   * equations than unknowns, 1e-13·‖A‖F·(‖A‖F·‖x‖ + ‖b‖) for what rounding x leaves of a small r.
   */
  readonly converged: boolean;
  readonly reason: Reason;
  /** Iterations of an iterative method, 0 otherwise. */
  readonly iterations: number;
  /** ‖b − Ax‖, in twice the working precision wherever rounding would blur it. */
  readonly residualNorm: number;
  /** ‖b − Ax‖ / ‖b‖; 0 where both vanish. */
  readonly relativeResidual: number;
  /**
   * Smallest relative change of A and b for which x is exact: `normwise` is
   * ‖r‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞) (Rigal and Gaches 1967), `componentwise` is maxᵢ |r|ᵢ/(|A||x| + |b|)ᵢ
   * (Oettli and Prager 1964). Around 1e-16 is as good as float64 allows.
   */
  readonly backwardError: { readonly normwise: number; readonly componentwise: number };
  /** Steps of iterative refinement that were kept. */
  readonly refinementSteps: number;
  /** ‖Aᵀr‖/(‖A‖F·‖r‖), rectangular systems only: 0 at a least-squares solution. */
  readonly normalResidual?: number;
  /** Numerical rank (`'qr'`). */
  readonly rank?: number;
  /** Floating-point operations counted: substitutions, products, certificate. */
  readonly flops: number;
  /** Time of the solver's set-up in milliseconds. */
  readonly setupTime: number;
  /** Time of this solve in milliseconds, copies included. */
  readonly solveTime: number;
  /** Ladder climbed so far, in order. */
  readonly attempts: readonly Attempt[];
}

/** What is the same in every report of a solver. */
export interface ReportContext {
  readonly variant: Variant;
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  readonly setupTime: number;
}

// Layout of the structures of report.hpp, in doubles.
const ATTEMPTS = 10;
const ATTEMPT_FIELDS = 5;
const ATTEMPT_LIST_FIELDS = 1 + ATTEMPTS * ATTEMPT_FIELDS;
const SETUP_SCALARS = 11;
const SOLVE_SCALARS = 14;

/** Doubles of a set-up report and of a solve report in linear memory. */
export const SETUP_FIELDS = SETUP_SCALARS + ATTEMPT_LIST_FIELDS;
export const SOLVE_FIELDS = SOLVE_SCALARS + ATTEMPT_LIST_FIELDS;

const ATTEMPT_KINDS = ['used', 'deferred', 'failed', 'answered'] as const;

function readAttempts(heap: Float64Array, start: number): Attempt[] {
  const count = heap[start]!;
  const attempts: Attempt[] = [];
  for (let k = 0; k < count; k++) {
    const at = start + 1 + k * ATTEMPT_FIELDS;
    const kind = word(ATTEMPT_KINDS, heap[at + 2]!);
    const code = heap[at + 3]!;
    attempts.push({
      method: word(METHODS, heap[at]!) as Method,
      preconditioner: word(PRECONDITIONERS, heap[at + 1]!) as Preconditioner,
      outcome:
        kind === 'failed'
          ? (word(STATUSES, code) as Exclude<(typeof STATUSES)[number], 'ok'>)
          : kind === 'answered'
            ? word(REASONS, code)
            : kind,
      ...(heap[at + 4] && { flops: heap[at + 4]! }),
    });
  }
  return attempts;
}

/** Reads the set-up report at an index of the heap. */
export function readSetupReport(heap: Float64Array, at: number, context: ReportContext, ready = true): SetupReport {
  const known = (field: number) => heap[at + field]! >= 0;
  return {
    ready,
    method: word(METHODS, heap[at]!) as Method,
    preconditioner: word(PRECONDITIONERS, heap[at + 1]!) as Preconditioner,
    variant: context.variant,
    rows: context.rows,
    cols: context.cols,
    nnz: context.nnz,
    ...(known(2) && { factorNnz: heap[at + 2]! }),
    ...(known(3) && { factorFlops: heap[at + 3]! }),
    ...(known(4) && { preconditionerNnz: heap[at + 4]! }),
    ...(known(5) && { rank: heap[at + 5]! }),
    sliceable: heap[at + 6] === 1,
    symmetric: heap[at + 7] === 1,
    positiveDiagonal: heap[at + 8] === 1,
    strictlyRowDominant: heap[at + 9] === 1,
    ...(heap[at + 10] && { seminormal: true }),
    setupTime: context.setupTime,
    attempts: readAttempts(heap, at + SETUP_SCALARS),
  };
}

/** Reads the solve report at an index of the heap. */
export function readSolveReport(
  heap: Float64Array,
  at: number,
  context: ReportContext,
  solveTime: number,
): SolveReport {
  const normalResidual = heap[at + 10]!;
  const rank = heap[at + 13]!;
  return {
    method: word(METHODS, heap[at + 2]!) as Method,
    preconditioner: word(PRECONDITIONERS, heap[at + 3]!) as Preconditioner,
    variant: context.variant,
    rows: context.rows,
    cols: context.cols,
    nnz: context.nnz,
    converged: heap[at + 1] === 1,
    reason: word(REASONS, heap[at]!),
    iterations: heap[at + 4]!,
    residualNorm: heap[at + 5]!,
    relativeResidual: heap[at + 7]!,
    backwardError: { normwise: heap[at + 8]!, componentwise: heap[at + 9]! },
    refinementSteps: heap[at + 11]!,
    ...(normalResidual >= 0 && { normalResidual }),
    ...(rank >= 0 && { rank }),
    flops: heap[at + 12]!,
    setupTime: context.setupTime,
    solveTime,
    attempts: readAttempts(heap, at + SOLVE_SCALARS),
  };
}
