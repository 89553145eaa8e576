import type { ModuleOptions, NativeModule } from '#core';
import { LacunaError } from '../errors.js';
import { ADDRESSABLE } from '../load/given.js';
import { Instance } from './instance.js';

const PAGE = 65_536;

/** Pages the modules are linked to start with: INITIAL_MEMORY in bindings/wasm.cmake. */
export const INITIAL_PAGES = 16;

/**
 * Instantiates a compiled module by its glue, with a memory of its own that can grow to `memoryLimit`
 * bytes and no further. Fails with `load-failed`, `invalid-option` or `out-of-memory`; never hangs.
 */
export async function instantiate<M extends NativeModule>(
  createGlue: (options: ModuleOptions) => Promise<M>,
  module: WebAssembly.Module,
  { memoryLimit = ADDRESSABLE }: { memoryLimit?: number | undefined } = {},
): Promise<Instance<M>> {
  const memory = createMemory(memoryLimit);
  // The glue's own promise never settles when instantiation fails, hence the second one.
  let fail!: (cause: unknown) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const started = createGlue({
    wasmMemory: memory,
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(module, imports).then((instance) => receive(instance, module)).catch(fail);
      return {};
    },
    locateFile: (name) => name,
    onAbort: fail,
    // A library does not write to its user's console: failures are reported by throwing.
    print: () => {},
    printErr: () => {},
  });
  try {
    return new Instance(await Promise.race([started, failure]), memory);
  } catch (cause) {
    throw instantiationFailed(cause);
  }
}

function createMemory(limit: number): WebAssembly.Memory {
  const maximum = Math.floor(limit / PAGE);
  if (maximum < INITIAL_PAGES) {
    throw new LacunaError('invalid-option', `${limit} bytes are less than the core needs to start`, {
      argument: 'options.memoryLimit',
      remedy: `Give at least ${INITIAL_PAGES * PAGE}`,
    });
  }
  try {
    return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
  } catch (cause) {
    throw new LacunaError('out-of-memory', `no linear memory of up to ${maximum * PAGE} bytes could be reserved`, {
      remedy: 'Give a smaller memoryLimit, or dispose engines that are no longer needed',
      cause,
    });
  }
}

function instantiationFailed(cause: unknown): LacunaError {
  if (cause instanceof LacunaError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof RangeError) {
    return new LacunaError('out-of-memory', `the core could not be instantiated (${reason})`, {
      remedy: 'Dispose engines that are no longer needed',
      cause,
    });
  }
  return new LacunaError('load-failed', `the core could not be instantiated (${reason})`, {
    // A LinkError: the module's imports or memory are not those of this package's glue.
    remedy: 'Use the .wasm files of the same version of lacuna',
    cause,
  });
}
