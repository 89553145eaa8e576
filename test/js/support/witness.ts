import { createHash } from 'node:crypto';
import type { SparseMatrix, WitnessHead } from 'lacuna';

// The witness format by Node's own SHAKE-256, from its description.

export function shake256(...parts: (Uint8Array | string)[]): Buffer {
  const hash = createHash('shake256', { outputLength: 32 });
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function u64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

function field(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  return Buffer.concat([u64(content.length), content]);
}

const bytesOf = (values: Float64Array | Int32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export function vectorHash(values: ArrayLike<number>): Buffer {
  return shake256(field('lacuna vector 1'), u64(values.length), bytesOf(Float64Array.from(values)));
}

export function matrixHash(A: SparseMatrix, values?: ArrayLike<number>): Buffer {
  const { indptr, indices, data } = A.toCsr();
  const sizes = [A.rows, A.cols, A.nnz].map(u64);
  const pattern = shake256(field('lacuna pattern 1'), ...sizes, bytesOf(Int32Array.from(indptr)), bytesOf(Int32Array.from(indices)));
  return shake256(field('lacuna matrix 1'), pattern, u64(A.nnz), bytesOf(Float64Array.from(values ?? data)));
}

/** Sorted keys at every depth, by a replacer: another way than the library's. */
export function canonical(value: object): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

export interface Parts {
  readonly kind: string;
  readonly matrix?: Uint8Array;
  readonly rhs?: Uint8Array;
  readonly plan?: object;
  readonly variant?: string;
  readonly report?: object;
  readonly result?: Uint8Array;
}

export function hashOfAction({ kind, matrix = Buffer.alloc(0), rhs = Buffer.alloc(0), plan, variant = '', report, result = Buffer.alloc(0) }: Parts): string {
  const { setupTime: _, solveTime: __, ...rest } = (report ?? {}) as Record<string, unknown>;
  const fields = [kind, matrix, rhs, plan ? canonical(plan) : '', variant, report ? canonical(rest) : '', result];
  return shake256(field('lacuna action 1'), ...fields.map(field)).toString('hex');
}

/** The entries of a chain whose links are checked here, and its head. */
export function readChain(bytes: Uint8Array): { head: WitnessHead; entries: { action: string; time: bigint; type: number }[] } {
  let last: Buffer = Buffer.alloc(32);
  const entries = [];
  for (let at = 0; at < bytes.length; at += 73) {
    const entry = Buffer.from(bytes.subarray(at, at + 73));
    if (!entry.subarray(0, 32).equals(last)) throw new Error(`entry ${at / 73} does not hold the hash of the one before`);
    last = shake256(entry);
    entries.push({ action: entry.toString('hex', 32, 64), time: entry.readBigUInt64LE(64), type: entry[72]! });
  }
  return { head: { count: entries.length, last: last.toString('hex') }, entries };
}
