import { describe, expect, it } from 'vitest';
import type { LacunaErrorCode } from '../../../src/ts/errors.js';
import { parseMatrixMarket } from '../../../src/ts/io/matrix-market.js';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { expectError, expectParseError } from '../support/errors.js';

const REAL = '%%MatrixMarket matrix coordinate real general';
const INTEGER = '%%MatrixMarket matrix coordinate integer general';
const PATTERN = '%%MatrixMarket matrix coordinate pattern general';
const SYMMETRIC = '%%MatrixMarket matrix coordinate real symmetric';
const SKEW = '%%MatrixMarket matrix coordinate real skew-symmetric';
const ARRAY = '%%MatrixMarket matrix array real general';

type Case = [lines: string[], code: LacunaErrorCode, line: number, column: number, words: string];

function check(cases: Case[]): void {
  it.each(cases)('%j', (lines, code, line, column, words) => {
    const text = lines.join('\n');
    expect(expectParseError(() => parseMatrixMarket(text), code, line, column).message).toContain(words);
    expectParseError(() => parseMatrixMarket(text.replaceAll('\n', '\r\n')), code, line, column);
    expectParseError(() => parseMatrixMarket(new TextEncoder().encode(text)), code, line, column);
  });
}

describe('the first line', () => {
  check([
    [[''], 'parse-error', 1, 1, 'the text is empty'],
    [['', REAL], 'parse-error', 1, 1, 'expected %%MatrixMarket, found the end of the line'],
    [['<!DOCTYPE html>'], 'parse-error', 1, 1, "expected %%MatrixMarket, found '<!doctype'"],
    [['% MatrixMarket matrix'], 'parse-error', 1, 1, 'expected %%MatrixMarket'],
    [['x'.repeat(9000)], 'parse-error', 1, 1, `found '${'x'.repeat(40)}…'`],
    [['%%MatrixMarket graph coordinate real general'], 'parse-error', 1, 16, "expected 'matrix', found 'graph'"],
    [['%%MatrixMarket vector coordinate real general'], 'unsupported-format', 1, 16, 'not vector objects'],
    [['%%MatrixMarket matrix elemental real general'], 'parse-error', 1, 23, "expected 'coordinate' or 'array'"],
    [['%%MatrixMarket matrix coordinate complex general'], 'unsupported-format', 1, 34, 'complex matrices are not supported'],
    [['%%MatrixMarket matrix array Complex general'], 'unsupported-format', 1, 29, 'split it into its real and imaginary parts'],
    [['%%MatrixMarket matrix coordinate complex hermitian'], 'unsupported-format', 1, 34, 'complex'],
    [['%%MatrixMarket matrix coordinate real hermitian'], 'unsupported-format', 1, 39, 'hermitian matrices are complex'],
    [['%%MatrixMarket matrix coordinate quaternion general'], 'parse-error', 1, 34, "expected 'real', 'integer' or 'pattern'"],
    [['%%MatrixMarket matrix coordinate constructor general'], 'parse-error', 1, 34, "found 'constructor'"],
    [['%%MatrixMarket matrix coordinate real lopsided'], 'parse-error', 1, 39, "found 'lopsided'"],
    [['%%MatrixMarket matrix coordinate real'], 'parse-error', 1, 38, 'found the end of the line'],
    [[`${REAL} extra`], 'parse-error', 1, 47, "unexpected 'extra' after the header"],
    [['%%MatrixMarket matrix array pattern general'], 'parse-error', 1, 29, "an array cannot be 'pattern'"],
    [['%%MatrixMarket matrix coordinate pattern skew-symmetric'], 'parse-error', 1, 42, "a pattern cannot be 'skew-symmetric'"],
  ]);
});

