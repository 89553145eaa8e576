import { LacunaError } from '../errors.js';
import { compressTriplets } from './compress.js';
import type { CsrArrays } from './csr.js';
import { EntryBuffer } from './entry-buffer.js';
import {
  checkFinite,
  checkIndex,
  checkLength,
  checkList,
  checkStorage,
  copyIndices,
  copyValues,
  describe,
  reserve,
} from './validate.js';

/** One edge between two zero-based vertices; a missing weight is 1. */
export type Edge = readonly [source: number, target: number] | readonly [source: number, target: number, weight: number];

/** Many edges as parallel lists; missing weights are 1. */
export interface EdgeColumns {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly weight?: ArrayLike<number> | undefined;
}

/** Edges one by one or as parallel lists; the lists are several times faster for millions of edges. */
export type EdgeList = Iterable<Edge> | EdgeColumns;

/** Checked edges of a graph in typed arrays of our own. */
interface Edges {
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float64Array;
}

/** Weighted adjacency; undirected edges count in both directions, loops once, parallel edges are summed. */
export function adjacency(n: number, edges: unknown, directed: boolean): CsrArrays {
  const { source, target, weight } = readEdges(n, edges);
  return compressTriplets(n, n, source, target, weight, directed ? 0 : 1);
}

/** D − W + shift·I of an undirected graph. The whole diagonal is stored, loops cancel. */
export function graphLaplacian(n: number, edges: unknown, shift: number): CsrArrays {
  const { source, target, weight } = readEdges(n, edges);
  checkStorage(n, 2 * source.length + n);
  const { rows, cols, values, degree } = reserve(() => ({
    rows: new Int32Array(source.length + n),
    cols: new Int32Array(source.length + n),
    values: new Float64Array(source.length + n),
    degree: new Float64Array(n),
  }));
  let count = 0;
  for (let k = 0; k < source.length; k++) {
    const u = source[k]!;
    const v = target[k]!;
    if (u === v) continue;
    rows[count] = u;
    cols[count] = v;
    values[count++] = 0 - weight[k]!;
    degree[u]! += weight[k]!;
    degree[v]! += weight[k]!;
  }
  for (let v = 0; v < n; v++) {
    const value = degree[v]! + shift;
    if (value - value !== 0) {
      throw new LacunaError('not-finite', 'the weights at a vertex sum past the largest number', {
        argument: 'edges',
        remedy: 'Scale the weights',
        details: { vertex: v },
      });
    }
    rows[count] = v;
    cols[count] = v;
    values[count++] = value;
  }
  return compressTriplets(n, n, rows.subarray(0, count), cols.subarray(0, count), values.subarray(0, count), 1);
}

function readEdges(n: number, edges: unknown): Edges {
  if (typeof edges === 'object' && edges !== null) {
    if (Symbol.iterator in edges) return readPairs(n, edges as Iterable<unknown>);
    if ('source' in edges && 'target' in edges) return readColumns(n, edges as EdgeColumns);
  }
  throw new LacunaError('invalid-argument', `must be an iterable of edges or { source, target }, got ${describe(edges)}`, {
    argument: 'edges',
  });
}

function readPairs(n: number, edges: Iterable<unknown>): Edges {
  const buffer = new EntryBuffer();
  let position = 0;
  for (const edge of edges) {
    const length = typeof edge === 'object' && edge !== null ? (edge as { length?: unknown }).length : undefined;
    if (length !== 2 && length !== 3) {
      throw new LacunaError('invalid-argument', `each edge must be [u, v] or [u, v, weight], got ${describe(edge)}`, {
        argument: 'edges',
        position,
      });
    }
    const list = edge as ArrayLike<unknown>;
    const u = checkIndex('edges', list[0], n, position);
    const v = checkIndex('edges', list[1], n, position);
    buffer.append(u, v, length === 3 ? checkFinite('edges', list[2], position) : 1);
    position++;
  }
  return { source: buffer.rows, target: buffer.cols, weight: buffer.values };
}

function readColumns(n: number, edges: EdgeColumns): Edges {
  for (const key of Object.keys(edges)) {
    // A misspelt "weights" must not silently become weights of 1.
    if (key === 'source' || key === 'target' || key === 'weight') continue;
    throw new LacunaError('invalid-argument', 'unknown key', {
      argument: `edges.${key}`,
      remedy: 'Known keys: source, target, weight',
    });
  }
  const source = checkList('edges.source', edges.source);
  const target = checkList('edges.target', edges.target);
  checkLength('edges.target', target, source.length, 'the length of edges.source');
  const weight = edges.weight === undefined ? undefined : checkList('edges.weight', edges.weight);
  if (weight !== undefined) checkLength('edges.weight', weight, source.length, 'the length of edges.source');
  return {
    source: copyIndices('edges.source', source, n),
    target: copyIndices('edges.target', target, n),
    weight: weight === undefined ? reserve(() => new Float64Array(source.length).fill(1)) : copyValues('edges.weight', weight),
  };
}
