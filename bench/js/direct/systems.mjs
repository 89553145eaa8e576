// Systems of the benchmark of direct solvers: the Stanford bunny's harmonic, biharmonic and
// triharmonic operators, and Poisson equations on cubes.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fromTriplets } from '../lib/csr.mjs';
import { uniform } from '../lib/random.mjs';

/** Beside the project where the mesh of full size is present. */
const FULL = new URL('../../../../shared/meshes/stanford-bunny.obj', import.meta.url);

const subtract = (a, b) => a.map((v, k) => v - b[k]);
const dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Rows of a matrix as maps, which are easy to multiply. */
const product = (A, B) =>
  A.map((row) => {
    const out = new Map();
    for (const [k, a] of row) for (const [j, b] of B[k]) out.set(j, (out.get(j) ?? 0) + a * b);
    return out;
  });

/** {positions, cells} without the vertices that belong to no triangle; the coarser mesh of the npm
 * package `bunny` as a fallback. */
function mesh() {
  const { positions, cells } = existsSync(FULL) ? parsed(readFileSync(FULL, 'utf8')) : createRequire(import.meta.url)('bunny');
  const label = new Map();
  for (const v of cells.flat()) if (!label.has(v)) label.set(v, label.size);
  return { positions: [...label.keys()].map((v) => positions[v]), cells: cells.map((cell) => cell.map((v) => label.get(v))) };
}

function parsed(obj) {
  const positions = [];
  const cells = [];
  for (const line of obj.split('\n')) {
    const [kind, ...words] = line.trim().split(/\s+/);
    if (kind === 'v') positions.push(words.slice(0, 3).map(Number));
    if (kind === 'f') cells.push(words.slice(0, 3).map((word) => Number.parseInt(word, 10) - 1));
  }
  return { positions, cells };
}

/** Cotangent Laplacian L with weights of at least 1e-3, and lumped masses M of mean 1. */
function bunny() {
  const { positions, cells } = mesh();
  const n = positions.length;
  const L = Array.from({ length: n }, () => new Map());
  const M = new Float64Array(n);
  const add = (i, j, v) => L[i].set(j, (L[i].get(j) ?? 0) + v);
  for (const cell of cells) {
    for (let k = 0; k < 3; k++) {
      const [i, j, o] = [cell[k], cell[(k + 1) % 3], cell[(k + 2) % 3]];
      const u = subtract(positions[i], positions[o]);
      const v = subtract(positions[j], positions[o]);
      const twice = Math.hypot(...cross(u, v));
      const weight = Math.max(1e-3, twice > 0 ? dot(u, v) / twice / 2 : 0);
      add(i, j, -weight);
      add(j, i, -weight);
      add(i, i, weight);
      add(j, j, weight);
      M[i] += twice / 12;
      M[j] += twice / 12;
    }
  }
  const mean = M.reduce((sum, m) => sum + m, 0) / n;
  return { L, M: M.map((m) => Math.max(m / mean, 1e-3)) };
}

/** K + εM, its lower triangle mirrored: products are symmetric but for rounding. */
function shifted(K, M, epsilon) {
  const triplets = [];
  K.forEach((row, i) => {
    for (const [j, v] of row) {
      if (j < i) triplets.push([i, j, v], [j, i, v]);
      else if (j === i) triplets.push([i, i, v + epsilon * M[i]]);
    }
  });
  return fromTriplets(K.length, K.length, triplets);
}

function poisson(side) {
  const triplets = [];
  const layer = side * side;
  for (let k = 0; k < side * layer; k++) {
    triplets.push([k, k, 6]);
    const join = (j) => triplets.push([k, j, -1], [j, k, -1]);
    if (k % side + 1 < side) join(k + 1);
    if (Math.floor(k / side) % side + 1 < side) join(k + side);
    if (k + layer < side * layer) join(k + layer);
  }
  return fromTriplets(side * layer, side * layer, triplets);
}

/** Name → system for the programs of bench/cpp/direct. */
export function* systems({ quick, seed }) {
  const withRhs = (A) => {
    const random = uniform(seed);
    return { A, b: Float64Array.from({ length: A.rows }, () => random() - 0.5), symmetric: true, spd: true };
  };
  const { L, M } = bunny();
  const weighted = L.map((row) => new Map([...row].map(([j, v]) => [j, v / M[j]])));
  yield ['harmonic', withRhs(shifted(L, M, 1e-2))];
  const second = product(weighted, L);
  yield ['biharmonic', withRhs(shifted(second, M, 1e-2))];
  if (!quick) yield ['triharmonic', withRhs(shifted(product(weighted, second), M, 1e3))];
  for (const side of quick ? [20] : [30, 40]) yield [`poisson ${side}³`, withRhs(poisson(side))];
}