describe('the line of sizes', () => {
  check([
    [[REAL], 'parse-error', 2, 1, 'the text ends before the line of sizes'],
    [[REAL, '% only', ''], 'parse-error', 3, 1, 'the text ends before the line of sizes'],
    [[REAL, '2 2'], 'parse-error', 2, 4, 'expected the number of entries, found the end of the line'],
    [[REAL, '2 2', '1 1 1'], 'parse-error', 2, 4, 'found the end of the line'],
    [[REAL, '% a', '', '2 x 1'], 'parse-error', 4, 3, "expected the number of columns, found 'x'"],
    [[REAL, '-2 2 1'], 'parse-error', 2, 1, "expected the number of rows, found '-2'"],
    [[REAL, '2.5 2 1'], 'parse-error', 2, 1, "found '2.5'"],
    [[REAL, '1e3 2 1'], 'parse-error', 2, 1, "found '1e3'"],
    [[REAL, '0 2 0'], 'parse-error', 2, 1, 'the number of rows must be at least 1'],
    [[REAL, '2 0 0'], 'parse-error', 2, 3, 'the number of columns must be at least 1'],
    [[REAL, '2147483648 2 0'], 'too-large', 2, 1, 'the number of rows is past 2147483647'],
    [[REAL, '2 99999999999999999999999999 0'], 'too-large', 2, 3, 'the number of columns is past'],
    [[REAL, '2 2 2147483648'], 'too-large', 2, 1, 'the number of entries is past'],
    [[ARRAY, '65536 65536'], 'too-large', 2, 1, 'the number of entries is past'],
    [[ARRAY, '2147483647 2147483647'], 'too-large', 2, 1, 'the number of entries is past'],
    [[REAL, '2 2 1 7'], 'parse-error', 2, 7, "unexpected '7' after the sizes"],
    [[ARRAY, '2 2 4'], 'parse-error', 2, 5, "unexpected '4' after the sizes"],
    [[SYMMETRIC, '2 3 1'], 'parse-error', 2, 1, 'a symmetric matrix must be square, not 2 × 3'],
  ]);
});

describe('entries', () => {
  check([
    [[REAL, '2 2 1', 'one 1 1'], 'parse-error', 3, 1, "expected a row index, found 'one'"],
    [[REAL, '2 2 1', '1'], 'parse-error', 3, 2, 'expected a column index, found the end of the line'],
    [[REAL, '2 2 1', '1 1'], 'parse-error', 3, 4, 'expected a value, found the end of the line'],
    [[REAL, '2 2 1', '1.0 1 1'], 'parse-error', 3, 1, "found '1.0'"],
    [[REAL, '2 2 1', '-1 1 1'], 'parse-error', 3, 1, "found '-1'"],
    [[REAL, '2 2 1', '0 1 1'], 'index-out-of-range', 3, 1, 'Indices in a file count from 1'],
    [[REAL, '2 2 1', '3 1 1'], 'index-out-of-range', 3, 1, 'row index 3 is outside 1 … 2'],
    [[REAL, '2 2 2', '1 1 1', '  1   3 1'], 'index-out-of-range', 4, 7, 'column index 3 is outside 1 … 2'],
    [[REAL, '2 2 1', '4294967297 1 1'], 'index-out-of-range', 3, 1, 'row index past 2147483647'],
    [[REAL, '2 2 1', '1 1 x'], 'parse-error', 3, 5, "expected a value, found 'x'"],
    [[REAL, '2 2 1', '1 1 1,5'], 'parse-error', 3, 5, "found '1,5'"],
    [[REAL, '2 2 1', '1 1 1.5e'], 'parse-error', 3, 5, "found '1.5e'"],
    [[REAL, '2 2 1', '1 1 1.5e+'], 'parse-error', 3, 5, "found '1.5e+'"],
    [[REAL, '2 2 1', '1 1 .'], 'parse-error', 3, 5, "found '.'"],
    [[REAL, '2 2 1', '1 1 -'], 'parse-error', 3, 5, "found '-'"],
    [[REAL, '2 2 1', '1 1 --1'], 'parse-error', 3, 5, "found '--1'"],
    [[REAL, '2 2 1', '1 1 0x10'], 'parse-error', 3, 5, "found '0x10'"],
    [[REAL, '2 2 1', '1 1 1_000'], 'parse-error', 3, 5, "found '1_000'"],
    [[REAL, '2 2 1', '1 1 1 2'], 'parse-error', 3, 7, "unexpected '2' after the entry"],
    [[REAL, '2 2 1', '1 1 1 % one'], 'parse-error', 3, 7, "unexpected '%' after the entry"],
    [[REAL, '2 2 1', '1 1 NaN'], 'not-finite', 3, 5, 'a value is NaN, not a finite number'],
    [[REAL, '2 2 1', '1 1 -inf'], 'not-finite', 3, 5, 'a value is -inf'],
    [[REAL, '2 2 1', '1 1 Infinity'], 'not-finite', 3, 5, 'a value is Infinity'],
    [[REAL, '2 2 1', ' 1 1 -1e400'], 'not-finite', 3, 6, 'a value -1e400 is past the largest float64'],
    [[PATTERN, '2 2 1', '1 1 1'], 'parse-error', 3, 5, "unexpected '1' after the entry"],
    [[INTEGER, '2 2 1', '1 1 1.0'], 'parse-error', 3, 5, "expected an integer, found '1.0'"],
    [[INTEGER, '2 2 1', '1 1 1e3'], 'parse-error', 3, 5, "expected an integer, found '1e3'"],
    [[INTEGER, '2 2 1', '1 1 -'], 'parse-error', 3, 5, "expected an integer, found '-'"],
    [[INTEGER, '2 2 1', '1 1'], 'parse-error', 3, 4, 'expected an integer, found the end of the line'],
    [[INTEGER, '2 2 1', `1 1 1${'0'.repeat(400)}`], 'not-finite', 3, 5, 'is past the largest float64'],
    [[SYMMETRIC, '2 2 1', '1 2 1'], 'parse-error', 3, 1, 'entry (1, 2) is not on or below the diagonal'],
    [[SKEW, '2 2 1', '1 2 1'], 'parse-error', 3, 1, 'entry (1, 2) is not below the diagonal'],
    [[SKEW, '2 2 1', '1 1 1'], 'parse-error', 3, 1, 'entry (1, 1) is not below the diagonal'],
    [[ARRAY, '1 2', '1', 'two'], 'parse-error', 4, 1, "expected a value, found 'two'"],
    [[ARRAY, '1 2', '1 2'], 'parse-error', 3, 3, "unexpected '2' after the value"],
    [[REAL, '% grüße ✓', '2 2 1', '1 1 ✓x'], 'parse-error', 4, 5, "found '✓x'"],
    [[REAL, '2 2 1', '1 ✓ 1 1'], 'parse-error', 3, 3, "found '✓'"],
  ]);
});

