// One system in one binary file, read alike by the JavaScript children and by bench/cpp/system.cpp:
//   int32  magic 0x4c41434e, n, nnz, flags (1 symmetric, 2 positive definite)
//   int32  indptr[n + 1], indices[nnz], padding to a multiple of 8 bytes
//   double data[nnz], b[n]
// Little-endian, CSR with sorted rows.

import { readFileSync, writeFileSync } from 'node:fs';

const MAGIC = 0x4c41434e;

export function writeSystem(path, { A, b, symmetric, spd }) {
  const ints = 4 + A.rows + 1 + A.indices.length;
  const start = 8 * Math.ceil((4 * ints) / 8);
  const bytes = new ArrayBuffer(start + 8 * (A.data.length + b.length));
  const head = new Int32Array(bytes, 0, ints);
  head.set([MAGIC, A.rows, A.indices.length, (symmetric ? 1 : 0) | (spd ? 2 : 0)]);
  head.set(A.indptr, 4);
  head.set(A.indices, 4 + A.rows + 1);
  const tail = new Float64Array(bytes, start);
  tail.set(A.data);
  tail.set(b, A.data.length);
  writeFileSync(path, new Uint8Array(bytes));
}

/** Gives what a family gives, less xTrue: a contender must not see it. */
export function readSystem(path) {
  const file = readFileSync(path);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  const [magic, n, nnz, flags] = new Int32Array(bytes, 0, 4);
  if (magic !== MAGIC) throw new Error(`${path}: not a system file`);
  const start = 8 * Math.ceil((4 * (4 + n + 1 + nnz)) / 8);
  const A = {
    rows: n,
    cols: n,
    indptr: new Int32Array(bytes.slice(16, 16 + 4 * (n + 1))),
    indices: new Int32Array(bytes.slice(16 + 4 * (n + 1), 16 + 4 * (n + 1 + nnz))),
    data: new Float64Array(bytes.slice(start, start + 8 * nnz)),
  };
  const b = new Float64Array(bytes.slice(start + 8 * nnz, start + 8 * (nnz + n)));
  return { A, b, symmetric: (flags & 1) !== 0, spd: (flags & 2) !== 0 };
}
