// What a competent developer writes instead of taking a library: Jacobi-preconditioned conjugate
// gradients over typed arrays, three fused passes an iteration, each a small function so that the
// engine runs optimized code from the first iterations on.

import { inverseDiagonal } from '../lib/plain.mjs';
import { RTOL } from '../lib/tolerance.mjs';

/** q = A·p; returns p·q. */
function product(n, indptr, indices, data, p, q) {
  let dot = 0;
  for (let i = 0, k = 0; i < n; i++) {
    const end = indptr[i + 1];
    let even = 0;
    let odd = 0;
    for (const last = end - 3; k < last; k += 4) {
      even += data[k] * p[indices[k]] + data[k + 1] * p[indices[k + 1]];
      odd += data[k + 2] * p[indices[k + 2]] + data[k + 3] * p[indices[k + 3]];
    }
    for (; k < end; k++) even += data[k] * p[indices[k]];
    const sum = even + odd;
    q[i] = sum;
    dot += sum * p[i];
  }
  return dot;
}

/** x += αp, r −= αq; norms[0] = r·r, norms[1] = r·D⁻¹r. */
function advance(n, alpha, p, q, x, r, inverse, norms) {
  let rr = 0;
  let rz = 0;
  for (let i = 0; i < n; i++) {
    x[i] += alpha * p[i];
    const ri = r[i] - alpha * q[i];
    r[i] = ri;
    const square = ri * ri;
    rr += square;
    rz += square * inverse[i];
  }
  norms[0] = rr;
  norms[1] = rz;
}

/** p = D⁻¹r + βp. */
function direct(n, beta, r, inverse, p) {
  for (let i = 0; i < n; i++) p[i] = r[i] * inverse[i] + beta * p[i];
}

function conjugateGradients({ rows: n, indptr, indices, data }, b, inverse) {
  const x = new Float64Array(n);
  const r = Float64Array.from(b);
  const p = new Float64Array(n);
  const q = new Float64Array(n);
  const norms = new Float64Array(2);
  advance(n, 0, p, q, x, r, inverse, norms);
  direct(n, 0, r, inverse, p);
  const target = RTOL * RTOL * norms[0];
  let iterations = 0;
  while (norms[0] > target && iterations < 10 * n) {
    const rz = norms[1];
    const curvature = product(n, indptr, indices, data, p, q);
    advance(n, rz / curvature, p, q, x, r, inverse, norms);
    direct(n, norms[1] / rz, r, inverse, p);
    iterations++;
  }
  return { x, iterations };
}

export const contenders = [
  {
    name: 'plain JS cg+jacobi',
    kind: 'plain',
    skip: (problem) => (problem.spd ? undefined : 'needs a positive definite matrix'),
    prepare: (problem) => problem,
    setup: ({ A }) => inverseDiagonal(A),
    solve: ({ A, b }, inverse) => conjugateGradients(A, b, inverse),
  },
];
