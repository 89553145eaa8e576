// Types of core.js: see module.d.ts.
import type { ModuleOptions, NativeHandle, NativeMatrix, NativeModule } from './module.js';

export type * from './module.js';

export interface NativeSolver extends NativeHandle {
  /** Takes the sealed matrix and plans. */
  create(
    matrix: NativeMatrix,
    method: number,
    preconditioner: number,
    dropTolerance: number,
    fillFactor: number,
    ordering: number,
    prefer: number,
    maxFlops: number,
  ): number;
  /** Analyzes and factors in steps; null where memory is short. */
  prepare(): NativeTask | null;
  update(values: number, count: number): number;
  status(): number;
  faultPosition(): number;
  /** Column of a pair whose row is the fault position, else −1. */
  faultPartner(): number;
  handle(): number;
  /** Address of the set-up report. */
  setup(): number;
  /** Addresses of the pattern that the solver works on. */
  indptr(): number;
  indices(): number;
  /** Whether `prepare` was successful, from outside or within a query. */
  ready(): number;
  begin(
    b: number,
    x: number,
    k: number,
    flags: number,
    rtol: number,
    atol: number,
    maxiter: number,
  ): NativeTask | null;
  /**
   * One number for each target: target k has entries starts[k] … starts[k+1] (int32) of `ids`
   * (float64) and `weights`. Null where it cannot start; `status` tells why. The block must outlive
   * the query.
   */
  query(
    rhs: NativeRhs,
    starts: number,
    ids: number,
    weights: number,
    targets: number,
    settings: number,
  ): NativeQuery | null;
  /** Column `vertex` of the inverse (`column` 1) or row (0). */
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
  /** An answer to keep up to date; its first update gives it. Null where it is refused. */
  track(rhs: NativeRhs, ids: number, weights: number, count: number, settings: number): NativeTracked | null;
  /** Address of the conditions report, 0 where they could not be measured. */
  conditions(): number;
}

/** A matrix whose rows come on demand. */
export interface NativeRowSystem extends NativeHandle {
  /** `declared`: margins of rows and columns, ‖A‖∞, ‖A‖₁, signs, symmetric, entries of a row. */
  create(size: number, declared: number, cacheBytes: number, hasColumns: number): number;
  status(): number;
  faultPosition(): number;
  query(rhs: NativeRhs, ids: number, weights: number, count: number, settings: number): NativeQuery | null;
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
  track(rhs: NativeRhs, ids: number, weights: number, count: number, settings: number): NativeTracked | null;
  /** Drops rows (ids as float64) and all columns from the caches: they have changed. */
  forget(ids: number, count: number): number;
  /** Rows, or columns, that were taken in, and those that were read from the cache. */
  fetched(columns: number): number;
  hits(columns: number): number;
}

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

export interface NativeTask extends NativeHandle {
  /** Returns a task state: 0 running, 1 done, 2 failed. */
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  progress(): number;
  iterations(): number;
  reports(): number;
}

/** One instance of the core. */
export interface Core extends NativeModule {
  readonly NativeSolver: new () => NativeSolver;
  readonly NativeRowSystem: new () => NativeRowSystem;
  readonly NativeRhs: new () => NativeRhs;

  capabilities(): number;
  limitSolvers(limit: number): void;
  methodName(code: number): number;
  preconditionerName(code: number): number;
  solveReportFields(): number;
  setupReportFields(): number;
  wayName(code: number): number;
  boundKindName(code: number): number;
  queryReportFields(): number;
  lineReportFields(): number;
  conditionsReportFields(): number;

  _lacuna_solve(
    handle: number,
    b: number,
    x: number,
    k: number,
    flags: number,
    rtol: number,
    atol: number,
    maxiter: number,
    reports: number,
  ): number;
  _lacuna_certify(
    handle: number,
    b: number,
    x: number,
    flags: number,
    rtol: number,
    atol: number,
    report: number,
  ): number;
}

export default function createCore(options: ModuleOptions): Promise<Core>;
