import { ORDERS, WAYS } from '../native/codes.js';
import { type AsyncControls, checkChoice, checkNonNegative, checkNumber, CONTROL_KEYS, invalid } from '../options.js';
import { checkOptions } from '../sparse/validate.js';

/** A way to answer a query, see {@link QueryOptions.method}. */
export type QueryMethod = Exclude<(typeof WAYS)[number], 'auto'>;

/** Options of a row or column of the inverse. */
export interface LineOptions {
  /**
   * The bound is to be at most max(atol, rtol·|value|); for a row or column of the inverse |value| is
   * its largest entry.
   * @defaultValue 1e-6
   */
  rtol?: number;
  /**
   * Absolute part of the same rule.
   * @defaultValue 0
   */
  atol?: number;
  /**
   * Entries of the matrix that a push may read: what has been reached by then is the answer, with
   * `reason: 'budget'`.
   * @defaultValue Infinity
   */
  maxEntries?: number;
  /**
   * Order in which residuals are pushed: `'buckets'` (large ones first), `'fifo'` (first come first
   * served), `'sor'` (over-relaxed), `'chebyshev'` (sweeps with momentum). `'auto'` is `'buckets'`
   * where one-signed residuals make a bound one-sided, or walks may follow, else `'sor'`.
   * @defaultValue 'auto'
   */
  order?: (typeof ORDERS)[number];
}

/** Options of one query. */
export interface QueryOptions extends LineOptions {
  /**
   * Probability with which the bound holds: 1 asks for a proven one, less lets random walks answer.
   * @defaultValue 1
   */
  confidence?: number;
  /**
   * `'auto'` begins with a push, foresees its work and that of the others, and goes on with what is
   * cheapest. `'push'` (adjoint), `'product'` (adjoint and forward, whose residuals multiply; b by
   * its entries), `'neumann'` (truncated local series), `'walks'` and `'bidirectional'` (a push, then
   * walks for what it leaves; both with `confidence` below 1 and rows whose dominance is known), `'full'`
   * (one full solve, which is kept with a kept b), `'factor'` (with the Cholesky factor of a solver
   * that is set up, along the paths of i and of b, given by its entries; dominance known). A method
   * named here is used or refused.
   * @defaultValue 'auto'
   */
  method?: (typeof WAYS)[number];
  /**
   * Seed of the walks: a non-negative integer, a bigint below 2⁶⁴.
   * @defaultValue 0
   */
  seed?: number | bigint;
  /**
   * Random walks at the most.
   * @defaultValue Infinity
   */
  maxWalks?: number;
  /**
   * Refuses, with an error `budget`, what is predicted to cost more than this many units of
   * `work.cost`.
   * @defaultValue Infinity
   */
  maxWork?: number;
}

/** Options of an asynchronous query. */
export interface QueryAsyncOptions extends QueryOptions, AsyncControls {}

/** Options of an asynchronous row or column of the inverse. */
export interface LineAsyncOptions extends LineOptions, AsyncControls {}

const LINE_KEYS = ['rtol', 'atol', 'maxEntries', 'order'] as const;
const QUERY_KEYS = [...LINE_KEYS, 'confidence', 'method', 'seed', 'maxWalks', 'maxWork'] as const;

/** Places in the settings block. */
export const WAY = 0;
export const MAX_WORK = 8;
export const ESTIMATE = 9;

/** Checks options and lays them out as the core takes them (`SettingsBlock` of the bindings). */
export function checkQueryOptions(options: QueryOptions | undefined, kind: 'query' | 'line', isAsync: boolean): number[] {
  const keys = kind === 'line' ? LINE_KEYS : QUERY_KEYS;
  const given = checkOptions<QueryAsyncOptions>(options, isAsync ? [...keys, ...CONTROL_KEYS] : keys);
  const limit = (name: 'maxEntries' | 'maxWalks' | 'maxWork') =>
    checkNumber(name, given[name], Infinity, 'a positive number', (v) => v > 0);
  return [
    checkChoice('method', given.method, WAYS),
    checkNonNegative('rtol', given.rtol, 1e-6),
    checkNonNegative('atol', given.atol, 0),
    checkNumber('confidence', given.confidence, 1, 'a number above 0, at most 1', (v) => v > 0 && v <= 1),
    ...checkSeed(given.seed),
    limit('maxEntries'),
    limit('maxWalks'),
    limit('maxWork'),
    0,
    checkChoice('order', given.order, ORDERS) - 1,
  ];
}

/** The halves of a seed, low first. */
function checkSeed(seed: unknown = 0): [number, number] {
  const whole = typeof seed === 'bigint' ? seed : Number.isSafeInteger(seed) ? BigInt(seed as number) : -1n;
  if (BigInt.asUintN(64, whole) !== whole) throw invalid('seed', 'an integer of at least 0, or a bigint below 2⁶⁴', seed);
  return [Number(whole & 0xffff_ffffn), Number(whole >> 32n)];
}
