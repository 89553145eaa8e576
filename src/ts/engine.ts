import createCore, { type Core } from '#core';
import { platform } from '#platform';
import { makeScoped, type Scoped } from './dispose.js';
import { LacunaError } from './errors.js';
import type { Factor } from './factor/factor.js';
import type { FactorizeOptions } from './factor/options.js';
import type { Analysis } from './factor/report.js';
import { checkLoadOptions } from './load/given.js';
import { oncePerKey } from './load/once.js';
import type { LoadOptions, Variant } from './load/platform.js';
import { SparseMatrix } from './matrix.js';
import type { Instance, Releasable } from './native/instance.js';
import { instantiate } from './native/module.js';
import { textAt } from './native/text.js';
import { bestVariant, chooseVariant, variantOf } from './native/variants.js';
import { type AsyncControls, checkControls, checkMade, checkSolverOptions, CONTROL_KEYS, type Output, SOLVE_KEYS, type SolveAsyncOptions, type SolverOptions, splitOptions } from './options.js';
import type { Graph, GraphOptions, GraphSource } from './graph/graph.js';
import type { RowSolver, RowSolverOptions } from './local/row-solver.js';
import type { RowSource } from './local/row-source.js';
import { loadModule, type Makers } from './parts.js';
import type { Solution } from './solution.js';
import { newSolver, type Solver } from './solver.js';

export type { LoadOptions, ModuleSource, Variant } from './load/platform.js';

/**
 * Bits of {@link Engine.capabilities}. One is kept for what later versions learn.
 *
 * @example
 * ```ts
 * import { Capability, capabilities } from 'lacuna';
 *
 * console.log(((await capabilities()) & Capability.leastSquares) !== 0); // true
 * ```
 */
export const Capability = {
  /** The core was compiled for 128-bit SIMD. */
  simd: 0x01,
  /** Learns which method to choose, by Thompson sampling. */
  thompsonSampling: 0x02,
  /** Records what was done in a witness chain. */
  witnessChain: 0x04,
  /** Direct factorizations. */
  direct: 0x08,
  /** Iterative methods. */
  iterative: 0x10,
  /** Least squares. */
  leastSquares: 0x20,
} as const;

/** Memory and handles of an engine. */
export interface EngineStats {
  /** Size of the linear memory in bytes, that of all modules in use. It grows and never shrinks. */
  readonly heapBytes: number;
  /** Bytes of it that are allocated now. */
  readonly usedBytes: number;
  /** Most bytes that the allocator has held at a time. */
  readonly highWaterBytes: number;
  /** Native objects and spans that are alive: 0 once everything is disposed of. */
  readonly liveHandles: number;
}

/** Which kernels an engine runs. */
export interface BackendInfo {
  /** Instruction set of the kernels. */
  readonly backend: 'scalar' | 'simd128' | 'relaxed-simd';
  /** Float64 values that one instruction works on. */
  readonly width: number;
}

/** Only this module can make engines. */
let make: (instance: Instance<Core>, options: LoadOptions) => Engine;

/**
 * One instance of the WebAssembly core with a memory of its own; the first graph adds one of the
 * module for graphs, the first row solver one of that for rows on demand, the first factor one of that
 * for factors, the first witness one of that for policy and witness, each with another. Most programs need none of their own: the top-level functions share
 * one. A separate engine has its own memory limit and can be thrown away whole.
 *
 * @example
 * ```ts
 * import { loadEngine, SparseMatrix } from 'lacuna';
 *
 * const engine = await loadEngine({ memoryLimit: 256 * 2 ** 20 });
 * const solver = await engine.createSolver(SparseMatrix.identity(3));
 * console.log(solver.solve([1, 2, 3]).x); // Float64Array [1, 2, 3]
 * engine.dispose();
 * ```
 */
export class Engine {
  /** Build of the core that this engine runs. */
  readonly variant: Variant;
  readonly #instance: Instance<Core>;
  /** Of all modules, the core first. */
  readonly #instances: Pick<Instance, 'dispose' | 'stats'>[];
  readonly #load: (name: keyof Makers) => Promise<object>;

  static {
    make = (instance, options) => new Engine(instance, options);
  }

