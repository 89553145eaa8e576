import type { NativeHandle, NativeSolver, NativeTracked } from '#core';
import { makeScoped, type Scoped } from '../dispose.js';
import { LacunaError } from '../errors.js';
import { type Status, STATUSES, word } from '../native/codes.js';
import { failure } from '../native/failures.js';
import type { Resources } from '../native/resources.js';
import { complete, settle, type Steps } from '../native/run-task.js';
import { doubles } from '../native/spans.js';
import { type AsyncControls, type CheckedControls, checkControls, checkNonNegative, CONTROL_KEYS } from '../options.js';
import { type QueryRightHandSide, type SparseVector, sparseParts } from '../rhs.js';
import { checkIndex, checkList, checkOptions } from '../sparse/validate.js';
import { type Answer, QUERY_FIELDS, readAnswer } from './answer.js';
import type { KeptRhs } from './kept-rhs.js';
import type { LocalSolver } from './local-solver.js';
import { checkQueryOptions, type LineAsyncOptions } from './query-options.js';
import { type LocalHost, runLocal } from './run-local.js';

/** A row of A as it is from now on: all its entries, the diagonal one among them, each once. */
export interface RowReplacement extends SparseVector {
  readonly row: number;
}

/** A sparse change of a system. */
export interface SystemChange {
  /** What is added to b; entries at the same place are summed. */
  readonly rhs?: SparseVector;
  /**
   * Rows of A that are replaced, each at most once. Of a {@link RowSolver} a row by its number alone has
   * changed at its source, which is asked for it anew.
   */
  readonly rows?: readonly (RowReplacement | number)[];
}

/** How far a change could move things. */
export interface Movement {
  /** Whether `bound` is at most `atol`: the answer has moved by no more, for certain. */
  readonly unmoved: boolean;
  /** A proven bound on how far the answer moves. */
  readonly bound: number;
  /** A proven bound on how far any entry of A⁻¹b moves. */
  readonly everywhere: number;
}

/**
 * An answer that is kept up to date while b and rows of A change: made by {@link Solver.track} and
 * {@link RowSolver.track}. The changes are its own: the solver's matrix and the right-hand side stay as
 * they are. Of no use once `solver.update()` was called; disposed of with its solver at the latest.
 */
export class TrackedEntry {
  readonly #solver: LocalSolver;
  readonly #resources: Resources<NativeHandle>;
  readonly #native: NativeTracked;
  readonly #kept: KeptRhs;
  readonly #host: LocalHost;
  #answer!: Answer;
  #disposed = false;

