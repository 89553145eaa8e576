import { fromHex } from './hex.js';
import type { WitnessHead } from './witness.js';
import { checkOptions, describe, LacunaError } from '../shared.js';

const DIGEST = 32;
const SIGNATURE = 64;

/** A head as numbers and bytes. */
export interface CheckedHead {
  readonly count: number;
  readonly last: Uint8Array;
  readonly signature: Uint8Array<ArrayBuffer> | undefined;
}

export function checkHead(head: WitnessHead | undefined, argument: string): CheckedHead {
  const { count, last, signature } = checkOptions(head, ['count', 'last', 'signature'], argument);
  const wrong = (name: string, rule: string, value: unknown) =>
    new LacunaError('invalid-argument', `must be ${rule}, got ${describe(value)}`, { argument: `${argument}.${name}` });
  if (!(Number.isSafeInteger(count) && count! >= 0)) throw wrong('count', 'an integer of at least 0', count);
  const digest = fromHex(last, DIGEST);
  if (digest === undefined) throw wrong('last', '64 hexadecimal digits', last);
  const signed = signature === undefined ? undefined : fromHex(signature, SIGNATURE);
  if (signature !== undefined && signed === undefined) throw wrong('signature', '128 hexadecimal digits', signature);
  return { count: count!, last: digest, signature: signed };
}

/** What is signed. */
export function headMessage({ count, last }: WitnessHead): Uint8Array<ArrayBuffer> {
  const label = new TextEncoder().encode('lacuna witness head 1');
  const message = new Uint8Array(label.length + 8 + DIGEST);
  message.set(label);
  new DataView(message.buffer).setBigUint64(label.length, BigInt(count), true);
  message.set(fromHex(last, DIGEST)!, label.length + 8);
  return message;
}
