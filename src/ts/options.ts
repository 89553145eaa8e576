import { LacunaError } from './errors.js';
import type { Engine } from './engine.js';
import type { Policy } from './policy/policy.js';
import type { WitnessChain } from './witness/witness.js';
import { METHODS, ORDERINGS, PRECONDITIONERS } from './native/codes.js';
import { checkFlag, checkOptions, describe } from './sparse/validate.js';

/** Tolerances and limits, for a solver as defaults and for each solve. */
export interface Tolerances {
  /**
   * A solution is accepted when ‖b − Ax‖₂ ≤ max(rtol·‖b‖₂, atol).
   * @defaultValue 1e-10
   */
  rtol?: number;
  /**
   * Absolute part of the same rule.
   * @defaultValue 0
   */
  atol?: number;
  /**
   * Iterations of an iterative method at the most.
   * @defaultValue 10·n, at most 50,000
   */
  maxiter?: number;
  /**
   * Iterative refinement of direct solutions, up to three steps, each kept only if it lowers the
   * backward error.
   * @defaultValue true
   */
  refine?: boolean;
}

/** How a system is to be solved; everything has a default. */
export interface SolverOptions extends Tolerances {
  /**
   * `'auto'` measures the matrix and climbs a ladder until an answer passes its residual test:
   * rectangular → `qr`; symmetric with a positive diagonal → `cholesky`, `ldlt`, `lu`; other
   * symmetric ones → `ldlt`, `lu`; unsymmetric and strictly row-dominant, from 1,000
   * rows on → `bicgstab`, `lu`; other → `lu`, `bicgstab`. Square ladders end with `qr` up to 2,000
   * unknowns. A Cholesky factorization that would take more than 1e10 flops and fill in 25-fold, as
   * three-dimensional problems do, comes after `cg` with `ic`. The report lists every attempt. A
   * method named here is used or refused, never exchanged.
   * @defaultValue 'auto'
   */
  method?: (typeof METHODS)[number];
  /**
   * Preconditioner of an iterative method: `'ic'` (incomplete Cholesky, symmetric positive
   * definite), `'ilut'` (incomplete LU, `bicgstab`), `'jacobi'` (the diagonal), `'none'`. `'auto'`
   * is `'ic'` for `cg` and, for `bicgstab`, `'jacobi'` on strictly row-dominant matrices and
   * `'ilut'` otherwise; where one cannot be built, `'jacobi'`. Named without a method it asks for
   * an iterative one.
   * @defaultValue 'auto'
   */
  preconditioner?: (typeof PRECONDITIONERS)[number];
  /**
   * `'ilut'`: entries of the factor below this share of their row's norm are dropped.
   * @defaultValue 1e-3
   */
  dropTolerance?: number;
  /**
   * `'ilut'`: entries kept per row of the factor, as a multiple of the mean of A.
   * @defaultValue 5
   */
  fillFactor?: number;
  /**
   * Order of elimination of `cholesky`, `ldlt` and `lu`: approximate minimum degree, multilevel nested
   * dissection, reverse Cuthill–McKee, as numbered. `'auto'` counts the flops of the candidates and
   * keeps the best. Other methods put it aside.
   * @defaultValue 'auto'
   */
  ordering?: (typeof ORDERINGS)[0 | 1 | 3 | 4 | 5];
  /**
   * The method named, with its preconditioner and ordering, is a first guess: where it does not fit or
   * fails, the ladder of `'auto'` follows.
   * @defaultValue false
   */
  prefer?: boolean;
  /**
   * With `prefer`: the guess is left (`over-budget` among the attempts) where its analysis finds that
   * factoring takes more flops, or the work on it has come to more where analysis does not tell, or its
   * preconditioner has taken as many, or its iterations (100 are always allowed). A factorization that was
   * too dear in the `ordering` given is tried in an order of its own where `'auto'` would come to it.
   * @defaultValue Infinity
   */
  maxFlops?: number;
  /**
   * `'eager'` factors or preconditions now. `'lazy'` only copies and measures A, and sets up when a
   * full solve is asked for, by you or by a query for which it is cheaper: errors of the set-up come
   * then. For solvers of which only single answers are wanted.
   * @defaultValue 'eager'
   */
  setup?: 'eager' | 'lazy';
  /**
   * Records the set-up, every `update` and every full solve: see {@link createWitness}. Hashing takes
   * about 4 ns a byte: of the matrix once for each `update`, of b and x for each solve.
   */
  witness?: WitnessChain;
  /**
   * Chooses method, preconditioner and ordering where they are not named here, `'auto'`'s ladder behind
   * it, and learns from the set-up and the first solve: see {@link createPolicy}.
   */
  policy?: Policy;
  /**
   * Right-hand sides to come, over which a `policy` weighs the set-up.
   * @defaultValue 1
   */
  rhsCount?: number;
}

