import type { GraphCore } from '#graph-core';
import { failed, LoadedGraph } from './ask.js';
import type { GraphOptions, GraphSource } from './graph.js';
import { FACTS_FIELDS, QUERIES } from './queries.js';
import {
  checkFlag,
  checkList,
  checkOptions,
  describe,
  doubles,
  type EdgeList,
  failure,
  type Graph,
  type Host,
  LacunaError,
  marshal,
  Resources,
  SparseMatrix,
  STATUSES,
  word,
} from '../shared.js';

/** The matrix of a graph, and whether it must be symmetric. */
function adjacency(source: GraphSource, directed: unknown): SparseMatrix {
  if (source instanceof SparseMatrix) return source;
  const given = typeof source === 'object' && source !== null ? (source as unknown as Record<string, unknown>) : {};
  if ('edges' in given) return SparseMatrix.fromEdges(given['n'] as number, given['edges'] as EdgeList, { directed: directed as boolean });
  if ('indptr' in given && 'indices' in given) {
    const indptr = checkList('indptr', given['indptr']);
    const indices = checkList('indices', given['indices']);
    const n = indptr.length - 1;
    const data = given['data'] ?? new Float64Array(indices.length).fill(1);
    return SparseMatrix.fromCsr(n, n, indptr, indices, data as ArrayLike<number>, { sort: true });
  }
  throw new LacunaError('invalid-argument', `must be a SparseMatrix, { n, edges } or { indptr, indices, data }, got ${describe(source)}`, {
    argument: 'source',
  });
}

/** Checks a graph and brings it into linear memory. */
export function newGraph(host: Host<GraphCore>, source: GraphSource, options: GraphOptions | undefined): Graph {
  const { directed } = checkOptions(options, ['directed']);
  const mutual = !checkFlag('directed', directed, true);
  const A = adjacency(source, directed);
  return host.run((core) => {
    const matrix = new core.NativeMatrix();
    const resources = new Resources(core, new core.NativeGraph());
    const { native } = resources;
    try {
      marshal(core, matrix, A);
      const status = word(STATUSES, native.create(matrix));
      if (status === 'invalid-argument') {
        throw new LacunaError('invalid-argument', 'has a weight that is not positive', { argument: 'source', position: native.faultPosition() });
      }
      if (status === 'not-square') throw new LacunaError('not-square', 'a graph has as many rows as columns', { argument: 'source' });
      if (status !== 'ok') throw failure(status, 'source', { position: native.faultPosition() });
      const facts = doubles(core, native.facts(), FACTS_FIELDS);
      if (mutual && facts[2] === 0) throw failed(QUERIES.pagerank, 'not-symmetric', -1, false);
      return new LoadedGraph(host, resources, facts);
    } catch (error) {
      resources.release();
      throw error;
    } finally {
      matrix.delete();
    }
  });
}
