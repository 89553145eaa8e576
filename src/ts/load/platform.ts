/** The two builds of the core: the same results bit for bit, `simd` faster. */
export type Variant = 'scalar' | 'simd';

/** `WebAssembly.Module`, or `object` where the TypeScript libraries in use do not declare it. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : object;

/**
 * How to get the WebAssembly core. Everything is optional: by default the file that ships with the
 * package is loaded, the SIMD build where the engine has SIMD.
 *
 * At most one of `wasmModule`, `wasmBinary` and `wasmUrl` may be given. It is used as it is,
 * whatever `variant` says; the engine then reports the variant that it really is.
 */
export interface LoadOptions {
  /**
   * Which build to load. `'auto'` probes the engine; `'simd'` fails with `unsupported-variant`
   * where SIMD is missing.
   * @defaultValue 'auto'
   */
  variant?: 'auto' | Variant;
  /** A compiled core, for example imported as a module in a Worker. */
  wasmModule?: CompiledModule;
  /** The bytes of `lacuna/core.wasm` or `lacuna/core-simd.wasm`. */
  wasmBinary?: ArrayBuffer | ArrayBufferView;
  /**
   * Where to fetch the core from. A string is resolved against the page; in Node, a string without
   * a scheme is a file path.
   */
  wasmUrl?: string | URL;
  /**
   * Most linear memory the instance may ever use, in bytes; rounded down to 64 KiB pages. A solve
   * that needs more ends with `out-of-memory`, and the engine stays usable.
   * @defaultValue 4 GiB
   */
  memoryLimit?: number;
}

/** What differs between Node, browsers and Workers. Every bundle holds exactly one. */
export interface Platform {
  readonly name: 'node' | 'browser' | 'workerd';
  /** The compiled core: what `options` gives, otherwise the packaged file of that variant. */
  compile(variant: Variant, options: LoadOptions): Promise<CompiledModule>;
  /** True where blocking the thread harms nobody: a dedicated worker, a worker thread. */
  isWorker(): boolean;
}
