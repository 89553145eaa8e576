// Misuse of queries: the code, the argument and the place, and nothing changed.
import { createRowSolver, type Engine, type LacunaErrorCode, loadEngine, type QueryOptions, type Rhs, RowSolver, type RowSolverOptions, type Solver, SparseMatrix } from 'lacuna';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, rejectionOf } from '../support/errors.js';

const A = SparseMatrix.fromDense([[4, 1, 0], [1, 3, 1], [0, 1, 5]]);
const b = [1, 2, 3];
const rows = (ids: Float64Array) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map(() => 2) });

let engine: Engine;
let solver: Solver;
let lines: RowSolver;
let other: Solver;
let foreign: Rhs;
let live: number;

beforeAll(async () => {
  engine = await loadEngine();
  other = await engine.createSolver(A);
  foreign = other.rhs(b);
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  live = engine.stats().liveHandles;
  solver = await engine.createSolver(A);
  lines = await engine.createRowSolver({ rows }, { size: 3, margin: 2 });
});
afterEach(() => {
  // Whatever was refused, both still work and nothing of the attempt is left.
  expect(engine.stats().liveHandles).toBe(live + 2);
  expect(solver.entry(0, b).converged).toBe(true);
  expect(lines.entry(1, b, { rtol: 1e-12 }).value).toBeCloseTo(1, 9);
  solver.dispose();
  lines.dispose();
  expect(engine.stats().liveHandles).toBe(live);
});

interface Expected {
  code: LacunaErrorCode;
  argument: string;
  position?: number;
}

async function expectRefused(calls: (() => unknown)[], expected: Expected): Promise<void> {
  for (const call of calls) {
    // Asynchronous calls reject, others throw.
    const error = await rejectionOf((async () => call())());
    expect({ position: undefined, ...error }, `${call}: ${error.message}`).toMatchObject({ position: undefined, ...expected });
    expect(error.message.startsWith(`${expected.argument}: `)).toBe(true);
  }
}

/** Every kind of query of one solver, with something in the place of b. */
const withB = (target: Solver | RowSolver, given: never): (() => unknown)[] => [
  () => target.entry(0, given),
  () => target.entryAsync(0, given),
  () => target.functional({ indices: [0], values: [1] }, given),
  () => target.functionalAsync({ indices: [0], values: [1] }, given),
  () => target.estimateWork(0, given),
  ...(target instanceof RowSolver ? [] : [() => target.entries([0], given), () => target.entriesAsync([0], given)]),
];

const withOptions = (target: Solver | RowSolver, options: never): (() => unknown)[] => [
  () => target.entry(0, b, options),
  () => target.entryAsync(0, b, options),
  () => target.functional({ indices: [0], values: [1] }, b, options),
  () => target.estimateWork(0, b, options),
];

describe('b', () => {
  const value = () => 1;
  it.each([
    ['undefined', undefined, 'invalid-argument', 'b'],
    ['null', null, 'invalid-argument', 'b'],
    ['a number', 3, 'invalid-argument', 'b'],
    ['too few', [1, 2], 'shape-mismatch', 'b'],
    ['NaN', [1, NaN, 3], 'not-finite', 'b', 1],
    ['an index past the end', { indices: [3], values: [1] }, 'index-out-of-range', 'b.indices', 0],
    ['fewer values than indices', { indices: [0, 1], values: [1] }, 'shape-mismatch', 'b.values'],
    ['a value that is not finite', { indices: [0], values: [Infinity] }, 'not-finite', 'b.values', 0],
    ['no function', { value: 3, normInf: 1 }, 'invalid-argument', 'b'],
    ['no norm', { value }, 'invalid-argument', 'b'],
    ['a negative norm', { value, normInf: -1 }, 'invalid-argument', 'b'],
    ['an infinite norm', { value, normInf: Infinity }, 'invalid-argument', 'b'],
    ['a norm that is a string', { value, normInf: '1' }, 'invalid-argument', 'b'],
    ['a least value beyond the norm', { value, normInf: 1, least: -2 }, 'invalid-argument', 'b'],
    ['a greatest value below the least', { value, normInf: 1, least: 0.5, greatest: 0 }, 'invalid-argument', 'b'],
    ['NaN for the sum', { value, normInf: 1, norm1: NaN }, 'invalid-argument', 'b'],
    ['a fact that there is not', { value, normInf: 1, norm2: 3 }, 'invalid-option', 'b.norm2'],
  ] as const)('%s', async (_, given, code, argument, position?: number) => {
    const expected = { code, argument, ...(position !== undefined && { position }) };
    for (const target of [solver, lines]) {
      await expectRefused(withB(target, given as never), expected);
      await expectRefused([() => target.rhs(given as never)], expected);
    }
  });

  it('of another solver, and one that was disposed of', async () => {
    await expectRefused([...withB(solver, foreign as never), ...withB(lines, foreign as never)], { code: 'invalid-argument', argument: 'b' });
    const gone = solver.rhs({ indices: [0], values: [1] });
    gone.dispose();
    await expectRefused(withB(solver, gone as never), { code: 'disposed', argument: 'b' });
  });
});

