import { platform } from '#platform';
import type { LoadOptions, Variant } from '../load/platform.js';
import { oncePerKey } from '../load/once.js';
import type { Instance } from '../native/instance.js';
import type { Graph, GraphOptions, GraphSource } from './graph.js';
import type { GraphPart } from './part.js';
import * as shared from './shared.js';

/** An instance of the module for graphs, and what makes graphs in it. */
export interface GraphMaker {
  readonly instance: Pick<Instance, 'dispose' | 'stats'>;
  newGraph(source: GraphSource, options: GraphOptions | undefined): Graph;
}

/** The code, once for all engines. */
const load = oncePerKey(async (_: 'part'): Promise<GraphPart> => {
  const { default: part } = (await import('#graph')) as { default: (given: typeof shared) => GraphPart };
  return part(shared);
});

/** Loads code and module together. */
export async function loadGraphs(variant: Variant, options: LoadOptions): Promise<GraphMaker> {
  const [part, module] = await Promise.all([load('part'), platform.compile('graph', variant, options.graph ?? {})]);
  return part.start(module as WebAssembly.Module, options);
}
