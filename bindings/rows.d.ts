// Types of rows.js: see module.d.ts.
import type { LocalModule, NativeLine, NativeQuery, NativeRhs, NativeTracked } from './local.js';
import type { ModuleOptions, NativeHandle } from './module.js';

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

/** One instance of the module for rows on demand. */
export interface RowsCore extends LocalModule {
  readonly NativeRowSystem: new () => NativeRowSystem;
}

export default function createRowsCore(options: ModuleOptions): Promise<RowsCore>;