  private constructor(instance: Instance<Core>, options: LoadOptions) {
    this.#instance = instance;
    this.#instances = [instance];
    this.variant = variantOf(instance.core());
    this.#load = oncePerKey(async (name) => {
      const maker = await loadModule(name, this.variant, options);
      this.#instances.push(maker.instance);
      if (this.disposed) this.dispose();
      return maker;
    });
  }

  /** Whether {@link Engine.dispose} was called. */
  get disposed(): boolean {
    return this.#instance.disposed;
  }

  /**
   * Measures A, chooses and sets up a method: see the top-level {@link createSolver}.
   *
   * @throws LacunaError as {@link createSolver}
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const solver = await engine.createSolver(SparseMatrix.fromDense([[2, 1], [1, 2]]));
   * console.log(solver.report.method); // cholesky
   * engine.dispose(); // and the solver with it
   * ```
   */
  async createSolver(A: SparseMatrix, options?: SolverOptions & AsyncControls): Promise<Solver> {
    const { solver, solve } = splitOptions(options, CONTROL_KEYS);
    const { policy, ...fixed } = solver;
    if (checkMade('policy', policy, 'createSolver')) return policy!.createSolver(this, checkMatrix(A), { ...fixed, ...solve });
    const controls = Object.keys(solve).length > 0 ? checkControls(solve) : undefined;
    return newSolver(this, checkMatrix(A), checkSolverOptions(solver), controls);
  }

  /**
   * A solver over a matrix that is never loaded: see the top-level {@link createRowSolver}.
   * The first one loads the module for such.
   *
   * @throws LacunaError as {@link createRowSolver}
   * @example
   * ```ts
   * import { loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const rows = (ids: Float64Array) => ({ counts: ids.map(() => 1), indices: ids, values: ids.map(() => 2) });
   * const solver = await engine.createRowSolver({ rows }, { size: 1e9, margin: 2 });
   * console.log(solver.entry(7, { indices: [7], values: [6] }, { rtol: 1e-9 }).value.toFixed(6)); // 3.000000
   * engine.dispose(); // and the solver with it
   * ```
   */
  async createRowSolver(source: RowSource, options: RowSolverOptions): Promise<RowSolver> {
    return (await this.maker('rows')).newRowSolver(source, options);
  }

  /**
   * A graph to ask questions of: see the top-level {@link createGraph}. The first one loads the module
   * for graphs.
   *
   * @throws LacunaError as {@link createGraph}
   * @example
   * ```ts
   * import { loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const graph = await engine.createGraph({ n: 3, edges: [[0, 1], [1, 2]] });
   * console.log(graph.n, graph.arcs, graph.undirected); // 3 4 true
   * engine.dispose(); // and the graph with it
   * ```
   */
  async createGraph(source: GraphSource, options?: GraphOptions): Promise<Graph> {
    return (await this.maker('graph')).newGraph(source, options);
  }

  /**
   * Factors A: see the top-level {@link factorize}. The first call loads the module for factors.
   *
   * @throws LacunaError as {@link factorize}
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const factor = await engine.factorize(SparseMatrix.fromDense([[2, 1], [1, 2]]));
   * console.log(factor.report.method); // cholesky
   * engine.dispose(); // and the factor with it
   * ```
   */
  async factorize(A: SparseMatrix, options?: FactorizeOptions): Promise<Factor> {
    return (await this.maker('factor')).factorize(checkMatrix(A), options);
  }

  /**
   * A factor whose numbers come as bytes: see the top-level {@link importFactor}.
   *
   * @throws LacunaError as {@link importFactor}
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const A = SparseMatrix.fromDense([[2, 1], [1, 2]]);
   * const bytes = (await engine.factorize(A, { method: 'cholesky' })).export();
   * console.log((await engine.importFactor(A, bytes)).solve([3, 3]).x.map(Math.round)); // Float64Array [1, 1]
   * engine.dispose();
   * ```
   */
  async importFactor(A: SparseMatrix, bytes: Uint8Array, options?: AsyncControls): Promise<Factor> {
    return (await this.maker('factor')).importFactor(checkMatrix(A), bytes, options);
  }

  /**
   * What factoring A would take: see the top-level {@link analyze}.
   *
   * @throws LacunaError as {@link analyze}
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * console.log((await engine.analyze(SparseMatrix.identity(3))).factorNnz); // 3
   * engine.dispose();
   * ```
   */
  async analyze(A: SparseMatrix, options?: FactorizeOptions): Promise<Analysis> {
    return (await this.maker('factor')).analyze(checkMatrix(A), options);
  }

  /**
   * Solves one system and keeps nothing: see the top-level {@link solve}.
   *
   * @throws LacunaError as {@link solve}
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const { x } = await engine.solve(SparseMatrix.identity(2), [3, 4]);
   * console.log(x); // Float64Array [3, 4]
   * engine.dispose();
   * ```
   */
  async solve<X extends Output = Float64Array>(
    A: SparseMatrix,
    b: ArrayLike<number>,
    options?: SolverOptions & SolveAsyncOptions<X>,
  ): Promise<Solution<X>> {
    const { solver: solverOptions, solve } = splitOptions(options, SOLVE_KEYS.async);
    // Set up by the solve, in its slices.
    const solver = await this.createSolver(A, { ...solverOptions, setup: 'lazy' });
    try {
      return await solver.solveAsync(b, solve);
    } finally {
      solver.dispose();
    }
  }

  /**
   * Version of the core, which is that of the package.
   *
   * @example
   * ```ts
   * import { loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine();
   * console.log(engine.version()); // 0.1.0
   * engine.dispose();
   * ```
   */
  version(): string {
    const core = this.core();
    return textAt(core, core.version());
  }

  /**
   * What the core can do, as a sum of {@link Capability} bits.
   *
   * @example
   * ```ts
   * import { Capability, loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine({ variant: 'scalar' });
   * console.log((engine.capabilities() & Capability.simd) !== 0); // false
   * engine.dispose();
   * ```
   */
  capabilities(): number {
    return this.core().capabilities();
  }

  /**
   * Which kernels run.
   *
   * @example
   * ```ts
   * import { loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine({ variant: 'scalar' });
   * console.log(engine.backendInfo()); // { backend: 'scalar', width: 1 }
   * engine.dispose();
   * ```
   */
  backendInfo(): BackendInfo {
    const core = this.core();
    return { backend: textAt(core, core.backend()) as BackendInfo['backend'], width: core.backendWidth() };
  }

  /**
   * Memory and live handles.
   *
   * @example
   * ```ts
   * import { loadEngine, SparseMatrix } from 'lacuna';
   *
   * const engine = await loadEngine();
   * const solver = await engine.createSolver(SparseMatrix.identity(2));
   * solver.dispose();
   * console.log(engine.stats().liveHandles); // 0
   * engine.dispose();
   * ```
   */
  stats(): EngineStats {
    const all = this.#instances.map((instance) => instance.stats());
    const sum = (key: keyof EngineStats) => all.reduce((total, stats) => total + stats[key], 0);
    return {
      heapBytes: sum('heapBytes'),
      usedBytes: sum('usedBytes'),
      highWaterBytes: sum('highWaterBytes'),
      liveHandles: sum('liveHandles'),
    };
  }

  /**
   * Disposes of every solver, graph, factor and witness of this engine and lets go of its memory. Idempotent. The shared
   * engine is replaced by a fresh one at its next use.
   *
   * @example
   * ```ts
   * import { loadEngine } from 'lacuna';
   *
   * const engine = await loadEngine();
   * engine.dispose();
   * console.log(engine.disposed); // true
   * ```
   */
  dispose(): void {
    for (const instance of this.#instances) instance.dispose();
  }

  /** @internal */
  core(): Core {
    return this.#instance.core();
  }

  /** @internal */
  run<T>(call: (core: Core) => T): T {
    return this.#instance.run(call);
  }

  /** @internal */
  own(owner: object, held: Releasable): void {
    this.#instance.own(owner, held);
  }

  /** @internal */
  disown(held: Releasable): void {
    this.#instance.disown(held);
  }

  /** @internal */
  isWorker(): boolean {
    return platform.isWorker();
  }

  /** @internal What is made in a module, once that is loaded. */
  async maker<K extends keyof Makers>(name: K): Promise<Makers[K]> {
    this.core();
    const maker = await this.#load(name);
    // Disposed of meanwhile?
    this.core();
    return maker as Makers[K];
  }
}

