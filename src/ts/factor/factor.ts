import type { Scoped } from '../dispose.js';
import type { SparseMatrix } from '../matrix.js';
import type { AsyncControls } from '../options.js';
import type { SparseVector } from '../rhs.js';
import type { FactorSolveOneOptions, FactorSolveOptions, RankUpdateOptions } from './options.js';
import type { ConditionEstimate, FactorReport, FactorSolution, FactorSolutions, LogDeterminant, SparseSolution } from './report.js';

/**
 * A matrix and its factors, to solve with again and again, in a memory that is apart from that of
 * solvers. Made by {@link factorize}; holds a copy of A and the factors until `dispose()`.
 *
 * Methods that end in `Async` work in slices between which the event loop turns, and take `signal`,
 * `onProgress`, `slice` and `timeLimit`.
 *
 * @example
 * ```ts
 * import { factorize, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.fromDense([[4, 1], [1, 3]]);
 * const factor = await factorize(A);
 * const { x, report } = factor.solve([1, 2]);
 * console.log(factor.report.method, Math.abs(x[0]! - 1 / 11) < 1e-15); // cholesky true
 * console.log(report.backwardError.componentwise < 1e-15); // true
 * factor.dispose();
 * ```
 */
export interface Factor extends Scoped {
  /** Rows of A. */
  readonly rows: number;
  /** Columns of A. */
  readonly cols: number;
  /** Stored entries of A; a change may add some. */
  readonly nnz: number;
  /** Method, ordering, size and cost of the factors. */
  readonly report: FactorReport;

  /**
   * Solves Ax = b (or Aᵀx = b), refines and certifies the answer. Rectangular systems give the
   * least-squares solution, or the one of minimum norm. The caller's arrays are only read, `out` is
   * written at the end.
   *
   * Cost: `report.solveFlops`, and 27 flops for each entry of A to certify; as much for each step of
   * refinement.
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `invalid-argument`, `invalid-option`,
   *   `not-square` for the error bound of a rectangular system, `busy` during an update, `disposed`,
   *   `out-of-memory`
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[2, 1], [0, 3]]), { method: 'lu' });
   * console.log(factor.solve([3, 3]).x); // Float64Array [1, 1]
   * const { report } = factor.solve([2, 4], { transpose: true, errorBound: true });
   * console.log(report.converged, report.forwardError! < 1e-14); // true true
   * factor.dispose();
   * ```
   */
  solve(b: ArrayLike<number> | SparseVector, options?: FactorSolveOneOptions): FactorSolution;

  /** {@link Factor.solve} in slices. Stopped, it gives what it has, with `reason: 'cancelled'` or `'budget'`. */
  solveAsync(b: ArrayLike<number> | SparseVector, options?: FactorSolveOneOptions & AsyncControls): Promise<FactorSolution>;

  /**
   * Solves with several right-hand sides, up to 16 of which go through the factors together; each
   * answer is refined and certified on its own, and has the same bits as if it were solved alone.
   *
   * @throws LacunaError as {@link Factor.solve}
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.identity(2));
   * const { x, reports } = factor.solveMany([[1, 2], [3, 4]]);
   * console.log(x[1], reports.length); // Float64Array [3, 4] 2
   * factor.dispose();
   * ```
   */
  solveMany(bs: readonly (ArrayLike<number> | SparseVector)[], options?: FactorSolveOptions): FactorSolutions;

  /** {@link Factor.solveMany} in slices, as {@link Factor.solveAsync}. */
  solveManyAsync(
    bs: readonly (ArrayLike<number> | SparseVector)[],
    options?: FactorSolveOptions & AsyncControls,
  ): Promise<FactorSolutions>;

  /**
   * Estimates the condition number ‖A‖₁·‖A⁻¹‖₁ through four or five solves as a rule, eleven at the
   * most (Hager 1984, Higham 1988).
   *
   * @throws LacunaError `not-square`, `busy`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[1, 0], [0, 1e6]]));
   * console.log(Math.round(factor.condition().condition)); // 1000000
   * factor.dispose();
   * ```
   */
  condition(): ConditionEstimate;

