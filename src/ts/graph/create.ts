import type { GraphCore } from '#graph-core';
import { isArcSource, loadArcs } from './arcs.js';
import { failed, LoadedGraph } from './ask.js';
import type { GraphOptions, GraphSource } from './graph.js';
import { FACTS_FIELDS, QUERIES } from './queries.js';
import {
  checkFlag,
  checkList,
  checkNumber,
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

const CACHE_RULE = 'an integer from 0 to 4294967296';

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
  throw new LacunaError('invalid-argument', `must be a SparseMatrix, { n, edges }, { indptr, indices, data } or { vertices, neighbors }, got ${describe(source)}`, {
    argument: 'source',
  });
}

/** Checks a graph and brings it into linear memory, or what it takes to ask for its arcs. */
export async function newGraph(host: Host<GraphCore>, source: GraphSource, options: GraphOptions | undefined): Promise<Graph> {
  const given = checkOptions(options, ['directed', 'load', 'cacheBytes']);
  const mutual = !checkFlag('directed', given.directed, true);
  const load = checkFlag('load', given.load, false);
  const cacheBytes = checkNumber('cacheBytes', given.cacheBytes, 2 ** 24, CACHE_RULE, (v) => Number.isInteger(v) && v >= 0 && v <= 2 ** 32);
  if (!isArcSource(source)) {
    for (const name of ['load', 'cacheBytes'] as const) {
      if (given[name] === undefined) continue;
      throw new LacunaError('invalid-option', 'is for graphs that are given by a callback', { argument: `options.${name}` });
    }
    return loadGraph(host, adjacency(source, given.directed), mutual);
  }
  if (load) {
    const A = await loadArcs(source);
    return loadGraph(host, A, mutual);
  }
  const { volume = Infinity, maxDegree = Infinity } = source;
  return host.run((core) => {
    const resources = new Resources(core, new core.NativeGraph());
    const { native } = resources;
    const status = word(STATUSES, native.createOnDemand(source.vertices, Number(mutual), cacheBytes, volume, maxDegree));
    if (status === 'ok') return new LoadedGraph(host, resources, doubles(core, native.facts(), FACTS_FIELDS), source);
    resources.release();
    throw failure(status, 'source', { position: -1 });
  });
}

function loadGraph(host: Host<GraphCore>, A: SparseMatrix, mutual: boolean): Graph {
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
