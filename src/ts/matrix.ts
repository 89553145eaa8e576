import { LacunaError } from './errors.js';
import { readMatrixMarket, readMatrixMarketStream } from './io/reader.js';
import { writeMatrixMarket, type MatrixMarketOptions } from './io/writer.js';
import { checkedCsr, COLUMNS, type CompressedOptions, ROWS } from './sparse/checked-csr.js';
import {
  type CsrArrays,
  findEntry,
  identityCsr,
  multiplyCsr,
  multiplyTransposeCsr,
  transposeCsr,
} from './sparse/csr.js';
import { denseFromFlat, denseFromRows } from './sparse/dense.js';
import { adjacency, type EdgeList, graphLaplacian } from './sparse/edges.js';
import { checkedTriplets } from './sparse/triplets.js';
import {
  asVector,
  checkFlag,
  checkIndex,
  checkOptions,
  checkShape,
  checkSize,
  describe,
  outputFor,
  reserve,
} from './sparse/validate.js';

export type { CompressedOptions } from './sparse/checked-csr.js';
export type { CsrArrays } from './sparse/csr.js';
export type { Edge, EdgeColumns, EdgeList } from './sparse/edges.js';

/** Only this module can show it to the constructor, so that no matrix exists that was not checked. */
const CHECKED = Symbol('checked');

/** Makes a matrix of arrays whose invariants have been proven. */
let wrap: (csr: CsrArrays) => SparseMatrix;

/**
 * An immutable sparse matrix of float64 values in compressed sparse rows.
 *
 * Every matrix comes through a checked door: sizes from 1 to 2³¹ − 1, at most 4 GiB of arrays, indices in range,
 * every value finite, rows sorted and free of duplicates. Inputs are copied, never kept; lists may be arrays or
 * typed arrays of any number type (Float32Array is widened exactly). All methods are synchronous and need no
 * WebAssembly. Explicitly stored zeros stay part of the pattern.
 *
 * @example
 * ```ts
 * import { SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.fromTriplets(2, 3, [0, 0, 1], [0, 2, 1], [1, 2, 3]);
 * console.log(A.rows, A.cols, A.nnz); // 2 3 3
 * console.log(A.multiply([1, 1, 1])); // Float64Array [3, 3]
 * ```
 */
