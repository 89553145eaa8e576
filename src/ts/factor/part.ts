import createFactorCore from '#factor-core';
import type { LoadOptions } from '../load/platform.js';
import { analysis, factorFrom, newFactor } from './create.js';
import type { FactorizeOptions } from './options.js';
import type { FactorMaker } from '../parts.js';
import { type AsyncControls, instantiate, type SparseMatrix } from '../shared.js';

/** The part of the package about factors: loaded when the first one is made. */
export interface FactorPart {
  /** Starts the compiled module. */
  start(module: WebAssembly.Module, options: LoadOptions): Promise<FactorMaker>;
}

/** In the package, what is shared comes as an argument: see scripts/build.mjs. */
export default function factorPart(): FactorPart {
  return {
    async start(module, load) {
      const instance = await instantiate(createFactorCore, module, load);
      return {
        instance,
        factorize: (A: SparseMatrix, options?: FactorizeOptions) => newFactor(instance, load, A, options),
        importFactor: (A: SparseMatrix, bytes: Uint8Array, options?: AsyncControls) => factorFrom(instance, load, A, bytes, options),
        analyze: (A: SparseMatrix, options?: FactorizeOptions) => analysis(instance, load, A, options),
      };
    },
  };
}
