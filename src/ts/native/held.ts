import type { Core } from '#core';
import type { Scoped } from '../dispose.js';
import type { Engine, Releasable } from '../engine.js';
import { LacunaError } from '../errors.js';

/**
 * What holds linear memory until it is disposed of: a solver, a graph. One that is forgotten is
 * collected some time later, but not during long synchronous code.
 */
export abstract class Held {
  readonly #engine: Engine;
  readonly #resources: Releasable;
  readonly #name: string;
  readonly #maker: string;
  #disposed = false;

  /** @internal */
  constructor(engine: Engine, resources: Releasable, name: string, maker: string) {
    this.#engine = engine;
    this.#resources = resources;
    this.#name = name;
    this.#maker = maker;
    engine.own(this, resources);
  }

  /** Whether this object or its engine was disposed of. */
  get disposed(): boolean {
    return this.#disposed || this.#engine.disposed;
  }

  /**
   * Gives all memory back, that of its right-hand sides too. Idempotent.
   *
   * @example
   * ```ts
   * import { createSolver, SparseMatrix } from 'lacuna';
   *
   * const solver = await createSolver(SparseMatrix.identity(2));
   * solver.dispose();
   * console.log(solver.disposed); // true
   * ```
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#engine.disown(this.#resources);
  }

  /** @internal The core, for one use. */
  core(): Core {
    if (this.#disposed) {
      throw new LacunaError('disposed', `the ${this.#name} was disposed of`, { remedy: `Create another with ${this.#maker}()` });
    }
    return this.#engine.core();
  }

  /** @internal Runs a call into the core. */
  run<T>(call: () => T): T {
    return this.#engine.run(call);
  }
}

export interface Held extends Scoped {}
