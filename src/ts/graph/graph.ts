import type { NativeGraph, NativeGraphTask } from '#core';
import { makeScoped } from '../dispose.js';
import type { Engine } from '../engine.js';
import { LacunaError } from '../errors.js';
import { SparseMatrix } from '../matrix.js';
import { REASONS, STATUSES, word } from '../native/codes.js';
import { failure } from '../native/failures.js';
import { Held } from '../native/held.js';
import { Resources } from '../native/resources.js';
import { complete, settle, type Steps } from '../native/run-task.js';
import { marshal } from '../native/setup.js';
import { DOUBLE, doubles, type Span } from '../native/spans.js';
import { type AsyncControls, checkControls } from '../options.js';
import { isSparse, sparseParts, type SparseVector } from '../rhs.js';
import type { EdgeList } from '../sparse/edges.js';
import { asVector, checkFlag, checkIndex, checkList, checkOptions, checkSize, copyIds, describe } from '../sparse/validate.js';
import type {
  Cluster,
  ClusterOptions,
  GraphNumber,
  GraphVector,
  HeatOptions,
  HittingOptions,
  KatzOptions,
  PagerankOptions,
  PairOptions,
  PersonalizedOptions,
  PushOptions,
  Ranks,
  ResistanceOptions,
  Scores,
  TopOptions,
  TopRanks,
  VertexValues,
} from './options.js';
import { checkedSettings, FACTS_FIELDS, type Found, QUERIES, type QueryName, REPORT_FIELDS } from './queries.js';

/**
 * A graph: a square matrix whose entry (u, v) is the weight of the arc from u to v; n vertices and
 * edges; or rows of targets, with weights or without. Weights are positive; a missing one is 1.
 */
export type GraphSource =
  | SparseMatrix
  | { readonly n: number; readonly edges: EdgeList }
  | { readonly indptr: ArrayLike<number>; readonly indices: ArrayLike<number>; readonly data?: ArrayLike<number> };

/** Options of a graph. */
export interface GraphOptions {
  /**
   * Of a list of edges: whether each is one arc, from its first vertex to its second, or leads both
   * ways, as in {@link SparseMatrix.fromEdges}. Matrices and rows name every arc; with `false` they
   * must be symmetric.
   * @defaultValue false for edges
   */
  directed?: boolean;
}

/** Where walks begin: one vertex, several alike, or vertices with positive weights. */
export type Seeds = number | ArrayLike<number> | SparseVector;

/** What else a query names. */
type Asked = [vertices?: readonly number[], list?: ArrayLike<number>, more?: readonly number[]];

/** Only this module can make graphs. */
let make: (engine: Engine, resources: Resources<NativeGraph>) => Graph;

/**
 * A graph in linear memory, to ask questions about walks on it and currents through it. Every number
 * comes with proven limits, rounding included. Made by {@link createGraph}; holds 4 bytes an arc,
 * 8 more with weights, and as much again for incoming arcs once a query needs them on a directed
 * graph, until `dispose()`.
 *
 * Every method has a form that ends in `Async`: it works in slices between which the event loop turns,
 * and takes `signal`, `onProgress`, `slice` and `timeLimit` besides. Stopped, it gives what it has,
 * and what is proven of that.
 *
 * @example
 * ```ts
 * import { createGraph } from 'lacuna';
 *
 * const graph = await createGraph({ n: 4, edges: [[0, 1], [1, 2], [2, 3], [3, 0]] });
 * const { value, lower, upper } = graph.effectiveResistance(0, 2);
 * console.log(value.toFixed(6), lower <= 1 && 1 <= upper); // 1.000000 true
 * graph.dispose();
 * ```
 */
export class Graph extends Held {
  /** Number of vertices. */
  readonly n: number;
  /** Number of arcs; an undirected edge is two of them. */
  readonly arcs: number;
  /** Measured: each arc has one of the same weight that leads back. */
  readonly undirected: boolean;
  /** Whether there is a weight other than 1. */
  readonly weighted: boolean;
  /** Number of vertices without outgoing arcs. */
  readonly dangling: number;
  /** Sum of the weights of all arcs. */
  readonly volume: number;
  readonly #resources: Resources<NativeGraph>;

