import { checkStorage, reserve } from './validate.js';

/**
 * A matrix in compressed sparse rows. Row i holds the entries `indptr[i]` to `indptr[i + 1] - 1` of
 * `indices` (columns, strictly increasing) and `data`.
 */
export interface CsrArrays {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly cols: number;
  /** Start of each row, `rows + 1` long, from 0 to the number of entries. */
  readonly indptr: Int32Array;
  /** Zero-based column of each entry. */
  readonly indices: Int32Array;
  /** Value of each entry, finite. */
  readonly data: Float64Array;
}

/** The n × n identity. */
export function identityCsr(n: number): CsrArrays {
  checkStorage(n, n);
  return reserve(() => {
    const indptr = new Int32Array(n + 1);
    for (let i = 0; i <= n; i++) indptr[i] = i;
    return { rows: n, cols: n, indptr, indices: indptr.slice(0, n), data: new Float64Array(n).fill(1) };
  });
}

/** The transpose by a stable counting sort; rows come out sorted. O(rows + cols + entries). */
export function transposeCsr(matrix: CsrArrays): CsrArrays {
  const { rows, cols, indptr, indices, data } = matrix;
  const count = indices.length;
  checkStorage(cols, count);
  const pointers = reserve(() => new Int32Array(cols + 1));
  const targets = reserve(() => new Int32Array(count));
  const values = reserve(() => new Float64Array(count));
  for (let k = 0; k < count; k++) pointers[indices[k]! + 1]!++;
  accumulate(pointers);
  const next = reserve(() => pointers.slice(0, cols));
  for (let i = 0; i < rows; i++) {
    const end = indptr[i + 1]!;
    for (let k = indptr[i]!; k < end; k++) {
      const slot = next[indices[k]!]!++;
      targets[slot] = i;
      values[slot] = data[k]!;
    }
  }
  return { rows: cols, cols: rows, indptr: pointers, indices: targets, data: values };
}

/** out = A·x, each row summed from left to right. */
export function multiplyCsr(matrix: CsrArrays, x: Float64Array, out: Float64Array): void {
  const { rows, indptr, indices, data } = matrix;
  let k = 0;
  for (let i = 0; i < rows; i++) {
    const end = indptr[i + 1]!;
    let sum = 0;
    for (; k < end; k++) sum += data[k]! * x[indices[k]!]!;
    out[i] = sum;
  }
}

/** out = Aᵀ·x, contributions added in the order of the rows. */
export function multiplyTransposeCsr(matrix: CsrArrays, x: Float64Array, out: Float64Array): void {
  const { rows, indptr, indices, data } = matrix;
  out.fill(0);
  let k = 0;
  for (let i = 0; i < rows; i++) {
    const end = indptr[i + 1]!;
    const factor = x[i]!;
    for (; k < end; k++) out[indices[k]!]! += data[k]! * factor;
  }
}

/** Place of the entry (row, column) in `indices` and `data`, or −1; a binary search of the row. */
export function findEntry(matrix: CsrArrays, row: number, column: number): number {
  const { indptr, indices } = matrix;
  let low = indptr[row]!;
  let high = indptr[row + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = indices[middle]!;
    if (found === column) return middle;
    if (found < column) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Turns counts stored one place late into starts: [0, c0, c1, …] → [0, c0, c0 + c1, …]. */
export function accumulate(pointers: Int32Array): void {
  let sum = 0;
  for (let i = 1; i < pointers.length; i++) {
    sum += pointers[i]!;
    pointers[i] = sum;
  }
}
