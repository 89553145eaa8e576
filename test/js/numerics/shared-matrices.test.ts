// Every matrix of ../shared/matrices with every method: solved, or refused with the right code.
import { type LacunaErrorCode, type Method, type Preconditioner, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bits, expectTrueCertificate, figures, relativeError } from '../support/compare.js';
import { denseSolve, toDense } from '../support/dense.js';
import { bothEngines, solveOnce } from '../support/engines.js';
import { rejectionOf } from '../support/errors.js';
import { triplets } from '../support/generate.js';
import { rankModuloPrime } from '../support/modular.js';
import { Random } from '../support/random.js';
import { norm2, normMax, residual } from '../support/residual.js';
import { describeShared, matrixFiles, readMatrixFile } from '../support/shared.js';
import { isDirect, WAYS } from '../support/systems.js';

/** 'solved', 'diverges' (within the iterations allowed: a result, not an error), or a refusal. */
type Outcome = 'solved' | 'diverges' | LacunaErrorCode;
type Outcomes = Record<'cholesky' | 'ldlt' | 'lu' | 'qr', Outcome> & {
  /** With none, jacobi, ic. */
  cg: readonly [Outcome, Outcome, Outcome];
  /** With none, jacobi, ic, ilut. */
  bicgstab: readonly [Outcome, Outcome, Outcome, Outcome];
};

/** What the pencil says of each matrix, and what follows from it. */
const RECTANGULAR: Outcomes = {
  cholesky: 'not-square',
  ldlt: 'not-square',
  lu: 'not-square',
  qr: 'solved',
  cg: ['not-square', 'not-square', 'not-square'],
  bicgstab: ['not-square', 'not-square', 'not-square', 'not-square'],
};
const unsymmetric = (none: Outcome, jacobi: Outcome, ilut: Outcome): Outcomes => ({
  cholesky: 'not-symmetric',
  ldlt: 'not-symmetric',
  lu: 'solved',
  qr: 'solved',
  cg: ['not-symmetric', 'not-symmetric', 'not-symmetric'],
  bicgstab: [none, jacobi, 'not-symmetric', ilut],
});

/** Positive diagonals, but aᵢⱼ = aᵢᵢ = aⱼⱼ = 1: singular 2 × 2 minors, so not positive definite. */
const onesPattern = (lu: Outcome): Outcomes => ({
  cholesky: 'indefinite-matrix',
  ldlt: lu === 'solved' ? 'solved' : 'breakdown',
  lu,
  qr: lu,
  cg: ['diverges', 'diverges', 'indefinite-matrix'],
  bicgstab: ['diverges', 'diverges', 'indefinite-matrix', 'diverges'],
});

const EXPECTED: Record<string, Outcomes> = {
  '494_bus.mtx': {
    cholesky: 'solved',
    ldlt: 'solved',
    lu: 'solved',
    qr: 'solved',
    cg: ['solved', 'solved', 'solved'],
    bicgstab: ['solved', 'solved', 'solved', 'solved'],
  },
  'ash219.mtx': RECTANGULAR,
  'bcspwr10.mtx': onesPattern('singular-matrix'),
  // Condition 1e10: too much for iterations without a preconditioner.
  'bcsstk13.mtx': {
    cholesky: 'solved',
    ldlt: 'solved',
    lu: 'solved',
    qr: 'solved',
    cg: ['diverges', 'solved', 'solved'],
    bicgstab: ['diverges', 'solved', 'solved', 'solved'],
  },
  'cage5.mtx': unsymmetric('solved', 'solved', 'solved'),
  'cryg2500.mtx': unsymmetric('diverges', 'diverges', 'solved'),
  // Zeros on the diagonal leave Jacobi without an inverse, here and in three others.
  'impcol_a.mtx': unsymmetric('diverges', 'singular-matrix', 'diverges'),
  'jagmesh7.mtx': onesPattern('solved'),
  'lp_e226.mtx': RECTANGULAR,
  'lpi_galenet.mtx': RECTANGULAR,
  'olm500.mtx': unsymmetric('diverges', 'diverges', 'solved'),
  'rajat01.mtx': { ...unsymmetric('diverges', 'singular-matrix', 'diverges'), lu: 'singular-matrix' },
  'watt_2.mtx': unsymmetric('solved', 'solved', 'solved'),
  'west0067.mtx': unsymmetric('diverges', 'singular-matrix', 'diverges'),
  'west0479.mtx': unsymmetric('diverges', 'singular-matrix', 'diverges'),
};
const COMPLEX = ['arrowc.mtx', 'young1c.mtx'];

