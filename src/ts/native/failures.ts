import { LacunaError, type LacunaErrorCode } from '../errors.js';
import type { Status } from './codes.js';

/** Where a failed set-up or update is put down to. */
export interface FailureContext {
  readonly method: string;
  readonly preconditioner: string;
  /** Column, row or entry that the core named, −1 where it named none. */
  readonly position: number;
  /** Column of a pair whose row is the position, else −1. */
  readonly partner: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface Failure {
  readonly code: LacunaErrorCode;
  readonly message: (context: FailureContext) => string;
  readonly remedy?: string;
  readonly position?: (context: FailureContext) => number | readonly number[] | undefined;
}

const named = ({ position }: FailureContext): number | undefined => (position >= 0 ? position : undefined);

const FAILURES: Readonly<Partial<Record<Status, Failure>>> = {
  'not-square': {
    code: 'not-square',
    message: ({ method }) => `'${method}' needs a square matrix`,
    remedy: "Use method 'qr' for least squares",
  },
  'not-symmetric': {
    code: 'not-symmetric',
    message: ({ method, preconditioner, position: row, partner: col }) =>
      `${preconditioner === 'ic' ? "'ic'" : `'${method}'`} needs a symmetric matrix, but A(${row}, ${col}) differs from A(${col}, ${row})`,
    position: ({ position, partner }) => [position, partner],
    remedy: "Use method 'lu' or 'bicgstab', or make the matrix symmetric",
  },
  'indefinite-matrix': {
    code: 'indefinite-matrix',
    message: ({ method, position }) =>
      `'${method}' needs a positive definite matrix${position >= 0 ? `, but the pivot or diagonal entry of column ${position} is not positive` : ''}`,
    position: named,
    remedy: "Use method 'ldlt' or 'lu', or 'auto' to let the library choose",
  },
  'singular-matrix': {
    code: 'singular-matrix',
    message: ({ method, position }) =>
      `'${method}' found the matrix singular${position >= 0 ? `: row or column ${position} has no usable pivot` : ''}`,
    position: named,
    remedy: "Check the boundary conditions or add a small shift to the diagonal; method 'qr' gives a least-squares solution",
  },
  'zero-pivot': {
    code: 'breakdown',
    message: ({ method, position }) =>
      `'${method}' met a zero pivot${method === 'push' ? ', or numbers that grow without end,' : ''} in column ${position}`,
    position: named,
    remedy: "Use method 'lu': the matrix may well be regular",
  },
  'declaration-violated': {
    code: 'declaration-violated',
    message: ({ position }) => `${position >= 0 ? `line ${position}` : 'a line'} breaks what the matrix was declared to be`,
    position: named,
    remedy: 'Declare what every row keeps to: the least margin, the signs, the symmetry and the norms',
  },
  'duplicate-entry': {
    code: 'duplicate-entry',
    message: ({ position }) => `line ${position} has two entries at one place`,
    position: named,
  },
  'invalid-argument': {
    code: 'invalid-option',
    message: ({ method, preconditioner }) => `preconditioner '${preconditioner}' does not go with method '${method}'`,
    remedy: "Direct methods take none, 'cg' takes 'jacobi' or 'ic', 'bicgstab' any",
  },
  'out-of-memory': {
    code: 'out-of-memory',
    message: ({ method }) => `'${method}' needs more linear memory than there is`,
    remedy: "Try method 'cg' or 'bicgstab', dispose solvers that are no longer needed, or raise memoryLimit",
  },
  'instance-limit': {
    code: 'instance-limit',
    message: () => 'the engine holds maxSolvers solvers',
    remedy: 'Dispose solvers that are no longer needed',
  },
  busy: {
    code: 'busy',
    message: () => 'an asynchronous solve is still running',
    remedy: 'Await it first',
  },
  'not-finite': {
    code: 'not-finite',
    message: () => 'holds a value that is not finite',
    position: named,
  },
  'over-budget': { code: 'too-large', message: () => 'takes more than it may' },
  'pattern-mismatch': { code: 'invalid-argument', message: () => 'is of another matrix' },
  'damaged-bytes': { code: 'invalid-argument', message: () => 'is damaged', position: named },
  'shape-mismatch': { code: 'shape-mismatch', message: () => 'has the wrong length' },
  'not-ready': {
    code: 'internal',
    message: () => 'the solver lost its factors when memory ran out during an update',
    remedy: 'Create a new solver',
  },
};

/** What a failure of a query is put down to. */
const QUERY = { method: 'push', preconditioner: 'none', partner: -1 };

/** The error for a status that is not `ok`. */
export function failure(
  status: Status,
  argument: string,
  given: Partial<FailureContext> & Pick<FailureContext, 'position'>,
): LacunaError {
  const context = { ...QUERY, ...given };
  const known = FAILURES[status];
  if (known === undefined) {
    return new LacunaError('internal', `the core answered '${status}'`, {
      argument,
      remedy: 'This is a defect of lacuna: please report it with the matrix',
      details: { ...context },
    });
  }
  return new LacunaError(known.code, known.message(context), {
    argument,
    position: known.position?.(context),
    remedy: known.remedy,
    details: context.details,
  });
}

/** A method that works in one piece was asked for slices. */
export function notSliceable(method: string): LacunaError {
  return new LacunaError('not-sliceable', `'${method}' cannot be cut`, {
    argument: 'options',
    remedy: 'Leave out signal, slice and timeLimit, or solve in a worker',
  });
}
