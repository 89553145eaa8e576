import type { NativeState, PolicyCore } from '#policy-core';
import { describe, failure, LacunaError, type NativeModule, type Resources, STATUSES, word } from '../shared.js';

const utf8 = new TextEncoder();

/** The text of a state. */
export function writeState(core: NativeModule, native: NativeState, argument: string): string {
  const status = word(STATUSES, native.write());
  if (status !== 'ok') throw failure(status, argument, { position: -1 });
  const at = native.text() >>> 0;
  const text = new TextDecoder().decode(core.HEAPU8.subarray(at, at + native.textSize()));
  native.forgetText();
  return text;
}

/**
 * Takes a state, as text or as what JSON makes of it, and returns its text. One that is refused has
 * changed nothing.
 *
 * @throws LacunaError `invalid-argument` with a JSON pointer in `details.pointer`, `unsupported-format` for
 *   another schema or version, `out-of-memory`
 */
export function restoreState(core: PolicyCore, resources: Resources<NativeState>, state: unknown, argument: string): string {
  const { native } = resources;
  const text = stateText(state, argument);
  refuseState(core, native, withText(core, resources, text, (at, bytes) => native.restore(at, bytes)), argument);
  return text;
}

/** The text of what may be a state. */
export function stateText(state: unknown, argument: string): string {
  if (typeof state === 'string') return state;
  if (typeof state === 'object' && state !== null) return JSON.stringify(state);
  throw new LacunaError('invalid-argument', `must be a state or its text, got ${describe(state)}`, { argument });
}

/** A text in linear memory for the time of a call. */
export function withText(core: PolicyCore, resources: Resources<NativeState>, text: string, call: (address: number, bytes: number) => number): number {
  const bytes = utf8.encode(text);
  const span = resources.span(Math.ceil(bytes.length / 8) || 1);
  core.HEAPU8.set(bytes, span.address);
  const status = call(span.address, bytes.length);
  resources.free(span);
  return status;
}

/** Throws for the status of a state that was read; where it was not accepted, with its fault. */
export function refuseState(core: PolicyCore, native: NativeState, status: number, argument: string): void {
  const known = word(STATUSES, status);
  if (known === 'ok') return;
  if (known !== 'damaged-bytes' && known !== 'invalid-argument') throw failure(known, argument, { position: -1 });
  const pointer = utf8At(core, native.faultPointer());
  const reason = utf8At(core, native.faultReason());
  const byte = native.faultPosition();
  throw new LacunaError(known === 'damaged-bytes' ? 'invalid-argument' : 'unsupported-format', pointer === '' ? reason : `${pointer} ${reason}`, {
    argument,
    position: byte >= 0 ? byte : undefined,
    remedy: 'Give what toJSON() returned, unchanged',
    details: { pointer, reason },
  });
}

/** The text at an address up to its zero. Names of contexts can be of any script. */
function utf8At({ HEAPU8 }: PolicyCore, address: number): string {
  const start = address >>> 0;
  return new TextDecoder().decode(HEAPU8.subarray(start, HEAPU8.indexOf(0, start)));
}
