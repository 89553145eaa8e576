// Graph Laplacian of the Stanford bunny's mesh plus a small mass: small, irregular, ill-conditioned.

import { createRequire } from 'node:module';
import { fromTriplets, withSolution } from '../lib/csr.mjs';

export const name = 'bunny';

/** Mass added to the diagonal: makes the singular Laplacian definite, condition number about 1e5. */
const MASS = 1e-4;

export function make({ seed }) {
  const { positions, cells } = createRequire(import.meta.url)('bunny');
  const edges = new Set();
  for (const cell of cells) {
    for (let k = 0; k < 3; k++) {
      const [u, v] = [cell[k], cell[(k + 1) % 3]].sort((a, b) => a - b);
      edges.add(u * positions.length + v);
    }
  }
  const triplets = positions.map((_, i) => [i, i, MASS]);
  for (const key of edges) {
    const u = Math.floor(key / positions.length);
    const v = key % positions.length;
    triplets.push([u, u, 1], [v, v, 1], [u, v, -1], [v, u, -1]);
  }
  const A = fromTriplets(positions.length, positions.length, triplets);
  return withSolution({ name, title: 'bunny Laplacian', A, symmetric: true, spd: true }, seed);
}
