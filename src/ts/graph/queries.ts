import { checkChoice, checkNumber, checkOptions, CONTROL_KEYS, DANGLING } from '../shared.js';

/** Part of a column of a table. */
type Column = (k: number, from?: number, to?: number) => Float64Array;

/** How a query is asked and what it answers. */
export interface Query {
  /** Options in the order in which they cross, with their defaults; of `dangling`, how many words there are. */
  readonly options: Readonly<Record<string, number | undefined>>;
  /** Names of what is given before the options, in the order in which it crosses: vertices, or `k`. */
  readonly args: readonly string[];
  /** The one that is a list, and what it must be. */
  readonly list?: readonly [argument: string, rule: string];
  /** What is to blame where there is no answer. */
  readonly none?: readonly [argument: string, why: string];
  /** What a graph that is not loaded lacks, where that is not all of it. */
  readonly lacks?: string;
  /** Reads a report (see bindings/embind/graph_binding.hpp) and its table. */
  readonly read: (report: Float64Array, column: Column) => object;
}

/** Doubles of a report and of the facts of a graph. */
export const REPORT_FIELDS = 15;
export const FACTS_FIELDS = 6;
/** Where a report counts what was done, and the rows of its table. */
export const WORK = 6;
export const ROWS = 9;
export const PUSHES = 14;

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

const number: Query['read'] = ([, value, lower, upper, bound]) => ({ value, lower, upper, bound });
const entries: Query['read'] = (report, column) => ({
  indices: column(0),
  values: column(1),
  bound: report[4],
  ...(report[5]! < Infinity && { bound1: report[5] }),
});
const ranks: Query['read'] = (report, column) => ({ ...entries(report, column), lower: column(2), upper: column(3) });
const all: Query['read'] = (report, column) => ({ values: column(0), below: report[11], above: report[12] });

const teleport = 0.15;
const seeds = ['source', 'must be vertices with positive weights'] as const;
const laplace = { options: { rtol: 1e-6, atol: 0, maxEntries: Infinity }, args: ['s', 't'], read: number } as const;
const hitting = { rtol: 1e-6, maxiter: 100_000 };

/** In the order of their codes. */
export const QUERIES = {
  pagerank: {
    options: { teleport, atol: 1e-8, maxiter: 1000, dangling: 3 },
    args: [],
    list: ['options.personalization', 'must be at least 0, and not all 0'],
    read: (report, column) => ({ scores: column(0), bound: report[5] }),
  },
  personalizedPagerank: { options: { teleport, epsilon: 1e-6, atol: 0, dangling: 2 }, args: ['source'], list: seeds, read: ranks },
  pagerankTo: { options: { teleport, epsilon: 1e-6, dangling: 2 }, args: ['target'], read: ranks, lacks: 'and its incoming arcs are not at hand, as it is directed' },
  pagerankPair: { options: { teleport, atol: 1e-9, dangling: 2 }, args: ['source', 'target'], read: number },
  topK: {
    options: { teleport, resolution: 1e-3, maxEntries: 1e8, dangling: 2 },
    args: ['source', 'k'],
    read: (report, column) => {
      const [indices, values, lower, upper] = [0, 1, 2, 3].map((k) => column(k, 0, report[12]));
      return {
        ...{ indices, values, lower, upper },
        certified: report[11],
        complete: report[1] === 1,
        ties: { count: report[13], indices: column(0, report[12]), lower: column(2, report[12]), upper: column(3, report[12]) },
      };
    },
  },
  localCluster: {
    options: { teleport, epsilon: 1e-5 },
    args: ['source'],
    list: seeds,
    read: (report, column) => ({ vertices: column(0), conductance: report[1], cut: report[11], volume: report[12] }),
  },
  effectiveResistance: laplace,
  commuteTime: laplace,
  potential: {
    ...laplace,
    args: ['currents', 'i', 'j'],
    list: ['currents', 'must be at distinct vertices and add up to 0 in every component'],
    none: ['j', 'is not connected with i'],
  },
  hittingTimes: { options: hitting, args: ['target'], read: all },
  hittingTime: { options: { ...hitting, maxEntries: Infinity }, args: ['source', 'target'], read: number },
  katz: {
    options: { rtol: 1e-6, maxiter: 10_000, alpha: undefined, beta: 1 },
    args: [],
    none: ['options.alpha', 'is at least 1 over the spectral radius'],
    read: all,
  },
  heatKernel: { options: { atol: 1e-6, maxEntries: Infinity, time: undefined }, args: ['seed'], read: entries },
  katzOf: {
    options: { rtol: 1e-6, atol: 0, maxEntries: Infinity, alpha: undefined, beta: 1 },
    args: ['vertex'],
    none: ['options.alpha', 'is at least 1 over the spectral radius, or too close to it'],
    lacks: 'and not undirected with source.maxDegree below 1/alpha',
    read: number,
  },
} as const satisfies Record<string, Query>;

export type QueryName = keyof typeof QUERIES;

/** Checks options and lays them out as the core takes them. */
export function checkedSettings({ options, list }: Query, given: object | undefined, isAsync: boolean): number[] {
  const names = Object.keys(options);
  const more = list?.[0].startsWith('options.') ? ['personalization'] : [];
  const known: Record<string, unknown> = checkOptions(given as Record<string, unknown>, [...names, ...more, ...(isAsync ? CONTROL_KEYS : [])]);
  return names.map((name) => {
    const fallback = options[name];
    return name === 'dangling'
      ? checkChoice(name, known[name], DANGLING.slice(0, fallback))
      : checkNumber(name, known[name], fallback, ...RULES[name]!);
  });
}
