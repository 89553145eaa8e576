import type { Core, NativeHandle } from '#core';
import type { Scoped } from '../dispose.js';
import type { Engine, Releasable } from '../engine.js';
import { LacunaError } from '../errors.js';
import type { CheckedControls } from '../options.js';
import type { Resources } from './resources.js';
import { runSteps, type Sliceable, type Steps, type TaskHost } from './run-task.js';

/**
 * What holds linear memory until it is disposed of: a solver, a graph. One that is forgotten is
 * collected some time later, but not during long synchronous code.
 */
export abstract class Held {
  readonly #engine: Engine;
  readonly #resources: Releasable & Pick<Resources, 'add'>;
  readonly #name: string;
  readonly #maker: string;
  #disposed = false;

  /** @internal */
  constructor(engine: Engine, resources: Releasable & Pick<Resources, 'add'>, name: string, maker: string) {
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

  /** @internal Runs a task to its end and returns whether it was stopped. */
  drive(
    task: Sliceable & NativeHandle,
    controls: CheckedControls | undefined,
    host: Pick<TaskHost, 'sliceable' | 'supply'>,
    fail: (status: number) => LacunaError,
  ): Steps<boolean> {
    this.#resources.add(task);
    return runSteps(task, controls, {
      ...host,
      run: (call) => this.run(call),
      requireAlive: () => void this.core(),
      check: (status) => {
        if (status !== 0) throw fail(status);
      },
    });
  }
}

export interface Held extends Scoped {}