/** 5,300 and 6,833 columns: Eigen's sparse QR takes minutes past some 3,000. */
const TOO_LARGE_FOR_QR = ['bcspwr10.mtx', 'rajat01.mtx'];

/** At most 500 unknowns: what dense elimination in JavaScript solves in a moment. */
const SMALL = ['494_bus.mtx', 'cage5.mtx', 'impcol_a.mtx', 'olm500.mtx', 'west0067.mtx', 'west0479.mtx'];

/**
 * Iterations allowed: those of the table that are solved need nine tenths of them at the most, and
 * the others would go on for seconds.
 */
const ITERATIONS: Record<string, number> = { 'bcsstk13.mtx': 4000, 'bcspwr10.mtx': 200, 'cryg2500.mtx': 200, 'jagmesh7.mtx': 300, 'rajat01.mtx': 200 };
const maxiterOf = (name: string): number => ITERATIONS[name] ?? 2000;

/**
 * With a b that is not made from a moderate x the residual of these cannot be small relative to
 * ‖b‖: ‖A‖‖x‖ is more than 1e8·‖b‖, so that rounding x alone moves it past 1e-10·‖b‖. The normwise
 * backward error is still that of a stable elimination.
 */
const TOO_ILL_CONDITIONED = ['cryg2500.mtx', 'watt_2.mtx'];

const outcomeOf = (expected: Outcomes, method: Method, preconditioner: Preconditioner): Outcome => {
  if (method === 'cg') return expected.cg[['none', 'jacobi', 'ic'].indexOf(preconditioner)]!;
  if (method === 'bicgstab') return expected.bicgstab[['none', 'jacobi', 'ic', 'ilut'].indexOf(preconditioner)]!;
  return expected[method];
};

const engines = bothEngines();

