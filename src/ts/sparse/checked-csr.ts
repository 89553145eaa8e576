import { LacunaError } from '../errors.js';
import { canonicalize } from './compress.js';
import type { CsrArrays } from './csr.js';
import {
  checkFlag,
  checkLength,
  checkList,
  checkOptions,
  checkStorage,
  copyIndices,
  copyValues,
  MAX_SIZE,
} from './validate.js';

/** How to take compressed input. */
export interface CompressedOptions {
  /** Sort the indices and sum duplicates (in the order of the input) instead of refusing them. Default false. */
  sort?: boolean | undefined;
}

/** Names under which the two formats know the same arrays, for messages. */
interface Axis {
  readonly major: 'row' | 'column';
  readonly count: 'rows' | 'cols';
}

export const ROWS: Axis = { major: 'row', count: 'rows' };
export const COLUMNS: Axis = { major: 'column', count: 'cols' };

/**
 * The one checked door for compressed input. Copies the arrays, proves the invariants of {@link CsrArrays}
 * and, with `sort`, establishes the order instead of demanding it. CSC comes in as the CSR of the transpose.
 */
export function checkedCsr(
  axis: Axis,
  major: number,
  minor: number,
  indptr: unknown,
  indices: unknown,
  data: unknown,
  options: CompressedOptions | undefined,
): CsrArrays {
  const sort = checkFlag('sort', checkOptions(options, ['sort']).sort, false);
  const pointerList = checkList('indptr', indptr);
  const indexList = checkList('indices', indices);
  const valueList = checkList('data', data);
  checkLength('indptr', pointerList, major + 1, `${axis.count} + 1`);
  checkLength('data', valueList, indexList.length, 'the length of indices');
  checkStorage(major, indexList.length);

  const pointers = copyIndices('indptr', pointerList, MAX_SIZE);
  checkPointers(axis, pointers, indexList.length);
  const matrix: CsrArrays = {
    rows: major,
    cols: minor,
    indptr: pointers,
    indices: copyIndices('indices', indexList, minor),
    data: copyValues('data', valueList),
  };
  if (sort) return canonicalize(matrix);
  checkOrder(axis, matrix);
  return matrix;
}

function checkPointers(axis: Axis, pointers: Int32Array, count: number): void {
  const last = pointers.length - 1;
  if (pointers[0] !== 0) {
    throw new LacunaError('invalid-argument', `must start with 0, got ${pointers[0]}`, { argument: 'indptr', position: 0 });
  }
  for (let i = 1; i <= last; i++) {
    if (pointers[i]! < pointers[i - 1]!) {
      throw new LacunaError(
        'invalid-argument',
        `must not decrease, but ${axis.major} ${i - 1} would run from ${pointers[i - 1]} to ${pointers[i]}`,
        { argument: 'indptr', position: i },
      );
    }
  }
  if (pointers[last] !== count) {
    throw new LacunaError('invalid-argument', `must end with the number of entries, ${count}, got ${pointers[last]}`, {
      argument: 'indptr',
      position: last,
    });
  }
}

function checkOrder(axis: Axis, matrix: CsrArrays): void {
  const { rows, indptr, indices } = matrix;
  for (let i = 0; i < rows; i++) {
    const end = indptr[i + 1]!;
    for (let k = indptr[i]! + 1; k < end; k++) {
      const previous = indices[k - 1]!;
      const index = indices[k]!;
      if (index > previous) continue;
      const same = index === previous;
      throw new LacunaError(
        same ? 'duplicate-entry' : 'unsorted-indices',
        same ? `${axis.major} ${i} holds ${index} twice` : `${axis.major} ${i} holds ${index} after ${previous}`,
        {
          argument: 'indices',
          position: k,
          remedy: 'Pass { sort: true } to have entries sorted and duplicates summed',
          details: { [axis.major]: i },
        },
      );
    }
  }
}
