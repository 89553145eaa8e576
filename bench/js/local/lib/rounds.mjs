// Contenders that take turns: in every round each once, in an order shuffled anew.

import { shuffle, uniform } from '../../lib/random.mjs';

/**
 * `contenders`: [{name, run(round)}], run gives {total (ms), …} and may be asynchronous; it is called
 * `warmUp` times before the rounds, with negative numbers, and each result is handed to `check`, if
 * there is one. Gives a map from name to samples [{round, total, …}]; a contender that has used up its
 * `share` in ms sits out the other rounds, one that throws is out: its samples are {error}.
 */
export async function takeTurns(contenders, { rounds, warmUp = 1, share = Infinity, seed = 1 }) {
  const next = uniform(seed);
  const entries = contenders.filter(Boolean).map((contender) => ({ contender, samples: [], spent: 0, cold: undefined }));
  const play = async (entry, round) => {
    if (entry.error || entry.spent > share) return;
    try {
      const sample = await entry.contender.run(round);
      entry.contender.check?.(sample);
      entry.spent += sample.total;
      const { value: _, ...kept } = sample;
      if (round > 0) entry.samples.push({ round, ...kept });
      else entry.cold ??= { round: 0, ...kept };
    } catch (error) {
      entry.error = String(error?.message ?? error);
    }
  };
  for (const entry of entries) for (let k = warmUp; k > 0; k--) await play(entry, -k);
  for (let round = 1; round <= rounds; round++) {
    for (const entry of shuffle([...entries], next)) await play(entry, round);
  }
  return new Map(
    entries.map(({ contender, samples, cold, error }) => {
      // One that is too slow to be timed twice is judged by its first run.
      const list = samples.length > 0 || !cold ? samples : [cold];
      return [contender.name, Object.assign(list, { error })];
    }),
  );
}

/** Runs and times; the result is in `value`. */
export function timed(work) {
  const started = performance.now();
  const value = work();
  return { total: performance.now() - started, value };
}

export async function timedAsync(work) {
  const started = performance.now();
  const value = await work();
  return { total: performance.now() - started, value };
}
