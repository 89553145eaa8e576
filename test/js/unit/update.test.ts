import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Core, NativeSolver } from '../../../bindings/core.js';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { patternDifference, valuesOf } from '../../../src/ts/update.js';
import { build, tripletLists } from '../support/arbitraries.js';

/** The pattern of a matrix where the core would have it: indptr at byte 8, indices behind. */
function inMemory(A: SparseMatrix): [core: Core, native: NativeSolver] {
  const { indptr, indices } = A.toCsr();
  const heap = Int32Array.from([-1, -1, ...indptr, ...indices]);
  const native = { indptr: () => 8, indices: () => 8 + 4 * indptr.length };
  return [{ HEAP32: heap } as unknown as Core, native as NativeSolver];
}

const difference = (A: SparseMatrix, B: SparseMatrix | number[]) => patternDifference(...inMemory(A), A, B);

describe('patternDifference', () => {
  it('is found exactly where two patterns differ', () => {
    fc.assert(
      fc.property(tripletLists(), tripletLists(), (first, second) => {
        const A = build(first);
        const B = build({ ...second, rows: first.rows, cols: first.cols, triplets: second.triplets.filter(([i, j]) => i < first.rows && j < first.cols) });
        const same = JSON.stringify([A.toCsr().indptr, A.toCsr().indices]) === JSON.stringify([B.toCsr().indptr, B.toCsr().indices]);
        expect(difference(A, B) === undefined).toBe(same);
        expect(difference(A, A)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('names the first row, or what does not even have the shape', () => {
    const A = SparseMatrix.fromDense([[1, 2, 0], [0, 1, 0], [0, 0, 1]]);
    const B = SparseMatrix.fromDense([[1, 2, 0], [0, 0, 1], [0, 0, 1]]);
    const C = SparseMatrix.fromDense([[1, 0, 0], [1, 1, 0], [0, 0, 1]]);
    expect(difference(A, B)).toMatchObject({ code: 'shape-mismatch', argument: 'values', position: 1 });
    expect(difference(A, C)).toMatchObject({ code: 'shape-mismatch', argument: 'values', position: 0 });
    expect(difference(A, SparseMatrix.identity(4))!.message).toContain('has 4 rows, the solver 3');
    expect(difference(A, SparseMatrix.fromDense([[1, 2], [1, 0], [1, 0]]))!.message).toContain('has 2 cols, the solver 3');
    expect(difference(A, SparseMatrix.identity(3))!.message).toContain('has 3 nnz, the solver 4');
  });

  it('does not concern lists of values', () => {
    expect(difference(SparseMatrix.identity(3), [1])).toBeUndefined();
  });
});

it('valuesOf takes the values of a matrix as they are stored', () => {
  const values = [3, 4];
  expect(valuesOf(values)).toBe(values);
  expect([...Array.from(valuesOf(SparseMatrix.fromDense([[0, 7], [5, 0]])))]).toEqual([7, 5]);
});
