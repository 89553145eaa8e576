// The forms of b and x: several, sparse, kept, single precision, guesses, zero.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits, expectTrueCertificate, figures, relativeError } from '../support/compare.js';
import { bothEngines, solveOnce, VARIANTS, withSolver } from '../support/engines.js';
import { sampled } from '../support/prove.js';
import { Random } from '../support/random.js';
import { residual } from '../support/residual.js';
import { isDirect, named, samples, system, WAYS } from '../support/systems.js';

const engines = bothEngines();
const ways = WAYS.map((way) => ({ ...way, name: named(way) }));

describe.each(ways)('$name', (way) => {
  const { method, preconditioner, kinds } = way;
  const options = { method, preconditioner };
  const settings = sampled(10);

  it('solves several right-hand sides as one by one, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.integer({ min: 1, max: 5 }), fc.boolean(), async (sample, k, transpose) => {
        const { A } = system(sample);
        const random = new Random(sample.seed + 7);
        const bs = Array.from({ length: k }, () => random.vector(transpose ? A.cols : A.rows));
        if (k > 2) bs[1]!.fill(0);
        for (const variant of VARIANTS) {
          await withSolver(engines[variant], A, options, (solver) => {
            const single = bs.map((b) => solver.solve(b, { transpose }));
            const many = solver.solveMany(bs, { transpose });
            expect(many.x.map(bits)).toEqual(single.map(({ x }) => bits(x)));
            expect(many.reports.map(figures)).toEqual(single.map(({ report }) => figures(report)));
          });
        }
      }),
      settings,
    );
  });

  it('takes b dense, sparse, kept and asynchronously with one result', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.boolean(), async (sample, transpose) => {
        const { A } = system(sample);
        const m = transpose ? A.cols : A.rows;
        const random = new Random(sample.seed + 8);
        const count = random.integer(m + 3);
        const indices = Array.from({ length: count }, () => random.integer(m));
        const values = [...random.vector(count)];
        const dense = new Float64Array(m);
        indices.forEach((i, k) => (dense[i]! += values[k]!));
        await withSolver(engines.simd, A, options, async (solver) => {
          const plain = solver.solve(dense, { transpose });
          // A kept sparse one has as many values as A rows.
          const kept = solver.rhs(m === A.rows ? { indices, values } : dense);
          const others = [
            solver.solve([...dense], { transpose }),
            solver.solve({ indices, values }, { transpose }),
            solver.solve({ indices: Uint32Array.from(indices), values: Float64Array.from(values) }, { transpose }),
            solver.solve(kept, { transpose }),
            solver.solve(kept, { transpose }),
            await solver.solveAsync(kept, { transpose }),
            await solver.solveAsync({ indices, values }, { transpose }),
          ];
          expect(others.map(({ x }) => bits(x))).toEqual(others.map(() => bits(plain.x)));
          for (const { report } of others) expect(figures(report)).toEqual(figures(plain.report));
          kept.dispose();
        });
      }),
      settings,
    );
  });

  it('writes into out, and only there', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), async (sample) => {
        const { A, b } = system(sample);
        await withSolver(engines.simd, A, options, async (solver) => {
          const before = bits(b);
          const plain = solver.solve(b);
          const around = new Float64Array(A.cols + 2).fill(7);
          const out = around.subarray(1, A.cols + 1);
          const { x } = solver.solve(b, { out });
          expect(x).toBe(out);
          expect(bits(x)).toBe(bits(plain.x));
          expect([around[0], around.at(-1)]).toEqual([7, 7]);
          expect((await solver.solveAsync(b, { out: out.fill(0) })).x).toBe(out);
          expect(bits(out)).toBe(bits(plain.x));
          expect(bits(b)).toBe(before);
        });
      }),
      settings,
    );
  });

  it('is solved by zero where b is zero, whatever the guess', async () => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.boolean(), async (sample, guess) => {
        const { A } = system(sample);
        const x0 = new Random(sample.seed).vector(A.cols);
        const { x, report } = await solveOnce(engines.simd, A, new Float64Array(A.rows), options, guess ? { x0 } : {});
        expect([...x].every((value) => value === 0)).toBe(true);
        expect([report.converged, report.iterations, report.residualNorm, report.relativeResidual]).toEqual([true, 0, 0, 0]);
        expect(report.backwardError).toEqual({ normwise: 0, componentwise: 0 });
      }),
      settings,
    );
  });
});

