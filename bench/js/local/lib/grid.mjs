// Systems of polynomial growth: the 2D grid and the chain, each vertex with the same margin.

import { uniform } from '../../lib/random.mjs';

/** Off-diagonal entries are −1; the diagonal is twice their full number, at the border too. */
const DOMINANCE = 2;

/** side² unknowns, four couplings −1, diagonal 8: every margin is at least 4. */
export function grid(side) {
  const n = side * side;
  const nnz = 5 * n - 4 * side;
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(nnz);
  const data = new Float64Array(nnz).fill(-1);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const column = i % side;
    if (i >= side) indices[at++] = i - side;
    if (column > 0) indices[at++] = i - 1;
    data[at] = 4 * DOMINANCE;
    indices[at++] = i;
    if (column < side - 1) indices[at++] = i + 1;
    if (i + side < n) indices[at++] = i + side;
    indptr[i + 1] = at;
  }
  return { rows: n, cols: n, indptr, indices, data };
}

/** The same as a rule: off-diagonal entries of row i, by id, all of value −1. Exact up to side² < 2⁵³. */
export function gridNeighbors(side, i) {
  const column = i % side;
  const ids = [];
  if (i >= side) ids.push(i - side);
  if (column > 0) ids.push(i - 1);
  if (column < side - 1) ids.push(i + 1);
  if (i + side < side * side) ids.push(i + side);
  return ids;
}
export const GRID_DIAGONAL = 4 * DOMINANCE;
export const GRID_MARGIN = 4;

/** A node at least `away` steps from the border. */
export function innerNode(side, next, away = 20) {
  const place = () => away + Math.floor(next() * (side - 2 * away));
  return place() * side + place();
}

/** Chain of n unknowns: couplings −1, diagonal 4. */
export function chain(n) {
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(3 * n - 2);
  const data = new Float64Array(3 * n - 2).fill(-1);
  let at = 0;
  for (let i = 0; i < n; i++) {
    if (i > 0) indices[at++] = i - 1;
    data[at] = 2 * DOMINANCE;
    indices[at++] = i;
    if (i < n - 1) indices[at++] = i + 1;
    indptr[i + 1] = at;
  }
  return { rows: n, cols: n, indptr, indices, data };
}

/** Dense, uniform in [−1, 1), with one entry of 1, so that ‖b‖∞ is 1. */
export function denseRhs(n, seed) {
  const next = uniform(seed);
  const b = new Float64Array(n);
  for (let i = 0; i < n; i++) b[i] = 2 * next() - 1;
  b[Math.floor(next() * n)] = 1;
  return b;
}

/** The same kind of numbers for vectors that are too long to be stored: a hash of the place. */
export function hashedRhs(i) {
  const low = i % 4294967296;
  const high = Math.floor(i / 4294967296);
  let z = (Math.imul(low ^ (low >>> 16), 0x21f0aaad) ^ Math.imul(high + 0x9e3779b9, 0x735a2d97)) >>> 0;
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97) >>> 0;
  return ((z ^ (z >>> 15)) >>> 0) / 2147483648 - 1;
}
