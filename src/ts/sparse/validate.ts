import { LacunaError } from '../errors.js';

/** Largest row, column or entry count: indices are int32 in memory. */
export const MAX_SIZE = 0x7fff_ffff;

/** Largest side of a dense input. */
export const MAX_DENSE_SIDE = 65_536;

/** What a CSR matrix may take: linear memory ends at 4 GiB, so a larger one could never be solved. */
export const MAX_MATRIX_BYTES = 2 ** 32;

/** A number of rows, columns or vertices: an integer from 1 to 2³¹ − 1. */
export function checkSize(argument: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new LacunaError('invalid-argument', `must be an integer of at least 1, got ${describe(value)}`, { argument });
  }
  if (value > MAX_SIZE) {
    throw new LacunaError('too-large', `${value} is past the largest size, ${MAX_SIZE}`, { argument });
  }
  return value;
}

/** Sizes of a matrix, rows first. */
export function checkShape(rows: unknown, cols: unknown): [rows: number, cols: number] {
  return [checkSize('rows', rows), checkSize('cols', cols)];
}

/** Refuses, before anything is allocated, a matrix whose arrays cannot fit into linear memory. */
export function checkStorage(rows: number, entries: number): void {
  const bytes = 4 * (rows + 1) + 12 * entries;
  if (bytes > MAX_MATRIX_BYTES) {
    throw new LacunaError(
      'too-large',
      `a matrix of ${rows} rows and ${entries} entries takes ${(bytes / 2 ** 30).toFixed(1)} GiB, the limit is 4 GiB`,
      { details: { rows, entries, bytes } },
    );
  }
}

/** Runs an allocation and turns the engine's RangeError into `out-of-memory`. */
export function reserve<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new LacunaError('out-of-memory', 'the JavaScript heap has no room for the arrays of the matrix', { cause });
  }
}

/** An array, typed array (not of bigints) or other object with a length; strings are refused. */
export function checkList(argument: string, value: unknown): ArrayLike<number> {
  if (typeof value === 'object' && value !== null && !isBigIntArray(value)) {
    const { length } = value as { length?: unknown };
    if (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) return value as ArrayLike<number>;
  }
  throw new LacunaError('invalid-argument', `must be an array or typed array of numbers, got ${describe(value)}`, {
    argument,
  });
}

/** Refuses a list whose length is not the expected one. */
export function checkLength(argument: string, list: { readonly length: number }, expected: number, why: string): void {
  if (list.length !== expected) {
    throw new LacunaError('shape-mismatch', `has ${list.length} elements, expected ${expected} (${why})`, {
      argument,
      details: { expected, found: list.length },
    });
  }
}

/** One index from 0 to bound − 1. */
export function checkIndex(argument: string, value: unknown, bound: number, position?: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new LacunaError('invalid-argument', `must be an integer, got ${describe(value)}`, { argument, position });
  }
  if (value < 0 || value >= bound) {
    throw new LacunaError('index-out-of-range', `${value} is outside 0 … ${bound - 1}`, {
      argument,
      position,
      remedy: 'Indices count from 0',
    });
  }
  return value;
}

/** One finite number. */
export function checkFinite(argument: string, value: unknown, position?: number): number {
  if (typeof value !== 'number') {
    throw new LacunaError('invalid-argument', `must be a number, got ${describe(value)}`, { argument, position });
  }
  if (!Number.isFinite(value)) {
    throw new LacunaError('not-finite', `${value} is not a finite number`, { argument, position });
  }
  return value;
}

/**
 * A copy of a list of indices, each checked to be an integer from 0 to bound − 1.
 * The copy is what is checked, so that getters and shared memory cannot slip anything past the check.
 */
export function copyIndices(argument: string, source: ArrayLike<number>, bound: number): Int32Array {
  if (source instanceof Int32Array) {
    const copy = reserve(() => new Int32Array(source));
    for (let k = 0; k < copy.length; k++) {
      const index = copy[k]!;
      if (index < 0 || index >= bound) checkIndex(argument, index, bound, k);
    }
    return copy;
  }
  const copy = reserve(() => new Int32Array(source.length));
  // One native conversion keeps the loop below on two kinds of array whatever kind the caller has.
  const list = ArrayBuffer.isView(source) ? reserve(() => new Float64Array(source)) : source;
  for (let k = 0; k < copy.length; k++) {
    const value = list[k] as number;
    const index = typeof value === 'number' ? value | 0 : -1;
    if (index !== value || index < 0 || index >= bound) checkIndex(argument, value, bound, k);
    copy[k] = index;
  }
  return copy;
}