describe('what is asked for', () => {
  it.each([
    [-1, 'index-out-of-range'],
    [3, 'index-out-of-range'],
    [0.5, 'invalid-argument'],
    ['0', 'invalid-argument'],
    [undefined, 'invalid-argument'],
  ] as const)('entry %s', async (i, code) => {
    for (const target of [solver, lines]) {
      const given = i as never;
      await expectRefused([() => target.entry(given, b), () => target.entryAsync(given, b), () => target.row(given), () => target.rowAsync(given), () => target.estimateWork(given, b)], { code, argument: 'i' });
      await expectRefused([() => target.column(given), () => target.columnAsync(given)], { code, argument: 'j' });
    }
    await expectRefused([() => solver.entries([0, i as never], b), () => solver.entriesAsync([0, i as never], b)], { code, argument: 'indices', position: 1 });
  });

  it.each([
    [null, 'invalid-argument', 't'],
    [[1, 0, 0], 'invalid-argument', 't'],
    [{ indices: [0] }, 'invalid-argument', 't'],
    [{ indices: [9], values: [1] }, 'index-out-of-range', 't.indices', 0],
    [{ indices: [0], values: [NaN] }, 'not-finite', 't.values', 0],
    [{ indices: [0], values: [] }, 'shape-mismatch', 't.values'],
  ] as const)('functional %j', async (t, code, argument, position?: number) => {
    const expected = { code, argument, ...(position !== undefined && { position }) };
    for (const target of [solver, lines]) await expectRefused([() => target.functional(t as never, b), () => target.functionalAsync(t as never, b)], expected);
  });

  it('entries of no list', async () => {
    for (const given of [undefined, null, 3, 'ab']) await expectRefused([() => solver.entries(given as never, b)], { code: 'invalid-argument', argument: 'indices' });
  });

  it('none at all', async () => {
    expect(solver.entries([], b)).toEqual([]);
    expect(await solver.entriesAsync(new Int32Array(0), b)).toEqual([]);
    expect(solver.functional({ indices: [], values: [] }, b).value).toBe(0);
  });
});

