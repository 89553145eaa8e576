// Unsymmetric, strictly diagonally dominant by rows, about ten entries a row at random places:
// easy for Krylov methods, and nearly the worst case for elimination (the fill is almost dense).

import { fromTriplets, withSolution } from '../lib/csr.mjs';
import { uniform } from '../lib/random.mjs';

export const name = 'random-dominant';

/** Diagonal over the sum of the row's other magnitudes. */
const DOMINANCE = 1.1;

export function make({ quick, seed }) {
  const n = quick ? 2000 : 10000;
  const next = uniform(seed + 1);
  const triplets = [];
  for (let i = 0; i < n; i++) {
    const row = new Map();
    while (row.size < 9) {
      const j = Math.floor(next() * n);
      if (j !== i) row.set(j, 2 * next() - 1);
    }
    let sum = 0;
    for (const [j, value] of row) {
      triplets.push([i, j, value]);
      sum += Math.abs(value);
    }
    triplets.push([i, i, DOMINANCE * sum]);
  }
  const A = fromTriplets(n, n, triplets);
  return withSolution({ name, title: `random dominant ${n}`, A, symmetric: false, spd: false }, seed);
}