/** The same where indices may be past the range of int32: a float64 holds every one below 2⁵³. */
export function copyIds(argument: string, source: ArrayLike<number>, bound: number): Float64Array {
  const copy = reserve(() => new Float64Array(source.length));
  for (let k = 0; k < copy.length; k++) copy[k] = checkIndex(argument, source[k], bound, k);
  return copy;
}

/** A copy of a list of numbers as float64, each checked to be finite. */
export function copyValues(argument: string, source: ArrayLike<number>): Float64Array {
  const copy = reserve(() => new Float64Array(source.length));
  readValues(argument, source, 0, copy);
  return copy;
}

/** Fills `into` from `source` starting at `start`; the source must be long enough. */
export function readValues(argument: string, source: ArrayLike<number>, start: number, into: Float64Array): void {
  if (ArrayBuffer.isView(source)) {
    into.set((source as Float64Array).subarray(start, start + into.length));
  } else {
    for (let k = 0; k < into.length; k++) {
      const value = source[start + k];
      if (typeof value !== 'number') checkFinite(argument, value, start + k);
      into[k] = value as number;
    }
  }
  requireFinite(argument, into, start);
}

/** The vector as it is where it is a Float64Array, else a float64 copy; length and finiteness checked. */
export function asVector(argument: string, value: unknown, length: number, why: string): Float64Array {
  const list = checkList(argument, value);
  checkLength(argument, list, length, why);
  if (!(list instanceof Float64Array)) return copyValues(argument, list);
  requireFinite(argument, list, 0);
  return list;
}

/** Where a product goes: the caller's array, which must be of the right size and apart from x, or a new one. */
export function outputFor(out: unknown, x: Float64Array, length: number, why: string): Float64Array {
  if (out === undefined) return reserve(() => new Float64Array(length));
  if (!(out instanceof Float64Array)) {
    throw new LacunaError('invalid-argument', `must be a Float64Array, got ${describe(out)}`, { argument: 'out' });
  }
  checkLength('out', out, length, why);
  const apart = out.byteOffset >= x.byteOffset + x.byteLength || x.byteOffset >= out.byteOffset + out.byteLength;
  if (out.buffer === x.buffer && !apart) {
    throw new LacunaError('invalid-argument', 'may not overlap x', { argument: 'out', remedy: 'Give it memory of its own' });
  }
  return out;
}

/** Unknown keys are errors: a misspelt option must not silently become a default. */
export function checkOptions<T extends object>(
  value: T | undefined,
  keys: readonly (keyof T & string)[],
  argument = 'options',
): Partial<T> {
  if (value === undefined) return {};
  checkObject(value);
  for (const key of Object.keys(value)) {
    if ((keys as readonly string[]).includes(key)) continue;
    throw new LacunaError('invalid-option', 'there is no such option', {
      argument: `${argument}.${key}`,
      remedy: `Known options: ${keys.join(', ')}`,
    });
  }
  return value;
}

/** Refuses what cannot hold options. */
export function checkObject(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new LacunaError('invalid-option', `must be an object, got ${describe(value)}`, { argument: 'options' });
}

/** An optional true or false. */
export function checkFlag(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new LacunaError('invalid-option', `must be true or false, got ${describe(value)}`, {
    argument: `options.${name}`,
  });
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'string') return value.length > 24 ? `the string '${value.slice(0, 24)}…'` : `the string '${value}'`;
  if (typeof value === 'bigint') return `the bigint ${value}`;
  if (typeof value === 'object') return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return `a ${typeof value}`;
}

function requireFinite(argument: string, list: Float64Array, offset: number): void {
  for (let k = 0; k < list.length; k++) {
    const value = list[k]!;
    // NaN and the infinities are the numbers that do not cancel with themselves.
    if (value - value !== 0) checkFinite(argument, value, offset + k);
  }
}

function isBigIntArray(value: object): boolean {
  return value instanceof BigInt64Array || value instanceof BigUint64Array;
}
