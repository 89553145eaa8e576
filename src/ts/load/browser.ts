import { compileFromUrl } from './fetch.js';
import { compileGiven } from './given.js';
import { oncePerKey } from './once.js';
import { fileOf, type ModuleSource, type Part, type Platform, type Variant } from './platform.js';

// Written out in full, because bundlers look for exactly this to find and copy the files.
const URLS = {
  core: () => new URL('./core.wasm', import.meta.url),
  'core-simd': () => new URL('./core-simd.wasm', import.meta.url),
  'core-relaxed': () => new URL('./core-relaxed.wasm', import.meta.url),
  graph: () => new URL('./graph.wasm', import.meta.url),
  'graph-simd': () => new URL('./graph-simd.wasm', import.meta.url),
  rows: () => new URL('./rows.wasm', import.meta.url),
  factor: () => new URL('./factor.wasm', import.meta.url),
  'factor-simd': () => new URL('./factor-simd.wasm', import.meta.url),
  'factor-relaxed': () => new URL('./factor-relaxed.wasm', import.meta.url),
  policy: () => new URL('./policy.wasm', import.meta.url),
};

const packaged = oncePerKey((file: keyof typeof URLS) => compileFromUrl(URLS[file]()));

/** Pages, web workers and bundles: modules are fetched. */
export const platform: Platform = {
  name: 'browser',

  async compile(part: Part, variant: Variant, source: ModuleSource): Promise<WebAssembly.Module> {
    const given = await compileGiven(source);
    if (given !== undefined) return given;
    return source.wasmUrl === undefined ? packaged(fileOf(part, variant)) : compileFromUrl(source.wasmUrl);
  },

  isWorker(): boolean {
    return 'DedicatedWorkerGlobalScope' in globalThis;
  },
};
