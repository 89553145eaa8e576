import { DANGLING } from '../native/codes.js';
import { checkChoice, checkNumber, CONTROL_KEYS } from '../options.js';
import { checkOptions } from '../sparse/validate.js';

/** A report and its table, as the core gives them: see bindings/embind/graph_binding.hpp. */
export interface Found {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly bound: number;
  readonly bound1: number;
  readonly count: number;
  readonly first: number;
  readonly second: number;
  readonly third: number;
  /** A column of the table, or a part of it. */
  column(k: number, from?: number, to?: number): Float64Array;
}

/** How a query is asked and what it answers. */
interface Query {
  /** Options in the order in which they cross, with their defaults; of `dangling`, how many words there are. */
  readonly options: Readonly<Record<string, number | undefined>>;
  /** Names of the vertices that come next. */
  readonly vertices: readonly string[];
  readonly read: (found: Found) => object;
}

/** Doubles of a report and of the facts of a graph. */
export const REPORT_FIELDS = 14;
export const FACTS_FIELDS = 6;

const POSITIVE = ['a positive number', (v: number) => v > 0] as const;
const FINITE = ['a positive finite number', (v: number) => v > 0 && v < Infinity] as const;
const SHARE = ['a number between 0 and 1', (v: number) => v > 0 && v < 1] as const;
const TOLERANCE = ['a finite number of at least 0', (v: number) => v >= 0 && v < Infinity] as const;

const RULES: Readonly<Record<string, readonly [rule: string, holds: (v: number) => boolean]>> = {
  teleport: SHARE,
  epsilon: SHARE,
  resolution: SHARE,
  rtol: TOLERANCE,
  atol: TOLERANCE,
  maxEntries: POSITIVE,
  maxiter: ['an integer from 1 to 2³¹ − 1', (v) => Number.isInteger(v) && v > 0 && v < 2 ** 31],
  alpha: FINITE,
  beta: FINITE,
  time: ['a number from 0 to 100,000', (v) => v >= 0 && v <= 1e5],
};

const number = ({ value, lower, upper, bound }: Found): object => ({ value, lower, upper, bound });
const entries = (found: Found): object => ({
  indices: found.column(0),
  values: found.column(1),
  bound: found.bound,
  ...(found.bound1 < Infinity && { bound1: found.bound1 }),
});
const ranks = (found: Found): object => ({ ...entries(found), lower: found.column(2), upper: found.column(3) });
const all = ({ column, first, second }: Found): object => ({ values: column(0), below: first, above: second });

const teleport = 0.15;
const LAPLACE = { rtol: 1e-6, atol: 0, maxEntries: Infinity };

/** In the order of their codes. */
export const QUERIES = {
  pagerank: {
    options: { teleport, atol: 1e-8, maxiter: 1000, dangling: 3 },
    vertices: [],
    read: ({ column, bound }) => ({ scores: column(0), bound }),
  },
  personalized: { options: { teleport, epsilon: 1e-6, atol: 0, dangling: 2 }, vertices: [], read: ranks },
  to: { options: { teleport, epsilon: 1e-6, dangling: 2 }, vertices: ['target'], read: ranks },
  pair: { options: { teleport, atol: 1e-9, dangling: 2 }, vertices: ['source', 'target'], read: number },
  top: {
    options: { teleport, resolution: 1e-3, maxEntries: 1e8, dangling: 2 },
    vertices: ['source'],
    read: ({ column, value, first, second, third }) => ({
      indices: column(0, 0, second),
      values: column(1, 0, second),
      lower: column(2, 0, second),
      upper: column(3, 0, second),
      certified: first,
      complete: value === 1,
      ties: { count: third, indices: column(0, second), lower: column(2, second), upper: column(3, second) },
    }),
  },
  cluster: {
    options: { teleport, epsilon: 1e-5 },
    vertices: [],
    read: ({ column, value, first, second }) => ({ vertices: column(0), conductance: value, cut: first, volume: second }),
  },
  resistance: { options: LAPLACE, vertices: ['s', 't'], read: number },
  commute: { options: LAPLACE, vertices: ['s', 't'], read: number },
  potential: { options: LAPLACE, vertices: ['i', 'j'], read: number },
  hittingTimes: { options: { rtol: 1e-6, maxiter: 100_000 }, vertices: ['target'], read: all },
  hittingTime: { options: { rtol: 1e-6, maxiter: 100_000 }, vertices: ['target', 'source'], read: number },
  katz: { options: { rtol: 1e-6, maxiter: 10_000, alpha: undefined, beta: 1 }, vertices: [], read: all },
  heat: { options: { atol: 1e-6, maxEntries: Infinity, time: undefined }, vertices: ['seed'], read: entries },
} as const satisfies Record<string, Query>;

export type QueryName = keyof typeof QUERIES;

/** Checks options and lays them out as the core takes them. */
export function checkedSettings(query: Query, options: object | undefined, isAsync: boolean): number[] {
  const names = Object.keys(query.options);
  const given = checkOptions(options as Record<string, unknown>, [...names, ...(isAsync ? CONTROL_KEYS : [])]);
  return names.map((name) => {
    const fallback = query.options[name];
    if (name === 'dangling') return checkChoice(name, given[name], DANGLING.slice(0, fallback));
    return checkNumber(name, given[name], fallback, ...RULES[name]!);
  });
}