  static {
    make = (engine, resources) => new Graph(engine, resources);
  }

  private constructor(engine: Engine, resources: Resources<NativeGraph>) {
    super(engine, resources, 'graph', 'createGraph');
    this.#resources = resources;
    const [n, arcs, undirected, weighted, dangling, volume] = doubles(this.core(), resources.native.facts(), FACTS_FIELDS);
    this.n = n!;
    this.arcs = arcs!;
    this.undirected = undirected === 1;
    this.weighted = weighted === 1;
    this.dangling = dangling!;
    this.volume = volume!;
  }

  /**
   * PageRank of all vertices: the probabilities that a walk that goes on for long, along arcs drawn by
   * their weights, and begins anew with probability `teleport` at each step, is found there.
   *
   * Gauss–Seidel sweeps with scaling (Arasu et al., WWW 2002), ended by a residual r that is computed
   * anew: Σ|error| ≤ ‖r‖₁/teleport, since every row of I − (1 − teleport)·P sums to teleport. A sweep
   * costs O(arcs).
   *
   * @throws LacunaError `invalid-option`, `shape-mismatch`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 2], [1, 2], [2, 0]] }, { directed: true });
   * const { scores, bound, converged } = graph.pagerank();
   * console.log(scores[2]! > scores[0]!, scores[0]! > scores[1]!, bound <= 1e-8, converged); // true true true true
   * graph.dispose();
   * ```
   */
  pagerank(options?: PagerankOptions): Scores {
    return complete(this.#ranking(options));
  }

  /** {@link Graph.pagerank} in slices. */
  async pagerankAsync(options?: PagerankOptions & AsyncControls): Promise<Scores> {
    return settle(this.#ranking(options, true));
  }

  /**
   * Personalized PageRank from one vertex or several: the probabilities that a walk from there stops at
   * v, where it stops with probability `teleport` at each step. Only what the walk is likely to reach
   * is read: at most 1/(teleport·epsilon) arcs, whatever the size of the graph.
   *
   * Forward push (Andersen, Chung & Lang, FOCS 2006): what is left, r ≥ 0, is exactly the sum of the
   * errors, and bounds each of them; on undirected graphs also through max rᵤ/dᵤ, times the degree.
   *
   * @throws LacunaError `index-out-of-range`, `invalid-argument`, and as {@link Graph.pagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 5, edges: [[0, 1], [1, 2], [2, 3], [3, 4]] });
   * const { indices, values, bound1 } = graph.personalizedPagerank(0, { epsilon: 1e-9 });
   * console.log(indices.length, values[0]! > values[1]!, bound1! < 1e-6); // 5 true true
   * graph.dispose();
   * ```
   */
  personalizedPagerank(source: Seeds, options?: PersonalizedOptions): Ranks {
    return complete(this.#ask<Ranks>('personalized', false, options, [], this.#seeds(source)));
  }

  /** {@link Graph.personalizedPagerank} in slices. */
  async personalizedPagerankAsync(source: Seeds, options?: PersonalizedOptions & AsyncControls): Promise<Ranks> {
    return settle(this.#ask<Ranks>('personalized', true, options, [], this.#seeds(source)));
  }

  /**
   * One number: the probability that a walk from `source` stops at `target`, by pushes from both ends
   * whose residuals multiply (Lofgren, Banerjee & Goel, WSDM 2016, with a push in place of their walks,
   * so that the limits are certain).
   *
   * @throws LacunaError as {@link Graph.personalizedPagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * const { lower, upper } = graph.pagerankPair(0, 2, { atol: 1e-10 });
   * console.log(upper - lower <= 1e-10, lower > 0); // true true
   * graph.dispose();
   * ```
   */
  pagerankPair(source: number, target: number, options?: PairOptions): GraphNumber {
    return complete(this.#ask<GraphNumber>('pair', false, options, [source, target]));
  }

  /** {@link Graph.pagerankPair} in slices. */
  async pagerankPairAsync(source: number, target: number, options?: PairOptions & AsyncControls): Promise<GraphNumber> {
    return settle(this.#ask<GraphNumber>('pair', true, options, [source, target]));
  }

  /**
   * The same probabilities by their target: for every source at once, by backward push (Andersen et
   * al., WAW 2007). On directed graphs the first such query makes the incoming arcs, O(arcs).
   *
   * @throws LacunaError as {@link Graph.personalizedPagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * const { indices, values, bound } = graph.pagerankTo(2);
   * const { value } = graph.pagerankPair(0, 2);
   * console.log(Math.abs(values[indices.indexOf(0)]! - value) <= bound + 1e-9); // true
   * graph.dispose();
   * ```
   */
  pagerankTo(target: number, options?: PushOptions): Ranks {
    return complete(this.#ask<Ranks>('to', false, options, [target]));
  }

  /** {@link Graph.pagerankTo} in slices. */
  async pagerankToAsync(target: number, options?: PushOptions & AsyncControls): Promise<Ranks> {
    return settle(this.#ask<Ranks>('to', true, options, [target]));
  }

  /**
   * The k vertices of the highest personalized PageRank of a source, in order, and how much of that is
   * certain: push brackets every vertex, and those that overlap are sharpened until the order is
   * proven, or they are ties.
   *
   * @throws LacunaError as {@link Graph.personalizedPagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 5, edges: [[0, 1], [1, 2], [2, 3], [3, 4]] });
   * const { indices, certified, complete } = graph.topK(0, 2);
   * console.log(indices, certified, complete); // Float64Array [1, 0] 2 true
   * graph.dispose();
   * ```
   */
  topK(source: number, k: number, options?: TopOptions): TopRanks {
    return complete(this.#ask<TopRanks>('top', false, options, [source], [], [checkSize('k', k)]));
  }

  /** {@link Graph.topK} in slices. */
  async topKAsync(source: number, k: number, options?: TopOptions & AsyncControls): Promise<TopRanks> {
    return settle(this.#ask<TopRanks>('top', true, options, [source], [], [checkSize('k', k)]));
  }

  /**
   * A community around one vertex or several of an undirected graph: of the vertices in the order of
   * their personalized PageRank over their degree, the prefix of the least conductance. If a set of
   * conductance φ holds most of the walk, one of O(√(φ·log volume)) is found (Andersen, Chung & Lang,
   * FOCS 2006). Reads about 1/(teleport·epsilon) arcs.
   *
   * @throws LacunaError `not-symmetric` for a directed graph, and as {@link Graph.personalizedPagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const edges: [number, number][] = [[0, 1], [1, 2], [2, 0], [2, 3], [3, 4], [4, 5], [5, 3]];
   * const graph = await createGraph({ n: 6, edges });
   * const { vertices, cut, volume } = graph.localCluster(0);
   * console.log([...vertices].sort(), cut, volume); // [0, 1, 2] 1 7
   * graph.dispose();
   * ```
   */
  localCluster(source: Seeds, options?: ClusterOptions): Cluster {
    return complete(this.#ask<Cluster>('cluster', false, options, [], this.#seeds(source)));
  }

  /** {@link Graph.localCluster} in slices. */
  async localClusterAsync(source: Seeds, options?: ClusterOptions & AsyncControls): Promise<Cluster> {
    return settle(this.#ask<Cluster>('cluster', true, options, [], this.#seeds(source)));
  }

  /**
   * Effective resistance between two vertices of an undirected graph whose weights are conductances;
   * infinite between components. Reads a ball around the two that grows until the energy of a flow
   * within it (Thomson) and that of a potential that is constant outside (Dirichlet) are close enough:
   * on grids and meshes its size does not depend on that of the graph.
   *
   * @throws LacunaError `not-symmetric` for a directed graph, `index-out-of-range`, `invalid-option`,
   *   `invalid-argument` for a weight outside 2⁻⁵⁰⁰ … 2⁵⁰⁰, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1, 2], [1, 2, 4]] });
   * const { value, bound } = graph.effectiveResistance(0, 2);
   * console.log(Math.abs(value - 0.75) <= bound, bound <= 1e-6); // true true
   * graph.dispose();
   * ```
   */
  effectiveResistance(s: number, t: number, options?: ResistanceOptions): GraphNumber {
    return complete(this.#ask<GraphNumber>('resistance', false, options, [s, t]));
  }

  /** {@link Graph.effectiveResistance} in slices. */
  async effectiveResistanceAsync(s: number, t: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber> {
    return settle(this.#ask<GraphNumber>('resistance', true, options, [s, t]));
  }

  /**
   * Expected steps of a random walk from s to t and back: the volume times the effective resistance
   * (Chandra et al., 1996), at the same cost.
   *
   * @throws LacunaError as {@link Graph.effectiveResistance}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * console.log(graph.commuteTime(0, 2).value.toFixed(4)); // 8.0000
   * graph.dispose();
   * ```
   */
  commuteTime(s: number, t: number, options?: ResistanceOptions): GraphNumber {
    return complete(this.#ask<GraphNumber>('commute', false, options, [s, t]));
  }

  /** {@link Graph.commuteTime} in slices. */
  async commuteTimeAsync(s: number, t: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber> {
    return settle(this.#ask<GraphNumber>('commute', true, options, [s, t]));
  }

  /**
   * Difference xᵢ − xⱼ of potentials that given currents raise, in any solution of Lx = b with L the
   * Laplacian of an undirected graph. The currents add up to 0 in every component. Two solves on one
   * growing ball, whose errors multiply (Prager & Synge, 1947).
   *
   * @throws LacunaError `invalid-argument` for currents that do not add up to 0, or i and j in different
   *   components; as {@link Graph.effectiveResistance}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * const { value, bound } = graph.potential({ indices: [0, 2], values: [1, -1] }, 0, 1);
   * console.log(Math.abs(value - 1) <= bound); // true
   * graph.dispose();
   * ```
   */
  potential(currents: SparseVector, i: number, j: number, options?: ResistanceOptions): GraphNumber {
    return complete(this.#ask<GraphNumber>('potential', false, options, [i, j], this.#entries('currents', currents)));
  }

  /** {@link Graph.potential} in slices. */
  async potentialAsync(currents: SparseVector, i: number, j: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber> {
    return settle(this.#ask<GraphNumber>('potential', true, options, [i, j], this.#entries('currents', currents)));
  }

  /**
   * Expected steps of a random walk from every vertex until it first reaches `target`; infinite where
   * it may never arrive. One solve over the whole graph: there is no local method. Certified through
   * the positive inverse of an M-matrix (Berman & Plemmons, 1994).
   *
   * @throws LacunaError `index-out-of-range`, `invalid-option`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * const { values, above } = graph.hittingTimes(2);
   * console.log([...values].map(Math.round), above < 1e-6); // [4, 3, 0] true
   * graph.dispose();
   * ```
   */
  hittingTimes(target: number, options?: HittingOptions): VertexValues {
    return complete(this.#ask<VertexValues>('hittingTimes', false, options, [target]));
  }

  /** {@link Graph.hittingTimes} in slices. */
  async hittingTimesAsync(target: number, options?: HittingOptions & AsyncControls): Promise<VertexValues> {
    return settle(this.#ask<VertexValues>('hittingTimes', true, options, [target]));
  }

  /**
   * Expected steps from `source` to `target` with limits: one of {@link Graph.hittingTimes}, at the
   * same cost.
   *
   * @throws LacunaError as {@link Graph.hittingTimes}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2], [2, 0]] }, { directed: true });
   * console.log(graph.hittingTime(0, 2).value.toFixed(3)); // 2.000
   * graph.dispose();
   * ```
   */
  hittingTime(source: number, target: number, options?: HittingOptions): GraphNumber {
    return complete(this.#ask<GraphNumber>('hittingTime', false, options, [target, source]));
  }

  /** {@link Graph.hittingTime} in slices. */
  async hittingTimeAsync(source: number, target: number, options?: HittingOptions & AsyncControls): Promise<GraphNumber> {
    return settle(this.#ask<GraphNumber>('hittingTime', true, options, [target, source]));
  }

  /**
   * Katz centrality of all vertices: x = beta·1 + alpha·Wᵀx, which counts the walks that end at each, one
   * of length k with alphaᵏ times the product of its weights (Katz, 1953). A series that rises towards
   * x, certified as {@link Graph.hittingTimes}; a pass costs O(arcs).
   *
   * @throws LacunaError `invalid-option` for an alpha that is proven to be too large, or is missing;
   *   `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 2], [1, 2]] }, { directed: true });
   * const { values } = graph.katz({ alpha: 0.5 });
   * console.log(values); // Float64Array [1, 1, 2]
   * graph.dispose();
   * ```
   */
  katz(options: KatzOptions): VertexValues {
    return complete(this.#ask<VertexValues>('katz', false, options));
  }

  /** {@link Graph.katz} in slices. */
  async katzAsync(options: KatzOptions & AsyncControls): Promise<VertexValues> {
    return settle(this.#ask<VertexValues>('katz', true, options));
  }

  /**
   * Heat kernel from a seed: the distribution of a walk after a Poisson number of steps with mean
   * `time`, e^(−time·(I−P)) row `seed`; walks stay where no arc leads on. Taylor series on what the
   * walk reaches (in the spirit of Kloster & Gleich, KDD 2014), every piece of mass that is dropped
   * counted.
   *
   * @throws LacunaError as {@link Graph.effectiveResistance}, directed graphs allowed
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * const { values, bound1 } = graph.heatKernel(0, { time: 2 });
   * console.log(values.length, Math.abs(values[0]! + values[1]! + values[2]! - 1) <= bound1!); // 3 true
   * graph.dispose();
   * ```
   */
  heatKernel(seed: number, options: HeatOptions): GraphVector {
    return complete(this.#ask<GraphVector>('heat', false, options, [seed]));
  }

  /** {@link Graph.heatKernel} in slices. */
  async heatKernelAsync(seed: number, options: HeatOptions & AsyncControls): Promise<GraphVector> {
    return settle(this.#ask<GraphVector>('heat', true, options, [seed]));
  }

  #ranking(options: (PagerankOptions & AsyncControls) | undefined, isAsync = false): Steps<Scores> {
    const { personalization, ...rest } = options ?? {};
    const list = personalization && asVector('options.personalization', personalization, this.n, 'one for each vertex');
    return this.#ask('pagerank', isAsync, options === undefined || personalization === undefined ? options : rest, [], list);
  }

  #seeds(source: Seeds): number[] {
    if (isSparse(source)) return this.#entries('source', source);
    const ids = typeof source === 'number' ? [checkIndex('source', source, this.n)] : copyIds('source', checkList('source', source), this.n);
    if (ids.length === 0) throw new LacunaError('invalid-argument', 'must name a vertex', { argument: 'source' });
    return [...ids, ...ids.map(() => 1)];
  }

  #entries(argument: string, vector: SparseVector): number[] {
    if (!isSparse(vector)) {
      throw new LacunaError('invalid-argument', `must be { indices, values }, got ${describe(vector)}`, { argument });
    }
    const { ids, values } = sparseParts(argument, vector, this.n);
    return [...ids, ...values];
  }

  *#ask<T>(name: QueryName, isAsync: boolean, options: object | undefined, ...[vertices = [], list = [], more = []]: Asked): Steps<T> {
    const started = performance.now();
    const core = this.core();
    const query = QUERIES[name];
    const settings = checkedSettings(query, options, isAsync);
    vertices.forEach((v, k) => checkIndex(query.vertices[k]!, v, this.n));
    const controls = isAsync ? checkControls(options) : undefined;
    settings.push(...vertices, ...more);
    const resources = this.#resources;
    const { native } = resources;
    const count = settings.length + list.length;
    let span: Span | undefined;
    let task: NativeGraphTask | null = null;
    try {
      span = resources.span(count);
      span.view().set(settings);
      span.view().set(list, settings.length);
      const { address } = span;
      task = this.run(() => native.begin(Object.keys(QUERIES).indexOf(name), address, count));
      const from: { status(): number; faultPosition(): number } = task ?? native;
      const fail = (): LacunaError => failed(name, from.status(), from.faultPosition());
      if (task === null) throw fail();
      const running = task;
      yield* this.drive(running, controls, { sliceable: true }, fail);
      const at = this.run(() => running.report());
      if (at === 0) throw fail();
      const [reason, value, lower, upper, bound, bound1, entries, iterations, touched, rows, , first, second, third] = doubles(
        core,
        at,
        REPORT_FIELDS,
      ) as unknown as number[];
      const table = running.table() >>> 0;
      const column = (k: number, start = 0, end = rows!): Float64Array =>
        doubles(core, table + (k * rows! + start) * DOUBLE, end - start);
      const found = { value, lower, upper, bound, bound1, count: rows, first, second, third, column } as Found;
      const ended = word(REASONS, reason!);
      return {
        ...query.read(found),
        converged: ended.startsWith('converged'),
        reason: ended,
        work: { entries, iterations, touched },
        time: performance.now() - started,
      } as T;
    } finally {
      resources.end(task);
      resources.free(span);
    }
  }
}

makeScoped(Graph, 'Graph');

/** The error for what the core refused. */
function failed(name: QueryName, code: number, position: number): LacunaError {
  const status = word(STATUSES, code);
  const place = position < 0 ? undefined : position;
  if (status === 'not-symmetric') {
    return new LacunaError('not-symmetric', 'has an arc without one of the same weight that leads back', {
      argument: 'graph',
      position: place,
      remedy: 'Make it of undirected edges',
    });
  }
  if (status === 'singular-matrix' && name === 'katz') {
    return new LacunaError('invalid-option', 'the centrality does not exist', {
      argument: 'options.alpha',
      remedy: 'Give less than 1 over the spectral radius of the adjacency',
    });
  }
  if (name === 'potential' && (status === 'singular-matrix' || status === 'shape-mismatch' || status === 'invalid-argument')) {
    const apart = status === 'singular-matrix';
    return new LacunaError('invalid-argument', apart ? 'is not connected with i' : 'must be finite, at distinct vertices, and add up to 0 in every component', {
      argument: apart ? 'j' : 'currents',
      position: place,
    });
  }
  if (status === 'invalid-argument') {
    const argument = name === 'pagerank' ? 'options.personalization' : name === 'personalized' || name === 'cluster' ? 'source' : 'graph';
    return new LacunaError('invalid-argument', 'has a weight out of range', { argument, position: place });
  }
  return failure(status, 'graph', { position });
}

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
export function newGraph(engine: Engine, source: GraphSource, options: GraphOptions | undefined): Graph {
  const { directed } = checkOptions(options, ['directed']);
  const mutual = !checkFlag('directed', directed, true);
  const A = adjacency(source, directed);
  return engine.run((core) => {
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
      const [, , undirected] = doubles(core, native.facts(), FACTS_FIELDS);
      if (mutual && undirected === 0) throw failed('resistance', STATUSES.indexOf('not-symmetric'), -1);
      return make(engine, resources);
    } catch (error) {
      resources.release();
      throw error;
    } finally {
      matrix.delete();
    }
  });
}