  /** @internal Takes the native one, which is among the resources, and a user of b over. */
  constructor(solver: LocalSolver, resources: Resources<NativeHandle>, native: NativeTracked, kept: KeptRhs) {
    this.#solver = solver;
    this.#resources = resources;
    this.#native = native;
    this.#kept = kept;
    this.#host = {
      core: () => this.#core(),
      run: (call) => solver.run(call),
      failed: (status, position) => failed(solver, status, position),
      fetch: (...given) => solver.fetch!(...given),
    };
  }

  /** The latest answer, as {@link LocalSolver.entry} gives it. */
  get answer(): Answer {
    return this.#answer;
  }

  /** Whether it, or its solver, was disposed of. */
  get disposed(): boolean {
    return this.#disposed || this.#solver.disposed;
  }

  /**
   * Makes a change and returns the new answer: from what is known of the old one, at a cost that
   * depends on how much the change moves it. A change that is refused leaves everything as it was.
   *
   * Cost: O(change) for a b that changes little near the entry, or anything far away; for rows
   * besides O(touched) where influence has come to them; and the entries that have to be pushed for
   * the accuracy, all of them as `work` of the new answer.
   *
   * @throws LacunaError `invalid-argument` with its number as position for a row that is no longer
   *   dominant (in the scaling that makes the others so), `duplicate-entry`, `index-out-of-range`,
   *   `not-finite`, `shape-mismatch`, `disposed` also after `solver.update()`, `out-of-memory`
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[4, -2], [0, 2]]), { setup: 'lazy' });
   * const tracked = solver.track(0, [4, 2]);
   * console.log(tracked.answer.value.toFixed(4)); // 1.5000
   * tracked.update({ rhs: { indices: [1], values: [2] } });
   * console.log(tracked.answer.value.toFixed(4)); // 2.0000
   * tracked.update({ rows: [{ row: 0, indices: [0, 1], values: [8, -2] }] });
   * console.log(tracked.answer.value.toFixed(4)); // 1.0000
   * solver.dispose();
   * ```
   */
  update(change: SystemChange): Answer {
    return complete(this.make(change));
  }

  /** {@link TrackedEntry.update} in slices: what rows come from may give promises. */
  updateAsync(change: SystemChange, controls?: AsyncControls): Promise<Answer> {
    return settle(this.make(change, checkControls(checkOptions(controls, CONTROL_KEYS))));
  }

  /**
   * Bounds what a change would move, without making it, in time proportional to the change: with
   * g = Δb − ΔA·x no entry moves by more than its weight times ‖g‖∞ (Varah 1975), and the answer by
   * Σ|pᵢgᵢ| and that share of the rest. Never tells of a movement that it is none. Rows have to be given
   * with their entries.
   *
   * @throws LacunaError as {@link TrackedEntry.update}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[4, -2], [0, 2]]), { setup: 'lazy' });
   * const tracked = solver.track(1, [4, 2], { rtol: 0, atol: 1e-9 });
   * const { unmoved, everywhere } = tracked.moved({ rhs: { indices: [0], values: [1] } }, { atol: 1e-6 });
   * console.log(unmoved, everywhere >= 0.25); // true true
   * solver.dispose();
   * ```
   */
  moved(change: SystemChange, options?: { readonly atol?: number }): Movement {
    return complete(this.#moved(change, options));
  }

  /** {@link TrackedEntry.moved}, where what rows come from gives promises. */
  movedAsync(change: SystemChange, options?: { readonly atol?: number }): Promise<Movement> {
    return settle(this.#moved(change, options, checkControls()));
  }

  *#moved(change: SystemChange, options: { readonly atol?: number } | undefined, controls?: CheckedControls): Steps<Movement> {
    const core = this.#core();
    // The old rows are to be at hand.
    if (this.#solver.fetch) yield* this.#run(change, controls, 0);
    const atol = checkNonNegative('atol', checkOptions(options, ['atol']).atol, 0);
    const [lists, ...sizes] = this.#lists(change);
    const { span, at } = this.#resources.put(...lists);
    try {
      const status = word(STATUSES, this.#solver.run(() => this.#native.moved(at[0]!, ...sizes)));
      if (status !== 'ok') throw failed(this.#solver, status, this.#native.faultPosition());
      const [bound, everywhere] = doubles(core, at[0]!, 2) as unknown as [number, number];
      return { unmoved: bound <= atol, bound, everywhere };
    } finally {
      this.#resources.free(span);
    }
  }

  /** Gives its memory back. Idempotent. */
  dispose(): void {
    if (!this.disposed) {
      this.#resources.end(this.#native);
      this.#kept.release();
    }
    this.#disposed = true;
  }

  #core() {
    if (this.#disposed) throw new LacunaError('disposed', 'this tracked entry was disposed of');
    return this.#solver.core();
  }

  /** @internal */
  *make(change: SystemChange, controls?: CheckedControls): Steps<Answer> {
    return (this.#answer = yield* this.#run(change, controls, 1));
  }

  #run(change: SystemChange, controls: CheckedControls | undefined, apply: number): Steps<Answer> {
    const started = performance.now();
    const core = this.#core();
    const [lists, ...sizes] = this.#lists(change, apply === 1);
    return runLocal(
      this.#host,
      this.#resources,
      this.#native,
      'push',
      lists,
      ([at]) => this.#native.update(at!, ...sizes, apply),
      controls,
      (query) => readAnswer(doubles(core, query.reports(), QUERY_FIELDS), performance.now() - started, () => 'numbers overflow'),
      this.#kept,
    );
  }

  /** A change as the core takes it: lists, and the numbers of entries, rows, and entries of rows. */
  #lists(change: SystemChange, mayAsk = false): [lists: ArrayLike<number>[], entries: number, rows: number, total: number] {
    const { rhs, rows = [] } = checkOptions(change, ['rhs', 'rows'], 'change') as SystemChange;
    const size = this.#solver.rows;
    const added = sparseParts('change.rhs', rhs ?? { indices: [], values: [] }, size);
    const ids: number[] = [];
    const anew = new Set<unknown>();
    const parts = Array.from(checkList('change.rows', rows) as unknown as ArrayLike<RowReplacement>, (given, k) => {
      const argument = `change.rows[${k}]`;
      if (mayAsk && this.#solver.fetch && typeof given === 'number') {
        ids.push(checkIndex(argument, given, size));
        const none = sparseParts(argument, { indices: [], values: [] }, size);
        anew.add(none);
        return none;
      }
      const part = checkOptions(given, ['row', 'indices', 'values'], argument) as RowReplacement;
      ids.push(checkIndex(`${argument}.row`, part.row, size));
      return sparseParts(argument, part, size);
    });
    const counts = parts.map((part) => (anew.has(part) ? -1 : part.ids.length));
    const total = parts.reduce((sum, part) => sum + part.ids.length, 0);
    const entries = [...parts.map((part) => part.ids), ...parts.map((part) => part.values)];
    return [[[0, 0], added.ids, added.values, ids, counts, ...entries], added.ids.length, ids.length, total];
  }
}

export interface TrackedEntry extends Scoped {}
makeScoped(TrackedEntry, 'TrackedEntry');

function failed(solver: LocalSolver, status: Status, position: number): LacunaError {
  if (solver.fetch) return solver.failed(status, position);
  if (status === 'unknown-handle') {
    return new LacunaError('disposed', 'solver.update() was called', { remedy: 'Track anew' });
  }
  if (status === 'declaration-violated') {
    return new LacunaError('invalid-argument', 'row is not dominant enough for a bound', {
      argument: 'change.rows',
      position,
      remedy: 'Solve for the new matrix',
    });
  }
  return failure(status, 'change', { position });
}

/** What answers are tracked of: a solver, or rows that come on demand. */
type Tracking = NativeHandle & Pick<NativeSolver, 'track' | 'status' | 'faultPosition'>;

/** @internal Begins to track for a solver: see {@link Solver.track}. */
export function* newTrackedEntry(
  solver: LocalSolver,
  resources: Resources<Tracking>,
  t: number | SparseVector,
  b: QueryRightHandSide,
  options: LineAsyncOptions | undefined,
  isAsync = false,
): Steps<TrackedEntry> {
  const settings = checkQueryOptions(options, 'line', isAsync);
  const controls = isAsync ? checkControls(options) : undefined;
  solver.core();
  solver.requireSquare();
  const { ids, values } = solver.target(t);
  const kept = solver.kept(b);
  const { native } = resources;
  let tracked: NativeTracked | null = null;
  try {
    const rhs = kept.native();
    const { span, at } = resources.put(ids, values, settings);
    const [idsAt, valuesAt, settingsAt] = at as [number, number, number];
    tracked = solver.run(() => native.track(rhs, idsAt, valuesAt, ids.length, settingsAt));
    resources.free(span);
    if (tracked === null) {
      const status = word(STATUSES, native.status());
      if (status !== 'not-ready') throw solver.failed(status, native.faultPosition());
      throw new LacunaError('invalid-argument', `cannot be tracked: ${solver.weakness()}`, { argument: 'A', remedy: 'Use entry()' });
    }
    resources.add(tracked);
    const entry = new TrackedEntry(solver, resources, tracked, kept);
    yield* entry.make({}, controls);
    return entry;
  } catch (error) {
    resources.end(tracked);
    kept.release();
    throw error;
  }
}
