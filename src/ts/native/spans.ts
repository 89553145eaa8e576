import type { NativeModule } from '#core';
import { LacunaError } from '../errors.js';

/** Bytes of linear memory reserved for `count` doubles. */
export const DOUBLE = 8;

/**
 * A run of doubles in linear memory. Views of it are never kept: memory that grows moves, and a
 * view from before is empty.
 */
export class Span {
  readonly #core: NativeModule;
  readonly length: number;
  /** Byte address; 0 once freed. */
  address: number;

  constructor(core: NativeModule, length: number) {
    this.#core = core;
    this.length = length;
    // Past 2³² the count would wrap around in the call.
    this.address = length * DOUBLE < 2 ** 32 ? core._lacuna_span_new(length * DOUBLE) >>> 0 : 0;
    if (this.address === 0) {
      throw new LacunaError('out-of-memory', `no room for ${length} numbers in linear memory`, {
        remedy: 'Dispose solvers that are no longer needed, or raise memoryLimit',
        details: { bytes: length * DOUBLE },
      });
    }
  }

  /** The numbers, valid until the next call into the core. */
  view(start = 0, length = this.length - start): Float64Array {
    const first = this.address / DOUBLE + start;
    return this.#core.HEAPF64.subarray(first, first + length);
  }

  free(): void {
    if (this.address !== 0) this.#core._lacuna_span_free(this.address);
    this.address = 0;
  }
}

/** Integers as the core reads int32, in doubles that hold the same bytes. */
export function asDoubles(integers: ArrayLike<number>): Float64Array {
  const padded = new Int32Array(2 * Math.ceil(integers.length / 2));
  padded.set(integers);
  return new Float64Array(padded.buffer);
}

/** A copy of numbers in linear memory. */
export function doubles(core: NativeModule, address: number, length: number): Float64Array {
  const start = (address >>> 0) / DOUBLE;
  return core.HEAPF64.slice(start, start + length);
}
