import type { NativeWitness, PolicyCore } from '#policy-core';
import { timeless } from './canonical.js';
import { toHex } from './hex.js';
import { type Hashed, Hasher, TYPES } from './hasher.js';
import { checkHead, headMessage } from './head.js';
import type { Output } from '../options.js';
import type { SetupReport, SolveReport } from '../report.js';
import type {
  Recorder,
  SolvePlan,
  WitnessAction,
  WitnessChain,
  WitnessCommitment,
  WitnessEntry,
  WitnessHead,
  WitnessKind,
  WitnessOptions,
} from './witness.js';
import { checkChoice, checkIndex, checkNumber, checkOptions, describe, failure, Held, type Host, LacunaError, makeScoped, Resources, type SparseMatrix, STATUSES, word } from '../shared.js';

/** Bytes of an entry, and where its parts begin: see src/cpp/lacuna/witness/entry.hpp. */
const ENTRY = 73;
const ACTION = 32;
const TIME = 64;
const TYPE = 72;
const DIGEST = 32;

/** A chain in linear memory. */
export class Chain extends Held implements WitnessChain {
  readonly seed: string | undefined;
  readonly #host: Host<PolicyCore>;
  readonly #hasher: Hasher;
  readonly #native: NativeWitness;
  readonly #timed: boolean;
  readonly #keep: number;
  readonly #commitments = new Map<number, Hashed>();

  constructor(host: Host<PolicyCore>, options: WitnessOptions) {
    const given = checkOptions(options, ['clock', 'seed', 'keep', 'resume']);
    const timed = checkChoice('clock', given.clock, ['sequence', 'time']) === 1;
    const keep = checkNumber('keep', given.keep, 1000, 'an integer of at least 0', (v) => Number.isSafeInteger(v) && v >= 0);
    const seed = drawSeed(given.seed);
    const resources = host.run((core) => {
      const made = new Resources(core, new core.NativeWitness());
      try {
        if (given.resume !== undefined) restore(core, made, given.resume);
      } catch (error) {
        made.release();
        throw error;
      }
      return made;
    });
    super(host, resources, 'witness', 'createWitness');
    this.#host = host;
    this.#hasher = new Hasher(host);
    this.#native = resources.native;
    this.#timed = timed;
    this.#keep = keep;
    this.seed = seed;
    if (seed !== undefined) this.#add({ kind: 'seed', report: { seed, source: given.seed === 'crypto' ? 'crypto' : 'given' } });
  }

  get length(): number {
    this.core();
    return this.#native.count();
  }

  append(action: WitnessAction): number {
    this.core();
    return this.#add(this.#hasher.commitment(action));
  }

  bytes(): Uint8Array {
    return this.#slice(0, this.length * ENTRY);
  }

  entry(index: number): WitnessEntry {
    checkIndex('index', index, this.length);
    const bytes = this.#slice(index * ENTRY, ENTRY);
    const type = bytes[TYPE]!;
    const known = (Object.keys(TYPES) as WitnessKind[]).find((kind) => TYPES[kind] === type);
    return {
      kind: known ?? 'other',
      type,
      time: new DataView(bytes.buffer).getBigUint64(TIME, true),
      previous: toHex(bytes.subarray(0, ACTION)),
      action: toHex(bytes.subarray(ACTION, TIME)),
    };
  }

  commitment(index: number): WitnessCommitment | undefined {
    checkIndex('index', index, this.length);
    const found = this.#commitments.get(index);
    if (found === undefined) return undefined;
    const members = Object.entries(found).map(([name, value]) => [name, value instanceof Uint8Array ? toHex(value) : value]);
    return Object.fromEntries(members) as WitnessCommitment;
  }

  head(): WitnessHead;
  head(options: { signWith: CryptoKey }): Promise<WitnessHead>;
  head(options?: { signWith: CryptoKey }): WitnessHead | Promise<WitnessHead> {
    const { signWith } = checkOptions(options, ['signWith']);
    const count = this.length;
    const { HEAPU8 } = this.core();
    const last = this.#native.last() >>> 0;
    const head = { count, last: toHex(HEAPU8.subarray(last, last + DIGEST)) };
    return signWith === undefined ? head : sign(head, signWith);
  }

