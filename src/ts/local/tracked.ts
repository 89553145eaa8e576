import type { NativeTracked } from '#core';
import { makeScoped, type Scoped } from '../dispose.js';
import { LacunaError } from '../errors.js';
import { type SparseVector, sparseParts } from '../rhs.js';
import { checkIndex, checkList, checkOptions } from '../sparse/validate.js';
import type { Answer } from './answer.js';

/** A sparse change of Ax = b. */
export interface SystemChange {
  /** What is added to b. */
  readonly rhs?: SparseVector;
  /** Rows of A as they are from now on, each whole and the diagonal entry among them. */
  readonly rows?: readonly { readonly row: number; readonly indices: ArrayLike<number>; readonly values: ArrayLike<number> }[];
}

/** What a change would do, see {@link TrackedEntry.moved}. */
export interface Movement {
  /** Whether `bound` is at most `atol`: a proof that the answer stays. */
  readonly unmoved: boolean;
  /** A proven bound on the change of the answer. */
  readonly bound: number;
  /** A proven bound on the change of every unknown. */
  readonly everywhere: number;
}

/** @internal What the solver does for it. */
export interface Tracker {
  run(tracked: NativeTracked, change: readonly ArrayLike<number>[] | undefined): Answer;
  moved(tracked: NativeTracked, change: readonly ArrayLike<number>[], atol: number): Movement;
  end(tracked: NativeTracked): void;
  readonly size: number;
}

/**
 * A single answer that is kept up to date while b and rows of A change: by what has changed, not by
 * a new query. Made by {@link Solver.track}. The changes are its own: the solver and the right-hand
 * side stay as they are, and the solver refuses `update` (`busy`) while it lives.
 *
 * @example
 * ```ts
 * import { createSolver, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.laplacian(4, [[0, 1], [1, 2], [2, 3]], { shift: 1 });
 * const solver = await createSolver(A, { setup: 'lazy' });
 * const tracked = solver.track(0, [1, 1, 1, 1], { atol: 1e-9 });
 * console.log(tracked.answer.value.toFixed(6)); // 1.000000
 * console.log(tracked.update({ rhs: { indices: [0], values: [1] } }).value.toFixed(6)); // 1.619048
 * console.log(tracked.moved({ rhs: { indices: [3], values: [1e-9] } }, { atol: 1e-6 }).unmoved); // true
 * tracked.dispose();
 * ```
 */
export class TrackedEntry {
  #tracker: Tracker | undefined;
  readonly #native: NativeTracked;
  #answer: Answer;

  /** @internal */
  constructor(tracker: Tracker, native: NativeTracked) {
    this.#tracker = tracker;
    this.#native = native;
    this.#answer = tracker.run(native, undefined);
  }

  /** The answer for the system as it is now. */
  get answer(): Answer {
    return this.#answer;
  }

  get disposed(): boolean {
    return this.#tracker === undefined;
  }

  /**
   * Makes a change and gives the new answer, by pushing the difference on from the old one. Whatever
   * is refused leaves everything as it was.
   *
   * @throws LacunaError `index-out-of-range`, `not-finite`, `duplicate-entry`, `shape-mismatch`;
   *   `invalid-argument` for a row that is not dominant enough for a bound, with the row as position
   */
  update(change: SystemChange): Answer {
    const tracker = this.#alive();
    return (this.#answer = tracker.run(this.#native, lists(change, tracker.size)));
  }

  /**
   * Decides without making it, in time proportional to the change, that a change moves nothing by
   * more than `atol`.
   *
   * @throws LacunaError as {@link TrackedEntry.update}
   */
  moved(change: SystemChange, options: { atol: number }): Movement {
    const { atol } = checkOptions(options, ['atol']);
    if (typeof atol !== 'number' || !(atol >= 0)) {
      throw new LacunaError('invalid-option', 'must be a number of at least 0', { argument: 'options.atol' });
    }
    const tracker = this.#alive();
    return tracker.moved(this.#native, lists(change, tracker.size), atol);
  }

  /** Gives its memory back; the solver may be updated again. Idempotent. */
  dispose(): void {
    this.#tracker?.end(this.#native);
    this.#tracker = undefined;
  }

  #alive(): Tracker {
    if (this.#tracker !== undefined) return this.#tracker;
    throw new LacunaError('disposed', 'the tracked entry was disposed of', { remedy: 'Make another with track()' });
  }
}

export interface TrackedEntry extends Scoped {}
makeScoped(TrackedEntry, 'TrackedEntry');

/** Checked: ids and values of b, rows, counts, ids and values of rows. */
function lists(change: SystemChange, size: number): ArrayLike<number>[] {
  const { rhs, rows = [] } = checkOptions(change, ['rhs', 'rows'], 'change');
  const b = rhs === undefined ? { ids: new Float64Array(0), values: new Float64Array(0) } : sparseParts('change.rhs', rhs, size);
  checkList('change.rows', rows as unknown as ArrayLike<number>);
  const parts = rows.map((given, k) => ({
    row: checkIndex(`change.rows[${k}].row`, given?.row, size),
    ...sparseParts(`change.rows[${k}]`, given, size),
  }));
  return [
    b.ids,
    b.values,
    parts.map(({ row }) => row),
    parts.map(({ ids }) => ids.length),
    parts.flatMap(({ ids }) => [...ids]),
    parts.flatMap(({ values }) => [...values]),
  ];
}