describe('the number of entries', () => {
  check([
    [[REAL, '2 2 3', '1 1 1', '2 2 1'], 'parse-error', 5, 1, 'expected 3 entries, found 2'],
    [[REAL, '2 2 1', '1 1 1', '', ' 2 2 1', '1 2 1'], 'parse-error', 5, 2, 'expected 1 entries, found more'],
    [[ARRAY, '2 2', '1', '2', '3'], 'parse-error', 6, 1, 'expected 4 entries, found 3'],
    [[ARRAY, '1 1', '1', '2'], 'parse-error', 4, 1, 'expected 1 entries, found more'],
  ]);

  it('is in the details', () => {
    const error = expectParseError(() => parseMatrixMarket(`${REAL}\n2 2 3\n1 1 1`), 'parse-error', 4, 1);
    expect(error.details).toMatchObject({ expected: 3, found: 1 });
  });

  it('is not believed: a false size line does not make us allocate', () => {
    const text = `${REAL}\n2 2 2147483647\n1 1 1\n`;
    for (let k = 0; k < 200; k++) expectParseError(() => parseMatrixMarket(text), 'parse-error', 4, 1);
  });
});

describe('what is no text', () => {
  it.each([['null', null], ['undefined', undefined], ['a number', 3], ['an array', ['1']], ['an ArrayBuffer', new ArrayBuffer(4)], ['Uint16Array', new Uint16Array(4)]])(
    '%s',
    (_, input) => expectError(() => SparseMatrix.fromMatrixMarket(input as unknown as string), 'invalid-argument', 'text'),
  );

  it('refuses sums of duplicates that overflow and matrices past 4 GiB', () => {
    expectError(() => parseMatrixMarket(`${REAL}\n2 2 2\n2 1 1.7e308\n2 1 1.7e308\n`), 'not-finite', undefined, [1, 0]);
    expectError(() => parseMatrixMarket(`${REAL}\n2147483647 1 0\n`), 'too-large');
  });
});
