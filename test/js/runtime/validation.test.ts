// Misuse of an engine, a solver or a right-hand side: the code, the argument and the place, and nothing changed.
import {
  createSolver,
  type Engine,
  type LacunaErrorCode,
  loadEngine,
  type LoadOptions,
  type Rhs,
  solve,
  type Solver,
  type SolverOptions,
  SparseMatrix,
} from 'lacuna';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { errorOf, rejectionOf } from '../support/errors.js';

const A = SparseMatrix.fromDense([[4, 1, 0], [1, 3, 1], [0, 1, 5]]);
const b = [1, 2, 3];

let engine: Engine;
let solver: Solver;
let foreign: Rhs;
let other: Solver;
let live: number;

beforeAll(async () => {
  engine = await loadEngine();
  other = await engine.createSolver(A);
  foreign = other.rhs(b);
  other.solve(foreign); // which reserves room for later solves
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  live = engine.stats().liveHandles;
  solver = await engine.createSolver(A, { method: 'cg' });
});
afterEach(() => {
  // Whatever was refused, the solver still works and nothing of the attempt is left.
  expect(solver.solve(b).report.converged).toBe(true);
  solver.dispose();
  expect(engine.stats().liveHandles).toBe(live);
});

type Case = [what: string, value: unknown, code: LacunaErrorCode, argument: string, position?: number | undefined];

/** Bad lists of three numbers, whatever they are for. */
const badVectors = (argument: string): Case[] => [
  ['undefined', undefined, 'invalid-argument', argument],
  ['null', null, 'invalid-argument', argument],
  ['a number', 3, 'invalid-argument', argument],
  ['a string', '123', 'invalid-argument', argument],
  ['a function', (_x: number, _y: number, _z: number) => 0, 'invalid-argument', argument],
  ['a bigint array', BigInt64Array.of(1n, 2n, 3n), 'invalid-argument', argument],
  ['an array buffer', new ArrayBuffer(24), 'invalid-argument', argument],
  ['an object without a length', {}, 'invalid-argument', argument],
  ['a negative length', { length: -1 }, 'invalid-argument', argument],
  ['a length that is a string', { length: '3', 0: 1, 1: 2, 2: 3 }, 'invalid-argument', argument],
  ['too few', [1, 2], 'shape-mismatch', argument],
  ['too many', Float64Array.of(1, 2, 3, 4), 'shape-mismatch', argument],
  ['none', [], 'shape-mismatch', argument],
  ['a huge length', { length: Number.MAX_SAFE_INTEGER }, 'shape-mismatch', argument],
  ['strings', [1, '2', 3], 'invalid-argument', argument, 1],
  ['bigints', [1, 2, 3n], 'invalid-argument', argument, 2],
  ['null inside', [null, 2, 3], 'invalid-argument', argument, 0],
  ['a hole', [1, , 3], 'invalid-argument', argument, 1], // eslint-disable-line no-sparse-arrays
  ['nested arrays', [[1], [2], [3]], 'invalid-argument', argument, 0],
  ['NaN', [1, NaN, 3], 'not-finite', argument, 1],
  ['NaN in a Float64Array', Float64Array.of(1, 2, NaN), 'not-finite', argument, 2],
  ['infinity', Float64Array.of(Infinity, 2, 3), 'not-finite', argument, 0],
  ['minus infinity in a Float32Array', Float32Array.of(1, -Infinity, 3), 'not-finite', argument, 1],
];

function expectCase(call: () => unknown, [, , code, argument, position]: Case): void {
  const error = errorOf(call);
  expect([error.code, error.argument, error.position], error.message).toEqual([code, argument, position]);
  expect(error.message.startsWith(`${argument}: `)).toBe(true);
}

