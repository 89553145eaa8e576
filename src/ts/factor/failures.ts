import type { NativeFactor } from '#factor-core';
import type { LacunaErrorOptions } from '../errors.js';
import { doubles, failure, type Host, LacunaError, type Status, STATUSES, word } from '../shared.js';
import { analysisOf } from './read.js';
import type { FactorReport } from './report.js';

/** Limits that a set-up was given. */
export interface Limits {
  readonly maxFlops: number;
  readonly maxBytes: number;
  /** Whether the caller named the bytes. */
  readonly named: boolean;
}

/** The error for what a set-up or an update failed by. */
export function setupFailed(host: Host, native: NativeFactor, argument: string, report: FactorReport, limits: Limits): LacunaError {
  const status = word(STATUSES, native.status());
  const { method } = report;
  const position = native.faultPosition();
  const column = position >= 0 ? position : undefined;
  const core = host.core();
  const address = native.failure() >>> 0;
  // Its length stands within.
  const head = address === 0 ? [NaN, NaN, -1, 0] : [...doubles(core, address, 4)];
  const [value, mirror, rank, left] = head as [number, number, number, number];
  const found = value === value ? ` is ${value}` : '';
  const error = (code: 'singular-matrix' | 'indefinite-matrix' | 'not-symmetric' | 'too-large' | 'out-of-memory', message: string, more: LacunaErrorOptions) =>
    new LacunaError(code, message, { argument, ...more });
  switch (status) {
    case 'not-symmetric': {
      const partner = native.faultPartner();
      return error(status, `'${method}' needs a symmetric matrix, but A(${position}, ${partner}) is ${value} and A(${partner}, ${position}) is ${mirror}`, {
        position: [position, partner],
        details: { value, mirror },
        remedy: "Use method 'lu', or make the matrix symmetric",
      });
    }
    case 'indefinite-matrix':
      return error(status, `'${method}' needs a positive definite matrix, but the pivot of column ${position}${found || ' is not positive'}`, {
        position: column,
        details: { column, value },
        remedy: "Use method 'ldlt' or 'lu', or 'auto' to let the library choose",
      });
    case 'singular-matrix': {
      if (rank >= 0) {
        const ids = doubles(core, address + 4 * Float64Array.BYTES_PER_ELEMENT, 2 * left);
        const rows = Int32Array.from(ids.subarray(0, left));
        const cols = Int32Array.from(ids.subarray(left));
        return error(status, `is singular whatever its values are: its structural rank is ${rank} of ${report.rows}, row ${rows[0]} and column ${cols[0]} are left over`, {
          position: rows[0],
          details: { rank, rows, cols },
          remedy: 'Check the equations named in details.rows, or use method \'qr\' for a least-squares solution',
        });
      }
      const place = column === undefined ? '' : `: the largest candidate for the pivot of column ${column}${found || ' is too small'}`;
      return error(status, `'${method}' found the matrix singular${place}`, {
        position: column,
        details: { column, value },
        remedy: "Check the boundary conditions or add a small shift to the diagonal; method 'qr' gives a least-squares solution",
      });
    }
    case 'over-budget':
    case 'out-of-memory': {
      const { factorFlops = 'unknown', peakBytes = 'unknown' } = report;
      const { maxFlops, maxBytes, named } = limits;
      const ours = status === 'out-of-memory' || (!named && (report.peakBytes ?? 0) > maxBytes);
      return error(ours ? 'out-of-memory' : 'too-large', `'${method}' takes ${factorFlops} flops and ${peakBytes} bytes, more than there may be`, {
        details: { ...analysisOf(report), maxFlops, maxBytes },
        remedy: ours
          ? 'Dispose factors that are no longer needed, raise memoryLimit, or try another ordering or an iterative solver'
          : 'Raise maxFlops or maxBytes, or try another ordering or an iterative solver',
      });
    }
    case 'damaged-bytes':
      return new LacunaError('invalid-argument', 'is not what was exported', { argument, position, remedy: 'Factor the matrix again' });
    case 'pattern-mismatch':
      return new LacunaError('invalid-argument', 'holds the factors of another matrix', { argument, remedy: 'Give the matrix that was factored' });
    case 'invalid-argument':
      if (argument === 'bytes') {
        return new LacunaError('unsupported-format', position < 0 ? 'holds factors of an unknown method' : `is of version ${position}`, { argument });
      }
      return new LacunaError('invalid-option', `'${method}' has an order of its own`, {
        argument: 'options.ordering',
        remedy: "Leave it out, or say 'auto'",
      });
    default:
      return taskFailed(status, argument, method, position);
  }
}

/** The error for what a change failed by, which then has changed nothing. */
export function changeFailed(status: Status, argument: string, native: NativeFactor): LacunaError {
  const position = native.faultPosition();
  if (status === 'indefinite-matrix') {
    return new LacunaError(status, `would make the matrix indefinite: the pivot of row ${position} would not be positive`, { argument, position });
  }
  if (status === 'pattern-mismatch') {
    return new LacunaError('invalid-argument', 'has an entry where the factors have no room', {
      argument,
      position: [position, native.faultPartner()],
      remedy: 'Factor a matrix that stores an entry there, a zero if need be',
    });
  }
  if (status === 'invalid-argument') {
    return new LacunaError(status, 'goes to a row that is not that of the identity', { argument, position, remedy: 'Delete the row first' });
  }
  return taskFailed(status, argument, 'cholesky', position);
}

/** The error for a status that says all there is to say. */
export function taskFailed(status: Status, argument: string, method: string, position: number): LacunaError {
  if (status === 'busy') {
    return new LacunaError('busy', 'another call works on this factor', { argument, remedy: 'Await it first' });
  }
  return failure(status, argument, { method, position });
}

/** The error for work that was stopped. */
export function stopped(cancelled: boolean): LacunaError {
  return cancelled
    ? new LacunaError('cancelled', 'the factorization was cancelled', { argument: 'options.signal' })
    : new LacunaError('budget', 'the factorization took longer than it may', { argument: 'options.timeLimit' });
}
