// Command line of run.mjs.

import { parseArgs } from 'node:util';

export const USAGE = `Usage: node bench/js/run.mjs [options]
  --quick              smaller systems, fewer rounds, short time limits: under 3 minutes
  --family <a,b>       only families whose name contains one of these
  --contender <a,b>    only contenders whose name contains one of these
  --rounds <n>         timed rounds (default 9, quick 5)
  --limit <seconds>    a single run is cut off after this (default 60, quick 2.5)
  --share <seconds>    a contender gets no new run in a family after this (default 60, quick 1.2)
  --seed <n>           seed of the systems and of the order of contenders (default 1)
  --out <file>         JSON with all raw samples (default bench/results/<time>.json)
  --list               list families and contenders, run nothing`;

const number = (text, name, smallest) => {
  const value = Number(text);
  if (!(value >= smallest)) throw new Error(`--${name} ${text}: a number of at least ${smallest} is needed`);
  return value;
};

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      family: { type: 'string' },
      contender: { type: 'string' },
      rounds: { type: 'string' },
      limit: { type: 'string' },
      share: { type: 'string' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const words = (text) => text?.split(',').map((word) => word.trim().toLowerCase()).filter(Boolean);
  return {
    ...values,
    family: words(values.family),
    contender: words(values.contender),
    rounds: number(values.rounds ?? (quick ? 5 : 9), 'rounds', 1),
    limit: 1000 * number(values.limit ?? (quick ? 2.5 : 60), 'limit', 0.1),
    warmUp: quick ? 120 : 300,
    share: 1000 * number(values.share ?? (quick ? 1.2 : 60), 'share', 0.1),
    seed: number(values.seed, 'seed', 0),
  };
}

/** True when no filter is given or the name contains one of its words. */
export const matches = (words, name) => !words || words.some((word) => name.toLowerCase().includes(word));
