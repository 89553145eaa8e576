// Graphs with power-law degrees, as {n, indptr, indices}, rows sorted, no loops, no repetitions.

import { shuffle, uniform } from '../../lib/random.mjs';

/** Share of arcs that stay in their community. */
const STAYS = 0.95;

const randomOrder = (n, next) => shuffle(Int32Array.from({ length: n }, (_, i) => i), next);

/**
 * Undirected, by preferential attachment (Barabási & Albert, Science 286, 1999): each new vertex is
 * linked to `links` earlier ones, drawn by degree. Mean degree 2·links, exponent 3, connected. Labels
 * are shuffled, so that neighbors don't lie side by side in memory.
 */
export function preferentialAttachment(n, links, seed) {
  const next = uniform(seed);
  const label = randomOrder(n, next);
  const core = links + 1;
  const edges = (core * (core - 1)) / 2 + (n - core) * links;
  // Both ends of every edge: a uniform draw from it is a draw by degree.
  const ends = new Int32Array(2 * edges);
  let at = 0;
  for (let u = 0; u < core; u++) {
    for (let v = 0; v < u; v++) {
      ends[at++] = u;
      ends[at++] = v;
    }
  }
  for (let v = core; v < n; v++) {
    const first = at;
    while (at < first + 2 * links) {
      const u = ends[Math.floor(next() * first)];
      let fresh = true;
      for (let k = first; k < at; k += 2) fresh &&= ends[k + 1] !== u;
      if (!fresh) continue;
      ends[at++] = v;
      ends[at++] = u;
    }
  }
  const from = new Int32Array(2 * edges);
  const to = new Int32Array(2 * edges);
  for (let k = 0; k < edges; k++) {
    const [u, v] = [label[ends[2 * k]], label[ends[2 * k + 1]]];
    from[2 * k] = u;
    to[2 * k] = v;
    from[2 * k + 1] = v;
    to[2 * k + 1] = u;
  }
  return fromArcs(n, from, to);
}

/**
 * Directed, by the model of Chung & Lu (Annals of Combinatorics 6, 2002): both ends of an arc are
 * drawn by weight, exponent 2.5 for sources and 2.2 for targets; every vertex has an arc going out, so
 * that no policy for dangling vertices matters. `arcs` are drawn, repeated ones are dropped. With
 * `communities`, vertices come in groups of about 1000, and an arc stays in its group with
 * probability 0.95: as in the web, and unlike in a plain random graph, ranks then even out slowly.
 */
export function chungLu(n, arcs, seed, { communities = false } = {}) {
  const next = uniform(seed);
  const sources = randomOrder(n, next);
  const targets = randomOrder(n, next);
  const source = byWeight(n, 2.5, next);
  const target = byWeight(n, 2.2, next);
  const groups = communities ? Math.max(1, Math.round(n / 1000)) : 1;
  const size = Math.floor(n / groups);
  const inside = byWeight(size, 2.2, next);
  const group = new Int32Array(n);
  targets.forEach((v, k) => (group[v] = Math.min(groups - 1, Math.floor(k / size))));
  const from = new Int32Array(arcs);
  const to = new Int32Array(arcs);
  for (let k = 0; k < arcs; k++) {
    const u = k < n ? k : sources[source()];
    let v = u;
    while (v === u) {
      const stays = groups > 1 && next() < STAYS;
      v = targets[stays ? size * group[u] + inside() : target()];
    }
    from[k] = u;
    to[k] = v;
  }
  return fromArcs(n, from, to);
}

/**
 * Ranks r in 0 … n − 1 with probability like (r + n/10⁴)^(−1/(exponent − 1)), by inversion. The shift
 * keeps the largest expected degree to some thousands, as in real graphs of this size.
 */
function byWeight(n, exponent, next) {
  const power = 1 - 1 / (exponent - 1);
  const shift = n / 1e4;
  const low = shift ** power;
  const range = (n + shift) ** power - low;
  return () => Math.min(n - 1, Math.floor((low + range * next()) ** (1 / power) - shift));
}

/** Two counting sorts put rows in order, then repetitions go. */
export function fromArcs(n, from, to) {
  const byTarget = countingSort(n, to, from, from.length);
  const column = new Int32Array(from.length);
  for (let v = 0; v < n; v++) column.fill(v, byTarget.indptr[v], byTarget.indptr[v + 1]);
  const { indptr, indices } = countingSort(n, byTarget.indices, column, from.length);
  const outPtr = new Int32Array(n + 1);
  let at = 0;
  for (let u = 0; u < n; u++) {
    let last = -1;
    for (let k = indptr[u]; k < indptr[u + 1]; k++) {
      const v = indices[k];
      if (v !== last) indices[at++] = v;
      last = v;
    }
    outPtr[u + 1] = at;
  }
  return { n, indptr: outPtr, indices: indices.slice(0, at) };
}

/** Values grouped by key, in their old order within a group. */
function countingSort(n, keys, values, count) {
  const indptr = new Int32Array(n + 1);
  for (let k = 0; k < count; k++) indptr[keys[k] + 1]++;
  for (let i = 0; i < n; i++) indptr[i + 1] += indptr[i];
  const place = indptr.slice(0, n);
  const indices = new Int32Array(count);
  for (let k = 0; k < count; k++) indices[place[keys[k]]++] = values[k];
  return { indptr, indices };
}

/** Arcs turned round. */
export function reversed({ n, indptr, indices }) {
  const source = new Int32Array(indices.length);
  for (let u = 0; u < n; u++) source.fill(u, indptr[u], indptr[u + 1]);
  return { n, ...countingSort(n, indices, source, indices.length) };
}

/** (1 + mass)·D − W of an undirected graph with weights 1: margins are mass·degree. */
export function massLaplacian({ n, indptr, indices }, mass = 1) {
  const outPtr = new Int32Array(n + 1);
  const outInd = new Int32Array(indices.length + n);
  const data = new Float64Array(indices.length + n).fill(-1);
  let at = 0;
  for (let u = 0; u < n; u++) {
    let placed = false;
    for (let k = indptr[u]; k < indptr[u + 1]; k++) {
      if (!placed && indices[k] > u) {
        data[at] = (1 + mass) * (indptr[u + 1] - indptr[u]);
        outInd[at++] = u;
        placed = true;
      }
      outInd[at++] = indices[k];
    }
    if (!placed) {
      data[at] = (1 + mass) * (indptr[u + 1] - indptr[u]);
      outInd[at++] = u;
    }
    outPtr[u + 1] = at;
  }
  return { rows: n, cols: n, indptr: outPtr, indices: outInd, data };
}
