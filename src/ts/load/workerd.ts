/// <reference path="./wasm-modules.d.ts" />
import simd from './core-simd.wasm';
import { LacunaError } from '../errors.js';
import { compileGiven } from './given.js';
import type { LoadOptions, Platform, Variant } from './platform.js';

/**
 * Cloudflare Workers, which compile modules only at upload: the core is imported. The runtime
 * always has SIMD, so the scalar build is left out of the upload.
 */
export const platform: Platform = {
  name: 'workerd',

  async compile(variant: Variant, options: LoadOptions): Promise<WebAssembly.Module> {
    if (options.wasmBinary !== undefined || options.wasmUrl !== undefined) {
      throw new LacunaError('load-failed', 'Workers do not compile WebAssembly at run time', {
        argument: options.wasmBinary === undefined ? 'options.wasmUrl' : 'options.wasmBinary',
        remedy: "Import the file (import wasmModule from 'lacuna/core.wasm') and pass it as wasmModule",
      });
    }
    const given = await compileGiven(options);
    if (given !== undefined) return given;
    if (variant === 'scalar') {
      throw new LacunaError('unsupported-variant', "the Workers build of the package holds only 'simd'", {
        argument: 'options.variant',
        remedy: "Import 'lacuna/core.wasm' and pass it as wasmModule",
      });
    }
    return simd;
  },

  // One thread serves all requests of an isolate.
  isWorker(): boolean {
    return false;
  },
};