describe('single precision', () => {
  const square = ways.filter(({ kinds }) => kinds.includes('spd'));

  it.each(square)('$name rounds x to float32 and certifies the rounded one', async ({ method, preconditioner, kinds }) => {
    await fc.assert(
      fc.asyncProperty(samples(kinds.filter((kind) => kind !== 'tall' && kind !== 'wide')), async (sample) => {
        const { A, b } = system({ ...sample, n: sample.n + 3 });
        await withSolver(engines.simd, A, { method, preconditioner }, async (solver) => {
          const exact = solver.solve(b);
          const out = new Float32Array(A.cols);
          for (const rtol of [1e-10, 1e-6]) {
            for (const { x, report } of [solver.solve(b, { out, rtol }), await solver.solveAsync(b, { out, rtol })]) {
              expect(x).toBe(out);
              if (rtol === 1e-10) expect(bits(x)).toBe(bits(Float32Array.from(exact.x)));
              expectTrueCertificate(A, x, b, report, { rtol });
              expect(report.relativeResidual).toBeGreaterThan(1e-10);
              // 24 bits add a few 1e-8 times the condition to the residual, which an iteration may
              // have left just below its tolerance.
              if (rtol === 1e-6 && solver.solve(b, { rtol }).report.relativeResidual > 0.9e-6) continue;
              expect(report.converged).toBe(rtol === 1e-6);
              expect(report.reason).toBe(rtol === 1e-10 ? 'stagnated' : method === 'cg' || method === 'bicgstab' ? 'converged-rtol' : 'direct');
              expect(report.method).toBe(method);
              expect(report.iterations > 0).toBe(method === 'cg' || method === 'bicgstab');
            }
          }
        });
      }),
      sampled(8),
    );
  });

  it('b of float32 is widened exactly', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['spd', 'dominant', 'tall']), async (sample) => {
        const { A, b } = system(sample);
        const single = Float32Array.from(b);
        const widened = await solveOnce(engines.simd, A, Float64Array.from(single));
        const { x, report } = await solveOnce(engines.simd, A, single);
        expect(bits(x)).toBe(bits(widened.x));
        expect(figures(report)).toEqual(figures(widened.report));
      }),
      sampled(10),
    );
  });
});

describe('guesses', () => {
  it.each(ways.filter((way) => !isDirect(way)))('$name starts from x0', async ({ method, preconditioner, kinds }) => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.boolean(), async (sample, transpose) => {
        const { A, b: ofA, c } = system(sample);
        const b = transpose ? c : ofA;
        await withSolver(engines.simd, A, { method, preconditioner }, (solver) => {
          const good = solver.solve(b, { transpose, rtol: 1e-13 });
          const from = good.x.slice();
          const again = solver.solve(b, { transpose, x0: from });
          // It was already solved: no iteration, and the guess comes back as it was.
          expect([again.report.iterations, again.report.converged, again.report.reason]).toEqual([0, true, 'converged-rtol']);
          expect(bits(again.x)).toBe(bits(good.x));
          expect(bits(from)).toBe(bits(good.x));
          const far = new Random(sample.seed + 5).vector(A.rows).map((value) => 10 * value);
          const solved = solver.solve(b, { transpose, x0: [...far], rtol: 1e-12 });
          expect(solved.report.converged).toBe(true);
          expect(solved.report.iterations).toBeGreaterThan(0);
          expect(relativeError(solved.x, good.x)).toBeLessThan(1e-9);
        });
      }),
      sampled(10),
    );
  });

  it.each(ways.filter(isDirect))('$name needs none and ignores it', async ({ method, kinds }) => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), async (sample) => {
        const { A, b } = system(sample);
        await withSolver(engines.simd, A, { method }, (solver) => {
          const x0 = new Random(sample.seed).vector(A.cols);
          expect(bits(solver.solve(b, { x0 }).x)).toBe(bits(solver.solve(b).x));
        });
      }),
      sampled(5),
    );
  });
});

