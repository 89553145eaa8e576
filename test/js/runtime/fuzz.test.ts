// Ten thousand malformed inputs at one engine, which then solves as if nothing had been.
import { createSolver, type Engine, LacunaError, loadEngine, type Rhs, solve, type Solver, SparseMatrix } from 'lacuna';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectTrueCertificate, relativeError } from '../support/compare.js';
import { randomSpd } from '../support/generate.js';
import { runs } from '../support/prove.js';
import { Random } from '../support/random.js';

const N = 6;
const random = new Random(20_261_122);
const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;

/** Things that are no list of N finite numbers. */
function badVector(): unknown {
  const good = [...random.vector(N)];
  const values: unknown[] = good.slice();
  values[random.integer(N)] = pick([NaN, Infinity, -Infinity, '1', null, undefined, 1n, {}, [1], Symbol('s')]);
  return pick<() => unknown>([
    () => values,
    () => good.slice(0, random.integer(N)),
    () => [...good, 1],
    () => Float64Array.from(good.map((v, i) => (i === 2 ? NaN : v))),
    () => new Float32Array(N + 1 + random.integer(9)),
    () => new BigInt64Array(N),
    () => ({ length: N }),
    () => ({ length: pick([-1, 1.5, 2 ** 53, NaN, '6', null]) }),
    () => new ArrayBuffer(8 * N),
    () => new DataView(new ArrayBuffer(8 * N)),
    () => new Proxy(good, { get: (target, key) => (key === '3' ? NaN : Reflect.get(target, key)) }),
    () => pick([null, 3, 'abcdef', true, 1n, Symbol('s'), () => 1, new Map(), new Set([1])]),
    () => ({ indices: pick<unknown>([[0, N], [-1], [0.5], ['0'], 'x', null, [0, 1]]), values: [1] }),
    () => ({ indices: [0], values: pick<unknown>([[NaN], [1, 2], 'x', null, [], ['1'], [1n]]) }),
  ])();
}

const OPTIONS = ['rtol', 'atol', 'maxiter', 'refine', 'transpose', 'x0', 'out', 'method', 'preconditioner', 'dropTolerance', 'fillFactor', 'signal', 'onProgress', 'slice', 'timeLimit', 'engine', 'tol', 'length', ''];

/** Options with something wrong; `known` are right for the call at hand. */
function badOptions(known: readonly string[]): unknown {
  if (random.uniform() < 0.15) return pick<unknown>([null, 3, 'x', [], [1], true, 1n, Symbol('s'), () => 1]);
  const unknown = OPTIONS.filter((name) => !known.includes(name));
  if (random.uniform() < 0.3) return { [pick(unknown)]: 1 };
  const bad: Record<string, () => unknown> = {
    rtol: () => pick<unknown>([-1, NaN, Infinity, '1', null, {}, 1n]),
    atol: () => pick<unknown>([-1, NaN, Infinity, '1', null, []]),
    maxiter: () => pick<unknown>([0, -1, 1.5, NaN, Infinity, '9', null, 2 ** 60]),
    refine: () => pick<unknown>([0, 1, 'yes', null, {}]),
    transpose: () => pick<unknown>([0, 1, 'yes', null, {}]),
    x0: () => pick<unknown>([null, 'x', 3, [1], new Float64Array(N + 1), Float64Array.of(1, 2, 3, 4, 5, NaN), new BigInt64Array(N), ['1', 2, 3, 4, 5, 6]]),
    out: () => pick<unknown>([null, [], {}, new Float64Array(N - 1), new Float32Array(0), new Int32Array(N), new BigInt64Array(N), 'x']),
    method: () => pick<unknown>(['CG', 'gmres', '', 0, null, {}, ['lu']]),
    preconditioner: () => pick<unknown>(['ILUT', 'amg', 1, null, {}]),
    dropTolerance: () => pick<unknown>([-1, 2, NaN, '0', null]),
    fillFactor: () => pick<unknown>([0, 1.5, NaN, 10_000, '5', null]),
    signal: () => pick<unknown>([null, {}, 'x', 3]),
    onProgress: () => pick<unknown>([null, {}, 'x', 3]),
    slice: () => pick<unknown>([0, -1, NaN, '8', null]),
    timeLimit: () => pick<unknown>([0, -1, NaN, '8', null]),
  };
  const name = pick(known);
  return { [name]: bad[name]!() };
}