describe('b', () => {
  const sparse: Case[] = [
    ['indices that are no list', { indices: 'x', values: [1] }, 'invalid-argument', 'b.indices'],
    ['values that are no list', { indices: [1], values: null }, 'invalid-argument', 'b.values'],
    ['fewer values than indices', { indices: [0, 1], values: [1] }, 'shape-mismatch', 'b.values'],
    ['an index past the end', { indices: [0, 3], values: [1, 2] }, 'index-out-of-range', 'b.indices', 1],
    ['a negative index', { indices: Int32Array.of(-1), values: [1] }, 'index-out-of-range', 'b.indices', 0],
    ['a fraction', { indices: [0.5], values: [1] }, 'invalid-argument', 'b.indices', 0],
    ['a string for an index', { indices: ['0'], values: [1] }, 'invalid-argument', 'b.indices', 0],
    ['a value that is not finite', { indices: [0, 2], values: [1, -Infinity] }, 'not-finite', 'b.values', 1],
  ];

  it.each([...badVectors('b'), ...sparse])('%s', async (...given) => {
    const value = given[1] as number[];
    expectCase(() => solver.solve(value), given);
    expectCase(() => solver.rhs(value), given);
    const inMany = given[3].replace(/^b/, 'bs[1]');
    expectCase(() => solver.solveMany([b, value, b]), [given[0], value, given[2], inMany, given[4]]);
    const rejection = await rejectionOf(solver.solveAsync(value));
    expectCase(() => {
      throw rejection;
    }, given);
    if (value !== undefined) {
      const once = await rejectionOf(engine.solve(A, value));
      expect([once.code, once.argument]).toEqual([given[2], given[3]]);
    }
  });

  it('of another solver', async () => {
    for (const call of [() => solver.solve(foreign), () => solver.solve(foreign, { transpose: true })]) {
      expectCase(call, ['', foreign, 'invalid-argument', 'b']);
    }
    expect((await rejectionOf(solver.solveAsync(foreign))).message).toContain('belongs to another solver');
    expect(other.solve(foreign).report.converged).toBe(true);
  });

  it('kept ones do not go into solveMany, which copies', () => {
    expect(errorOf(() => solver.solveMany([foreign as never])).code).toBe('invalid-argument');
  });

  it.each([undefined, null, [], 'ab', 3, { length: 1 }].map((bs) => ({ bs })))('solveMany of $bs', ({ bs }) => {
    expect(errorOf(() => solver.solveMany(bs as never))).toMatchObject({ code: 'invalid-argument', argument: 'bs' });
  });
});

describe('x0', () => {
  it.each(badVectors('options.x0').filter(([, value]) => value !== undefined))('%s', async (...given) => {
    const x0 = given[1] as number[];
    expectCase(() => solver.solve(b, { x0 }), given);
    expect((await rejectionOf(solver.solveAsync(b, { x0 }))).code).toBe(given[2]);
  });
});

describe('out', () => {
  it.each([
    ['an array', [0, 0, 0], 'invalid-argument'],
    ['null', null, 'invalid-argument'],
    ['an Int32Array', new Int32Array(3), 'invalid-argument'],
    ['a bigint array', new BigUint64Array(3), 'invalid-argument'],
    ['a short one', new Float64Array(2), 'shape-mismatch'],
    ['a long one', new Float32Array(4), 'shape-mismatch'],
  ] as const)('%s', async (_, out, code) => {
    expect(errorOf(() => solver.solve(b, { out: out as never }))).toMatchObject({ code, argument: 'options.out' });
    expect(await rejectionOf(solver.solveAsync(b, { out: out as never }))).toMatchObject({ code, argument: 'options.out' });
  });

  it('is not written by a solve that fails', () => {
    const out = Float64Array.of(7, 8, 9);
    errorOf(() => solver.solve([1, NaN, 3], { out }));
    errorOf(() => solver.solve(b, { out, rtol: -1 }));
    expect([...out]).toEqual([7, 8, 9]);
  });

  it('may be b itself', () => {
    const expected = bits(solver.solve(b).x);
    const shared = Float64Array.from(b);
    expect(bits(solver.solve(shared, { out: shared }).x)).toBe(expected);
  });
});

const badOptions: [name: string, bad: readonly unknown[]][] = [
  ['rtol', [-1e-10, NaN, Infinity, '1e-6', null, 1n, [1e-6], true]],
  ['atol', [-1, NaN, Infinity, '0', null, {}]],
  ['maxiter', [0, -1, 1.5, NaN, Infinity, '10', null, 2 ** 60]],
  ['refine', [0, 1, 'true', null, {}]],
];

