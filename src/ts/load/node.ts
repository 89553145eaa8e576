import { readFile } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { compileBytes, loadFailed } from './compile.js';
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

// In the CommonJS bundle scripts/build.mjs replaces import.meta.url by the URL of __filename.
const packaged = oncePerKey((file: keyof typeof URLS) => compileFile(URLS[file]()));

/** Node and Deno: modules are read from beside the bundle. */
export const platform: Platform = {
  name: 'node',

  async compile(part: Part, variant: Variant, source: ModuleSource): Promise<WebAssembly.Module> {
    const given = await compileGiven(source);
    if (given !== undefined) return given;
    return source.wasmUrl === undefined ? packaged(fileOf(part, variant)) : compileFromAnywhere(source.wasmUrl);
  },

  isWorker(): boolean {
    return !isMainThread;
  },
};

function compileFromAnywhere(place: string | URL): Promise<WebAssembly.Module> {
  // Two letters at least: C:\core.wasm is a path.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(String(place))?.[1]?.toLowerCase();
  if (scheme === undefined) return compileFile(String(place));
  return scheme === 'file' ? compileFile(new URL(place)) : compileFromUrl(place);
}

async function compileFile(file: string | URL): Promise<WebAssembly.Module> {
  const url = String(file);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw loadFailed(`${url} could not be read (${reason})`, { url }, cause);
  }
  return compileBytes(bytes, url, { url });
}
