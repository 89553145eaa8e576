// Single answers against dense elimination: the bound holds, the target is met, builds agree.
import fc from 'fast-check';
import { type Answer, type QueryMethod, type QueryOptions, SparseMatrix, type Variant } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { denseSolve, toDense, transposed } from '../support/dense.js';
import { bothEngines, VARIANTS, withSolver } from '../support/engines.js';
import { poisson2d, randomDominant, randomSpd } from '../support/generate.js';
import { sampled } from '../support/prove.js';
import { Random } from '../support/random.js';
import { normMax } from '../support/residual.js';

const engines = bothEngines();

/** What dense elimination itself may be off by, relative to ‖x‖∞: these systems are well conditioned. */
const SLACK = 1e-12;

interface Sample {
  readonly kind: 'dominant' | 'spd' | 'grid';
  readonly seed: number;
  readonly n: number;
}

const samples = fc.record({
  kind: fc.constantFrom('dominant', 'spd', 'grid'),
  seed: fc.nat(1_000_000),
  n: fc.integer({ min: 1, max: 60 }),
}) as fc.Arbitrary<Sample>;

/** A strictly dominant system, its right-hand side and its solution. */
function system({ kind, seed, n }: Sample): { A: SparseMatrix; b: Float64Array; x: Float64Array; random: Random } {
  const random = new Random(seed);
  const margin = 10 ** random.between(-1, 1);
  const side = Math.ceil(Math.sqrt(n));
  const A = kind === 'dominant' ? randomDominant(random, n, 4, margin) : kind === 'spd' ? randomSpd(random, n, 3, margin) : shifted(poisson2d(side), margin);
  const b = random.vector(A.rows);
  return { A, b, x: denseSolve(toDense(A), b)!, random };
}

function shifted(A: SparseMatrix, by: number): SparseMatrix {
  const { rows, indptr, indices, data } = A.toCsr();
  for (let i = 0; i < rows; i++) for (let k = indptr[i]!; k < indptr[i + 1]!; k++) if (indices[k] === i) data[k]! += by;
  return SparseMatrix.fromCsr(rows, rows, indptr, indices, data);
}

/** Everything an answer says of itself must be true of the number it is about. */
function expectTrue(answer: Answer, truth: number, slack: number, { rtol = 1e-6, atol = 0 }: QueryOptions = {}): void {
  const { value, bound, lower, upper, target, converged, certificate, why, work } = answer;
  expect(bound, why).not.toBeNull();
  expect(Math.abs(value - truth), JSON.stringify(answer)).toBeLessThanOrEqual(bound! + slack);
  expect(truth).toBeGreaterThanOrEqual(lower - slack);
  expect(truth).toBeLessThanOrEqual(upper + slack);
  expect(target).toBe(Math.max(atol, rtol * Math.abs(value)));
  expect(converged).toBe(bound! <= target);
  expect(certificate).not.toBeNull();
  expect(why).toBeUndefined();
  for (const figure of Object.values(work)) expect(figure === null || figure >= 0).toBe(true);
}

const digest = ({ time: _, ...rest }: Answer): string => JSON.stringify(rest);