describe('options of a solve', () => {
  const cases = [...badOptions, ['transpose', [0, 1, 'no', null, []]]] as const;

  it.each(cases.flatMap(([name, values]) => values.map((value) => [name, value] as const)))('%s: %o', async (name, value) => {
    const options = { [name]: value } as object;
    const expected = { code: 'invalid-option', argument: `options.${name}` };
    expect(errorOf(() => solver.solve(b, options))).toMatchObject(expected);
    expect(errorOf(() => solver.solveMany([b], options))).toMatchObject(expected);
    expect(await rejectionOf(solver.solveAsync(b, options))).toMatchObject(expected);
    expect(await rejectionOf(engine.solve(A, b, options))).toMatchObject(expected);
  });

  it.each(['rtoll', 'tol', 'method', 'Rtol', 'signal', 'slice', '__proto_'])('there is no %s', (name) => {
    const options = { [name]: 1 } as object;
    expect(errorOf(() => solver.solve(b, options))).toMatchObject({ code: 'invalid-option', argument: `options.${name}` });
    expect(errorOf(() => solver.solveMany([b], options))).toMatchObject({ code: 'invalid-option', argument: `options.${name}` });
  });

  it.each(['x0', 'out', 'onProgress'])('solveMany takes no %s', (name) => {
    expect(errorOf(() => solver.solveMany([b], { [name]: new Float64Array(3) } as object))).toMatchObject({ code: 'invalid-option', argument: `options.${name}` });
  });

  it.each([null, 3, 'fast', true, [], [1], 5n].map((options) => ({ options })))('$options instead of options', async ({ options }) => {
    const expected = { code: 'invalid-option', argument: 'options' };
    expect(errorOf(() => solver.solve(b, options as never))).toMatchObject(expected);
    expect(errorOf(() => solver.solveMany([b], options as never))).toMatchObject(expected);
    expect(await rejectionOf(solver.solveAsync(b, options as never))).toMatchObject(expected);
    expect(await rejectionOf(engine.solve(A, b, options as never))).toMatchObject(expected);
    expect(await rejectionOf(engine.createSolver(A, options as never))).toMatchObject(expected);
    expect(await rejectionOf(createSolver(A, options as never))).toMatchObject(expected);
    expect(await rejectionOf(solve(A, b, options as never))).toMatchObject(expected);
  });

  it.each([
    ['signal', 'stop'],
    ['signal', {}],
    ['signal', null],
    ['onProgress', 'log'],
    ['onProgress', null],
    ['slice', 0],
    ['slice', -5],
    ['slice', NaN],
    ['slice', '8'],
    ['timeLimit', 0],
    ['timeLimit', NaN],
    ['timeLimit', null],
  ])('control %s: %o', async (name, value) => {
    const expected = { code: 'invalid-option', argument: `options.${name}` };
    expect(await rejectionOf(solver.solveAsync(b, { [name]: value } as object))).toMatchObject(expected);
    expect(await rejectionOf(engine.solve(A, b, { method: 'cg', [name]: value } as object))).toMatchObject(expected);
  });
});

