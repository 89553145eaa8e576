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

/** Upwind convection over diffusion in a cube, with winds that differ from place to place. */
function wind(side: number): SparseMatrix {
  const random = new Random(60);
  const triplets: [number, number, number][] = [];
  for (let k = 0; k < side ** 3; k++) {
    let diagonal = 6;
    for (const step of [1, side, side * side]) {
      const speed = 1 + random.uniform();
      const at = Math.floor(k / step) % side;
      diagonal += speed;
      if (at > 0) triplets.push([k, k - step, -1 - speed]);
      if (at + 1 < side) triplets.push([k, k + step, -1]);
    }
    triplets.push([k, k, diagonal]);
  }
  const [rows, cols, values] = [0, 1, 2].map((part) => triplets.map((t) => t[part]!)) as [number[], number[], number[]];
  return SparseMatrix.fromTriplets(side ** 3, side ** 3, rows, cols, values);
}

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

  it.each(['ldlt', 'lu'] as const)('of %s solve as well as double ones, either way', async (method) => {
    const A = method === 'lu' ? wind(9) : poisson3d(9, 9, 9, 3.96287);
    const random = new Random(67);
    const bs = Array.from({ length: 6 }, () => random.vector(A.rows));
    const double = await engines.simd.factorize(A, { method });
    const factor = await engines.simd.factorize(A, { method, precision: 'mixed' });
    expect(factor.report).toMatchObject({ method, precision: 'mixed' });
    expect(factor.report).not.toHaveProperty('fallback');
    expect(factor.report.scaledCondition).toBeGreaterThan(1);
    expect(factor.report.peakBytes).toBeLessThan(0.8 * double.report.peakBytes!);
    for (const transpose of [false, true]) {
      const { x, reports } = factor.solveMany(bs, { transpose });
      bs.forEach((b, k) => {
        expect(residual(transpose ? A.transpose() : A, x[k]!, b).normwise).toBeLessThanOrEqual(1e-14);
        expect(reports[k]!.mixed!.corrections).toBeGreaterThan(0);
      });
      const alone = await factor.solveAsync(bs[5]!, { transpose, slice: 1 });
      expect(alone.x).toEqual(x[5]);
    }
    expect(factor.condition().condition / double.condition().condition).toBeCloseTo(1, 6);
    const before = factor.solve(bs[0]!).x;
    expect(['singular-matrix', 'breakdown']).toContain(errorOf(() => factor.update(A.toCsr().data.map(() => 0))).code);
    expect(factor.solve(bs[0]!).x).toEqual(before);
    factor.update(A.toCsr().data.map((v) => 4 * v));
    expect(factor.solve(bs[0]!).x).toEqual(before.map((v) => v / 4));
    expect(factor.report).toMatchObject({ precision: 'mixed', analyses: 1, factorizations: 2 });
    factor.dispose();
    double.dispose();
  });

  it('give the same bits in both variants', async () => {
    for (const [method, A] of [
      ['cholesky', randomSpd(new Random(62), 300, 6)],
      ['ldlt', poisson3d(7, 7, 7, 0.9)],
      ['lu', wind(8)],
    ] as const) {
      const b = new Random(63).vector(A.rows);
      const answers = [];
      for (const variant of VARIANTS) {
        const factor = await engines[variant].factorize(A, { method, precision: 'mixed' });
        expect(factor.report.precision).toBe('mixed');
        answers.push(factor.solve(b).x);
        factor.dispose();
      }
      expect(answers[0]).toEqual(answers[1]);
    }
  });

  it('refuse what only double ones give', async () => {
    for (const [method, A] of [
      ['cholesky', poisson3d(4)],
      ['ldlt', poisson3d(4)],
      ['lu', wind(8)],
    ] as const) {
      const factor = await engines.simd.factorize(A, { method, precision: 'mixed' });
      const calls: (() => unknown)[] = [
        () => factor.export(),
        () => factor.logDeterminant(),
        () => factor.inverseEntries([0], [0]),
        () => factor.solveSparse({ indices: [0], values: [1] }),
      ];
      if (method === 'cholesky') calls.push(() => factor.updateRank({ indices: [0], values: [1] }), () => factor.deleteRow(0));
      for (const call of calls) {
        const error = errorOf(call);
        expect(error.code).toBe('invalid-argument');
        expect(error.message).toContain('double precision');
      }
      expect(factor.report).not.toHaveProperty('inertia');
      factor.dispose();
    }
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
    expect(lu.report).toMatchObject({ method: 'lu', precision: 'double', fallback: 'columns' });
    lu.dispose();
    const qr = await engines.simd.factorize(SparseMatrix.fromDense([[1, 2], [3, 4], [5, 6]]), { precision: 'mixed' });
    expect(qr.report).toMatchObject({ method: 'qr', precision: 'double', fallback: 'method' });
    qr.dispose();
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
