import type { NativeWitnessVerifier, PolicyCore } from '#policy-core';
import { checkHead, headMessage } from './head.js';
import type { VerifyOptions, WitnessBytes, WitnessFlaw, WitnessHead, WitnessVerdict } from './witness.js';
import { checkOptions, describe, doubles, type Host, LacunaError, word } from '../shared.js';

/** In the order of WitnessFlaw in verify.hpp. */
const FLAWS = ['ok', 'broken-link', 'partial-entry', 'missing', 'surplus', 'wrong-last'] as const;

/** Checks a chain against its head, and the head against a key. */
export async function verifyWitness(
  host: Host<PolicyCore>,
  bytes: WitnessBytes,
  head: WitnessHead | null,
  options: VerifyOptions,
): Promise<WitnessVerdict> {
  const { publicKey } = checkOptions(options, ['publicKey']);
  const checked = head === null ? undefined : checkHead(head, 'head');
  const pieces = piecesOf(bytes);
  // A head that was not signed by this key says nothing about the chain.
  let flaw: WitnessFlaw | undefined;
  if (publicKey !== undefined) {
    if (checked?.signature === undefined) flaw = 'unsigned';
    else if (!(await isSigned(head!, checked.signature, publicKey as CryptoKey))) flaw = 'bad-signature';
  }
  const verifier = host.run((core) => {
    const native = new core.NativeWitnessVerifier();
    const place = core._lacuna_hash_piece();
    if (checked !== undefined) core.HEAPU8.set(checked.last, place);
    native.begin(checked?.count ?? 0, checked === undefined ? 0 : place);
    return native;
  });
  try {
    for await (const piece of pieces) absorb(host, verifier, piece);
    const verdict = host.run((core) => doubles(core, verifier.verdict(), 3));
    const [code, entries, firstBad] = verdict as unknown as [number, number, number];
    if (flaw !== undefined) return { valid: false, entries, reason: flaw };
    const reason = word(FLAWS, code);
    if (reason !== 'ok') return { valid: false, entries, firstBad, reason };
    return { valid: true, entries, reason: checked === undefined ? 'links-only' : reason };
  } finally {
    if (!host.disposed) verifier.delete();
  }
}

function absorb(host: Host<PolicyCore>, verifier: NativeWitnessVerifier, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw notBytes(bytes);
  host.run((core) => {
    const place = core._lacuna_hash_piece();
    const most = core._lacuna_hash_piece_size();
    for (let at = 0; at < bytes.length; at += most) {
      const part = bytes.subarray(at, at + most);
      core.HEAPU8.set(part, place);
      verifier.absorb(place, part.length);
    }
  });
}

function piecesOf(bytes: WitnessBytes): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (bytes instanceof Uint8Array) return [bytes];
  if (typeof bytes === 'object' && bytes !== null && (Symbol.iterator in bytes || Symbol.asyncIterator in bytes)) return bytes;
  throw notBytes(bytes);
}

function notBytes(value: unknown): LacunaError {
  return new LacunaError('invalid-argument', `must be a Uint8Array or give some one after another, got ${describe(value)}`, {
    argument: 'bytes',
  });
}

async function isSigned(head: WitnessHead, signature: Uint8Array<ArrayBuffer>, key: CryptoKey): Promise<boolean> {
  try {
    return await crypto.subtle.verify('Ed25519', key, signature, headMessage(head));
  } catch (cause) {
    throw new LacunaError('invalid-option', 'WebCrypto could not verify with it', {
      argument: 'options.publicKey',
      remedy: "Give an Ed25519 public key of crypto.subtle with the usage 'verify'",
      cause,
    });
  }
}
