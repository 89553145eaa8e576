// What the compiler must accept and refuse. `npm run check` and the suite `types` compile this file:
// a line below `@ts-expect-error` that compiles is an error. At run time the same lines run.
import {
  type Answer,
  type Attempt,
  type AttemptOutcome,
  type BackendInfo,
  type Certificate,
  type Conditions,
  type CreateOptions,
  createRowSolver,
  createSolver,
  type Engine,
  getDefaultEngine,
  type InverseLine,
  LacunaError,
  type LacunaErrorCode,
  loadEngine,
  type LoadOptions,
  type ManySolutions,
  type Method,
  type Preconditioner,
  type QueryMethod,
  type QueryOptions,
  type QueryRightHandSide,
  type Reason,
  type Rhs,
  type RightHandSide,
  type RowSolver,
  type RowSolverOptions,
  type SetupReport,
  type Solution,
  solve,
  type SolveReport,
  type Solver,
  type SolverOptions,
  SparseMatrix,
  type Variant,
  type WorkEstimate,
} from 'lacuna';
import { describe, expect, expectTypeOf, it } from 'vitest';

const A = SparseMatrix.identity(2);

/** Compiled, never run. */
const compiled = (_: () => unknown): void => {};

describe('words', () => {
  it('are closed unions, which editors complete and compilers check', () => {
    expectTypeOf<Method>().toEqualTypeOf<'cholesky' | 'ldlt' | 'lu' | 'qr' | 'cg' | 'bicgstab'>();
    expectTypeOf<Preconditioner>().toEqualTypeOf<'none' | 'jacobi' | 'ic' | 'ilut'>();
    expectTypeOf<SolverOptions['method']>().toEqualTypeOf<'auto' | Method | undefined>();
    expectTypeOf<SolverOptions['preconditioner']>().toEqualTypeOf<'auto' | Preconditioner | undefined>();
    expectTypeOf<Variant>().toEqualTypeOf<'scalar' | 'simd' | 'relaxed'>();
    expectTypeOf<LoadOptions['variant']>().toEqualTypeOf<'auto' | 'scalar' | 'simd' | 'relaxed' | undefined>();
    expectTypeOf<BackendInfo['backend']>().toEqualTypeOf<'scalar' | 'simd128' | 'relaxed-simd'>();
    expectTypeOf<Reason>().toEqualTypeOf<
      | 'direct'
      | 'converged-rtol'
      | 'converged-atol'
      | 'max-iterations'
      | 'budget'
      | 'cancelled'
      | 'breakdown'
      | 'indefinite-matrix'
      | 'singular-matrix'
      | 'stagnated'
      | 'not-finite'
      | 'no-certificate'
    >();
    expectTypeOf<Attempt['outcome']>().toEqualTypeOf<AttemptOutcome>();
    expectTypeOf<'used' | 'deferred' | Reason>().toExtend<AttemptOutcome>();
    expectTypeOf<AttemptOutcome>().not.toBeAny();
    expectTypeOf<'ok'>().not.toExtend<AttemptOutcome>();
    expectTypeOf<'not-square' | 'out-of-memory' | 'busy' | 'not-sliceable'>().toExtend<LacunaErrorCode>();
    expectTypeOf<string>().not.toExtend<LacunaErrorCode>();
  });

  it('that are wrong do not compile, and are refused at run time', async () => {
    // @ts-expect-error no such method
    await expect(createSolver(A, { method: 'gmres' })).rejects.toThrow(LacunaError);
    // @ts-expect-error no such preconditioner
    await expect(createSolver(A, { preconditioner: 'amg' })).rejects.toThrow(LacunaError);
    // @ts-expect-error no such option
    await expect(createSolver(A, { tolerance: 1e-8 })).rejects.toThrow(LacunaError);
    // @ts-expect-error no such variant
    await expect(loadEngine({ variant: 'avx' })).rejects.toThrow(LacunaError);
    // @ts-expect-error a number is asked for
    await expect(createSolver(A, { rtol: '1e-8' })).rejects.toThrow(LacunaError);
    // @ts-expect-error a matrix is asked for
    await expect(createSolver([[1]])).rejects.toThrow(LacunaError);
    // @ts-expect-error an option of a solve, not of a solver
    await expect(createSolver(A, { transpose: true })).rejects.toThrow(LacunaError);
    // @ts-expect-error the engine is the one that is asked
    await expect((await getDefaultEngine()).createSolver(A, { engine: await getDefaultEngine() })).rejects.toThrow(LacunaError);
  });
});

