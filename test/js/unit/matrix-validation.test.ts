import { describe, expect, it } from 'vitest';
import type { LacunaErrorCode } from '../../../src/ts/errors.js';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { errorOf, expectError } from '../support/errors.js';

/** What JavaScript callers pass when nothing checks their types. */
const anything = SparseMatrix as unknown as Record<
  'fromTriplets' | 'fromCsr' | 'fromCsc' | 'fromDense' | 'fromEdges' | 'laplacian' | 'identity',
  (...values: unknown[]) => SparseMatrix
>;

type Case = [what: string, code: LacunaErrorCode, argument: string | undefined, position: number | undefined, call: () => unknown];

function check(cases: Case[]): void {
  it.each(cases)('%s: %s', (_, code, argument, position, call) => expectError(call, code, argument, position));
}

describe('sizes', () => {
  const sizes: [what: string, code: LacunaErrorCode, size: unknown][] = [
    ['0', 'invalid-argument', 0],
    ['negative', 'invalid-argument', -3],
    ['fractional', 'invalid-argument', 2.5],
    ['NaN', 'invalid-argument', NaN],
    ['Infinity', 'invalid-argument', Infinity],
    ['a string', 'invalid-argument', '3'],
    ['null', 'invalid-argument', null],
    ['undefined', 'invalid-argument', undefined],
    ['a bigint', 'invalid-argument', 3n],
    ['an object', 'invalid-argument', {}],
    ['2³¹', 'too-large', 2 ** 31],
    ['past 2⁵³', 'too-large', 2 ** 60],
  ];
  const doors: [name: string, argument: string, call: (size: unknown) => unknown][] = [
    ['fromTriplets rows', 'rows', (n) => anything.fromTriplets(n, 2, [], [], [])],
    ['fromTriplets cols', 'cols', (n) => anything.fromTriplets(2, n, [], [], [])],
    ['fromCsr rows', 'rows', (n) => anything.fromCsr(n, 2, [0], [], [])],
    ['fromCsc cols', 'cols', (n) => anything.fromCsc(2, n, [0], [], [])],
    ['fromDense cols', 'cols', (n) => anything.fromDense(2, n, [])],
    ['fromEdges n', 'n', (n) => anything.fromEdges(n, [])],
    ['laplacian n', 'n', (n) => anything.laplacian(n, [])],
    ['identity n', 'n', (n) => anything.identity(n)],
  ];
  for (const [name, argument, call] of doors) {
    it.each(sizes)(`${name}: %s is %s`, (_, code, size) => expectError(() => call(size), code, argument));
  }

  it('refuses, before it allocates, a matrix that cannot fit into 4 GiB', () => {
    const huge = 2 ** 31 - 1;
    const calls = [
      () => SparseMatrix.identity(huge),
      () => SparseMatrix.fromTriplets(huge, huge, [0], [0], [1]),
      () => SparseMatrix.fromEdges(huge, [[0, 1]]),
      () => SparseMatrix.laplacian(huge, []),
      () => SparseMatrix.fromTriplets(1, huge, [0], [0], [1]).transpose(),
      () => anything.fromTriplets(2, 2, { length: 4e8 }, { length: 4e8 }, { length: 4e8 }),
    ];
    for (const call of calls) {
      const error = errorOf(call);
      expect(error.code).toBe('too-large');
      expect(error.message).toContain('the limit is 4 GiB');
    }
  });

  it('refuses dense input past 65,536 a side and does not let rows × cols overflow', () => {
    expectError(() => SparseMatrix.fromDense(65_537, 1, new Uint8Array(65_537)), 'too-large', 'rows');
    expectError(() => SparseMatrix.fromDense(1, 65_537, new Uint8Array(65_537)), 'too-large', 'cols');
    expectError(() => SparseMatrix.fromDense(2 ** 31 - 1, 2 ** 31 - 1, []), 'too-large', 'rows');
    // 65,536² is 0 modulo 2³²: a 32-bit product would let the empty list pass.
    expectError(() => SparseMatrix.fromDense(65_536, 65_536, []), 'shape-mismatch', 'values');
    expectError(() => anything.fromDense({ length: 65_537, 0: [1] }), 'too-large', 'values.length');
    expectError(() => SparseMatrix.fromDense([new Uint8Array(65_537)]), 'too-large', 'values[0].length');
    expect(SparseMatrix.fromDense(65_536, 1, new Uint8Array(65_536)).nnz).toBe(0);
  });
});