describeShared('matrices of ../shared', (folder) => {
  const matrices = new Map<string, SparseMatrix>();
  const read = (name: string): SparseMatrix => {
    const known = matrices.get(name) ?? SparseMatrix.fromMatrixMarket(readMatrixFile(folder, name));
    matrices.set(name, known);
    return known;
  };

  it('are all known to this test', () => {
    expect(matrixFiles(folder)).toEqual([...Object.keys(EXPECTED), ...COMPLEX].sort());
  });

  it.each(COMPLEX)('%s is complex and refused at parsing', (name) => {
    expect(() => read(name)).toThrow(expect.objectContaining({ code: 'unsupported-format' }));
  });

  describe.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    const problem = (): { A: SparseMatrix; solution: Float64Array; b: Float64Array } => {
      const A = read(name);
      const solution = new Random(1).vector(A.cols);
      return { A, solution, b: A.multiply(solution) };
    };

    for (const { method, preconditioner } of WAYS) {
      if (method === 'qr' && TOO_LARGE_FOR_QR.includes(name)) continue;
      const outcome = outcomeOf(expected, method, preconditioner);
      const options = { method, preconditioner, maxiter: maxiterOf(name) };

      it(`${method}, ${preconditioner}: ${outcome}`, async () => {
        const { A, b } = problem();
        if (outcome !== 'solved' && outcome !== 'diverges') {
          const error = await rejectionOf(engines.simd.createSolver(A, options));
          expect(error.code).toBe(outcome);
          if (outcome === 'not-symmetric') {
            const [i, j] = error.position as [number, number];
            expect(A.get(i, j)).not.toBe(A.get(j, i));
          }
          return;
        }
        const { x, report } = await solveOnce(engines.simd, A, b, options);
        expectTrueCertificate(A, x, b, report);
        expect(report.converged).toBe(outcome === 'solved');
        expect([report.method, report.preconditioner]).toEqual([method, preconditioner]);
        if (outcome === 'solved') {
          const truth = residual(A, x, b);
          expect(truth.relative).toBeLessThanOrEqual(1e-10 * (1 + 1e-9));
          if (isDirect({ method })) expect(truth.normwise).toBeLessThan(1e-14);
        } else {
          expect(report.relativeResidual).toBeGreaterThan(1e-10);
          expect(['max-iterations', 'breakdown', 'stagnated', 'indefinite-matrix', 'not-finite']).toContain(report.reason);
        }
        if (method === 'qr') return; // slow, and equal bits are shown on smaller ones
        const scalar = await solveOnce(engines.scalar, A, b, options);
        expect(bits(scalar.x)).toBe(bits(x));
        expect(figures(scalar.report)).toEqual(figures(report));
      });
    }

    if (expected.lu !== 'solved') return;
    it('any b is solved to a backward error of 1e-14, and Aᵀx = b too', async () => {
      const A = read(name);
      const any = new Random(2).vector(A.rows);
      for (const method of ['auto', 'cholesky', 'ldlt', 'lu'] as const) {
        if (method !== 'auto' && expected[method] !== 'solved') continue;
        for (const transpose of [false, true]) {
          const { x, report } = await solveOnce(engines.simd, A, any, { method }, { transpose });
          const truth = residual(A, x, any, { transpose });
          expectTrueCertificate(A, x, any, report, { transpose });
          expect(truth.normwise).toBeLessThan(1e-14);
          if (TOO_ILL_CONDITIONED.includes(name)) {
            const size = A.toCsr().data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
            expect(size * normMax(x)).toBeGreaterThan(1e8 * normMax(any));
          } else {
            expect(truth.relative).toBeLessThanOrEqual(1e-10);
            expect([report.converged, report.reason]).toEqual([true, 'direct']);
          }
        }
      }
    });

    if (!SMALL.includes(name)) return;
    it('the solution is that of dense elimination, as far as its condition lets it', async () => {
      const { A, solution, b } = problem();
      const dense = denseSolve(toDense(A), b)!;
      const { x } = await solveOnce(engines.simd, A, b);
      // Both are off the true one by the condition times 1e-16, which the dense error tells.
      const slack = 100 * relativeError(dense, solution) + 1e-13;
      expect(relativeError(x, solution)).toBeLessThan(slack);
    });
  });

  describe('what the table says of them, by exact arithmetic', () => {
    it.each(['bcspwr10.mtx', 'rajat01.mtx'])('%s is singular', (name) => {
      const A = read(name);
      expect(rankModuloPrime(A)).toBeLessThan(A.rows);
    });

    it.each(['jagmesh7.mtx'])('%s is not', (name) => {
      const A = read(name);
      expect(rankModuloPrime(A)).toBe(A.rows);
    });

    it.each(['bcspwr10.mtx', 'jagmesh7.mtx'])('%s has a singular principal minor of order 2', (name) => {
      const A = read(name);
      const { rows, cols } = triplets(A);
      const k = rows.findIndex((i, p) => i !== cols[p]);
      const [i, j] = [rows[k]!, cols[k]!];
      expect(A.get(i, i) * A.get(j, j) - A.get(i, j) * A.get(j, i)).toBe(0);
    });

    it.each(Object.entries(EXPECTED).filter(([, { bicgstab }]) => bicgstab[1] === 'singular-matrix'))('%s has a zero on its diagonal where Jacobi says', async (name) => {
      const A = read(name);
      const error = await rejectionOf(engines.simd.createSolver(A, { method: 'bicgstab', preconditioner: 'jacobi' }));
      const at = error.position as number;
      expect(A.get(at, at)).toBe(0);
    });
  });

  describe("the ladder of 'auto'", () => {
    it.each(Object.entries(EXPECTED).filter(([, { lu }]) => lu === 'solved'))('%s', async (name, expected) => {
      const A = read(name);
      const { report } = await solveOnce(engines.simd, A, A.multiply(new Random(1).vector(A.cols)));
      const used = (['cholesky', 'ldlt', 'lu'] as const).find((method) => expected[method] === 'solved')!;
      expect([report.method, report.converged]).toEqual([used, true]);
      const before = (['cholesky', 'ldlt'] as const).filter((method) => !['solved', 'not-symmetric'].includes(expected[method]));
      expect(report.attempts).toMatchObject([
        ...before.map((method) => ({ method, preconditioner: 'none', outcome: expected[method] === 'breakdown' ? 'zero-pivot' : expected[method] })),
        { method: used, preconditioner: 'none', outcome: 'used' },
      ]);
    });

    it('bcspwr10.mtx is refused once every rung has failed', async () => {
      const error = await rejectionOf(engines.simd.createSolver(read('bcspwr10.mtx')));
      expect(error.code).toBe('singular-matrix');
      expect(error.details?.['attempts']).toMatchObject([
        { method: 'cholesky', preconditioner: 'none', outcome: 'indefinite-matrix' },
        { method: 'ldlt', preconditioner: 'none', outcome: 'zero-pivot' },
        { method: 'lu', preconditioner: 'none', outcome: 'singular-matrix' },
      ]);
    });

    it('rajat01.mtx ends with the best of the iterations, and does not pretend', async () => {
      const A = read('rajat01.mtx');
      const b = new Random(3).vector(A.rows);
      const { x, report } = await solveOnce(engines.simd, A, b, { maxiter: 300 });
      expect([report.converged, report.method]).toEqual([false, 'bicgstab']);
      expectTrueCertificate(A, x, b, report);
      expect(report.attempts.map(({ method, preconditioner, outcome }) => `${method} ${preconditioner} ${outcome}`)).toEqual([
        'lu none singular-matrix',
        'bicgstab ilut used',
        'bicgstab ilut max-iterations',
        'bicgstab none used',
        'bicgstab none max-iterations',
      ]);
    });
  });

  describe('least squares', () => {
    it.each(Object.entries(EXPECTED).filter(([, expected]) => expected === RECTANGULAR))('%s, both ways', async (name) => {
      const A = read(name);
      for (const transpose of [false, true]) {
        const [m, n] = transpose ? [A.cols, A.rows] : [A.rows, A.cols];
        const b = new Random(4).vector(m);
        const { x, report } = await solveOnce(engines.simd, A, b, { method: 'qr' }, { transpose });
        expect([report.converged, report.reason, report.rank]).toEqual([true, 'direct', Math.min(m, n)]);
        expectTrueCertificate(A, x, b, report, { transpose });
        const truth = residual(A, x, b, { transpose });
        if (m > n) {
          const gradient = transpose ? A.multiply(truth.vector) : A.multiplyTranspose(truth.vector);
          const relative = norm2(gradient) / norm2(A.toCsr().data) / truth.norm;
          expect(relative).toBeLessThan(1e-12);
          expect(report.normalResidual).toBeLessThan(1e-12);
          expect(truth.relative).toBeGreaterThan(0.1); // b is not in the range: this is no exact solution
        } else {
          expect(truth.relative).toBeLessThan(1e-12);
          // Of minimum norm: orthogonal to the null space, which A·y − A·x = 0 for any other solution y spans.
          const other = transpose ? A.multiplyTranspose(new Random(5).vector(n)) : A.multiply(new Random(5).vector(n));
          const y = new Random(5).vector(n);
          const { x: projected } = await solveOnce(engines.simd, A, other, { method: 'qr' }, { transpose });
          const inNull = y.map((value, i) => value - projected[i]!);
          const dot = inNull.reduce((sum, value, i) => sum + value * x[i]!, 0);
          expect(Math.abs(dot)).toBeLessThan(1e-11 * norm2(inNull) * norm2(x));
          expect(norm2(inNull)).toBeGreaterThan(0.01);
        }
      }
    });
  });
});
