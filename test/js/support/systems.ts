import fc from 'fast-check';
import { type Method, type Preconditioner, SparseMatrix } from 'lacuna';
import { randomDominant, randomSparse, randomSpd, randomTall, triplets } from './generate.js';
import { Random } from './random.js';

/** Kinds of random systems, each with a moderate condition number unless said otherwise. */
export const KINDS = ['spd', 'quasi-definite', 'dominant', 'permuted', 'tall', 'wide'] as const;
export type Kind = (typeof KINDS)[number];

export interface Sample {
  readonly kind: Kind;
  readonly seed: number;
  readonly n: number;
}

/** A random matrix with right-hand sides of A·x = b and Aᵀ·x = c that are not made from an x. */
export interface System extends Sample {
  readonly A: SparseMatrix;
  readonly b: Float64Array;
  readonly c: Float64Array;
}

/** A method and, for iterative ones, a preconditioner. */
export interface Way {
  readonly method: Method;
  readonly preconditioner: Preconditioner;
  readonly kinds: readonly Kind[];
}

const SQUARE = ['spd', 'quasi-definite', 'dominant', 'permuted'] as const;

/** Every way there is, with the kinds of systems that it must solve. */
export const WAYS: readonly Way[] = [
  { method: 'cholesky', preconditioner: 'none', kinds: ['spd'] },
  { method: 'ldlt', preconditioner: 'none', kinds: ['spd', 'quasi-definite'] },
  { method: 'lu', preconditioner: 'none', kinds: SQUARE },
  { method: 'qr', preconditioner: 'none', kinds: [...SQUARE, 'tall', 'wide'] },
  { method: 'cg', preconditioner: 'none', kinds: ['spd'] },
  { method: 'cg', preconditioner: 'jacobi', kinds: ['spd'] },
  { method: 'cg', preconditioner: 'ic', kinds: ['spd'] },
  { method: 'bicgstab', preconditioner: 'none', kinds: ['spd', 'dominant'] },
  { method: 'bicgstab', preconditioner: 'jacobi', kinds: ['spd', 'dominant'] },
  { method: 'bicgstab', preconditioner: 'ic', kinds: ['spd'] },
  { method: 'bicgstab', preconditioner: 'ilut', kinds: ['spd', 'dominant'] },
];

export const isDirect = ({ method }: { readonly method: string }): boolean => !['cg', 'bicgstab'].includes(method);

/** A way in words, for the name of a test. */
export const named = (way: Way): string => (isDirect(way) ? way.method : `${way.method} with ${way.preconditioner}`);

/** Samples of one of the kinds, of 1 to `largest` unknowns. */
export function samples(kinds: readonly Kind[], largest = 40): fc.Arbitrary<Sample> {
  return fc.record({ kind: fc.constantFrom(...kinds), seed: fc.nat(1_000_000), n: fc.integer({ min: 1, max: largest }) });
}

/** The system of a sample, always the same. */
export function system(sample: Sample): System {
  const random = new Random(sample.seed);
  const A = matrix(random, sample);
  return { ...sample, A, b: random.vector(A.rows), c: random.vector(A.cols) };
}

function matrix(random: Random, { kind, n }: Sample): SparseMatrix {
  switch (kind) {
    case 'spd':
      return randomSpd(random, n, 3);
    case 'quasi-definite':
      return quasiDefinite(random, n);
    case 'dominant':
      return randomDominant(random, n, 4);
    case 'permuted':
      return permuteRows(randomDominant(random, n, 3), random.permutation(n));
    case 'tall':
      return randomTall(random, 2 * n + 3, n, 3);
    case 'wide':
      return randomTall(random, 2 * n + 3, n, 3).transpose();
  }
}

/** [H Bᵀ; B −G] with H and G positive definite: symmetric, indefinite, and LDLᵀ exists in any order. */
export function quasiDefinite(random: Random, n: number): SparseMatrix {
  const top = Math.ceil(n / 2);
  const H = triplets(randomSpd(random, top, 2));
  const rows = [...H.rows];
  const cols = [...H.cols];
  const values = [...H.values];
  const bottom = n - top;
  if (bottom > 0) {
    const G = triplets(randomSpd(random, bottom, 2));
    const B = triplets(randomSparse(random, bottom, top, 2));
    rows.push(...G.rows.map((i) => i + top), ...B.rows.map((i) => i + top), ...B.cols);
    cols.push(...G.cols.map((j) => j + top), ...B.cols, ...B.rows.map((i) => i + top));
    values.push(...G.values.map((v) => -v), ...B.values, ...B.values);
  }
  return SparseMatrix.fromTriplets(n, n, rows, cols, values);
}

/** The matrix whose row order[i] is row i of A. */
export function permuteRows(A: SparseMatrix, order: readonly number[]): SparseMatrix {
  const { rows, cols, values } = triplets(A);
  return SparseMatrix.fromTriplets(
    A.rows,
    A.cols,
    rows.map((i) => order[i]!),
    cols,
    values,
  );
}

/** The matrix whose entry (order[i], order[j]) is entry (i, j) of A. */
export function permuteBoth(A: SparseMatrix, order: readonly number[]): SparseMatrix {
  return permuteRows(permuteRows(A, order).transpose(), order).transpose();
}

/** The matrix with every stored value passed through `change`, and the same pattern. */
export function withValues(A: SparseMatrix, change: (value: number, k: number) => number): SparseMatrix {
  const { rows, cols, indptr, indices, data } = A.toCsr();
  return SparseMatrix.fromCsr(rows, cols, indptr, indices, data.map(change));
}
