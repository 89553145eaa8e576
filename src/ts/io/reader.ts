import { LacunaError, ParseError } from '../errors.js';
import { compressTriplets } from '../sparse/compress.js';
import type { CsrArrays } from '../sparse/csr.js';
import { EntryBuffer } from '../sparse/entry-buffer.js';
import { MAX_SIZE } from '../sparse/validate.js';
import { type Header, readHeader, readSizes, type Sizes } from './header.js';
import { Scanner } from './scanner.js';

/** A line this long is no Matrix Market line (the format allows 1,024 characters); it bounds what we hold back. */
const MAX_LINE = 1 << 20;

const NEWLINE = 10;

/**
 * Push parser: bytes or text in pieces cut anywhere, a matrix at the end. Holds back at most one unfinished
 * line; copies nothing else of its input.
 */
export class MatrixMarketReader {
  readonly #scanner = new Scanner();
  readonly #entries = new EntryBuffer();
  readonly #encoder = new TextEncoder();
  #header: Header | undefined;
  #sizes: Sizes | undefined;
  #found = 0;
  // Place of the next value of an array, which runs down the columns.
  #row = 0;
  #col = 0;
  #held: Uint8Array = new Uint8Array(1024);
  #heldLength = 0;
  #scratch: Uint8Array | undefined;

  /** Takes the next piece of the text, encoded a slice at a time so that no second copy of it is made. */
  pushText(text: string): void {
    const slice = 1 << 16;
    this.#scratch ??= new Uint8Array(3 * slice);
    for (let at = 0; at < text.length; at += slice) {
      const { written } = this.#encoder.encodeInto(text.slice(at, at + slice), this.#scratch);
      this.pushBytes(this.#scratch.subarray(0, written));
    }
  }

  /** Takes the next piece of the file. */
  pushBytes(chunk: Uint8Array): void {
    let start = 0;
    if (this.#heldLength > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      if (start === 0) return this.#hold(chunk);
      this.#hold(chunk.subarray(0, start));
      this.#flush();
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > start) this.#lines(chunk.subarray(start, end));
    this.#hold(chunk.subarray(Math.max(start, end)));
  }

  /** Ends the input and hands over the matrix. */
  finish(): CsrArrays {
    if (this.#heldLength > 0) {
      this.#hold(Uint8Array.of(NEWLINE));
      this.#flush();
    }
    const header = this.#header;
    const sizes = this.#sizes;
    const { line } = this.#scanner;
    if (header === undefined) throw new ParseError(1, 1, 'the text is empty, expected %%MatrixMarket');
    if (sizes === undefined) throw new ParseError(line + 1, 1, 'the text ends before the line of sizes');
    if (this.#found < sizes.entries) {
      throw new ParseError(line + 1, 1, `expected ${sizes.entries} entries, found ${this.#found}: the text ends early`, {
        details: { expected: sizes.entries, found: this.#found },
      });
    }
    const { rows, cols, values } = this.#entries;
    const mirror = header.symmetry === 'general' ? 0 : header.symmetry === 'symmetric' ? 1 : -1;
    return compressTriplets(sizes.rows, sizes.cols, rows, cols, values, mirror);
  }

  #hold(bytes: Uint8Array): void {
    const length = this.#heldLength + bytes.length;
    if (length > MAX_LINE) throw new ParseError(this.#scanner.line + 1, 1, `the line is longer than ${MAX_LINE} bytes`);
    if (length > this.#held.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  #flush(): void {
    const length = this.#heldLength;
    this.#heldLength = 0;
    this.#lines(this.#held.subarray(0, length));
  }

  /** Reads whole lines; the last byte is a newline. */
  #lines(bytes: Uint8Array): void {
    const scanner = this.#scanner;
    scanner.open(bytes);
    if (this.#header === undefined) this.#header = readHeader(scanner);
    const header = this.#header;
    while (this.#sizes === undefined && scanner.position < bytes.length) {
      scanner.beginLine();
      if (!scanner.skipEmptyLine()) this.#sizes = readSizes(scanner, header);
    }
    if (this.#sizes !== undefined && scanner.position < bytes.length) {
      if (header.layout === 'coordinate') this.#coordinates(header, this.#sizes, bytes.length);
      else this.#array(header, this.#sizes, bytes.length);
    }
    scanner.close();
  }

  #coordinates(header: Header, sizes: Sizes, end: number): void {
    const scanner = this.#scanner;
    const entries = this.#entries;
    const { field, symmetry } = header;
    const { rows, cols } = sizes;
    while (scanner.position < end) {
      scanner.beginLine();
      if (scanner.skipEmptyLine()) continue;
      const start = scanner.position;
      if (this.#found === sizes.entries) this.#surplus(sizes);
      const row = scanner.count('a row index');
      if (row < 1 || row > rows) this.#outOfRange('row', row, rows, start);
      scanner.skipBlanks();
      const second = scanner.position;
      const col = scanner.count('a column index');
      if (col < 1 || col > cols) this.#outOfRange('column', col, cols, second);
      if (symmetry !== 'general' && (col > row || (col === row && symmetry !== 'symmetric'))) {
        scanner.fail(`entry (${row}, ${col}) is not ${symmetry === 'symmetric' ? 'on or ' : ''}below the diagonal`, {
          position: start,
          remedy: `A ${symmetry} file holds one triangle only; declare the matrix general to store both`,
        });
      }
      const value = field === 'real' ? scanner.real('a value') : field === 'pattern' ? 1 : scanner.integer('an integer');
      scanner.endLine('the entry');
      entries.append(row - 1, col - 1, value);
      this.#found++;
    }
  }

  #array(header: Header, sizes: Sizes, end: number): void {
    const scanner = this.#scanner;
    const { field, symmetry } = header;
    if (this.#found === 0) this.#row = symmetry === 'skew-symmetric' ? 1 : 0;
    while (scanner.position < end) {
      scanner.beginLine();
      if (scanner.skipEmptyLine()) continue;
      if (this.#found === sizes.entries) this.#surplus(sizes);
      const value = field === 'real' ? scanner.real('a value') : scanner.integer('an integer');
      scanner.endLine('the value');
      if (value !== 0) this.#entries.append(this.#row, this.#col, value);
      this.#found++;
      if (++this.#row < sizes.rows) continue;
      this.#col++;
      this.#row = symmetry === 'general' ? 0 : symmetry === 'symmetric' ? this.#col : this.#col + 1;
    }
  }

  #outOfRange(axis: string, index: number, bound: number, position: number): never {
    return this.#scanner.fail(`${axis} index ${index > MAX_SIZE ? `past ${MAX_SIZE}` : index} is outside 1 … ${bound}`, {
      code: 'index-out-of-range',
      position,
      ...(index === 0 ? { remedy: 'Indices in a file count from 1' } : {}),
    });
  }

  #surplus(sizes: Sizes): never {
    return this.#scanner.fail(`expected ${sizes.entries} entries, found more`, {
      details: { expected: sizes.entries, found: sizes.entries + 1 },
    });
  }
}

