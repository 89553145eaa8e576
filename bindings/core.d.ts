// Types of the glue that Emscripten 3.1 writes without them: what bindings/embind registers.
// Pointers are addresses in linear memory; read them with `>>> 0`. Codes are those of
// src/ts/native/codes.ts.

interface NativeHandle {
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
  begin(
    b: number,
    x: number,
    k: number,
    flags: number,
    rtol: number,
    atol: number,
    maxiter: number,
  ): NativeTask | null;
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
