// −Δu = f on the unit cube, seven-point stencil: much more fill for its size than the square.

import { withSolution } from '../lib/csr.mjs';

export const name = 'poisson-3d';

export function make({ quick, seed }) {
  const side = quick ? 12 : 20;
  const layer = side * side;
  const n = layer * side;
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(7 * n - 6 * layer);
  const data = new Float64Array(indices.length);
  let at = 0;
  const put = (j, value) => {
    indices[at] = j;
    data[at++] = value;
  };
  for (let z = 0; z < side; z++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const i = z * layer + y * side + x;
        if (z > 0) put(i - layer, -1);
        if (y > 0) put(i - side, -1);
        if (x > 0) put(i - 1, -1);
        put(i, 6);
        if (x < side - 1) put(i + 1, -1);
        if (y < side - 1) put(i + side, -1);
        if (z < side - 1) put(i + layer, -1);
        indptr[i + 1] = at;
      }
    }
  }
  const A = { rows: n, cols: n, indptr, indices, data };
  return withSolution({ name, title: `3D Poisson ${side}³`, A, symmetric: true, spd: true }, seed);
}
