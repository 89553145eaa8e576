/// <reference path="./wasm-modules.d.ts" />
import simd from './core-simd.wasm';
import { LacunaError } from '../errors.js';
import { compileGiven } from './given.js';
import type { ModuleSource, Part, Platform, Variant } from './platform.js';

/**
 * Cloudflare Workers, which compile modules only at upload: they are imported, all but the
 * core when asked for. The runtime always has SIMD, so the scalar builds are left out of the upload.
 */
export const platform: Platform = {
  name: 'workerd',

  async compile(part: Part, variant: Variant, source: ModuleSource): Promise<WebAssembly.Module> {
    if (source.wasmBinary !== undefined || source.wasmUrl !== undefined) {
      throw new LacunaError('load-failed', 'Workers do not compile WebAssembly at run time', {
        argument: source.wasmBinary === undefined ? 'options.wasmUrl' : 'options.wasmBinary',
        remedy: `Import the file (import wasmModule from 'lacuna/${part}.wasm') and pass it as wasmModule`,
      });
    }
    const given = await compileGiven(source);
    if (given !== undefined) return given;
    if (variant !== 'simd' && part !== 'policy' && part !== 'rows' && !(variant === 'relaxed' && part === 'graph')) {
      throw new LacunaError('unsupported-variant', "the Workers build of the package holds only 'simd'", {
        argument: 'options.variant',
        remedy: `Import 'lacuna/${part}.wasm' and pass it as wasmModule`,
      });
    }
    if (part === 'core') return simd;
    const { default: module } = await (part === 'graph'
      ? import('./graph-simd.wasm')
      : part === 'rows'
        ? import('./rows.wasm')
        : part === 'factor'
          ? import('./factor-simd.wasm')
          : import('./policy.wasm'));
    return module;
  },

  // One thread serves all requests of an isolate.
  isWorker(): boolean {
    return false;
  },
};
