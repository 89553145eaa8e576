import type { Reason } from '../report.js';
import type { Variant } from '../load/platform.js';
import type { FactorMethod, FactorOrdering } from './options.js';

/** What the pattern of a matrix tells of its factors. Figures that a method cannot tell are absent. */
export interface Analysis {
  readonly method: FactorMethod;
  /** The order that ran; of LU that of the largest block. */
  readonly ordering: FactorOrdering;
  readonly rows: number;
  readonly cols: number;
  /** Stored entries of the matrix. */
  readonly nnz: number;
  /** Stored entries of the factors: exact for Cholesky, without delayed pivots for LU by fronts. */
  readonly factorNnz?: number;
  /** Multiplications and additions of the numeric phase, as exact. */
  readonly factorFlops?: number;
  /** Most bytes that the numeric phase allocates, the factors included; of LU by columns once it is over. */
  readonly peakBytes?: number;
  /** Dense panels or fronts. */
  readonly supernodes?: number;
  /** Milliseconds: copy, checks, ordering, structure. */
  readonly analyzeTime: number;
}

/** What a factor is. */
export interface FactorReport extends Analysis {
  /** Build of the module in use. */
  readonly variant: Variant;
  /** Multiplications and additions of one solve, refinement and certificate apart. */
  readonly solveFlops?: number;
  /** Rank, where the method reveals it (`'qr'`). */
  readonly rank?: number;
  /** LU: least ratio, over the columns, of the largest entry of A to that of U; near 1 without growth. */
  readonly pivotGrowth?: number;
  /**
   * Eigenvalues of each sign, by the pivots (Sylvester's law); absent where the method does not tell, or
   * a pivot is so small that rounding may have given its sign.
   */
  readonly inertia?: { readonly positive: number; readonly negative: number; readonly zero: number };
  /** `'ldlt'`: pivots that are blocks of two rows and columns. */
  readonly twoByTwoPivots?: number;
  /** `'ldlt'`: pivots that were passed on in the tree. */
  readonly delayedPivots?: number;
  /** `'ldlt'`: pivots whose value was changed to make them usable; refinement makes up for that. */
  readonly perturbedPivots?: number;
  /** `'mixed'`: the factors in force are in single precision, see `options.precision`. */
  readonly precision: 'double' | 'mixed';
  /**
   * Why they are in double precision, where others were asked for: the `'method'` has no others (QR), LU
   * goes by `'columns'` alone, a pivot failed once rounded (`'breakdown'`), or the matrix is
   * `'ill-conditioned'`.
   */
  readonly fallback?: 'method' | 'columns' | 'breakdown' | 'ill-conditioned';
  /**
   * Mixed precision: condition of the matrix in the ∞-norm, its largest entries scaled to about 1, by an
   * estimate; absent where no pivot of Cholesky was small.
   */
  readonly scaledCondition?: number;
  /** Times that the pattern was analyzed: an update adds none. */
  readonly analyses: number;
  /** Times that numbers were computed. */
  readonly factorizations: number;
  /** Changes since then: see {@link Factor.updateRank}. */
  readonly changes: number;
  /** Milliseconds of the numeric phase that was last. */
  readonly factorTime: number;
}

/** Smallest relative changes of A and b for which an answer is exact: see {@link SolveReport.backwardError}. */
export interface BackwardError {
  readonly normwise: number;
  readonly componentwise: number;
}

/** What a solve with a factor did, and the certificate of its answer. Norms are Euclidean unless said. */
export interface FactorSolveReport {
  readonly method: FactorMethod;
  /**
   * Whether ‖b − Ax‖ ≤ max(rtol·‖b‖, atol), with the residual computed anew; for rectangular systems
   * also a least-squares solution: see {@link SolveReport.converged}.
   */
  readonly converged: boolean;
  readonly reason: Reason;
  /** ‖b − Ax‖, in twice the working precision. */
  readonly residualNorm: number;
  /** ‖b − Ax‖ / ‖b‖; 0 where both vanish. */
  readonly relativeResidual: number;
  readonly backwardError: BackwardError;
  /** Backward errors at first and after each step of refinement that was kept. */
  readonly refinement: readonly BackwardError[];
  /** ‖Aᵀr‖/(‖A‖F·‖r‖), rectangular systems only. */
  readonly normalResidual?: number;
  /**
   * With `errorBound`: ‖x − x*‖∞/‖x‖∞ is at most about this, from the residual and an estimate of
   * ‖|A⁻¹|·|r|‖∞, which is rarely low by more than a factor of 3.
   */
  readonly forwardError?: number;
  /**
   * Factors in mixed precision: corrections that were kept before the first entry of `refinement` and
   * within its steps, and iterations of GMRES in them.
   */
  readonly mixed?: { readonly corrections: number; readonly iterations: number };
  readonly flops: number;
  /** Milliseconds, copies included; of several solved together an equal share. */
  readonly solveTime: number;
}

/** A solution and its certificate. */
export interface FactorSolution {
  readonly x: Float64Array;
  readonly report: FactorSolveReport;
}

/** Solutions of several systems. */
export interface FactorSolutions {
  readonly x: Float64Array[];
  readonly reports: FactorSolveReport[];
}

/** Entries of a solution, by the paths in the factors that lead to them. */
export interface SparseSolution {
  /** One for each row that was asked for. */
  readonly x: Float64Array;
  /** Entries of the factors that were read, two flops each. */
  readonly entries: number;
  /** Supernodes that were met, on the way in and on the way out; with LU fronts, or columns of blocks by columns. */
  readonly supernodes: number;
}

/** Condition of a matrix in the 1-norm. */
export interface ConditionEstimate {
  /** ‖A‖₁·‖A⁻¹‖₁, where the second is an estimate from below, rarely less than a third of it. */
  readonly condition: number;
  /** 1/condition, 0 where that overflows. */
  readonly reciprocal: number;
  readonly norm: number;
  readonly inverseNorm: number;
  /** Solves that it took. */
  readonly solves: number;
}

/** det A. */
export interface LogDeterminant {
  /** log|det A|. */
  readonly logAbs: number;
  readonly sign: -1 | 0 | 1;
}
