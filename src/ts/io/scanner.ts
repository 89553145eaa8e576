import { ParseError, type ParseErrorCode } from '../errors.js';

const NEWLINE = 10;
const ZERO = 48;
const NOTHING = new Uint8Array(0);

/** Powers of ten that are exact in float64. */
const POWERS = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
  1e22,
];

/** Digits of a mantissa that certainly stay below 2⁵³. */
const EXACT_DIGITS = 15;

/** More digits than any index or count can have: past this a number is too large whatever follows. */
const MAX_INDEX = 1e15;

/**
 * Reads numbers and words from bytes, one line at a time. The bytes given to `open` must end with a newline:
 * it stops every loop, so none has to watch for the end of the buffer.
 */
export class Scanner {
  /** Line being read, counted from 1; runs on from buffer to buffer. */
  line = 0;
  position = 0;
  #bytes: Uint8Array = NOTHING;
  #lineStart = 0;

  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.position = 0;
  }

  beginLine(): void {
    this.line++;
    this.#lineStart = this.position;
  }

  /** Lets go of the caller's buffer. */
  close(): void {
    this.#bytes = NOTHING;
    this.position = 0;
    this.#lineStart = 0;
  }

  /** Skips a line that is blank or a comment; false, at the first word, for any other. */
  skipEmptyLine(): boolean {
    this.skipBlanks();
    const byte = this.#bytes[this.position]!;
    if (byte !== NEWLINE && byte !== 37 /* % */) return false;
    this.skipLine();
    return true;
  }

  skipLine(): void {
    this.position = this.#bytes.indexOf(NEWLINE, this.position) + 1;
  }

  skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.position;
    while (isBlank(bytes[at]!)) at++;
    this.position = at;
  }

  /** Steps over a byte order mark. */
  skipMark(): void {
    const bytes = this.#bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.position = this.#lineStart = 3;
  }

  /** The next word in lower case; empty at the end of the line. */
  word(): string {
    this.skipBlanks();
    const start = this.position;
    this.position = this.#wordEnd(start);
    return this.#text(start, this.position).toLowerCase();
  }

  /** A run of decimal digits: an index, size or count. */
  count(what: string): number {
    this.skipBlanks();
    const bytes = this.#bytes;
    const start = this.position;
    let at = start;
    let value = 0;
    let digit = bytes[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      if (value < MAX_INDEX) value = value * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (at === start || !isEnd(bytes[at]!)) this.#unexpected(what);
    this.position = at;
    return value;
  }

  /** A decimal number, correctly rounded; an exponent may be written with e or, as Fortran does, d. */
  real(what: string): number {
    this.skipBlanks();
    const bytes = this.#bytes;
    const start = this.position;
    let at = start;
    const negative = bytes[at] === 45; /* - */
    if (negative || bytes[at] === 43 /* + */) at++;

    let mantissa = 0;
    let significant = 0;
    let digits = 0;
    let exponent = 0;
    let digit = bytes[at]! - ZERO;
    for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
      digits++;
      if (mantissa !== 0 || digit !== 0) significant++;
      mantissa = mantissa * 10 + digit;
    }
    if (bytes[at] === 46 /* . */) {
      digit = bytes[++at]! - ZERO;
      for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
        digits++;
        exponent--;
        if (mantissa !== 0 || digit !== 0) significant++;
        mantissa = mantissa * 10 + digit;
      }
    }
    if (digits === 0) this.#unexpected(what);
    if ((bytes[at]! & 0xdf) === 69 /* E */ || (bytes[at]! & 0xdf) === 68 /* D */) {
      at++;
      const downward = bytes[at] === 45;
      if (downward || bytes[at] === 43) at++;
      const first = at;
      let power = 0;
      digit = bytes[at]! - ZERO;
      for (; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) power = Math.min(power * 10 + digit, 1e9);
      if (at === first) this.#unexpected(what);
      exponent += downward ? -power : power;
    }
    if (!isEnd(bytes[at]!)) this.#unexpected(what);
    this.position = at;

    let value: number;
    if (significant <= EXACT_DIGITS && exponent >= -22 && exponent <= 22) {
      // Both operands are exact, so the one rounding is the right one.
      value = exponent < 0 ? mantissa / POWERS[-exponent]! : mantissa * POWERS[exponent]!;
      return negative ? -value : value;
    }
    value = Number(this.#text(start, at).replace(/d/i, 'e'));
    if (value - value !== 0) this.#overflow(what);
    return value;
  }

  /** A whole number with an optional sign. */
  integer(what: string): number {
    this.skipBlanks();
    const start = this.position;
    const end = this.#wordEnd(start);
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at]!;
      const sign = at === start && end > start + 1 && (byte === 43 || byte === 45);
      if (!sign && (byte < ZERO || byte > ZERO + 9)) this.#unexpected(what);
    }
    return this.real(what);
  }

  /** Demands that nothing but blanks follows on the line, and steps past it. */
  endLine(after: string): void {
    let at = this.position;
    const bytes = this.#bytes;
    while (isBlank(bytes[at]!)) at++;
    this.position = at;
    if (bytes[at] !== NEWLINE) this.fail(`unexpected ${this.#found()} after ${after}`);
    this.position = at + 1;
  }

  /** Throws an error placed at the next word, or at `position` where given. */
  fail(
    message: string,
    options: { code?: ParseErrorCode; remedy?: string; details?: Record<string, unknown>; position?: number } = {},
  ): never {
    if (options.position === undefined) this.skipBlanks();
    const { position = this.position, ...rest } = options;
    throw new ParseError(this.line, this.#column(position), message, rest);
  }

  /** Characters, not bytes: neither the trailing bytes of a UTF-8 sequence nor the CR of a CRLF count. */
  #column(position: number): number {
    let column = 1;
    for (let at = this.#lineStart; at < position; at++) {
      const byte = this.#bytes[at]!;
      if ((byte & 0xc0) !== 0x80 && byte !== 13) column++;
    }
    return column;
  }

  #unexpected(what: string): never {
    const word = this.#text(this.position, this.#wordEnd(this.position));
    if (/^[+-]?(nan|inf|infinity)$/i.test(word)) {
      this.fail(`${what} is ${word}, not a finite number`, { code: 'not-finite' });
    }
    this.fail(`expected ${what}, found ${this.#found()}`);
  }

  #overflow(what: string): never {
    this.position = this.#wordStart(this.position);
    this.fail(`${what} ${this.#text(this.position, this.#wordEnd(this.position))} is past the largest float64`, {
      code: 'not-finite',
    });
  }

  /** The next word, quoted and shortened, for messages. */
  #found(): string {
    const end = this.#wordEnd(this.position);
    if (end === this.position) return 'the end of the line';
    const word = decode(this.#bytes, this.position, Math.min(end, this.position + 40));
    return end > this.position + 40 ? `'${word}…'` : `'${word}'`;
  }

  #wordEnd(start: number): number {
    let at = start;
    while (!isEnd(this.#bytes[at]!)) at++;
    return at;
  }

  #wordStart(end: number): number {
    let at = end;
    while (at > this.#lineStart && !isEnd(this.#bytes[at - 1]!)) at--;
    return at;
  }

  #text(start: number, end: number): string {
    // A short word is much faster this way than through a decoder; a long one would overflow the stack.
    if (end - start > 256) return decode(this.#bytes, start, end);
    return String.fromCharCode.apply(null, this.#bytes.subarray(start, end) as unknown as number[]);
  }
}

/** Copies first: browsers refuse to decode shared memory. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.slice(start, end));
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}

function isEnd(byte: number): boolean {
  return byte === NEWLINE || isBlank(byte);
}
