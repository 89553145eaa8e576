import type { CheckedBatch, RowBatch } from '../local/row-source.js';
import { checkIndex, checkLength, checkList, describe, LacunaError, MAX_SIZE, sparseParts } from '../shared.js';

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
