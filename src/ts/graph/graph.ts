import { makeScoped } from '../dispose.js';
import type { SparseMatrix } from '../matrix.js';
import { Held } from '../native/held.js';
import type { Host, Releasable } from '../native/instance.js';
import type { AsyncControls } from '../options.js';
import type { SparseVector } from '../rhs.js';
import type { EdgeList } from '../sparse/edges.js';
import type {
  Cluster,
  ClusterOptions,
  GraphNumber,
  GraphVector,
  HeatOptions,
  HittingOptions,
  HittingTimeOptions,
  KatzOfOptions,
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

/**
 * A graph: a square matrix whose entry (u, v) is the weight of the arc from u to v; n vertices and
 * edges; rows of targets, with weights or without; or a callback that is asked for arcs where a query
 * needs them. Weights are positive; a missing one is 1.
 */
export type GraphSource =
  | SparseMatrix
  | { readonly n: number; readonly edges: EdgeList }
  | { readonly indptr: ArrayLike<number>; readonly indices: ArrayLike<number>; readonly data?: ArrayLike<number> }
  | ArcSource;

/**
 * Arcs of vertices one after the other: `counts[k]` of the k-th one asked for, to `indices` with
 * positive weights `values` (1 where there are none), in any order within a vertex, no target twice.
 */
export interface ArcBatch {
  readonly counts: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly values?: ArrayLike<number>;
}

/**
 * Gives the arcs of a graph that is not loaded, where a query needs them. One that returns promises
 * serves the calls that end in `…Async` only, and the option `load`.
 */
export interface ArcSource {
  /** Number of vertices: up to 2⁵³ − 1. */
  readonly vertices: number;
  /**
   * The sum of the weights of all arcs, where it is known, of an undirected graph that is connected:
   * bounds {@link Graph.commuteTime} and {@link Graph.hittingTime} from above without reading all.
   */
  readonly volume?: number;
  /**
   * No vertex has arcs whose weights add up to more; every vertex is held against it. Sharpens
   * {@link Graph.topK} on undirected graphs, and is what {@link Graph.katzOf} needs.
   */
  readonly maxDegree?: number;
  /** The arcs out of the vertices `ids`, in this order. May be called again for one that was given before. */
  neighbors(ids: Float64Array): ArcBatch | PromiseLike<ArcBatch>;
}

/** Options of a graph. */
export interface GraphOptions {
  /**
   * Of a list of edges: whether each is one arc, from its first vertex to its second, or leads both
   * ways, as in {@link SparseMatrix.fromEdges}. Matrices, rows and callbacks name every arc; with
   * `false` they must be symmetric. Of a callback this is not measured but declared, and held against
   * the arcs that are at hand together: one that breaks it ends a query with `declaration-violated`.
   * @defaultValue false for edges
   */
  directed?: boolean;
  /**
   * Of a callback: read all arcs through it once, now, for queries that need a loaded graph.
   * @defaultValue false
   */
  load?: boolean;
  /**
   * Of a callback: linear memory for arcs that are kept between queries; those not used for longest go
   * first.
   * @defaultValue 16 MiB
   */
  cacheBytes?: number;
}

/** Where walks begin: one vertex, several alike, or vertices with positive weights. */
export type Seeds = number | ArrayLike<number> | SparseVector;

/**
 * A graph in linear memory, to ask questions about walks on it and currents through it. Every number
 * comes with proven limits, rounding included. Made by {@link createGraph}; holds 4 bytes an arc,
 * 8 more with weights, and as much again for incoming arcs once a query needs them on a directed
 * graph, until `dispose()`.
 *
 * Of a graph that is not loaded, methods read the arcs they need. What gives a value to every vertex
 * ({@link Graph.pagerank}, {@link Graph.hittingTimes}, {@link Graph.katz}) throws `not-loaded`, and so
 * does {@link Graph.pagerankTo} where the graph is not declared to be undirected, for want of
 * incoming arcs.
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
export abstract class Graph extends Held {
  /** Number of vertices. */
  readonly n: number;
  /** Whether all arcs are in memory. A graph that is not loaded answers what reads only a part of it. */
  readonly loaded: boolean;
  /** Number of arcs; an undirected edge is two of them. NaN, as other counts, of a graph that is not loaded. */
  readonly arcs: number;
  /** Measured, or declared of a graph that is not loaded: each arc has one of the same weight that leads back. */
  readonly undirected: boolean;
  /** Whether there is a weight other than 1. */
  readonly weighted: boolean;
  /** Number of vertices without outgoing arcs. */
  readonly dangling: number;
  /** Sum of the weights of all arcs; of a graph that is not loaded what was declared, or NaN. */
  readonly volume: number;

  /** @internal The facts as the module gives them. What it answers comes with its part: see ask.ts. */
  constructor(host: Host, resources: Releasable, facts: Float64Array) {
    super(host, resources, 'graph', 'createGraph');
    const [n, arcs, undirected, weighted, dangling, volume] = facts;
    this.n = n!;
    this.loaded = arcs === arcs;
    this.arcs = arcs!;
    this.undirected = undirected === 1;
    this.weighted = weighted === 1;
    this.dangling = dangling!;
    this.volume = volume!;
  }
}

