import { compileFromUrl } from './fetch.js';
import { compileGiven } from './given.js';
import { oncePerKey } from './once.js';
import type { LoadOptions, Platform, Variant } from './platform.js';

// Written out in full, because bundlers look for exactly this to find and copy the files.
const packaged = oncePerKey((variant: Variant) =>
  compileFromUrl(
    variant === 'simd' ? new URL('./core-simd.wasm', import.meta.url) : new URL('./core.wasm', import.meta.url),
  ),
);

/** Pages, web workers and bundles: the core is fetched. */
export const platform: Platform = {
  name: 'browser',

  async compile(variant: Variant, options: LoadOptions): Promise<WebAssembly.Module> {
    const given = await compileGiven(options);
    if (given !== undefined) return given;
    return options.wasmUrl === undefined ? packaged(variant) : compileFromUrl(options.wasmUrl);
  },

  isWorker(): boolean {
    return 'DedicatedWorkerGlobalScope' in globalThis;
  },
};
