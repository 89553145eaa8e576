// CSR matrices for the harness: {rows, cols, indptr, indices, data}, rows sorted, no duplicates.
// Written apart from lacuna on purpose: a checker must not share code with what it checks.

import { uniform } from './random.mjs';

/** From triplets; duplicates are summed. */
export function fromTriplets(rows, cols, triplets) {
  const byRow = Array.from({ length: rows }, () => new Map());
  for (const [i, j, value] of triplets) byRow[i].set(j, (byRow[i].get(j) ?? 0) + value);
  const nnz = byRow.reduce((sum, row) => sum + row.size, 0);
  const indptr = new Int32Array(rows + 1);
  const indices = new Int32Array(nnz);
  const data = new Float64Array(nnz);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (const j of [...byRow[i].keys()].sort((a, b) => a - b)) {
      indices[at] = j;
      data[at++] = byRow[i].get(j);
    }
    indptr[i + 1] = at;
  }
  return { rows, cols, indptr, indices, data };
}

/** Aᵀ in CSR, which is A in CSC: what the column-oriented peers take. */
export function transpose({ rows, cols, indptr, indices, data }) {
  const tptr = new Int32Array(cols + 1);
  for (let k = 0; k < indices.length; k++) tptr[indices[k] + 1]++;
  for (let j = 0; j < cols; j++) tptr[j + 1] += tptr[j];
  const next = tptr.slice(0, cols);
  const tind = new Int32Array(indices.length);
  const tdata = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]; k < indptr[i + 1]; k++) {
      const at = next[indices[k]]++;
      tind[at] = i;
      tdata[at] = data[k];
    }
  }
  return { rows: cols, cols: rows, indptr: tptr, indices: tind, data: tdata };
}

/** P·A·Pᵀ where order[new] = old, rows sorted again. */
export function permuteSymmetric({ rows, indptr, indices, data }, order) {
  const inverse = new Int32Array(rows);
  for (let k = 0; k < rows; k++) inverse[order[k]] = k;
  const outPtr = new Int32Array(rows + 1);
  const outInd = new Int32Array(indices.length);
  const outData = new Float64Array(data.length);
  let at = 0;
  for (let k = 0; k < rows; k++) {
    const row = [];
    for (let p = indptr[order[k]]; p < indptr[order[k] + 1]; p++) row.push([inverse[indices[p]], data[p]]);
    row.sort((a, b) => a[0] - b[0]);
    for (const [j, value] of row) {
      outInd[at] = j;
      outData[at++] = value;
    }
    outPtr[k + 1] = at;
  }
  return { rows, cols: rows, indptr: outPtr, indices: outInd, data: outData };
}

/** Sum of products in about twice the working precision (Neumaier's sum of rounded products). */
function rowProduct({ indptr, indices, data }, x, i, start) {
  let sum = start;
  let carry = 0;
  for (let k = indptr[i]; k < indptr[i + 1]; k++) {
    const term = data[k] * x[indices[k]];
    const next = sum + term;
    carry += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
  }
  return sum + carry;
}

export function multiply(A, x) {
  return Float64Array.from({ length: A.rows }, (_, i) => rowProduct(A, x, i, 0));
}

/** b − A·x, with compensated sums. */
export function residual(A, x, b) {
  const r = new Float64Array(A.rows);
  for (let i = 0; i < A.rows; i++) r[i] = -rowProduct(A, x, i, -b[i]);
  return r;
}

export function norm2(v) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
}

/** Completes a family: a known random solution in (0, 1), and the right-hand side that belongs to it. */
export function withSolution(problem, seed) {
  const next = uniform(seed);
  const xTrue = Float64Array.from({ length: problem.A.rows }, () => next());
  return { ...problem, b: multiply(problem.A, xTrue), xTrue };
}
