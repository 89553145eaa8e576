import type { DANGLING } from '../native/codes.js';
import type { Reason } from '../report.js';

/** Options of all queries about walks that are broken off. */
export interface RankOptions {
  /**
   * Probability that a walk stops at each step; the damping factor of networkx is 1 − teleport.
   * @defaultValue 0.15
   */
  teleport?: number;
  /**
   * Where a walk goes from a vertex without outgoing arcs: `'source'`, back to where it began (as in
   * networkx); `'self'`, it stays; `'uniform'`, anywhere ({@link Graph.pagerank} only).
   * @defaultValue 'source'
   */
  dangling?: Exclude<(typeof DANGLING)[number], 'uniform'>;
}

/** Options of {@link Graph.pagerank}. */
export interface PagerankOptions extends Omit<RankOptions, 'dangling'> {
  /** As {@link RankOptions.dangling}, or `'uniform'`. */
  dangling?: (typeof DANGLING)[number];
  /**
   * The sum of all errors is to be at most this.
   * @defaultValue 1e-8
   */
  atol?: number;
  /**
   * Sweeps over the arcs at the most.
   * @defaultValue 1000
   */
  maxiter?: number;
  /**
   * Where walks begin, n weights of at least 0.
   * @defaultValue anywhere alike
   */
  personalization?: ArrayLike<number>;
}

/** Options of a push. */
export interface PushOptions extends RankOptions {
  /**
   * Residuals below this, times the out-degree where walks go forward, are not pushed on.
   * @defaultValue 1e-6
   */
  epsilon?: number;
}

/** Options of {@link Graph.personalizedPagerank}. */
export interface PersonalizedOptions extends PushOptions {
  /**
   * Ends, whatever `epsilon`, as soon as the sum of all errors is at most this, and not before; 0:
   * `epsilon` decides.
   * @defaultValue 0
   */
  atol?: number;
}

/** Options of {@link Graph.pagerankPair}. */
export interface PairOptions extends RankOptions {
  /**
   * upper − lower is to be at most this.
   * @defaultValue 1e-9
   */
  atol?: number;
}

/** Options of {@link Graph.topK}. */
export interface TopOptions extends RankOptions {
  /**
   * Vertices whose limits overlap and are closer than this share of the k-th value are left as ties.
   * @defaultValue 1e-3
   */
  resolution?: number;
  /**
   * Arcs that may be read.
   * @defaultValue 1e8
   */
  maxEntries?: number;
}

/** Options of {@link Graph.localCluster}. */
export interface ClusterOptions {
  /** As {@link RankOptions.teleport}. */
  teleport?: number;
  /**
   * As {@link PushOptions.epsilon}: about 1 over the volume that is looked through.
   * @defaultValue 1e-5
   */
  epsilon?: number;
}

/** Options of resistances, commute times and potentials. */
export interface ResistanceOptions {
  /**
   * upper − lower is to be at most max(atol, rtol·|value|).
   * @defaultValue 1e-6
   */
  rtol?: number;
  /**
   * Absolute part of the same rule.
   * @defaultValue 0
   */
  atol?: number;
  /**
   * Arcs that may be read: ends with what is known then and `reason: 'budget'`.
   * @defaultValue Infinity
   */
  maxEntries?: number;
}

/** Options of hitting times. */
export interface HittingOptions {
  /**
   * Every time is to be known to this relative error.
   * @defaultValue 1e-6
   */
  rtol?: number;
  /**
   * Iterations at the most.
   * @defaultValue 100,000
   */
  maxiter?: number;
}

/** Options of {@link Graph.hittingTime}. */
export interface HittingTimeOptions extends HittingOptions {
  /**
   * Of a graph that is not loaded, arcs that may be read: ends with what is known then and
   * `reason: 'budget'`.
   * @defaultValue Infinity
   */
  maxEntries?: number;
}

/** Options of {@link Graph.katz}. */
export interface KatzOptions {
  /** Weight of each further step; below 1 over the spectral radius of the adjacency. */
  alpha: number;
  /**
   * Weight of every vertex.
   * @defaultValue 1
   */
  beta?: number;
  /**
   * Every centrality is to be known to this relative error.
   * @defaultValue 1e-6
   */
  rtol?: number;
  /**
   * Passes over the arcs at the most.
   * @defaultValue 10,000
   */
  maxiter?: number;
}

