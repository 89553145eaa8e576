// Types of graph.js: see module.d.ts.
import type { ModuleOptions, NativeHandle, NativeMatrix, NativeModule } from './module.js';

/** A loaded graph. */
export interface NativeGraph extends NativeHandle {
  /** Takes the arrays of a matrix that was filled and not sealed, as adjacency. */
  create(matrix: NativeMatrix): number;
  /** Arcs come on demand; of the facts only vertices and undirected are known, the others are NaN. */
  createOnDemand(size: number, undirected: number, cacheBytes: number, volume: number, maxWeight: number): number;
  status(): number;
  faultPosition(): number;
  /** Address of vertices, arcs, undirected, weighted, dangling, volume as float64. */
  facts(): number;
  /** Begins a query with `count` float64 arguments: see bindings/embind/graph_binding.hpp. */
  begin(query: number, args: number, count: number): NativeGraphTask | null;
}

/** Waits for arcs where they come on demand: see NativeLocalTask in core.d.ts. */
export interface NativeGraphTask extends NativeHandle {
  wantedCount(kind: number): number;
  wanted(kind: number): number;
  supplyLines(kind: number, lines: number, counts: number, ids: number, values: number): number;
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  faultPosition(): number;
  progress(): number;
  /** Address of the report, after which `table` is there; 0 where memory is short. */
  report(): number;
  table(): number;
}

/** One instance of the module for graphs. */
export interface GraphCore extends NativeModule {
  readonly NativeGraph: new () => NativeGraph;
  graphReportFields(): number;
  graphFactsFields(): number;
}

export default function createGraphCore(options: ModuleOptions): Promise<GraphCore>;
