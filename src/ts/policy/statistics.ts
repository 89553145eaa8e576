import type { Interval } from './manifest.js';
import type { SeededRandom } from './random.js';

/**
 * Percentile interval of a statistic of `count` independent cases (Efron, Ann. Statist. 7, 1979): the
 * statistic is taken of `resamples` lists of as many cases drawn with replacement. Cases are given by
 * number, so that what is compared on the same cases stays paired. O(resamples · cost of the statistic).
 */
export function bootstrap(
  count: number,
  statistic: (cases: Int32Array) => number,
  random: SeededRandom,
  { resamples = 1000, level = 0.95 }: { resamples?: number; level?: number } = {},
): Interval {
  const cases = Int32Array.from({ length: count }, (_, k) => k);
  const estimate = statistic(cases);
  const values = Float64Array.from({ length: resamples }, () => {
    for (let k = 0; k < count; k++) cases[k] = random.integer(0, count - 1);
    return statistic(cases);
  }).sort();
  const tail = (1 - level) / 2;
  return { estimate, low: quantile(values, tail), high: quantile(values, 1 - tail), level };
}

/** The value below which this share of sorted values lies, interpolated. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const value = sorted[below]!;
  return at === below ? value : value + (at - below) * (sorted[below + 1]! - value);
}

/** exp of the mean of logarithms. Not of equal bits everywhere: for figures that are shown. */
export function geometricMean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Math.log(values[k]!);
  return Math.exp(sum / values.length);
}
