import type { NativeModule } from '#core';
import type { EngineStats } from '../engine.js';
import { LacunaError } from '../errors.js';

/** The release of an object's memory, apart from the object, so that it can outlive it. */
export interface Releasable {
  release(): void;
}

/** What an object in linear memory needs of the module instance that it lives in. */
export interface Host<M extends NativeModule = NativeModule> {
  readonly disposed: boolean;
  /** The module, for one use. */
  core(): M;
  /**
   * Runs a call into the module. A trap leaves the instance in an unknown state: it refuses to go on.
   */
  run<T>(call: (core: M) => T): T;
  /** Ties the memory of `owner` to this instance. */
  own(owner: object, held: Releasable): void;
  /** Gives the memory back now. */
  disown(held: Releasable): void;
}

/** A running module, its memory, and all that lives there. */
export class Instance<M extends NativeModule = NativeModule> implements Host<M> {
  readonly memory: WebAssembly.Memory;
  readonly #owned = new Set<Releasable>();
  readonly #net: FinalizationRegistry<Releasable> | undefined;
  #core: M | undefined;
  #fault: unknown;

  constructor(core: M, memory: WebAssembly.Memory) {
    this.#core = core;
    this.memory = memory;
    // A net below forgotten solvers, not a plan: it never runs during long synchronous code.
    this.#net =
      typeof FinalizationRegistry === 'undefined' ? undefined : new FinalizationRegistry((held) => this.#release(held));
  }

  get disposed(): boolean {
    return this.#core === undefined;
  }

  dispose(): void {
    for (const held of [...this.#owned]) this.#release(held);
    this.#core = undefined;
  }

  core(): M {
    if (this.#core === undefined) {
      throw new LacunaError('disposed', 'the engine was disposed of', { remedy: 'Load another with loadEngine()' });
    }
    if (this.#fault !== undefined) {
      throw new LacunaError('internal', 'the core of this engine has crashed before', {
        remedy: 'Load another engine',
        cause: this.#fault,
      });
    }
    return this.#core;
  }

  run<T>(call: (core: M) => T): T {
    const core = this.core();
    try {
      return call(core);
    } catch (error) {
      if (error instanceof LacunaError) throw error;
      this.#fault = error;
      throw new LacunaError('internal', 'the core crashed', {
        remedy: 'Load another engine; please report this with the matrix',
        cause: error,
      });
    }
  }

  own(owner: object, held: Releasable): void {
    this.#owned.add(held);
    this.#net?.register(owner, held, held);
  }

  disown(held: Releasable): void {
    this.#net?.unregister(held);
    this.#release(held);
  }

  stats(): EngineStats {
    const core = this.core();
    return {
      heapBytes: this.memory.buffer.byteLength,
      usedBytes: core.usedBytes(),
      highWaterBytes: core.highWaterBytes(),
      liveHandles: core.liveHandles(),
    };
  }

  #release(held: Releasable): void {
    if (!this.#owned.delete(held)) return;
    // After a crash there is no memory to give back to.
    if (this.#core !== undefined && this.#fault === undefined) held.release();
  }
}
