// Systems and graphs whose neighborhoods grow exponentially: no ball is small.

import { shuffle, uniform } from '../../lib/random.mjs';

const OFF_DIAGONAL = 8;
const OFF_SUM = 4;
export const EXPANDER_MARGIN = 4;

/**
 * Random dominant matrix, nine entries a row: eight off the diagonal at random places, of random
 * sign and with magnitudes between 1 : 3, scaled so that they sum up to 4; the diagonal is
 * 4/contraction, 8 as a rule. So every row has the same margin, whatever n: the accuracy asked means
 * the same for all sizes.
 */
export function expander(n, seed, contraction = 0.5) {
  const next = uniform(seed);
  const width = OFF_DIAGONAL + 1;
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(width * n);
  const data = new Float64Array(width * n);
  const ids = new Int32Array(width);
  const values = new Float64Array(width);
  for (let i = 0; i < n; i++) {
    ids[0] = i;
    values[0] = OFF_SUM / contraction;
    let sum = 0;
    for (let k = 1; k < width; ) {
      const j = Math.floor(next() * n);
      let fresh = true;
      for (let q = 0; q < k; q++) fresh &&= ids[q] !== j;
      if (!fresh) continue;
      const u = 4 * next() - 2;
      ids[k] = j;
      values[k] = u < 0 ? u / 2 - 0.5 : u / 2 + 0.5;
      sum += Math.abs(values[k++]);
    }
    const scale = OFF_SUM / sum;
    const start = width * i;
    for (let k = 0; k < width; k++) {
      const value = k === 0 ? values[0] : values[k] * scale;
      let at = start + k;
      for (; at > start && indices[at - 1] > ids[k]; at--) {
        indices[at] = indices[at - 1];
        data[at] = data[at - 1];
      }
      indices[at] = ids[k];
      data[at] = value;
    }
    indptr[i + 1] = start + width;
  }
  return { rows: n, cols: n, indptr, indices, data };
}

/** Random signs. */
export function signRhs(n, seed) {
  const next = uniform(seed);
  const b = new Float64Array(n);
  for (let i = 0; i < n; i++) b[i] = next() < 0.5 ? -1 : 1;
  return b;
}

/**
 * Undirected graph, nearly 9-regular: four random permutations and a random matching, less the few
 * loops and repetitions. n even. Adjacency in CSR, rows sorted.
 */
export function regularGraph(n, seed) {
  const next = uniform(seed);
  const adjacency = new Int32Array(9 * n);
  const fill = new Uint8Array(n);
  const link = (u, v) => {
    adjacency[9 * u + fill[u]++] = v;
    adjacency[9 * v + fill[v]++] = u;
  };
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let round = 0; round < 4; round++) {
    shuffle(order, next);
    // The cycle through all vertices in random order: each gets two neighbors.
    for (let k = 0; k < n; k++) link(order[k], order[k + 1 < n ? k + 1 : 0]);
  }
  shuffle(order, next);
  for (let k = 0; k + 1 < n; k += 2) link(order[k], order[k + 1]);
  return compact(n, adjacency);
}

/** Sorts rows of nine and drops repetitions. */
function compact(n, adjacency) {
  const indptr = new Int32Array(n + 1);
  let at = 0;
  for (let v = 0; v < n; v++) {
    const row = adjacency.subarray(9 * v, 9 * v + 9);
    for (let k = 1; k < 9; k++) {
      const id = row[k];
      let q = k;
      for (; q > 0 && row[q - 1] > id; q--) row[q] = row[q - 1];
      row[q] = id;
    }
    let last = -1;
    for (let k = 0; k < 9; k++) {
      const id = adjacency[9 * v + k];
      if (id !== last && id !== v) adjacency[at++] = id;
      last = id;
    }
    indptr[v + 1] = at;
  }
  return { n, indptr, indices: adjacency.slice(0, at) };
}
