// Factors that are changed in place, and factors as bytes.
import { SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bothEngines, VARIANTS, withFactor } from '../support/engines.js';
import { errorOf, expectError, rejectionOf } from '../support/errors.js';
import { poisson2d, poisson3d } from '../support/generate.js';
import { Random } from '../support/random.js';

const engines = bothEngines();

const numbers = (random: Random, n: number): Float64Array => random.vector(n);

describe('changes', () => {
  it('by few columns and by rows are those of the matrix', async () => {
    const A = poisson2d(7);
    const b = numbers(new Random(6), 49);
    await withFactor(engines.simd, A, { method: 'cholesky' }, async (factor) => {
      const { x } = factor.solve(b);
      const W = SparseMatrix.fromTriplets(49, 2, [10, 11, 20], [0, 0, 1], [1, -1, 2]);
      await factor.updateRankAsync(W, { slice: 1 });
      const grown = SparseMatrix.fromTriplets(49, 49, ...added(A, [[10, 10, 1], [11, 11, 1], [10, 11, -1], [11, 10, -1], [20, 20, 4]]));
      await withFactor(engines.simd, grown, { method: 'cholesky' }, (own) => expect(distance(own.solve(b).x, factor.solve(b).x)).toBeLessThan(1e-13));
      expect(factor.report).toMatchObject({ changes: 1, analyses: 1, factorizations: 1 });
      factor.updateRank(W, { downdate: true });
      expect(distance(factor.solve(b).x, x)).toBeLessThan(1e-13);

      factor.deleteRow(24);
      expect(factor.solve(b).x[24]).toBe(b[24]);
      expectError(() => factor.addRow(23, { indices: [23], values: [4] }), 'invalid-argument', 'entries', 23);
      await factor.addRowAsync(24, { indices: [24, 17, 23, 25, 31], values: [4, -1, -1, -1, -1] });
      const back = factor.solve(b);
      expect(distance(back.x, x)).toBeLessThan(1e-13);
      expect(back.report.backwardError.normwise).toBeLessThan(1e-15);
    });
  });

  it('that cannot be are refused, and leave everything as it was', async () => {
    const b = numbers(new Random(7), 49);
    await withFactor(engines.simd, poisson2d(7), { method: 'cholesky' }, async (factor) => {
      const { x } = factor.solve(b);
      expectError(() => factor.updateRank({ indices: [5], values: [100] }, { downdate: true }), 'indefinite-matrix', 'W', 5);
      const room = errorOf(() => factor.updateRank({ indices: [0, 48], values: [1, 1] }));
      expect(room).toMatchObject({ code: 'invalid-argument', argument: 'W' });
      expect([...(room.position as number[])].sort((i, j) => i - j)).toEqual([0, 48]);
      expectError(() => factor.updateRank(SparseMatrix.identity(3)), 'shape-mismatch', 'W');
      expectError(() => factor.updateRank([1] as never), 'invalid-argument', 'W');
      expectError(() => factor.deleteRow(49), 'index-out-of-range', 'row');
      expect(await rejectionOf(factor.deleteRowAsync(3, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
      expect(factor.solve(b).x).toEqual(x);
      expect(factor.report.changes).toBe(0);
    });
    await withFactor(engines.simd, poisson2d(7), { method: 'lu' }, (factor) => {
      expect(errorOf(() => factor.deleteRow(0)).code).toBe('invalid-argument');
    });
  });
});

/** Triplets of A and more. */
function added(A: SparseMatrix, more: readonly (readonly [number, number, number])[]): [number[], number[], number[]] {
  const { rows, indptr, indices, data } = A.toCsr();
  const i = more.map(([row]) => row), j = more.map(([, col]) => col), v = more.map(([, , value]) => value);
  for (let row = 0; row < rows; row++) {
    for (let p = indptr[row]!; p < indptr[row + 1]!; p++) {
      i.push(row);
      j.push(indices[p]!);
      v.push(data[p]!);
    }
  }
  return [i, j, v];
}

/** Poisson's equation on a grid with constraints, whose diagonal is 0. */
function saddlePoint(side: number): SparseMatrix {
  const n = side * side;
  const constraints = Array.from({ length: side }, (_, k) => [[n + k, k * side + k, 1], [k * side + k, n + k, 1]] as const).flat();
  return SparseMatrix.fromTriplets(n + side, n + side, ...added(poisson2d(side), constraints));
}

/** max |xᵢ − yᵢ|. */
function distance(x: Float64Array, y: Float64Array): number {
  return x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
}

describe('bytes', () => {
  it('make the same factor again, in another engine and variant too', async () => {
    const A = poisson3d(6);
    const b = numbers(new Random(8), A.rows);
    await withFactor(engines.simd, A, { method: 'cholesky' }, async (factor) => {
      const bytes = factor.export();
      expect(await factor.exportAsync({ slice: 1 })).toEqual(bytes);
      for (const variant of VARIANTS) {
        const again = await engines[variant].importFactor(A, bytes, { slice: 1 });
        expect(again.report).toMatchObject({ method: 'cholesky', factorizations: 0, analyses: 0, factorNnz: factor.report.factorNnz });
        expect(again.solve(b).x).toEqual(factor.solve(b).x);
        expect(again.export()).toEqual(bytes);
        again.update(A.toCsr().data.map((v) => 2 * v));
        expect(again.report.analyses).toBe(0);
        again.dispose();
      }
    });
  });

  it('keep factors of every method', async () => {
    const square = saddlePoint(8);
    const tall = SparseMatrix.fromDense(Array.from({ length: 9 }, (_, i) => [1, i, i === 4 ? 2 : 0]));
    for (const [method, A] of [['ldlt', square], ['lu', square], ['qr', square], ['qr', tall], ['qr', tall.transpose()]] as const) {
      const b = numbers(new Random(9), A.rows);
      await withFactor(engines.simd, A, { method }, async (factor) => {
        const bytes = factor.export();
        expect(await factor.exportAsync({ slice: 1 })).toEqual(bytes);
        const { factorNnz, rank, inertia } = factor.report;
        for (const variant of VARIANTS) {
          const again = await engines[variant].importFactor(A, bytes, { slice: 1 });
          const analyses = method === 'qr' ? 1 : 0;
          expect(again.report).toMatchObject({ method, factorizations: 0, analyses, factorNnz, ...(rank && { rank }), ...(inertia && { inertia }) });
          expect(again.solve(b).x).toEqual(factor.solve(b).x);
          expect(again.export()).toEqual(bytes);
          const values = A.toCsr().data.map((v) => 3 * v);
          again.update(values);
          factor.update(values);
          expect(again.solve(b).x).toEqual(factor.solve(b).x);
          expect(again.report.analyses).toBe(analyses);
          factor.update(A);
          again.dispose();
        }
        const damaged = bytes.slice();
        damaged[bytes.length >> 1]! ^= 4;
        expect(await rejectionOf(engines.simd.importFactor(A, damaged))).toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
      });
    }
  });

  it('that are damaged or foreign are refused', async () => {
    const A = poisson2d(5);
    const bytes = await withFactor(engines.simd, A, { method: 'cholesky' }, (factor) => factor.export());
    const refused = (B: SparseMatrix, given: Uint8Array) => rejectionOf(engines.simd.importFactor(B, given));
    expect(await refused(poisson2d(6), bytes)).toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
    for (const [place, bit] of [[0, 1], [40, 2], [bytes.length - 1, 7], [bytes.length >> 1, 0]] as const) {
      const damaged = bytes.slice();
      damaged[place]! ^= 1 << bit;
      expect(await refused(A, damaged)).toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
    }
    expect((await refused(A, bytes.subarray(0, 50))).code).toBe('invalid-argument');
    expect((await refused(A, new Uint8Array(0))).code).toBe('invalid-argument');
    expect(await refused(A, [1, 2] as never)).toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
    expect((await refused(SparseMatrix.fromDense([[1, 2], [3, 4]]), bytes)).code).toBe('not-symmetric');
    expect(await rejectionOf(engines.simd.importFactor(A, bytes, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
    const ldlt = await withFactor(engines.simd, A, { method: 'ldlt' }, (factor) => factor.export());
    expect(await refused(SparseMatrix.fromDense([[1, 2], [3, 4]]), ldlt)).toMatchObject({ code: 'not-symmetric', message: expect.stringContaining("'ldlt'") });
    expect(engines.simd.stats().liveHandles).toBe(0);
  });
});