describe.each(VARIANTS)('%s', (variant) => {
  it('entries, functionals and several entries are as bounded, by every way', async () => {
    const ways: (QueryMethod | 'auto')[] = ['auto', 'push', 'neumann', 'full'];
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const { A, b, x, random } = system(sample);
        const slack = SLACK * normMax(x);
        await withSolver(engines[variant], A, { setup: 'lazy' }, (solver) => {
          const rhs = solver.rhs(b);
          const options = { rtol: 1e-6, atol: 1e-8 };
          for (const method of ways) {
            const i = random.integer(A.rows);
            const answer = solver.entry(i, rhs, { ...options, method });
            expectTrue(answer, x[i]!, slack, options);
            expect(answer.converged, digest(answer)).toBe(true);
            if (method !== 'auto') expect(answer.method).toBe(method);

            const t = { indices: [random.integer(A.rows), random.integer(A.rows)], values: [random.between(-1, 1), 2] };
            const truth = t.values[0]! * x[t.indices[0]!]! + t.values[1]! * x[t.indices[1]!]!;
            expectTrue(solver.functional(t, rhs, { ...options, method }), truth, 4 * slack, options);
          }
          const all = Int32Array.from(x, (_, k) => k);
          solver.entries(all, rhs, options).forEach((answer, k) => expectTrue(answer, x[k]!, slack, options));
        });
      }),
      sampled(40),
    );
  });

  it('sparse right-hand sides and those on demand give what the same numbers give', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const { A, random } = system(sample);
        const n = A.rows;
        const indices = [random.integer(n), random.integer(n)];
        const values = [random.between(-1, 1), random.between(-1, 1)];
        const b = new Float64Array(n);
        indices.forEach((i, k) => (b[i]! += values[k]!));
        const x = denseSolve(toDense(A), b)!;
        const i = random.integer(n);
        const slack = SLACK * normMax(x);
        await withSolver(engines[variant], A, { setup: 'lazy' }, (solver) => {
          const asked: number[] = [];
          const value = (k: number): number => (asked.push(k), b[k]!);
          for (const given of [b, { indices, values }, { value, normInf: normMax(b) }]) {
            const options = { atol: 1e-9, rtol: 0 };
            const answer = solver.entry(i, given, options);
            expectTrue(answer, x[i]!, slack, options);
            expect(answer.converged).toBe(true);
          }
          expect(new Set(asked).size).toBe(asked.length);
          expect(bits(solver.solve(solver.rhs({ value, normInf: normMax(b) })).x)).toBe(bits(solver.solve(b).x));
        });
      }),
      sampled(40),
    );
  });

  it('a Cholesky factor that is there answers along its paths, within its bound', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const { A, random } = system({ ...sample, kind: sample.kind === 'grid' ? 'grid' : 'spd' });
        const n = A.rows;
        const b = new Float64Array(n);
        const [indices, values] = [[random.integer(n)], [random.between(-1, 1)]];
        b[indices[0]!] = values[0]!;
        const x = denseSolve(toDense(A), b)!;
        await withSolver(engines[variant], A, { method: 'cholesky' }, (solver) => {
          const i = random.integer(n);
          const answer = solver.entry(i, { indices, values }, { method: 'factor' });
          expect(answer).toMatchObject({ method: 'factor', certificate: 'backward' });
          expect(Math.abs(answer.value - x[i]!)).toBeLessThanOrEqual(answer.bound! + SLACK * normMax(x));
          expect(() => solver.entry(i, b, { method: 'factor' })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
        });
      }),
      sampled(40),
    );
  });

  it('rows and columns of the inverse are within their bounds, everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const { A, random } = system(sample);
        const n = A.rows;
        const dense = toDense(A);
        await withSolver(engines[variant], A, { setup: 'lazy' }, (solver) => {
          for (const [name, matrix] of [['column', dense], ['row', transposed(dense)]] as const) {
            const source = random.integer(n);
            const unit = new Float64Array(n);
            unit[source] = 1;
            const truth = denseSolve(matrix, unit)!;
            const { indices, values, bound, bound1, converged, target } = solver[name](source, { rtol: 1e-7, maxEntries: 1e5 });
            // Columns of the unsymmetric ones need not be dominant: then a push need not get there.
            if (name === 'row' || sample.kind !== 'dominant') expect(converged).toBe(true);
            expect(converged).toBe(bound! <= target);
            const found = new Float64Array(n);
            indices.forEach((id, k) => {
              expect(k === 0 || id > indices[k - 1]!).toBe(true);
              found[id] = values[k]!;
            });
            const errors = truth.map((t, k) => Math.abs(t - found[k]!));
            expect(normMax(errors)).toBeLessThanOrEqual(bound! + SLACK * normMax(truth));
            if (bound1 !== null) expect(errors.reduce((s, e) => s + e, 0)).toBeLessThanOrEqual(bound1 + n * SLACK * normMax(truth));
          }
        });
      }),
      sampled(40),
    );
  });

  it('walks say how sure they are, and the seed decides them', async () => {
    const random = new Random(11);
    const A = randomDominant(random, 60, 4, 3);
    const b = random.vector(60);
    const x = denseSolve(toDense(A), b)!;
    await withSolver(engines[variant], A, { setup: 'lazy' }, (solver) => {
      let covered = 0;
      // Builds the table of the walks, which only those before it foresee.
      solver.entry(0, b, { method: 'walks', confidence: 0.95, atol: 1e-2, rtol: 0 });
      for (const method of ['walks', 'bidirectional'] as const) {
        for (let seed = 0; seed < 20; seed++) {
          const options = { method, confidence: 0.95, atol: 1e-2, rtol: 0, seed };
          const answer = solver.entry(seed, b, options);
          // What the push before the walks has proven needs no walk.
          const proven = method === 'bidirectional' && answer.method === 'push';
          expect([answer.confidence, answer.method]).toEqual(proven ? [1, 'push'] : [0.95, method]);
          expect(answer.converged).toBe(true);
          if (Math.abs(answer.value - x[seed]!) <= answer.bound!) covered++;
          expect(digest(solver.entry(seed, b, { ...options, seed: BigInt(seed) }))).toBe(digest(answer));
        }
      }
      // 40 intervals at 95 %: fewer than 32 would be a matter of one in 10⁵.
      expect(covered).toBeGreaterThanOrEqual(32);
      const one = (seed: number | bigint): string => digest(solver.entry(3, b, { method: 'walks', confidence: 0.9, atol: 0.05, rtol: 0, seed }));
      expect(one(2 ** 40)).not.toBe(one(0));
      expect(one(2n ** 64n - 1n)).not.toBe(one(1));
    });
  });
});

