// Types of factor.js: see module.d.ts.
import type { ModuleOptions, NativeHandle, NativeMatrix, NativeModule } from './module.js';

/** A question to a factor: a task. */
export interface NativeFactorTask extends NativeHandle {
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  faultPosition(): number;
  progress(): number;
  /** Address of the answer: see factor_task.hpp. */
  result(): number;
  /** Address of the bytes of an export, whose number is the answer. */
  bytes(): number;
}

/** A factor, which is a task itself while it is analyzed, factored or updated. */
export interface NativeFactor extends NativeHandle {
  /** Takes the sealed matrix. `permutation`: address of `length` int32; `precision`: 0 double, 1 mixed, 2 auto. */
  create(
    matrix: NativeMatrix,
    method: number,
    ordering: number,
    permutation: number,
    length: number,
    maxFlops: number,
    maxBytes: number,
    precision: number,
  ): number;
  /** Goals: 0 analyze, 1 factorize, 2 update. */
  begin(goal: number, values: number, count: number): number;
  /**
   * Begins a change: 0 and 1 add and subtract W·Wᵀ, 2 deletes a row, 3 adds one (the first column of W).
   * Addresses of int32 `begin` (columns + 1), int32 rows and values.
   */
  change(kind: number, begin: number, rows: number, values: number, columns: number, row: number): number;
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  progress(): number;
  status(): number;
  faultPosition(): number;
  faultPartner(): number;
  /** Address of the report. */
  report(): number;
  /** Address of two values, structural rank, number of rows left over, those rows, as many columns. */
  failure(): number;
  indptr(): number;
  indices(): number;
  solve(b: number, x: number, k: number, flags: number, refinement: number, rtol: number, atol: number): NativeFactorTask | null;
  condition(): NativeFactorTask | null;
  exportBytes(): NativeFactorTask | null;
  /** Begins to take the factors from bytes. */
  import(bytes: number, length: number): number;
  /** int32 ids with values, int32 rows that are wanted: entries of the solution to `out`. */
  reach(ids: number, values: number, count: number, rows: number, wanted: number, out: number): NativeFactorTask | null;
  /** int32 rows and columns: entries of the inverse to `out`. */
  inverse(rows: number, cols: number, count: number, out: number): NativeFactorTask | null;
  /** Address of log|det A| and its sign, 0 where they cannot be told. */
  determinant(): number;
}

/** One instance of the module for factors. */
export interface FactorCore extends NativeModule {
  readonly NativeFactor: new () => NativeFactor;
  methodName(code: number): number;
  orderingName(code: number): number;
  factorReportFields(): number;
  factorSolveFields(): number;
}

export default function createFactorCore(options: ModuleOptions): Promise<FactorCore>;