describe('out', () => {
  it('decides the type of x', async () => {
    const solver = await createSolver(A);
    const plain = solver.solve([1, 2]);
    expectTypeOf(plain).toEqualTypeOf<Solution>();
    expectTypeOf(plain.x).toEqualTypeOf<Float64Array>();
    expect(plain.x).toBeInstanceOf(Float64Array);

    const single = solver.solve([1, 2], { out: new Float32Array(2), rtol: 1e-6 });
    expectTypeOf(single.x).toExtend<Float32Array>();
    expectTypeOf(single.x).not.toExtend<Float64Array>();
    expect(single.x).toBeInstanceOf(Float32Array);

    const double = solver.solve([1, 2], { out: new Float64Array(2) });
    expectTypeOf(double.x).toExtend<Float64Array>();
    expect(double.x).toBeInstanceOf(Float64Array);

    const later = await solver.solveAsync([1, 2], { out: new Float32Array(2) });
    expectTypeOf(later.x).toExtend<Float32Array>();
    expect(later.x).toBeInstanceOf(Float32Array);

    const once = await solve(A, [1, 2], { out: new Float32Array(2) });
    expectTypeOf(once.x).toExtend<Float32Array>();
    expect(once.x).toBeInstanceOf(Float32Array);

    compiled(() => {
      // @ts-expect-error integers cannot hold a solution
      solver.solve([1, 2], { out: new Int32Array(2) });
      // @ts-expect-error nor can a plain array
      solver.solve([1, 2], { out: [0, 0] });
      // @ts-expect-error many solutions come in arrays of their own
      solver.solveMany([[1, 2]], { out: new Float64Array(2) });
    });
    solver.dispose();
  });
});

describe('right-hand sides', () => {
  it('are lists, sparse vectors and kept ones', async () => {
    const solver = await createSolver(A);
    const kept = solver.rhs([1, 2]);
    expectTypeOf(kept).toEqualTypeOf<Rhs>();
    const readonly: readonly number[] = Object.freeze([1, 2]);
    const given = [[1, 2], readonly, Float32Array.of(1, 2), Float64Array.of(1, 2), Int8Array.of(1, 2), { indices: [0], values: [1] }, kept] satisfies RightHandSide[];
    for (const b of given) expect(solver.solve(b).report.converged).toBe(true);
    compiled(() => {
      // @ts-expect-error strings are no numbers
      solver.solve(['1', '2']);
      // @ts-expect-error nor are bigints
      solver.solve(new BigInt64Array(2));
      // @ts-expect-error a number is no vector
      solver.solve(3);
      // @ts-expect-error values are missing
      solver.solve({ indices: [0] });
      // @ts-expect-error kept ones are solved with one at a time
      solver.rhs(kept.length);
    });
    solver.dispose();
  });
});

describe('queries', () => {
  it('speak in closed unions', () => {
    expectTypeOf<QueryMethod>().toEqualTypeOf<'push' | 'product' | 'neumann' | 'walks' | 'bidirectional' | 'full' | 'factor'>();
    expectTypeOf<QueryOptions['method']>().toEqualTypeOf<'auto' | QueryMethod | undefined>();
    expectTypeOf<QueryOptions['order']>().toEqualTypeOf<'auto' | 'buckets' | 'fifo' | 'sor' | 'chebyshev' | undefined>();
    expectTypeOf<QueryOptions['seed']>().toEqualTypeOf<number | bigint | undefined>();
    expectTypeOf<Certificate>().toEqualTypeOf<'adjoint' | 'bracket' | 'product' | 'columns' | 'bernstein' | 'residual' | 'backward'>();
    expectTypeOf<WorkEstimate['complexity']>().toEqualTypeOf<'local' | 'sampling' | 'saturated' | 'full'>();
    expectTypeOf<RowSolverOptions['signs']>().toEqualTypeOf<'laplacian' | 'm-matrix' | 'positive' | 'general' | undefined>();
    expectTypeOf<'declaration-violated' | 'source-failed' | 'budget'>().toExtend<LacunaErrorCode>();
  });

  it('take every kind of b and give an answer whose bound may be missing', async () => {
    const solver = await createSolver(A, { setup: 'lazy' });
    const kept = solver.rhs({ value: (i) => i, normInf: 1 });
    const given = [[1, 2], Float32Array.of(1, 2), { indices: [0], values: [1] }, { value: () => 1, normInf: 1, least: 0 }, kept] satisfies QueryRightHandSide[];
    for (const b of given) expect(solver.entry(0, b, { atol: 1e-9 }).converged).toBe(true);
    const answer = solver.functional({ indices: [0], values: [1] }, [1, 2]);
    expectTypeOf(answer).toEqualTypeOf<Answer>();
    expectTypeOf(answer.bound).toEqualTypeOf<number | null>();
    expectTypeOf(answer.why).toEqualTypeOf<string | undefined>();
    expectTypeOf(solver.entries([0, 1], kept)).toEqualTypeOf<Answer[]>();
    expectTypeOf(solver.entriesAsync([0], kept)).toEqualTypeOf<Promise<Answer[]>>();
    expectTypeOf(solver.column(0)).toEqualTypeOf<InverseLine>();
    expectTypeOf(solver.conditions()).toEqualTypeOf<Conditions>();
    expectTypeOf(solver.report.ready).toEqualTypeOf<boolean>();
    // A column is a right-hand side.
    const { x } = solver.solve(solver.column(0));
    expect(x[0]).toBeCloseTo(1, 9);
    compiled(() => {
      // @ts-expect-error no such way
      solver.entry(0, [1, 2], { method: 'magic' });
      // @ts-expect-error slices are for asynchronous calls
      solver.entry(0, [1, 2], { slice: 1 });
      // @ts-expect-error a seed decides walks, and a row has none
      solver.row(0, { seed: 1 });
      // @ts-expect-error a callback without a norm tells nothing of the rest
      solver.entry(0, { value: () => 1 });
      // @ts-expect-error a solve needs all values: keep the callback first
      solver.solve({ value: () => 1, normInf: 1 });
      // @ts-expect-error an answer is not for writing
      answer.value = 3;
      // @ts-expect-error a bound may be missing
      const bound: number = answer.bound;
      return bound;
    });
    solver.dispose();
  });

  it('over rows on demand', async () => {
    const rows = (ids: Float64Array) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map(() => 2) });
    using solver = await createRowSolver({ rows }, { size: 1e12, margin: 2 });
    expectTypeOf(solver).toEqualTypeOf<RowSolver>();
    expectTypeOf(solver).toExtend<Disposable>();
    expectTypeOf(await solver.rowAsync(3)).toEqualTypeOf<InverseLine>();
    compiled(() => {
      // @ts-expect-error there is nothing to solve in full
      solver.solve([1]);
      // @ts-expect-error a size is needed
      void createRowSolver({ rows }, { margin: 1 });
      // @ts-expect-error rows are more than numbers
      void createRowSolver({ rows: () => [1, 2] }, { size: 2 });
      // @ts-expect-error no such declaration
      void createRowSolver({ rows }, { size: 2, dominance: 1 });
    });
  });
});