describe('lists that are no lists of numbers', () => {
  const wrong: [what: string, value: unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['a string', '01'],
    ['a number', 2],
    ['a set', new Set([0, 1])],
    ['an ArrayBuffer', new ArrayBuffer(16)],
    ['a DataView', new DataView(new ArrayBuffer(16))],
    ['a BigInt64Array', new BigInt64Array(2)],
    ['a negative length', { length: -1 }],
    ['a fractional length', { length: 1.5 }],
    ['a function', () => 2],
  ];
  const doors: [argument: string, call: (value: unknown) => unknown][] = [
    ['rowIndices', (v) => anything.fromTriplets(2, 2, v, [0, 1], [1, 1])],
    ['colIndices', (v) => anything.fromTriplets(2, 2, [0, 1], v, [1, 1])],
    ['values', (v) => anything.fromTriplets(2, 2, [0, 1], [0, 1], v)],
    ['indptr', (v) => anything.fromCsr(1, 2, v, [0], [1])],
    ['indices', (v) => anything.fromCsr(1, 2, [0, 2], v, [1, 1])],
    ['data', (v) => anything.fromCsc(2, 1, [0, 2], [0, 1], v)],
    ['values', (v) => anything.fromDense(1, 2, v)],
    ['values[1]', (v) => anything.fromDense([[1, 2], v])],
    ['edges.source', (v) => anything.fromEdges(2, { source: v, target: [0, 1] })],
    ['edges.target', (v) => anything.laplacian(2, { source: [0, 1], target: v })],
    ['x', (v) => SparseMatrix.identity(2).multiply(v as number[])],
    ['x', (v) => SparseMatrix.identity(2).multiplyTranspose(v as number[])],
  ];
  for (const [argument, call] of doors) {
    it.each(wrong)(`${argument} refuses %s`, (_, value) => expectError(() => call(value), 'invalid-argument', argument));
  }
});