  /** @internal */
  watch(A: SparseMatrix): Recorder {
    this.#expect(1);
    const pattern = this.#hasher.pattern(A);
    const hash = (values: Float64Array) => this.#hasher.matrix(pattern, values);
    let matrix = hash(A.csrViews().data);
    return {
      expect: (entries) => this.#expect(entries),
      built: (report: SetupReport, values?: Float64Array) => {
        if (values !== undefined) matrix = hash(values);
        this.#add({ kind: 'build', matrix, variant: report.variant, report: timeless(report) });
      },
      solved: ({ transpose, rtol, atol, maxiter, refine }: SolvePlan, rhs: Float64Array, x: Output, report: SolveReport) => {
        this.#add({
          kind: 'solve',
          matrix,
          rhs: this.#hasher.vector(rhs),
          plan: { transpose, rtol, atol, maxiter, refine },
          variant: report.variant,
          report: timeless(report),
          result: this.#hasher.vector(x),
        });
      },
    };
  }

  #expect(entries: number): void {
    this.core();
    this.#check(this.#host.run(() => this.#native.reserve(entries)));
  }

  #add(commitment: Hashed): number {
    const index = this.length;
    const time = this.#timed ? Date.now() : -1;
    this.#check(
      this.#host.run((core) => this.#native.append(TYPES[commitment.kind], time, this.#hasher.commit(core, commitment)[0])),
    );
    if (this.#keep > 0) this.#commitments.set(index, commitment);
    this.#commitments.delete(index - this.#keep);
    return index;
  }

  #slice(start: number, length: number): Uint8Array<ArrayBuffer> {
    const { HEAPU8 } = this.core();
    const from = (this.#native.bytes() >>> 0) + start;
    return HEAPU8.slice(from, from + length) as Uint8Array<ArrayBuffer>;
  }

  #check(status: number): void {
    if (status !== 0) throw failure(word(STATUSES, status), 'witness', { position: -1 });
  }
}

makeScoped(Chain, 'WitnessChain');

function restore(core: PolicyCore, made: Resources<NativeWitness>, resume: NonNullable<WitnessOptions['resume']>): void {
  const { bytes, head } = checkOptions(resume, ['bytes', 'head'], 'options.resume');
  if (!(bytes instanceof Uint8Array)) {
    throw new LacunaError('invalid-option', `must be a Uint8Array, got ${describe(bytes)}`, { argument: 'options.resume.bytes' });
  }
  const { count, last } = checkHead(head, 'options.resume.head');
  const span = made.span(Math.ceil((bytes.length + DIGEST) / 8));
  const end = span.address + bytes.length;
  core.HEAPU8.set(bytes, span.address);
  core.HEAPU8.set(last, end);
  const status = word(STATUSES, made.native.restore(span.address, bytes.length, count, end));
  made.free(span);
  if (status === 'out-of-memory') throw failure(status, 'options.resume', { position: -1 });
  if (status === 'ok') return;
  throw new LacunaError('invalid-argument', 'is not the chain that its head tells of', {
    argument: 'options.resume',
    position: made.native.faultPosition(),
    remedy: 'Call verifyWitness() for the reason',
  });
}

/** The seed as it is recorded. */
function drawSeed(seed: unknown): string | undefined {
  if (seed === undefined) return undefined;
  if (seed === 'crypto') return toHex(crypto.getRandomValues(new Uint8Array(DIGEST)));
  if (typeof seed === 'bigint' || Number.isSafeInteger(seed)) return `${seed as bigint}`;
  throw new LacunaError('invalid-option', `must be an integer or 'crypto', got ${describe(seed)}`, { argument: 'options.seed' });
}

async function sign(head: WitnessHead, key: CryptoKey): Promise<WitnessHead> {
  try {
    return { ...head, signature: toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', key, headMessage(head)))) };
  } catch (cause) {
    throw new LacunaError('invalid-option', 'WebCrypto could not sign with it', {
      argument: 'options.signWith',
      remedy: "Give an Ed25519 private key of crypto.subtle with the usage 'sign'",
      cause,
    });
  }
}