/** Reads a whole text or file. */
export function readMatrixMarket(input: unknown): CsrArrays {
  const reader = new MatrixMarketReader();
  if (typeof input === 'string') reader.pushText(input);
  else if (input instanceof Uint8Array) reader.pushBytes(input);
  else throw wrongInput('text', 'a string or Uint8Array', input);
  return reader.finish();
}

/** Reads a stream to its end; an error of the stream itself is passed on as it is. */
export async function readMatrixMarketStream(stream: unknown): Promise<CsrArrays> {
  const reader = new MatrixMarketReader();
  for await (const chunk of chunksOf(stream)) {
    if (typeof chunk === 'string') reader.pushText(chunk);
    else if (chunk instanceof Uint8Array) reader.pushBytes(chunk);
    else throw wrongInput('stream', 'chunks that are strings or Uint8Arrays', chunk);
  }
  return reader.finish();
}

function chunksOf(stream: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof stream === 'object' && stream !== null) {
    // Safari's streams have a reader but no iterator, so the reader comes first.
    if ('getReader' in stream) return drain(stream as ReadableStream<unknown>);
    if (Symbol.asyncIterator in stream) return stream as AsyncIterable<unknown>;
    if (Symbol.iterator in stream && !ArrayBuffer.isView(stream)) return stream as Iterable<unknown>;
  }
  throw wrongInput('stream', 'a ReadableStream or an async iterable', stream);
}

async function* drain(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, undefined> {
  if (stream.locked) {
    throw new LacunaError('invalid-argument', 'is locked: something else is reading it', { argument: 'stream' });
  }
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    // A failed parse must not leave a download running; a stream that failed by itself rejects here again.
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

function wrongInput(argument: string, expected: string, value: unknown): LacunaError {
  const found = value === null ? 'null' : typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
  return new LacunaError('invalid-argument', `must be ${expected}, got ${found}`, { argument });
}
