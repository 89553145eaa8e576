// A graph or matrix in one binary file for the native programs (bench/cpp/local/graph_file.hpp):
//   int32  magic 0x4c475246, n, arcs, 1 where values follow
//   int32  indptr[n + 1], indices[arcs], padding to a multiple of 8 bytes
//   double values[arcs]

import { closeSync, openSync, writeSync } from 'node:fs';

const MAGIC = 0x4c475246;

export function writeGraph(path, { n, rows, indptr, indices, data }) {
  const size = n ?? rows;
  const file = openSync(path, 'w');
  const put = (array) => {
    // A single write ends after 2 GB.
    for (let at = 0; at < array.byteLength; ) {
      at += writeSync(file, array, at, Math.min(array.byteLength - at, 1 << 30));
    }
  };
  put(new Uint8Array(Int32Array.of(MAGIC, size, indices.length, data ? 1 : 0).buffer));
  put(bytesOf(indptr));
  put(bytesOf(indices));
  if (data) {
    if ((size + 1 + indices.length) % 2 === 1) put(new Uint8Array(4));
    put(bytesOf(data));
  }
  closeSync(file);
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

/** Numbers that a native program has written. */
export function doublesOf(bytes) {
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
