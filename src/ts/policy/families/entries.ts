import { SparseMatrix } from '../../shared.js';

/** Entries of a matrix as they come; those at one place are added. */
export class Entries {
  readonly #rows: number[] = [];
  readonly #cols: number[] = [];
  readonly #values: number[] = [];

  add(i: number, j: number, value: number): void {
    this.#rows.push(i);
    this.#cols.push(j);
    this.#values.push(value);
  }

  /** The same value at (i, j) and (j, i). */
  addPair(i: number, j: number, value: number): void {
    this.add(i, j, value);
    this.add(j, i, value);
  }

  /** Weight w on the edge between i and j: the term w(xᵢ − xⱼ)² of a quadratic form. */
  addEdge(i: number, j: number, w: number): void {
    this.addPair(i, j, -w);
    this.add(i, i, w);
    this.add(j, j, w);
  }

  matrix(rows: number, cols = rows): SparseMatrix {
    return SparseMatrix.fromTriplets(rows, cols, this.#rows, this.#cols, this.#values);
  }
}
