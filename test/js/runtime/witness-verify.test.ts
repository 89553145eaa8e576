// Damage to a witness chain, its head and its signature.
import { createWitness, type Engine, loadEngine, verifyWitness, type WitnessHead } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyCore } from '../../../bindings/policy.js';
import { runs } from '../support/prove.js';
import { Random } from '../support/random.js';
import { readChain, shake256 } from '../support/witness.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

async function chainOf(entries: number): Promise<{ bytes: Uint8Array; head: WitnessHead }> {
  using witness = await createWitness({ engine, keep: 0 });
  for (let k = 0; k < entries; k++) witness.append({ kind: 'solve', report: { k } });
  return { bytes: witness.bytes(), head: witness.head() };
}

const verify = (bytes: Uint8Array, head: WitnessHead | null, options = {}) => verifyWitness(bytes, head, { engine, ...options });

describe('a chain of 10,000 entries', () => {
  let bytes: Uint8Array;
  let head: WitnessHead;
  beforeAll(async () => {
    ({ bytes, head } = await chainOf(10_000));
  });

  it('is what Node makes of it, and verifies in pieces of any size', async () => {
    expect(readChain(bytes).head).toEqual(head);
    expect(await verify(bytes, head)).toEqual({ valid: true, entries: 10_000, reason: 'ok' });
    expect(await verify(bytes, null)).toEqual({ valid: true, entries: 10_000, reason: 'links-only' });
    async function* pieces() {
      for (let at = 0, k = 0; at < bytes.length; at += k++ * 7) yield bytes.subarray(at, at + k * 7);
    }
    expect(await verifyWitness(pieces(), head, { engine })).toMatchObject({ valid: true, entries: 10_000 });
    expect(await verifyWitness([bytes.subarray(0, 100), bytes.subarray(100)], head, { engine })).toMatchObject({ valid: true });
  });

  it('does not hide a changed byte, a cut or an extension', async () => {
    const random = new Random(41);
    for (let k = 0; k < runs(50); k++) {
      const at = random.integer(bytes.length);
      const kind = k % 3;
      const changed = kind === 0 ? bytes.slice() : kind === 1 ? bytes.subarray(0, at) : new Uint8Array(bytes.length + 1 + random.integer(200));
      if (kind === 0) changed[at]! ^= 1 + random.integer(255);
      if (kind === 2) changed.set(bytes);
      const verdict = await verify(changed, head);
      expect(verdict.valid).toBe(false);
      expect(verdict.firstBad).toBe(kind === 2 ? 10_000 : Math.floor(at / 73));
    }
  });
});

describe('a short chain', () => {
  it('tells what is wrong with it', async () => {
    const { bytes, head } = await chainOf(3);
    const other = await chainOf(4);
    const changed = (at: number) => bytes.map((byte, k) => (k === at ? byte ^ 1 : byte));
    expect(await verify(changed(80), head)).toEqual({ valid: false, entries: 3, firstBad: 1, reason: 'broken-link' });
    expect(await verify(changed(218), head)).toEqual({ valid: false, entries: 3, firstBad: 2, reason: 'wrong-last' });
    expect(await verify(bytes.subarray(0, 146), head)).toEqual({ valid: false, entries: 2, firstBad: 2, reason: 'missing' });
    expect(await verify(bytes.subarray(0, 200), head)).toEqual({ valid: false, entries: 2, firstBad: 2, reason: 'partial-entry' });
    expect(await verify(other.bytes, head)).toEqual({ valid: false, entries: 4, firstBad: 3, reason: 'surplus' });
    expect(await verify(changed(218), null)).toMatchObject({ valid: true, reason: 'links-only' });
    const empty = { count: 0, last: '0'.repeat(64) };
    expect(await verify(new Uint8Array(), empty)).toEqual({ valid: true, entries: 0, reason: 'ok' });
  });

  it('verifies with the signature of its head, not with another', async () => {
    using witness = await createWitness({ engine });
    witness.append({ kind: 'train' });
    const keys = async () => (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    const { privateKey, publicKey } = await keys();
    const head = await witness.head({ signWith: privateKey });
    const bytes = witness.bytes();
    const message = Buffer.concat([Buffer.from('lacuna witness head 1'), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), shake256(bytes)]);
    expect(await crypto.subtle.verify('Ed25519', publicKey, Buffer.from(head.signature!, 'hex'), message)).toBe(true);

    expect(await verify(bytes, JSON.parse(JSON.stringify(head)) as WitnessHead, { publicKey })).toEqual({ valid: true, entries: 1, reason: 'ok' });
    const { signature: _, ...bare } = head;
    expect(await verify(bytes, bare, { publicKey })).toMatchObject({ valid: false, reason: 'unsigned' });
    expect(await verify(bytes, null, { publicKey })).toMatchObject({ valid: false, reason: 'unsigned' });
    expect(await verify(bytes, head, { publicKey: (await keys()).publicKey })).toMatchObject({ valid: false, reason: 'bad-signature' });
    // A chain made anew, with a head of its own.
    const forged = await chainOf(1);
    expect(await verify(forged.bytes, { ...forged.head, signature: head.signature! }, { publicKey })).toMatchObject({ valid: false, reason: 'bad-signature' });
    await expect(witness.head({ signWith: publicKey })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.signWith' });
    await expect(verify(bytes, head, { publicKey: privateKey })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.publicKey' });
  });

  it('is refused with a reason where it is none', async () => {
    const { bytes, head } = await chainOf(1);
    await expect(verify(3 as never, head)).rejects.toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
    await expect(verify([3] as never, head)).rejects.toMatchObject({ code: 'invalid-argument', argument: 'bytes' });
    for (const wrong of [{ ...head, count: -1 }, { ...head, last: 'ab' }, { ...head, signature: 'ab' }, {}] as never[]) {
      await expect(verify(bytes, wrong)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    await expect(verify(bytes, head, { key: 1 } as never)).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

it('hashes as Node does, whatever the length', async () => {
  const { default: createPolicyCore } = (await import('#policy-core')) as { default: typeof import('../../../bindings/policy.js').default };
  const { instantiate } = await import('../../../src/ts/native/module.js');
  const { readFile } = await import('node:fs/promises');
  const bytes = await readFile(new URL('../../../dist/policy.wasm', import.meta.url));
  const instance = await instantiate<PolicyCore>(createPolicyCore, await WebAssembly.compile(bytes));
  const core = instance.core();
  const random = new Random(43);
  const u64 = (n: number) => Buffer.from(new BigUint64Array([BigInt(n)]).buffer);
  for (let k = 0; k < runs(300); k++) {
    const message = Buffer.from(Uint8Array.from({ length: random.integer(k % 10 === 0 ? 20_000 : 600) }, () => random.integer(256)));
    core._lacuna_hash_begin(2, 0, 0, message.length);
    for (let at = 0; at < message.length; ) {
      const part = message.subarray(at, at + 1 + random.integer(300));
      core.HEAPU8.set(part, core._lacuna_hash_piece());
      core._lacuna_hash_absorb(part.length);
      at += part.length;
    }
    core._lacuna_hash_end();
    const digest = Buffer.from(core.HEAPU8.slice(core._lacuna_hash_piece(), core._lacuna_hash_piece() + 32));
    expect(digest.equals(shake256(u64(15), 'lacuna vector 1', u64(message.length), message))).toBe(true);
  }
  instance.dispose();
});
