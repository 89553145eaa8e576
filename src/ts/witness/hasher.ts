import type { PolicyCore } from '#policy-core';
import { canonicalJson, timeless } from './canonical.js';
import { fromHex, toHex } from './hex.js';
import type { WitnessAction, WitnessCommitment } from './witness.js';
import { checkList, checkOptions, describe, type Host, LacunaError, SparseMatrix, Span } from '../shared.js';

const DIGEST = 32;
const PATTERN = 0;
const MATRIX = 1;
const VECTOR = 2;

/** Type bytes of entries: see src/cpp/lacuna/witness/entry.hpp. */
export const TYPES = { seed: 0x01, acceptance: 0x02, build: 0x40, solve: 0x41, train: 0x42, policy: 0x43 } as const;

const MEMBERS = ['kind', 'matrix', 'rhs', 'plan', 'variant', 'report', 'result'] as const;

/** A commitment whose hashes are digits or bytes. */
export interface Hashed extends Omit<WitnessCommitment, 'matrix' | 'rhs' | 'result'> {
  readonly matrix?: string | Uint8Array;
  readonly rhs?: string | Uint8Array;
  readonly result?: string | Uint8Array;
}

/** Takes hashes in an instance of the module: see src/cpp/lacuna/witness/commitment.hpp. */
export class Hasher {
  readonly #host: Host<PolicyCore>;
  readonly #text = new TextEncoder();

  constructor(host: Host<PolicyCore>) {
    this.#host = host;
  }

  /** Of shape, row pointers and column indices. */
  pattern(A: SparseMatrix): Uint8Array {
    const { indptr, indices } = A.csrViews();
    return this.#host.run((core) => {
      core._lacuna_hash_begin(PATTERN, A.rows, A.cols, A.nnz);
      absorb(core, core.HEAP32, indptr);
      absorb(core, core.HEAP32, indices);
      return end(core);
    });
  }

  /** Of a pattern's hash and values. */
  matrix(pattern: Uint8Array, values: ArrayLike<number>): Uint8Array {
    return this.#host.run((core) => {
      core.HEAPU8.set(pattern, core._lacuna_hash_piece());
      core._lacuna_hash_begin(MATRIX, 0, 0, values.length);
      absorb(core, core.HEAPF64, values);
      return end(core);
    });
  }

  vector(values: ArrayLike<number>): Uint8Array {
    return this.#host.run((core) => {
      core._lacuna_hash_begin(VECTOR, 0, 0, values.length);
      absorb(core, core.HEAPF64, values);
      return end(core);
    });
  }

  /** The hash of an action, in hexadecimal. */
  action(action: WitnessAction): string {
    return this.#host.run((core) => toHex(core.HEAPU8.slice(...this.commit(core, this.commitment(action)))));
  }

  /** Checks an action and takes the hashes of the things in it. */
  commitment(action: WitnessAction): WitnessCommitment {
    const given = checkOptions(action, MEMBERS, 'action');
    if (!Object.hasOwn(TYPES, given.kind as string)) {
      throw new LacunaError('invalid-argument', `there is no ${describe(given.kind)}`, {
        argument: 'action.kind',
        remedy: `Choose one of ${Object.keys(TYPES).map((kind) => `'${kind}'`).join(', ')}`,
      });
    }
    const { matrix, rhs, result, report } = given;
    return {
      ...given,
      ...(matrix !== undefined && { matrix: matrix instanceof SparseMatrix ? toHex(this.matrix(this.pattern(matrix), matrix.csrViews().data)) : hashOf('matrix', matrix) }),
      ...(rhs !== undefined && { rhs: this.#vectorOrHash('rhs', rhs) }),
      ...(result !== undefined && { result: this.#vectorOrHash('result', result) }),
      ...(report !== undefined && { report: timeless(report) }),
    } as WitnessCommitment;
  }

  /** Takes the hash of a commitment; returns the range of the heap where it lies until the next one. */
  commit(core: PolicyCore, { kind, matrix, rhs, plan, variant, report, result }: Hashed): [start: number, end: number] {
    const fields = [kind, digest(matrix), digest(rhs), plan && canonicalJson(plan), variant, report && canonicalJson(report), digest(result)];
    const header = fields.length * Int32Array.BYTES_PER_ELEMENT;
    // A unit of UTF-16 takes three bytes of UTF-8 at the most.
    const most = fields.reduce((sum, field) => sum + 3 * (field?.length ?? 0), header);
    const piece = core._lacuna_hash_piece();
    // Long reports do not fit into the piece.
    const span = most > core._lacuna_hash_piece_size() ? new Span(core, Math.ceil(most / 8)) : undefined;
    const start = span?.address ?? piece;
    const { HEAPU8, HEAP32 } = core;
    let at = start + header;
    fields.forEach((field = '', k) => {
      let length = field.length;
      if (typeof field !== 'string') HEAPU8.set(field, at);
      else if (length > 0) length = this.#text.encodeInto(field, HEAPU8.subarray(at)).written;
      HEAP32[start / Int32Array.BYTES_PER_ELEMENT + k] = length;
      at += length;
    });
    core._lacuna_hash_action(start, start + header);
    span?.free();
    return [piece, piece + DIGEST];
  }

  #vectorOrHash(name: 'rhs' | 'result', value: ArrayLike<number> | string): string {
    return typeof value === 'string' ? hashOf(name, value) : toHex(this.vector(checkList(`action.${name}`, value)));
  }
}

/** The bytes of a hash. */
function digest(hash: string | Uint8Array | undefined): Uint8Array | undefined {
  return typeof hash === 'string' ? fromHex(hash, DIGEST) : hash;
}

function hashOf(name: string, value: unknown): string {
  if (fromHex(value, DIGEST) !== undefined) return value as string;
  throw new LacunaError('invalid-argument', `must be ${name === 'matrix' ? 'a SparseMatrix' : 'a vector'} or its hash in 64 hexadecimal digits, got ${describe(value)}`, {
    argument: `action.${name}`,
  });
}

/** Hands numbers over piece by piece, converted to what `heap` holds. */
function absorb(core: PolicyCore, heap: Float64Array | Int32Array, values: ArrayLike<number>): void {
  const size = heap.BYTES_PER_ELEMENT;
  const start = core._lacuna_hash_piece() / size;
  const most = core._lacuna_hash_piece_size() / size;
  for (let k = 0; k < values.length; k += most) {
    const count = Math.min(most, values.length - k);
    heap.set(ArrayBuffer.isView(values) ? (values as Float64Array).subarray(k, k + count) : Array.prototype.slice.call(values, k, k + count), start);
    core._lacuna_hash_absorb(count * size);
  }
}

function end(core: PolicyCore): Uint8Array {
  core._lacuna_hash_end();
  const piece = core._lacuna_hash_piece();
  return core.HEAPU8.slice(piece, piece + DIGEST);
}
