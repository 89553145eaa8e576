import { makeScoped, type Scoped } from './dispose.js';
import { LacunaError } from './errors.js';
import type { Output } from './options.js';
import { asVector, checkLength, checkList, copyIds, copyValues, describe } from './sparse/validate.js';

/** A vector by its entries that are not zero; entries at the same place are summed. */
export interface SparseVector {
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/**
 * A vector whose values are asked for one at a time, where queries need them, together with what
 * is known of all of them. Each value that comes is held against that.
 */
export interface OnDemandVector {
  /** The value at i; called again for the same i only after the right-hand side was disposed of. */
  value(i: number): number;
  /** At least the largest |value|. */
  readonly normInf: number;
  /**
   * At most the smallest value: 0 or more makes tighter bounds.
   * @defaultValue −normInf
   */
  readonly least?: number;
  /**
   * At least the largest value.
   * @defaultValue normInf
   */
  readonly greatest?: number;
  /**
   * At least the sum of all |value|.
   * @defaultValue Infinity
   */
  readonly norm1?: number;
}

/** What a right-hand side may be: n numbers, the entries that are not zero, or one that is kept. */
export type RightHandSide = ArrayLike<number> | SparseVector | Rhs;

/** What a query may be asked of: besides, a vector whose values come on demand. */
export type QueryRightHandSide = RightHandSide | OnDemandVector;

/** @internal What a right-hand side holds. */
export interface RhsStorage {
  readonly length: number;
  /** Address of all its values. */
  readonly address: number;
}

/** @internal What a solver does for its right-hand sides. */
export interface RhsOwner {
  readonly disposed?: boolean;
  releaseRhs(storage: RhsStorage): void;
}

/**
 * A right-hand side that is kept, for solves and queries that use it again and again without another
 * copy: dense ones in linear memory, sparse ones by their entries, others as a callback. Norms are
 * taken once. Made by {@link Solver.rhs}; disposed of with its solver at the latest.
 *
 * @example
 * ```ts
 * import { createSolver, SparseMatrix } from 'lacuna';
 *
 * const solver = await createSolver(SparseMatrix.identity(4));
 * const rhs = solver.rhs({ indices: [2], values: [1] });
 * console.log(solver.solve(rhs).x); // Float64Array [0, 0, 1, 0]
 * solver.dispose(); // and rhs with it
 * ```
 */
export class Rhs {
  readonly length: number;
  readonly #owner: RhsOwner;
  readonly #storage: RhsStorage;
  #disposed = false;

  /** @internal */
  constructor(owner: RhsOwner, storage: RhsStorage) {
    this.#owner = owner;
    this.#storage = storage;
    this.length = storage.length;
  }

  /** Whether it, or its solver, was disposed of. */
  get disposed(): boolean {
    return this.#disposed || this.#owner.disposed === true;
  }

  /** Gives the memory back; queries that are running keep it until they end. Idempotent. */
  dispose(): void {
    if (!this.disposed) this.#owner.releaseRhs(this.#storage);
    this.#disposed = true;
  }

  /** @internal What it holds, for the solver that made it. */
  storageFor(owner: RhsOwner): RhsStorage {
    if (owner !== this.#owner) {
      throw new LacunaError('invalid-argument', 'belongs to another solver', {
        argument: 'b',
        remedy: 'Make one with rhs() of this solver',
      });
    }
    if (this.disposed) {
      throw new LacunaError('disposed', 'this right-hand side was disposed of', { argument: 'b' });
    }
    return this.#storage;
  }

  /** @internal Address of the values, for the solver that made it. */
  addressFor(owner: RhsOwner): number {
    return this.storageFor(owner).address;
  }
}

export interface Rhs extends Scoped {}
makeScoped(Rhs, 'Rhs');

/** The entries of a vector, copied and checked. */
export interface SparseParts {
  readonly ids: Float64Array;
  readonly values: Float64Array;
}

/** Copies and checks entries with indices below `bound`. */
export function sparseParts(argument: string, vector: SparseVector, bound: number): SparseParts {
  const ids = copyIds(`${argument}.indices`, checkList(`${argument}.indices`, vector.indices), bound);
  const values = copyValues(`${argument}.values`, checkList(`${argument}.values`, vector.values));
  checkLength(`${argument}.values`, values, ids.length, 'one for each index');
  return { ids, values };
}

export function isSparse(b: unknown): b is SparseVector {
  return typeof b === 'object' && b !== null && 'indices' in b && 'values' in b;
}

/** A vector that was checked and only has to be written; sparse ones with their entries. */
export interface GivenVector {
  readonly write: (target: Float64Array) => void;
  readonly sparse?: SparseParts;
}

/** Checks a vector of `length` values. */
export function givenVector(
  argument: string,
  b: ArrayLike<number> | SparseVector,
  length: number,
  why: string,
): GivenVector {
  if (!isSparse(b)) {
    const values = asVector(argument, b, length, why);
    return { write: (target) => target.set(values) };
  }
  const sparse = sparseParts(argument, b, length);
  const write = (target: Float64Array): void => {
    target.fill(0);
    sparse.ids.forEach((id, k) => (target[id]! += sparse.values[k]!));
  };
  return { write, sparse };
}

/** Checks a right-hand side of `length` values; what comes back only has to be written. */
export function checkedVector(
  argument: string,
  b: ArrayLike<number> | SparseVector,
  length: number,
  why: string,
): (target: Float64Array) => void {
  return givenVector(argument, b, length, why).write;
}

/** The array for a solution of n values, if the caller gave one. */
export function checkOut<X extends Output>(out: X | undefined, n: number): X | undefined {
  if (out === undefined) return undefined;
  if (!(out instanceof Float64Array) && !(out instanceof Float32Array)) {
    throw new LacunaError('invalid-argument', `must be a Float64Array or Float32Array, got ${describe(out)}`, {
      argument: 'options.out',
    });
  }
  checkLength('options.out', out, n, 'one for each unknown');
  return out;
}
