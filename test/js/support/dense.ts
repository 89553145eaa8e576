import type { SparseMatrix } from 'lacuna';

/** A dense matrix as a list of rows: the reference everything sparse is compared with. */
export type Dense = number[][];

export function zeros(rows: number, cols: number): Dense {
  return Array.from({ length: rows }, () => new Array<number>(cols).fill(0));
}

/** The dense form, from the plain arrays and not through the matrix's own methods. */
export function toDense(matrix: SparseMatrix): Dense {
  const { rows, cols, indptr, indices, data } = matrix.toCsr();
  const dense = zeros(rows, cols);
  for (let i = 0; i < rows; i++) for (let k = indptr[i]!; k < indptr[i + 1]!; k++) dense[i]![indices[k]!]! += data[k]!;
  return dense;
}

/** The dense form of triplets, duplicates summed in the order given. */
export function denseOfTriplets(
  rows: number,
  cols: number,
  triplets: readonly (readonly [row: number, column: number, value: number])[],
): Dense {
  const dense = zeros(rows, cols);
  for (const [i, j, value] of triplets) dense[i]![j]! += value;
  return dense;
}

export function transposed(dense: Dense): Dense {
  return (dense[0] ?? []).map((_, j) => dense.map((row) => row[j]!));
}

export function denseMultiply(dense: Dense, x: ArrayLike<number>): number[] {
  return dense.map((row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0));
}

/** Solves A·x = b by LU with partial pivoting; null where a pivot is exactly zero. O(n³). */
export function denseSolve(dense: Dense, b: ArrayLike<number>): Float64Array | null {
  const n = dense.length;
  const a = dense.map((row) => Float64Array.from(row));
  const x = Float64Array.from(b);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i]![k]!) > Math.abs(a[pivot]![k]!)) pivot = i;
    if (a[pivot]![k] === 0) return null;
    [a[k], a[pivot]] = [a[pivot]!, a[k]!];
    [x[k], x[pivot]] = [x[pivot]!, x[k]!];
    const top = a[k]!;
    for (let i = k + 1; i < n; i++) {
      const row = a[i]!;
      const factor = row[k]! / top[k]!;
      if (factor === 0) continue;
      for (let j = k; j < n; j++) row[j]! -= factor * top[j]!;
      x[i]! -= factor * x[k]!;
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    const row = a[k]!;
    for (let j = k + 1; j < n; j++) x[k]! -= row[j]! * x[j]!;
    x[k]! /= row[k]!;
  }
  return x;
}

/** Solves min ‖A·x − b‖₂ for a tall A of full rank by Householder QR. O(m·n²). */
export function denseLeastSquares(dense: Dense, b: ArrayLike<number>): Float64Array {
  const rows = dense.length;
  const cols = dense[0]!.length;
  const a = dense.map((row) => Float64Array.from(row));
  const y = Float64Array.from(b);
  for (let k = 0; k < cols; k++) {
    let norm = 0;
    for (let i = k; i < rows; i++) norm = Math.hypot(norm, a[i]![k]!);
    const alpha = a[k]![k]! > 0 ? -norm : norm;
    const v = Array.from({ length: rows - k }, (_, i) => a[k + i]![k]! - (i === 0 ? alpha : 0));
    const square = v.reduce((sum, value) => sum + value * value, 0);
    if (square === 0) throw new Error(`column ${k} depends on those before it`);
    for (let j = k; j < cols; j++) {
      const dot = v.reduce((sum, value, i) => sum + value * a[k + i]![j]!, 0);
      v.forEach((value, i) => (a[k + i]![j]! -= (2 * dot * value) / square));
    }
    const dot = v.reduce((sum, value, i) => sum + value * y[k + i]!, 0);
    v.forEach((value, i) => (y[k + i]! -= (2 * dot * value) / square));
  }
  const x = new Float64Array(cols);
  for (let k = cols - 1; k >= 0; k--) {
    let sum = y[k]!;
    for (let j = k + 1; j < cols; j++) sum -= a[k]![j]! * x[j]!;
    x[k] = sum / a[k]![k]!;
  }
  return x;
}
