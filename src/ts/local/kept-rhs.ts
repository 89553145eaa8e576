import type { Core, NativeHandle, NativeRhs } from '#core';
import { LacunaError } from '../errors.js';
import { STATUSES, word } from '../native/codes.js';
import { failure } from '../native/failures.js';
import type { Resources } from '../native/resources.js';
import type { Span } from '../native/spans.js';
import type { GivenVector, OnDemandVector, RhsStorage } from '../rhs.js';
import { checkOptions, describe } from '../sparse/validate.js';

const FACTS = ['least', 'greatest', 'normInf', 'norm1'] as const;

/** A vector on demand that was checked: `value` checks what comes. */
export interface CheckedVector extends GivenVector {
  readonly value?: (i: number) => number;
  /** least, greatest, normInf, norm1 */
  readonly facts?: readonly [number, number, number, number];
}

export function isOnDemand(b: unknown): b is OnDemandVector {
  return typeof b === 'object' && b !== null && 'value' in b;
}

/** The error for a callback of the caller that threw. */
export function sourceFailed(argument: string, cause: unknown): LacunaError {
  return new LacunaError('source-failed', 'the callback failed', { argument, remedy: 'See the cause', cause });
}

/** Checks what a vector on demand declares, and makes its callback check every value. */
export function checkOnDemand(b: OnDemandVector): CheckedVector {
  const given = checkOptions(b, ['value', ...FACTS], 'b');
  if (typeof given.value !== 'function') {
    throw new LacunaError('invalid-argument', `must be a function, got ${describe(given.value)}`, { argument: 'b.value' });
  }
  const { normInf, norm1 = Infinity, least = -normInf!, greatest = normInf! } = given;
  const facts = { normInf: normInf!, norm1, least, greatest };
  const allowed: Record<(typeof FACTS)[number], (v: number) => boolean> = {
    normInf: (v) => v >= 0 && v < Infinity,
    norm1: (v) => v >= 0,
    least: (v) => Math.abs(v) <= facts.normInf,
    greatest: (v) => v >= least && v <= facts.normInf,
  };
  for (const name of ['normInf', 'norm1', 'least', 'greatest'] as const) {
    const fact: unknown = facts[name];
    if (typeof fact === 'number' && allowed[name](fact)) continue;
    throw new LacunaError('invalid-argument', `must be a bound that goes with the others, got ${describe(fact)}`, {
      argument: `b.${name}`,
      remedy: 'Give 0 ≤ normInf < Infinity, −normInf ≤ least ≤ greatest ≤ normInf, norm1 ≥ 0',
    });
  }
  const value = (i: number): number => {
    let v: unknown;
    try {
      v = b.value(i);
    } catch (cause) {
      throw sourceFailed('b.value', cause);
    }
    if (typeof v === 'number' && v >= least && v <= greatest) return v;
    throw new LacunaError('declaration-violated', `gave ${describe(v)}, declared are ${least} … ${greatest}`, {
      argument: 'b.value',
      position: i,
    });
  };
  return {
    value,
    facts: [least, greatest, facts.normInf, norm1],
    write: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = value(i);
    },
  };
}

/** What a kept right-hand side needs of its solver. */
export interface RhsHost {
  /** The core; throws once the solver is disposed of. */
  core(): Core;
  run<T>(call: () => T): T;
}

/**
 * A right-hand side as a solver keeps it. Only dense ones are written to linear memory at once: the
 * n values of others when a full solve asks for them, native ones with their norms at the first
 * query. Memory is given back with the last user.
 */
export class KeptRhs implements RhsStorage {
  readonly length: number;
  readonly #host: RhsHost;
  readonly #resources: Resources<NativeHandle>;
  readonly #given: CheckedVector;
  #dense: Span | undefined;
  #native: NativeRhs | undefined;
  #users = 1;
  #asking = false;

  constructor(host: RhsHost, resources: Resources<NativeHandle>, given: CheckedVector, length: number) {
    this.length = length;
    this.#host = host;
    this.#resources = resources;
    this.#given = given;
    if (given.sparse === undefined && given.value === undefined) {
      this.#dense = resources.span(length);
      given.write(this.#dense.view());
      // What was written is not needed a second time.
      this.#given = { write: () => {} };
    }
  }

  get address(): number {
    if (this.#dense === undefined) {
      // Callbacks run before anything is allocated: they may do what they like with the solver.
      const values = new Float64Array(this.length);
      this.#given.write(values);
      this.#host.core();
      this.#dense = this.#resources.span(this.length);
      this.#dense.view().set(values);
    }
    return this.#dense.address;
  }

  /** The native one, for one query. */
  native(): NativeRhs {
    if (this.#asking) throw new LacunaError('busy', 'a query is asking this right-hand side for values', { argument: 'b' });
    return (this.#native ??= this.#make(this.#host.core()));
  }

  /** Values at the places that a query waits for. */
  values(ids: Float64Array): Float64Array {
    this.#asking = true;
    try {
      return ids.map(this.#given.value!);
    } finally {
      this.#asking = false;
    }
  }

  retain(): this {
    this.#users++;
    return this;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#resources.end(this.#native);
    this.#resources.free(this.#dense);
  }

  #make(core: Core): NativeRhs {
    const { sparse, facts } = this.#given;
    const native = this.#host.run(() => new core.NativeRhs());
    this.#resources.add(native);
    let entries: Span | undefined;
    let status: number;
    try {
      if (facts !== undefined) {
        status = this.#host.run(() => native.onDemand(...facts));
      } else if (sparse !== undefined) {
        const { ids, values } = sparse;
        const count = ids.length;
        entries = this.#resources.span(2 * count + 1);
        entries.view().set(ids);
        entries.view(count).set(values);
        const { address } = entries;
        status = this.#host.run(() => native.sparse(address, address + count * 8, count, this.length));
      } else {
        status = this.#host.run(() => native.dense(this.#dense!.address, this.length));
      }
      if (status === 0) return native;
      const context = { method: 'a query', preconditioner: 'none', position: native.faultPosition(), partner: -1 };
      throw failure(word(STATUSES, status), 'b', context);
    } catch (error) {
      this.#resources.end(native);
      throw error;
    } finally {
      this.#resources.free(entries);
    }
  }
}
