import type { Core } from '#core';
import type { CheckedControls, CheckedTolerances } from '../options.js';
import { SOLVE_FIELDS } from '../report.js';
import { FAILED, REASONS, RUNNING } from './codes.js';
import type { Resources } from './resources.js';
import { DOUBLE, type Span } from './spans.js';
import { openTurns } from './turn.js';

/** Bounds a slice where the clock does not: more than any engine does. */
const FLOPS_PER_MILLISECOND = 4e6;

/** What a task needs of the solver that it runs for. */
export interface TaskHost {
  readonly sliceable: boolean;
  /** Runs a call into the core. */
  run<T>(call: () => T): T;
  /** Throws `disposed` once the solver or its engine is gone. */
  requireAlive(): void;
  /** Throws for a status that is not `ok`. */
  check(status: number): void;
}

/** Solves in slices, the event loop turning in between; x and the report are complete at the end. */
export async function runTask(
  core: Core,
  resources: Resources,
  { rhs, x, report }: { readonly rhs: Span; readonly x: Span; readonly report: Span },
  flags: number,
  { rtol, atol, maxiter }: CheckedTolerances,
  { signal, onProgress, slice, timeLimit }: CheckedControls,
  host: TaskHost,
): Promise<void> {
  const { native } = resources;
  const task = host.run(() => native.begin(rhs.address, x.address, 1, flags, rtol, atol, maxiter));
  if (task === null) return host.check(native.status());
  resources.add(task);
  const turns = openTurns();
  try {
    const limit = performance.now() + timeLimit;
    for (;;) {
      const now = performance.now();
      const stop = signal?.aborted ? 'cancelled' : now >= limit ? 'budget' : undefined;
      if (stop !== undefined) {
        host.check(host.run(() => task.stop(REASONS.indexOf(stop))));
        break;
      }
      const deadline = host.sliceable ? Math.min(now + slice, limit) : Infinity;
      // A clock that stands still, as in Workers, must not make a slice endless.
      const work = host.sliceable ? slice * FLOPS_PER_MILLISECOND : Infinity;
      const state = host.run(() => task.step(work, deadline));
      if (state === FAILED) host.check(task.status());
      onProgress?.({ fraction: task.progress(), iterations: task.iterations() });
      host.requireAlive();
      if (state !== RUNNING) break;
      await turns.next();
      host.requireAlive();
    }
    // The report is copied out before the task, which owns it, ends.
    const from = (task.reports() >>> 0) / DOUBLE;
    core.HEAPF64.copyWithin(report.address / DOUBLE, from, from + SOLVE_FIELDS);
  } finally {
    turns.close();
    resources.end(task);
  }
}
