/**
 * Rows (or columns) one after the other: `counts[k]` entries for the k-th one asked for, at columns
 * (rows) `indices` with `values`, in any order within a row, no place twice, the diagonal among them.
 */
export interface RowBatch {
  readonly counts: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/**
 * Gives rows of a matrix that is never loaded. One that returns promises serves the calls that end in
 * `…Async` only.
 */
export interface RowSource {
  /** The rows `ids`, in this order. May be called again for a row that was given before. */
  rows(ids: Float64Array): RowBatch | PromiseLike<RowBatch>;
  /** The columns `ids`, for `column()` and the method `'product'`. Not needed where A is symmetric. */
  columns?(ids: Float64Array): RowBatch | PromiseLike<RowBatch>;
}

/** A batch that was copied and checked. */
export interface CheckedBatch {
  readonly counts: Int32Array;
  readonly indices: Float64Array;
  readonly values: Float64Array;
}
