import type { NativeQuery, NativeRhs } from '#core';
import type { NativeRowSystem, RowsCore } from '#rows-core';
import type { RowSolverOptions, RowStats } from '../local/row-solver.js';
import type { LineAsyncOptions, LineOptions } from '../local/query-options.js';
import type { RowBatch, RowSource } from '../local/row-source.js';
import type { TrackedEntry } from '../local/tracked.js';
import type { QueryRightHandSide } from '../rhs.js';
import {
  checkChoice,
  type CheckedControls,
  checkFlag,
  checkList,
  checkNonNegative,
  checkNumber,
  checkOptions,
  complete,
  copyIds,
  failure,
  type Host,
  LacunaError,
  makeScoped,
  MAX_SIZE,
  newTrackedEntry,
  Resources,
  ROWS,
  RowSolver,
  settle,
  SIGNS,
  type SparseVector,
  type Status,
  STATUSES,
  type Steps,
  word,
} from '../shared.js';
import { checkBatch, type CheckedBatch, fetchBatch } from './batch.js';

const KEYS = ['size', 'margin', 'columnMargin', 'norm', 'columnNorm', 'signs', 'symmetric', 'maxRowEntries', 'cacheBytes'] as const;

/** A solver over rows of a source. */
class SourceSolver extends RowSolver {
  readonly #resources: Resources<NativeRowSystem>;
  readonly #source: RowSource;
  readonly #margin: number;
  #batches = 0;

  constructor(host: Host, resources: Resources<NativeRowSystem>, source: RowSource, size: number, margin: number) {
    super(host, resources, size);
    this.#resources = resources;
    this.#source = source;
    this.#margin = margin;
  }

  override stats(): RowStats {
    this.core();
    const { native } = this.#resources;
    return {
      fetched: native.fetched(0) + native.fetched(1),
      hits: native.hits(0) + native.hits(1),
      batches: this.#batches,
    };
  }

  override changed(rows: ArrayLike<number>): void {
    this.core();
    const ids = copyIds('rows', checkList('rows', rows), this.rows);
    const { native } = this.#resources;
    const { span, at } = this.#resources.put(ids);
    native.forget(at[0]!, ids.length);
    this.#resources.free(span);
  }

  override track(t: number | SparseVector, b: QueryRightHandSide, options?: LineOptions): TrackedEntry {
    return complete(newTrackedEntry(this, this.#resources, t, b, options));
  }

  override trackAsync(t: number | SparseVector, b: QueryRightHandSide, options?: LineAsyncOptions): Promise<TrackedEntry> {
    return settle(newTrackedEntry(this, this.#resources, t, b, options, true));
  }

  override query(rhs: NativeRhs, at: readonly number[], entries: number): NativeQuery | null {
    const [settings, ids, weights] = at as [number, number, number];
    return this.#resources.native.query(rhs, ids, weights, entries, settings);
  }

  override failed(status: Status, position: number): LacunaError {
    return failure(status, 'source', { position });
  }

  override weakness(): string | undefined {
    return this.#margin > 0 ? undefined : 'no positive margin was declared';
  }

  override *fetch(kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined> {
    const name = kind === ROWS || this.#source.columns === undefined ? 'rows' : 'columns';
    const argument = `source.${name}()`;
    this.#batches++;
    const given = yield* fetchBatch(argument, () => this.#source[name]!(ids.slice()), controls);
    return given && checkBatch(argument, given.batch as RowBatch, ids.length, this.rows);
  }
}

makeScoped(SourceSolver, 'RowSolver');

/** Checks source and declaration and makes a solver over them. */
export function newRowSolver(host: Host<RowsCore>, source: RowSource, options: RowSolverOptions): RowSolver {
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
  const resources = host.run((core) => new Resources(core, new core.NativeRowSystem()));
  try {
    const { span, at } = resources.put(declared);
    const { native } = resources;
    const status = word(STATUSES, host.run(() => native.create(size, at[0]!, cacheBytes, Number(columns !== undefined))));
    resources.free(span);
    if (status === 'invalid-argument') {
      throw new LacunaError('invalid-option', 'no matrix is as declared', { argument: 'options', details: { declared } });
    }
    if (status !== 'ok') throw failure(status, 'options', { position: native.faultPosition() });
    return new SourceSolver(host, resources, source, size, margin);
  } catch (error) {
    resources.release();
    throw error;
  }
}
