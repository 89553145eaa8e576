import { LacunaError } from '../errors.js';
import { type CsrArrays, transposeCsr } from '../sparse/csr.js';
import { checkOptions, describe } from '../sparse/validate.js';
import type { Symmetry } from './header.js';

/** How to write a matrix. */
export interface MatrixMarketOptions {
  /**
   * Which triangle to store. `'symmetric'` and `'skew-symmetric'` write the lower triangle and demand that
   * the matrix is exactly so, pattern and values. Default `'general'`.
   */
  symmetry?: Symmetry | undefined;
  /** Text for the comment lines after the header; may have several lines of up to 1,000 characters. */
  comment?: string | undefined;
}

const SYMMETRIES: readonly unknown[] = ['general', 'symmetric', 'skew-symmetric'];

/** Characters gathered before a piece is handed out. */
const PIECE = 1 << 15;

/** The longest comment line: the format allows 1,024 characters, ours start with "% ". */
const MAX_COMMENT = 1000;

/** Checks options and symmetry, then writes the file in pieces. Values are the shortest that read back equal. */
export function writeMatrixMarket(matrix: CsrArrays, options?: MatrixMarketOptions): Generator<string, void, undefined> {
  const { symmetry = 'general', comment } = checkOptions(options, ['symmetry', 'comment']);
  if (!SYMMETRIES.includes(symmetry)) {
    throw new LacunaError('invalid-option', `must be one of ${SYMMETRIES.join(', ')}, got ${describe(symmetry)}`, {
      argument: 'options.symmetry',
    });
  }
  const remarks = commentLines(comment);
  if (symmetry !== 'general') checkSymmetry(matrix, symmetry);
  return pieces(matrix, symmetry, remarks);
}

function* pieces(matrix: CsrArrays, symmetry: Symmetry, remarks: string): Generator<string, void, undefined> {
  const { rows, cols, indptr, indices, data } = matrix;
  let text = `%%MatrixMarket matrix coordinate real ${symmetry}\n${remarks}${rows} ${cols} ${stored(matrix, symmetry)}\n`;
  for (let i = 0; i < rows; i++) {
    const end = rowEnd(matrix, symmetry, i);
    for (let k = indptr[i]!; k < end; k++) {
      const value = data[k]!;
      text += `${i + 1} ${indices[k]! + 1} ${value === 0 && 1 / value < 0 ? '-0' : value}\n`;
      if (text.length < PIECE) continue;
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}

/** Number of entries the file holds. */
function stored(matrix: CsrArrays, symmetry: Symmetry): number {
  let count = 0;
  for (let i = 0; i < matrix.rows; i++) count += rowEnd(matrix, symmetry, i) - matrix.indptr[i]!;
  return count;
}

/** End of the part of a row to be written: all of it, up to the diagonal, or short of the diagonal. */
function rowEnd({ indptr, indices }: CsrArrays, symmetry: Symmetry, row: number): number {
  let end = indptr[row + 1]!;
  if (symmetry === 'general') return end;
  const last = symmetry === 'symmetric' ? row : row - 1;
  while (end > indptr[row]! && indices[end - 1]! > last) end--;
  return end;
}

function checkSymmetry(matrix: CsrArrays, symmetry: Symmetry): void {
  const { rows, cols, indptr, indices, data } = matrix;
  if (rows !== cols) {
    throw new LacunaError('not-square', `a ${symmetry} matrix must be square, this one is ${rows} × ${cols}`, {
      argument: 'matrix',
    });
  }
  const sign = symmetry === 'symmetric' ? 1 : -1;
  const mirror = transposeCsr(matrix);
  let k = 0;
  let m = 0;
  for (let i = 0; i < rows; i++) {
    while (k < indptr[i + 1]! || m < mirror.indptr[i + 1]!) {
      const column = k < indptr[i + 1]! ? indices[k]! : rows;
      const other = m < mirror.indptr[i + 1]! ? mirror.indices[m]! : rows;
      if (column === other && data[k++]! === sign * mirror.data[m++]!) continue;
      throw new LacunaError('not-symmetric', `the matrix is not ${symmetry}`, {
        argument: 'matrix',
        position: [i, Math.min(column, other)],
        remedy: "Write it with symmetry 'general'",
      });
    }
  }
}

function commentLines(comment: unknown): string {
  if (comment === undefined) return '';
  if (typeof comment !== 'string') {
    throw new LacunaError('invalid-option', `must be a string, got ${describe(comment)}`, { argument: 'options.comment' });
  }
  const lines = comment.split(/\r\n|\r|\n/);
  if (lines.some((line) => line.length > MAX_COMMENT)) {
    throw new LacunaError('invalid-option', `a line is longer than ${MAX_COMMENT} characters`, {
      argument: 'options.comment',
    });
  }
  return lines.map((line) => `% ${line}`.trimEnd() + '\n').join('');
}
