import { LacunaError } from '../errors.js';
import { sparseParts } from '../rhs.js';
import { checkIndex, checkLength, checkList, describe, MAX_SIZE } from '../sparse/validate.js';

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

/** Checks a batch of `lines` rows of a matrix of `size` columns; the core checks each row as such. */
export function checkBatch(argument: string, batch: RowBatch, lines: number, size: number): CheckedBatch {
  if (typeof batch !== 'object' || batch === null) {
    throw new LacunaError('invalid-argument', `must give { counts, indices, values }, got ${describe(batch)}`, { argument });
  }
  const given = checkList(`${argument}.counts`, batch.counts);
  checkLength(`${argument}.counts`, given, lines, 'one for each row asked for');
  const counts = Int32Array.from(given, (count, k) => checkIndex(`${argument}.counts`, count, MAX_SIZE, k));
  const { ids, values } = sparseParts(argument, batch, size);
  const entries = counts.reduce((sum, count) => sum + count, 0);
  checkLength(`${argument}.indices`, ids, entries, 'the sum of the counts');
  return { counts, indices: ids, values };
}