/** Options of {@link Graph.katzOf}. */
export interface KatzOfOptions extends Omit<KatzOptions, 'maxiter'> {
  /**
   * upper − lower is to be at most max(atol, rtol·lower).
   * @defaultValue 0
   */
  atol?: number;
  /**
   * Arcs that may be read near the vertex: ends with what is known then and `reason: 'budget'`.
   * @defaultValue Infinity
   */
  maxEntries?: number;
}

/** Options of {@link Graph.heatKernel}. */
export interface HeatOptions {
  /** Time, 0 … 100,000: the mean number of steps. */
  time: number;
  /**
   * The sum of all errors is to be at most this.
   * @defaultValue 1e-6
   */
  atol?: number;
  /**
   * Arcs that may be read: ends with what is known then and `reason: 'budget'`.
   * @defaultValue Infinity
   */
  maxEntries?: number;
}

/** What every answer about a graph says. */
export interface GraphAnswer {
  /** Whether it is as accurate as was asked. */
  readonly converged: boolean;
  /**
   * Why it ended: `'converged-atol'`, `'max-iterations'`, `'stagnated'` (rounding, or ties, allow no
   * more), `'budget'` (`maxEntries`, iterations or time), `'cancelled'`. What it says is true in each
   * case.
   */
  readonly reason: Reason;
  /** What was done, counted. */
  readonly work: {
    /** Arcs that were read, every reading counted. */
    readonly entries: number;
    /** Sweeps, pushes, CG steps, passes or terms. */
    readonly iterations: number;
    /** Vertices that were looked at; 0 where it is not counted. */
    readonly touched: number;
    /** Pushes; 0 of what does not work by them. */
    readonly pushes: number;
  };
  /** Milliseconds, copies included. */
  readonly time: number;
}

/** A number between proven limits, rounding included. */
export interface GraphNumber extends GraphAnswer {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** At least |value − truth|; infinite while nothing is proven. */
  readonly bound: number;
}

/** PageRank of all vertices. */
export interface Scores extends GraphAnswer {
  /** Sums to 1. */
  readonly scores: Float64Array;
  /** A proven bound on the sum of all errors; infinite while nothing is proven. */
  readonly bound: number;
}

/** Values that are not 0, at vertices in the order in which they were reached. */
export interface GraphVector extends GraphAnswer {
  readonly indices: Float64Array;
  readonly values: Float64Array;
  /** A proven bound on the error at each vertex, those not listed (with value 0) included. */
  readonly bound: number;
  /** A proven bound on the sum of all errors, where there is one. */
  readonly bound1?: number;
}

/** The same with limits for each vertex listed; all others are between 0 and `bound`. */
export interface Ranks extends GraphVector {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** The vertices of the highest rank. */
export interface TopRanks extends GraphAnswer {
  /** At most k, the highest lower limit first. */
  readonly indices: Float64Array;
  readonly values: Float64Array;
  /** Proven limits of each. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Leading positions that are certain: nothing later, in the list or outside it, has more. */
  readonly certified: number;
  /** Whether no other vertex has more than any of these. */
  readonly complete: boolean;
  /** Other vertices that may belong among them. */
  readonly ties: {
    /** Infinite where that may be a vertex that was not reached. */
    readonly count: number;
    /** The first few hundred of them, by falling upper limit. */
    readonly indices: Float64Array;
    readonly lower: Float64Array;
    readonly upper: Float64Array;
  };
}

/** A set of vertices with few edges to the others. */
export interface Cluster extends GraphAnswer {
  /** The most typical first; empty where no set was found. */
  readonly vertices: Float64Array;
  /** cut / min(volume, volume of the others); cut / volume where the graph is not loaded. */
  readonly conductance: number;
  /** Weight of the edges that leave the set. */
  readonly cut: number;
  /** Sum of the weighted degrees of the set. */
  readonly volume: number;
}

/** Values of all vertices. */
export interface VertexValues extends GraphAnswer {
  /** NaN where it was stopped before there were any. */
  readonly values: Float64Array;
  /** Each finite truth lies in value·(1 − below) … value·(1 + above); infinite while nothing is proven. */
  readonly below: number;
  readonly above: number;
}
