import createGraphCore from '#graph-core';
import type { LoadOptions } from '../load/platform.js';
import { newGraph } from './create.js';
import type { GraphOptions, GraphSource } from './graph.js';
import type { GraphMaker } from '../parts.js';
import { type Graph, instantiate } from '../shared.js';

/** The part of the package that is about graphs: loaded when the first one is made. */
export interface GraphPart {
  /** Starts the compiled module. */
  start(module: WebAssembly.Module, options: LoadOptions): Promise<GraphMaker>;
}

/** In the package, what is shared comes as an argument: see scripts/build.mjs. */
export default function graphPart(): GraphPart {
  return {
    async start(module, options) {
      const instance = await instantiate(createGraphCore, module, options);
      return {
        instance,
        newGraph: (source: GraphSource, given: GraphOptions | undefined): Promise<Graph> => newGraph(instance, source, given),
      };
    },
  };
}
