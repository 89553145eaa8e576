import type { Core } from '#core';
import { makeScoped, type Scoped } from './dispose.js';
import type { Engine } from './engine.js';
import { LacunaError } from './errors.js';
import type { SparseMatrix } from './matrix.js';
import { GUESS, NO_REFINEMENT, STATUSES, TRANSPOSED, word } from './native/codes.js';
import { failure, notSliceable } from './native/failures.js';
import type { Resources } from './native/resources.js';
import { runTask } from './native/run-task.js';
import { prepareSolver, setupContext } from './native/setup.js';
import { DOUBLE, type Span } from './native/spans.js';
import {
  type CheckedSolverOptions,
  type CheckedTolerances,
  checkControls,
  checkSolveOptions,
  type Output,
  type SolveAsyncOptions,
  type SolveOptions,
  type Tolerances,
} from './options.js';
import {
  readSetupReport,
  readSolveReport,
  type ReportContext,
  type SetupReport,
  SOLVE_FIELDS,
  type SolveReport,
} from './report.js';
import { checkedVector, checkOut, Rhs, type SparseVector } from './rhs.js';
import { asVector, checkLength, describe } from './sparse/validate.js';
import { patternDifference, valuesOf } from './update.js';

/** A solution and its certificate. */
export interface Solution<X extends Output = Float64Array> {
  readonly x: X;
  readonly report: SolveReport;
}

/** Solutions of several systems with one matrix. */
export interface ManySolutions {
  readonly x: Float64Array[];
  readonly reports: SolveReport[];
}

/** Options of {@link Solver.solveMany}. */
export interface SolveManyOptions extends Tolerances {
  /** Solve AᵀX = B. */
  transpose?: boolean;
}

/** What a right-hand side may be: n numbers, the entries that are not zero, or one that is kept. */
export type RightHandSide = ArrayLike<number> | SparseVector | Rhs;

interface SolveShape {
  /** Values of b and of x. */
  readonly m: number;
  readonly n: number;
  readonly flags: number;
}

/** Only this module can make solvers. */
let make: (engine: Engine, resources: Resources, context: ReportContext, defaults: CheckedTolerances) => Solver;

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
export class Solver {
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  readonly #engine: Engine;
  readonly #resources: Resources;
  readonly #handle: number;
  readonly #defaults: CheckedTolerances;
  #context: ReportContext;
  #report: SetupReport;
  #scratch: { b: Span; x: Span; report: Span } | undefined;
  #disposed = false;

  static {
    make = (engine, resources, context, defaults) => new Solver(engine, resources, context, defaults);
  }

  private constructor(engine: Engine, resources: Resources, context: ReportContext, defaults: CheckedTolerances) {
    this.#engine = engine;
    this.#resources = resources;
    this.#context = context;
    this.#defaults = defaults;
    this.#handle = resources.native.handle() >>> 0;
    this.rows = context.rows;
    this.cols = context.cols;
    this.nnz = context.nnz;
    this.#report = this.#readSetup(engine.core());
    engine.own(this, resources);
  }

  /** What was measured, chosen and set up, with every attempt so far. */
  get report(): SetupReport {
    return this.#report;
  }

