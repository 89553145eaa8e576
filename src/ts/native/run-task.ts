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

/** What a task needs of whoever runs it. */
export interface TaskHost {
  readonly sliceable: boolean;
  /** Runs a call into the core. */
  run<T>(call: () => T): T;
  /** Throws `disposed` once the solver or its engine is gone. */
  requireAlive(): void;
  /** Throws for a status that is not `ok`. */
  check(status: number): void;
  /** Brings what the task waits for. */
  supply?(): Steps<void>;
}

/**
 * Runs a task to its end and returns whether it was stopped. Without controls in one go; with them
 * in slices, yielding what is to be awaited: a turn of the event loop, or rows.
 */
export function* runSteps(task: Sliceable, controls: CheckedControls | undefined, host: TaskHost): Steps<boolean> {
  const cut = controls !== undefined && host.sliceable;
  const turns = controls && openTurns();
  try {
    let turned = performance.now();
    const limit = turned + (controls?.timeLimit ?? Infinity);
    for (;;) {
      const now = performance.now();
      const stop = controls?.signal?.aborted ? 'cancelled' : now >= limit ? 'budget' : undefined;
      if (stop !== undefined) {
        host.check(host.run(() => task.stop(REASONS.indexOf(stop))));
        return true;
      }
      const deadline = cut ? Math.min(turned + controls.slice, limit) : Infinity;
      // A clock that stands still, as in Workers, must not make a slice endless.
      const work = cut ? controls.slice * FLOPS_PER_MILLISECOND : Infinity;
      const state = host.run(() => task.step(work, deadline));
      if (state === FAILED) host.check(task.status());
      controls?.onProgress?.({ fraction: task.progress(), iterations: task.iterations?.() ?? 0 });
      host.requireAlive();
      if (state === WAITING) yield* host.supply!();
      else if (state !== RUNNING) return false;
      if (turns !== undefined && (state === RUNNING || performance.now() >= deadline)) {
        yield turns.next();
        turned = performance.now();
      }
      host.requireAlive();
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
