import { makeScoped, type Scoped } from './dispose.js';
import { LacunaError } from './errors.js';
import type { Span } from './native/spans.js';
import type { Output } from './options.js';
import { asVector, checkLength, checkList, copyIndices, copyValues, describe } from './sparse/validate.js';

/** A vector by its entries that are not zero; entries at the same place are summed. */
export interface SparseVector {
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** @internal What a solver does for its right-hand sides. */
export interface RhsOwner {
  releaseRhs(span: Span): void;
}

/**
 * A right-hand side that is kept in linear memory, for solves that use it again and again without
 * another copy. Made by {@link Solver.rhs}; disposed of with its solver at the latest.
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
  readonly #span: Span;

  /** @internal */
  constructor(owner: RhsOwner, span: Span) {
    this.#owner = owner;
    this.#span = span;
    this.length = span.length;
  }

  /** Whether it, or its solver, was disposed of. */
  get disposed(): boolean {
    return this.#span.address === 0;
  }

  /** Gives the memory back. Idempotent. */
  dispose(): void {
    if (!this.disposed) this.#owner.releaseRhs(this.#span);
  }

  /** @internal Address of the values, for the solver that made it. */
  addressFor(owner: RhsOwner): number {
    if (owner !== this.#owner) {
      throw new LacunaError('invalid-argument', 'belongs to another solver', {
        argument: 'b',
        remedy: 'Make one with rhs() of this solver',
      });
    }
    if (this.disposed) {
      throw new LacunaError('disposed', 'this right-hand side was disposed of', { argument: 'b' });
    }
    return this.#span.address;
  }
}

export interface Rhs extends Scoped {}
makeScoped(Rhs, 'Rhs');

function isSparse(b: unknown): b is SparseVector {
  return typeof b === 'object' && b !== null && 'indices' in b && 'values' in b;
}

/** Checks a right-hand side of `length` values; what comes back only has to be written. */
export function checkedVector(
  argument: string,
  b: ArrayLike<number> | SparseVector,
  length: number,
  why: string,
): (target: Float64Array) => void {
  if (!isSparse(b)) {
    const values = asVector(argument, b, length, why);
    return (target) => target.set(values);
  }
  const indices = copyIndices(`${argument}.indices`, checkList(`${argument}.indices`, b.indices), length);
  const values = copyValues(`${argument}.values`, checkList(`${argument}.values`, b.values));
  checkLength(`${argument}.values`, values, indices.length, 'one for each index');
  return (target) => {
    target.fill(0);
    for (let k = 0; k < indices.length; k++) target[indices[k]!]! += values[k]!;
  };
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
