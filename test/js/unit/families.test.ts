import { describe, expect, it } from 'vitest';
import { HELD_OUT, TRAINED } from '../../../src/ts/policy/families/families.js';
import { perturbed } from '../../../src/ts/policy/families/noise.js';
import { SeededRandom } from '../../../src/ts/policy/random.js';
import { toDense, transposed } from '../support/dense.js';
import { runs } from '../support/prove.js';

const ALL = [...TRAINED, ...HELD_OUT];

/** Families whose matrices equal their transposes. */
const SYMMETRIC = ['grid-2d', 'grid-3d', 'mesh', 'geometric-graph', 'power-law-graph', 'expander', 'ill-conditioned', 'plate', 'frame', 'near-singular', 'helmholtz', 'saddle-point', 'darcy', 'small-world', 'springs', 'stokes'];

describe('seeded random numbers', () => {
  it('are those of xoshiro128** from a state filled by SplitMix32', () => {
    // By BigInt arithmetic from the description.
    const mask = 0xffff_ffffn;
    const mul = (a: bigint, b: bigint) => (a * b) & mask;
    let seed = 12345n;
    const state = Array.from({ length: 4 }, () => {
      seed = (seed + 0x9e3779b9n) & mask;
      let z = seed;
      z = mul(z ^ (z >> 16n), 0x85ebca6bn);
      z = mul(z ^ (z >> 13n), 0xc2b2ae35n);
      return z ^ (z >> 16n);
    });
    const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (32n - by))) & mask;
    const random = new SeededRandom(12345);
    for (let k = 0; k < 1000; k++) {
      const [a, b, c, d] = state as [bigint, bigint, bigint, bigint];
      if (BigInt(random.bits()) !== mul(rotate(mul(b, 5n), 7n), 9n)) throw new Error(`number ${k} differs`);
      const shifted = (b << 9n) & mask;
      const [c2, d2] = [c ^ a, d ^ b];
      state[1] = b ^ c2;
      state[0] = a ^ d2;
      state[2] = c2 ^ shifted;
      state[3] = rotate(d2, 11n);
    }
  });

  it('fill octaves evenly', () => {
    const random = new SeededRandom(3);
    const counts = new Int32Array(6);
    let largest = 0;
    for (let k = 0; k < 60_000; k++) {
      const value = random.octaves(-2, 4);
      const octave = [0.5, 1, 2, 4, 8].filter((low) => value >= low).length;
      counts[octave]!++;
      largest = Math.max(largest, value);
    }
    expect(largest).toBeLessThan(16);
    // Five standard deviations of a binomial count.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(60_000 * (1 / 6) * (5 / 6)));
  });
});

describe('families', () => {
  it('have names of their own', () => {
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
  });

  describe.each(ALL)('$name', (family) => {
    const sample = (seed: number, difficulty?: number) => family.sample(new SeededRandom(seed), difficulty);

    it('draws the same from the same seed, and something else from another', () => {
      const [first, again, other] = [sample(5), sample(5), sample(6)];
      expect(again.A.toCsr()).toEqual(first.A.toCsr());
      expect(again.b).toEqual(first.b);
      expect(other.A.toCsr()).not.toEqual(first.A.toCsr());
    });

    it('has a right-hand side that fits, and no empty row or column', () => {
      for (let seed = 0; seed < runs(3); seed++) {
        const { A, b } = sample(seed);
        expect(b.length).toBe(A.rows);
        const touched = new Uint8Array(A.cols);
        const { indptr, indices, data } = A.toCsr();
        indices.forEach((j, k) => (touched[j]! |= Number(data[k] !== 0)));
        const empty = Array.from({ length: A.rows }, (_, i) => i).filter((i) => indptr[i + 1] === indptr[i]);
        expect(empty).toEqual([]);
        expect(touched.indexOf(0)).toBe(-1);
      }
    });

    it('grows with difficulty, up to a few thousand unknowns', () => {
      const [easy, hard] = [sample(1, 0).A, sample(1, 1).A];
      expect(easy.rows).toBeLessThanOrEqual(250);
      expect(hard.rows).toBeGreaterThan(4 * easy.rows);
      expect(hard.rows).toBeLessThanOrEqual(8000);
    });
  });

  it.each(ALL.filter(({ name }) => SYMMETRIC.includes(name)))('$name is symmetric, also perturbed', (family) => {
    const system = family.sample(new SeededRandom(2), 0);
    for (const { A } of [system, perturbed(system, new SeededRandom(9), 0.01)]) {
      const dense = toDense(A);
      const mirrored = transposed(dense);
      const worst = Math.max(...dense.flatMap((row, i) => row.map((value, j) => Math.abs(value - mirrored[i]![j]!) / (Math.abs(value) || 1))));
      expect(worst).toBeLessThanOrEqual(1e-13);
    }
  });
});

describe('noise', () => {
  it('changes every entry by a factor within its level, and nothing of the pattern', () => {
    for (const family of ALL) {
      const system = family.sample(new SeededRandom(4), 0.2);
      const { A, b } = perturbed(system, new SeededRandom(8), 0.05);
      const [before, after] = [system.A.toCsr(), A.toCsr()];
      expect([...after.indptr]).toEqual([...before.indptr]);
      expect([...after.indices]).toEqual([...before.indices]);
      const factors = [...after.data.map((value, k) => value / before.data[k]!), ...b.map((value, i) => value / system.b[i]!)].filter(Number.isFinite);
      const worst = factors.reduce((most, factor) => Math.max(most, Math.abs(factor - 1)), 0);
      expect(worst).toBeLessThanOrEqual(0.05 * (1 + 1e-12));
      // Uniform numbers: a third of the squared level on average.
      const square = factors.reduce((sum, factor) => sum + (factor - 1) ** 2, 0) / factors.length;
      expect(square / 0.05 ** 2).toBeGreaterThan(0.2);
      expect(square / 0.05 ** 2).toBeLessThan(0.5);
    }
  });
});
