import type { SolveReport, SparseMatrix } from 'lacuna';
import { expect } from 'vitest';
import { norm2, normMax, residual } from './residual.js';

const UNIT = 2 ** -53;

/** The bytes of an array as text: equal exactly where every bit is, −0 and NaN included. */
export function bits(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');
}

/** ‖x − y‖∞ / ‖y‖∞; the norm itself where y is 0. */
export function relativeError(x: ArrayLike<number>, y: ArrayLike<number>): number {
  expect(x.length).toBe(y.length);
  const difference = Float64Array.from({ length: x.length }, (_, i) => x[i]! - y[i]!);
  return normMax(difference) / (normMax(y) || 1);
}

/** A report without the times, which differ from run to run, and the variant, which differs by request. */
export function figures(report: SolveReport): object {
  const { setupTime: _setup, solveTime: _solve, variant: _variant, ...rest } = report;
  return rest;
}

/**
 * Checks a certificate against one computed apart from the library in twice the precision. The
 * figures may differ by the rounding errors of a residual in float64, and by no more: row i of
 * k terms is off by at most (k + 1)·2⁻⁵³·(|A||x| + |b|)ᵢ.
 */
export function expectTrueCertificate(
  A: SparseMatrix,
  x: ArrayLike<number>,
  b: ArrayLike<number>,
  report: SolveReport,
  { transpose = false, rtol = 1e-10, atol = 0 }: { transpose?: boolean; rtol?: number; atol?: number } = {},
): void {
  const truth = residual(A, x, b, { transpose });
  const terms = longestRow(transpose ? A.transpose() : A) + 2;
  const slack = truth.weight.map((w) => terms * UNIT * w);
  const close = (name: string, found: number, expected: number, allowed: number): void => {
    expect(Math.abs(found - expected), `${name} is ${found}, recomputed ${expected}`).toBeLessThanOrEqual(allowed);
  };
  const rounding = norm2(slack) + terms * UNIT * truth.norm * 4;
  close('residualNorm', report.residualNorm, truth.norm, rounding);
  // Figures that rounding could spoil are computed in twice the precision: at least the first digit is right.
  const twice = 8 * (terms * UNIT) ** 2 * norm2(truth.weight);
  close('residualNorm, closely', report.residualNorm, truth.norm, 0.2 * truth.norm + twice);
  const size = norm2(b);
  if (size > 0) close('relativeResidual', report.relativeResidual, truth.relative, (rounding / size) * (1 + 1e-12));
  const scale = truth.normwise === 0 ? Infinity : normMax(truth.vector) / truth.normwise;
  close('normwise', report.backwardError.normwise, truth.normwise, normMax(slack) / scale + truth.normwise * 1e-12);
  close('componentwise', report.backwardError.componentwise, truth.componentwise, terms * UNIT * (2 + truth.componentwise));

  // The rule of acceptance, from the figure that was just checked.
  if (A.rows === A.cols) expect(report.converged).toBe(report.residualNorm <= Math.max(rtol * size, atol));
  else if (report.residualNorm <= Math.max(rtol * size, atol) * (1 - 1e-12)) expect(report.converged).toBe(true);
}

function longestRow(A: SparseMatrix): number {
  const { indptr } = A.toCsr();
  return indptr.reduce((longest, end, i) => (i === 0 ? 0 : Math.max(longest, end - indptr[i - 1]!)), 0);
}
