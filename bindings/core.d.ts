// Types of the glue that Emscripten 3.1 writes without them: what bindings/embind registers.
// Pointers are addresses in linear memory; read them with `>>> 0`. Codes are those of
// src/ts/native/codes.ts.

export interface NativeHandle {
  delete(): void;
}

/** Arrays on their way into the core: allocate, fill, seal. */
export interface NativeMatrix extends NativeHandle {
  allocate(rows: number, cols: number, nnz: number): number;
  indptr(): number;
  indices(): number;
  data(): number;
  seal(): number;
  faultPosition(): number;
}

/** A query that is kept up to date. */
export interface NativeTracked extends NativeHandle {
  /** Address of three doubles: unmoved, the bound for the answer, that for every unknown. */
  outcome(): number;
}

export interface NativeSolver extends NativeHandle {
  /** Takes the sealed matrix and plans. */
  create(
    matrix: NativeMatrix,
    method: number,
    preconditioner: number,
    dropTolerance: number,
    fillFactor: number,
  ): number;
  /** Analyzes and factors. */
  prepare(): number;
  update(values: number, count: number): number;
  status(): number;
  faultPosition(): number;
  /** Column of a pair whose row is the fault position, else −1. */
  faultPartner(): number;
  handle(): number;
  /** Address of the set-up report. */
  setup(): number;
  /** Addresses of the pattern that the solver works on. */
  indptr(): number;
  indices(): number;
  /** Whether `prepare` was successful, from outside or within a query. */
  ready(): number;
  begin(
    b: number,
    x: number,
    k: number,
    flags: number,
    rtol: number,
    atol: number,
    maxiter: number,
  ): NativeTask | null;
  /**
   * One number for each target: target k has entries starts[k] … starts[k+1] (int32) of `ids`
   * (float64) and `weights`. Null where it cannot start; `status` tells why. The block must outlive
   * the query.
   */
  query(
    rhs: NativeRhs,
    starts: number,
    ids: number,
    weights: number,
    targets: number,
    settings: number,
  ): NativeQuery | null;
  /** Column `vertex` of the inverse (`column` 1) or row (0). */
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
  /** Address of the conditions report, 0 where they could not be measured. */
  conditions(): number;
  /** A query to be kept up to date; null as `query`. */
  track(rhs: NativeRhs, ids: number, weights: number, count: number, settings: number): NativeTracked | null;
  /** Runs it, after a change whose block (tracked_binding.hpp) is at an address, or as it is (0). */
  runTracked(tracked: NativeTracked, change: number): NativeQuery | null;
  /** What a change would do: then see `outcome`. A status. */
  moved(tracked: NativeTracked, change: number, atol: number): number;
}

/** A matrix whose rows come on demand. */
export interface NativeRowSystem extends NativeHandle {
  /** `declared`: margins of rows and columns, ‖A‖∞, ‖A‖₁, signs, symmetric, entries of a row. */
  create(size: number, declared: number, cacheBytes: number, hasColumns: number): number;
  status(): number;
  faultPosition(): number;
  query(rhs: NativeRhs, ids: number, weights: number, count: number, settings: number): NativeQuery | null;
  inverseLine(column: number, vertex: number, settings: number): NativeLine | null;
  /** Rows, or columns, that were taken in, and those that were read from the cache. */
  fetched(columns: number): number;
  hits(columns: number): number;
}

/** A right-hand side of queries; its norms are taken once. Fill it by one of the three. */
export interface NativeRhs extends NativeHandle {
  /** Borrows n doubles. */
  dense(values: number, n: number): number;
  /** Copies; ids as float64. */
  sparse(ids: number, values: number, count: number, n: number): number;
  onDemand(least: number, greatest: number, normInf: number, norm1: number): number;
  faultPosition(): number;
}

/** A query or a line of the inverse: a task that may wait for rows, columns or values. */
interface NativeLocalTask extends NativeHandle {
  /** Returns a task state: 0 running, 1 done, 2 failed, 3 waiting. */
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  faultPosition(): number;
  progress(): number;
  /** What it waits for: kind 0 rows, 1 columns, 2 values of the right-hand side. */
  wantedCount(kind: number): number;
  /** Address of that many float64 ids, valid until the next call. */
  wanted(kind: number): number;
  /** Brings the first `lines` of what is wanted: counts as int32, ids and values as float64. */
  supplyLines(kind: number, lines: number, counts: number, ids: number, values: number): number;
  /** Brings all values that are wanted. */
  supplyValues(values: number): number;
}

export interface NativeQuery extends NativeLocalTask {
  /** Address of one query report for each target. */
  reports(): number;
}

export interface NativeLine extends NativeLocalTask {
  report(): number;
  /** Once done: the entries, ids ascending as float64. */
  count(): number;
  ids(): number;
  values(): number;
}

/** A loaded graph. */
export interface NativeGraph extends NativeHandle {
  /** Takes the arrays of a matrix that was filled and not sealed, as adjacency. */
  create(matrix: NativeMatrix): number;
  status(): number;
  faultPosition(): number;
  /** Address of vertices, arcs, undirected, weighted, dangling, volume as float64. */
  facts(): number;
  /** Begins a query with `count` float64 arguments: see bindings/embind/graph_binding.hpp. */
  begin(query: number, args: number, count: number): NativeGraphTask | null;
}

export interface NativeGraphTask extends NativeHandle {
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  faultPosition(): number;
  progress(): number;
  /** Address of the report, after which `table` is there; 0 where memory is short. */
  report(): number;
  table(): number;
}

export interface NativeTask extends NativeHandle {
  /** Returns a task state: 0 running, 1 done, 2 failed. */
  step(work: number, deadline: number): number;
  stop(reason: number): number;
  status(): number;
  progress(): number;
  iterations(): number;
  reports(): number;
}

/** One instance of the module. */
export interface Core {
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPF64: Float64Array;
  readonly NativeMatrix: new () => NativeMatrix;
  readonly NativeSolver: new () => NativeSolver;
  readonly NativeRowSystem: new () => NativeRowSystem;
  readonly NativeRhs: new () => NativeRhs;
  readonly NativeGraph: new () => NativeGraph;

  /** Names are addresses of text that ends with a zero: see src/ts/native/text.ts. */
  version(): number;
  capabilities(): number;
  backend(): number;
  backendWidth(): number;
  liveHandles(): number;
  usedBytes(): number;
  highWaterBytes(): number;
  statusName(code: number): number;
  reasonName(code: number): number;
  methodName(code: number): number;
  preconditionerName(code: number): number;
  solveReportFields(): number;
  setupReportFields(): number;
  wayName(code: number): number;
  boundKindName(code: number): number;
  queryReportFields(): number;
  lineReportFields(): number;
  conditionsReportFields(): number;
  graphReportFields(): number;
  graphFactsFields(): number;

  _lacuna_span_new(bytes: number): number;
  _lacuna_span_free(address: number): void;
  _lacuna_solve(
    handle: number,
    b: number,
    x: number,
    k: number,
    flags: number,
    rtol: number,
    atol: number,
    maxiter: number,
    reports: number,
  ): number;
  _lacuna_certify(
    handle: number,
    b: number,
    x: number,
    flags: number,
    rtol: number,
    atol: number,
    report: number,
  ): number;
}

/** The options of the factory that the loader uses. */
export interface CoreOptions {
  wasmMemory: WebAssembly.Memory;
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  locateFile(name: string): string;
  onAbort(what: unknown): void;
  print(text: string): void;
  printErr(text: string): void;
}

export default function createCore(options: CoreOptions): Promise<Core>;
