// Systems of the benchmark of direct solvers: the Stanford bunny's harmonic, biharmonic and
// triharmonic operators, Poisson equations on cubes, convection and diffusion, circuits, and the
// matrices beside the project.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fromTriplets } from '../../lib/csr.mjs';
import { uniform } from '../../lib/random.mjs';
import { circuit, convection, convectionCube } from './unsymmetric.mjs';

/** Beside the project where they are present. */
const SHARED = new URL('../../../../../shared/', import.meta.url);
const FULL = new URL('meshes/stanford-bunny.obj', SHARED);
const MATRICES = new URL('matrices/', SHARED);

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

/** {positions, cells} without the vertices that belong to no triangle; the mesh of the npm package
 * `bunny` where a coarse one is wanted or there is no other. */
function mesh(coarse) {
  const { positions, cells } = !coarse && existsSync(FULL) ? parsed(readFileSync(FULL, 'utf8')) : createRequire(import.meta.url)('bunny');
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
function bunny(coarse = false) {
  const { positions, cells } = mesh(coarse);
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

/** Laplacian plus `shift`·I of a cube of lattice points, or of a square with a depth of 1. */
function poisson(side, depth = side, shift = 0) {
  const triplets = [];
  const layer = side * side;
  for (let k = 0; k < depth * layer; k++) {
    triplets.push([k, k, (depth === 1 ? 4 : 6) + shift]);
    const join = (j) => triplets.push([k, j, -1], [j, k, -1]);
    if (k % side + 1 < side) join(k + 1);
    if (Math.floor(k / side) % side + 1 < side) join(k + side);
    if (k + layer < depth * layer) join(k + layer);
  }
  return fromTriplets(depth * layer, depth * layer, triplets);
}

/** A square matrix of a Matrix Market file of coordinates; the real parts of complex entries. */
function matrixMarket(text) {
  const lines = text.split('\n');
  const [, , , , symmetry] = lines[0].toLowerCase().split(/\s+/);
  const rest = lines.filter((line) => line.trim() !== '' && !line.startsWith('%'));
  const [rows, cols] = rest[0].trim().split(/\s+/).map(Number);
  if (rows !== cols) return undefined;
  const triplets = [];
  for (const line of rest.slice(1)) {
    const [i, j, v = 1] = line.trim().split(/\s+/).map(Number);
    triplets.push([i - 1, j - 1, v]);
    if (symmetry !== 'general' && i !== j) triplets.push([j - 1, i - 1, symmetry === 'skew-symmetric' ? -v : v]);
  }
  return fromTriplets(rows, rows, triplets);
}

const withRhs = (A, seed, definite) => {
  const random = uniform(seed);
  const b = Float64Array.from({ length: A.rows }, () => random() - 0.5);
  return { A, b, symmetric: definite, spd: definite };
};

/** A chain, its ends held: what a tridiagonal system costs beyond its arithmetic. */
const chain = (n) =>
  fromTriplets(n, n, Array.from({ length: n }, (_, k) => [[k, k, 2.01], ...(k > 0 ? [[k, k - 1, -1], [k - 1, k, -1]] : [])]).flat());

/** Vertex k hangs on `parent(k)`: a star, a random tree. */
const tree = (n, parent) =>
  fromTriplets(n, n, Array.from({ length: n }, (_, k) => {
    if (k === 0) return [[0, 0, 0.01]];
    const up = parent(k);
    return [[k, k, 1.01], [up, up, 1], [k, up, -1], [up, k, -1]];
  }).flat());

function randomTree(n) {
  const random = uniform(1);
  return tree(n, (k) => Math.floor(random() * k));
}

/** Name → symmetric positive definite system for the programs of bench/cpp/direct. */
export function* definiteSystems({ quick, seed, wanted }) {
  const makers = {
    'chain 2000': () => chain(2000),
    'star 2000': () => tree(2000, () => 0),
    'tree 2000': () => randomTree(2000),
    'grid 40²': () => poisson(40, 1),
    'grid 100²': () => poisson(100, 1),
    'coarse harmonic': () => operators(true).harmonic(),
    harmonic: () => operators(false).harmonic(),
    biharmonic: () => operators(false).biharmonic(),
    triharmonic: () => operators(false).triharmonic(),
    'poisson 20³': () => poisson(20),
    'poisson 30³': () => poisson(30),
    'poisson 40³': () => poisson(40),
  };
  const large = ['triharmonic', 'poisson 30³', 'poisson 40³'];
  for (const [name, make] of Object.entries(makers)) {
    if (wanted(name) && !(quick && large.includes(name))) yield [name, withRhs(make(), seed, true)];
  }
}

/** Name → shifted Laplacian, indefinite, and the definite one on the same pattern. */
export function* indefiniteSystems({ quick, seed, wanted }) {
  const [flat, deep] = quick ? [100, 15] : [300, 30];
  for (const [side, depth, shift] of [
    [flat, 1, -1.0037],
    [flat, 1, -3.99713],
    [deep, deep, -2.03713],
    [deep, deep, -5.9713],
  ]) {
    const name = `${side}${depth === 1 ? '²' : '³'} ${shift}`;
    if (wanted(name)) yield [name, withRhs(poisson(side, depth, shift), seed, false), withRhs(poisson(side, depth, 0.01), seed, true)];
  }
}

/** Name → method and system of each of those that have factors in single precision. */
export function* factoredSystems(options) {
  const { quick, seed, wanted } = options;
  for (const [name, system] of definiteSystems(options)) yield [name, 'cholesky', system];
  for (const [name, system] of indefiniteSystems(options)) yield [`shifted ${name}`, 'ldlt', system];
  const [flat, deep] = quick ? [100, 12] : [300, 24];
  const made = { [`convection ${flat}²`]: () => convection(flat), [`convection ${deep}³`]: () => convectionCube(deep) };
  for (const [name, make] of Object.entries(made)) {
    if (wanted(name)) yield [name, 'lu', withRhs(make(), seed, false)];
  }
}

/** L + εM, L M⁻¹ L + εM and L M⁻¹ L M⁻¹ L + εM. */
function operators(coarse) {
  const { L, M } = bunny(coarse);
  const weighted = L.map((row) => new Map([...row].map(([j, v]) => [j, v / M[j]])));
  const second = () => product(weighted, L);
  return {
    harmonic: () => shifted(L, M, 1e-2),
    biharmonic: () => shifted(second(), M, 1e-2),
    triharmonic: () => shifted(product(weighted, second()), M, 1e3),
  };
}

/** Name → square system for LU. */
export function* squareSystems({ quick, seed, wanted }) {
  const side = quick ? 100 : 300;
  const nodes = quick ? 5000 : 50000;
  const made = { [`convection ${side}²`]: () => convection(side), [`circuit ${nodes}`]: () => circuit(nodes) };
  for (const [name, make] of Object.entries(made)) {
    if (wanted(name)) yield [name, withRhs(make(), seed, false)];
  }
  if (!existsSync(MATRICES)) return;
  for (const file of readdirSync(MATRICES).filter((name) => name.endsWith('.mtx')).sort()) {
    const name = file.slice(0, -4);
    const read = wanted(name) && matrixMarket(readFileSync(new URL(file, MATRICES), 'utf8'));
    if (read) yield [name, withRhs(read, seed, false)];
  }
}
