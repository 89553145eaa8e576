import type { NativeModule } from '#core';
import type { LacunaError } from '../errors.js';
import type { CheckedControls } from '../options.js';
import { FAILED, REASONS, RUNNING, WAITING } from './codes.js';
import { openTurns } from './turn.js';

/** Bounds a slice where the clock does not: more than any engine does. */
const FLOPS_PER_MILLISECOND = 4e6;

/** A call in pieces: yields promises, which are never rejected, and is given what they bring. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** Work that can be cut: a solve or a query. */
export interface Sliceable {
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  progress(): number;
  iterations?(): number;
}

/** What a task, or a right-hand side, needs of the solver that it belongs to. */
export interface TaskHost<M extends NativeModule = NativeModule> {
  /** The module; throws `disposed` once the solver or its engine is gone. */
  core(): M;
  /** Runs a call into the core. */
  run<T>(call: () => T): T;
}

/**
 * Runs a task to its end and returns whether it was stopped. Without controls in one go; with them
 * in slices, where `sliceable`, yielding what is to be awaited: a turn of the event loop, or rows.
 * `fail` makes errors of statuses, `supply` brings what the task waits for.
 */
export function* runSteps(
  host: TaskHost,
  task: Sliceable,
  controls: CheckedControls | undefined,
  sliceable: boolean,
  fail: (status: number) => LacunaError,
  supply?: () => Steps<void>,
): Steps<boolean> {
  const cut = controls !== undefined && sliceable;
  const turns = controls && openTurns();
  try {
    let turned = performance.now();
    const limit = turned + (controls?.timeLimit ?? Infinity);
    for (;;) {
      const now = performance.now();
      const stop = controls?.signal?.aborted ? 'cancelled' : now >= limit ? 'budget' : undefined;
      if (stop !== undefined) {
        const status = host.run(() => task.stop(REASONS.indexOf(stop)));
        if (status !== 0) throw fail(status);
        return true;
      }
      const deadline = cut ? Math.min(turned + controls.slice, limit) : Infinity;
      // A clock that stands still, as in Workers, must not make a slice endless.
      const work = cut ? controls.slice * FLOPS_PER_MILLISECOND : Infinity;
      const state = host.run(() => task.step(work, deadline));
      if (state === FAILED) throw fail(task.status());
      controls?.onProgress?.({ fraction: task.progress(), iterations: task.iterations?.() ?? 0 });
      host.core();
      if (state === WAITING) yield* supply!();
      else if (state !== RUNNING) return false;
      if (turns !== undefined && (state === RUNNING || performance.now() >= deadline)) {
        yield turns.next();
        turned = performance.now();
      }
      host.core();
    }
  } finally {
    turns?.close();
  }
}

/** Runs to the end what never has to wait. */
export function complete<T>(steps: Steps<T>): T {
  return steps.next().value as T;
}

/** Runs to the end, awaiting what is yielded. */
export async function settle<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next();
  while (!next.done) next = steps.next(await next.value);
  return next.value;
}