export interface Graph {
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
  pagerank(options?: PagerankOptions): Scores;

  /** {@link Graph.pagerank} in slices. */
  pagerankAsync(options?: PagerankOptions & AsyncControls): Promise<Scores>;

  /**
   * Personalized PageRank from one vertex or several: the probabilities that a walk from there stops at
   * v, where it stops with probability `teleport` at each step. Only what the walk is likely to reach
   * is read: at most 1/(teleport·epsilon) arcs, whatever the size of the graph.
   *
   * Forward push (Andersen, Chung & Lang, FOCS 2006): what is left, r ≥ 0, is exactly the sum of the
   * errors, and bounds each of them; on undirected graphs also through max rᵤ/dᵤ, times the degree.
   * On a graph that is not loaded degrees are not known beforehand, and `epsilon` holds for the residuals
   * themselves: at most 1/(teleport·epsilon) vertices are read.
   *
   * @throws LacunaError `index-out-of-range`, `invalid-argument`, and as {@link Graph.pagerank}
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 5, edges: [[0, 1], [1, 2], [2, 3], [3, 4]] });
   * const { indices, values, bound1 } = graph.personalizedPagerank(0, { epsilon: 1e-9 });
   * console.log(indices.length, values[0]! > values[4]!, bound1! < 1e-6); // 5 true true
   * graph.dispose();
   * ```
   */
  personalizedPagerank(source: Seeds, options?: PersonalizedOptions): Ranks;

  /** {@link Graph.personalizedPagerank} in slices. */
  personalizedPagerankAsync(source: Seeds, options?: PersonalizedOptions & AsyncControls): Promise<Ranks>;

  /**
   * One number: the probability that a walk from `source` stops at `target`, by pushes from both ends
   * whose residuals multiply (Lofgren, Banerjee & Goel, WSDM 2016, with a push in place of their walks,
   * so that the limits are certain). On a directed graph that is not loaded, from the source alone.
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
  pagerankPair(source: number, target: number, options?: PairOptions): GraphNumber;

  /** {@link Graph.pagerankPair} in slices. */
  pagerankPairAsync(source: number, target: number, options?: PairOptions & AsyncControls): Promise<GraphNumber>;

  /**
   * The same probabilities by their target: for every source at once, by backward push (Andersen et
   * al., WAW 2007). On directed graphs the first such query makes the incoming arcs, O(arcs). An
   * undirected one that is not loaded is pushed from the target, whose walks are those to it reversed.
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
  pagerankTo(target: number, options?: PushOptions): Ranks;

  /** {@link Graph.pagerankTo} in slices. */
  pagerankToAsync(target: number, options?: PushOptions & AsyncControls): Promise<Ranks>;

  /**
   * The k vertices of the highest personalized PageRank of a source, in order, and how much of that is
   * certain: push brackets every vertex, and those that overlap are sharpened until the order is
   * proven, or they are ties. Where push would take longer than a few passes over the whole graph, as
   * in large graphs without far corners, these finish it, with 24 bytes a vertex. Of a graph that is
   * not loaded by forward push alone.
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
  topK(source: number, k: number, options?: TopOptions): TopRanks;

  /** {@link Graph.topK} in slices. */
  topKAsync(source: number, k: number, options?: TopOptions & AsyncControls): Promise<TopRanks>;

