import type { Core, NativeHandle, NativeSolver } from '#core';
import type { Releasable } from '../engine.js';
import { Span } from './spans.js';

/**
 * Everything a solver holds in linear memory: the native solver, kept spans, running tasks, native
 * right-hand sides. Knows nothing of the solver, so that a solver that was forgotten can be
 * collected and this released.
 */
export class Resources<N extends NativeHandle = NativeSolver> implements Releasable {
  readonly native: N;
  readonly #core: Core;
  readonly #spans = new Set<Span>();
  readonly #handles = new Set<NativeHandle>();

  constructor(core: Core, native: N) {
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

  add(handle: NativeHandle): void {
    this.#handles.add(handle);
  }

  end(handle: NativeHandle | null | undefined): void {
    if (handle && this.#handles.delete(handle)) handle.delete();
  }

  release(): void {
    for (const handle of this.#handles) handle.delete();
    this.#handles.clear();
    for (const span of this.#spans) span.free();
    this.#spans.clear();
    this.native.delete();
  }
}
