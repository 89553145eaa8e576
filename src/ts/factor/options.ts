import type { AsyncControls } from '../options.js';

/** A direct method. */
export type FactorMethod = 'cholesky' | 'ldlt' | 'lu' | 'qr';

/** How pivots were ordered: `'given'` by the caller, `'column-amd'` for unsymmetric patterns by LU alone. */
export type FactorOrdering = 'natural' | 'given' | 'amd' | 'nested-dissection' | 'rcm' | 'column-amd';

/** How a matrix is to be factored; everything has a default. */
export interface FactorOptions {
  /**
   * `'auto'`: rectangular → `qr`; symmetric with a positive diagonal → `cholesky`, where that is not
   * positive definite `ldlt`, then `lu`; other symmetric ones → `ldlt`, then `lu`; other → `lu`. A
   * method named here is used or refused.
   * @defaultValue 'auto'
   */
  method?: 'auto' | FactorMethod;
  /**
   * Order of elimination: approximate minimum degree, multilevel nested dissection, reverse
   * Cuthill–McKee, as numbered, or a permutation whose k-th number is the column that is k-th pivot.
   * `'auto'` counts the flops of the candidates and keeps the best. LU keeps its block triangular
   * form and orders within blocks.
   * @defaultValue 'auto'
   */
  ordering?: 'auto' | 'natural' | 'amd' | 'nested-dissection' | 'rcm' | ArrayLike<number>;
  /**
   * Most multiplications and additions that the numbers may take: `too-large` with the figures
   * once the analysis finds more. Where they are not known beforehand (LU by columns), it ends when
   * as many are done.
   * @defaultValue Infinity
   */
  maxFlops?: number;
  /**
   * Most bytes that the numbers may take: `too-large` with the figures once the analysis finds more.
   * LU by columns ends before it takes more; QR keeps no reflections where they are what is too much.
   * @defaultValue what the memory of the engine has left
   */
  maxBytes?: number;
  /**
   * Precision of the factors. `'mixed'`: factors of `'cholesky'`, `'ldlt'` and, by dense fronts, `'lu'` in
   * single precision, half the bytes and, of `'cholesky'`, about half the time of the numbers; each solve is refined in
   * double precision until its backward error is that of double factors, by GMRES where plain refinement
   * stagnates. Where a pivot fails once rounded or the matrix is too ill-conditioned, for LU that goes by
   * columns alone and for `'qr'`, the factors are double ones: `report.fallback` tells. A solve takes about
   * three times as long, and `'ldlt'` and `'lu'` estimate the condition: about five substitutions. For `'lu'`
   * it saves bytes first: up to 24³ unknowns of a cube the numbers take no less time. `'auto'`: mixed where
   * the matrix is well-conditioned and the numbers take so much longer than a solve that it is faster for
   * some of them.
   * @defaultValue 'double'
   */
  precision?: 'double' | 'mixed' | 'auto';
}

/** Options of one solve with a factor. */
export interface FactorSolveOptions {
  /**
   * Solve Aᵀx = b.
   * @defaultValue false
   */
  transpose?: boolean;
  /**
   * Iterative refinement: steps at the most, each kept only if it lowers the backward error; `true`
   * is 3, the most 10.
   * @defaultValue true
   */
  refine?: boolean | number;
  /**
   * Also bound the forward error: about five more solves. Square systems only.
   * @defaultValue false
   */
  errorBound?: boolean;
  /**
   * `converged` says whether ‖b − Ax‖₂ ≤ max(rtol·‖b‖₂, atol).
   * @defaultValue 1e-10
   */
  rtol?: number;
  /**
   * Absolute part of the same rule.
   * @defaultValue 0
   */
  atol?: number;
}

/** The same for one right-hand side. */
export interface FactorSolveOneOptions extends FactorSolveOptions {
  /** Array of n values that takes the solution, instead of a fresh one. */
  out?: Float64Array;
}

/** Options of a change by W·Wᵀ. */
export interface RankUpdateOptions {
  /**
   * Subtract instead of add.
   * @defaultValue false
   */
  downdate?: boolean;
}

/** Options of a set-up, which runs in slices. */
export interface FactorizeOptions extends FactorOptions, AsyncControls {}
