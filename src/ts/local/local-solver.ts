import type { NativeHandle, NativeLine, NativeQuery, NativeRhs } from '#core';
import type { Engine } from '../engine.js';
import { LacunaError } from '../errors.js';
import { COLUMNS, REASONS, ROWS, type Status, STATUSES, VALUES, WAYS, word } from '../native/codes.js';
import { Held } from '../native/held.js';
import type { Resources } from '../native/resources.js';
import { complete, settle, type Steps } from '../native/run-task.js';
import { DOUBLE, doubles, type Span } from '../native/spans.js';
import { type CheckedControls, checkControls } from '../options.js';
import { givenVector, isSparse, type OnDemandVector, type QueryRightHandSide, Rhs, type RhsOwner, type RhsStorage, sparseParts, type SparseVector } from '../rhs.js';
import { checkIndex, describe } from '../sparse/validate.js';
import { type Answer, type InverseLine, LINE_FIELDS, PREDICTED, QUERY_FIELDS, readAnswer, readEstimate, readLine, type WorkEstimate } from './answer.js';
import { checkOnDemand, isOnDemand, KeptRhs } from './kept-rhs.js';
import {
  checkQueryOptions,
  ESTIMATE,
  type LineAsyncOptions,
  type LineOptions,
  MAX_WORK,
  type QueryAsyncOptions,
  type QueryOptions,
  SETTINGS,
  WAY,
} from './query-options.js';
import type { CheckedBatch } from './row-source.js';

/** What native solvers have in common. */
interface NativeLocal extends NativeHandle {
  status(): number;
  faultPosition(): number;
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
}

/** Targets of one call: with `each`, one for every index; else one of all. */
interface Targets {
  readonly ids: Float64Array;
  readonly values: Float64Array;
  readonly each?: boolean;
}

/**
 * Single answers: what {@link Solver} and {@link RowSolver} have in common. A query reads only what it
 * needs of the matrix, at a cost that depends on the accuracy asked and how fast influence decays,
 * not on the size, wherever the rows are diagonally dominant or can be scaled to be.
 */
export abstract class LocalSolver extends Held implements RhsOwner {
  readonly #resources: Resources<NativeLocal>;
  readonly #rows: number;
  readonly #cols: number;

  /** @internal */
  constructor(engine: Engine, resources: Resources<NativeLocal>, rows: number, cols: number, maker: string) {
    super(engine, resources, 'solver', maker);
    this.#resources = resources;
    this.#rows = rows;
    this.#cols = cols;
  }

