// Every matrix of ../shared/matrices by every direct method as a factor: backward error at most 1e-14, or
// the right refusal.
import { type Factor, type FactorizeOptions, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { VARIANTS, bothEngines } from '../support/engines.js';
import { errorOf } from '../support/errors.js';
import { denseSolve, toDense } from '../support/dense.js';
import { poisson3d, randomSpd } from '../support/generate.js';
import { rankModuloPrime } from '../support/modular.js';
import { Random } from '../support/random.js';
import { normMax, residual } from '../support/residual.js';
import { describeShared, matrixFiles, readMatrixFile } from '../support/shared.js';

const engines = bothEngines();

async function withFactor<T>(A: SparseMatrix, options: FactorizeOptions, body: (factor: Factor) => T, variant: 'scalar' | 'simd' = 'simd'): Promise<T> {
  const factor = await engines[variant].factorize(A, options);
  try {
    return body(factor);
  } finally {
    factor.dispose();
  }
}

describeShared('shared matrices', (folder) => {
  it.each(matrixFiles(folder))('%s', async (name) => {
    const bytes = readMatrixFile(folder, name);
    if (/^%%\S+ matrix \w+ complex/i.test(new TextDecoder().decode(bytes.subarray(0, 80)))) {
      expect(errorOf(() => SparseMatrix.fromMatrixMarket(bytes)).code).toBe('unsupported-format');
      return;
    }
    const A = SparseMatrix.fromMatrixMarket(bytes);
    const random = new Random(7);
    const b = random.vector(A.rows);
    const { data, indices } = A.toCsr();
    const mirrored = A.transpose().toCsr();
    const singular = A.rows === A.cols && data.every(Number.isInteger) && rankModuloPrime(A) < A.rows;
    for (const method of ['cholesky', 'ldlt', 'lu'] as const) {
      const made = await engines.simd.factorize(A, { method }).catch((error: unknown) => error as { code: string });
      if ('code' in made) {
        const right = {
          'not-square': A.rows !== A.cols,
          'not-symmetric': method !== 'lu' && data.some((v, k) => v !== mirrored.data[k] || indices[k] !== mirrored.indices[k]),
          'indefinite-matrix': method === 'cholesky',
          'singular-matrix': singular,
          breakdown: method === 'ldlt' && singular,
        }[made.code];
        expect(right, `${method}: ${made.code}`).toBe(true);
        continue;
      }
      const factor = made as Factor;
      for (const transpose of [false, true]) {
        const { x, report } = factor.solve(b, { transpose });
        const error = residual(A, x, b, { transpose }).normwise;
        // A singular matrix may have got by; then its answer says how good it is.
        if (!singular) expect(error, method).toBeLessThanOrEqual(1e-14);
        expect(Math.abs(report.backwardError.normwise - error)).toBeLessThanOrEqual(1e-16 + 1e-3 * error);
      }
      factor.dispose();
    }
  });
});

describe('figures', () => {
  it('the determinant is the product of the pivots of dense elimination', async () => {
    const random = new Random(11);
    for (let n = 1; n <= 12; n++) {
      const A = SparseMatrix.fromDense(Array.from({ length: n }, () => [...random.vector(n)]));
      // det A = ∏ det of leading minors' ratios, by elimination with row pivoting.
      const a = toDense(A).map((row) => [...row]);
      let logAbs = 0, sign = 1;
      for (let k = 0; k < n; k++) {
        let best = k;
        for (let i = k; i < n; i++) if (Math.abs(a[i]![k]!) > Math.abs(a[best]![k]!)) best = i;
        if (best !== k) [a[k], a[best], sign] = [a[best]!, a[k]!, -sign];
        const pivot = a[k]![k]!;
        logAbs += Math.log(Math.abs(pivot));
        sign *= Math.sign(pivot);
        for (let i = k + 1; i < n; i++) {
          const l = a[i]![k]! / pivot;
          for (let j = k; j < n; j++) a[i]![j]! -= l * a[k]![j]!;
        }
      }
      await withFactor(A, { method: 'lu' }, (factor) => {
        const found = factor.logDeterminant();
        expect(found.sign).toBe(sign);
        expect(Math.abs(found.logAbs - logAbs)).toBeLessThan(1e-9);
      });
    }
  });

  it('Cholesky and LU agree on the determinant', async () => {
    const A = randomSpd(new Random(12), 60, 3);
    const first = await withFactor(A, { method: 'cholesky' }, (factor) => factor.logDeterminant());
    const second = await withFactor(A, { method: 'lu' }, (factor) => factor.logDeterminant());
    expect(first.sign).toBe(1);
    expect(second.sign).toBe(1);
    expect(Math.abs(first.logAbs - second.logAbs)).toBeLessThan(1e-10);
  });

  it('the condition is that of the inverse, within a factor of three', async () => {
    const n = 24;
    const A = randomSpd(new Random(13), n, 3);
    const dense = toDense(A);
    const columnSum = (column: ArrayLike<number>): number => Array.from(column).reduce((sum, v) => sum + Math.abs(v), 0);
    let inverse = 0, norm = 0;
    for (let j = 0; j < n; j++) {
      const unit = new Float64Array(n);
      unit[j] = 1;
      inverse = Math.max(inverse, columnSum(denseSolve(dense, unit)!));
      norm = Math.max(norm, columnSum(dense.map((row) => row[j]!)));
    }
    await withFactor(A, {}, (factor) => {
      const found = factor.condition();
      expect(Math.abs(found.norm / norm - 1)).toBeLessThan(1e-12);
      expect(found.condition).toBeLessThanOrEqual(1.0001 * norm * inverse);
      expect(3 * found.condition).toBeGreaterThanOrEqual(norm * inverse);
      expect(found.solves).toBeLessThanOrEqual(11);
    });
  });

  it('the error bound covers the error of a solution that is known', async () => {
    const A = poisson3d(9);
    const x = Float64Array.from({ length: A.rows }, (_, i) => (i % 7) - 3);
    // In integers: b is exact.
    const b = A.multiply(x);
    for (const variant of VARIANTS) {
      await withFactor(A, {}, (factor) => {
        const found = factor.solve(b, { errorBound: true });
        const error = normMax(found.x.map((v, i) => v - x[i]!)) / normMax(found.x);
        expect(error).toBeLessThanOrEqual(3 * found.report.forwardError!);
        expect(found.report.forwardError).toBeLessThan(1e-12);
      }, variant);
    }
  });
});