describe('options of a solver', () => {
  const cases: [name: string, bad: readonly unknown[]][] = [
    ...badOptions,
    ['method', ['Cholesky', 'gmres', '', 0, null, ['lu'], {}]],
    ['preconditioner', ['ICC', 'amg', 0, null, false]],
    ['dropTolerance', [-1, 1.1, NaN, '0', null]],
    ['fillFactor', [0, 1.5, 1001, NaN, Infinity, '5', null]],
  ];

  it.each(cases.flatMap(([name, values]) => values.map((value) => [name, value] as const)))('%s: %o', async (name, value) => {
    const options = { [name]: value } as object;
    const expected = { code: 'invalid-option', argument: `options.${name}` };
    expect(await rejectionOf(engine.createSolver(A, options))).toMatchObject(expected);
    expect(await rejectionOf(engine.solve(A, b, options))).toMatchObject(expected);
    expect(await rejectionOf(createSolver(A, { engine, ...options }))).toMatchObject(expected);
    expect(await rejectionOf(solve(A, b, { engine, ...options }))).toMatchObject(expected);
  });

  it.each(['x0', 'out', 'transpose', 'signal', 'tol', 'engine', 'toString'])('there is no %s', async (name) => {
    expect(await rejectionOf(engine.createSolver(A, { [name]: 1 } as object))).toMatchObject({ code: 'invalid-option', argument: `options.${name}` });
  });

  it.each(['cholesky', 'ldlt', 'lu', 'qr'] as const)('%s takes no preconditioner', async (method) => {
    for (const preconditioner of ['jacobi', 'ic', 'ilut'] as const) {
      const error = await rejectionOf(engine.createSolver(A, { method, preconditioner }));
      expect(error.code).toBe('invalid-option');
      expect(error.message).toContain(`'${preconditioner}' does not go with method '${method}'`);
    }
    for (const preconditioner of ['auto', 'none'] as const) {
      (await engine.createSolver(A, { method, preconditioner })).dispose();
    }
  });

  it('cg takes no ilut', async () => {
    expect((await rejectionOf(engine.createSolver(A, { method: 'cg', preconditioner: 'ilut' }))).code).toBe('invalid-option');
  });

  it.each([null, 3, {}, 'engine', []].map((value) => ({ value })))('$value is no engine', async ({ value }) => {
    const expected = { code: 'invalid-option', argument: 'options.engine' };
    expect(await rejectionOf(createSolver(A, { engine: value as never }))).toMatchObject(expected);
    expect(await rejectionOf(solve(A, b, { engine: value as never }))).toMatchObject(expected);
  });
});

describe('A', () => {
  it.each([undefined, null, 3, 'matrix', [[1]], {}, { rows: 3, cols: 3, nnz: 7 }, A.toCsr()].map((value) => ({ value })))('$value is no SparseMatrix', async ({ value }) => {
    const expected = { code: 'invalid-argument', argument: 'A' };
    for (const promise of [
      engine.createSolver(value as never),
      engine.solve(value as never, b),
      createSolver(value as never, { engine }),
      solve(value as never, b, { engine }),
    ]) {
      expect(await rejectionOf(promise)).toMatchObject(expected);
    }
  });

  const wide = SparseMatrix.fromDense([[1, 2, 3], [4, 5, 6]]);
  const lopsided = SparseMatrix.fromDense([[1, 2, 0], [2, 1, 3], [0, 4, 1]]);
  const sameValues = SparseMatrix.fromDense([[1, 0, 5], [0, 1, 0], [5, 7, 1]]);

  it.each(['cholesky', 'ldlt', 'lu', 'cg', 'bicgstab'] as const)('%s needs a square one', async (method) => {
    const error = await rejectionOf(engine.createSolver(wide, { method }));
    expect([error.code, error.argument]).toEqual(['not-square', 'A']);
    expect(error.message).toContain(method);
    expect(error.remedy).toContain('qr');
  });

  it.each([
    { method: 'cholesky' },
    { method: 'ldlt' },
    { method: 'cg' },
    { method: 'bicgstab', preconditioner: 'ic' },
    { preconditioner: 'ic' },
  ] satisfies SolverOptions[])('%o needs a symmetric one', async (options) => {
    for (const [matrix, pairs] of [[lopsided, ['1,2', '2,1']], [sameValues, ['1,2', '2,1']]] as const) {
      const error = await rejectionOf(engine.createSolver(matrix, options));
      expect(error.code).toBe('not-symmetric');
      expect(pairs).toContain(String(error.position));
    }
  });

  it.each([
    { method: 'cholesky', dense: [[1, 0], [0, -1]], position: 1 },
    { method: 'cholesky', dense: [[1, 2], [2, 1]], position: undefined },
    { method: 'cg', dense: [[-1, 0], [0, 1]], position: 0 },
    { method: 'cg', dense: [[0, 1], [1, 1]], position: 0 },
  ] as const)('$method needs a definite one: $dense', async ({ method, dense, position }) => {
    const error = await rejectionOf(engine.createSolver(SparseMatrix.fromDense(dense), { method }));
    expect(error.code).toBe('indefinite-matrix');
    if (position !== undefined) expect(error.position).toBe(position);
  });
});