  /**
   * {@link Factor.condition} in slices.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped
   */
  conditionAsync(options?: AsyncControls): Promise<ConditionEstimate>;

  /**
   * log|det A| and the sign of det A, from the pivots: O(n). Not for `'qr'`, nor in mixed precision.
   *
   * @throws LacunaError `not-square`, `invalid-argument` where the method does not tell, `disposed`
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[0, 2], [3, 0]]), { method: 'lu' });
   * const { logAbs, sign } = factor.logDeterminant();
   * console.log((sign * Math.exp(logAbs)).toFixed(6)); // -6.000000
   * factor.dispose();
   * ```
   */
  logDeterminant(): LogDeterminant;

  /**
   * Entries of A⁻¹b for a b that is given by few entries, at the rows that are wanted (all by
   * default): only the parts of the factors that lead from one to the other are read, so the cost can
   * be far below that of a solve. The numbers have the bits of a solve that is not refined, the signs of
   * zeros apart; there is no certificate.
   * Factors of `'cholesky'`, `'ldlt'` and `'lu'` in double precision. Where LU goes by columns, it is the
   * part of the solution that is not zero that counts, not what is wanted of it.
   *
   * @throws LacunaError `invalid-argument` for another method, `index-out-of-range`, `not-finite`,
   *   `shape-mismatch`, `busy`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const path = Array.from({ length: 999 }, (_, i): [number, number] => [i, i + 1]);
   * const factor = await factorize(SparseMatrix.laplacian(1000, path, { shift: 1 }), { method: 'cholesky' });
   * const { x, entries } = factor.solveSparse({ indices: [500], values: [1] }, [500, 501]);
   * console.log(x[0]!.toFixed(6), 2 * entries < factor.report.solveFlops!); // 0.447214 true
   * factor.dispose();
   * ```
   */
  solveSparse(b: SparseVector, wanted?: ArrayLike<number>): SparseSolution;

  /**
   * {@link Factor.solveSparse} in slices.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped
   */
  solveSparseAsync(b: SparseVector, wanted?: ArrayLike<number>, options?: AsyncControls): Promise<SparseSolution>;

  /**
   * Entries of A⁻¹ at (rows[k], cols[k]): variances, effective resistances. Many of them on the pattern
   * of the factors, the diagonal for instance, come from one sweep over all of them (Takahashi), others
   * by the paths that lead to them; counts decide. Factors in double precision, of `'lu'` by the paths
   * alone: a solve for each column that is asked for. Nothing is refined: where pivots of `'ldlt'` were
   * small beside their columns, the sweep gives a few digits less than a solve.
   *
   * Memory of the sweep: as much as the factors.
   *
   * @throws LacunaError as {@link Factor.solveSparse}
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[2, 1], [1, 2]]), { method: 'cholesky' });
   * console.log(factor.inverseEntries([0, 0], [0, 1]).map((v) => Math.round(3 * v))); // Float64Array [2, -1]
   * factor.dispose();
   * ```
   */
  inverseEntries(rows: ArrayLike<number>, cols: ArrayLike<number>): Float64Array;

  /**
   * {@link Factor.inverseEntries} in slices.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped
   */
  inverseEntriesAsync(rows: ArrayLike<number>, cols: ArrayLike<number>, options?: AsyncControls): Promise<Float64Array>;

  /**
   * Takes new values for the same pattern, in the order of `toCsr().data`, or a matrix that has
   * exactly this pattern, and factors again by the same method and order: nothing symbolic is done.
   * LU keeps its pivots as long as they are good. Whatever fails, the earlier values and factors stay
   * in force.
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `busy`, and what {@link factorize} finds wrong
   *   with the new values
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.identity(2));
   * factor.update([4, 16]);
   * console.log(factor.solve([4, 16]).x, factor.report.analyses); // Float64Array [1, 1] 1
   * factor.dispose();
   * ```
   */
  update(values: ArrayLike<number> | SparseMatrix): void;

  /**
   * {@link Factor.update} in slices. Stopped, it leaves the earlier values and factors in force.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped
   */
  updateAsync(values: ArrayLike<number> | SparseMatrix, options?: AsyncControls): Promise<void>;

