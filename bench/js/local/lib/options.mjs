// Command line of the benchmark of local queries.

import { parseArgs } from 'node:util';

export const USAGE = `Usage: node bench/js/local/run.mjs [options]
  --only <a,b>     only these sections: SECTIONS
  --quick          smaller systems, fewer rounds: a few minutes
  --rounds <n>     timed rounds (default 9, quick 5)
  --seed <n>       seed of systems, queries and orders (default 1)
  --part <k/n>     of the planner's queries, the sources of lists and the peer's systems, the k-th of n
                   parts (default 1/1)
  --plot <file>    draw the plot of work into this SVG; alone, only that is done
  --out <file>     JSON with all raw samples (default bench/results/<time>-local.json)
  --list           list the sections, run nothing`;

const whole = (text, name, least) => {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= least)) {
    throw new Error(`--${name} ${text}: a whole number of at least ${least} is needed`);
  }
  return value;
};

export function readOptions(args, names) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      part: { type: 'string', default: '1/1' },
      plot: { type: 'string' },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',').map((name) => name.trim()).filter(Boolean);
  for (const name of only ?? []) {
    if (!names.includes(name)) throw new Error(`--only ${name}: there is no such section`);
  }
  const part = values.part.split('/').map(Number);
  if (!(part.length === 2 && part.every((k) => Number.isInteger(k) && k > 0) && part[0] <= part[1])) {
    throw new Error(`--part ${values.part}: k/n with 1 ≤ k ≤ n is needed`);
  }
  const standard = values.plot ? ['plot'] : names.filter((name) => name !== 'plot');
  return {
    ...values,
    sections: only ? [...only, ...(values.plot && !only.includes('plot') ? ['plot'] : [])] : standard,
    rounds: whole(values.rounds ?? (values.quick ? 5 : 9), 'rounds', 1),
    part,
    seed: whole(values.seed, 'seed', 0),
  };
}
