import { platform } from '#platform';
import type { Graph, GraphOptions, GraphSource } from './graph/graph.js';
import type { GraphPart } from './graph/part.js';
import { oncePerKey } from './load/once.js';
import type { LoadOptions, Variant } from './load/platform.js';
import type { Instance } from './native/instance.js';
import type { RowsPart } from './rows/part.js';
import * as shared from './shared.js';

/** An instance of the module for graphs, and what makes graphs in it. */
export interface GraphMaker {
  readonly instance: Pick<Instance, 'dispose' | 'stats'>;
  newGraph(source: GraphSource, options: GraphOptions | undefined): Promise<Graph>;
}

/** A file of the package that is loaded when it is asked for. */
interface Part<T> {
  default(given: typeof shared): T;
}

/** The code of each, once for all engines. */
const graphPart = oncePerKey(async (_: 'graph') => ((await import('#graph')) as Part<GraphPart>).default(shared));
const rowsPart = oncePerKey(async (_: 'rows') => ((await import('#rows')) as Part<RowsPart>).default(shared));

/** Loads code and module together. */
export async function loadGraphs(variant: Variant, options: LoadOptions): Promise<GraphMaker> {
  const [part, module] = await Promise.all([graphPart('graph'), platform.compile('graph', variant, options.graph ?? {})]);
  return part.start(module as WebAssembly.Module, options);
}

/** What makes solvers over matrices that are never loaded. */
export function loadRows(): Promise<RowsPart> {
  return rowsPart('rows');
}
