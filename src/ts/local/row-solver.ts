import type { NativeQuery, NativeRhs, NativeRowSystem } from '#core';
import { makeScoped } from '../dispose.js';
import type { Engine } from '../engine.js';
import { LacunaError } from '../errors.js';
import { ROWS, SIGNS, type Status, STATUSES, word } from '../native/codes.js';
import { failure } from '../native/failures.js';
import { Resources } from '../native/resources.js';
import type { Steps } from '../native/run-task.js';
import { checkChoice, checkNonNegative, checkNumber, type CheckedControls } from '../options.js';
import { checkFlag, checkOptions, MAX_SIZE } from '../sparse/validate.js';
import { consult } from './kept-rhs.js';
import { LocalSolver } from './local-solver.js';
import { checkBatch, type CheckedBatch, type RowBatch, type RowSource } from './row-source.js';

/**
 * What is declared of a matrix that is never loaded. Each row that is read is held against it: one
 * that breaks it ends the query with `declaration-violated` and its number.
 */
export interface RowSolverOptions {
  /** Unknowns: up to 2⁵³ − 1. */
  size: number;
  /**
   * At most the least of |aᵢᵢ| − Σⱼ≠ᵢ|aᵢⱼ| over all rows: what bounds rest on, where it is positive.
   * @defaultValue nothing is promised, and answers have no bound
   */
  margin?: number;
  /**
   * The same over columns, for the bounds that need it.
   * @defaultValue that of the rows where `symmetric`, else nothing is promised
   */
  columnMargin?: number;
  /**
   * At least ‖A‖∞, the largest Σⱼ|aᵢⱼ|: with the margin it tells the planner how fast residuals fall.
   * @defaultValue Infinity
   */
  norm?: number;
  /**
   * At least ‖A‖₁, the same over columns.
   * @defaultValue that of the rows where `symmetric`, else Infinity
   */
  columnNorm?: number;
  /**
   * Signs of A, see {@link Conditions.signs}: an `'m-matrix'` has tighter bounds.
   * @defaultValue 'general'
   */
  signs?: (typeof SIGNS)[number];
  /**
   * A = Aᵀ: rows serve as columns.
   * @defaultValue false
   */
  symmetric?: boolean;
  /**
   * Entries of a row off the diagonal, at the most.
   * @defaultValue 2³¹ − 1
   */
  maxRowEntries?: number;
  /**
   * Linear memory for rows (and as much for columns) that are kept between queries; those not used
   * for longest go first.
   * @defaultValue 16 MiB
   */
  cacheBytes?: number;
}

/** What a source was asked for. */
export interface RowStats {
  /** Rows and columns that the source gave. */
  readonly fetched: number;
  /** Readings of rows and columns that were in the cache. */
  readonly hits: number;
  /** Calls of the source. */
  readonly batches: number;
}

const KEYS = ['size', 'margin', 'columnMargin', 'norm', 'columnNorm', 'signs', 'symmetric', 'maxRowEntries', 'cacheBytes'] as const;

/** Only this module can make them. */
let make: (engine: Engine, resources: Resources<NativeRowSystem>, source: RowSource, size: number, margin: number) => RowSolver;

/**
 * Single answers over a matrix that is never loaded: rows come from a {@link RowSource} when a query
 * needs them, in batches, and are kept in a bounded cache. Made by {@link createRowSolver}; holds
 * linear memory until `dispose()`.
 *
 * @example
 * ```ts
 * import { createRowSolver } from 'lacuna';
 *
 * // 3xᵢ − xᵢ₋₁ − xᵢ₊₁ = 1 on a circle of 10¹² unknowns: every xᵢ is 1.
 * const size = 1e12;
 * const solver = await createRowSolver(
 *   {
 *     rows: (ids) => ({
 *       counts: [...ids].map(() => 3),
 *       indices: [...ids].flatMap((i) => [i, (i + 1) % size, (i + size - 1) % size]),
 *       values: [...ids].flatMap(() => [3, -1, -1]),
 *     }),
 *   },
 *   { size, margin: 1, norm: 5, signs: 'm-matrix', symmetric: true },
 * );
 * const { value, bound } = solver.entry(5e11, { value: () => 1, normInf: 1, least: 1 });
 * console.log(Math.abs(value - 1) <= bound!, bound! <= 1e-6); // true true
 * console.log(solver.stats().fetched < 200); // true
 * solver.dispose();
 * ```
 */
export class RowSolver extends LocalSolver {
  readonly #resources: Resources<NativeRowSystem>;
  readonly #source: RowSource;
  readonly #margin: number;
  #batches = 0;

  static {
    make = (engine, resources, source, size, margin) => new RowSolver(engine, resources, source, size, margin);
  }

