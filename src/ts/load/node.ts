import { readFile } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { compileBytes, loadFailed } from './compile.js';
import { compileFromUrl } from './fetch.js';
import { compileGiven } from './given.js';
import { oncePerKey } from './once.js';
import type { LoadOptions, Platform, Variant } from './platform.js';

// In the CommonJS bundle scripts/build.mjs replaces import.meta.url by the URL of __filename.
const packaged = oncePerKey((variant: Variant) =>
  compileFile(variant === 'simd' ? new URL('./core-simd.wasm', import.meta.url) : new URL('./core.wasm', import.meta.url)),
);

/** Node and Deno: the core is read from beside the module. */
export const platform: Platform = {
  name: 'node',

  async compile(variant: Variant, options: LoadOptions): Promise<WebAssembly.Module> {
    const given = await compileGiven(options);
    if (given !== undefined) return given;
    return options.wasmUrl === undefined ? packaged(variant) : compileFromAnywhere(options.wasmUrl);
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
