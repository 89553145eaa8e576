import type { Engine } from './engine.js';
import { notSliceable } from './native/failures.js';
import type { CheckedControls } from './options.js';
import type { SetupReport } from './report.js';

/** Refuses controls that the method cannot honor, except in a worker, where blocking harms nobody. */
export function refuseSlices(engine: Engine, controls: CheckedControls | undefined, { sliceable, method }: SetupReport): void {
  if (controls?.needsSlices && !sliceable && !engine.isWorker()) throw notSliceable(method);
}

/** Controls of a part of the work. */
export function partOf(controls: CheckedControls, from: number, share: number): CheckedControls {
  const { onProgress } = controls;
  return { ...controls, onProgress: onProgress && ((p) => onProgress({ ...p, fraction: from + share * p.fraction })) };
}
