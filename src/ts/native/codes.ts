/**
 * The vocabulary of the boundary: the position of a word in its list is its code in the core
 * (status.hpp, reason.hpp, method.hpp; those of queries below). A test compares both sides.
 */
export const STATUSES = [
  'ok',
  'invalid-argument',
  'invalid-size',
  'bad-indptr',
  'index-out-of-range',
  'unsorted-indices',
  'duplicate-entry',
  'not-finite',
  'shape-mismatch',
  'not-square',
  'not-symmetric',
  'indefinite-matrix',
  'singular-matrix',
  'out-of-memory',
  'busy',
  'not-ready',
  'unknown-handle',
  'not-sliceable',
  'internal',
  'zero-pivot',
  'declaration-violated',
  'over-budget',
  'pattern-mismatch',
  'damaged-bytes',
  'instance-limit',
  'stale-handle',
  'double-free',
] as const;

export const REASONS = [
  'direct',
  'converged-rtol',
  'converged-atol',
  'max-iterations',
  'budget',
  'cancelled',
  'breakdown',
  'indefinite-matrix',
  'singular-matrix',
  'stagnated',
  'not-finite',
  'no-certificate',
] as const;

export const METHODS = ['auto', 'cholesky', 'ldlt', 'lu', 'qr', 'cg', 'bicgstab'] as const;

export const PRECONDITIONERS = ['auto', 'none', 'jacobi', 'ic', 'ilut'] as const;

/** As in ordering.hpp; `'given'` and `'column-amd'` are not asked for by name. */
export const ORDERINGS = ['auto', 'natural', 'given', 'amd', 'nested-dissection', 'rcm', 'column-amd'] as const;

/** Ways to answer a query, orders of a push, and the theorems behind bounds (query.hpp, push.hpp, certificate.hpp). */
export const WAYS = ['auto', 'push', 'product', 'neumann', 'walks', 'bidirectional', 'full', 'factor'] as const;

/** The first stands for −1. */
export const ORDERS = ['auto', 'buckets', 'fifo', 'sor', 'chebyshev'] as const;

export const BOUND_KINDS = ['none', 'adjoint', 'bracket', 'product', 'columns', 'bernstein', 'residual', 'backward'] as const;

/** What queries rest on, as in conditions.hpp. */
export const SIGNS = ['laplacian', 'm-matrix', 'positive', 'general'] as const;

export const DOMINANCES = ['strict', 'scaled', 'declared', 'none'] as const;

/** Where a walk goes from a vertex that leads nowhere, as in graph.hpp. */
export const DANGLING = ['source', 'self', 'uniform'] as const;

export type Status = (typeof STATUSES)[number];

/** Flags of a solve, as in solver_binding.hpp. */
export const TRANSPOSED = 1;
export const GUESS = 2;
export const NO_REFINEMENT = 4;

/** States of a task, as in task.hpp. */
export const RUNNING = 0;
export const FAILED = 2;
export const WAITING = 3;

/** What a query waits for. */
export const ROWS = 0;
export const COLUMNS = 1;
export const VALUES = 2;

/** The word behind a code; a code that is not known is a defect of the build. */
export function word<T extends string>(list: readonly T[], code: number): T {
  const found = list[code];
  if (found === undefined) throw new RangeError(`code ${code} is not in ${list.join(', ')}`);
  return found;
}
