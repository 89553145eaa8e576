import type { NativeModule, NativeSolver } from '#core';
import { LacunaError } from './errors.js';
import { SparseMatrix } from './matrix.js';

/** The values that an update brings. */
export function valuesOf(values: ArrayLike<number> | SparseMatrix): ArrayLike<number> {
  return values instanceof SparseMatrix ? values.csrViews().data : values;
}

/** Why a matrix cannot replace the one in the core: its pattern differs. Undefined for a list of values. */
export function patternDifference(
  core: NativeModule,
  native: Pick<NativeSolver, 'indptr' | 'indices'>,
  shape: { readonly rows: number; readonly cols: number; readonly nnz: number },
  values: ArrayLike<number> | SparseMatrix,
): LacunaError | undefined {
  if (!(values instanceof SparseMatrix)) return undefined;
  const remedy = 'Create a new solver for a matrix of another pattern';
  for (const key of ['rows', 'cols', 'nnz'] as const) {
    if (values[key] === shape[key]) continue;
    return new LacunaError('shape-mismatch', `has ${values[key]} ${key}, the solver ${shape[key]}`, {
      argument: 'values',
      remedy,
    });
  }
  const { indptr, indices } = values.csrViews();
  const at = (address: number) => (address >>> 0) / Int32Array.BYTES_PER_ELEMENT;
  const starts = core.HEAP32.subarray(at(native.indptr()), at(native.indptr()) + indptr.length);
  const columns = core.HEAP32.subarray(at(native.indices()), at(native.indices()) + indices.length);
  for (let row = 0; row < shape.rows; row++) {
    const end = indptr[row + 1]!;
    let same = starts[row + 1] === end;
    for (let p = indptr[row]!; same && p < end; p++) same = columns[p] === indices[p];
    if (same) continue;
    return new LacunaError('shape-mismatch', `row ${row} has entries in other columns than the solver's`, {
      argument: 'values',
      position: row,
      remedy,
    });
  }
  return undefined;
}
