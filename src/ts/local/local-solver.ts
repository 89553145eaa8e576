import type { LocalModule, NativeQuery, NativeRhs } from '#core';
import { LacunaError } from '../errors.js';
import { REASONS, type Status, WAYS, word } from '../native/codes.js';
import { Held } from '../native/held.js';
import type { Host } from '../native/instance.js';
import type { Resources } from '../native/resources.js';
import { complete, settle, type Steps } from '../native/run-task.js';
import { asDoubles, DOUBLE, doubles } from '../native/spans.js';
import { type CheckedControls, checkControls } from '../options.js';
import { givenVector, isSparse, type OnDemandVector, type QueryRightHandSide, Rhs, type RhsStorage, sparseParts, type SparseVector } from '../rhs.js';
import { checkIndex, describe } from '../sparse/validate.js';
import { type Answer, type InverseLine, LINE_FIELDS, PREDICTED, QUERY_FIELDS, REASON, readAnswer, readEstimate, readLine, type WorkEstimate } from './answer.js';
import { checkOnDemand, isOnDemand, KeptRhs } from './kept-rhs.js';
import {
  checkQueryOptions,
  ESTIMATE,
  type LineAsyncOptions,
  type LineOptions,
  MAX_WORK,
  type QueryAsyncOptions,
  type QueryOptions,
  WAY,
} from './query-options.js';
import type { CheckedBatch } from './row-source.js';
import { type NativeLocal, runLocal } from './run-local.js';

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
export abstract class LocalSolver extends Held {
  readonly #resources: Resources<NativeLocal>;
  /** Rows and columns of A. */
  readonly rows: number;
  readonly cols: number;

  /** @internal */
  constructor(host: Host, resources: Resources<NativeLocal>, rows: number, cols: number, maker: string) {
    super(host, resources, 'solver', maker);
    this.#resources = resources;
    this.rows = rows;
    this.cols = cols;
  }