  /**
   * A community around one vertex or several of an undirected graph: of the vertices in the order of
   * their personalized PageRank over their degree, the prefix of the least conductance. If a set of
   * conductance φ holds most of the walk, one of O(√(φ·log volume)) is found (Andersen, Chung & Lang,
   * FOCS 2006). Reads about 1/(teleport·epsilon) arcs. Of a graph that is not loaded the volume is not
   * known: the set counts as the smaller side.
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
  localCluster(source: Seeds, options?: ClusterOptions): Cluster;

  /** {@link Graph.localCluster} in slices. */
  localClusterAsync(source: Seeds, options?: ClusterOptions & AsyncControls): Promise<Cluster>;

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
  effectiveResistance(s: number, t: number, options?: ResistanceOptions): GraphNumber;

  /** {@link Graph.effectiveResistance} in slices. */
  effectiveResistanceAsync(s: number, t: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber>;

  /**
   * Expected steps of a random walk from s to t and back: the effective resistance times the volume of
   * their component (Chandra et al., 1996), at the same cost; the first one finds the components of a
   * loaded graph, O(arcs). Of a graph that is not loaded `source.volume` is taken; without it only a
   * lower limit is known until the component is read through, so give `maxEntries`.
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
  commuteTime(s: number, t: number, options?: ResistanceOptions): GraphNumber;

  /** {@link Graph.commuteTime} in slices. */
  commuteTimeAsync(s: number, t: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber>;

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
  potential(currents: SparseVector, i: number, j: number, options?: ResistanceOptions): GraphNumber;

  /** {@link Graph.potential} in slices. */
  potentialAsync(currents: SparseVector, i: number, j: number, options?: ResistanceOptions & AsyncControls): Promise<GraphNumber>;

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
  hittingTimes(target: number, options?: HittingOptions): VertexValues;

  /** {@link Graph.hittingTimes} in slices. */
  hittingTimesAsync(target: number, options?: HittingOptions & AsyncControls): Promise<VertexValues>;

  /**
   * Expected steps from `source` to `target` with limits: one of {@link Graph.hittingTimes}, at the
   * same cost.
   *
   * Of a graph that is not loaded, and undirected, from a ball around the two: potentials there, and
   * the maximum principle beyond, with `source.volume` (Tetali, 1991). The limits come together like
   * (distance)/radius on 2D grids, so ask for a modest `rtol`; on expanders nothing bounds the time
   * from above before the whole is read. Without a volume, or where it is directed, all that the walk
   * may see before the target is read; at `maxEntries` there is a lower limit, and `upper` and `bound`
   * are infinite.
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
  hittingTime(source: number, target: number, options?: HittingTimeOptions): GraphNumber;

  /** {@link Graph.hittingTime} in slices. */
  hittingTimeAsync(source: number, target: number, options?: HittingTimeOptions & AsyncControls): Promise<GraphNumber>;

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
  katz(options: KatzOptions): VertexValues;

  /** {@link Graph.katz} in slices. */
  katzAsync(options: KatzOptions & AsyncControls): Promise<VertexValues>;

  /**
   * Katz centrality of one vertex with limits, by backward push along incoming arcs. On an undirected
   * graph whose largest sum of weights times alpha is below 1 it reads what is near, whatever the size
   * of the graph; otherwise rough centralities of all come first, O(arcs) a pass, from which the limits
   * follow. A graph that is not loaded must be of the first kind, by `source.maxDegree`.
   *
   * @throws LacunaError as {@link Graph.katz}, `index-out-of-range`
   * @example
   * ```ts
   * import { createGraph } from 'lacuna';
   *
   * const graph = await createGraph({ n: 3, edges: [[0, 2], [1, 2]] }, { directed: true });
   * const { value, bound } = graph.katzOf(2, { alpha: 0.5 });
   * console.log(Math.abs(value - 2) <= bound, bound < 1e-5); // true true
   * graph.dispose();
   * ```
   */
  katzOf(vertex: number, options: KatzOfOptions): GraphNumber;

  /** {@link Graph.katzOf} in slices. */
  katzOfAsync(vertex: number, options: KatzOfOptions & AsyncControls): Promise<GraphNumber>;

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
  heatKernel(seed: number, options: HeatOptions): GraphVector;

  /** {@link Graph.heatKernel} in slices. */
  heatKernelAsync(seed: number, options: HeatOptions & AsyncControls): Promise<GraphVector>;
}

makeScoped(Graph, 'Graph');
