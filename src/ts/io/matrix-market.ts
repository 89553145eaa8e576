import { LacunaError } from '../errors.js';
import { SparseMatrix } from '../matrix.js';
import { describe } from '../sparse/validate.js';
import { type MatrixMarketOptions, writeMatrixMarket } from './writer.js';

export type { Symmetry } from './header.js';
export type { MatrixMarketOptions } from './writer.js';

/**
 * Reads a text or file in Matrix Market format; the same as {@link SparseMatrix.fromMatrixMarket}.
 *
 * @throws ParseError with line and column
 * @example
 * ```ts
 * import { parseMatrixMarket } from 'lacuna';
 *
 * const A = parseMatrixMarket('%%MatrixMarket matrix array real general\n2 1\n5\n6\n');
 * console.log(A.get(1, 0)); // 6
 * ```
 */
export function parseMatrixMarket(text: string | Uint8Array): SparseMatrix {
  return SparseMatrix.fromMatrixMarket(text);
}

/**
 * Reads a stream in Matrix Market format; the same as {@link SparseMatrix.fromMatrixMarketStream}.
 *
 * @throws ParseError with line and column
 * @example
 * ```ts
 * import { parseMatrixMarketStream } from 'lacuna';
 *
 * async function* source() {
 *   yield '%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1';
 *   yield ' 2.5\n';
 * }
 * const A = await parseMatrixMarketStream(source());
 * console.log(A.get(0, 0)); // 2.5
 * ```
 */
export function parseMatrixMarketStream(
  stream: ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<SparseMatrix> {
  return SparseMatrix.fromMatrixMarketStream(stream);
}

/**
 * Writes a matrix as text in Matrix Market coordinate format; the same as {@link SparseMatrix.toMatrixMarket}.
 *
 * @throws LacunaError `not-square`, `not-symmetric`, `invalid-option`, `too-large`
 * @example
 * ```ts
 * import { formatMatrixMarket, SparseMatrix } from 'lacuna';
 *
 * const text = formatMatrixMarket(SparseMatrix.identity(2), { comment: 'two by two' });
 * console.log(text.split('\n')[0]); // %%MatrixMarket matrix coordinate real general
 * ```
 */
export function formatMatrixMarket(matrix: SparseMatrix, options?: MatrixMarketOptions): string {
  return checkMatrix(matrix).toMatrixMarket(options);
}

/**
 * The text of {@link formatMatrixMarket} in pieces of about 32 kB, for files too large for one string. Options and
 * symmetry are checked at once, not at the first piece.
 *
 * @throws LacunaError `not-square`, `not-symmetric`, `invalid-option`
 * @example
 * ```ts
 * import { matrixMarketPieces, SparseMatrix } from 'lacuna';
 *
 * let length = 0;
 * for (const piece of matrixMarketPieces(SparseMatrix.identity(10_000))) length += piece.length;
 * console.log(length); // 117852
 * ```
 */
export function matrixMarketPieces(
  matrix: SparseMatrix,
  options?: MatrixMarketOptions,
): Generator<string, void, undefined> {
  return writeMatrixMarket(checkMatrix(matrix).csrViews(), options);
}

function checkMatrix(matrix: unknown): SparseMatrix {
  if (matrix instanceof SparseMatrix) return matrix;
  throw new LacunaError('invalid-argument', `must be a SparseMatrix, got ${describe(matrix)}`, { argument: 'matrix' });
}
