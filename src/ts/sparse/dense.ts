import { LacunaError } from '../errors.js';
import type { CsrArrays } from './csr.js';
import { EntryBuffer } from './entry-buffer.js';
import { checkLength, checkList, checkSize, checkStorage, MAX_DENSE_SIDE, readValues, reserve } from './validate.js';

/** CSR of a dense matrix given as one row-major list; zeros are dropped. */
export function denseFromFlat(rows: unknown, cols: unknown, values: unknown): CsrArrays {
  const height = checkSide('rows', rows);
  const width = checkSide('cols', cols);
  const list = checkList('values', values);
  checkLength('values', list, height * width, 'rows × cols');
  return gather(height, width, (i, into) => readValues('values', list, i * width, into));
}

/** CSR of a dense matrix given as a list of rows; zeros are dropped. */
export function denseFromRows(values: unknown): CsrArrays {
  const list = checkList('values', values) as unknown as ArrayLike<unknown>;
  const height = checkSide('values.length', list.length);
  const width = checkSide('values[0].length', checkList('values[0]', list[0]).length);
  return gather(height, width, (i, into) => {
    const argument = `values[${i}]`;
    const row = checkList(argument, list[i]);
    checkLength(argument, row, width, 'the length of the first row');
    readValues(argument, row, 0, into);
  });
}

function gather(rows: number, cols: number, read: (row: number, into: Float64Array) => void): CsrArrays {
  const line = reserve(() => new Float64Array(cols));
  const entries = new EntryBuffer();
  const indptr = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i++) {
    read(i, line);
    for (let j = 0; j < cols; j++) if (line[j] !== 0) entries.append(i, j, line[j]!);
    checkStorage(rows, entries.count);
    indptr[i + 1] = entries.count;
  }
  return { rows, cols, indptr, indices: reserve(() => entries.cols.slice()), data: reserve(() => entries.values.slice()) };
}

function checkSide(argument: string, value: unknown): number {
  const side = checkSize(argument, value);
  if (side > MAX_DENSE_SIDE) {
    throw new LacunaError('too-large', `${side} is past the largest side of a dense matrix, ${MAX_DENSE_SIDE}`, {
      argument,
      remedy: 'Build the matrix from triplets or CSR',
    });
  }
  return side;
}