  private constructor(engine: Engine, resources: Resources<NativeRowSystem>, source: RowSource, size: number, margin: number) {
    super(engine, resources, size, size, 'createRowSolver');
    this.#resources = resources;
    this.#source = source;
    this.#margin = margin;
  }

  /**
   * What the source was asked for so far.
   *
   * @example
   * ```ts
   * import { createRowSolver } from 'lacuna';
   *
   * const rows = (ids: Float64Array) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map(() => 2) });
   * const solver = await createRowSolver({ rows }, { size: 9, margin: 2 });
   * solver.entry(3, { indices: [3], values: [4] });
   * const { fetched, batches } = solver.stats();
   * console.log(fetched, batches); // 1 1
   * solver.dispose();
   * ```
   */
  stats(): RowStats {
    this.core();
    const { native } = this.#resources;
    return {
      fetched: native.fetched(0) + native.fetched(1),
      hits: native.hits(0) + native.hits(1),
      batches: this.#batches,
    };
  }

  /** @internal */
  override query(rhs: NativeRhs, at: readonly number[], entries: number): NativeQuery | null {
    const [settings, ids, weights] = at as [number, number, number];
    return this.#resources.native.query(rhs, ids, weights, entries, settings);
  }

  /** @internal */
  override failed(status: Status, position: number): LacunaError {
    return failure(status, 'source', { position });
  }

  /** @internal */
  override weakness(): string | undefined {
    return this.#margin > 0 ? undefined : 'no positive margin was declared';
  }

  /** @internal */
  override *fetch(kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined> {
    const name = kind === ROWS || this.#source.columns === undefined ? 'rows' : 'columns';
    const argument = `source.${name}()`;
    // A copy: the caller may do with it what it likes.
    this.#batches++;
    let batch: unknown = consult(argument, () => this.#source[name]!(ids.slice()));
    if (isPromise(batch)) {
      const settled = batch.then(
        (given) => () => given,
        (cause: unknown) => () => {
          throw cause;
        },
      );
      if (controls === undefined) {
        throw new LacunaError('invalid-argument', 'gave a promise, which this call cannot wait for', {
          argument,
          remedy: 'Use the call of the same name that ends in Async',
        });
      }
      const result = (yield settled) as () => unknown;
      // A source that gave up because it saw the same signal has not failed.
      if (controls.signal?.aborted) return undefined;
      batch = consult(argument, result);
    }
    return checkBatch(argument, batch as RowBatch, ids.length, this.rows);
  }
}

makeScoped(RowSolver, 'RowSolver');

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}

/** Checks source and declaration and makes a solver over them. */
export function newRowSolver(engine: Engine, source: RowSource, options: RowSolverOptions): RowSolver {
  const columns: unknown = source?.columns;
  if (typeof source?.rows !== 'function' || (columns !== undefined && typeof columns !== 'function')) {
    throw new LacunaError('invalid-argument', 'must have a method rows, and columns if any', { argument: 'source' });
  }
  const given = checkOptions(options, KEYS);
  const whole = (name: 'size' | 'maxRowEntries' | 'cacheBytes', fallback: number | undefined, least: number, most: number): number =>
    checkNumber(name, given[name], fallback, `an integer from ${least} to ${most}`, (v) => Number.isInteger(v) && v >= least && v <= most);
  const size = whole('size', undefined, 1, Number.MAX_SAFE_INTEGER);
  const symmetric = checkFlag('symmetric', given.symmetric, false);
  const margin = checkNonNegative('margin', given.margin, -Infinity);
  const norm = checkNonNegative('norm', given.norm, Infinity);
  const declared = [
    margin,
    checkNonNegative('columnMargin', given.columnMargin, symmetric ? margin : -Infinity),
    norm,
    checkNonNegative('columnNorm', given.columnNorm, symmetric ? norm : Infinity),
    checkChoice('signs', given.signs === undefined ? 'general' : given.signs, SIGNS),
    Number(symmetric),
    whole('maxRowEntries', MAX_SIZE, 0, MAX_SIZE),
  ];
  const cacheBytes = whole('cacheBytes', 2 ** 24, 0, 2 ** 32);
  const resources = engine.run((core) => new Resources(core, new core.NativeRowSystem()));
  try {
    const { span, at } = resources.put(declared);
    const { native } = resources;
    const status = word(STATUSES, engine.run(() => native.create(size, at[0]!, cacheBytes, Number(columns !== undefined))));
    resources.free(span);
    if (status === 'invalid-argument') {
      throw new LacunaError('invalid-option', 'no matrix is as declared', { argument: 'options', details: { declared } });
    }
    if (status !== 'ok') throw failure(status, 'options', { position: native.faultPosition() });
    return make(engine, resources, source, size, margin);
  } catch (error) {
    resources.release();
    throw error;
  }
}
