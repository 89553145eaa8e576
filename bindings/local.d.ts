// What the core and the module for rows on demand register for queries: see module.d.ts.
import type { NativeHandle, NativeModule } from './module.js';

/** A right-hand side of queries; its norms are taken once. Fill it by one of the three. */
export interface NativeRhs extends NativeHandle {
  /** Borrows n doubles. */
  dense(values: number, n: number): number;
  /** Copies; ids as float64. */
  sparse(ids: number, values: number, count: number, n: number): number;
  onDemand(least: number, greatest: number, normInf: number, norm1: number): number;
  faultPosition(): number;
}

/** A query or a line of the inverse: a task that may wait for rows, columns or values. */
interface NativeLocalTask extends NativeHandle {
  /** Returns a task state: 0 running, 1 done, 2 failed, 3 waiting. */
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  faultPosition(): number;
  progress(): number;
  /** What it waits for: kind 0 rows, 1 columns, 2 values of the right-hand side. */
  wantedCount(kind: number): number;
  /** Address of that many float64 ids, valid until the next call. */
  wanted(kind: number): number;
  /** Brings the first `lines` of what is wanted: counts as int32, ids and values as float64. */
  supplyLines(kind: number, lines: number, counts: number, ids: number, values: number): number;
  /** Brings all values that are wanted. */
  supplyValues(values: number): number;
}

export interface NativeQuery extends NativeLocalTask {
  /** Address of one query report for each target. */
  reports(): number;
}

/**
 * An answer that follows changes, which come as one block of doubles: two places for results;
 * `entries` ids and as many values to be added to b; `rows` ids and as many lengths of rows, −1 for one
 * that the source is to be asked for; `total` ids and as many values of their entries.
 */
export interface NativeTracked extends NativeHandle {
  /**
   * Null where the change is refused; deleting a query before its end stops it. With `apply` 0 it only
   * brings the rows that `moved` needs, which is not ready without.
   */
  update(block: number, entries: number, rows: number, total: number, apply: number): NativeQuery | null;
  /** Writes the bounds of the change to the results: of the answer, and of every entry. */
  moved(block: number, entries: number, rows: number, total: number): number;
  status(): number;
  faultPosition(): number;
}

export interface NativeLine extends NativeLocalTask {
  report(): number;
  /** Once done: the entries, ids ascending as float64. */
  count(): number;
  ids(): number;
  values(): number;
}

/** One instance of a module with queries. */
export interface LocalModule extends NativeModule {
  readonly NativeRhs: new () => NativeRhs;
  wayName(code: number): number;
  boundKindName(code: number): number;
  queryReportFields(): number;
  lineReportFields(): number;
  conditionsReportFields(): number;
}
