import type { SparseMatrix } from 'lacuna';

/** Below 2²⁶, so that products of residues are exact in float64. */
const PRIME = 67_108_859;

/**
 * Rank of an integer matrix modulo a prime, by exact sparse elimination. It is at most the true
 * rank: full rank proves that the matrix is not singular. That a rank falls short modulo the prime
 * and not in truth is possible, with a probability of about n/2²⁶ for a matrix that has nothing to
 * do with the prime.
 */
export function rankModuloPrime(matrix: SparseMatrix): number {
  const { rows, indptr, indices, data } = matrix.toCsr();
  const left = new Map<number, Map<number, number>>();
  const columns = new Map<number, Set<number>>();
  for (let i = 0; i < rows; i++) {
    const row = new Map<number, number>();
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) {
      if (!Number.isInteger(data[k])) throw new Error(`entry ${k} is not an integer`);
      const value = modulo(data[k]!);
      if (value === 0) continue;
      row.set(indices[k]!, value);
      if (!columns.has(indices[k]!)) columns.set(indices[k]!, new Set());
      columns.get(indices[k]!)!.add(i);
    }
    left.set(i, row);
  }
  const queue = buckets(left);
  let rank = 0;
  for (;;) {
    const pivotRow = queue.next();
    if (pivotRow === undefined) return rank;
    const row = left.get(pivotRow)!;
    left.delete(pivotRow);
    for (const j of row.keys()) columns.get(j)!.delete(pivotRow);
    if (row.size === 0) continue;
    // Markowitz: of the shortest row the entry in the shortest column.
    let pivot = -1;
    for (const j of row.keys()) if (pivot < 0 || columns.get(j)!.size < columns.get(pivot)!.size) pivot = j;
    rank++;
    const inverse = power(row.get(pivot)!, PRIME - 2);
    for (const i of columns.get(pivot)!) {
      const target = left.get(i)!;
      const factor = modulo(-target.get(pivot)! * inverse);
      target.delete(pivot);
      for (const [j, value] of row) {
        if (j === pivot) continue;
        const sum = ((target.get(j) ?? 0) + modulo(factor * value)) % PRIME;
        if (sum === 0) {
          target.delete(j);
          columns.get(j)!.delete(i);
        } else {
          target.set(j, sum);
          columns.get(j)!.add(i);
        }
      }
      queue.put(i);
    }
    columns.delete(pivot);
  }
}

/** Rows that are left, shortest first; a row may wait under a length it no longer has. */
function buckets(left: ReadonlyMap<number, ReadonlyMap<number, number>>): { put(i: number): void; next(): number | undefined } {
  const waiting: number[][] = [];
  const put = (i: number): void => {
    (waiting[left.get(i)!.size] ??= []).push(i);
  };
  for (const i of left.keys()) put(i);
  return {
    put,
    next() {
      for (let size = 0; size < waiting.length; size++) {
        for (let i = waiting[size]?.pop(); i !== undefined; i = waiting[size]!.pop()) if (left.get(i)?.size === size) return i;
      }
      return undefined;
    },
  };
}

function modulo(value: number): number {
  const rest = value % PRIME;
  return rest < 0 ? rest + PRIME : rest;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let e = exponent, b = base; e > 0; e = Math.floor(e / 2), b = modulo(b * b)) if (e % 2 === 1) result = modulo(result * b);
  return result;
}
