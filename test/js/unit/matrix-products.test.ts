import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { build, matrices, tripletLists } from '../support/arbitraries.js';
import { denseMultiply, toDense, transposed } from '../support/dense.js';
import { poisson2d, randomSparse } from '../support/generate.js';
import { Random } from '../support/random.js';
import { expectError } from '../support/errors.js';

/** Sums of small integers are exact, so sparse and dense must agree exactly. */
const products = tripletLists().chain((list) =>
  fc.tuple(
    fc.constant(list),
    fc.array(fc.integer({ min: -99, max: 99 }), { minLength: list.cols, maxLength: list.cols }),
    fc.array(fc.integer({ min: -99, max: 99 }), { minLength: list.rows, maxLength: list.rows }),
  ),
);

describe('multiply', () => {
  it('agrees with the dense product, transposed too', () => {
    fc.assert(
      fc.property(products, ([list, x, y]) => {
        const matrix = build(list);
        const dense = toDense(matrix);
        expect([...matrix.multiply(x)]).toEqual(denseMultiply(dense, x).map((value) => value + 0));
        expect([...matrix.multiplyTranspose(y)]).toEqual(denseMultiply(transposed(dense), y).map((value) => value + 0));
      }),
    );
  });

  it('satisfies y·(Ax) = x·(Aᵀy) on a larger matrix', () => {
    const random = new Random(3);
    const A = randomSparse(random, 300, 200, 7);
    const x = random.vector(200);
    const y = random.vector(300);
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(dot(y, A.multiply(x))).toBeCloseTo(dot(x, A.multiplyTranspose(y)), 12);
  });

  it('writes into out, whatever it held, and returns it', () => {
    const A = SparseMatrix.fromDense([[1, 2, 3], [0, 0, 0]]);
    const out = Float64Array.of(NaN, 7);
    expect(A.multiply([1, 1, 1], out)).toBe(out);
    expect([...out]).toEqual([6, 0]);
    const back = new Float64Array(3).fill(NaN);
    expect(A.multiplyTranspose([1, 5], back)).toBe(back);
    expect([...back]).toEqual([1, 2, 3]);
  });

  it('takes Float32Array and plain lists, and leaves x alone', () => {
    const A = poisson2d(3);
    const x = new Random(4).vector(9);
    const copy = x.slice();
    A.multiply(x);
    expect(x).toEqual(copy);
    const single = Float32Array.from(x);
    expect(A.multiply(single)).toEqual(A.multiply([...single]));
  });

  it('takes neighboring but not overlapping parts of one buffer', () => {
    const A = SparseMatrix.fromDense([[0, 1], [1, 0]]);
    const memory = Float64Array.of(1, 2, 0, 0);
    A.multiply(memory.subarray(0, 2), memory.subarray(2));
    expect([...memory]).toEqual([1, 2, 2, 1]);
    expectError(() => A.multiply(memory.subarray(0, 2), memory.subarray(1, 3)), 'invalid-argument', 'out');
    expectError(() => A.multiplyTranspose(memory.subarray(1, 3), memory.subarray(0, 2)), 'invalid-argument', 'out');
    expect([...memory]).toEqual([1, 2, 2, 1]);
  });
});

describe('transpose', () => {
  it('swaps rows and columns; twice is the same matrix', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const once = matrix.transpose();
        expect([once.rows, once.cols, once.nnz]).toEqual([matrix.cols, matrix.rows, matrix.nnz]);
        expect(toDense(once)).toEqual(transposed(toDense(matrix)));
        expect(once.transpose().toCsr()).toEqual(matrix.toCsr());
      }),
    );
  });

  it('leaves a symmetric matrix as it is', () => {
    const A = poisson2d(7, 5);
    expect(A.transpose().toCsr()).toEqual(A.toCsr());
  });
});

describe('get', () => {
  it('finds every entry and answers 0 elsewhere', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        toDense(matrix).forEach((row, i) => row.forEach((value, j) => expect(matrix.get(i, j) + 0).toBe(value)));
      }),
    );
  });
});