  /**
   * Keeps a right-hand side, to be used again and again: dense ones are copied into linear memory,
   * sparse ones stay sparse, and of one given by a callback values are asked for where they are
   * needed. Norms are taken once. One not given by n numbers has as many values as the matrix has
   * rows.
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `index-out-of-range`, `invalid-argument`,
   *   `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[2, 0], [0, 4]]));
   * const rhs = solver.rhs({ indices: [1], values: [8] });
   * console.log(solver.solve(rhs).x); // Float64Array [0, 2]
   * const ones = solver.rhs({ value: () => 1, normInf: 1, least: 1 });
   * console.log(solver.solve(ones).x); // Float64Array [0.5, 0.25]
   * solver.dispose();
   * ```
   */
  rhs(b: ArrayLike<number> | SparseVector | OnDemandVector): Rhs {
    return new Rhs(this, this.#keep(b));
  }

  /**
   * Entry i of A⁻¹b, with a bound on its error. The bound is a theorem whose conditions were checked
   * (see {@link Answer.certificate}), or null. A kept b is read where it is needed; others are copied
   * first.
   *
   * Cost: with the default method at most about that of one full solve; far below it where the rows
   * are dominant and the graph grows slowly (grids, meshes) or b is sparse.
   *
   * @throws LacunaError `not-square`, `index-out-of-range`, `invalid-option` (also for a method that
   *   cannot answer this), `budget` for what is predicted to cost more than `maxWork`,
   *   `source-failed` for a callback that throws, `declaration-violated` with its position for one
   *   that breaks what was declared, `disposed`, `out-of-memory`, and as {@link Solver.rhs}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 2 });
   * const solver = await createSolver(A, { setup: 'lazy' });
   * const { value, bound, converged } = solver.entry(0, [8, 0, 0], { atol: 1e-9, rtol: 0 });
   * console.log(Math.abs(value - 44 / 15) <= bound!, converged); // true true
   * solver.dispose();
   * ```
   */
  entry(i: number, b: QueryRightHandSide, options?: QueryOptions): Answer {
    return complete(this.answers(this.#one(i), b, options))[0]!;
  }

  /**
   * The number tᵀA⁻¹b for a sparse t: a difference, a mean, a flux. Otherwise as
   * {@link LocalSolver.entry}.
   *
   * @throws LacunaError as {@link LocalSolver.entry}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 2 });
   * const solver = await createSolver(A);
   * const { value } = solver.functional({ indices: [0, 2], values: [1, -1] }, [3, 0, -3]);
   * console.log(value.toFixed(6)); // 2.000000
   * solver.dispose();
   * ```
   */
  functional(t: SparseVector, b: QueryRightHandSide, options?: QueryOptions): Answer {
    return complete(this.answers(this.#functional(t), b, options))[0]!;
  }

  /**
   * Column j of A⁻¹, near its source: x with Ax = eⱼ as a sparse vector whose bound covers every
   * entry. Cost as of {@link LocalSolver.entry}; there is no full solve to fall back to.
   *
   * @throws LacunaError as {@link LocalSolver.entry}; `invalid-argument` for a {@link RowSolver}
   *   without columns
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[4, 0, 0], [1, 2, 0], [0, 0, 1]]));
   * const { indices, values } = solver.column(0);
   * console.log(indices, values); // Float64Array [0, 1] Float64Array [0.25, -0.125]
   * solver.dispose();
   * ```
   */
  column(j: number, options?: LineOptions): InverseLine {
    return complete(this.#line(1, j, options));
  }

  /**
   * Row i of A⁻¹ near its source: p with Aᵀp = eᵢ, so that pᵀb is entry i of A⁻¹b for every b.
   * Otherwise as {@link LocalSolver.column}.
   *
   * @throws LacunaError as {@link LocalSolver.column}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[4, 0, 0], [1, 2, 0], [0, 0, 1]]));
   * const { indices, values } = solver.row(1);
   * console.log(indices, values); // Float64Array [0, 1] Float64Array [-0.125, 0.5]
   * solver.dispose();
   * ```
   */
  row(i: number, options?: LineOptions): InverseLine {
    return complete(this.#line(0, i, options));
  }

  /**
   * Answers as {@link LocalSolver.entry}, in slices between which the event loop turns. One that is
   * stopped has its best value and the bound that it had reached. A full solve by a direct method, if
   * it comes to one, is not interrupted.
   *
   * @throws LacunaError as {@link LocalSolver.entry}; `disposed` where the solver is disposed of
   *   meanwhile
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.identity(2));
   * const { value, reason } = await solver.entryAsync(1, [3, 4], { signal: AbortSignal.timeout(1000) });
   * console.log(value, reason); // 4 converged-rtol
   * solver.dispose();
   * ```
   */
  async entryAsync(i: number, b: QueryRightHandSide, options?: QueryAsyncOptions): Promise<Answer> {
    return (await settle(this.answers(this.#one(i), b, options, true)))[0]!;
  }

  /** {@link LocalSolver.functional} in slices, as {@link LocalSolver.entryAsync}. */
  async functionalAsync(t: SparseVector, b: QueryRightHandSide, options?: QueryAsyncOptions): Promise<Answer> {
    return (await settle(this.answers(this.#functional(t), b, options, true)))[0]!;
  }

  /** {@link LocalSolver.column} in slices, as {@link LocalSolver.entryAsync}. */
  async columnAsync(j: number, options?: LineAsyncOptions): Promise<InverseLine> {
    return settle(this.#line(1, j, options, true));
  }

  /** {@link LocalSolver.row} in slices, as {@link LocalSolver.entryAsync}. */
  async rowAsync(i: number, options?: LineAsyncOptions): Promise<InverseLine> {
    return settle(this.#line(0, i, options, true));
  }

  /**
   * Tells what {@link LocalSolver.entry} would take, after a first stretch of some hundred entries.
   *
   * @throws LacunaError as {@link LocalSolver.entry}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const n = 2000;
   * const path = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
   * const solver = await createSolver(SparseMatrix.laplacian(n, path, { shift: 1 }), { setup: 'lazy' });
   * const { complexity, predicted } = solver.estimateWork(n / 2, new Float64Array(n).fill(1));
   * console.log(complexity, predicted < n); // local true
   * solver.dispose();
   * ```
   */
  estimateWork(i: number, b: QueryRightHandSide, options?: QueryOptions): WorkEstimate {
    return readEstimate(complete(this.#ask(this.#one(i), b, options, false, true))[0]!, this.nnz);
  }

  /** @internal */
  releaseRhs(storage: RhsStorage): void {
    (storage as KeptRhs).release();
  }

  /** @internal Begins a query; null where the core refuses. */
  abstract query(
    rhs: NativeRhs,
    settings: number,
    ids: number,
    weights: number,
    entries: number,
    starts: number,
    targets: number,
  ): NativeQuery | null;
  /** @internal The error for a status that a query ended with. */
  abstract failed(status: Status, position: number): LacunaError;
  /** @internal Why no theorem holds, where that is a matter of the matrix. */
  abstract weakness(): string | undefined;
  /** @internal Entries of A; none where it is not loaded. */
  declare readonly nnz?: number;
  /** @internal Rows or columns of a matrix that is not loaded; none where the caller has cancelled. */
  fetch?(kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined>;
  /** @internal A query has come to a full solve. */
  solved?(): void;

  /** @internal One answer for each target. */
  *answers(targets: Targets, b: QueryRightHandSide, options?: QueryAsyncOptions, isAsync = false): Steps<Answer[]> {
    const started = performance.now();
    const reports = yield* this.#ask(targets, b, options, isAsync);
    const time = (performance.now() - started) / reports.length;
    if (reports.some(([way]) => word(WAYS, way!) === 'full')) this.solved?.();
    return reports.map((report) => readAnswer(report, time, () => this.#why()));
  }

  *#ask(
    { ids, values, each }: Targets,
    b: QueryRightHandSide,
    options: QueryAsyncOptions | undefined,
    isAsync = false,
    estimate = false,
  ): Steps<Float64Array[]> {
    const core = this.core();
    const settings = checkQueryOptions(options, 'query', isAsync);
    settings[ESTIMATE] = Number(estimate);
    const controls = isAsync ? checkControls(options) : undefined;
    this.requireSquare();
    const entries = ids.length;
    const targets = each ? entries : 1;
    const kept = b instanceof Rhs ? (b.storageFor(this) as KeptRhs).retain() : this.#keep(b);
    let span: Span | undefined;
    let query: NativeQuery | null = null;
    try {
      if (targets === 0) return [];
      const rhs = kept.native();
      span = this.#resources.span(SETTINGS + 2 * entries + ((targets + 2) >> 1));
      const settingsAt = span.address;
      const idsAt = settingsAt + SETTINGS * DOUBLE;
      const weightsAt = idsAt + entries * DOUBLE;
      const startsAt = weightsAt + entries * DOUBLE;
      const view = span.view();
      view.set(settings);
      view.set(ids, SETTINGS);
      view.set(values, SETTINGS + entries);
      for (let k = 0; k <= targets; k++) core.HEAP32[startsAt / 4 + k] = each ? k : k * entries;

      query = this.run(() => this.query(rhs, settingsAt, idsAt, weightsAt, entries, startsAt, targets));
      const way = word(WAYS, settings[WAY]!);
      const stopped = yield* this.#answer(query, way, controls, kept);
      const from = query!.reports();
      return Array.from({ length: targets }, (_, k) => {
        const report = doubles(core, from + k * QUERY_FIELDS * DOUBLE, QUERY_FIELDS);
        const predicted = report[PREDICTED]!;
        const maxWork = settings[MAX_WORK]!;
        if (stopped || estimate || word(REASONS, report[1]!) !== 'budget' || predicted <= maxWork) return report;
        throw new LacunaError('budget', `about ${Math.round(predicted)} would be needed, allowed are ${maxWork}`, {
          argument: 'options.maxWork',
          position: each ? k : undefined,
          remedy: 'Ask for less accuracy',
          details: { predicted, maxWork },
        });
      });
    } finally {
      this.#resources.end(query);
      this.#resources.free(span);
      kept.release();
    }
  }

  *#line(column: 0 | 1, vertex: number, options: LineAsyncOptions | undefined, isAsync = false): Steps<InverseLine> {
    const started = performance.now();
    const core = this.core();
    const settings = checkQueryOptions(options, 'line', isAsync);
    const controls = isAsync ? checkControls(options) : undefined;
    this.requireSquare();
    checkIndex(column === 1 ? 'j' : 'i', vertex, this.#rows);
    const span = this.#resources.span(SETTINGS);
    let line: NativeLine | null = null;
    try {
      span.view().set(settings);
      line = this.run(() => this.#resources.native.inverseLine(column, vertex, span.address));
      yield* this.#answer(line, 'line', controls);
      const count = line!.count();
      const report = doubles(core, line!.report(), LINE_FIELDS);
      const indices = doubles(core, line!.ids(), count);
      const values = doubles(core, line!.values(), count);
      return readLine(report, indices, values, performance.now() - started, () => this.#why());
    } finally {
      this.#resources.end(line);
      this.#resources.free(span);
    }
  }

  #answer(task: NativeQuery | NativeLine | null, way: string, controls: CheckedControls | undefined, kept?: KeptRhs): Steps<boolean> {
    const { native } = this.#resources;
    if (task === null) throw this.#failure(native.status(), native.faultPosition(), way);
    const fail = (status: number): LacunaError => this.#failure(status, task.faultPosition(), way);
    return this.drive(task, controls, { sliceable: true, supply: () => this.#supply(task, controls, fail, kept) }, fail);
  }

  /** Brings what a query waits for. */
  *#supply(
    task: NativeQuery | NativeLine,
    controls: CheckedControls | undefined,
    fail: (status: number) => LacunaError,
    kept: KeptRhs | undefined,
  ): Steps<void> {
    const wanted = (kind: number): Float64Array => doubles(this.core(), task.wanted(kind), task.wantedCount(kind));
    let idle = true;
    for (const kind of [ROWS, COLUMNS, VALUES]) {
      const ids = wanted(kind);
      if (ids.length === 0) continue;
      idle = false;
      const batch: Partial<CheckedBatch> | undefined = kind === VALUES ? { values: kept!.values(ids) } : yield* this.fetch!(kind, ids, controls);
      if (batch === undefined) return;
      // Other queries may have brought the same meanwhile, or asked for more: then it asks anew.
      const now = wanted(kind);
      if (!ids.every((id, k) => id === now[k]) || (kind === VALUES && now.length > ids.length)) continue;
      const { values = [], indices = [], counts = [] } = batch;
      const span = this.#resources.span(values.length + indices.length + counts.length + 1);
      try {
        const view = span.view();
        view.set(values);
        view.set(indices, values.length);
        const entries = span.address + values.length * DOUBLE;
        const lengths = entries + indices.length * DOUBLE;
        this.core().HEAP32.set(counts, lengths / 4);
        const status = this.run(() =>
          kind === VALUES
            ? task.supplyValues(span.address)
            : task.supplyLines(kind, ids.length, lengths, entries, span.address),
        );
        if (status !== 0) throw fail(status);
      } finally {
        this.#resources.free(span);
      }
    }
    if (idle) throw fail(STATUSES.indexOf('internal'));
  }

  #failure(code: number, position: number, way: string): LacunaError {
    const status = word(STATUSES, code);
    if (status === 'invalid-argument') {
      return new LacunaError('declaration-violated', 'the values break what was declared', { argument: 'b', position });
    }
    if (status !== 'not-ready') return this.failed(status, position);
    if (way === 'line') {
      return new LacunaError('invalid-argument', 'is missing', {
        argument: 'source.columns',
        remedy: 'Give it, or declare the matrix symmetric',
      });
    }
    return new LacunaError('invalid-option', `'${way}' cannot answer this`, {
      argument: 'options.method',
      remedy: "See what it needs, or use 'auto'",
    });
  }

  #why(): string {
    return this.weakness() ?? 'it ended before anything was proven';
  }

  #keep(b: ArrayLike<number> | SparseVector | OnDemandVector): KeptRhs {
    this.core();
    // For a solve with the transpose of a rectangular matrix b has as many values as A columns.
    const length = (b as { length?: unknown } | null | undefined)?.length === this.#cols ? this.#cols : this.#rows;
    const given = isOnDemand(b) ? checkOnDemand(b) : givenVector('b', b as SparseVector, length, 'one for each row of the matrix');
    return new KeptRhs(this, this.#resources, given, length);
  }

  #one(i: number): Targets {
    return { ids: Float64Array.of(checkIndex('i', i, this.#rows)), values: Float64Array.of(1) };
  }

  #functional(t: SparseVector): Targets {
    if (isSparse(t)) return sparseParts('t', t, this.#rows);
    throw new LacunaError('invalid-argument', `must be { indices, values }, got ${describe(t)}`, { argument: 't' });
  }

  /** @internal */
  requireSquare(): void {
    if (this.#rows === this.#cols) return;
    throw new LacunaError('not-square', 'queries need a square matrix', { argument: 'A', remedy: 'Use solve()' });
  }
}