const TOLERANCES = ['rtol', 'atol', 'maxiter', 'refine'];
const SOLVER = ['method', 'preconditioner', 'dropTolerance', 'fillFactor', ...TOLERANCES];
const SOLVE = ['x0', 'out', 'transpose', ...TOLERANCES];
const CONTROLS = ['signal', 'onProgress', 'slice', 'timeLimit'];
const ASYNC = [...CONTROLS, ...SOLVE];

/** Arguments of the functions that make matrices, with something wrong. */
function badMatrixCall(): () => unknown {
  const index = (): unknown => pick<unknown>([-1, N, 2 ** 31, 0.5, NaN, '0', null, undefined, 1n]);
  const number = (): unknown => pick<unknown>([NaN, Infinity, '1', null, undefined, 1n, {}]);
  const size = (): unknown => pick<unknown>([-1, 0, 1.5, NaN, Infinity, '6', null, undefined, 2 ** 31, 1n]);
  return pick<() => unknown>([
    () => SparseMatrix.fromTriplets(size() as never, N, [], [], []),
    () => SparseMatrix.fromTriplets(N, N, [0, index() as never], [0, 1], [1, 2]),
    () => SparseMatrix.fromTriplets(N, N, [0, 1], [0, 1], [1, number() as never]),
    () => SparseMatrix.fromTriplets(N, N, [0, 1], [0], [1, 2]),
    () => SparseMatrix.fromTriplets(N, N, badList() as never, [0], [1]),
    () => SparseMatrix.fromCsr(2, 2, pick<number[]>([[0, 1], [0, 2, 1], [1, 1, 2], [0, 1, 3], [0, -1, 2], [0, 0.5, 2]]), [0, 1], [1, 2]),
    () => SparseMatrix.fromCsr(1, 3, [0, 2], pick<number[]>([[2, 0], [1, 1], [0, 3], [-1, 0], [0.5, 1]]), [1, 2]),
    () => SparseMatrix.fromCsc(2, 1, [0, 2], [0, 1], [1, number() as never]),
    () => SparseMatrix.fromDense(pick<unknown>([[[1, 2], [3]], [[NaN]], [['1']], 'x', null, [], [[]], 3, [null]]) as never),
    () => SparseMatrix.fromDense(70_000, 1, { length: 70_000 } as never),
    () => SparseMatrix.fromMatrixMarket(pick<unknown>(['', 'x', '%%MatrixMarket matrix coordinate real general\n1 1 2\n1 1 1\n', '%%MatrixMarket matrix array pattern general\n1 1\n', null, 3, new Uint8Array(9)]) as never),
    () => SparseMatrix.fromEdges(N, pick<unknown>([[[0, N]], [[0]], [[0, 1, NaN]], 'ab', null, 3, [[0, 1, '2']], { source: [0], target: [] }]) as never),
    () => SparseMatrix.laplacian(size() as never, []),
    () => SparseMatrix.identity(size() as never),
  ]);
}

function badList(): unknown {
  return pick<unknown>(['x', null, undefined, 3, {}, new BigInt64Array(1), { length: -1 }]);
}

/** Matrices that are fine, for methods that cannot take them. */
const UNFIT: readonly (readonly [SparseMatrix, string[]])[] = [
  [SparseMatrix.fromDense([[1, 2, 3], [4, 5, 6]]), ['cholesky', 'ldlt', 'lu', 'cg', 'bicgstab']],
  [SparseMatrix.fromDense([[1, 2], [3, 4]]), ['cholesky', 'ldlt', 'cg']],
  [SparseMatrix.fromDense([[1, 2], [2, 1]]), ['cholesky']],
  [SparseMatrix.fromDense([[-1, 0], [0, 1]]), ['cholesky', 'cg']],
  [SparseMatrix.fromDense([[0, 0], [0, 1]]), ['auto', 'ldlt', 'lu', 'bicgstab']],
  [SparseMatrix.fromDense([[1, 1], [1, 1]]), ['ldlt', 'lu', 'cholesky']],
];

let engine: Engine;
let solvers: Solver[];
let strangers: Rhs[];
let gone: Solver;
const A = randomSpd(new Random(1), N, 2);
const b = new Random(2).vector(N);

beforeAll(async () => {
  engine = await loadEngine();
  const methods = ['cholesky', 'ldlt', 'lu', 'qr', 'cg', 'bicgstab'] as const;
  solvers = await Promise.all(methods.map((method) => engine.createSolver(A, { method })));
  const stranger = await engine.createSolver(A);
  const disposed = stranger.rhs(b);
  disposed.dispose();
  gone = await engine.createSolver(A);
  gone.dispose();
  strangers = [stranger.rhs(b), disposed];
});
afterAll(() => engine.dispose());

