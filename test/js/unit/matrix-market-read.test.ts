import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMatrixMarket } from '../../../src/ts/io/matrix-market.js';
import { anyFinite } from '../support/arbitraries.js';
import { toDense } from '../support/dense.js';

const read = (...lines: string[]) => toDense(parseMatrixMarket(lines.join('\n')));

describe('coordinate files', () => {
  it('reads real, integer and pattern', () => {
    expect(read('%%MatrixMarket matrix coordinate real general', '2 3 2', '1 3 2.5', '2 1 -1e-3')).toEqual([
      [0, 0, 2.5],
      [-0.001, 0, 0],
    ]);
    expect(read('%%MatrixMarket matrix coordinate integer general', '1 2 2', '1 1 -7', '1 2 +8')).toEqual([[-7, 8]]);
    expect(read('%%MatrixMarket matrix coordinate pattern general', '2 2 1', '2 1')).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('expands symmetric and skew-symmetric files', () => {
    expect(read('%%MatrixMarket matrix coordinate real symmetric', '2 2 2', '1 1 4', '2 1 -1')).toEqual([
      [4, -1],
      [-1, 0],
    ]);
    expect(read('%%MatrixMarket matrix coordinate real skew-symmetric', '2 2 1', '2 1 3')).toEqual([
      [0, -3],
      [3, 0],
    ]);
    expect(read('%%MatrixMarket matrix coordinate pattern symmetric', '2 2 1', '2 1')).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('mirrors a stored zero as a zero, not as −0', () => {
    const text = '%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 0\n';
    expect([...parseMatrixMarket(text).toCsr().data]).toEqual([0, 0]);
  });

  it('sums duplicates, keeps zeros', () => {
    const text = '%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 1\n1 1 2\n2 2 0\n';
    expect(parseMatrixMarket(text).nnz).toBe(2);
    expect(parseMatrixMarket(text).get(0, 0)).toBe(3);
  });

  it('reads a matrix of no entries', () => {
    expect(parseMatrixMarket('%%MatrixMarket matrix coordinate real general\n3 4 0').nnz).toBe(0);
  });
});

describe('array files', () => {
  it('run down the columns; zeros are dropped', () => {
    const text = '%%MatrixMarket matrix array real general\n2 3\n1\n2\n0\n4\n5\n6';
    expect(toDense(parseMatrixMarket(text))).toEqual([
      [1, 0, 5],
      [2, 4, 6],
    ]);
    expect(parseMatrixMarket(text).nnz).toBe(5);
  });

  it('hold the lower triangle of a symmetric matrix, without the diagonal of a skew-symmetric one', () => {
    expect(read('%%MatrixMarket matrix array integer symmetric', '3 3', '1', '2', '3', '4', '5', '6')).toEqual([
      [1, 2, 3],
      [2, 4, 5],
      [3, 5, 6],
    ]);
    expect(read('%%MatrixMarket matrix array real skew-symmetric', '3 3', '1', '2', '3')).toEqual([
      [0, -1, -2],
      [1, 0, -3],
      [2, 3, 0],
    ]);
    expect(read('%%MatrixMarket matrix array real skew-symmetric', '1 1')).toEqual([[0]]);
  });

  it('may be long: a vector is an array of one column', () => {
    const values = Array.from({ length: 70_000 }, (_, k) => k + 1);
    const A = parseMatrixMarket(`%%MatrixMarket matrix array integer general\n70000 1\n${values.join('\n')}\n`);
    expect([...A.toCsr().data]).toEqual(values);
  });
});

describe('layout', () => {
  const expected = [
    [1, 0],
    [0, 2],
  ];

  it('does not depend on case, comments, blank lines, spaces, tabs, CRLF or a byte order mark', () => {
    expect(read('%%matrixmarket MATRIX Coordinate REAL General', '2 2 2', '1 1 1', '2 2 2')).toEqual(expected);
    expect(
      read('%%MatrixMarket matrix coordinate real general  ', '% größer ✓', '%', '', ' \t', '  2\t2   2 ', '', '% in between', ' 1 1 1', '\t2  2\t2 ', '', '  ', ''),
    ).toEqual(expected);
    expect(read('%%MatrixMarket matrix coordinate real general\r', '2 2 2\r', '\r', '1 1 1\r', '2 2 2\r', '')).toEqual(expected);
    expect(read('\uFEFF%%MatrixMarket matrix coordinate real general', '2 2 2', '1 1 1', '2 2 2')).toEqual(expected);
  });

  it('reads bytes like text', () => {
    const text = '%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 2 2';
    expect(toDense(parseMatrixMarket(new TextEncoder().encode(text)))).toEqual(expected);
    expect(toDense(parseMatrixMarket(Buffer.from(text)))).toEqual(expected);
  });

  it('reads text longer than one encoded slice, with a long comment', () => {
    const entries = Array.from({ length: 20_000 }, (_, k) => `${k + 1} ${20_000 - k} ${k}.25`);
    const text = ['%%MatrixMarket matrix coordinate real general', `% ${'x✓'.repeat(100_000)}`, '20000 20000 20000', ...entries];
    const A = parseMatrixMarket(text.join('\n'));
    expect(A.nnz).toBe(20_000);
    for (const k of [0, 1, 9999, 19_999]) expect(A.get(k, 19_999 - k)).toBe(k + 0.25);
  });
});

describe('numbers', () => {
  const value = (text: string): number =>
    parseMatrixMarket(`%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 ${text}\n`).toCsr().data[0]!;

  it.each([
    ['1', 1],
    ['+1.', 1],
    ['-.5', -0.5],
    ['007', 7],
    ['1e3', 1000],
    ['1E+03', 1000],
    ['1.5D-2', 0.015],
    ['2d2', 200],
    ['-0', -0],
    ['0e999', 0],
    ['1e-400', 0],
    ['4.9406564584124654e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['9007199254740993', 9007199254740992],
    ['0.1', 0.1],
    ['123456789012345678901234567890', 123456789012345678901234567890],
    ['0.000000000000000000000000000000123', 1.23e-31],
    ['8.98846567431158e307', 8.98846567431158e307],
    [`${'9'.repeat(400)}e-400`, 1],
    [`0.${'0'.repeat(400)}1e401`, 1],
    [`1${'0'.repeat(300)}`, 1e300],
    [`0.${'0'.repeat(99_990)}1e100000`, 1e9],
    [`0.${'0'.repeat(300_000)}1e300001`, 1],
    [`${'9'.repeat(300_000)}e-300000`, 1],
  ])('%.50s', (text, expected) => expect(value(text)).toBe(expected));

  it('are rounded as JavaScript rounds them, however they are written', () => {
    const forms = fc.tuple(anyFinite, fc.integer({ min: 0, max: 20 })).chain(([x, digits]) =>
      fc.constantFrom(String(x), x.toExponential(digits), x.toPrecision(digits + 1), x.toExponential(digits).toUpperCase()),
    );
    fc.assert(
      fc.property(forms, (text) => {
        if (!Number.isFinite(Number(text))) return;
        expect(value(text)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('are rounded right where fifteen digits meet a power of ten', () => {
    const decimals = fc.tuple(fc.bigInt(0n, 10n ** 19n), fc.integer({ min: -30, max: 30 }), fc.nat(19));
    fc.assert(
      fc.property(decimals, ([mantissa, exponent, point]) => {
        const digits = mantissa.toString().padStart(point + 1, '0');
        const text = `${digits.slice(0, digits.length - point)}.${digits.slice(digits.length - point)}e${exponent}`;
        expect(value(text)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });
});
