import { GUESS, NO_REFINEMENT, TRANSPOSED } from './native/codes.js';
import type { Span } from './native/spans.js';
import { type CheckedTolerances, checkSolveOptions, type Output, type SolveAsyncOptions } from './options.js';
import { checkedVector, checkOut, Rhs, type RhsOwner, type RightHandSide } from './rhs.js';
import { asVector, checkLength } from './sparse/validate.js';

/** What a solve was asked to do, checked. */
export interface Request extends CheckedTolerances {
  readonly transpose: boolean;
  /** Values of b and of x. */
  readonly m: number;
  readonly n: number;
  readonly flags: number;
  /** What b has one value for. */
  readonly why: string;
}

/** The same with its vectors. */
export interface FullRequest<X extends Output> extends Request {
  /** Address of a right-hand side that is kept. */
  readonly kept: number | undefined;
  readonly out: X | undefined;
  /** Writes what is not kept. */
  fill(b: Span, x: Span): void;
}

interface Shape {
  readonly rows: number;
  readonly cols: number;
}

/** Checks the scalar options of a solve; those left out are `defaults`. */
export function checkRequest<X extends Output>(
  { rows, cols }: Shape,
  defaults: CheckedTolerances,
  options: SolveAsyncOptions<X> | undefined,
  kind: 'one' | 'many' | 'async',
): Request {
  const settings = checkSolveOptions(options, defaults, kind);
  const { transpose, refine } = settings;
  const [m, n] = transpose ? [cols, rows] : [rows, cols];
  const flags = (transpose ? TRANSPOSED : 0) | (refine ? 0 : NO_REFINEMENT);
  return { ...settings, m, n, flags, why: `one for each ${transpose ? 'column' : 'row'} of the matrix` };
}

/** Checks everything that one solve is given. */
export function checkFullRequest<X extends Output>(
  solver: Shape & RhsOwner,
  defaults: CheckedTolerances,
  b: RightHandSide,
  options: SolveAsyncOptions<X> | undefined,
  kind: 'one' | 'async',
): FullRequest<X> {
  const request = checkRequest(solver, defaults, options, kind);
  const { m, n, flags, why } = request;
  const isKept = b instanceof Rhs;
  if (isKept) checkLength('b', b, m, why);
  const write = isKept ? undefined : checkedVector('b', b, m, why);
  const x0 = options?.x0;
  const guess = x0 === undefined ? undefined : asVector('options.x0', x0, n, 'one for each unknown');
  return {
    ...request,
    flags: flags | (guess === undefined ? 0 : GUESS),
    out: checkOut(options?.out, n),
    // The last of the checks: a callback may give the values, and use the solver meanwhile.
    kept: isKept ? b.addressFor(solver) : undefined,
    fill: (rhs, x) => {
      write?.(rhs.view(0, m));
      if (guess !== undefined) x.view(0, n).set(guess);
    },
  };
}
