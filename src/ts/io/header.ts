import { MAX_SIZE } from '../sparse/validate.js';
import type { Scanner } from './scanner.js';

/** Which entries a file holds, the others following by symmetry. */
export type Symmetry = 'general' | 'symmetric' | 'skew-symmetric';

/** What the first line of a file declares. */
export interface Header {
  readonly layout: 'coordinate' | 'array';
  readonly field: 'real' | 'integer' | 'pattern';
  readonly symmetry: Symmetry;
}

/** What the line of sizes declares; `entries` counts the lines that follow. */
export interface Sizes {
  readonly rows: number;
  readonly cols: number;
  readonly entries: number;
}

const COMPLEX_REMEDY = 'Only real matrices are supported: split it into its real and imaginary parts';

/** Reads the line `%%MatrixMarket matrix <layout> <field> <symmetry>`. */
export function readHeader(scanner: Scanner): Header {
  scanner.beginLine();
  scanner.skipMark();
  expectWord(scanner, ['%%matrixmarket'], '%%MatrixMarket');
  expectWord(scanner, ['matrix'], "'matrix'", { vector: 'only matrices are supported, not vector objects' });
  const layout = expectWord(scanner, ['coordinate', 'array'], "'coordinate' or 'array'");
  scanner.skipBlanks();
  const fieldPlace = scanner.position;
  const field = expectWord(scanner, ['real', 'integer', 'pattern'], "'real', 'integer' or 'pattern'", {
    complex: 'complex matrices are not supported',
  });
  if (layout === 'array' && field === 'pattern') {
    scanner.fail("an array cannot be 'pattern', it has a value everywhere", { position: fieldPlace });
  }
  scanner.skipBlanks();
  const symmetryPlace = scanner.position;
  const symmetry = expectWord(
    scanner,
    ['general', 'symmetric', 'skew-symmetric'],
    "'general', 'symmetric' or 'skew-symmetric'",
    { hermitian: 'hermitian matrices are complex and not supported' },
  );
  if (field === 'pattern' && symmetry === 'skew-symmetric') {
    scanner.fail("a pattern cannot be 'skew-symmetric', its values have no sign", { position: symmetryPlace });
  }
  scanner.endLine('the header');
  return { layout, field, symmetry };
}

/** Reads the line of sizes; the scanner stands at its first word. */
export function readSizes(scanner: Scanner, header: Header): Sizes {
  const start = scanner.position;
  const rows = readSize(scanner, 'number of rows');
  const cols = readSize(scanner, 'number of columns');
  if (header.symmetry !== 'general' && rows !== cols) {
    scanner.fail(`a ${header.symmetry} matrix must be square, not ${rows} × ${cols}`, { position: start });
  }
  const entries = header.layout === 'coordinate' ? scanner.count('the number of entries') : arrayLength(header, rows, cols);
  if (entries > MAX_SIZE) {
    scanner.fail(`the number of entries is past ${MAX_SIZE}`, { code: 'too-large', position: start });
  }
  scanner.endLine('the sizes');
  return { rows, cols, entries };
}

function readSize(scanner: Scanner, what: string): number {
  scanner.skipBlanks();
  const position = scanner.position;
  const size = scanner.count(`the ${what}`);
  if (size < 1) scanner.fail(`the ${what} must be at least 1`, { position });
  if (size > MAX_SIZE) scanner.fail(`the ${what} is past ${MAX_SIZE}`, { code: 'too-large', position });
  return size;
}

function arrayLength({ symmetry }: Header, rows: number, cols: number): number {
  if (symmetry === 'general') return rows * cols;
  return symmetry === 'symmetric' ? (rows * (rows + 1)) / 2 : (rows * (rows - 1)) / 2;
}

function expectWord<const T extends string>(
  scanner: Scanner,
  allowed: readonly T[],
  expected: string,
  unsupported: Readonly<Record<string, string>> = {},
): T {
  scanner.skipBlanks();
  const position = scanner.position;
  const word = scanner.word();
  const match = allowed.find((candidate) => candidate === word);
  if (match !== undefined) return match;
  const reason = Object.hasOwn(unsupported, word) ? unsupported[word] : undefined;
  if (reason !== undefined) {
    scanner.fail(reason, {
      code: 'unsupported-format',
      position,
      ...(word === 'vector' ? {} : { remedy: COMPLEX_REMEDY }),
    });
  }
  const found = word === '' ? 'the end of the line' : `'${word.length > 40 ? `${word.slice(0, 40)}…` : word}'`;
  scanner.fail(`expected ${expected}, found ${found}`, { position });
}