describe('elements', () => {
  // The second element is a hole and reads as undefined.
  const hole = new Array<number>(2).fill(0, 0, 1);
  check([
    ['an index that is a string', 'invalid-argument', 'rowIndices', 1, () => anything.fromTriplets(2, 2, [0, '1'], [0, 1], [1, 1])],
    ['an index that is a hole', 'invalid-argument', 'rowIndices', 1, () => anything.fromTriplets(2, 2, hole, [0, 1], [1, 1])],
    ['an index that is a bigint', 'invalid-argument', 'colIndices', 0, () => anything.fromTriplets(2, 2, [0], [0n], [1])],
    ['an index that is true', 'invalid-argument', 'colIndices', 0, () => anything.fromTriplets(2, 2, [0], [true], [1])],
    ['a fractional index', 'invalid-argument', 'rowIndices', 1, () => SparseMatrix.fromTriplets(2, 2, [0, 0.5], [0, 1], [1, 1])],
    ['a fractional index in a Float64Array', 'invalid-argument', 'colIndices', 1, () => SparseMatrix.fromTriplets(2, 2, [0, 1], Float64Array.of(0, 0.5), [1, 1])],
    ['a NaN index', 'invalid-argument', 'rowIndices', 0, () => SparseMatrix.fromTriplets(2, 2, [NaN], [0], [1])],
    ['an infinite index', 'invalid-argument', 'rowIndices', 0, () => SparseMatrix.fromTriplets(2, 2, [Infinity], [0], [1])],
    ['a negative row', 'index-out-of-range', 'rowIndices', 1, () => SparseMatrix.fromTriplets(2, 2, [0, -1], [0, 1], [1, 1])],
    ['a row past the end', 'index-out-of-range', 'rowIndices', 1, () => SparseMatrix.fromTriplets(2, 2, [0, 2], [0, 1], [1, 1])],
    ['a row past the end in an Int32Array', 'index-out-of-range', 'rowIndices', 1, () => SparseMatrix.fromTriplets(2, 2, Int32Array.of(0, 2), [0, 1], [1, 1])],
    ['a negative column in an Int32Array', 'index-out-of-range', 'colIndices', 0, () => SparseMatrix.fromTriplets(2, 2, [0], Int32Array.of(-1), [1])],
    ['an index past int32 in a Uint32Array', 'index-out-of-range', 'colIndices', 0, () => SparseMatrix.fromTriplets(2, 2, [0], Uint32Array.of(2 ** 32 - 1), [1])],
    ['an index that wraps to 0 modulo 2³²', 'index-out-of-range', 'rowIndices', 0, () => SparseMatrix.fromTriplets(2, 2, [2 ** 32], [0], [1])],
    ['a NaN value', 'not-finite', 'values', 1, () => SparseMatrix.fromTriplets(2, 2, [0, 1], [0, 1], [1, NaN])],
    ['an infinite value', 'not-finite', 'values', 0, () => SparseMatrix.fromTriplets(2, 2, [0, 1], [0, 1], Float64Array.of(-Infinity, 1))],
    ['an infinite Float32Array value', 'not-finite', 'values', 1, () => SparseMatrix.fromTriplets(2, 2, [0, 1], [0, 1], Float32Array.of(1, Infinity))],
    ['a value that is a string', 'invalid-argument', 'values', 0, () => anything.fromTriplets(2, 2, [0], [0], ['1'])],
    ['a value that is null', 'invalid-argument', 'values', 0, () => anything.fromTriplets(2, 2, [0], [0], [null])],
    ['a value that is undefined', 'invalid-argument', 'values', 1, () => anything.fromTriplets(2, 2, [0, 1], [0, 1], [1, undefined])],
    ['a dense NaN', 'not-finite', 'values', 3, () => SparseMatrix.fromDense(2, 2, [1, 2, 3, NaN])],
    ['a dense NaN in a typed array', 'not-finite', 'values', 3, () => SparseMatrix.fromDense(2, 2, Float32Array.of(1, 2, 3, NaN))],
    ['a nested dense NaN', 'not-finite', 'values[1]', 0, () => SparseMatrix.fromDense([[1, 2], [NaN, 3]])],
    ['a nested dense string', 'invalid-argument', 'values[0]', 1, () => anything.fromDense([[1, '2']])],
    ['a CSR value', 'not-finite', 'data', 0, () => SparseMatrix.fromCsr(1, 1, [0, 1], [0], [Infinity])],
    ['a CSR column', 'index-out-of-range', 'indices', 0, () => SparseMatrix.fromCsr(1, 1, [0, 1], [1], [1])],
    ['a CSC row', 'index-out-of-range', 'indices', 0, () => SparseMatrix.fromCsc(1, 2, [0, 0, 1], [1], [1])],
    ['a NaN in x', 'not-finite', 'x', 1, () => SparseMatrix.identity(2).multiply(Float64Array.of(0, NaN))],
    ['a string in x', 'invalid-argument', 'x', 0, () => SparseMatrix.identity(1).multiply(['1'] as unknown as number[])],
  ]);

  it('refuses a sum of duplicates that overflows', () => {
    const error = errorOf(() => SparseMatrix.fromTriplets(3, 3, [1, 1], [2, 2], [1.7e308, 1.7e308]));
    expect([error.code, error.position]).toEqual(['not-finite', [1, 2]]);
  });
});

describe('lengths', () => {
  check([
    ['colIndices', 'shape-mismatch', 'colIndices', undefined, () => SparseMatrix.fromTriplets(2, 2, [0, 1], [0], [1, 1])],
    ['values', 'shape-mismatch', 'values', undefined, () => SparseMatrix.fromTriplets(2, 2, [0, 1], [0, 1], [1])],
    ['indptr of CSR', 'shape-mismatch', 'indptr', undefined, () => SparseMatrix.fromCsr(2, 1, [0, 1], [0], [1])],
    ['indptr of CSC', 'shape-mismatch', 'indptr', undefined, () => SparseMatrix.fromCsc(1, 2, [0, 1], [0], [1])],
    ['data', 'shape-mismatch', 'data', undefined, () => SparseMatrix.fromCsr(1, 2, [0, 2], [0, 1], [1])],
    ['dense', 'shape-mismatch', 'values', undefined, () => SparseMatrix.fromDense(2, 2, [1, 2, 3])],
    ['ragged rows', 'shape-mismatch', 'values[1]', undefined, () => SparseMatrix.fromDense([[1, 2], [3]])],
    ['no rows', 'invalid-argument', 'values.length', undefined, () => SparseMatrix.fromDense([])],
    ['empty rows', 'invalid-argument', 'values[0].length', undefined, () => SparseMatrix.fromDense([[], []])],
    ['x', 'shape-mismatch', 'x', undefined, () => SparseMatrix.identity(2).multiply([1])],
    ['x transposed', 'shape-mismatch', 'x', undefined, () => SparseMatrix.fromDense([[1, 2]]).multiplyTranspose([1, 2])],
    ['out', 'shape-mismatch', 'out', undefined, () => SparseMatrix.identity(2).multiply([1, 2], new Float64Array(3))],
    ['out of another type', 'invalid-argument', 'out', undefined, () => SparseMatrix.identity(2).multiply([1, 2], new Float32Array(2) as unknown as Float64Array)],
  ]);
});