export interface Engine extends Scoped {}
makeScoped(Engine, 'Engine');

function checkMatrix(A: unknown): SparseMatrix {
  if (A instanceof SparseMatrix) return A;
  throw new LacunaError('invalid-argument', 'must be a SparseMatrix', {
    argument: 'A',
    remedy: 'Make one with SparseMatrix.fromCsr, fromTriplets or fromDense',
  });
}

/**
 * Loads the core and makes an engine of its own. Compiling is shared between engines; each has its
 * own memory. About 5 ms in Node.
 *
 * @throws LacunaError `load-failed` (names URL, HTTP status and content type), `unsupported-variant`,
 *   `invalid-option`, `out-of-memory`
 * @example
 * ```ts
 * import { loadEngine } from 'lacuna';
 *
 * const engine = await loadEngine({ variant: 'auto' });
 * console.log(engine.variant, engine.backendInfo()); // simd { backend: 'simd128', width: 2 }
 * engine.dispose();
 * ```
 */
export async function loadEngine(options: LoadOptions = {}): Promise<Engine> {
  checkLoadOptions(options);
  const variant = chooseVariant(options.variant ?? 'auto', bestVariant());
  const module = await platform.compile('core', variant, options);
  const instance = await instantiate(createCore, module as WebAssembly.Module, options);
  instance.core().limitSolvers(options.maxSolvers ?? 65_536);
  return make(instance, options);
}

let shared: Promise<Engine> | undefined;
let sharedEngine: Engine | undefined;

/**
 * The engine that the top-level functions use, loaded at the first call; concurrent callers share
 * one promise. A failure rejects and is forgotten, so that the next call tries again. Options are
 * for the call that loads; with an engine already there they are refused (`invalid-option`).
 *
 * @throws LacunaError as {@link loadEngine}
 * @example
 * ```ts
 * import { getDefaultEngine } from 'lacuna';
 *
 * const engine = await getDefaultEngine();
 * console.log(engine.stats().liveHandles); // 0
 * ```
 */
export async function getDefaultEngine(options?: LoadOptions): Promise<Engine> {
  if (sharedEngine?.disposed) {
    shared = undefined;
    sharedEngine = undefined;
  }
  if (shared !== undefined) {
    if (options !== undefined) {
      throw new LacunaError('invalid-option', 'the default engine is loaded already', {
        argument: 'options',
        remedy: 'Call getDefaultEngine(options) first, or use loadEngine(options)',
      });
    }
    return shared;
  }
  const loading = loadEngine(options).then(
    (engine) => (sharedEngine = engine),
    (error: unknown) => {
      if (shared === loading) shared = undefined;
      throw error;
    },
  );
  shared = loading;
  return loading;
}
