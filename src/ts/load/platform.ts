/** From slow to fast. */
export const VARIANTS = ['scalar', 'simd', 'relaxed'] as const;

/**
 * The builds of the modules. The first two give the same results bit for bit, `simd` faster. `relaxed`
 * fuses multiplications with additions in dense kernels, for large factorizations up to half as fast
 * again: its answers carry the same certificates, but their last digits depend on the processor.
 */
export type Variant = (typeof VARIANTS)[number];

/** `WebAssembly.Module`, or `object` where the TypeScript libraries in use do not declare it. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : object;

/** The WebAssembly modules of the package: the core, the queries about graphs, those over rows on demand, factors, policy and witness. */
export type Part = 'core' | 'graph' | 'rows' | 'factor' | 'policy';

/**
 * Where to get a module from: at most one of the three. By default it is the file that ships with the
 * package.
 */
export interface ModuleSource {
  /** A compiled module, for example imported in a Worker. */
  wasmModule?: CompiledModule;
  /** The bytes of the file: `lacuna/core.wasm` or `lacuna/core-simd.wasm`, `lacuna/graph.wasm` and so on. */
  wasmBinary?: ArrayBuffer | ArrayBufferView;
  /**
   * Where to fetch the file from. A string is resolved against the page; in Node, a string without
   * a scheme is a file path.
   */
  wasmUrl?: string | URL;
}

/**
 * How to get the WebAssembly core. Everything is optional: by default the file that ships with the
 * package is loaded, the SIMD build where the engine has SIMD.
 *
 * A module that is given is used as it is, whatever `variant` says; the engine then reports the variant
 * that it really is.
 */
export interface LoadOptions extends ModuleSource {
  /**
   * Which build to load. `'auto'` probes the engine and takes `'simd'` where it can; `'simd'` and
   * `'relaxed'` fail with `unsupported-variant` where they are missing.
   * @defaultValue 'auto'
   */
  variant?: 'auto' | Variant;
  /** Where the module for graphs comes from, which is loaded with the first graph. */
  graph?: ModuleSource;
  /** Where the module for matrices that are never loaded comes from, which is loaded with the first `createRowSolver`. */
  rows?: ModuleSource;
  /** Where the module for factors comes from, which is loaded with the first `factorize` or `analyze`. */
  factor?: ModuleSource;
  /** Where the module for policy and witness comes from, which is loaded with the first witness. */
  policy?: ModuleSource;
  /**
   * Most linear memory the core may ever use, in bytes, and each other module of the engine, which
   * has a memory of its own, as much; rounded down to 64 KiB pages. A solve that needs more ends with
   * `out-of-memory`, and the engine stays usable.
   * @defaultValue 4 GiB
   */
  memoryLimit?: number;
  /**
   * Most solvers that may live at a time; another one is refused (`instance-limit`). Small devices do
   * well with 8.
   * @defaultValue 65,536
   */
  maxSolvers?: number;
}

/**
 * The file of a build, without its ending. Hashes and rows on demand gain nothing by SIMD, graphs nothing by
 * fused operations: not every module has every build.
 */
export function fileOf(part: Part, variant: Variant): Part | `${'core' | 'graph' | 'factor'}-simd` | `${'core' | 'factor'}-relaxed` {
  if (variant === 'scalar' || part === 'policy' || part === 'rows') return part;
  return variant === 'simd' || part === 'graph' ? `${part}-simd` : `${part}-relaxed`;
}

/** What differs between Node, browsers and Workers. Every bundle holds exactly one. */
export interface Platform {
  readonly name: 'node' | 'browser' | 'workerd';
  /** A compiled module: what `source` gives, otherwise the packaged file of that variant. */
  compile(part: Part, variant: Variant, source: ModuleSource): Promise<CompiledModule>;
  /** True where blocking the thread harms nobody: a dedicated worker, a worker thread. */
  isWorker(): boolean;
}
