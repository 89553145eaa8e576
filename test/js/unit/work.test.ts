import { describe, expect, it } from 'vitest';
import type { Attempt, SetupReport, SolveReport } from '../../../src/ts/report.js';
import { flopsWithin, iterationsWithin, WEIGHTS, workOf } from '../../../src/ts/policy/work.js';

const attempt = (method: Attempt['method'], outcome: Attempt['outcome'] = 'used', preconditioner: Attempt['preconditioner'] = 'none', flops = 0): Attempt => ({
  method,
  preconditioner,
  outcome,
  flops,
});

function setup(attempts: readonly Attempt[], more: Partial<SetupReport> = {}): SetupReport {
  const { method, preconditioner } = attempts.at(-1)!;
  const shape = { rows: 100, cols: 100, nnz: 500, symmetric: true, positiveDiagonal: true, strictlyRowDominant: false };
  return { ready: true, method, preconditioner, variant: 'simd', ...shape, sliceable: true, setupTime: 1, attempts, ...more };
}

function solve({ method, preconditioner, variant, rows, cols, nnz, attempts, setupTime }: SetupReport, flops: number, iterations = 0): SolveReport {
  const accuracy = { residualNorm: 0, relativeResidual: 0, backwardError: { normwise: 0, componentwise: 0 }, refinementSteps: 0 };
  return { method, preconditioner, variant, rows, cols, nnz, converged: true, reason: 'direct', iterations, ...accuracy, flops, setupTime, solveTime: 1, attempts };
}

const ENTRIES = 700;
const START = WEIGHTS.setupCall + WEIGHTS.measured * ENTRIES;

describe('work', () => {
  it('of a factorization is that of analysis, factor and flops, and of each solve', () => {
    const report = setup([attempt('cholesky', 'used', 'none', 7000)], { factorNnz: 900 });
    const { entry, stored, flop } = WEIGHTS.setup.cholesky;
    const made = START + entry * ENTRIES + stored * 900 + flop * 7000;
    expect(workOf(report, [])).toBe(made);
    const each = WEIGHTS.solveCall + WEIGHTS.substituted * 4000;
    expect(workOf(report, [solve(report, 4000), solve(report, 4000)])).toBe(made + 2 * each);
  });

  it('of an iteration tells applications of the preconditioner from the rest', () => {
    const report = setup([attempt('bicgstab', 'used', 'ilut')], { preconditionerNnz: 300 });
    const applied = 2 * 2 * 300 * 10;
    const made = START + 300 * (WEIGHTS.setup.ilut.stored + WEIGHTS.setup.ilut.met * 3);
    const solved = WEIGHTS.solveCall + 10 * WEIGHTS.iteration + WEIGHTS.product * (50_000 - applied) + WEIGHTS.applied.ilut * applied;
    expect(workOf(report, [solve(report, 50_000, 10)])).toBeCloseTo(made + solved, 3);
  });

  it('counts attempts that failed or were put off, with the flops they came to, and each once', () => {
    const used = setup([attempt('lu', 'used', 'none', 10)], { factorNnz: 10 });
    const tried = [attempt('cholesky', 'indefinite-matrix', 'none', 300), attempt('ldlt', 'used', 'none', 400), attempt('ldlt', 'stagnated')];
    const climbed = setup([...tried, ...used.attempts], { factorNnz: 10 });
    const spent = WEIGHTS.setup.cholesky.flop * 300 + WEIGHTS.setup.ldlt.flop * 400;
    const analysed = (WEIGHTS.setup.cholesky.entry + WEIGHTS.setup.ldlt.entry) * ENTRIES;
    expect(workOf(climbed, [])).toBe(workOf(used, []) + analysed + spent);
    const later = [solve(climbed, 100)];
    expect(workOf({ ...climbed, attempts: climbed.attempts.slice(0, 1) }, later)).toBe(workOf(climbed, later));
  });

  it('counts answers that were not accepted as what they are, and those that followed without them', () => {
    const tried = [attempt('bicgstab', 'used', 'jacobi'), attempt('bicgstab', 'max-iterations', 'jacobi', 30_000), attempt('lu', 'used', 'none', 10)];
    const climbed = setup(tried, { factorNnz: 10 });
    const { entry, stored, flop } = WEIGHTS.setup.lu;
    const made = START + (WEIGHTS.setup.jacobi.entry + entry) * ENTRIES + 10 * stored + 10 * flop;
    const iterated = 30_000 * WEIGHTS.applied.jacobi;
    const each = WEIGHTS.solveCall + WEIGHTS.substituted * 400;
    expect(workOf(climbed, [solve(climbed, 30_400)])).toBe(made + iterated + each);
    // It was the first of two solves that climbed.
    expect(workOf(climbed, [solve(climbed, 30_400), solve(climbed, 400)])).toBe(made + iterated + 2 * each);
  });

  it('does not hang on time', () => {
    const report = setup([attempt('qr')], { factorNnz: 5 });
    const slow = { ...report, setupTime: 1e6 };
    expect(workOf(slow, [{ ...solve(slow, 7), solveTime: 1e6 }])).toBe(workOf(report, [solve(report, 7)]));
  });

  it('of a set-up of which only the attempts are known is that of their analysis', () => {
    const attempts = [attempt('ldlt', 'singular-matrix')];
    expect(workOf({ rows: 100, cols: 100, nnz: 500, attempts }, [])).toBe(START + WEIGHTS.setup.ldlt.entry * ENTRIES);
  });
});

describe('limits', () => {
  it('of flops give the work back that they were made from', () => {
    const report = setup([attempt('lu', 'used', 'none', flopsWithin(5e6, setup([attempt('lu')]), 'lu', 'none'))], { factorNnz: 0 });
    expect(workOf(report, [solve(report, 0)])).toBeCloseTo(5e6, 3);
    expect(flopsWithin(10, report, 'lu', 'none')).toBe(0);
  });

  it('of iterations keep within the work that they were made from', () => {
    for (const [method, preconditioner] of [['cg', 'none'], ['cg', 'ic'], ['bicgstab', 'jacobi'], ['bicgstab', 'ilut']] as const) {
      const report = setup([attempt(method, 'used', preconditioner)], { preconditionerNnz: preconditioner === 'none' ? 0 : 400 });
      const iterations = iterationsWithin(3e6, report);
      const times = method === 'cg' ? 1 : 2;
      const applied = { none: 0, jacobi: 1, ic: 4, ilut: 2 }[preconditioner] * (report.preconditionerNnz ?? 0);
      const flops = iterations * times * (2 * 500 + 12 * 100 + applied);
      const work = workOf(report, [solve(report, flops, iterations)]);
      expect(work).toBeLessThanOrEqual(3e6);
      expect(work).toBeGreaterThan(2.6e6);
    }
  });

  it('do not limit what does not iterate, and leave one iteration at least', () => {
    expect(iterationsWithin(1e6, setup([attempt('lu')]))).toBe(Infinity);
    expect(iterationsWithin(Infinity, setup([attempt('cg')]))).toBe(Infinity);
    expect(iterationsWithin(1, setup([attempt('cg')]))).toBe(1);
  });
});
