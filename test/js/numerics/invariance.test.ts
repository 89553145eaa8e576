// What must not change the answer: units of b, the order of the unknowns, the side of the transpose.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits, figures, relativeError } from '../support/compare.js';
import { bothEngines, solveOnce, withSolver } from '../support/engines.js';
import { sampled } from '../support/prove.js';
import { Random } from '../support/random.js';
import { isDirect, named, permuteBoth, permuteRows, samples, system, WAYS } from '../support/systems.js';

const engines = bothEngines();

describe.each(WAYS.map((way) => ({ ...way, name: named(way) })))('$name', (way) => {
  const { method, preconditioner, kinds } = way;
  const options = { method, preconditioner };

  it('scales x with b to the last bit where the factor is a power of two', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.integer({ min: -300, max: 300 }), fc.boolean(), async (sample, exponent, transpose) => {
        const { A, b: ofA, c } = system(sample);
        const b = transpose ? c : ofA;
        const factor = 2 ** exponent;
        await withSolver(engines.simd, A, options, (solver) => {
          const plain = solver.solve(b, { transpose });
          const scaled = solver.solve(b.map((value) => value * factor), { transpose });
          expect(bits(scaled.x)).toBe(bits(plain.x.map((value) => value * factor)));
          const { residualNorm, ...rest } = figures(plain.report) as { residualNorm: number };
          expect(figures(scaled.report)).toEqual({ ...rest, residualNorm: residualNorm * factor });
        });
      }),
      sampled(20),
    );
  });

  it.each([1e-8, 1e8, 1e-150, 1e150])('converges for the same reason with %d·b', async (factor) => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), async (sample) => {
        const { A, b } = system(sample);
        await withSolver(engines.simd, A, options, (solver) => {
          const plain = solver.solve(b);
          const scaled = solver.solve(b.map((value) => value * factor));
          expect([scaled.report.converged, scaled.report.reason]).toEqual([true, plain.report.reason]);
          expect(scaled.report.relativeResidual <= 1e-10 || A.rows !== A.cols).toBe(true);
          // Two answers within the tolerance of an iterative method differ by its size times the condition.
          const unscaled = scaled.x.map((value) => value / factor);
          expect(relativeError(unscaled, plain.x)).toBeLessThan(isDirect(way) ? 1e-12 : 1e-7);
        });
      }),
      sampled(5),
    );
  });

  it('does not mind the order of the unknowns', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), async (sample) => {
        const { A, b } = system(sample);
        const random = new Random(sample.seed + 1);
        const square = A.rows === A.cols;
        const order = random.permutation(A.rows);
        const shuffled = square ? permuteBoth(A, order) : permuteRows(A, order);
        const reordered = new Float64Array(A.rows);
        order.forEach((to, from) => (reordered[to] = b[from]!));
        const plain = await solveOnce(engines.simd, A, b, options);
        const other = await solveOnce(engines.simd, shuffled, reordered, options);
        const back = square ? plain.x.map((_, i) => other.x[order[i]!]!) : other.x;
        expect(relativeError(back, plain.x)).toBeLessThan(isDirect(way) ? 1e-11 : 1e-7);
        expect([other.report.converged, other.report.reason]).toEqual([plain.report.converged, plain.report.reason]);
        const least = Math.max(plain.report.residualNorm, other.report.residualNorm);
        if (!square) expect(Math.abs(plain.report.residualNorm - other.report.residualNorm)).toBeLessThan(1e-12);
        else if (isDirect(way)) expect(least).toBeLessThan(1e-13);
      }),
      sampled(15),
    );
  });

  if (method !== 'qr') it('solves with the transpose as with the transposed matrix', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), async (sample) => {
        const { A, c } = system(sample);
        const turned = await solveOnce(engines.simd, A, c, options, { transpose: true });
        const direct = await solveOnce(engines.simd, A.transpose(), c, options);
        // An iterative method does the very same; LU eliminates in another order.
        if (method === 'lu') expect(relativeError(turned.x, direct.x)).toBeLessThan(1e-11);
        else expect(bits(turned.x)).toBe(bits(direct.x));
      }),
      sampled(15),
    );
  });
});

it('the residual of one x is the same in any order of rows and columns', async () => {
  await fc.assert(
    fc.asyncProperty(samples(['spd', 'dominant']), async (sample) => {
      const { A, b } = system(sample);
      const random = new Random(sample.seed + 2);
      const order = random.permutation(A.rows);
      const x = random.vector(A.rows);
      const scattered = (from: Float64Array): Float64Array => {
        const to = new Float64Array(from.length);
        order.forEach((target, source) => (to[target] = from[source]!));
        return to;
      };
      // A solve that may not iterate past its guess certifies the guess.
      const report = async (matrix: typeof A, rhs: Float64Array, guess: Float64Array) => {
        const solved = await solveOnce(engines.simd, matrix, rhs, { method: 'bicgstab', preconditioner: 'none', rtol: 1e6 }, { x0: guess });
        expect(bits(solved.x)).toBe(bits(guess));
        return solved.report;
      };
      const plain = await report(A, b, x);
      const shuffled = await report(permuteBoth(A, order), scattered(b), scattered(x));
      expect(plain.iterations).toBe(0);
      for (const pick of [
        (r: typeof plain) => r.residualNorm,
        (r: typeof plain) => r.relativeResidual,
        (r: typeof plain) => r.backwardError.normwise,
        (r: typeof plain) => r.backwardError.componentwise,
      ]) {
        expect(Math.abs(pick(shuffled) / pick(plain) - 1)).toBeLessThan(1e-12);
      }
    }),
    sampled(60),
  );
});
