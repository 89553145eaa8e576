// −Δu = f on the unit square, five-point stencil, zero boundary: the system everybody times.

import { withSolution } from '../lib/csr.mjs';

export const name = 'poisson-2d';

export function make({ quick, seed }) {
  const side = quick ? 100 : 300;
  const n = side * side;
  const indptr = new Int32Array(n + 1);
  const indices = new Int32Array(5 * n - 4 * side);
  const data = new Float64Array(indices.length);
  let at = 0;
  const put = (j, value) => {
    indices[at] = j;
    data[at++] = value;
  };
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const i = y * side + x;
      if (y > 0) put(i - side, -1);
      if (x > 0) put(i - 1, -1);
      put(i, 4);
      if (x < side - 1) put(i + 1, -1);
      if (y < side - 1) put(i + side, -1);
      indptr[i + 1] = at;
    }
  }
  const A = { rows: n, cols: n, indptr, indices, data };
  return withSolution({ name, title: `2D Poisson ${side}²`, A, symmetric: true, spd: true }, seed);
}