/** Options of the top-level functions, which may name an engine; the controls are those of the set-up. */
export interface CreateOptions extends SolverOptions, AsyncControls {
  /**
   * The instance to use.
   * @defaultValue the shared one of {@link getDefaultEngine}
   */
  engine?: Engine;
}

/** Array a solution is written to. */
export type Output = Float64Array | Float32Array;

/** Options of one solve. Tolerances left out are those of the solver. */
export interface SolveOptions<X extends Output = Float64Array> extends Tolerances {
  /** First guess of an iterative method, n values; direct methods need none and ignore it. */
  x0?: ArrayLike<number>;
  /**
   * Array of n values that takes the solution, instead of a fresh one. With a Float32Array the
   * solution is rounded, and the report certifies the rounded one: choose `rtol` accordingly.
   */
  out?: X;
  /**
   * Solve Aᵀx = b.
   * @defaultValue false
   */
  transpose?: boolean;
}

/** How far a solve or a query is. */
export interface Progress {
  /** Share of the digits asked for that is reached, 0 to 1. */
  readonly fraction: number;
  /** 0 where nothing iterates: direct solves, queries. */
  readonly iterations: number;
}

/**
 * What makes a set-up or a solve give way to other work, see `report.sliceable`. Queries can always be
 * cut.
 */
export interface AsyncControls {
  /**
   * Ends the work at the next slice: a solve with `reason: 'cancelled'` and the best answer so far, a
   * set-up by the error `cancelled`. Methods that cannot be interrupted: `not-sliceable` outside a
   * worker.
   */
  signal?: AbortSignal;
  /** Called after every slice. */
  onProgress?: (progress: Progress) => void;
  /**
   * Milliseconds of work between two turns of the event loop. Methods that cannot be cut:
   * `not-sliceable` outside a worker, where blocking harms nobody.
   * @defaultValue 8
   */
  slice?: number;
  /**
   * Milliseconds after which the work ends: a solve with `reason: 'budget'` and the best answer so far,
   * a set-up by the error `budget`.
   */
  timeLimit?: number;
}

/** Options of an asynchronous solve. */
export interface SolveAsyncOptions<X extends Output = Float64Array> extends SolveOptions<X>, AsyncControls {}

const TOLERANCE_KEYS = ['rtol', 'atol', 'maxiter', 'refine'] as const;
const SOLVER_KEYS = ['method', 'preconditioner', 'dropTolerance', 'fillFactor', 'ordering', 'prefer', 'maxFlops', 'setup', 'witness', 'policy', 'rhsCount', ...TOLERANCE_KEYS] as const;
export const CONTROL_KEYS = ['signal', 'onProgress', 'slice', 'timeLimit'] as const;
/** What a solve takes: one at a time, many in one call, asynchronously. */
export const SOLVE_KEYS = {
  one: ['x0', 'out', 'transpose', ...TOLERANCE_KEYS],
  many: ['transpose', ...TOLERANCE_KEYS],
  async: ['x0', 'out', 'transpose', ...TOLERANCE_KEYS, ...CONTROL_KEYS],
} as const;

/** Tolerances as the core takes them; maxiter 0 stands for its default. */
export interface CheckedTolerances {
  readonly rtol: number;
  readonly atol: number;
  readonly maxiter: number;
  readonly refine: boolean;
}

/** Solver options with every default filled in, methods as codes. */
export interface CheckedSolverOptions extends CheckedTolerances {
  readonly method: number;
  readonly preconditioner: number;
  readonly dropTolerance: number;
  readonly fillFactor: number;
  readonly ordering: number;
  readonly prefer: boolean;
  readonly maxFlops: number;
  readonly lazy?: boolean;
  readonly witness: WitnessChain | undefined;
}

const DEFAULT_TOLERANCES: CheckedTolerances = { rtol: 1e-10, atol: 0, maxiter: 0, refine: true };

export function invalid(name: string, rule: string, value: unknown, remedy?: string): LacunaError {
  return new LacunaError('invalid-option', `must be ${rule}, got ${describe(value)}`, {
    argument: `options.${name}`,
    remedy,
  });
}

/** What has this method, or nothing. */
export function checkMade<T>(name: string, value: T | undefined, method: keyof T): T | undefined {
  if (value !== undefined && !value?.[method]) throw invalid(name, `a ${name}`, value);
  return value;
}

/** A number for which `holds`; one without a fallback must be given. */
export function checkNumber(
  name: string,
  value: unknown,
  fallback: number | undefined,
  rule: string,
  holds: (v: number) => boolean,
): number {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'number' || !holds(value)) throw invalid(name, rule, value);
  return value;
}

