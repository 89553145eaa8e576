// Rectangular and rank-deficient systems by QR, against Householder QR and normal equations in plain JavaScript.
import fc from 'fast-check';
import { SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { expectTrueCertificate, relativeError } from '../support/compare.js';
import { type Dense, denseLeastSquares, denseMultiply, denseSolve, toDense, transposed } from '../support/dense.js';
import { bothEngines, solveOnce } from '../support/engines.js';
import { triplets } from '../support/generate.js';
import { sampled } from '../support/prove.js';
import { Random } from '../support/random.js';
import { norm2, residual } from '../support/residual.js';
import { samples, system } from '../support/systems.js';

const engines = bothEngines();

/** Aᵀ(AAᵀ)⁻¹b. */
function leastNorm(dense: Dense, b: ArrayLike<number>): number[] {
  const gram = dense.map((row) => dense.map((other) => row.reduce((sum, value, k) => sum + value * other[k]!, 0)));
  return denseMultiply(transposed(dense), denseSolve(gram, b)!);
}

/** A with further rows that are multiples of rows it has. */
function withDependentRows(A: SparseMatrix, count: number): SparseMatrix {
  const dense = toDense(A);
  const more = Array.from({ length: count }, (_, k) => dense[k % A.rows]!.map((value) => 2 * value));
  return SparseMatrix.fromDense([...dense, ...more]);
}

describe('least squares', () => {
  it('the normal residual is that of the answer, where b is far from the range', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['tall']), fc.boolean(), async (sample, wide) => {
        const { A: tall, b } = system(sample);
        const A = wide ? tall.transpose() : tall;
        const { x, report } = await solveOnce(engines.simd, A, b, {}, { transpose: wide });
        expectTrueCertificate(A, x, b, report, { transpose: wide });
        const { vector, norm } = residual(tall, x, b);
        const gradient = norm2(tall.multiplyTranspose(vector)) / (norm2(tall.toCsr().data) * norm);
        expect(norm).toBeGreaterThan(1e-3);
        expect(Math.abs(report.normalResidual! - gradient)).toBeLessThan(1e-13);
        expect([report.converged, report.reason, report.rank]).toEqual([true, 'direct', sample.n]);
        // Single precision moves x off the minimum: the figure must tell, to several digits.
        const single = await solveOnce(engines.simd, A, b, { rtol: 1e-12 }, { transpose: wide, out: new Float32Array(sample.n) as never });
        const off = residual(tall, single.x, b);
        const moved = norm2(tall.multiplyTranspose(off.vector)) / (norm2(tall.toCsr().data) * off.norm);
        expect(Math.abs(single.report.normalResidual! - moved)).toBeLessThan(1e-6 * moved + 1e-15);
        // A vector that float32 holds exactly, such as one unknown may be, stays at the minimum.
        expect(single.report.converged).toBe(moved <= 1e-12);
      }),
      sampled(25),
    );
  });

  it('a fit is the one of the textbook', async () => {
    const t = [0, 1, 2, 3, 4];
    const y = [1.1, 2.9, 5.2, 7.1, 8.7];
    const { x } = await solveOnce(engines.simd, SparseMatrix.fromDense(t.map((value) => [1, value])), y);
    const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
    const slope = mean(t.map((v, i) => (v - mean(t)) * (y[i]! - mean(y)))) / mean(t.map((v) => (v - mean(t)) ** 2));
    expect(relativeError(x, [mean(y) - slope * mean(t), slope])).toBeLessThan(1e-14);
  });

  it('a consistent tall system is solved exactly', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['tall']), async (sample) => {
        const { A } = system(sample);
        const solution = new Random(sample.seed + 3).vector(A.cols);
        const b = A.multiply(solution);
        const { x, report } = await solveOnce(engines.simd, A, b);
        expect(relativeError(x, solution)).toBeLessThan(1e-12);
        expect(report.relativeResidual).toBeLessThan(1e-13);
        expect(report.converged).toBe(true);
      }),
      sampled(25),
    );
  });
});

describe('minimum norm', () => {
  it('no other solution is shorter', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['wide']), async (sample) => {
        const { A } = system(sample);
        const other = new Random(sample.seed + 4).vector(A.cols);
        const b = A.multiply(other);
        const { x, report } = await solveOnce(engines.simd, A, b);
        expect(residual(A, x, b).relative).toBeLessThan(1e-13);
        expect(norm2(x)).toBeLessThanOrEqual(norm2(other) * (1 + 1e-12));
        expect(relativeError(x, leastNorm(toDense(A), b))).toBeLessThan(1e-10);
        expect(report.rank).toBe(sample.n);
      }),
      sampled(25),
    );
  });
});

describe('rank-deficient', () => {
  it('a repeated column lowers the rank and not the quality of the fit', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['tall'], 15), async (sample) => {
        const { A, b } = system(sample);
        const { rows, cols, values } = triplets(A);
        const again = cols.flatMap((j, k) => (j === 0 ? [k] : []));
        const B = SparseMatrix.fromTriplets(
          A.rows,
          A.cols + 1,
          [...rows, ...again.map((k) => rows[k]!)],
          [...cols, ...again.map(() => A.cols)],
          [...values, ...again.map((k) => 2 * values[k]!)],
        );
        const { x, report } = await solveOnce(engines.simd, B, b);
        const best = residual(A, denseLeastSquares(toDense(A), b), b).norm;
        expect(Math.abs(residual(B, x, b).norm / best - 1)).toBeLessThan(1e-12);
        expect([report.rank, report.converged]).toEqual([A.cols, true]);
        expectTrueCertificate(B, x, b, report);
      }),
      sampled(25),
    );
  });

  it('a consistent wide system with repeated rows has the solution of minimum norm', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['wide'], 12), async (sample) => {
        const { A } = system(sample);
        const B = withDependentRows(A, 1 + (sample.seed % 2));
        const b = B.multiply(new Random(sample.seed).vector(B.cols));
        const { x, report } = await solveOnce(engines.simd, B, b);
        expect(report.rank).toBe(A.rows);
        expect(report.converged).toBe(true);
        expect(relativeError(x, leastNorm(toDense(A), b.subarray(0, A.rows)))).toBeLessThan(1e-10);
      }),
      sampled(25),
    );
  });

  it('one that contradicts itself is not called solved', async () => {
    const A = SparseMatrix.fromDense([[1, 1, 0], [2, 2, 0]]);
    const { x, report } = await solveOnce(engines.simd, A, [1, 0]);
    expect(report.rank).toBe(1);
    expect(residual(A, x, [1, 0]).relative).toBeGreaterThan(0.4);
    const { vector } = residual(A, x, [1, 0]);
    const gradient = norm2(A.multiplyTranspose(vector)) / (norm2(A.toCsr().data) * norm2(vector));
    expect(report.converged).toBe(gradient <= 1e-10);
    if (!report.converged) expect(report.reason).toBe('singular-matrix');
  });

  it('the zero matrix gives zero', async () => {
    const A = SparseMatrix.fromTriplets(3, 2, [0], [0], [0]);
    const { x, report } = await solveOnce(engines.simd, A, [1, 2, 3]);
    expect([...x]).toEqual([0, 0]);
    expect([report.rank, report.converged, report.relativeResidual]).toEqual([0, true, 1]);
  });
});