describe('compressed structure', () => {
  for (const [name, from] of [['fromCsr', SparseMatrix.fromCsr], ['fromCsc', SparseMatrix.fromCsc]] as const) {
    describe(name, () => {
      check([
        ['indptr that starts past 0', 'invalid-argument', 'indptr', 0, () => from(2, 2, [1, 1, 2], [0, 1], [1, 1])],
        ['indptr that decreases', 'invalid-argument', 'indptr', 2, () => from(2, 2, [0, 2, 1], [0, 1], [1, 1])],
        ['indptr that runs past and comes back', 'invalid-argument', 'indptr', 2, () => from(2, 2, [0, 9, 2], [0, 1], [1, 1])],
        ['indptr that ends early', 'invalid-argument', 'indptr', 2, () => from(2, 2, [0, 1, 1], [0, 1], [1, 1])],
        ['indptr that ends late', 'invalid-argument', 'indptr', 2, () => from(2, 2, [0, 1, 3], [0, 1], [1, 1])],
        ['indptr with a fraction', 'invalid-argument', 'indptr', 1, () => from(2, 2, [0, 0.5, 2], [0, 1], [1, 1])],
        ['indptr with a negative number', 'index-out-of-range', 'indptr', 1, () => from(2, 2, [0, -1, 2], [0, 1], [1, 1])],
        ['unsorted', 'unsorted-indices', 'indices', 1, () => from(2, 2, [0, 2, 2], [1, 0], [1, 1])],
        ['duplicate', 'duplicate-entry', 'indices', 2, () => from(2, 2, [0, 1, 3], [0, 1, 1], [1, 1, 1])],
        ['sort that is no boolean', 'invalid-option', 'options.sort', undefined, () => from(1, 1, [0, 0], [], [], { sort: 1 as unknown as boolean })],
        ['an unknown option', 'invalid-option', 'options.sorted', undefined, () => from(1, 1, [0, 0], [], [], { sorted: true } as object)],
        ['options that are no object', 'invalid-option', 'options', undefined, () => from(1, 1, [0, 0], [], [], true as unknown as object)],
        ['options that are null', 'invalid-option', 'options', undefined, () => from(1, 1, [0, 0], [], [], null as unknown as object)],
      ]);

      it('says what to do about unsorted input', () => {
        expect(errorOf(() => from(2, 2, [0, 2, 2], [1, 0], [1, 1])).message).toContain('Pass { sort: true }');
      });

      it('still refuses what sorting cannot repair', () => {
        expectError(() => from(2, 2, [0, 1, 1], [5], [1], { sort: true }), 'index-out-of-range', 'indices', 0);
        expectError(() => from(2, 2, [0, 1, 1], [0], [NaN], { sort: true }), 'not-finite', 'data', 0);
      });
    });
  }

  it('accepts neighbors in different rows whose columns decrease', () => {
    expect(SparseMatrix.fromCsr(2, 2, [0, 1, 2], [1, 0], [1, 1]).nnz).toBe(2);
  });
});

describe('get', () => {
  const A = SparseMatrix.fromDense([[1, 2, 3]]);
  check([
    ['row past the end', 'index-out-of-range', 'row', undefined, () => A.get(1, 0)],
    ['negative column', 'index-out-of-range', 'column', undefined, () => A.get(0, -1)],
    ['column past the end', 'index-out-of-range', 'column', undefined, () => A.get(0, 3)],
    ['fraction', 'invalid-argument', 'column', undefined, () => A.get(0, 0.5)],
    ['string', 'invalid-argument', 'row', undefined, () => A.get('0' as unknown as number, 0)],
    ['nothing', 'invalid-argument', 'column', undefined, () => A.get(0, undefined as unknown as number)],
  ]);
});
