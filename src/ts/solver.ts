import type { Core, NativeQuery, NativeRhs, NativeTask } from '#core';
import { makeScoped } from './dispose.js';
import type { Engine } from './engine.js';
import { LacunaError } from './errors.js';
import { type Answer, type Conditions, readConditions } from './local/answer.js';
import { LocalSolver } from './local/local-solver.js';
import type { LineOptions, QueryAsyncOptions, QueryOptions } from './local/query-options.js';
import { newTrackedEntry, type TrackedEntry } from './local/tracked.js';
import type { SparseMatrix } from './matrix.js';
import { type Status, STATUSES, word } from './native/codes.js';
import { failure } from './native/failures.js';
import type { Resources } from './native/resources.js';
import { complete, runSteps, settle, type Steps } from './native/run-task.js';
import { planSolver, prepareSolver, setupContext } from './native/setup.js';
import { DOUBLE, type Span } from './native/spans.js';
import {
  type CheckedControls,
  type CheckedSolverOptions,
  type CheckedTolerances,
  checkControls,
  type Output,
  type SolveAsyncOptions,
  type SolveOptions,
} from './options.js';
import {
  readSetupReport,
  readSolveReport,
  type ReportContext,
  type SetupReport,
  SOLVE_FIELDS,
} from './report.js';
import { checkedVector, type QueryRightHandSide, type RightHandSide, type SparseVector } from './rhs.js';
import type { ManySolutions, Solution, SolveManyOptions } from './solution.js';
import { partOf, refuseSlices } from './slices.js';
import { checkFullRequest, checkRequest, type FullRequest } from './solve-request.js';
import { asVector, checkList, copyIds, describe } from './sparse/validate.js';
import { patternDifference, valuesOf } from './update.js';
import type { Recorder } from './witness/witness.js';

/** Only this module can make solvers. */
let make: (...parts: Ingredients) => Solver;
type Ingredients = [Engine, Resources, ReportContext, CheckedSolverOptions, Recorder | undefined];

/**
 * A matrix with a method set up for it: factored or preconditioned once, solved with many times.
 * Made by {@link createSolver}. Holds linear memory until `dispose()`; a solver that is forgotten is
 * collected some time later, but not during long synchronous code.
 *
 * @example
 * ```ts
 * import { createSolver, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.fromTriplets(2, 2, [0, 0, 1, 1], [0, 1, 0, 1], [4, 1, 1, 3]);
 * const solver = await createSolver(A);
 * const { x, report } = solver.solve([1, 2]);
 * console.log(report.method, report.converged); // cholesky true
 * console.log(Math.abs(x[0]! - 1 / 11) < 1e-15); // true
 * solver.dispose();
 * ```
 */
export class Solver extends LocalSolver {
  /** Stored entries of A. */
  override readonly nnz: number;
  readonly #engine: Engine;
  readonly #resources: Resources;
  readonly #handle: number;
  readonly #defaults: CheckedTolerances;
  readonly #recorder: Recorder | undefined;
  #context: ReportContext;
  #report: SetupReport;
  #scratch: Span[] | undefined;
  #ready = false;

  static {
    make = (...parts) => new Solver(...parts);
  }

  private constructor(...[engine, resources, context, options, recorder]: Ingredients) {
    super(engine, resources, context.rows, context.cols, 'createSolver');
    this.#engine = engine;
    this.#resources = resources;
    this.#context = context;
    this.#defaults = options;
    this.#handle = resources.native.handle() >>> 0;
    this.nnz = context.nnz;
    this.#report = this.#readSetup(engine.core());
    this.#recorder = recorder;
  }

  /** What was measured, chosen and set up, with every attempt so far. */
  get report(): SetupReport {
    return this.#report;
  }

