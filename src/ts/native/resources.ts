import type { NativeHandle, NativeModule, NativeSolver } from '#core';
import type { Releasable } from './instance.js';
import { DOUBLE, Span } from './spans.js';

/**
 * Everything a solver holds in linear memory: the native solver, kept spans, running tasks, native
 * right-hand sides. Knows nothing of the solver, so that a solver that was forgotten can be
 * collected and this released.
 */
export class Resources<N extends NativeHandle = NativeSolver> implements Releasable {
  readonly native: N;
  readonly #core: NativeModule;
  readonly #spans = new Set<Span>();
  readonly #handles = new Set<NativeHandle>();

  constructor(core: NativeModule, native: N) {
    this.#core = core;
    this.native = native;
  }

  span(length: number): Span {
    const span = new Span(this.#core, length);
    this.#spans.add(span);
    return span;
  }

  /** Several spans, or none where there is no room for all. */
  spans(...lengths: readonly number[]): Span[] {
    const made: Span[] = [];
    try {
      for (const length of lengths) made.push(this.span(length));
    } catch (error) {
      for (const span of made) this.free(span);
      throw error;
    }
    return made;
  }

  /** A span that holds lists one after another, and their addresses. */
  put(...lists: readonly ArrayLike<number>[]): { readonly span: Span; readonly at: number[] } {
    const span = this.span(lists.reduce((sum, { length }) => sum + length, 1));
    const view = span.view();
    let start = 0;
    const at = lists.map((list) => {
      view.set(list, start);
      start += list.length;
      return span.address + (start - list.length) * DOUBLE;
    });
    return { span, at };
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
