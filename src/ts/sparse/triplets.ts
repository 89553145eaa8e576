import { compressTriplets } from './compress.js';
import type { CsrArrays } from './csr.js';
import { checkLength, checkList, checkShape, checkStorage, copyIndices, copyValues } from './validate.js';

/** The checked door for triplets: lengths before copies, copies before their contents, then compression. */
export function checkedTriplets(
  rows: unknown,
  cols: unknown,
  rowIndices: unknown,
  colIndices: unknown,
  values: unknown,
): CsrArrays {
  const [height, width] = checkShape(rows, cols);
  const rowList = checkList('rowIndices', rowIndices);
  const colList = checkList('colIndices', colIndices);
  const valueList = checkList('values', values);
  checkLength('colIndices', colList, rowList.length, 'the length of rowIndices');
  checkLength('values', valueList, rowList.length, 'the length of rowIndices');
  checkStorage(height, rowList.length);
  const i = copyIndices('rowIndices', rowList, height);
  const j = copyIndices('colIndices', colList, width);
  return compressTriplets(height, width, i, j, copyValues('values', valueList));
}
