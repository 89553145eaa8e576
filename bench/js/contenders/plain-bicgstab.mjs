// The same for any matrix: BiCGSTAB with Jacobi from the right. The diagonal is folded into the
// columns at set-up, so an iteration is two products and three fused vector passes, nothing more.

import { inverseDiagonal } from '../lib/plain.mjs';
import { RTOL } from '../lib/tolerance.mjs';

/** q = A·p; dots[0] = w·q, dots[1] = q·q. */
function product(n, indptr, indices, data, p, q, w, dots) {
  let wq = 0;
  let qq = 0;
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
    wq += w[i] * sum;
    qq += sum * sum;
  }
  dots[0] = wq;
  dots[1] = qq;
}

/** r −= αv; returns r·r. */
function subtract(n, alpha, v, r) {
  let rr = 0;
  for (let i = 0; i < n; i++) {
    const ri = r[i] - alpha * v[i];
    r[i] = ri;
    rr += ri * ri;
  }
  return rr;
}

/** y += αp + ωs, r = s − ωt (s lives in r); dots[0] = shadow·r, dots[1] = r·r. */
function advance(n, alpha, p, omega, t, y, r, shadow, dots) {
  let rho = 0;
  let rr = 0;
  for (let i = 0; i < n; i++) {
    const s = r[i];
    y[i] += alpha * p[i] + omega * s;
    const ri = s - omega * t[i];
    r[i] = ri;
    rho += shadow[i] * ri;
    rr += ri * ri;
  }
  dots[0] = rho;
  dots[1] = rr;
}

/** p = r + β(p − ωv). */
function direct(n, beta, omega, r, v, p) {
  for (let i = 0; i < n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i]);
}

function bicgstab({ rows: n, indptr, indices }, b, { scaled, inverse }) {
  const y = new Float64Array(n);
  const r = Float64Array.from(b);
  const shadow = Float64Array.from(b);
  const p = Float64Array.from(b);
  const v = new Float64Array(n);
  const t = new Float64Array(n);
  const dots = new Float64Array(2);
  let rho = subtract(n, 0, v, r);
  const target = RTOL * RTOL * rho;
  let rr = rho;
  let iterations = 0;
  while (rr > target && iterations < 10 * n) {
    iterations++;
    product(n, indptr, indices, scaled, p, v, shadow, dots);
    const alpha = rho / dots[0];
    rr = subtract(n, alpha, v, r);
    if (rr <= target) {
      for (let i = 0; i < n; i++) y[i] += alpha * p[i];
      break;
    }
    product(n, indptr, indices, scaled, r, t, r, dots);
    const omega = dots[0] / dots[1];
    advance(n, alpha, p, omega, t, y, r, shadow, dots);
    const beta = (dots[0] / rho) * (alpha / omega);
    rho = dots[0];
    rr = dots[1];
    direct(n, beta, omega, r, v, p);
  }
  for (let i = 0; i < n; i++) y[i] *= inverse[i];
  return { x: y, iterations };
}

function scaleColumns({ indices, data }, inverse) {
  const scaled = new Float64Array(data.length);
  for (let k = 0; k < data.length; k++) scaled[k] = data[k] * inverse[indices[k]];
  return scaled;
}

export const contenders = [
  {
    name: 'plain JS bicgstab+jacobi',
    kind: 'plain',
    prepare: (problem) => problem,
    setup: ({ A }) => {
      const inverse = inverseDiagonal(A);
      return { inverse, scaled: scaleColumns(A, inverse) };
    },
    solve: ({ A, b }, factor) => bicgstab(A, b, factor),
  },
];
