import type { LocalModule, NativeHandle, NativeRhs } from '#core';
import { LacunaError } from '../errors.js';
import { STATUSES, word } from '../native/codes.js';
import { failure } from '../native/failures.js';
import type { Resources } from '../native/resources.js';
import type { TaskHost } from '../native/run-task.js';
import { DOUBLE, type Span } from '../native/spans.js';
import type { GivenVector, OnDemandVector, RhsStorage } from '../rhs.js';
import { checkOptions, describe } from '../sparse/validate.js';

/** A vector that was checked; the callback of one on demand checks what it gives. */
export interface CheckedVector extends GivenVector {
  readonly value?: (i: number) => number;
  /** least, greatest, normInf, norm1 */
  readonly facts?: readonly [number, number, number, number];
}

export function isOnDemand(b: unknown): b is OnDemandVector {
  return typeof b === 'object' && b !== null && 'value' in b;
}

/** Runs a callback of the caller's. */
export function consult<T>(argument: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new LacunaError('source-failed', 'the callback failed', { argument, remedy: 'See the cause', cause });
  }
}

/** Checks what a vector on demand declares; its values are held against that. */
export function checkOnDemand(b: OnDemandVector): CheckedVector {
  const given = checkOptions(b, ['value', 'normInf', 'least', 'greatest', 'norm1'], 'b') as OnDemandVector;
  const { normInf, least = -normInf, greatest = normInf, norm1 = Infinity } = given;
  const facts = [least, greatest, normInf, norm1] as const;
  const fit = -normInf <= least && least <= greatest && greatest <= normInf && normInf < Infinity && norm1 >= 0;
  if (typeof given.value !== 'function' || !fit || facts.some((fact) => typeof fact !== 'number')) {
    throw new LacunaError('invalid-argument', 'must have value(i) and bounds that go together', {
      argument: 'b',
      remedy: 'Give −normInf ≤ least ≤ greatest ≤ normInf < Infinity and norm1 ≥ 0',
    });
  }
  const value = (i: number): number => {
    const v: unknown = consult('b.value', () => b.value(i));
    if (typeof v === 'number' && v >= least && v <= greatest) return v;
    throw new LacunaError('declaration-violated', `gave ${describe(v)}, declared are ${least} … ${greatest}`, {
      argument: 'b.value',
      position: i,
    });
  };
  const write = (target: Float64Array): void => {
    for (let i = 0; i < target.length; i++) target[i] = value(i);
  };
  return { value, facts, write };
}

/**
 * A right-hand side as a solver keeps it: dense ones and the entries of sparse ones in linear memory;
 * all values of others once a full solve asks for them; norms at the first query. Memory is given
 * back with the last user.
 */
export class KeptRhs implements RhsStorage {
  readonly length: number;
  readonly #host: TaskHost<LocalModule>;
  readonly #resources: Resources<NativeHandle>;
  readonly #given: CheckedVector;
  /** All values, or those of the entries before their indices. */
  readonly #span: Span | undefined;
  #spread: Span | undefined;
  #native: NativeRhs | undefined;
  #users = 1;

  constructor(host: TaskHost<LocalModule>, resources: Resources<NativeHandle>, given: CheckedVector, length: number) {
    this.length = length;
    this.#host = host;
    this.#resources = resources;
    this.#given = given;
    const { sparse, value } = given;
    if (sparse !== undefined) {
      this.#span = resources.put(sparse.values, sparse.ids).span;
    } else if (value === undefined) {
      this.#span = this.#spread = resources.span(length);
      given.write(this.#span.view());
      // The caller's array is not needed a second time.
      this.#given = { write: () => {} };
    }
  }

  get address(): number {
    if (this.#spread === undefined) {
      // Callbacks run before anything is allocated: they may do what they like with the solver.
      const values = new Float64Array(this.length);
      this.#given.write(values);
      this.#host.core();
      this.#spread = this.#resources.span(this.length);
      this.#spread.view().set(values);
    }
    return this.#spread.address;
  }

  /** Values at the places that a query waits for. */
  values(ids: Float64Array): Float64Array {
    return ids.map((id) => this.#given.value!(id));
  }

  /** The native one, with its norms. */
  native(): NativeRhs {
    if (this.#native !== undefined) return this.#native;
    const { sparse, facts } = this.#given;
    const core = this.#host.core();
    const native = this.#host.run(() => new core.NativeRhs());
    const at = this.#span?.address ?? 0;
    const count = sparse?.ids.length ?? 0;
    const status = this.#host.run(() =>
      facts !== undefined
        ? native.onDemand(...facts)
        : sparse !== undefined
          ? native.sparse(at + count * DOUBLE, at, count, this.length)
          : native.dense(at, this.length),
    );
    this.#resources.add(native);
    if (status === 0) return (this.#native = native);
    const error = failure(word(STATUSES, status), 'b', { position: native.faultPosition() });
    this.#resources.end(native);
    throw error;
  }

  retain(): this {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#resources.end(this.#native);
    this.#resources.free(this.#span);
    this.#resources.free(this.#spread);
  }
}
