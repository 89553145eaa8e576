import type { NativeModule } from '#core';
import type { Scoped } from '../dispose.js';
import { LacunaError } from '../errors.js';
import type { Host, Releasable } from './instance.js';

/**
 * What holds linear memory until it is disposed of: a solver, a graph. One that is forgotten is
 * collected some time later, but not during long synchronous code.
 */
export abstract class Held {
  readonly #host: Host;
  readonly #resources: Releasable;
  readonly #name: string;
  readonly #maker: string;
  #disposed = false;

  /** @internal */
  constructor(host: Host, resources: Releasable, name: string, maker: string) {
    this.#host = host;
    this.#resources = resources;
    this.#name = name;
    this.#maker = maker;
    host.own(this, resources);
  }

  /** Whether this object or its engine was disposed of. */
  get disposed(): boolean {
    return this.#disposed || this.#host.disposed;
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
    this.#host.disown(this.#resources);
  }

  /** @internal The module, for one use. */
  core(): NativeModule {
    if (this.#disposed) {
      throw new LacunaError('disposed', `the ${this.#name} was disposed of`, { remedy: `Create another with ${this.#maker}()` });
    }
    return this.#host.core();
  }

  /** @internal Runs a call into the module. */
  run<T>(call: () => T): T {
    return this.#host.run(call);
  }
}

export interface Held extends Scoped {}