describe('update', () => {
  it.each([
    ...badVectors('values').filter(([, , code]) => code === 'invalid-argument' && true),
    ['three values', [1, 2, 3], 'shape-mismatch', 'values'],
    ['another shape', SparseMatrix.identity(4), 'shape-mismatch', 'values'],
    ['other entries', SparseMatrix.fromDense([[4, 1, 1], [1, 3, 0], [1, 0, 5]]), 'shape-mismatch', 'values', 0],
  ] as Case[])('%s', (...given) => {
    const before = bits(solver.solve(b).x);
    const error = errorOf(() => solver.update(given[1] as number[]));
    expect(error.argument).toBe('values');
    // A list of three is too short before any of its elements is looked at.
    expect(error.code === given[2] || error.code === 'shape-mismatch').toBe(true);
    expect(bits(solver.solve(b).x)).toBe(before);
  });
});

describe('loading', () => {
  it.each<[LoadOptions | unknown, string]>([
    [null, 'options'],
    ['simd', 'options'],
    [3, 'options'],
    [{ variant: 'avx' }, 'options.variant'],
    [{ variant: null }, 'options.variant'],
    [{ variants: 'simd' }, 'options.variants'],
    [{ memoryLimit: 0 }, 'options.memoryLimit'],
    [{ memoryLimit: -1 }, 'options.memoryLimit'],
    [{ memoryLimit: NaN }, 'options.memoryLimit'],
    [{ memoryLimit: 1e6 + 0.5 }, 'options.memoryLimit'],
    [{ memoryLimit: '64 MB' }, 'options.memoryLimit'],
    [{ memoryLimit: 2 ** 33 }, 'options.memoryLimit'],
    [{ memoryLimit: 1000 }, 'options.memoryLimit'],
    [{ wasmModule: {} }, 'options.wasmModule'],
    [{ wasmBinary: [0, 97, 115, 109] }, 'options.wasmBinary'],
    [{ wasmBinary: new SharedArrayBuffer(8) }, 'options.wasmBinary'],
    [{ wasmUrl: 3 }, 'options.wasmUrl'],
    [{ wasmUrl: 'a.wasm', wasmBinary: new ArrayBuffer(8) }, 'options'],
  ])('%o', async (options, argument) => {
    expect(await rejectionOf(loadEngine(options as LoadOptions))).toMatchObject({ code: 'invalid-option', argument });
  });

  it('bytes that are no module', async () => {
    const error = await rejectionOf(loadEngine({ wasmBinary: Uint8Array.of(1, 2, 3, 4) }));
    expect(error.code).toBe('load-failed');
    expect(error.message).toContain('01 02 03 04 instead of 00 61 73 6d');
  });
});

it("the caller's arrays are only read", async () => {
  const indptr = Int32Array.of(0, 2, 5, 7);
  const indices = Int32Array.of(0, 1, 0, 1, 2, 1, 2);
  const data = Float64Array.of(4, 1, 1, 3, 1, 1, 5);
  const rhs = Float64Array.from(b);
  const x0 = Float64Array.of(9, 9, 9);
  const at = Int32Array.of(2, 0, 2);
  const values = Float64Array.of(1, 2, 3);
  const before = [indptr, indices, data, rhs, x0, at, values].map(bits);
  const options = Object.freeze({ method: 'cg', rtol: 1e-8 } as const);
  const matrix = SparseMatrix.fromCsr(3, 3, indptr, indices, data);
  const mine = await engine.createSolver(matrix, options);
  mine.solve(rhs, Object.freeze({ x0 }));
  mine.solve({ indices: at, values });
  mine.solveMany(Object.freeze([rhs, rhs]));
  await mine.solveAsync(rhs, Object.freeze({ x0, slice: 1 }));
  mine.update(data);
  mine.rhs(rhs).dispose();
  await engine.solve(matrix, rhs, Object.freeze({ method: 'bicgstab', x0 }));
  mine.dispose();
  expect([indptr, indices, data, rhs, x0, at, values].map(bits)).toEqual(before);
});
