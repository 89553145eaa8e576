// Factors in single precision: answers as good as those in double precision, and what they refuse.
import { type FactorizeOptions, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { VARIANTS, bothEngines } from '../support/engines.js';
import { errorOf, rejectionOf } from '../support/errors.js';
import { poisson3d, randomSpd } from '../support/generate.js';
import { Random } from '../support/random.js';
import { residual } from '../support/residual.js';

const engines = bothEngines();
const MIXED: FactorizeOptions = { method: 'cholesky', precision: 'mixed' };

/** Positive definite, with a condition of 10¹³ for n = 10, that scaling does not help. */
const hilbert = (n: number): SparseMatrix =>
  SparseMatrix.fromDense(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))));

describe('factors in single precision', () => {
  it('solve as well as double ones, in half the bytes', async () => {
    const A = poisson3d(12);
    const random = new Random(61);
    const bs = Array.from({ length: 18 }, () => random.vector(A.rows));
    const double = await engines.simd.factorize(A, { method: 'cholesky' });
    const factor = await engines.simd.factorize(A, MIXED);
    expect(double.report).toMatchObject({ precision: 'double' });
    expect(factor.report).toMatchObject({ precision: 'mixed', factorNnz: double.report.factorNnz });
    expect(factor.report).not.toHaveProperty('fallback');
    expect(factor.report.peakBytes).toBeLessThan(0.65 * double.report.peakBytes!);
    const { x, reports } = factor.solveMany(bs);
    bs.forEach((b, k) => {
      expect(residual(A, x[k]!, b).normwise).toBeLessThanOrEqual(1e-14);
      expect(reports[k]!.mixed!.corrections).toBeGreaterThan(0);
      expect(reports[k]!.mixed!.iterations).toBe(0);
    });
    const alone = await factor.solveAsync(bs[17]!, { slice: 1, errorBound: true });
    expect(alone.x).toEqual(x[17]);
    const exact = double.solve(bs[17]!, { errorBound: true });
    const difference = Math.max(...alone.x.map((v, i) => Math.abs(v - exact.x[i]!)));
    const size = Math.max(...exact.x.map(Math.abs));
    expect(difference).toBeLessThanOrEqual((alone.report.forwardError! + exact.report.forwardError!) * size);
    expect(factor.condition().condition / double.condition().condition).toBeCloseTo(1, 6);
    factor.update(A.toCsr().data.map((v) => 4 * v));
    expect(factor.solve(bs[17]!).x).toEqual(alone.x.map((v) => v / 4));
    expect(factor.report).toMatchObject({ precision: 'mixed', analyses: 1, factorizations: 2 });
    factor.dispose();
    double.dispose();
  });

  it('give the same bits in both variants', async () => {
    const A = randomSpd(new Random(62), 300, 6);
    const b = new Random(63).vector(A.rows);
    const answers = [];
    for (const variant of VARIANTS) {
      const factor = await engines[variant].factorize(A, MIXED);
      answers.push(factor.solve(b).x);
      factor.dispose();
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it('refuse what only double ones give', async () => {
    const factor = await engines.simd.factorize(poisson3d(4), MIXED);
    for (const call of [
      () => factor.export(),
      () => factor.logDeterminant(),
      () => factor.inverseEntries([0], [0]),
      () => factor.solveSparse({ indices: [0], values: [1] }),
      () => factor.updateRank({ indices: [0], values: [1] }),
      () => factor.deleteRow(0),
    ]) {
      const error = errorOf(call);
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toContain('double precision');
    }
    expect(factor.report).not.toHaveProperty('inertia');
    factor.dispose();
  });

  it('give way to double ones where they would not do, and say why', async () => {
    const A = hilbert(10);
    const b = new Random(64).vector(10);
    const factor = await engines.simd.factorize(A, MIXED);
    const double = await engines.simd.factorize(A, { method: 'cholesky' });
    expect(factor.report.precision).toBe('double');
    expect(['breakdown', 'ill-conditioned']).toContain(factor.report.fallback);
    expect(factor.solve(b).x).toEqual(double.solve(b).x);
    expect(factor.solve(b).report).not.toHaveProperty('mixed');
    expect(factor.logDeterminant()).toEqual(double.logDeterminant());
    factor.dispose();
    double.dispose();
    const lu = await engines.simd.factorize(SparseMatrix.fromDense([[1, 2], [3, 4]]), { precision: 'mixed' });
    expect(lu.report).toMatchObject({ method: 'lu', precision: 'double', fallback: 'method' });
    lu.dispose();
  });

  it('are refined by GMRES where plain refinement would stagnate', async () => {
    const A = hilbert(5);
    const b = new Random(65).vector(5);
    const factor = await engines.simd.factorize(A, MIXED);
    expect(factor.report.precision).toBe('mixed');
    const { x, report } = factor.solve(b, { refine: false });
    expect(residual(A, x, b).normwise).toBeLessThanOrEqual(1e-14);
    if (factor.report.scaledCondition! > 2 ** 20) expect(report.mixed!.iterations).toBeGreaterThan(0);
    factor.dispose();
    const harder = await engines.simd.factorize(hilbert(6), MIXED);
    const answer = harder.solve(new Random(66).vector(6), { refine: false });
    if (harder.report.precision === 'mixed') expect(answer.report.mixed!.iterations).toBeGreaterThan(0);
    expect(answer.report.backwardError.normwise).toBeLessThanOrEqual(1e-14);
    harder.dispose();
  });

  it('are taken by themselves only where they pay', async () => {
    const factor = await engines.simd.factorize(poisson3d(5), { precision: 'auto' });
    expect(factor.report.precision).toBe('double');
    expect(factor.report).not.toHaveProperty('fallback');
    factor.dispose();
    const error = await rejectionOf(engines.simd.factorize(poisson3d(2), { precision: 'single' as 'mixed' }));
    expect(error.code).toBe('invalid-option');
    expect(error.argument).toBe('options.precision');
  });
});
