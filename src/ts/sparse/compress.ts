import { LacunaError } from '../errors.js';
import { accumulate, type CsrArrays } from './csr.js';
import { RowSorter } from './sort-row.js';
import { checkStorage, reserve } from './validate.js';

/** Copies below the diagonal that compression adds: none, the same value, or the negated one. */
export type Mirror = 0 | 1 | -1;

/**
 * Checked triplets to CSR by a counting sort on the rows, then a sort of each row that needs one.
 * Duplicates are summed in the order of the input; explicit zeros stay. With `mirror` each entry off the
 * diagonal also yields its transpose. O(rows + entries) for sorted input; no object per entry.
 */
export function compressTriplets(
  rows: number,
  cols: number,
  rowIndices: Int32Array,
  colIndices: Int32Array,
  values: Float64Array,
  mirror: Mirror = 0,
): CsrArrays {
  const count = rowIndices.length;
  const total = mirror === 0 ? count : 2 * count - countDiagonal(rowIndices, colIndices);
  checkStorage(rows, total);
  const indptr = reserve(() => new Int32Array(rows + 1));
  const indices = reserve(() => new Int32Array(total));
  const data = reserve(() => new Float64Array(total));
  for (let k = 0; k < count; k++) {
    const i = rowIndices[k]!;
    indptr[i + 1]!++;
    if (mirror !== 0 && colIndices[k]! !== i) indptr[colIndices[k]! + 1]!++;
  }
  accumulate(indptr);
  const next = reserve(() => indptr.slice(0, rows));
  for (let k = 0; k < count; k++) {
    const i = rowIndices[k]!;
    const j = colIndices[k]!;
    const slot = next[i]!++;
    indices[slot] = j;
    data[slot] = values[k]!;
    if (mirror !== 0 && i !== j) {
      const other = next[j]!++;
      indices[other] = i;
      // 0 − v rather than −v: a stored zero must not become −0.
      data[other] = mirror === 1 ? values[k]! : 0 - values[k]!;
    }
  }
  return canonicalize({ rows, cols, indptr, indices, data });
}

/**
 * Sorts each row and sums duplicates, in place; the result shares the arrays unless duplicates shortened them.
 * Sums that overflow are `not-finite`.
 */
export function canonicalize(matrix: CsrArrays): CsrArrays {
  const { rows, indptr, indices, data } = matrix;
  const sorter = new RowSorter();
  let duplicates = false;
  for (let i = 0; i < rows; i++) {
    const start = indptr[i]!;
    const end = indptr[i + 1]!;
    let sorted = true;
    for (let k = start + 1; k < end; k++) {
      if (indices[k]! > indices[k - 1]!) continue;
      if (indices[k]! < indices[k - 1]!) sorted = false;
      else duplicates = true;
    }
    if (sorted) continue;
    reserve(() => sorter.sort(indices, data, start, end));
    for (let k = start + 1; k < end && !duplicates; k++) duplicates = indices[k] === indices[k - 1];
  }
  return duplicates ? sumDuplicates(matrix) : matrix;
}

function sumDuplicates(matrix: CsrArrays): CsrArrays {
  const { rows, cols, indptr, indices, data } = matrix;
  let slot = 0;
  let k = 0;
  for (let i = 0; i < rows; i++) {
    const end = indptr[i + 1]!;
    indptr[i] = slot;
    while (k < end) {
      const column = indices[k]!;
      let sum = data[k++]!;
      while (k < end && indices[k] === column) sum += data[k++]!;
      if (sum - sum !== 0) {
        throw new LacunaError('not-finite', 'the sum of duplicate entries overflows', {
          position: [i, column],
          remedy: 'Scale the values',
        });
      }
      indices[slot] = column;
      data[slot++] = sum;
    }
  }
  indptr[rows] = slot;
  return { rows, cols, indptr, indices: reserve(() => indices.slice(0, slot)), data: reserve(() => data.slice(0, slot)) };
}

function countDiagonal(rowIndices: Int32Array, colIndices: Int32Array): number {
  let count = 0;
  for (let k = 0; k < rowIndices.length; k++) if (rowIndices[k] === colIndices[k]) count++;
  return count;
}
