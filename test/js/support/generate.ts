import { SparseMatrix } from 'lacuna';
import type { Random } from './random.js';

/** Five-point Laplacian of an nx × ny grid with zero boundary: symmetric, positive definite. */
export function poisson2d(nx: number, ny = nx): SparseMatrix {
  return poisson3d(nx, ny, 1, 4);
}

/** Seven-point Laplacian of an nx × ny × nz grid with zero boundary: symmetric, positive definite. */
export function poisson3d(nx: number, ny = nx, nz = nx, diagonal = 6): SparseMatrix {
  const rows: number[] = [];
  const cols: number[] = [];
  const values: number[] = [];
  const add = (i: number, j: number, value: number): void => {
    rows.push(i);
    cols.push(j);
    values.push(value);
  };
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const here = (z * ny + y) * nx + x;
        if (z > 0) add(here, here - nx * ny, -1);
        if (y > 0) add(here, here - nx, -1);
        if (x > 0) add(here, here - 1, -1);
        add(here, here, diagonal);
        if (x + 1 < nx) add(here, here + 1, -1);
        if (y + 1 < ny) add(here, here + nx, -1);
        if (z + 1 < nz) add(here, here + nx * ny, -1);
      }
    }
  }
  const n = nx * ny * nz;
  return SparseMatrix.fromTriplets(n, n, rows, cols, values);
}

/** About `perRow` entries a row at random places, values in [−1, 1). */
export function randomSparse(random: Random, rows: number, cols: number, perRow: number): SparseMatrix {
  const count = rows * perRow;
  return SparseMatrix.fromTriplets(
    rows,
    cols,
    Int32Array.from({ length: count }, (_, k) => Math.floor(k / perRow)),
    Int32Array.from({ length: count }, () => random.integer(cols)),
    random.vector(count),
  );
}

/** Unsymmetric, each diagonal entry larger than the rest of its row by `margin`: well conditioned. */
export function randomDominant(random: Random, n: number, perRow: number, margin = 1): SparseMatrix {
  return dominate(randomSparse(random, n, n, perRow), margin);
}

/** Symmetric and diagonally dominant with a positive diagonal, so positive definite. */
export function randomSpd(random: Random, n: number, perRow: number, margin = 1): SparseMatrix {
  const { rows, cols, values } = triplets(randomSparse(random, n, n, perRow));
  const both = SparseMatrix.fromTriplets(n, n, [...rows, ...cols], [...cols, ...rows], [...values, ...values]);
  return dominate(both, margin);
}

/** A tall matrix of full rank: a random part under an identity. */
export function randomTall(random: Random, rows: number, cols: number, perRow: number): SparseMatrix {
  const top = Array.from({ length: cols }, (_, j) => j);
  const rest = triplets(randomSparse(random, rows - cols, cols, perRow));
  return SparseMatrix.fromTriplets(
    rows,
    cols,
    [...top, ...rest.rows.map((i) => i + cols)],
    [...top, ...rest.cols],
    [...top.map(() => 1), ...rest.values],
  );
}

/** The entries of a matrix as plain lists, row by row. */
export function triplets(matrix: SparseMatrix): { rows: number[]; cols: number[]; values: number[] } {
  const { indptr, indices, data } = matrix.toCsr();
  const rows: number[] = [];
  for (let i = 0; i < matrix.rows; i++) for (let k = indptr[i]!; k < indptr[i + 1]!; k++) rows.push(i);
  return { rows, cols: [...indices], values: [...data] };
}

function dominate(matrix: SparseMatrix, margin: number): SparseMatrix {
  const n = matrix.rows;
  const { rows, cols, values } = triplets(matrix);
  const sums = new Float64Array(n).fill(margin);
  rows.forEach((i, k) => (sums[i]! += Math.abs(values[k]!)));
  const diagonal = Array.from({ length: n }, (_, i) => i);
  return SparseMatrix.fromTriplets(n, n, [...rows, ...diagonal], [...cols, ...diagonal], [...values, ...sums]);
}