  /** @internal */
  override core(): LocalModule {
    return super.core() as LocalModule;
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
   * const solver = await createSolver(SparseMatrix.fromDense([[4, 0], [0, 16]]));
   * const rhs = solver.rhs({ indices: [1], values: [32] });
   * console.log(solver.solve(rhs).x); // Float64Array [0, 2]
   * const ones = solver.rhs({ value: () => 1, normInf: 1, least: 1 });
   * console.log(solver.entry(1, ones).value.toFixed(6)); // 0.062500
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

  /**
   * @internal Begins a query with addresses of settings, indices, weights and starts of the targets;
   * null where the core refuses.
   */
  abstract query(rhs: NativeRhs, at: readonly number[], entries: number, targets: number): NativeQuery | null;
  /** @internal The error for a status that a query ended with. */
  abstract failed(status: Status, position: number): LacunaError;
  /** @internal Why no theorem holds, where that is a matter of the matrix. */
  abstract weakness(): string | undefined;
  /** @internal Rows or columns of a matrix that is not loaded; none where the caller has cancelled. */
  fetch?(kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined>;
  /** @internal Entries of A; none where it is not loaded. */
  declare readonly nnz?: number;
  /** @internal A query has come to a full solve. */
  solved?(): void;

  /** @internal One answer for each target. */
  *answers(targets: Targets, b: QueryRightHandSide, options?: QueryAsyncOptions, isAsync = false): Steps<Answer[]> {
    const started = performance.now();
    const reports = yield* this.#ask(targets, b, options, isAsync);
    const time = (performance.now() - started) / reports.length;
    const answers = reports.map((report) => readAnswer(report, time, () => this.#why()));
    if (answers.some(({ method }) => method === 'full')) this.solved?.();
    return answers;
  }

  /** @internal */
  requireSquare(): void {
    if (this.rows === this.cols) return;
    throw new LacunaError('not-square', 'queries need a square matrix', { argument: 'A', remedy: 'Use solve()' });
  }

  /** @internal b, with one user more. */
  kept(b: QueryRightHandSide): KeptRhs {
    return b instanceof Rhs ? (b.storageFor(this) as KeptRhs).retain() : this.#keep(b);
  }

  /** @internal One target: an index, or a functional. */
  target(t: number | SparseVector): Targets {
    return typeof t === 'object' ? this.#functional(t) : this.#one(t);
  }

  *#ask(
    { ids, values, each }: Targets,
    b: QueryRightHandSide,
    options: QueryAsyncOptions | undefined,
    isAsync = false,
    estimate = false,
  ): Steps<Float64Array[]> {
    const { core, settings, controls } = this.#begin(options, 'query', isAsync);
    settings[ESTIMATE] = Number(estimate);
    const entries = ids.length;
    const targets = each ? entries : 1;
    const starts = Array.from({ length: targets + 1 }, (_, k) => (each ? k : k * entries));
    const kept = this.kept(b);
    try {
      if (targets === 0) return [];
      const rhs = kept.native();
      return yield* runLocal(
        this,
        this.#resources,
        this.#resources.native,
        word(WAYS, settings[WAY]!),
        [settings, ids, values, asDoubles(starts)],
        (at) => this.query(rhs, at, entries, targets),
        controls,
        (query, stopped) =>
          starts.slice(1).map((_, k) => {
            const report = doubles(core, query.reports() + k * QUERY_FIELDS * DOUBLE, QUERY_FIELDS);
            const predicted = report[PREDICTED]!;
            const maxWork = settings[MAX_WORK]!;
            if (stopped || estimate || word(REASONS, report[REASON]!) !== 'budget' || predicted <= maxWork) return report;
            throw new LacunaError('budget', `about ${Math.round(predicted)} would be needed, allowed are ${maxWork}`, {
              argument: 'options.maxWork',
              position: each ? k : undefined,
              remedy: 'Ask for less accuracy',
              details: { predicted, maxWork },
            });
          }),
        kept,
      );
    } finally {
      kept.release();
    }
  }

  *#line(column: 0 | 1, vertex: number, options: LineAsyncOptions | undefined, isAsync = false): Steps<InverseLine> {
    const started = performance.now();
    const { core, settings, controls } = this.#begin(options, 'line', isAsync);
    checkIndex(column === 1 ? 'j' : 'i', vertex, this.rows);
    return yield* runLocal(
      this,
      this.#resources,
      this.#resources.native,
      'column',
      [settings],
      ([at]) => this.#resources.native.inverseLine(column, vertex, at!),
      controls,
      (line) => {
        const count = line.count();
        const report = doubles(core, line.report(), LINE_FIELDS);
        const indices = doubles(core, line.ids(), count);
        const values = doubles(core, line.values(), count);
        return readLine(report, indices, values, performance.now() - started, () => this.#why());
      },
    );
  }

  #begin(options: QueryAsyncOptions | undefined, kind: 'query' | 'line', isAsync: boolean) {
    const core = this.core();
    const settings = checkQueryOptions(options, kind, isAsync);
    const controls = isAsync ? checkControls(options) : undefined;
    this.requireSquare();
    return { core, settings, controls };
  }

  #why(): string {
    return this.weakness() ?? 'it ended before anything was proven';
  }

  #keep(b: ArrayLike<number> | SparseVector | OnDemandVector): KeptRhs {
    this.core();
    // For a solve with the transpose of a rectangular matrix b has as many values as A columns.
    const length = (b as { length?: unknown } | null | undefined)?.length === this.cols ? this.cols : this.rows;
    const given = isOnDemand(b) ? checkOnDemand(b) : givenVector('b', b as SparseVector, length, 'one for each row of the matrix');
    return new KeptRhs(this, this.#resources, given, length);
  }

  #one(i: number): Targets {
    return { ids: Float64Array.of(checkIndex('i', i, this.rows)), values: Float64Array.of(1) };
  }

  #functional(t: SparseVector): Targets {
    if (isSparse(t)) return sparseParts('t', t, this.rows);
    throw new LacunaError('invalid-argument', `must be { indices, values }, got ${describe(t)}`, { argument: 't' });
  }
}