export class SparseMatrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly cols: number;
  /** Number of stored entries, explicit zeros included. */
  readonly nnz: number;
  readonly #csr: CsrArrays;

  private constructor(door: symbol, csr: CsrArrays) {
    if (door !== CHECKED) {
      throw new LacunaError('invalid-argument', 'SparseMatrix has no public constructor', {
        remedy: 'Use SparseMatrix.fromCsr, fromTriplets or fromDense',
      });
    }
    this.rows = csr.rows;
    this.cols = csr.cols;
    this.nnz = csr.indices.length;
    this.#csr = csr;
    Object.freeze(this);
  }

  /**
   * From entries in any order: `values[k]` at (`rowIndices[k]`, `colIndices[k]`), zero-based. Entries at the same
   * place are summed in the order of the input. O(rows + entries), plus a sort of the rows that come unsorted.
   *
   * @throws LacunaError `shape-mismatch` if the lists differ in length, `index-out-of-range`, `not-finite`,
   *   `too-large`, `invalid-argument`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromTriplets(2, 2, [0, 1, 1], [0, 1, 1], [4, 1, 2]);
   * console.log(A.get(1, 1)); // 3
   * ```
   */
  static fromTriplets(
    rows: number,
    cols: number,
    rowIndices: ArrayLike<number>,
    colIndices: ArrayLike<number>,
    values: ArrayLike<number>,
  ): SparseMatrix {
    return wrap(checkedTriplets(rows, cols, rowIndices, colIndices, values));
  }

  /**
   * From compressed rows: row i holds the entries `indptr[i]` to `indptr[i + 1] - 1` of `indices` (zero-based
   * columns) and `data`. Columns must increase strictly within a row unless `sort` is set. O(rows + entries).
   *
   * @throws LacunaError `unsorted-indices`, `duplicate-entry`, `shape-mismatch`, `index-out-of-range`,
   *   `not-finite`, `too-large`, `invalid-argument` (also for an `indptr` that does not start with 0, decreases,
   *   or does not end with the number of entries)
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromCsr(2, 2, [0, 1, 3], [0, 0, 1], [2, 1, 2]); // [[2, 0], [1, 2]]
   * console.log(A.get(1, 0)); // 1
   * ```
   */
  static fromCsr(
    rows: number,
    cols: number,
    indptr: ArrayLike<number>,
    indices: ArrayLike<number>,
    data: ArrayLike<number>,
    options?: CompressedOptions,
  ): SparseMatrix {
    const [height, width] = checkShape(rows, cols);
    return wrap(checkedCsr(ROWS, height, width, indptr, indices, data, options));
  }

  /**
   * From compressed columns: column j holds the entries `indptr[j]` to `indptr[j + 1] - 1` of `indices`
   * (zero-based rows) and `data`. Same rules and errors as {@link SparseMatrix.fromCsr}; one transposition dearer.
   *
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromCsc(2, 2, [0, 2, 3], [0, 1, 1], [2, 1, 2]); // [[2, 0], [1, 2]]
   * console.log(A.get(1, 0)); // 1
   * ```
   */
  static fromCsc(
    rows: number,
    cols: number,
    indptr: ArrayLike<number>,
    indices: ArrayLike<number>,
    data: ArrayLike<number>,
    options?: CompressedOptions,
  ): SparseMatrix {
    const [height, width] = checkShape(rows, cols);
    return wrap(transposeCsr(checkedCsr(COLUMNS, width, height, indptr, indices, data, options)));
  }

  /**
   * From a dense matrix of at most 65,536 a side: one row-major list with its sizes, or a list of rows.
   * Zeros are not stored. O(rows·cols).
   *
   * @throws LacunaError `too-large`, `shape-mismatch`, `not-finite`, `invalid-argument`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense(2, 2, [2, 0, 1, 2]);
   * const B = SparseMatrix.fromDense([[2, 0], [1, 2]]);
   * console.log(A.nnz, B.nnz); // 3 3
   * ```
   */
  static fromDense(rows: number, cols: number, values: ArrayLike<number>): SparseMatrix;
  static fromDense(values: ArrayLike<ArrayLike<number>>): SparseMatrix;
  static fromDense(first: unknown, cols?: unknown, values?: unknown): SparseMatrix {
    const nested = typeof first === 'object' && first !== null;
    return wrap(nested ? denseFromRows(first) : denseFromFlat(first, cols, values));
  }

  /**
   * From a text or file in Matrix Market format: coordinate or array; real, integer or pattern (ones); general,
   * symmetric or skew-symmetric (expanded to both triangles). Duplicates are summed, zeros of an array dropped,
   * those of a coordinate file kept. One pass over the bytes.
   *
   * @throws ParseError with line and column: `parse-error`, `unsupported-format` (complex, hermitian),
   *   `index-out-of-range`, `not-finite`, `too-large`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromMatrixMarket('%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 4\n2 1 -1\n');
   * console.log(A.get(0, 1), A.nnz); // -1 3
   * ```
   */
  static fromMatrixMarket(text: string | Uint8Array): SparseMatrix {
    return wrap(readMatrixMarket(text));
  }

  /**
   * As {@link SparseMatrix.fromMatrixMarket}, from a stream whose pieces may be cut anywhere, such as
   * `response.body` or a Node file stream. A stream is canceled when its text is wrong; an error of the stream
   * itself is passed on as it is.
   *
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const file = new Blob(['%%MatrixMarket matrix coordinate pattern general\n2 2 1\n', '1 2\n']);
   * const A = await SparseMatrix.fromMatrixMarketStream(file.stream());
   * console.log(A.get(0, 1)); // 1
   * ```
   */
  static async fromMatrixMarketStream(
    stream: ReadableStream<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  ): Promise<SparseMatrix> {
    return wrap(await readMatrixMarketStream(stream));
  }

  /**
   * The n × n weighted adjacency matrix of a graph: the entry (u, v) is the weight of the edge from u to v, 1 where
   * none is given. An undirected edge counts in both directions, a loop once; parallel edges are summed, so name
   * an undirected edge only once. O(n + edges).
   *
   * @throws LacunaError `index-out-of-range`, `not-finite`, `shape-mismatch`, `invalid-argument`, `invalid-option`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const path = SparseMatrix.fromEdges(3, [[0, 1], [1, 2, 0.5]]);
   * const arcs = SparseMatrix.fromEdges(3, { source: [0, 1], target: [1, 2] }, { directed: true });
   * console.log(path.nnz, arcs.nnz); // 4 2
   * ```
   */
  static fromEdges(n: number, edges: EdgeList, options?: { directed?: boolean | undefined }): SparseMatrix {
    const size = checkSize('n', n);
    const directed = checkFlag('directed', checkOptions(options, ['directed']).directed, false);
    return wrap(adjacency(size, edges, directed));
  }

  /**
   * The Laplacian D − W + shift·I of an undirected graph, D the weighted degrees. Rows sum to `shift` (default 0,
   * which leaves the matrix singular); loops cancel out; the whole diagonal is stored. O(n + edges).
   *
   * @throws LacunaError as {@link SparseMatrix.fromEdges}
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const L = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 1e-3 });
   * console.log(L.get(1, 1), L.get(0, 1)); // 2.001 -1
   * ```
   */
  static laplacian(n: number, edges: EdgeList, options?: { shift?: number | undefined }): SparseMatrix {
    const size = checkSize('n', n);
    const { shift = 0 } = checkOptions(options, ['shift']);
    if (!Number.isFinite(shift)) {
      throw new LacunaError('invalid-option', `must be a finite number, got ${describe(shift)}`, {
        argument: 'options.shift',
      });
    }
    return wrap(graphLaplacian(size, edges, shift));
  }

  /**
   * The n × n identity.
   *
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * console.log(SparseMatrix.identity(3).multiply([1, 2, 3])); // Float64Array [1, 2, 3]
   * ```
   */
  static identity(n: number): SparseMatrix {
    return wrap(identityCsr(checkSize('n', n)));
  }

  /**
   * A·x, each row summed from left to right. `x` has `cols` elements; the result has `rows` and is written into
   * `out` where given, which may not overlap `x`. O(nnz).
   *
   * @throws LacunaError `shape-mismatch`, `not-finite`, `invalid-argument`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense([[2, 0], [1, 2]]);
   * console.log(A.multiply([1, 1])); // Float64Array [2, 3]
   * ```
   */
  multiply(x: ArrayLike<number>, out?: Float64Array): Float64Array {
    const vector = asVector('x', x, this.cols, 'the number of columns');
    const target = outputFor(out, vector, this.rows, 'the number of rows');
    multiplyCsr(this.#csr, vector, target);
    return target;
  }

  /**
   * Aᵀ·x without forming the transpose. `x` has `rows` elements, the result `cols`. O(nnz + cols).
   *
   * @throws LacunaError as {@link SparseMatrix.multiply}
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense([[2, 0], [1, 2]]);
   * console.log(A.multiplyTranspose([1, 1])); // Float64Array [3, 2]
   * ```
   */
  multiplyTranspose(x: ArrayLike<number>, out?: Float64Array): Float64Array {
    const vector = asVector('x', x, this.rows, 'the number of rows');
    const target = outputFor(out, vector, this.cols, 'the number of columns');
    multiplyTransposeCsr(this.#csr, vector, target);
    return target;
  }

  /**
   * Aᵀ as a new matrix. O(rows + cols + nnz).
   *
   * @throws LacunaError `too-large` if the transpose would take more than 4 GiB
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const A = SparseMatrix.fromDense([[1, 2, 3]]);
   * console.log(A.transpose().rows); // 3
   * ```
   */
  transpose(): SparseMatrix {
    return wrap(transposeCsr(this.#csr));
  }

  /**
   * The value at (row, column), zero-based; 0 where nothing is stored. O(log of the row's length).
   *
   * @throws LacunaError `index-out-of-range`, `invalid-argument`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * console.log(SparseMatrix.identity(2).get(0, 1)); // 0
   * ```
   */
  get(row: number, column: number): number {
    const i = checkIndex('row', row, this.rows);
    const j = checkIndex('column', column, this.cols);
    const place = findEntry(this.#csr, i, j);
    return place < 0 ? 0 : this.#csr.data[place]!;
  }

  /**
   * The matrix as fresh arrays in CSR, free to change. O(rows + nnz).
   *
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const { indptr, indices, data } = SparseMatrix.identity(2).toCsr();
   * console.log(indptr, indices, data); // Int32Array [0, 1, 2] Int32Array [0, 1] Float64Array [1, 1]
   * ```
   */
  toCsr(): CsrArrays {
    const { rows, cols, indptr, indices, data } = this.#csr;
    return reserve(() => ({ rows, cols, indptr: indptr.slice(), indices: indices.slice(), data: data.slice() }));
  }

  /**
   * The matrix as text in Matrix Market coordinate format; reads back equal, bit for bit. Use
   * `matrixMarketPieces` for matrices whose text is past what one string can hold (about 500 MB).
   *
   * @throws LacunaError `not-square` or `not-symmetric` if a symmetry is asked for that the matrix does not have,
   *   `invalid-option`, `too-large`
   * @example
   * ```ts
   * import { SparseMatrix } from 'lacuna';
   *
   * const text = SparseMatrix.identity(2).toMatrixMarket({ symmetry: 'symmetric', comment: 'unit' });
   * console.log(SparseMatrix.fromMatrixMarket(text).nnz); // 2
   * ```
   */
  toMatrixMarket(options?: MatrixMarketOptions): string {
    const pieces = [...writeMatrixMarket(this.#csr, options)];
    try {
      return pieces.join('');
    } catch (cause) {
      throw new LacunaError('too-large', 'the text is longer than a string can be', {
        remedy: 'Write it piece by piece with matrixMarketPieces',
        cause,
      });
    }
  }

  /**
   * The arrays themselves, for marshaling into linear memory: read only, never to be handed to a caller.
   *
   * @internal
   */
  csrViews(): CsrArrays {
    return this.#csr;
  }

  static {
    wrap = (csr) => new SparseMatrix(CHECKED, csr);
  }
}
