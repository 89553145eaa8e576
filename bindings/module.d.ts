// What both modules register: types of the glue that Emscripten 3.1 writes without them, see
// bindings/embind. Pointers are addresses in linear memory; read them with `>>> 0`. Codes are those of
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

/** One instance of a module. */
export interface NativeModule {
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPF64: Float64Array;
  readonly NativeMatrix: new () => NativeMatrix;

  /** Names are addresses of text that ends with a zero: see src/ts/native/text.ts. */
  version(): number;
  backend(): number;
  backendWidth(): number;
  liveHandles(): number;
  usedBytes(): number;
  highWaterBytes(): number;
  statusName(code: number): number;
  reasonName(code: number): number;

  _lacuna_span_new(bytes: number): number;
  _lacuna_span_free(address: number): void;
}

/** The options of a factory that the loader uses. */
export interface ModuleOptions {
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
