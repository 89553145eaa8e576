import type { Core, NativeSolver, NativeTask } from '#core';
import type { Releasable } from '../engine.js';
import { Span } from './spans.js';

/**
 * Everything a solver holds in linear memory: the native solver, kept spans, running tasks. Knows
 * nothing of the solver, so that a solver that was forgotten can be collected and this released.
 */
export class Resources implements Releasable {
  readonly native: NativeSolver;
  readonly #core: Core;
  readonly #spans = new Set<Span>();
  readonly #tasks = new Set<NativeTask>();

  constructor(core: Core, native: NativeSolver) {
    this.#core = core;
    this.native = native;
  }

  span(length: number): Span {
    const span = new Span(this.#core, length);
    this.#spans.add(span);
    return span;
  }

  free(span: Span | undefined): void {
    if (span !== undefined && this.#spans.delete(span)) span.free();
  }

  add(task: NativeTask): void {
    this.#tasks.add(task);
  }

  end(task: NativeTask): void {
    if (this.#tasks.delete(task)) task.delete();
  }

  release(): void {
    for (const task of this.#tasks) task.delete();
    this.#tasks.clear();
    for (const span of this.#spans) span.free();
    this.#spans.clear();
    this.native.delete();
  }
}