describe('tolerances', () => {
  it('atol alone decides where rtol is 0, and is named as the reason', async () => {
    await fc.assert(
      fc.asyncProperty(samples(['spd']), fc.double({ min: 1e-9, max: 1e-2, noNaN: true }), async (sample, atol) => {
        const { A, b } = system({ ...sample, n: sample.n + 60 });
        const { x, report } = await solveOnce(engines.simd, A, b, { method: 'cg', preconditioner: 'none', rtol: 0, atol });
        expect([report.converged, report.reason]).toEqual([true, 'converged-atol']);
        expect(residual(A, x, b).norm).toBeLessThanOrEqual(atol * (1 + 1e-9));
        const { report: tight } = await solveOnce(engines.simd, A, b, { method: 'cg', preconditioner: 'none', rtol: 0, atol: atol / 1000 });
        expect(tight.iterations).toBeGreaterThan(report.iterations);
      }),
      sampled(20),
    );
  });

  it.each(ways.filter((way) => !isDirect(way)))('$name stops and is accepted by one and the same residual', async ({ method, preconditioner, kinds }) => {
    await fc.assert(
      fc.asyncProperty(samples(kinds), fc.double({ min: -13, max: -1, noNaN: true }), async (sample, exponent) => {
        const { A, b } = system({ ...sample, n: sample.n + 10 });
        await withSolver(engines.simd, A, { method, preconditioner }, (solver) => {
          const { report } = solver.solve(b, { rtol: 10 ** exponent });
          expect(report.converged).toBe(true);
          // With the residual that was reached as the tolerance nothing may fall between the two tests.
          const again = solver.solve(b, { rtol: report.relativeResidual });
          expect([again.report.converged, again.report.reason]).toEqual([true, 'converged-rtol']);
        });
      }),
      sampled(30),
    );
  });

  it('those of a solve take precedence over those of the solver', async () => {
    const { A, b } = system({ kind: 'spd', seed: 3, n: 60 });
    await withSolver(engines.simd, A, { method: 'cg', preconditioner: 'none', rtol: 1e-2 }, (solver) => {
      const loose = solver.solve(b);
      const tight = solver.solve(b, { rtol: 1e-12 });
      expect(loose.report.relativeResidual).toBeGreaterThan(1e-12);
      expect(tight.report.relativeResidual).toBeLessThanOrEqual(1e-12);
      expect(bits(solver.solve(b).x)).toBe(bits(loose.x));
    });
  });

  it.each(ways.filter((way) => !isDirect(way) && way.preconditioner !== 'ilut'))('maxiter ends $name with a true residual', async ({ method, preconditioner }) => {
    const { A, b } = system({ kind: 'spd', seed: 4, n: 80 });
    const { x, report } = await solveOnce(engines.simd, A, b, { method, preconditioner, rtol: 1e-14, maxiter: 2 });
    expect([report.converged, report.reason, report.iterations]).toEqual([false, 'max-iterations', 2]);
    expectTrueCertificate(A, x, b, report, { rtol: 1e-14 });
    expect(report.relativeResidual).toBeLessThan(1);
  });

  it('refinement is kept only where it lowers the backward error, and can be switched off', async () => {
    let refined = 0;
    await fc.assert(
      fc.asyncProperty(samples(['permuted', 'dominant', 'spd']), fc.constantFrom('lu', 'qr'), async (sample, method) => {
        const { A, b } = system({ ...sample, n: sample.n + 20 });
        const scale = new Random(sample.seed).vector(A.rows).map((v) => 10 ** (12 * v));
        const rough = b.map((value, i) => value * scale[i]!);
        await withSolver(engines.simd, A, { method }, (solver) => {
          const on = solver.solve(rough);
          const off = solver.solve(rough, { refine: false });
          expect(off.report.refinementSteps).toBe(0);
          refined += on.report.refinementSteps;
          if (on.report.refinementSteps === 0) expect(bits(on.x)).toBe(bits(off.x));
          else expect(on.report.backwardError.componentwise).toBeLessThan(off.report.backwardError.componentwise / 2);
        });
      }),
      sampled(30),
    );
    expect(refined, 'some sample must need refinement').toBeGreaterThan(0);
  });
});