export function checkChoice(name: string, value: unknown, choices: readonly string[]): number {
  if (value === undefined) return 0;
  const code = choices.indexOf(value as string);
  if (code < 0) {
    throw new LacunaError('invalid-option', `there is no ${describe(value)}`, {
      argument: `options.${name}`,
      remedy: `Choose one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    });
  }
  return code;
}

/** The code of an order that has a name. */
export function checkOrdering(value: unknown): number {
  const choices = ORDERINGS.filter((name) => name !== 'given' && name !== 'column-amd');
  return ORDERINGS.indexOf(choices[checkChoice('ordering', value, choices)]!);
}

/** A finite number of at least 0. */
export function checkNonNegative(name: string, value: unknown, fallback?: number): number {
  return checkNumber(name, value, fallback, 'a finite number of at least 0', (v) => v >= 0 && v < Infinity);
}

function checkTolerances(options: Tolerances, fallback: CheckedTolerances): CheckedTolerances {
  return {
    rtol: checkNonNegative('rtol', options.rtol, fallback.rtol),
    atol: checkNonNegative('atol', options.atol, fallback.atol),
    maxiter: checkNumber('maxiter', options.maxiter, fallback.maxiter, 'an integer of at least 1', (v) =>
      Number.isSafeInteger(v) && v >= 1,
    ),
    refine: checkFlag('refine', options.refine, fallback.refine),
  };
}

/** Checks the options of a solver, except `engine`, which the caller has taken out. */
export function checkSolverOptions(options: SolverOptions | undefined): CheckedSolverOptions {
  const given = checkOptions(options, SOLVER_KEYS);
  return {
    witness: checkMade('witness', given.witness, 'watch'),
    method: checkChoice('method', given.method, METHODS),
    preconditioner: checkChoice('preconditioner', given.preconditioner, PRECONDITIONERS),
    dropTolerance: checkNumber('dropTolerance', given.dropTolerance, 1e-3, 'a number from 0 to 1', (v) => v >= 0 && v <= 1),
    fillFactor: checkNumber('fillFactor', given.fillFactor, 5, 'an integer from 1 to 1000', (v) =>
      Number.isInteger(v) && v >= 1 && v <= 1000,
    ),
    ordering: checkOrdering(given.ordering),
    prefer: checkFlag('prefer', given.prefer, false),
    maxFlops: checkNumber('maxFlops', given.maxFlops, Infinity, 'a positive number', (v) => v > 0),
    ...(checkChoice('setup', given.setup, ['eager', 'lazy']) === 1 && { lazy: true }),
    ...checkTolerances(given, DEFAULT_TOLERANCES),
  };
}

/** Checks the scalar options of a solve; arrays are checked by the solver, which knows their lengths. */
export function checkSolveOptions<X extends Output>(
  options: SolveOptions<X> | undefined,
  fallback: CheckedTolerances,
  kind: keyof typeof SOLVE_KEYS = 'one',
): CheckedTolerances & { readonly transpose: boolean } {
  const given = checkOptions<SolveAsyncOptions<X>>(options, SOLVE_KEYS[kind]);
  return { ...checkTolerances(given, fallback), transpose: checkFlag('transpose', given.transpose, false) };
}

/** Controls with their defaults. */
export interface CheckedControls {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly slice: number;
  readonly timeLimit: number;
  /** Whether the caller asked for something that only an interruptible solve can give. */
  readonly needsSlices: boolean;
}

export function checkControls(options: AsyncControls = {}): CheckedControls {
  const { signal, onProgress } = options;
  if (signal !== undefined && (typeof signal !== 'object' || signal === null || typeof signal.aborted !== 'boolean')) {
    throw invalid('signal', 'an AbortSignal', signal);
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') throw invalid('onProgress', 'a function', onProgress);
  const positive = (v: number) => v > 0;
  return {
    signal,
    onProgress,
    slice: checkNumber('slice', options.slice, 8, 'a positive number of milliseconds', positive),
    timeLimit: checkNumber('timeLimit', options.timeLimit, Infinity, 'a positive number of milliseconds', positive),
    needsSlices: signal !== undefined || options.slice !== undefined || options.timeLimit !== undefined,
  };
}

/** Splits options into those of a solver and others of these keys. */
export function splitOptions<S extends object>(
  options: (SolverOptions & S) | undefined,
  keys: readonly string[],
): { solver: SolverOptions; solve: S } {
  const given = checkOptions(options as Record<string, unknown> | undefined, [...SOLVER_KEYS, ...keys]);
  const solver: Record<string, unknown> = {};
  const solve: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    ((SOLVER_KEYS as readonly string[]).includes(key) ? solver : solve)[key] = value;
  }
  return { solver, solve: solve as S };
}
