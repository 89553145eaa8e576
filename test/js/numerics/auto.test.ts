// What 'auto' chooses for each structure, and what it lists when something on the ladder fails.
import { type Attempt, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { expectTrueCertificate, relativeError } from '../support/compare.js';
import { denseSolve, toDense } from '../support/dense.js';
import { bothEngines, solveOnce, withSolver } from '../support/engines.js';
import { rejectionOf } from '../support/errors.js';
import { poisson3d, randomDominant, randomSparse, randomSpd } from '../support/generate.js';
import { Random } from '../support/random.js';
import { residual } from '../support/residual.js';
import { permuteRows, quasiDefinite, system } from '../support/systems.js';

const engines = bothEngines();
const words = (attempts: readonly Attempt[]): string[] => attempts.map(({ method, preconditioner, outcome }) => `${method} ${preconditioner} ${outcome}`);

describe('the first rung is that of the measured structure', () => {
  const random = new Random(1);
  const cases: [name: string, A: SparseMatrix, attempts: string[]][] = [
    ['symmetric positive definite', randomSpd(random, 30, 3), ['cholesky none used']],
    ['symmetric, negative entries on the diagonal', quasiDefinite(random, 30), ['ldlt none used']],
    ['symmetric, indefinite in spite of a positive diagonal', SparseMatrix.fromDense([[1, 2, 0], [2, 1, 2], [0, 2, 1]]), ['cholesky none indefinite-matrix', 'ldlt none used']],
    ['symmetric with a zero on the diagonal', SparseMatrix.fromDense([[0, 1], [1, 0]]), ['ldlt none used']],
    ['symmetric with a singular leading minor', SparseMatrix.fromDense([[1, 1, 0], [1, 1, 1], [0, 1, 1]]), ['cholesky none indefinite-matrix', 'ldlt none used']],
    ['unsymmetric', permuteRows(randomDominant(random, 30, 3), random.permutation(30)), ['lu none used']],
    ['strictly dominant', randomDominant(random, 30, 3), ['lu none used']],
    ['tall', system({ kind: 'tall', seed: 1, n: 9 }).A, ['qr none used']],
    ['wide', system({ kind: 'wide', seed: 1, n: 9 }).A, ['qr none used']],
    ['1 × 1', SparseMatrix.fromDense([[-3]]), ['ldlt none used']],
  ];

  it.each(cases)('%s', async (_, A, attempts) => {
    const b = A.multiply(new Random(2).vector(A.cols));
    const { x, report } = await solveOnce(engines.simd, A, b);
    expect(words(report.attempts)).toEqual(attempts);
    expect(report.converged).toBe(true);
    expect(attempts.at(-1)!.startsWith(`${report.method} ${report.preconditioner}`)).toBe(true);
    expectTrueCertificate(A, x, b, report);
    if (A.rows === A.cols) expect(relativeError(x, denseSolve(toDense(A), b)!)).toBeLessThan(1e-11);
  });

  it.each(cases)('%s: the report says what was measured', async (_, A) => {
    await withSolver(engines.simd, A, {}, ({ report }) => {
      const dense = toDense(A);
      const square = A.rows === A.cols;
      expect(report.symmetric).toBe(square && dense.every((row, i) => row.every((value, j) => value === dense[j]![i])));
      expect(report.positiveDiagonal).toBe(square && dense.every((row, i) => row[i]! > 0));
      expect(report.strictlyRowDominant).toBe(
        square && dense.every((row, i) => Math.abs(row[i]!) > row.reduce((sum, value, j) => (j === i ? sum : sum + Math.abs(value)), 0)),
      );
      expect([report.rows, report.cols, report.nnz]).toEqual([A.rows, A.cols, A.nnz]);
      if (['cholesky', 'lu'].includes(report.method)) expect(report.sliceable).toBe(true);
      expect(report.factorNnz).toBeGreaterThanOrEqual(Math.min(A.rows, A.cols));
      expect(report.setupTime).toBeGreaterThan(0);
    });
  });
});

describe('symmetry is compared to 13 digits', () => {
  it.each([
    [1e-15, 'cholesky'],
    [1e-10, 'lu'],
  ])('a difference of %d leads to %s', async (difference, method) => {
    const A = SparseMatrix.fromDense([[2, 1], [1 + difference, 2]]);
    const b = [3, 3];
    for (const transpose of [false, true]) {
      const { x, report } = await solveOnce(engines.simd, A, b, {}, { transpose });
      expect(report.method).toBe(method);
      // Refinement works with A itself, not with the triangle that was factored.
      expect(residual(A, x, b, { transpose }).relative).toBeLessThan(1e-15);
    }
  });
});

describe('a preconditioner without a method asks for an iteration', () => {
  const random = new Random(3);
  const spd = randomSpd(random, 40, 3);
  const dominant = randomDominant(random, 40, 3);
  const indefinite = quasiDefinite(random, 40);

  it.each([
    { name: 'definite', A: spd, preconditioner: 'ic', method: 'cg' },
    { name: 'definite', A: spd, preconditioner: 'jacobi', method: 'cg' },
    { name: 'definite', A: spd, preconditioner: 'none', method: 'cg' },
    { name: 'definite', A: spd, preconditioner: 'ilut', method: 'bicgstab' },
    { name: 'unsymmetric', A: dominant, preconditioner: 'jacobi', method: 'bicgstab' },
    { name: 'unsymmetric', A: dominant, preconditioner: 'ilut', method: 'bicgstab' },
    { name: 'unsymmetric', A: dominant, preconditioner: 'none', method: 'bicgstab' },
    { name: 'indefinite', A: indefinite, preconditioner: 'ilut', method: 'bicgstab' },
  ] as const)('$preconditioner on a $name matrix', async ({ A, preconditioner, method }) => {
    const b = new Random(4).vector(A.rows);
    const { x, report } = await solveOnce(engines.simd, A, b, { preconditioner });
    expect([report.method, report.preconditioner, report.converged]).toEqual([method, preconditioner, true]);
    expect(relativeError(x, denseSolve(toDense(A), b)!)).toBeLessThan(1e-8);
  });

  it("'ic' is refused where it does not fit", async () => {
    expect((await rejectionOf(engines.simd.createSolver(dominant, { preconditioner: 'ic' }))).code).toBe('not-symmetric');
    expect((await rejectionOf(engines.simd.createSolver(indefinite, { preconditioner: 'ic' }))).code).toBe('indefinite-matrix');
  });
});

describe('a preferred method', () => {
  const A = poisson3d(6);
  const b = new Random(6).vector(A.rows);

  it('comes first, and the ladder follows where it fails or may take no more flops', async () => {
    const { report: preferred } = await solveOnce(engines.simd, A, b, { method: 'cg', preconditioner: 'jacobi', prefer: true });
    expect(words(preferred.attempts)).toEqual(['cg jacobi used']);
    const { x, report } = await solveOnce(engines.simd, A, b, { method: 'cholesky', ordering: 'natural', prefer: true, maxFlops: 1000 });
    // In an order of its own it may well take less.
    expect(words(report.attempts)).toEqual(['cholesky none over-budget', 'cholesky none used']);
    expect(report.attempts[1]!.flops).toBeGreaterThan(1000);
    expectTrueCertificate(A, x, b, report);
    const fixed = { method: 'bicgstab', preconditioner: 'ic', prefer: true } as const;
    const unsymmetric = permuteRows(randomDominant(new Random(7), 30, 3), new Random(8).permutation(30));
    const { report: other } = await solveOnce(engines.simd, unsymmetric, new Random(9).vector(30), fixed);
    expect(words(other.attempts)).toEqual(['lu none used']);
  });

  it('orders as it is told, with the same answer', async () => {
    const exact = denseSolve(toDense(A), b)!;
    const fills: (number | undefined)[] = [];
    for (const ordering of ['natural', 'amd', 'nested-dissection', 'rcm'] as const) {
      await withSolver(engines.simd, A, { method: 'cholesky', ordering }, (solver) => {
        fills.push(solver.report.factorNnz);
        expect(solver.report.attempts[0]!.flops).toBe(solver.report.factorFlops);
        expect(relativeError(solver.solve(b).x, exact)).toBeLessThan(1e-12);
      });
    }
    expect(new Set(fills).size).toBeGreaterThan(2);
  });
});

describe("'auto' as a preconditioner", () => {
  const random = new Random(5);

  it.each([
    { name: 'definite', A: randomSpd(random, 30, 3), method: 'cg', preconditioner: 'ic' },
    { name: 'strictly dominant', A: randomDominant(random, 30, 3), method: 'bicgstab', preconditioner: 'jacobi' },
    { name: 'no more than square', A: SparseMatrix.fromDense([[1, 2, 0], [0, 1, 2], [1, 0, 3]]), method: 'bicgstab', preconditioner: 'ilut' },
  ] as const)('of $method on a $name matrix is $preconditioner', async ({ A, method, preconditioner }) => {
    const { report } = await solveOnce(engines.simd, A, A.multiply(new Float64Array(A.cols).fill(1)), { method });
    expect([report.method, report.preconditioner, report.converged]).toEqual([method, preconditioner, true]);
  });
});

describe('a method that is named is never exchanged', () => {
  it('cg meets an indefinite direction and says so', async () => {
    const A = SparseMatrix.fromDense([[1, 3], [3, 1]]);
    const b = [1, -1];
    const { x, report } = await solveOnce(engines.simd, A, b, { method: 'cg', preconditioner: 'none' });
    expect([report.method, report.converged, report.reason]).toEqual(['cg', false, 'indefinite-matrix']);
    expectTrueCertificate(A, x, b, report);
    expect(words(report.attempts)).toEqual(['cg none used']);
  });

  it('a nearly singular matrix under LDLᵀ is certified, whatever comes out', async () => {
    const A = SparseMatrix.fromDense([[1e-20, 1], [1, 1]]);
    const b = [1, 2];
    const { x, report } = await solveOnce(engines.simd, A, b, { method: 'ldlt', refine: false });
    expectTrueCertificate(A, x, b, report);
    expect(report.method).toBe('ldlt');
    // 'auto' has other methods to climb to, and ends with a good answer.
    const auto = await solveOnce(engines.simd, A, b);
    expect(auto.report.converged).toBe(true);
    expect(relativeError(auto.x, [1, 1])).toBeLessThan(1e-14);
  });
});

describe('square and singular', () => {
  const A = SparseMatrix.fromDense([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);

  it('qr at the end of the ladder solves what is consistent', async () => {
    const b = A.multiply([1, 1, 1]);
    const { x, report } = await solveOnce(engines.simd, A, b);
    expect(report.converged).toBe(true);
    expect(residual(A, x, b).relative).toBeLessThan(1e-14);
  });

  it('and says singular where there is no solution', async () => {
    const b = [1, 0, 0];
    const { x, report } = await solveOnce(engines.simd, A, b, { method: 'qr' });
    expect([report.converged, report.reason, report.rank]).toEqual([false, 'singular-matrix', 2]);
    expectTrueCertificate(A, x, b, report);
    expect((await solveOnce(engines.simd, A, b)).report.converged).toBe(false);
  });

  it.each([
    ['an empty row', SparseMatrix.fromDense([[1, 2], [0, 0]]), 1],
    ['an empty column', SparseMatrix.fromDense([[0, 2], [0, 1]]), 0],
  ])('%s is refused with its place', async (_, B, position) => {
    for (const method of ['auto', 'lu', 'bicgstab'] as const) {
      const error = await rejectionOf(engines.simd.createSolver(B, { method }));
      expect([error.code, error.position]).toEqual(['singular-matrix', position]);
    }
  });
});

describe('a Cholesky factorization of more than 1e10 flops', () => {
  it('comes after cg, and the report says so', async () => {
    // About 10·n² flops for a cube of n unknowns in the best of orders, and more in others.
    const A = poisson3d(42);
    const b = new Random(6).vector(A.rows);
    const { x, report } = await solveOnce(engines.simd, A, b);
    expect(words(report.attempts)).toEqual(['cholesky none deferred', 'cg ic used']);
    expect([report.method, report.converged]).toEqual(['cg', true]);
    expectTrueCertificate(A, x, b, report);
  });

  it('is not deferred below', async () => {
    const A = poisson3d(10);
    await withSolver(engines.simd, A, {}, ({ report }) => {
      expect(words(report.attempts)).toEqual(['cholesky none used']);
      expect(report.factorFlops).toBeGreaterThan(A.nnz);
      expect(report.factorFlops).toBeLessThan(1e10);
    });
  });
});

it.each(['cholesky', 'ldlt', 'lu', 'qr'] as const)('%s tells its flops', async (method) => {
  const A = poisson3d(8);
  await withSolver(engines.simd, A, { method }, ({ report }) => {
    // A square takes each entry of a factor at least once, and no more than a dense factorization.
    expect(report.factorFlops).toBeGreaterThan(report.factorNnz!);
    expect(report.factorFlops).toBeLessThan(2 * A.rows ** 3);
  });
});

it('random matrices of any structure are solved or refused, never answered wrongly', async () => {
  const random = new Random(7);
  let solved = 0;
  for (let k = 0; k < 200; k++) {
    const n = 2 + random.integer(20);
    const A = randomSparse(random, n, n, 1 + random.integer(3));
    const b = random.vector(n);
    let answer;
    try {
      answer = await solveOnce(engines.simd, A, b, { maxiter: 200 });
    } catch (error) {
      expect((error as { code: string }).code).toBe('singular-matrix');
      continue;
    }
    expectTrueCertificate(A, answer.x, b, answer.report);
    if (answer.report.converged) solved++;
    else expect(residual(A, answer.x, b).relative).toBeGreaterThan(1e-10);
  }
  expect(solved).toBeGreaterThan(20);
});
