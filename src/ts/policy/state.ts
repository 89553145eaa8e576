import type { NativeState, PolicyCore } from '#policy-core';
import { describe, failure, LacunaError, type Resources, STATUSES, textAt, word } from '../shared.js';

const utf8 = new TextEncoder();

/** The text of a state. */
export function writeState(core: PolicyCore, native: NativeState, argument: string): string {
  const status = word(STATUSES, native.write());
  if (status !== 'ok') throw failure(status, argument, { method: 'auto', preconditioner: 'none', position: -1, partner: -1 });
  const at = native.text() >>> 0;
  const text = new TextDecoder().decode(core.HEAPU8.subarray(at, at + native.textSize()));
  native.forgetText();
  return text;
}

/**
 * Takes a state, as text or as what JSON makes of it. One that is refused has changed nothing.
 *
 * @throws LacunaError `invalid-argument` with a JSON pointer in `details.pointer`, `unsupported-format` for
 *   another schema or version, `out-of-memory`
 */
export function restoreState(core: PolicyCore, resources: Resources<NativeState>, state: unknown, argument: string): void {
  const { native } = resources;
  const bytes = utf8.encode(stateText(state, argument));
  const span = resources.span(Math.ceil(bytes.length / 8) || 1);
  core.HEAPU8.set(bytes, span.address);
  const status = word(STATUSES, native.restore(span.address, bytes.length));
  resources.free(span);
  if (status === 'ok') return;
  if (status !== 'damaged-bytes' && status !== 'invalid-argument') {
    throw failure(status, argument, { method: 'auto', preconditioner: 'none', position: -1, partner: -1 });
  }
  const pointer = textAt(core, native.faultPointer());
  const reason = textAt(core, native.faultReason());
  const byte = native.faultPosition();
  throw new LacunaError(status === 'damaged-bytes' ? 'invalid-argument' : 'unsupported-format', pointer === '' ? reason : `${pointer} ${reason}`, {
    argument,
    position: byte >= 0 ? byte : undefined,
    remedy: 'Give what toJSON() returned, unchanged',
    details: { pointer, reason },
  });
}

function stateText(state: unknown, argument: string): string {
  if (typeof state === 'string') return state;
  if (typeof state === 'object' && state !== null) return JSON.stringify(state);
  throw new LacunaError('invalid-argument', `must be a state or its text, got ${describe(state)}`, { argument });
}
