import createRowsCore from '#rows-core';
import type { RowSolverOptions } from '../local/row-solver.js';
import type { RowSource } from '../local/row-source.js';
import type { LoadOptions } from '../load/platform.js';
import type { RowsMaker } from '../parts.js';
import { instantiate } from '../shared.js';
import { newRowSolver } from './source-solver.js';

/** The part of the package about matrices that are never loaded: loaded when the first solver is made. */
export interface RowsPart {
  /** Starts the compiled module. */
  start(module: WebAssembly.Module, options: LoadOptions): Promise<RowsMaker>;
}

/** In the package, what is shared comes as an argument: see scripts/build.mjs. */
export default function rowsPart(): RowsPart {
  return {
    async start(module, options) {
      const instance = await instantiate(createRowsCore, module, options);
      return {
        instance,
        newRowSolver: (source: RowSource, given: RowSolverOptions) => newRowSolver(instance, source, given),
      };
    },
  };
}