describe('options', () => {
  const bad: [keyof QueryOptions, readonly unknown[]][] = [
    ['rtol', [-1, NaN, Infinity, '1', null]],
    ['atol', [-1, NaN, Infinity, 1n]],
    ['confidence', [0, -0.5, 1.5, NaN, '0.9']],
    ['seed', [-1, 0.5, NaN, 2 ** 53, -1n, 2n ** 64n, '7', null]],
    ['maxEntries', [0, -1, NaN, '1']],
    ['maxWalks', [0, NaN, null]],
    ['maxWork', [0, -1, NaN, {}]],
    ['method', ['pushh', 0, null, 'AUTO']],
    ['order', ['lifo', 1, null]],
  ];

  it.each(bad.flatMap(([name, values]) => values.map((value) => [name, value] as const)))('%s: %s', async (name, value) => {
    const options = { [name]: value } as never;
    for (const target of [solver, lines]) {
      await expectRefused(withOptions(target, options), { code: 'invalid-option', argument: `options.${name}` });
      if (['rtol', 'atol', 'maxEntries', 'order'].includes(name)) {
        await expectRefused([() => target.row(0, options), () => target.columnAsync(0, options)], { code: 'invalid-option', argument: `options.${name}` });
      }
    }
  });

  it('that there are not', async () => {
    for (const target of [solver, lines]) {
      for (const name of ['rtoll', 'transpose', 'x0', 'maxiter']) {
        await expectRefused(withOptions(target, { [name]: 1 } as never), { code: 'invalid-option', argument: `options.${name}` });
      }
      // Of asynchronous calls, of queries that are not lines.
      await expectRefused([() => target.entry(0, b, { slice: 1 } as never)], { code: 'invalid-option', argument: 'options.slice' });
      await expectRefused([() => target.row(0, { seed: 1 } as never)], { code: 'invalid-option', argument: 'options.seed' });
      await expectRefused([() => target.entryAsync(0, b, { slice: 0 })], { code: 'invalid-option', argument: 'options.slice' });
      await expectRefused(withOptions(target, null as never), { code: 'invalid-option', argument: 'options' });
    }
  });

  it('a method that cannot answer', async () => {
    const refused = { code: 'invalid-option', argument: 'options.method' } as const;
    await expectRefused([() => solver.entry(0, b, { method: 'walks' }), () => solver.entry(0, b, { method: 'product' })], refused);
    await expectRefused([() => solver.entry(0, { value: () => 1, normInf: 1 }, { method: 'full' })], refused);
    await expectRefused([() => lines.entry(0, b, { method: 'full' })], refused);
    await expectRefused([() => lines.column(0), () => lines.columnAsync(0)], { code: 'invalid-option', argument: 'source.columns' });
  });

  it('a limit of work refuses in advance, and says by how much', async () => {
    const n = 400;
    const path = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
    const long = await engine.createSolver(SparseMatrix.laplacian(n, path, { shift: 1e-3 }), { setup: 'lazy' });
    const signs = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : -1));
    const error = errorOf(() => long.entry(200, signs, { maxWork: 10 }));
    expect(error).toMatchObject({ code: 'budget', argument: 'options.maxWork' });
    expect(error.details).toMatchObject({ maxWork: 10 });
    expect(error.details!['predicted']).toBeGreaterThan(10);
    expect(errorOf(() => long.entries([1, 200], signs, { maxWork: 10 })).position).toBe(0);
    // Nor is a full solve made, named or foreseen.
    const { method, predicted, spent } = long.estimateWork(200, signs, { method: 'full' });
    expect(method).toBe('full');
    expect(spent).toBeLessThan(10);
    expect(errorOf(() => long.entry(200, signs, { method: 'full', maxWork: 10 })).details).toEqual({ predicted, maxWork: 10 });
    expect(long.report.ready).toBe(false);
    expect(long.entry(200, signs, { maxWork: 1e9 }).converged).toBe(true);
    long.dispose();
  });
});

it('matrices that are not square', async () => {
  const tall = await engine.createSolver(SparseMatrix.fromDense([[1, 0], [0, 1], [1, 1]]));
  const calls = [() => tall.entry(0, b), () => tall.entries([0], b), () => tall.row(0), () => tall.columnAsync(0), () => tall.conditions(), () => tall.estimateWork(0, b)];
  await expectRefused(calls, { code: 'not-square', argument: 'A' });
  // Those kept for solves are as before.
  expect(tall.solve(tall.rhs([1, 1, 2])).x[0]).toBeCloseTo(1, 12);
  expect(tall.solve(tall.rhs([1, 1]), { transpose: true }).x.length).toBe(3);
  tall.dispose();
});

describe('a row solver', () => {
  const good = { size: 3, margin: 2 };

  it.each([undefined, null, 3, {}, { rows: 3 }, { rows, columns: 3 }, { columns: rows }].map((source) => ({ source })))('over $source', async ({ source }) => {
    await expectRefused([() => engine.createRowSolver(source as never, good), () => createRowSolver(source as never, { ...good, engine })], { code: 'invalid-argument', argument: 'source' });
  });

  it.each([
    ['size', [undefined, 0, -1, 1.5, NaN, 2 ** 53, '3']],
    ['margin', [-1, NaN, Infinity, '1']],
    ['columnMargin', [-1, NaN]],
    ['norm', [-1, NaN, '5']],
    ['columnNorm', [-1, NaN]],
    ['signs', ['M', 0, null]],
    ['symmetric', [0, 'yes']],
    ['maxRowEntries', [-1, 1.5, 2 ** 40]],
    ['cacheBytes', [-1, NaN, 2 ** 40]],
    ['contraction', [0.5]],
  ] as const)('declared: %s', async (name, values) => {
    for (const value of values) {
      await expectRefused([() => engine.createRowSolver({ rows }, { ...good, [name]: value } as never)], { code: 'invalid-option', argument: `options.${name}` });
    }
  });

  it('declared to be what cannot be', async () => {
    const impossible: RowSolverOptions[] = [
      { ...good, margin: 5, norm: 4 },
      { ...good, signs: 'laplacian' },
    ];
    for (const options of impossible) await expectRefused([() => engine.createRowSolver({ rows }, options)], { code: 'invalid-option', argument: 'options' });
    await expectRefused([() => createRowSolver({ rows }, undefined as never)], { code: 'invalid-option', argument: 'options' });
  });
});