  /**
   * Solves Ax = b (or Aᵀx = b) and certifies the answer. Not converging is a result:
   * `report.converged` and `report.reason` tell. Rectangular systems give the least-squares
   * solution, or the one of minimum norm. Synchronous; the caller's arrays are only read, `out` is
   * written at the end.
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `invalid-argument`, `invalid-option`,
   *   `disposed`, `out-of-memory`; nothing has changed then
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense([[2, 1], [0, 3]]);
   * const solver = await createSolver(A, { method: 'lu' });
   * console.log(solver.solve([3, 3]).x); // Float64Array [1, 1]
   * console.log(solver.solve([2, 4], { transpose: true }).x); // Float64Array [1, 1]
   * solver.dispose();
   * ```
   */
  solve<X extends Output = Float64Array>(b: RightHandSide, options?: SolveOptions<X>): Solution<X> {
    const core = this.core();
    const started = performance.now();
    const request = checkFullRequest(this, this.#defaults, b, options, 'one');
    const { rtol, atol, maxiter, flags } = request;
    this.#prepare();
    const length = Math.max(this.rows, this.cols);
    const [rhs, x, report] = (this.#scratch ??= this.#resources.spans(length, length, SOLVE_FIELDS)) as [Span, Span, Span];
    const address = request.kept ?? rhs.address;
    request.fill(rhs, x);
    const status = this.run(() =>
      core._lacuna_solve(this.#handle, address, x.address, 1, flags, rtol, atol, maxiter, report.address),
    );
    this.#check(status, 'b');
    return this.#finish(core, address, x, report, request, started);
  }

  /**
   * Solves with several right-hand sides in one call into the core.
   *
   * @throws LacunaError as {@link Solver.solve}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.identity(2));
   * const { x } = solver.solveMany([[1, 2], [3, 4]]);
   * console.log(x[1]); // Float64Array [3, 4]
   * solver.dispose();
   * ```
   */
  solveMany(bs: readonly (ArrayLike<number> | SparseVector)[], options?: SolveManyOptions): ManySolutions {
    const core = this.core();
    const started = performance.now();
    const request = checkRequest(this, this.#defaults, options, 'many');
    const { m, n, flags, rtol, atol, maxiter, why } = request;
    if (!Array.isArray(bs) || bs.length === 0) {
      throw new LacunaError('invalid-argument', `must be an array of right-hand sides, got ${describe(bs)}`, {
        argument: 'bs',
      });
    }
    const k = bs.length;
    const writers = bs.map((b, i) => checkedVector(`bs[${i}]`, b as ArrayLike<number>, m, why));
    this.#prepare(k);
    const spans = this.#resources.spans(k * m, k * n, k * SOLVE_FIELDS);
    try {
      const [b, x, reports] = spans as [Span, Span, Span];
      writers.forEach((write, i) => write(b.view(i * m, m)));
      const status = this.run(() =>
        core._lacuna_solve(this.#handle, b.address, x.address, k, flags, rtol, atol, maxiter, reports.address),
      );
      this.#check(status, 'bs');
      this.#report = this.#readSetup(core);
      const time = (performance.now() - started) / k;
      const many = {
        x: bs.map((_, i) => x.view(i * n, n).slice()),
        reports: bs.map((_, i) =>
          readSolveReport(core.HEAPF64, reports.address / DOUBLE + i * SOLVE_FIELDS, this.#context, time),
        ),
      };
      many.x.forEach((one, i) => this.#recorder?.solved(request, b.view(i * m, m), one, many.reports[i]!));
      return many;
    } finally {
      for (const span of spans) this.#resources.free(span);
    }
  }

  /**
   * Solves as {@link Solver.solve} does, in slices between which the event loop turns, where the
   * method can be cut (`report.sliceable`); a set-up that was put off likewise. A direct solve without
   * `signal`, `slice` and `timeLimit` is done at once.
   *
   * @throws LacunaError `not-sliceable` for controls that a method cannot honor, `disposed` where the solver is disposed of meanwhile; else as {@link Solver.solve}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 1 });
   * const solver = await createSolver(A, { method: 'cg' });
   * const { report } = await solver.solveAsync([1, 0, 0], { slice: 5, signal: AbortSignal.timeout(1000) });
   * console.log(report.reason); // converged-rtol
   * solver.dispose();
   * ```
   */
  async solveAsync<X extends Output = Float64Array>(b: RightHandSide, options?: SolveAsyncOptions<X>): Promise<Solution<X>> {
    return settle(this.#solving(b, options));
  }

  /**
   * Takes new values for the same pattern, in the order of `toCsr().data`, or a matrix that has
   * exactly this pattern, and factors again; the analysis of the pattern is kept. If anything
   * fails, the earlier values and factors stay in force.
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `busy` during an asynchronous solve, and
   *   whatever {@link createSolver} finds wrong with the new values
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.identity(2));
   * solver.update([4, 16]);
   * console.log(solver.solve([4, 16]).x); // Float64Array [1, 1]
   * solver.dispose();
   * ```
   */
  update(values: ArrayLike<number> | SparseMatrix): void {
    const core = this.core();
    const started = performance.now();
    const native = this.#resources.native;
    const difference = patternDifference(core, native, this, values);
    if (difference !== undefined) throw difference;
    const data = asVector('values', valuesOf(values), this.nnz, 'one for each stored entry');
    this.#recorder?.expect(1);
    const span = this.#resources.span(Math.max(1, this.nnz));
    try {
      span.view(0, this.nnz).set(data);
      const status = word(STATUSES, this.run(() => native.update(span.address, this.nnz)));
      if (status !== 'ok') throw failure(status, 'values', setupContext(core, native));
    } finally {
      this.#resources.free(span);
    }
    this.#context = { ...this.#context, setupTime: performance.now() - started };
    this.#report = this.#readSetup(core);
    this.#recorder?.built(this.#report, data);
  }

  /**
   * Several entries of A⁻¹b in one call, in the order of the indices: as many calls of `entry`, except
   * that one full solve for all of them is weighed against them.
   *
   * @throws LacunaError as {@link LocalSolver.entry}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[2, 0, 0], [0, 4, 0], [0, 0, 8]]));
   * const answers = solver.entries([2, 0], [8, 8, 8]);
   * console.log(answers.map(({ value }) => value)); // [1, 4]
   * solver.dispose();
   * ```
   */
  entries(indices: ArrayLike<number>, b: QueryRightHandSide, options?: QueryOptions): Answer[] {
    return complete(this.answers(this.#each(indices), b, options));
  }

  /** {@link Solver.entries} in slices, as {@link LocalSolver.entryAsync}. */
  async entriesAsync(indices: ArrayLike<number>, b: QueryRightHandSide, options?: QueryAsyncOptions): Promise<Answer[]> {
    return settle(this.answers(this.#each(indices), b, options, true));
  }

  /**
   * An answer to keep up to date while b and rows of A change: entry i of A⁻¹b, or the number tᵀA⁻¹b.
   * It holds what a push has found out of t, from which any b is answered, and goes on from there.
   * The changes are its own: this solver's matrix and a kept b stay as they are. Needs rows that are
   * dominant, or can be scaled to be: see {@link Solver.conditions}.
   *
   * Cost of the first answer: as {@link LocalSolver.entry} with method `'push'`, and once O(nnz); the
   * accuracy asked here is that of all answers, `maxEntries` counts for each.
   *
   * @throws LacunaError as {@link LocalSolver.entry}, and `invalid-argument` where no bound would hold
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const n = 1001, b = new Float64Array(n).fill(1);
   * const path = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
   * const solver = await createSolver(SparseMatrix.laplacian(n, path, { shift: 1 }), { setup: 'lazy' });
   * const tracked = solver.track(500, b, { atol: 1e-9, rtol: 0 });
   * console.log(tracked.update({ rhs: { indices: [501], values: [0.5] } }).value.toFixed(6)); // 1.085410
   * console.log(tracked.moved({ rhs: { indices: [0], values: [9] } }, { atol: 1e-7 }).unmoved); // true
   * solver.dispose();
   * ```
   */
  track(t: number | SparseVector, b: QueryRightHandSide, options?: LineOptions): TrackedEntry {
    return complete(newTrackedEntry(this, this.#resources, t, b, options));
  }

  /**
   * What local methods and their bounds rest on: signs, symmetry, dominance of rows and columns.
   * Measured at the first call or query and after an `update`, in O(nnz) for each power step.
   *
   * @throws LacunaError `not-square`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[4, -1], [-2, 3]]));
   * const { signs, rows } = solver.conditions();
   * console.log(signs, rows.dominance, rows.margin! > 0.99, rows.contraction!.toFixed(3)); // m-matrix strict true 0.667
   * solver.dispose();
   * ```
   */
  conditions(): Conditions {
    const core = this.core();
    this.requireSquare();
    const { native } = this.#resources;
    const address = this.run(() => native.conditions()) >>> 0;
    if (address === 0) throw this.failed(word(STATUSES, native.status()), native.faultPosition());
    return readConditions(core.HEAPF64, address / DOUBLE);
  }

  /** @internal */
  override core(): Core {
    return super.core() as Core;
  }

  /** @internal */
  override query(rhs: NativeRhs, at: readonly number[], _: number, targets: number): NativeQuery | null {
    const [settings, ids, weights, starts] = at as [number, number, number, number];
    return this.#resources.native.query(rhs, starts, ids, weights, targets, settings);
  }

  /** @internal */
  override failed(status: Status, position: number): LacunaError {
    return failure(status, 'A', { ...setupContext(this.core(), this.#resources.native, 'push'), position });
  }

  /** @internal */
  override weakness(): string | undefined {
    const { rows, firstWeakRow } = this.conditions();
    if (rows.dominance !== 'none') return undefined;
    return `row ${firstWeakRow} is not strictly dominant, and no scaling was found that makes the rows so`;
  }

  /** @internal */
  override solved(): void {
    // It may have been what set the solver up, and have climbed its ladder.
    this.#ready ||= this.#resources.native.ready() === 1;
    this.#report = this.#readSetup(this.core());
  }

  *#solving<X extends Output>(b: RightHandSide, options: SolveAsyncOptions<X> | undefined): Steps<Solution<X>> {
    const core = this.core();
    const started = performance.now();
    const request = checkFullRequest(this, this.#defaults, b, options, 'async');
    const { rtol, atol, maxiter, m, n, flags, kept } = request;
    let controls = checkControls(options);
    refuseSlices(this.#engine, controls, this.#report);
    this.#recorder?.expect(1);
    if (!this.#ready) {
      // All but a little of the work.
      const cut = controls.needsSlices || controls.onProgress !== undefined;
      yield* prepareSolver(this, this.#resources, cut ? partOf(controls, 0, 0.9) : undefined);
      const elapsed = this.#prepared(started);
      controls = { ...partOf(controls, 0.9, 0.1), timeLimit: controls.timeLimit - elapsed };
    }
    const { sliceable, factorNnz } = this.#report;
    const sliced = sliceable && (controls.needsSlices || factorNnz === undefined);

    // A right-hand side that is kept may be disposed of meanwhile: the task has one of its own.
    const { native } = this.#resources;
    const spans = this.#resources.spans(m, n, SOLVE_FIELDS);
    let task: NativeTask | null = null;
    try {
      const [rhs, x, report] = spans as [Span, Span, Span];
      if (kept !== undefined) core.HEAPF64.copyWithin(rhs.address / DOUBLE, kept / DOUBLE, kept / DOUBLE + m);
      request.fill(rhs, x);
      task = this.run(() => native.begin(rhs.address, x.address, 1, flags, rtol, atol, maxiter));
      if (task === null) throw this.#error(native.status(), 'b');
      this.#resources.add(task);
      yield* runSteps(this, task, controls, sliced, (status) => this.#error(status, 'b'));
      // The report is copied out before the task, which owns it, ends.
      const from = (task.reports() >>> 0) / DOUBLE;
      core.HEAPF64.copyWithin(report.address / DOUBLE, from, from + SOLVE_FIELDS);
      this.#resources.end(task);
      return this.#finish(core, rhs.address, x, report, request, started);
    } finally {
      this.#resources.end(task);
      for (const span of spans) this.#resources.free(span);
    }
  }

  #finish<X extends Output>(
    core: Core,
    b: number,
    x: Span,
    report: Span,
    request: FullRequest<X>,
    started: number,
  ): Solution<X> {
    const solution = this.#certified(core, b, x, report, request, started);
    this.#recorder?.solved(request, core.HEAPF64.subarray(b / DOUBLE, b / DOUBLE + request.m), solution.x, solution.report);
    return solution;
  }

  #certified<X extends Output>(
    core: Core,
    b: number,
    x: Span,
    report: Span,
    { n, flags, rtol, atol, out }: FullRequest<X>,
    started: number,
  ): Solution<X> {
    this.#report = this.#readSetup(core);
    const at = report.address / DOUBLE;
    const read = () => readSolveReport(core.HEAPF64, at, this.#context, performance.now() - started);
    const solution = (out ?? new Float64Array(n)) as X;
    solution.set(x.view(0, n));
    if (!(solution instanceof Float32Array)) return { x: solution, report: read() };

    // The certificate is that of the rounded solution.
    const exact = read();
    x.view(0, n).set(solution);
    this.#check(
      this.run(() => core._lacuna_certify(this.#handle, b, x.address, flags, rtol, atol, report.address)),
      'b',
    );
    const rounded = read();
    const { method, preconditioner, iterations, refinementSteps, flops } = exact;
    const reason = exact.converged === rounded.converged ? exact.reason : rounded.reason;
    return {
      x: solution,
      report: { ...rounded, method, preconditioner, iterations, refinementSteps, flops: flops + rounded.flops, reason },
    };
  }

  /** @internal Records the set-up, or that it was put off. */
  built(): void {
    this.#recorder?.built(this.#report);
  }

  /** @internal Sets up what was put off. */
  *setUp(controls?: CheckedControls): Steps<void> {
    const started = performance.now();
    refuseSlices(this.#engine, controls, this.#report);
    const stopped = yield* prepareSolver(this, this.#resources, controls);
    if (stopped) throw new LacunaError(controls!.signal?.aborted ? 'cancelled' : 'budget', 'the set-up was stopped', { argument: 'options' });
    this.#prepared(started);
  }

  /** Sets up what was put off, before so many solves. */
  #prepare(solves = 1): void {
    this.#recorder?.expect(solves);
    if (!this.#ready) complete(this.setUp());
  }

  /** Books a set-up that has ended; its milliseconds. */
  #prepared(started: number): number {
    const elapsed = performance.now() - started;
    this.#context = { ...this.#context, setupTime: this.#context.setupTime + elapsed };
    this.solved();
    return elapsed;
  }

  #each(indices: ArrayLike<number>): { ids: Float64Array; values: Float64Array; each: true } {
    const ids = copyIds('indices', checkList('indices', indices), this.rows);
    return { ids, values: new Float64Array(ids.length).fill(1), each: true };
  }

  #readSetup(core: Core): SetupReport {
    const at = (this.#resources.native.setup() >>> 0) / DOUBLE;
    return readSetupReport(core.HEAPF64, at, this.#context, this.#ready);
  }

  #check(status: number, argument: string): void {
    if (status !== 0) throw this.#error(status, argument);
  }

  #error(status: number, argument: string): LacunaError {
    return failure(word(STATUSES, status), argument, setupContext(this.core(), this.#resources.native));
  }
}

makeScoped(Solver, 'Solver');

/** Copies A into linear memory and sets up a solver for it, unless that is put off. */
export async function newSolver(engine: Engine, A: SparseMatrix, options: CheckedSolverOptions, controls?: CheckedControls): Promise<Solver> {
  const recorder = options.witness?.watch(A);
  const started = performance.now();
  const resources = engine.run((core) => planSolver(core, A, options));
  const { rows, cols, nnz } = A;
  const setupTime = performance.now() - started;
  const solver = make(engine, resources, { variant: engine.variant, rows, cols, nnz, setupTime }, options, recorder);
  try {
    if (options.lazy !== true) await settle(solver.setUp(controls));
    solver.built();
    return solver;
  } catch (error) {
    solver.dispose();
    throw error;
  }
}