  /**
   * A + W·Wᵀ, or A − W·Wᵀ with `downdate`, for the columns of an n × k matrix or one sparse vector:
   * the factors follow by rotations along the paths that the columns touch, without another
   * factorization. W·Wᵀ has to fit into the pattern of the factors; A takes its entries up. Whatever
   * fails, matrix and factors stay as they were.
   * Factors of `'cholesky'` in double precision only.
   *
   * Cost: 6k flops for each entry of L on the paths, and O(nnz) for A.
   *
   * @throws LacunaError `indefinite-matrix` where the result would not be positive definite,
   *   `invalid-argument` with row and column where there is no room, or for another method;
   *   `shape-mismatch`, `index-out-of-range`, `not-finite`, `busy`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[4, 1], [1, 3]]), { method: 'cholesky' });
   * factor.updateRank({ indices: [0, 1], values: [1, 1] }); // [[5, 2], [2, 4]]
   * console.log(factor.solve([7, 6]).x.map(Math.round), factor.report.changes); // Float64Array [1, 1] 1
   * factor.updateRank({ indices: [0, 1], values: [1, 1] }, { downdate: true });
   * console.log(factor.solve([5, 4]).x.map(Math.round)); // Float64Array [1, 1]
   * factor.dispose();
   * ```
   */
  updateRank(W: SparseMatrix | SparseVector, options?: RankUpdateOptions): void;

  /**
   * {@link Factor.updateRank} in slices.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped before it took place
   */
  updateRankAsync(W: SparseMatrix | SparseVector, options?: RankUpdateOptions & AsyncControls): Promise<void>;

  /**
   * Row and column `row` of A become those of the identity: the unknown is taken out. Costs and errors
   * as {@link Factor.updateRank}.
   *
   * @example
   * ```ts
   * import { factorize, SparseMatrix } from 'lacuna';
   *
   * const factor = await factorize(SparseMatrix.fromDense([[4, 1], [1, 3]]), { method: 'cholesky' });
   * factor.deleteRow(1);
   * console.log(factor.solve([4, 7]).x); // Float64Array [1, 7]
   * factor.addRow(1, { indices: [0, 1], values: [2, 3] }); // [[4, 2], [2, 3]]
   * console.log(factor.solve([6, 5]).x.map(Math.round)); // Float64Array [1, 1]
   * factor.dispose();
   * ```
   */
  deleteRow(row: number): void;

  /** {@link Factor.deleteRow} in slices. */
  deleteRowAsync(row: number, options?: AsyncControls): Promise<void>;

  /**
   * Row and column `row`, which are those of the identity, become `entries`, the diagonal one among
   * them. See {@link Factor.deleteRow}.
   *
   * @throws LacunaError as {@link Factor.updateRank}, and `invalid-argument` where the row is not deleted
   */
  addRow(row: number, entries: SparseVector): void;

  /** {@link Factor.addRow} in slices. */
  addRowAsync(row: number, entries: SparseVector, options?: AsyncControls): Promise<void>;

  /**
   * The factors as bytes, with a version and checksums, to be given to {@link importFactor} together
   * with the same matrix. Not in mixed precision.
   *
   * @throws LacunaError `invalid-argument` in mixed precision, `busy`, `disposed`, `out-of-memory`
   * @example
   * ```ts
   * import { factorize, importFactor, SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense([[4, 1], [1, 3]]);
   * const factor = await factorize(A, { method: 'cholesky' });
   * const again = await importFactor(A, factor.export());
   * console.log(again.solve([5, 4]).x.map(Math.round), again.report.factorizations); // Float64Array [1, 1] 0
   * factor.dispose();
   * again.dispose();
   * ```
   */
  export(): Uint8Array;

  /**
   * {@link Factor.export} in slices.
   *
   * @throws LacunaError also `cancelled` and `budget` where it was stopped
   */
  exportAsync(options?: AsyncControls): Promise<Uint8Array>;

  /** Whether this factor or its engine was disposed of. */
  readonly disposed: boolean;

  /** Gives all memory back. Idempotent. */
  dispose(): void;
}