/** One malformed call. */
function attempt(): unknown {
  const solver = pick(solvers);
  const [unfit, methods] = pick(UNFIT);
  const notMatrix = pick<unknown>([undefined, null, 3, 'A', {}, [[1]], A.toCsr(), Object.create(SparseMatrix)]) as never;
  return pick<() => unknown>([
    () => solver.solve(badVector() as never),
    () => solver.solve(b, badOptions(SOLVE) as never),
    () => solver.solve(pick(strangers)),
    () => pick<(b: Float64Array) => unknown>([(v) => gone.solve(v), (v) => gone.solveAsync(v), (v) => gone.rhs(v), () => gone.update(A)])(b),
    () => solver.solveMany(pick<unknown>([[], null, undefined, 'x', {}, [b, badVector()], badVector(), [pick(strangers)]]) as never),
    () => solver.solveMany([b], badOptions(['transpose', ...TOLERANCES]) as never),
    () => solver.solveAsync(badVector() as never),
    () => solver.solveAsync(b, badOptions(ASYNC) as never),
    () => solver.solveAsync(pick(strangers)),
    () => solver.rhs(badVector() as never),
    () => solver.update(pick<unknown>([badVector(), A.toCsr().data.fill(NaN), A.toCsr().data.subarray(1), SparseMatrix.identity(N), SparseMatrix.identity(2)]) as never),
    () => engine.createSolver(notMatrix),
    () => engine.createSolver(A, badOptions([...CONTROLS, ...SOLVER]) as never),
    () => engine.createSolver(unfit, { method: pick(methods) as never }),
    () => engine.solve(A, badVector() as never),
    () => engine.solve(A, b, badOptions([...ASYNC, ...SOLVER]) as never),
    () => engine.solve(unfit, new Float64Array(unfit.rows), { method: pick(methods) as never }),
    () => createSolver(notMatrix, { engine }),
    () => solve(A, b, { engine: pick<unknown>([null, 3, {}, 'x']) as never }),
    () => loadEngine({ [pick(['variant', 'memoryLimit', 'wasmModule', 'wasmBinary', 'wasmUrl', 'x'])]: pick<unknown>([null, 'x y', -1, NaN, Symbol('s'), 0, true]) } as never),
    badMatrixCall(),
  ])();
}

it('every malformed input is refused with a LacunaError, and the engine solves on', async () => {
  const total = runs(10_000);
  const codes = new Map<string, number>();
  const accepted: string[] = [];
  const foreign: unknown[] = [];
  // Room that the first solves of a solver reserve is there from the start.
  for (const solver of solvers) solver.solve(b);
  const before = engine.stats();
  for (let k = 0; k < total; k++) {
    try {
      const result = await attempt();
      accepted.push(`${k}: ${inspect(result, { depth: 1, breakLength: Infinity }).slice(0, 200)}`);
      (result as { dispose?: () => void } | undefined)?.dispose?.();
    } catch (error) {
      if (error instanceof LacunaError) codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      else foreign.push(error);
    }
  }
  expect(foreign.slice(0, 3), `${foreign.length} foreign errors`).toEqual([]);
  expect(accepted.slice(0, 10), `${accepted.length} accepted`).toEqual([]);
  expect([...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(total);
  // The samples reach into every kind of refusal, and none is a defect.
  expect([...codes.keys()].sort()).toEqual(
    expect.arrayContaining(['disposed', 'indefinite-matrix', 'index-out-of-range', 'invalid-argument', 'invalid-option', 'not-finite', 'not-square', 'not-symmetric', 'parse-error', 'shape-mismatch', 'singular-matrix']),
  );
  expect([...codes.keys()]).not.toContain('internal');
  expect(engine.stats()).toMatchObject({ liveHandles: before.liveHandles, heapBytes: before.heapBytes });

  for (const solver of solvers) {
    const { x, report } = solver.solve(b, { rtol: 1e-12 });
    expect(report.converged).toBe(true);
    expectTrueCertificate(A, x, b, report, { rtol: 1e-12 });
    expect(relativeError(A.multiply(x), b)).toBeLessThan(1e-11);
    solver.dispose();
  }
  const large = randomSpd(new Random(3), 2000, 4);
  const rhs = new Random(4).vector(large.rows);
  const { x, report } = await engine.solve(large, rhs);
  expectTrueCertificate(large, x, rhs, report);
  expect(report.converged).toBe(true);
});

it('in the end nothing is held', () => {
  for (const solver of solvers) solver.dispose();
  // The stranger's solver is held by its right-hand sides alone: 1 + 1.
  expect(engine.stats().liveHandles).toBe(2);
  engine.dispose();
});