it('both builds give the same bits, however the work is cut', async () => {
  await fc.assert(
    fc.asyncProperty(samples, fc.constantFrom(1, 0.9), async (sample, confidence) => {
      const { A, b } = system(sample);
      const options = { confidence, atol: 1e-6, seed: 5 };
      // Each with a solver of its own: one that was asked before has factors, and plans otherwise.
      const ask = (variant: Variant, slice?: number): Promise<string> =>
        withSolver(engines[variant], A, { setup: 'lazy' }, async (solver) => {
          const answer = slice === undefined ? solver.entry(0, b, options) : await solver.entryAsync(0, b, { ...options, slice });
          const { indices, values, bound } = slice === undefined ? solver.row(0) : await solver.rowAsync(0, { slice });
          return `${digest(answer)} ${bits(indices)} ${bits(values)} ${bound}`;
        });
      const expected = await ask('simd');
      expect(await ask('scalar')).toBe(expected);
      expect(await ask('simd', 8)).toBe(expected);
      expect(await ask('simd', 0.001)).toBe(expected);
    }),
    sampled(30),
  );
});

it('where no theorem holds there is no bound, and the row to blame is named', async () => {
  // Symmetric and regular, far from dominant, signs mixed.
  const A = SparseMatrix.fromDense([[4, 1, 0], [1, 1, 3], [0, 3, 1]]);
  await withSolver(engines.simd, A, {}, (solver) => {
    const { rows, firstWeakRow } = solver.conditions();
    expect([rows.dominance, firstWeakRow]).toEqual(['none', 1]);
    const { x } = solver.solve([1, 2, 3]);
    const answer = solver.entry(1, [1, 2, 3]);
    expect(answer).toMatchObject({ method: 'full', bound: null, certificate: null, converged: false, reason: 'no-certificate' });
    expect(answer.why).toContain('row 1 ');
    expect(answer.value).toBeCloseTo(x[1]!, 12);
    expect([answer.lower, answer.upper]).toEqual([-Infinity, Infinity]);
  });
});

it('a grid is answered locally, at a cost that does not depend on its size', async () => {
  const work: number[] = [];
  for (const side of [60, 120]) {
    const A = shifted(poisson2d(side), 4);
    await withSolver(engines.simd, A, { setup: 'lazy' }, (solver) => {
      const rhs = solver.rhs(new Float64Array(A.rows).fill(1));
      const middle = (side / 2) * side + side / 2;
      const estimate = solver.estimateWork(middle, rhs, { atol: 1e-6, rtol: 0 });
      expect(estimate).toMatchObject({ complexity: 'local', method: 'push', unit: 'entries' });
      const answer = solver.entry(middle, rhs, { atol: 1e-6, rtol: 0 });
      expect(answer).toMatchObject({ method: 'push', certificate: 'bracket', converged: true });
      expect(answer.work.touched).toBeLessThan(A.rows / 2);
      expect(solver.report.ready).toBe(false);
      work.push(answer.work.entries);
    });
  }
  expect(work[0]).toBe(work[1]);
});
