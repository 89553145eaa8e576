/**
 * What went wrong, as a stable word to branch on. Messages may be reworded between releases, codes may not.
 */
export type LacunaErrorCode =
  | 'invalid-argument'
  | 'invalid-option'
  | 'shape-mismatch'
  | 'not-finite'
  | 'index-out-of-range'
  | 'unsorted-indices'
  | 'duplicate-entry'
  | 'too-large'
  | 'out-of-memory'
  | 'instance-limit'
  | 'singular-matrix'
  | 'indefinite-matrix'
  | 'not-symmetric'
  | 'not-square'
  | 'breakdown'
  | 'declaration-violated'
  | 'source-failed'
  | 'budget'
  | 'cancelled'
  | 'disposed'
  | 'busy'
  | 'not-loaded'
  | 'not-sliceable'
  | 'load-failed'
  | 'unsupported-variant'
  | 'parse-error'
  | 'unsupported-format'
  | 'internal';

/** Where and how a call went wrong; every field is optional. */
export interface LacunaErrorOptions {
  /** Name of the offending argument, such as `values` or `options.rtol`. */
  argument?: string | undefined;
  /** Zero-based index into that argument, or `[row, column]`. */
  position?: number | readonly number[] | undefined;
  /** What the caller can do about it, one sentence. */
  remedy?: string | undefined;
  /** Further facts, such as `{ expected, found }`. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** The error underneath, if there is one. */
  cause?: unknown;
}

/**
 * The one error type of the library. Everything thrown on purpose is a `LacunaError` with a stable
 * {@link LacunaErrorCode}; the message reads "argument: what is wrong (position …). What to do."
 *
 * @example
 * ```ts
 * import { LacunaError, SparseMatrix } from 'lacuna';
 *
 * try {
 *   SparseMatrix.fromTriplets(2, 2, [0, 5], [0, 1], [1, 1]);
 * } catch (error) {
 *   if (!(error instanceof LacunaError)) throw error;
 *   console.log(error.code, error.argument, error.position); // index-out-of-range rowIndices 1
 * }
 * ```
 */
export class LacunaError extends Error {
  /** Stable word for what went wrong. */
  readonly code: LacunaErrorCode;
  /** Name of the offending argument. */
  declare readonly argument?: string;
  /** Zero-based index into the argument, or `[row, column]`. */
  declare readonly position?: number | readonly number[];
  /** What the caller can do about it. */
  declare readonly remedy?: string;
  /** Further facts about the failure. */
  declare readonly details?: Readonly<Record<string, unknown>>;

  constructor(code: LacunaErrorCode, message: string, options: LacunaErrorOptions = {}) {
    const { argument, position, remedy, details, cause } = options;
    super(compose(message, argument, position, remedy), cause === undefined ? undefined : { cause });
    this.code = code;
    // Absent facts stay absent properties, so that a printed error shows only what is known.
    if (argument !== undefined) this.argument = argument;
    if (position !== undefined) this.position = position;
    if (remedy !== undefined) this.remedy = remedy;
    if (details !== undefined) this.details = details;
  }

  static {
    nameClass(this, 'LacunaError');
  }
}

/** Codes a {@link ParseError} can carry: `'parse-error'` for broken syntax, the others for well-formed nonsense. */
export type ParseErrorCode = Extract<
  LacunaErrorCode,
  'parse-error' | 'unsupported-format' | 'not-finite' | 'index-out-of-range' | 'too-large'
>;

/**
 * A text that could not be read. The message starts with "line L, column C: "; both count from 1 and are
 * also found in `details`.
 *
 * @example
 * ```ts
 * import { ParseError, SparseMatrix } from 'lacuna';
 *
 * try {
 *   SparseMatrix.fromMatrixMarket('%%MatrixMarket matrix coordinate real general\n2 2 1\n1 x 3\n');
 * } catch (error) {
 *   if (error instanceof ParseError) console.log(error.line, error.column); // 3 3
 * }
 * ```
 */
export class ParseError extends LacunaError {
  /** Line of the text, counted from 1. */
  readonly line: number;
  /** Column within the line in characters, counted from 1. */
  readonly column: number;

  constructor(
    line: number,
    column: number,
    message: string,
    options: { code?: ParseErrorCode; remedy?: string; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(options.code ?? 'parse-error', `line ${line}, column ${column}: ${message}`, {
      remedy: options.remedy,
      details: { ...options.details, line, column },
    });
    this.line = line;
    this.column = column;
  }

  static {
    nameClass(this, 'ParseError');
  }
}

/** Minified code has other names, which consoles would print. */
function nameClass(target: typeof LacunaError | typeof ParseError, name: string): void {
  Object.defineProperty(target, 'name', { value: name });
  target.prototype.name = name;
}

function compose(
  message: string,
  argument: string | undefined,
  position: number | readonly number[] | undefined,
  remedy: string | undefined,
): string {
  const subject = argument === undefined ? '' : `${argument}: `;
  const place = position === undefined ? '' : ` (position ${typeof position === 'number' ? position : position.join(', ')})`;
  const advice = remedy === undefined ? '' : ` ${remedy.replace(/\.$/, '')}.`;
  return `${subject}${message.replace(/\.$/, '')}${place}.${advice}`;
}
