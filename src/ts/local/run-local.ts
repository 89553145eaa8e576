import type { NativeHandle, NativeLine, NativeQuery } from '#core';
import { LacunaError } from '../errors.js';
import { COLUMNS, ROWS, type Status, STATUSES, VALUES, word } from '../native/codes.js';
import type { Resources } from '../native/resources.js';
import { runSteps, type Steps, type TaskHost } from '../native/run-task.js';
import { asDoubles, doubles } from '../native/spans.js';
import type { CheckedControls } from '../options.js';
import type { KeptRhs } from './kept-rhs.js';
import type { CheckedBatch } from './row-source.js';

/** What tells why a call of it was refused. */
interface Refusing {
  status(): number;
  faultPosition(): number;
}

/** What native solvers have in common. */
export interface NativeLocal extends NativeHandle, Refusing {
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
}

/** What a query needs of the solver that it is asked of. */
export interface LocalHost extends TaskHost {
  /** The error for a status that a query ended with. */
  failed(status: Status, position: number): LacunaError;
  /** Rows or columns of a matrix that is not loaded; none where the caller has cancelled. */
  fetch?(kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined>;
}

/**
 * Puts lists into linear memory, runs what begins with their addresses, and reads its result. `way`
 * is what was asked for.
 */
export function* runLocal<T extends NativeQuery | NativeLine, R>(
  host: LocalHost,
  resources: Resources<NativeHandle>,
  /** Tells why nothing could begin. */
  native: Refusing,
  way: string,
  lists: readonly ArrayLike<number>[],
  begin: (at: readonly number[]) => T | null,
  controls: CheckedControls | undefined,
  read: (task: T, stopped: boolean) => R,
  kept?: KeptRhs,
): Steps<R> {
  const { span, at } = resources.put(...lists);
  let task: T | null = null;
  const fail = (status: number): LacunaError => failure(host, status, (task ?? native).faultPosition(), way);
  try {
    task = host.run(() => begin(at));
    if (task === null) throw fail(native.status());
    resources.add(task);
    const supply = (): Steps<void> => bring(host, resources, task!, controls, fail, kept);
    return read(task, yield* runSteps(host, task, controls, true, fail, supply));
  } finally {
    resources.end(task);
    resources.free(span);
  }
}

/** A task that waits for lines. */
export type Waiting = Pick<NativeLine, 'wanted' | 'wantedCount' | 'supplyLines'>;

/** Brings what a query waits for. */
export function* bring(
  host: LocalHost,
  resources: Resources<NativeHandle>,
  task: Waiting,
  controls: CheckedControls | undefined,
  fail: (status: number) => LacunaError,
  kept?: KeptRhs,
): Steps<void> {
  const wanted = (kind: number): Float64Array => doubles(host.core(), task.wanted(kind), task.wantedCount(kind));
  let idle = true;
  for (const kind of [ROWS, COLUMNS, VALUES]) {
    const ids = wanted(kind);
    if (ids.length === 0) continue;
    idle = false;
    const batch: Partial<CheckedBatch> | undefined =
      kind === VALUES ? { values: kept!.values(ids) } : yield* host.fetch!(kind, ids, controls);
    if (batch === undefined) return;
    // Other queries may have brought the same meanwhile, or asked for more: then it is to ask anew.
    const now = wanted(kind);
    const isStale = !ids.every((id, k) => id === now[k]) || (kind === VALUES && now.length > ids.length);
    if (isStale && kind === VALUES) continue;
    const { values = [], indices = [], counts = [] } = isStale ? {} : batch;
    const { span, at } = resources.put(values, indices, asDoubles(counts));
    const [valuesAt, indicesAt, countsAt] = at as [number, number, number];
    const status = host.run(() =>
      kind === VALUES
        ? (task as NativeQuery).supplyValues(valuesAt)
        : task.supplyLines(kind, counts.length, countsAt, indicesAt, valuesAt),
    );
    resources.free(span);
    if (status !== 0) throw fail(status);
  }
  if (idle) throw fail(STATUSES.indexOf('internal'));
}

function failure(host: LocalHost, code: number, position: number, way: string): LacunaError {
  const status = word(STATUSES, code);
  if (status === 'not-ready') {
    // Of lines only columns are refused, by sources that have none.
    const argument = way === 'column' ? 'source.columns' : 'options.method';
    return new LacunaError('invalid-option', `there is no '${way}' here`, { argument, remedy: 'See what it needs' });
  }
  if (status !== 'invalid-argument') return host.failed(status, position);
  return new LacunaError('declaration-violated', 'breaks what was declared', { argument: 'b.value', position });
}