  /** Whether this solver or its engine was disposed of. */
  get disposed(): boolean {
    return this.#disposed || this.#engine.disposed;
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
    const core = this.#core();
    const started = performance.now();
    const settings = checkSolveOptions(options, this.#defaults);
    const shape = this.#shape(settings);
    const write = b instanceof Rhs ? undefined : checkedVector('b', b, shape.m, this.#why(settings.transpose, 'rows'));
    if (b instanceof Rhs) checkLength('b', b, shape.m, this.#why(settings.transpose, 'rows'));
    const guess = this.#guess(options, shape);
    const out = checkOut(options?.out, shape.n);

    const scratch = (this.#scratch ??= this.#newScratch());
    let address = scratch.b.address;
    if (b instanceof Rhs) address = b.addressFor(this);
    else write!(scratch.b.view(0, shape.m));
    if (guess !== undefined) scratch.x.view(0, shape.n).set(guess);
    const flags = shape.flags | (guess === undefined ? 0 : GUESS);
    const { rtol, atol, maxiter } = settings;
    const status = this.#engine.run(() =>
      core._lacuna_solve(this.#handle, address, scratch.x.address, 1, flags, rtol, atol, maxiter, scratch.report.address),
    );
    this.#check(status, 'b');
    return this.#finish(core, address, scratch.x, scratch.report, shape, settings, out, started);
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
    const core = this.#core();
    const started = performance.now();
    const settings = checkSolveOptions(options, this.#defaults, 'many');
    if (!Array.isArray(bs) || bs.length === 0) {
      throw new LacunaError('invalid-argument', `must be an array of right-hand sides, got ${describe(bs)}`, {
        argument: 'bs',
      });
    }
    const { m, n, flags } = this.#shape(settings);
    const k = bs.length;
    const why = this.#why(settings.transpose, 'rows');
    const writers = bs.map((b, i) => checkedVector(`bs[${i}]`, b as ArrayLike<number>, m, why));
    const spans: Span[] = [];
    try {
      for (const length of [k * m, k * n, k * SOLVE_FIELDS]) spans.push(this.#resources.span(length));
      const [b, x, reports] = spans as [Span, Span, Span];
      writers.forEach((write, i) => write(b.view(i * m, m)));
      const { rtol, atol, maxiter } = settings;
      const status = this.#engine.run(() =>
        core._lacuna_solve(this.#handle, b.address, x.address, k, flags, rtol, atol, maxiter, reports.address),
      );
      this.#check(status, 'bs');
      this.#report = this.#readSetup(core);
      const time = (performance.now() - started) / k;
      return {
        x: bs.map((_, i) => x.view(i * n, n).slice()),
        reports: bs.map((_, i) =>
          readSolveReport(core.HEAPF64, reports.address / DOUBLE + i * SOLVE_FIELDS, this.#context, time),
        ),
      };
    } finally {
      for (const span of spans) this.#resources.free(span);
    }
  }

  /**
   * Solves as {@link Solver.solve} does, in slices between which the event loop turns, where the
   * method is iterative (`report.sliceable`). A direct solve is one piece of work: without
   * `signal`, `slice` and `timeLimit` it is done at once.
   *
   * @throws LacunaError `not-sliceable` for controls that a direct method cannot honor,
   *   `disposed` where the solver is disposed of meanwhile; else as {@link Solver.solve}
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
    const core = this.#core();
    const started = performance.now();
    const settings = checkSolveOptions(options, this.#defaults, 'async');
    const controls = checkControls(options);
    const shape = this.#shape(settings);
    const why = this.#why(settings.transpose, 'rows');
    const write = b instanceof Rhs ? undefined : checkedVector('b', b, shape.m, why);
    if (b instanceof Rhs) checkLength('b', b, shape.m, why);
    const guess = this.#guess(options, shape);
    const out = checkOut(options?.out, shape.n);
    if (controls.needsSlices && !this.#report.sliceable && !this.#engine.isWorker()) {
      throw notSliceable(this.#report.method);
    }

    // A right-hand side that is kept may be disposed of meanwhile: the task has one of its own.
    const spans: Span[] = [];
    try {
      for (const length of [shape.m, shape.n, SOLVE_FIELDS]) spans.push(this.#resources.span(length));
      const [rhs, x, report] = spans as [Span, Span, Span];
      if (b instanceof Rhs) {
        const from = b.addressFor(this) / DOUBLE;
        core.HEAPF64.copyWithin(rhs.address / DOUBLE, from, from + shape.m);
      } else {
        write!(rhs.view());
      }
      if (guess !== undefined) x.view().set(guess);
      const flags = shape.flags | (guess === undefined ? 0 : GUESS);
      await runTask(core, this.#resources, { rhs, x, report }, flags, settings, controls, {
        sliceable: this.#report.sliceable,
        run: (call) => this.#engine.run(call),
        requireAlive: () => void this.#core(),
        check: (status) => this.#check(status, 'b'),
      });
      return this.#finish(core, rhs.address, x, report, shape, settings, out, started);
    } finally {
      for (const span of spans) this.#resources.free(span);
    }
  }

  /**
   * Copies a right-hand side into linear memory, to be solved with again and again. One given by its
   * entries has as many values as the matrix has rows.
   *
   * @throws LacunaError as {@link Solver.solve}
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.fromDense([[2, 0], [0, 4]]));
   * const rhs = solver.rhs({ indices: [1], values: [8] });
   * console.log(solver.solve(rhs).x); // Float64Array [0, 2]
   * solver.dispose();
   * ```
   */
  rhs(b: ArrayLike<number> | SparseVector): Rhs {
    this.#core();
    const length = (b as { length?: unknown } | null | undefined)?.length;
    // For a solve with the transpose of a rectangular matrix b has as many values as A columns.
    const m = length === this.cols ? this.cols : this.rows;
    const write = checkedVector('b', b, m, this.#why(false, 'rows'));
    const span = this.#resources.span(m);
    write(span.view());
    return new Rhs(this, span);
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
    const core = this.#core();
    const started = performance.now();
    const native = this.#resources.native;
    const difference = patternDifference(core, native, this, values);
    if (difference !== undefined) throw difference;
    const data = asVector('values', valuesOf(values), this.nnz, 'one for each stored entry');
    const span = this.#resources.span(Math.max(1, this.nnz));
    try {
      span.view(0, this.nnz).set(data);
      const status = word(STATUSES, this.#engine.run(() => native.update(span.address, this.nnz)));
      if (status !== 'ok') throw failure(status, 'values', setupContext(core, native));
    } finally {
      this.#resources.free(span);
    }
    this.#context = { ...this.#context, setupTime: performance.now() - started };
    this.#report = this.#readSetup(core);
  }

  /**
   * Gives all memory back, that of its right-hand sides too. Idempotent.
   *
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.identity(2));
   * solver.dispose();
   * console.log(solver.disposed); // true
   * ```
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#scratch = undefined;
    this.#engine.disown(this.#resources);
  }

  /** @internal */
  releaseRhs(span: Span): void {
    this.#resources.free(span);
  }

  #finish<X extends Output>(
    core: Core,
    b: number,
    x: Span,
    report: Span,
    { n, flags }: SolveShape,
    { rtol, atol }: CheckedTolerances,
    out: X | undefined,
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
      this.#engine.run(() => core._lacuna_certify(this.#handle, b, x.address, flags, rtol, atol, report.address)),
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

  #core(): Core {
    if (this.#disposed) {
      throw new LacunaError('disposed', 'the solver was disposed of', { remedy: 'Create another with createSolver()' });
    }
    return this.#engine.core();
  }

  #newScratch(): { b: Span; x: Span; report: Span } {
    const length = Math.max(this.rows, this.cols);
    const spans: Span[] = [];
    try {
      for (const size of [length, length, SOLVE_FIELDS]) spans.push(this.#resources.span(size));
    } catch (error) {
      for (const span of spans) this.#resources.free(span);
      throw error;
    }
    return { b: spans[0]!, x: spans[1]!, report: spans[2]! };
  }

  #shape(settings: CheckedTolerances & { readonly transpose: boolean }): SolveShape {
    const [m, n] = settings.transpose ? [this.cols, this.rows] : [this.rows, this.cols];
    return { m, n, flags: (settings.transpose ? TRANSPOSED : 0) | (settings.refine ? 0 : NO_REFINEMENT) };
  }

  #why(transposed: boolean, side: 'rows' | 'cols'): string {
    const rows = (side === 'rows') !== transposed;
    return `one for each ${rows ? 'row' : 'column'} of the matrix`;
  }

  #guess<X extends Output>(options: SolveOptions<X> | undefined, { n }: SolveShape): Float64Array | undefined {
    if (options?.x0 === undefined) return undefined;
    return asVector('options.x0', options.x0, n, 'one for each unknown');
  }

  #readSetup(core: Core): SetupReport {
    const at = (this.#resources.native.setup() >>> 0) / DOUBLE;
    return readSetupReport(core.HEAPF64, at, this.#context);
  }

  #check(status: number, argument: string): void {
    if (status !== 0) throw this.#error(status, argument);
  }

  #error(status: number, argument: string): LacunaError {
    return failure(word(STATUSES, status), argument, setupContext(this.#engine.core(), this.#resources.native));
  }
}

export interface Solver extends Scoped {}
makeScoped(Solver, 'Solver');

/** Copies A into linear memory and sets up a solver for it. */
export function newSolver(engine: Engine, A: SparseMatrix, options: CheckedSolverOptions): Solver {
  const started = performance.now();
  const resources = engine.run((core) => prepareSolver(core, A, options));
  const { rows, cols, nnz } = A;
  const setupTime = performance.now() - started;
  return make(engine, resources, { variant: engine.variant, rows, cols, nnz, setupTime }, options);
}