describe('results', () => {
  it('are read-only and complete', async () => {
    const solver = await createSolver(A, { method: 'cg' });
    expectTypeOf(solver).toEqualTypeOf<Solver>();
    expectTypeOf(solver.report).toEqualTypeOf<SetupReport>();
    const many = solver.solveMany([[1, 2], { indices: [1], values: [1] }] as const);
    expectTypeOf(many).toEqualTypeOf<ManySolutions>();
    expectTypeOf(many.x).toEqualTypeOf<Float64Array[]>();
    const { report } = solver.solve([1, 2]);
    expectTypeOf(report).toEqualTypeOf<SolveReport>();
    expectTypeOf(report.backwardError).toEqualTypeOf<{ readonly normwise: number; readonly componentwise: number }>();
    expectTypeOf(report.rank).toEqualTypeOf<number | undefined>();
    expectTypeOf(report.attempts).toEqualTypeOf<readonly Attempt[]>();
    compiled(() => {
      // @ts-expect-error a report is not for writing
      report.converged = true;
      // @ts-expect-error nor is the shape
      solver.rows = 3;
      // @ts-expect-error nor is a right-hand side
      solver.rhs([1]).length = 2;
    });
    solver.dispose();
  });

  it('errors can be told apart by their codes', () => {
    const error: unknown = new LacunaError('busy', 'still running');
    if (!(error instanceof LacunaError)) throw new Error('unreachable');
    expectTypeOf(error.code).toEqualTypeOf<LacunaErrorCode>();
    expectTypeOf(error.position).toEqualTypeOf<number | readonly number[] | undefined>();
    compiled(() => {
      // @ts-expect-error no such code
      return error.code === 'bussy';
    });
    expect(error.code).toBe('busy');
  });
});

describe('scopes', () => {
  it('using works on engines, solvers and right-hand sides', async () => {
    let inside: Solver;
    {
      using engine: Engine = await loadEngine();
      using solver = await engine.createSolver(A);
      using rhs = solver.rhs([1, 2]);
      inside = solver;
      expectTypeOf(solver).toExtend<Disposable>();
      expectTypeOf(engine).toExtend<Disposable>();
      expectTypeOf(rhs).toExtend<Disposable>();
      expect(inside.disposed).toBe(false);
    }
    expect(inside.disposed).toBe(true);
  });

  it('options can be built step by step', async () => {
    const options: CreateOptions = {};
    options.method = 'lu';
    options.engine = await getDefaultEngine();
    const solver = await createSolver(A, options);
    expect(solver.report.method).toBe('lu');
    solver.dispose();
    compiled(() => {
      // @ts-expect-error absent and undefined are not the same under exactOptionalPropertyTypes
      options.rtol = undefined;
    });
  });
});
