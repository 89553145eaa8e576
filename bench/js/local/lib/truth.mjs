// True values, found apart from lacuna.

/**
 * x_i of A x = b by `terms` sweeps of Jacobi over the ball around i that they can see: exactly the
 * truncated Neumann series. With Σ|off| ≤ c·|diagonal| in every row the rest is at most
 * c^terms/(1 − c)·max|b/diagonal|, which is returned as `error`.
 * `row(v)` gives {ids, values, diagonal}, entries off the diagonal only; `rhs(v)` a number.
 */
export function neumann(row, rhs, i, terms, contraction, scale) {
  const index = new Map([[i, 0]]);
  const order = [i];
  const distance = [0];
  for (let k = 0; k < order.length && distance[k] < terms - 1; k++) {
    for (const j of row(order[k]).ids) {
      if (index.has(j)) continue;
      index.set(j, order.length);
      order.push(j);
      distance.push(distance[k] + 1);
    }
  }
  // Rows in local numbers; vertices outside the ball are never asked for before their turn ends.
  const lines = order.map((v) => row(v));
  const ids = lines.map((line) => Int32Array.from(line.ids, (j) => index.get(j) ?? -1));
  let x = new Float64Array(order.length);
  let y = new Float64Array(order.length);
  let inside = order.length;
  for (let sweep = 1; sweep <= terms; sweep++) {
    while (inside > 0 && distance[inside - 1] > terms - sweep) inside--;
    for (let k = 0; k < inside; k++) {
      let sum = rhs(order[k]);
      const local = ids[k];
      for (let q = 0; q < local.length; q++) if (local[q] >= 0) sum -= lines[k].values[q] * x[local[q]];
      y[k] = sum / lines[k].diagonal;
    }
    [x, y] = [y, x];
  }
  return { value: x[0], error: (contraction ** terms / (1 - contraction)) * scale + 1e-15 };
}

/** A CSR matrix as `row` for `neumann`. */
export const rowsOf = ({ indptr, indices, data }) => (v) => {
  const ids = [];
  const values = [];
  let diagonal = 0;
  for (let k = indptr[v]; k < indptr[v + 1]; k++) {
    if (indices[k] === v) diagonal = data[k];
    else {
      ids.push(indices[k]);
      values.push(data[k]);
    }
  }
  return { ids, values, diagonal };
};

/**
 * All of x by Gauss–Seidel, until no entry changes by more than `change` in a sweep: for matrices with
 * Σ|off| ≤ c·|diagonal| the error is then at most c/(1 − c)·change.
 */
export function gaussSeidel({ rows, indptr, indices, data }, b, change = 1e-16) {
  const x = new Float64Array(rows);
  let largest = Infinity;
  for (let sweep = 0; sweep < 1000 && largest > change; sweep++) {
    largest = 0;
    for (let i = 0; i < rows; i++) {
      let sum = b[i];
      let diagonal = 1;
      for (let k = indptr[i], end = indptr[i + 1]; k < end; k++) {
        const j = indices[k];
        if (j === i) diagonal = data[k];
        else sum -= data[k] * x[j];
      }
      sum /= diagonal;
      const moved = Math.abs(sum - x[i]);
      if (moved > largest) largest = moved;
      x[i] = sum;
    }
  }
  return x;
}

/**
 * x as an unevaluated sum of two doubles, by Gauss–Seidel sweeps on residuals that are computed with
 * compensated sums and products: for dominant matrices good to about 1e-28·‖x‖∞. Small n.
 */
export function refined(A, b) {
  const size = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const high = gaussSeidel(A, b, 1e-13 * size);
  const low = new Float64Array(A.rows);
  for (let pass = 1; pass < 4; pass++) {
    const step = gaussSeidel(A, residual(A, b, high, low), 1e-13 ** (pass + 1) * size);
    for (let i = 0; i < A.rows; i++) low[i] += step[i];
  }
  return { high, low };
}

/** b − A(high + low), each sum in twice the working precision. */
function residual({ rows, indptr, indices, data }, b, high, low) {
  const r = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = b[i];
    let carry = 0;
    const add = (term) => {
      const next = sum + term;
      const part = next - sum;
      carry += sum - (next - part) + (term - part);
      sum = next;
    };
    for (let k = indptr[i]; k < indptr[i + 1]; k++) {
      const product = data[k] * high[indices[k]];
      add(-product);
      carry -= productError(data[k], high[indices[k]], product);
      add(-(data[k] * low[indices[k]]));
    }
    r[i] = sum + carry;
  }
  return r;
}

/** a·b − product, exactly (Dekker; Veltkamp's splitting). */
function productError(a, b, product) {
  const split = (value) => {
    const big = 134217729 * value;
    const top = big - (big - value);
    return [top, value - top];
  };
  const [a1, a2] = split(a);
  const [b1, b2] = split(b);
  return a2 * b2 - (product - a1 * b1 - a2 * b1 - a1 * b2);
}
