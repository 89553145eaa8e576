// Every method with every preconditioner on both builds, against dense elimination in plain JavaScript.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits, expectTrueCertificate, figures, relativeError } from '../support/compare.js';
import { type Dense, denseLeastSquares, denseMultiply, denseSolve, toDense, transposed } from '../support/dense.js';
import { bothEngines, solveOnce, VARIANTS } from '../support/engines.js';
import { sampled } from '../support/prove.js';
import { isDirect, type Kind, named, samples, system, WAYS } from '../support/systems.js';

const engines = bothEngines();

/** x of A·x = b in the sense that fits its shape: exact, of least squares, of minimum norm. */
function reference(dense: Dense, b: ArrayLike<number>): Float64Array {
  const [rows, cols] = [dense.length, dense[0]!.length];
  if (rows > cols) return denseLeastSquares(dense, b);
  if (rows === cols) return denseSolve(dense, b)!;
  const Aᵀ = transposed(dense);
  const gram = dense.map((row) => dense.map((other) => row.reduce((sum, value, k) => sum + value * other[k]!, 0)));
  return Float64Array.from(denseMultiply(Aᵀ, denseSolve(gram, b)!));
}

describe.each(WAYS.map((way) => ({ ...way, name: named(way) })))('$name', (way) => {
  const options = { method: way.method, preconditioner: way.preconditioner, rtol: isDirect(way) ? 1e-10 : 1e-12 };

  it.each(way.kinds)('solves %s systems as dense elimination does, with a true certificate and the same bits on both builds', async (kind: Kind) => {
    await fc.assert(
      fc.asyncProperty(samples([kind]), fc.boolean(), async (sample, transpose) => {
        const { A, b: ofA, c } = system(sample);
        const b = transpose ? c : ofA;
        const expected = reference(transpose ? transposed(toDense(A)) : toDense(A), b);
        const [scalar, simd] = [
          await solveOnce(engines.scalar, A, b, options, { transpose }),
          await solveOnce(engines.simd, A, b, options, { transpose }),
        ];
        // 1e-9 holds the condition of these systems times the tolerance of the iterative methods.
        expect(relativeError(scalar.x, expected)).toBeLessThan(isDirect(way) ? 1e-11 : 1e-9);
        const { report } = scalar;
        expect(report.converged).toBe(true);
        expect([report.method, report.preconditioner]).toEqual([way.method, way.preconditioner]);
        expect(report.reason).toBe(isDirect(way) ? 'direct' : 'converged-rtol');
        expect(report.iterations > 0).toBe(!isDirect(way));
        expect([report.rows, report.cols, report.nnz]).toEqual([A.rows, A.cols, A.nnz]);
        expect(report.attempts).toMatchObject([{ method: way.method, preconditioner: way.preconditioner, outcome: 'used' }]);
        expectTrueCertificate(A, scalar.x, b, report, { transpose, rtol: options.rtol });
        expect(VARIANTS.map((v) => (v === 'scalar' ? scalar : simd).report.variant)).toEqual(VARIANTS);
        expect(bits(simd.x)).toBe(bits(scalar.x));
        expect(figures(simd.report)).toEqual(figures(report));
      }),
      sampled(30),
    );
  });
});
