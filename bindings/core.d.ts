// Types of core.js: see module.d.ts.
import type { LocalModule, NativeLine, NativeQuery, NativeRhs, NativeTracked } from './local.js';
import type { ModuleOptions, NativeHandle, NativeMatrix } from './module.js';

export type * from './local.js';
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
export interface Core extends LocalModule {
  readonly NativeSolver: new () => NativeSolver;

  capabilities(): number;
  limitSolvers(limit: number): void;
  methodName(code: number): number;
  preconditionerName(code: number): number;
  solveReportFields(): number;
  setupReportFields(): number;

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
