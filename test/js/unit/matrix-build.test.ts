import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { anyFinite, build, tripletLists } from '../support/arbitraries.js';
import { denseOfTriplets, toDense, transposed } from '../support/dense.js';
import { Random } from '../support/random.js';

/** Checks the invariants that everything behind the checked door trusts. */
function expectCanonical(matrix: SparseMatrix): void {
  const { rows, cols, indptr, indices, data } = matrix.toCsr();
  expect(indptr.length).toBe(rows + 1);
  expect([indptr[0], indptr[rows]]).toEqual([0, matrix.nnz]);
  expect([indices.length, data.length]).toEqual([matrix.nnz, matrix.nnz]);
  for (let i = 0; i < rows; i++) {
    const row = [...indices.subarray(indptr[i], indptr[i + 1])];
    expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
    expect(row.every((j) => j >= 0 && j < cols)).toBe(true);
  }
}

describe('fromTriplets', () => {
  it('agrees with a dense sum and is canonical', () => {
    fc.assert(
      fc.property(tripletLists(), (list) => {
        const matrix = build(list);
        expectCanonical(matrix);
        expect(toDense(matrix)).toEqual(denseOfTriplets(list.rows, list.cols, list.triplets));
        expect(matrix.nnz).toBe(new Set(list.triplets.map(([i, j]) => `${i},${j}`)).size);
      }),
    );
  });

  it('does not depend on the order of the triplets', () => {
    const lists = tripletLists().chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list.triplets, { minLength: list.triplets.length })),
    );
    fc.assert(
      fc.property(lists, ([list, shuffled]) => {
        expect(build({ ...list, triplets: shuffled }).toCsr()).toEqual(build(list).toCsr());
      }),
    );
  });

  it('sums duplicates in the order of the input, also in long unsorted rows', () => {
    // 1e16 + 1 − 1e16 is 0 in this order and 1 in any other that ends with the 1.
    const A = SparseMatrix.fromTriplets(1, 2, [0, 0, 0, 0], [1, 0, 0, 0], [9, 1e16, 1, -1e16]);
    expect([...A.toCsr().data]).toEqual([0, 9]);
    const B = SparseMatrix.fromTriplets(1, 2, [0, 0, 0, 0], [1, 0, 0, 0], [9, 1e16, -1e16, 1]);
    expect([...B.toCsr().data]).toEqual([1, 9]);

    const random = new Random(1);
    const cols = Array.from({ length: 5000 }, () => random.integer(300));
    const values = cols.map(() => 10 ** random.between(-8, 8));
    const expected = new Array<number>(300).fill(0);
    cols.forEach((j, k) => (expected[j]! += values[k]!));
    const long = SparseMatrix.fromTriplets(1, 300, new Int32Array(5000), cols, values);
    expectCanonical(long);
    expect(toDense(long)).toEqual([expected]);
  });

  it('keeps explicit zeros, cancelled sums and the sign of zero', () => {
    const A = SparseMatrix.fromTriplets(1, 3, [0, 0, 0, 0], [0, 1, 1, 2], [0, 5, -5, -0]);
    expect([...A.toCsr().data]).toEqual([0, 0, -0]);
  });

  it('makes an empty matrix of no triplets', () => {
    const A = SparseMatrix.fromTriplets(2, 3, [], [], []);
    expect(A.nnz).toBe(0);
    expect([...A.toCsr().indptr]).toEqual([0, 0, 0]);
  });

  it('takes typed arrays of every number type', () => {
    const expected = SparseMatrix.fromTriplets(3, 4, [0, 2, 1], [3, 0, 1], [1, 2, 3]).toCsr();
    const types = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    ];
    for (const type of types) {
      const A = SparseMatrix.fromTriplets(3, 4, type.of(0, 2, 1), type.of(3, 0, 1), type.of(1, 2, 3));
      expect(A.toCsr(), type.name).toEqual(expected);
    }
    const shared = new Float64Array(new SharedArrayBuffer(24));
    shared.set([1, 2, 3]);
    expect(SparseMatrix.fromTriplets(3, 4, [0, 2, 1], [3, 0, 1], shared).toCsr()).toEqual(expected);
  });

  it('widens Float32Array exactly', () => {
    const values = Float32Array.of(0.1, 1 / 3);
    expect([...SparseMatrix.fromTriplets(1, 2, [0, 0], [0, 1], values).toCsr().data]).toEqual([...values]);
  });

  it('takes the widest matrix, whose columns cost nothing', () => {
    const A = SparseMatrix.fromTriplets(1, 2 ** 31 - 1, [0], [2 ** 31 - 2], [7]);
    expect(A.get(0, 2 ** 31 - 2)).toBe(7);
  });
});

describe('fromCsr and fromCsc', () => {
  it('undo toCsr, one of them for the transpose', () => {
    fc.assert(
      fc.property(tripletLists(anyFinite.map((value) => value / 64)), (list) => {
        const matrix = build(list);
        const { rows, cols, indptr, indices, data } = matrix.toCsr();
        expect(SparseMatrix.fromCsr(rows, cols, indptr, indices, data).toCsr()).toEqual(matrix.toCsr());
        const csc = SparseMatrix.fromCsc(cols, rows, indptr, indices, data);
        expectCanonical(csc);
        expect(toDense(csc)).toEqual(transposed(toDense(matrix)));
      }),
    );
  });

  it('sort and sum when asked to', () => {
    fc.assert(
      fc.property(tripletLists(), ({ rows, cols, triplets }) => {
        const byRow = triplets.slice().sort((a, b) => a[0] - b[0]);
        const indptr = Array.from({ length: rows + 1 }, (_, i) => byRow.filter(([row]) => row < i).length);
        const columns = byRow.map(([, j]) => j);
        const values = byRow.map(([, , value]) => value);
        const expected = denseOfTriplets(rows, cols, triplets);
        const csr = SparseMatrix.fromCsr(rows, cols, indptr, columns, values, { sort: true });
        const csc = SparseMatrix.fromCsc(cols, rows, indptr, columns, values, { sort: true });
        expectCanonical(csr);
        expectCanonical(csc);
        expect(toDense(csr)).toEqual(expected);
        expect(toDense(csc)).toEqual(transposed(expected));
      }),
    );
  });
});

