import type { Core, NativeMatrix, NativeModule, NativeSolver } from '#core';
import type { SparseMatrix } from '../matrix.js';
import type { CheckedControls, CheckedSolverOptions } from '../options.js';
import { readSetupReport } from '../report.js';
import { METHODS, PRECONDITIONERS, STATUSES, word } from './codes.js';
import { failure, type FailureContext } from './failures.js';
import { Resources } from './resources.js';
import { runSteps, type Steps, type TaskHost } from './run-task.js';
import { DOUBLE } from './spans.js';

/** Writes A into arrays that the core allocated; one `set` each. */
export function marshal(core: NativeModule, native: NativeMatrix, A: SparseMatrix): void {
  const allocated = word(STATUSES, native.allocate(A.rows, A.cols, A.nnz));
  if (allocated !== 'ok') throw failure(allocated, 'A', { method: 'auto', position: -1 });
  const { indptr, indices, data } = A.csrViews();
  core.HEAP32.set(indptr, (native.indptr() >>> 0) / Int32Array.BYTES_PER_ELEMENT);
  core.HEAP32.set(indices, (native.indices() >>> 0) / Int32Array.BYTES_PER_ELEMENT);
  core.HEAPF64.set(data, (native.data() >>> 0) / DOUBLE);
}

/**
 * What an error message needs to know of a solver whose set-up or update failed; where that did not,
 * it is put down to `other`.
 */
export function setupContext(core: Core, native: NativeSolver, other?: string): FailureContext {
  const at = (native.setup() >>> 0) / DOUBLE;
  const shape = { variant: 'scalar', rows: 0, cols: 0, nnz: 0, setupTime: 0 } as const;
  const { attempts } = readSetupReport(core.HEAPF64, at, shape);
  const last = attempts.at(-1);
  return {
    method: (last === undefined || last.outcome === 'used' ? other : undefined) ?? last?.method ?? 'auto',
    preconditioner: last?.preconditioner ?? 'none',
    position: native.faultPosition(),
    partner: native.faultPartner(),
    details: { attempts, heapBytes: core.HEAPF64.buffer.byteLength },
  };
}

/** Marshals A and plans; everything is given back if that fails. */
export function planSolver(core: Core, A: SparseMatrix, options: CheckedSolverOptions): Resources {
  const matrix = new core.NativeMatrix();
  const native = new core.NativeSolver();
  let ready = false;
  try {
    marshal(core, matrix, A);
    const sealed = word(STATUSES, matrix.seal());
    if (sealed !== 'ok') throw failure(sealed, 'A', { method: 'auto', position: matrix.faultPosition() });
    const planned = word(
      STATUSES,
      native.create(matrix, options.method, options.preconditioner, options.dropTolerance, options.fillFactor, options.ordering, options.prefer ? 1 : 0, options.maxFlops),
    );
    if (planned !== 'ok') {
      // Nothing was tried yet: the names are those that the caller gave.
      throw failure(planned, 'A', {
        method: word(METHODS, options.method),
        preconditioner: word(PRECONDITIONERS, options.preconditioner),
        position: native.faultPosition(),
        partner: native.faultPartner(),
      });
    }
    ready = true;
    return new Resources(core, native);
  } finally {
    matrix.delete();
    if (!ready) native.delete();
  }
}

/** Sets up what was planned, and returns whether it was stopped. */
export function* prepareSolver(host: TaskHost<Core>, resources: Resources, controls?: CheckedControls): Steps<boolean> {
  const { native } = resources;
  const fail = (status: number) => failure(word(STATUSES, status), 'A', setupContext(host.core(), native));
  const task = host.run(() => native.prepare());
  if (task === null) throw fail(native.status());
  resources.add(task);
  try {
    return yield* runSteps(host, task, controls, true, fail);
  } finally {
    resources.end(task);
  }
}
