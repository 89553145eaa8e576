import type { CheckedBatch, RowBatch } from '../local/row-source.js';
import { type CheckedControls, checkIndex, checkLength, checkList, consult, describe, LacunaError, MAX_SIZE, sparseParts, type Steps } from '../shared.js';

export type { CheckedBatch };

/** Checks a batch of `lines` rows of a matrix of `size` columns; the core checks each row as such. */
export function checkBatch(argument: string, batch: RowBatch, lines: number, size: number): CheckedBatch {
  if (typeof batch !== 'object' || batch === null) {
    throw new LacunaError('invalid-argument', `must give { counts, indices, values }, got ${describe(batch)}`, { argument });
  }
  const given = checkList(`${argument}.counts`, batch.counts);
  checkLength(`${argument}.counts`, given, lines, 'one for each row asked for');
  const counts = Int32Array.from(given, (count, k) => checkIndex(`${argument}.counts`, count, MAX_SIZE, k));
  const { ids, values } = sparseParts(argument, batch, size);
  const entries = counts.reduce((sum, count) => sum + count, 0);
  checkLength(`${argument}.indices`, ids, entries, 'the sum of the counts');
  return { counts, indices: ids, values };
}

/** Asks a source at once, or awaits it where the call may wait. None where the caller has cancelled. */
export function* fetchBatch(argument: string, ask: () => unknown, controls: CheckedControls | undefined): Steps<{ readonly batch: unknown } | undefined> {
  const batch: unknown = consult(argument, ask);
  if (!isPromise(batch)) return { batch };
  const settled = batch.then(
    (given) => () => given,
    (cause: unknown) => () => {
      throw cause;
    },
  );
  if (controls === undefined) {
    throw new LacunaError('invalid-argument', 'gave a promise, which this call cannot wait for', {
      argument,
      remedy: 'Use the call of the same name that ends in Async',
    });
  }
  const result = (yield settled) as () => unknown;
  // A source that gave up because it saw the same signal has not failed.
  if (controls.signal?.aborted) return undefined;
  return { batch: consult(argument, result) };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}
