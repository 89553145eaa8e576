import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMatrixMarket, matrixMarketPieces, parseMatrixMarket } from '../../../src/ts/io/matrix-market.js';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { matrices, symmetricMatrices } from '../support/arbitraries.js';
import { expectError } from '../support/errors.js';
import { poisson2d, randomSparse } from '../support/generate.js';
import { Random } from '../support/random.js';

describe('what is written', () => {
  const A = SparseMatrix.fromDense([[4, -1.5], [-1.5, 1e-9]]);

  it('is a coordinate file', () => {
    expect(formatMatrixMarket(A)).toBe(
      '%%MatrixMarket matrix coordinate real general\n2 2 4\n1 1 4\n1 2 -1.5\n2 1 -1.5\n2 2 1e-9\n',
    );
    expect(A.toMatrixMarket()).toBe(formatMatrixMarket(A));
  });

  it('is the lower triangle of a symmetric matrix', () => {
    expect(formatMatrixMarket(A, { symmetry: 'symmetric' })).toBe(
      '%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n1 1 4\n2 1 -1.5\n2 2 1e-9\n',
    );
  });

  it('leaves out the diagonal of a skew-symmetric matrix, stored zeros too', () => {
    const S = SparseMatrix.fromTriplets(2, 2, [0, 0, 1], [0, 1, 0], [0, -3, 3]);
    expect(formatMatrixMarket(S, { symmetry: 'skew-symmetric' })).toBe(
      '%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 3\n',
    );
  });

  it('carries a comment, line by line', () => {
    const lines = formatMatrixMarket(A, { comment: 'first\r\n\n% third ✓' }).split('\n');
    expect(lines.slice(0, 5)).toEqual(['%%MatrixMarket matrix coordinate real general', '% first', '%', '% % third ✓', '2 2 4']);
  });
});

describe('what is written reads back equal', () => {
  it('for any matrix, bit for bit', () => {
    fc.assert(
      fc.property(matrices, fc.string({ unit: 'binary', maxLength: 80 }), (matrix, comment) => {
        expect(parseMatrixMarket(formatMatrixMarket(matrix, { comment })).toCsr()).toEqual(matrix.toCsr());
      }),
      { numRuns: 300 },
    );
  });

  it('for symmetric and skew-symmetric matrices', () => {
    for (const [sign, symmetry] of [[1, 'symmetric'], [-1, 'skew-symmetric']] as const) {
      fc.assert(
        fc.property(symmetricMatrices(sign), (matrix) => {
          const text = formatMatrixMarket(matrix, { symmetry });
          expect(text).toContain(` ${symmetry}\n`);
          expect(parseMatrixMarket(text).toCsr()).toEqual(matrix.toCsr());
        }),
      );
    }
  });

  it('in pieces of bounded length', () => {
    const A = randomSparse(new Random(5), 2000, 1500, 6);
    const pieces = [...matrixMarketPieces(A)];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1 << 16);
    expect(parseMatrixMarket(pieces.join('')).toCsr()).toEqual(A.toCsr());
  });
});

describe('what is refused', () => {
  const symmetric = { symmetry: 'symmetric' } as const;
  const skew = { symmetry: 'skew-symmetric' } as const;

  it('a symmetry that the matrix does not have, with the place', () => {
    expectError(() => formatMatrixMarket(SparseMatrix.fromDense([[1, 2]]), symmetric), 'not-square', 'matrix');
    expectError(() => formatMatrixMarket(SparseMatrix.fromDense([[1, 2], [3, 4]]), symmetric), 'not-symmetric', 'matrix', [0, 1]);
    expectError(() => formatMatrixMarket(SparseMatrix.fromDense([[0, 2], [2, 0]]), skew), 'not-symmetric', 'matrix', [0, 1]);
    expectError(() => formatMatrixMarket(SparseMatrix.identity(2), skew), 'not-symmetric', 'matrix', [0, 0]);
  });

  it('a pattern that is not symmetric, though the values might be', () => {
    const upper = SparseMatrix.fromTriplets(3, 3, [1], [2], [0]);
    expectError(() => formatMatrixMarket(upper, symmetric), 'not-symmetric', 'matrix', [1, 2]);
    expectError(() => formatMatrixMarket(upper.transpose(), symmetric), 'not-symmetric', 'matrix', [1, 2]);
    // Row lengths shift against those of the transpose here: entries must be compared row by row.
    const shifted = SparseMatrix.fromDense([[1, 0, 1], [1, 0, 0], [0, 0, 1]]);
    expectError(() => formatMatrixMarket(shifted, symmetric), 'not-symmetric', 'matrix', [0, 1]);
  });

  it('one changed entry of a large symmetric matrix', () => {
    const A = poisson2d(30);
    const { rows, cols, indptr, indices, data } = A.toCsr();
    data[indptr[899]!]! += 1e-15;
    const B = SparseMatrix.fromCsr(rows, cols, indptr, indices, data);
    expect(formatMatrixMarket(A, symmetric)).toContain('900 900');
    expectError(() => formatMatrixMarket(B, symmetric), 'not-symmetric', 'matrix', [869, 899]);
  });

  it('wrong options, at once and not at the first piece', () => {
    const A = SparseMatrix.identity(1);
    expectError(() => matrixMarketPieces(A, { symmetry: 'hermitian' as 'general' }), 'invalid-option', 'options.symmetry');
    expectError(() => matrixMarketPieces(A, skew), 'not-symmetric', 'matrix', [0, 0]);
    expectError(() => A.toMatrixMarket({ comment: 7 as unknown as string }), 'invalid-option', 'options.comment');
    expectError(() => A.toMatrixMarket({ comment: 'x'.repeat(1001) }), 'invalid-option', 'options.comment');
    expectError(() => A.toMatrixMarket({ comments: 'x' } as object), 'invalid-option', 'options.comments');
    expectError(() => formatMatrixMarket({} as SparseMatrix), 'invalid-argument', 'matrix');
    expectError(() => matrixMarketPieces(null as unknown as SparseMatrix), 'invalid-argument', 'matrix');
  });
});
