import type { RowBatch } from '../local/row-source.js';
import { checkBatch, type CheckedBatch, fetchBatch } from '../rows/batch.js';
import { type CheckedControls, checkList, describe, LacunaError, MAX_SIZE, SparseMatrix, type Steps } from '../shared.js';
import type { ArcSource } from './graph.js';

const ARGUMENT = 'source.neighbors()';
/** Vertices that are asked for at once where all are read. */
const BATCH = 4096;

/** Whether something was meant as a source of arcs; throws where it is none. */
export function isArcSource(source: unknown): source is ArcSource {
  if (typeof source !== 'object' || source === null || !('neighbors' in source || 'vertices' in source)) return false;
  const { vertices, neighbors } = source as Partial<ArcSource>;
  if (typeof neighbors !== 'function') {
    throw new LacunaError('invalid-argument', 'must have a method neighbors', { argument: 'source' });
  }
  if (!(Number.isSafeInteger(vertices) && vertices! > 0)) {
    throw new LacunaError('invalid-argument', `must be an integer from 1 to 2⁵³ − 1, got ${describe(vertices)}`, {
      argument: 'source.vertices',
    });
  }
  for (const name of ['volume', 'maxDegree'] as const) {
    const value: unknown = (source as Partial<ArcSource>)[name];
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    throw new LacunaError('invalid-argument', `must be a positive number, got ${describe(value)}`, { argument: `source.${name}` });
  }
  return true;
}

/** Asks for arcs and checks what came; the core checks each vertex as such. */
export function* fetchArcs(
  source: ArcSource,
  ids: Float64Array,
  n: number,
  controls: CheckedControls | undefined,
): Steps<CheckedBatch | undefined> {
  // A copy: the caller may do with it what it likes.
  const brought = yield* fetchBatch(ARGUMENT, () => source.neighbors(ids.slice()), controls);
  if (brought === undefined) return undefined;
  let batch = brought.batch as RowBatch;
  if (typeof batch === 'object' && batch !== null && batch.values === undefined) {
    const { counts, indices } = batch;
    const { length } = checkList(`${ARGUMENT}.indices`, indices);
    batch = { counts, indices, values: new Float64Array(length).fill(1) };
  }
  return checkBatch(ARGUMENT, batch, ids.length, n);
}

/** The whole graph, read through its source. */
export async function loadArcs(source: ArcSource): Promise<SparseMatrix> {
  const n = source.vertices;
  if (n > MAX_SIZE) {
    throw new LacunaError('too-large', `${n} vertices cannot be loaded`, { argument: 'source.vertices', remedy: 'Leave out the option load' });
  }
  const indptr = new Float64Array(n + 1);
  const parts: CheckedBatch[] = [];
  for (let first = 0; first < n; first += BATCH) {
    const ids = Float64Array.from({ length: Math.min(BATCH, n - first) }, (_, k) => first + k);
    const given = await source.neighbors(ids.slice());
    // It was awaited: what is left of the steps is to check.
    const part = fetchArcs({ vertices: n, neighbors: () => given }, ids, n, undefined).next().value as CheckedBatch;
    part.counts.forEach((count, k) => (indptr[first + k + 1] = indptr[first + k]! + count));
    parts.push(part);
  }
  const indices = new Float64Array(indptr[n]!);
  const data = new Float64Array(indptr[n]!);
  let at = 0;
  for (const part of parts) {
    indices.set(part.indices, at);
    data.set(part.values, at);
    at += part.indices.length;
  }
  return SparseMatrix.fromCsr(n, n, indptr, indices, data, { sort: true });
}
