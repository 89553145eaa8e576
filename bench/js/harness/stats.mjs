// Order statistics. Medians, because the machine's other load only ever adds time.

export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

export const median = (values) => quantile(values, 0.5);

/** Median and quartiles of a list of numbers. */
export const spread = (values) => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/**
 * How many times slower `samples` are than `reference`: round by round where both have the same
 * rounds, so that a slow minute of the machine hits both, else of the medians alone.
 */
export function ratio(samples, reference) {
  const mine = byRound(samples);
  const theirs = byRound(reference);
  const common = [...mine.keys()].filter((round) => theirs.has(round));
  if (common.length > 0) return spread(common.map((round) => mine.get(round) / theirs.get(round)));
  const value = median(samples.map(({ total }) => total)) / median(reference.map(({ total }) => total));
  return { median: value, low: value, high: value };
}

function byRound(samples) {
  const rounds = new Map();
  for (const { round, total } of samples) rounds.set(round, [...(rounds.get(round) ?? []), total]);
  return new Map([...rounds].map(([round, totals]) => [round, median(totals)]));
}
