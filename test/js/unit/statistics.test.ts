import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/ts/policy/random.js';
import { bootstrap, geometricMean, quantile } from '../../../src/ts/policy/statistics.js';
import { runs } from '../support/prove.js';

const mean = (values: Float64Array) => (cases: Int32Array) => cases.reduce((sum, k) => sum + values[k]!, 0) / cases.length;

describe('bootstrap', () => {
  it('gives the same interval from the same seed', () => {
    const values = new SeededRandom(1).vector(50);
    const interval = (seed: number) => bootstrap(50, mean(values), new SeededRandom(seed));
    expect(interval(2)).toEqual(interval(2));
    expect(interval(2)).not.toEqual(interval(3));
    expect(interval(2).estimate).toBe(interval(3).estimate);
  });

  it('has no width where all cases are alike', () => {
    const { estimate, low, high } = bootstrap(20, mean(new Float64Array(20).fill(3)), new SeededRandom(1));
    expect([estimate, low, high]).toEqual([3, 3, 3]);
  });

  it('is as wide as the theory of means has it', () => {
    const values = new SeededRandom(7).vector(400);
    const { low, high } = bootstrap(400, mean(values), new SeededRandom(1), { resamples: 4000 });
    const centre = mean(values)(Int32Array.from(values.keys()));
    const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 400;
    expect((high - low) / (2 * 1.96 * Math.sqrt(variance / 400))).toBeCloseTo(1, 1);
  });

  it('covers the true mean as often as its level says', () => {
    const trials = runs(200);
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = new SeededRandom(1000 + trial).vector(60);
      const { low, high } = bootstrap(60, mean(values), new SeededRandom(trial), { resamples: 400 });
      covered += Number(low <= 0 && 0 <= high);
    }
    // Percentile intervals of 60 cases cover a little less than they say; four standard deviations of chance.
    expect(Math.abs(covered / trials - 0.94)).toBeLessThan(4 * Math.sqrt((0.06 * 0.94) / trials) + 0.01);
  });
});

describe('quantile', () => {
  it('is interpolated between order statistics', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile([1, 2, 4, 8, 16], share))).toEqual([1, 2, 4, expect.closeTo(12.8, 12), 16]);
    expect(quantile([5], 0.3)).toBe(5);
  });
});

describe('geometric mean', () => {
  it('is the root of the product', () => {
    expect(geometricMean([1, 2, 4])).toBeCloseTo(2, 14);
    expect(geometricMean([])).toBeNaN();
  });
});
