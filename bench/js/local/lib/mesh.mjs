// The bunny as a graph, at several sizes: its triangles are split in four as often as asked.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fromArcs } from './power-law.mjs';

/** Beside the project where the mesh of full size is present. */
const FULL = new URL('../../../../../shared/meshes/stanford-bunny.obj', import.meta.url);

/** {name, n, triangles: Int32Array}; the coarser one of the npm package `bunny` as a fallback. */
export function bunny() {
  if (existsSync(FULL)) return { name: 'stanford-bunny.obj', ...used(trianglesOf(readFileSync(FULL, 'utf8'))) };
  const { cells } = createRequire(import.meta.url)('bunny');
  return { name: 'npm bunny', ...used(Int32Array.from(cells.flat())) };
}

function trianglesOf(obj) {
  const corners = [];
  for (const line of obj.split('\n')) {
    if (!line.startsWith('f ')) continue;
    const face = line.trim().split(/\s+/).slice(1).map((corner) => Number.parseInt(corner, 10) - 1);
    for (let k = 2; k < face.length; k++) corners.push(face[0], face[k - 1], face[k]);
  }
  return Int32Array.from(corners);
}

/** Vertices that belong to no triangle are left out. */
function used(triangles) {
  const label = new Map();
  for (const v of triangles) if (!label.has(v)) label.set(v, label.size);
  return { n: label.size, triangles: triangles.map((v) => label.get(v)) };
}

/** Each triangle becomes four, with new vertices at the middles of edges. */
export function subdivide({ name, n, triangles }) {
  // Edges by their lower end: a short list at each vertex holds the upper ends and the middles.
  const head = new Int32Array(n).fill(-1);
  const next = [];
  const upper = [];
  const middle = (a, b) => {
    const [u, v] = a < b ? [a, b] : [b, a];
    for (let e = head[u]; e >= 0; e = next[e]) if (upper[e] === v) return n + e;
    next.push(head[u]);
    upper.push(v);
    head[u] = upper.length - 1;
    return n + head[u];
  };
  const out = new Int32Array(4 * triangles.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const [p, q, r] = [middle(a, b), middle(b, c), middle(c, a)];
    out.set([a, p, r, b, q, p, c, r, q, p, q, r], 4 * t);
  }
  return { name, n: n + upper.length, triangles: out };
}

/** The mesh's vertices and edges as an undirected graph. */
export function meshGraph({ n, triangles }) {
  const from = new Int32Array(2 * triangles.length);
  const to = new Int32Array(2 * triangles.length);
  for (let t = 0, at = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const [u, v] = [triangles[t + k], triangles[t + ((k + 1) % 3)]];
      from[at] = u;
      to[at++] = v;
      from[at] = v;
      to[at++] = u;
    }
  }
  return fromArcs(n, from, to);
}