describe('fromDense', () => {
  it('drops zeros and agrees with its input, flat or nested', () => {
    const dense = fc.integer({ min: 1, max: 7 }).chain((cols) =>
      fc.array(fc.array(fc.oneof(fc.constant(0), fc.constant(-0), anyFinite), { minLength: cols, maxLength: cols }), {
        minLength: 1,
        maxLength: 7,
      }),
    );
    fc.assert(
      fc.property(dense, (rows) => {
        const nested = SparseMatrix.fromDense(rows);
        const cols = rows[0]!.length;
        const flat = SparseMatrix.fromDense(rows.length, cols, rows.flat());
        const typed = SparseMatrix.fromDense(rows.map((row) => Float64Array.from(row)));
        expectCanonical(nested);
        expect(toDense(nested)).toEqual(rows.map((row) => row.map((value) => value + 0)));
        expect(flat.toCsr()).toEqual(nested.toCsr());
        expect(typed.toCsr()).toEqual(nested.toCsr());
        expect(nested.nnz).toBe(rows.flat().filter((value) => value !== 0).length);
      }),
    );
  });

  it('grows past its first capacity', () => {
    const values = new Random(2).vector(200 * 150).map((value) => (value > 0 ? value : 0));
    const A = SparseMatrix.fromDense(200, 150, values);
    expect(toDense(A).flat()).toEqual([...values]);
  });
});

describe('identity', () => {
  it('has ones on the diagonal', () => {
    const matrix = SparseMatrix.identity(4);
    expectCanonical(matrix);
    expect(toDense(matrix)).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
  });
});

describe('ownership', () => {
  it('copies its input: later changes do not reach the matrix, and the input is not changed', () => {
    const make: [name: string, arrays: () => (Int32Array | Float64Array)[], build: (a: ArrayLike<number>[]) => SparseMatrix][] = [
      [
        'fromTriplets',
        () => [Int32Array.of(1, 0, 1), Int32Array.of(1, 0, 1), Float64Array.of(1, 2, 3)],
        ([i, j, v]) => SparseMatrix.fromTriplets(2, 2, i!, j!, v!),
      ],
      [
        'fromCsr',
        () => [Int32Array.of(0, 1, 2), Int32Array.of(0, 1), Float64Array.of(1, 2)],
        ([p, j, v]) => SparseMatrix.fromCsr(2, 2, p!, j!, v!),
      ],
      [
        'fromCsr sorting',
        () => [Int32Array.of(0, 3, 3), Int32Array.of(1, 0, 1), Float64Array.of(1, 2, 3)],
        ([p, j, v]) => SparseMatrix.fromCsr(2, 2, p!, j!, v!, { sort: true }),
      ],
      [
        'fromCsc sorting',
        () => [Int32Array.of(0, 3, 3), Int32Array.of(1, 0, 1), Float64Array.of(1, 2, 3)],
        ([p, i, v]) => SparseMatrix.fromCsc(2, 2, p!, i!, v!, { sort: true }),
      ],
      ['fromDense', () => [Float64Array.of(1, 2, 0, 3)], ([v]) => SparseMatrix.fromDense(2, 2, v!)],
      [
        'fromEdges',
        () => [Int32Array.of(0, 1), Int32Array.of(1, 1), Float64Array.of(2, 3)],
        ([source, target, weight]) => SparseMatrix.fromEdges(2, { source: source!, target: target!, weight: weight! }),
      ],
    ];
    for (const [name, arrays, construct] of make) {
      const input = arrays();
      const matrix = construct(input);
      const before = matrix.toCsr();
      expect(input, `${name} must leave its input alone`).toEqual(arrays());
      for (const array of input) array.fill(1e9);
      expect(matrix.toCsr(), `${name} must not keep its input`).toEqual(before);
    }
  });

  it('hands out copies', () => {
    const matrix = SparseMatrix.identity(3);
    const csr = matrix.toCsr();
    csr.indptr.fill(9);
    csr.indices.fill(9);
    csr.data.fill(9);
    expect(matrix.toCsr()).toEqual(SparseMatrix.identity(3).toCsr());
  });

  it('cannot be changed or forged', () => {
    const matrix = SparseMatrix.identity(3);
    expect(Object.isFrozen(matrix)).toBe(true);
    const Forged = SparseMatrix as unknown as new (...values: unknown[]) => SparseMatrix;
    expect(() => new Forged(Symbol('checked'), matrix.toCsr())).toThrow('SparseMatrix has no public constructor');
    expect(() => new Forged()).toThrow('SparseMatrix has no public constructor');
  });

  it('checks the copy: an array that answers differently the second time cannot slip through', () => {
    let reads = 0;
    const sly = new Proxy([0, 1], { get: (target, key) => (key === '1' && reads++ > 0 ? 77 : Reflect.get(target, key)) });
    expect(SparseMatrix.fromTriplets(2, 2, sly, [0, 1], [1, 1]).get(1, 1)).toBe(1);
  });
});
