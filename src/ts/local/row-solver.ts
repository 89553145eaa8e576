import { makeScoped } from '../dispose.js';
import type { Host } from '../native/instance.js';
import type { Resources } from '../native/resources.js';
import type { SIGNS } from '../native/codes.js';
import type { QueryRightHandSide, SparseVector } from '../rhs.js';
import { LocalSolver } from './local-solver.js';
import type { LineAsyncOptions, LineOptions } from './query-options.js';
import type { NativeLocal } from './run-local.js';
import type { TrackedEntry } from './tracked.js';

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
export abstract class RowSolver extends LocalSolver {
  /** @internal What it is made of comes with its part: see src/ts/rows. */
  constructor(host: Host, resources: Resources<NativeLocal>, size: number) {
    super(host, resources, size, size, 'createRowSolver');
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
  abstract stats(): RowStats;

  /**
   * Says that rows have changed at the source: what is cached of them, and every column, is dropped, so
   * that the next query reads them anew. They must keep to what was declared. Tracked answers are told
   * by {@link TrackedEntry.update}.
   *
   * @throws LacunaError `index-out-of-range` with the position, `disposed`
   */
  abstract changed(rows: ArrayLike<number>): void;

  /**
   * As {@link Solver.track}: an answer that follows changes of b and of rows. It holds the rows that it
   * has read, so that the cache may drop them. Rows that change at the source are named by their number:
   * those that the answer rests on are read anew, and the difference is pushed; of others nothing is
   * read. Needs a positive `margin`.
   *
   * @throws LacunaError as {@link Solver.track}
   * @example
   * ```ts
   * import { createRowSolver } from 'lacuna';
   *
   * const diagonal = new Map<number, number>();
   * const rows = (ids: Float64Array) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map((i) => diagonal.get(i) ?? 2) });
   * const solver = await createRowSolver({ rows }, { size: 1e12, margin: 2 });
   * const tracked = solver.track(7, { indices: [7], values: [4] });
   * console.log(tracked.answer.value); // 2
   * diagonal.set(7, 8);
   * console.log(tracked.update({ rows: [7] }).value); // 0.5
   * solver.dispose();
   * ```
   */
  abstract track(t: number | SparseVector, b: QueryRightHandSide, options?: LineOptions): TrackedEntry;

  /** {@link RowSolver.track}, where the source may give promises. */
  abstract trackAsync(t: number | SparseVector, b: QueryRightHandSide, options?: LineAsyncOptions): Promise<TrackedEntry>;
}

makeScoped(RowSolver, 'RowSolver');
