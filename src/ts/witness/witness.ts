import type { Scoped } from '../dispose.js';
import type { SparseMatrix } from '../matrix.js';
import type { Output } from '../options.js';
import type { SetupReport, SolveReport } from '../report.js';

/** A key of WebCrypto: a `CryptoKey`, by what libraries without DOM types know of it. */
export interface WebKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** What an entry is about, and its type byte: `seed` 1, `acceptance` 2, `build` 64, `solve` 65, `train` 66, `policy` 67. */
export type WitnessKind = 'seed' | 'acceptance' | 'build' | 'solve' | 'train' | 'policy';

/** Settings of {@link createWitness}. */
export interface WitnessOptions {
  /**
   * What the time of an entry is: its number, so that the same work gives the same chain, or the time
   * of day in nanoseconds since 1970.
   * @defaultValue 'sequence'
   */
  clock?: 'sequence' | 'time';
  /**
   * Recorded as first entry. `'crypto'` takes 32 bytes from `crypto.getRandomValues`: then no two chains
   * are alike.
   */
  seed?: number | bigint | 'crypto';
  /**
   * How many commitments are kept for {@link WitnessChain.commitment}: those of the latest entries, about
   * 1 kB each.
   * @defaultValue 1000
   */
  keep?: number;
  /** A chain to go on from; refused (`invalid-argument`) where it does not verify. */
  resume?: { readonly bytes: Uint8Array; readonly head: WitnessHead };
}

/** How long a chain is and how it ends: what has to be kept apart from it. JSON as it is. */
export interface WitnessHead {
  /** Entries. */
  readonly count: number;
  /** SHAKE-256 of the last entry, 64 hexadecimal digits; zeros where there is none. */
  readonly last: string;
  /**
   * Ed25519 signature, 128 hexadecimal digits: of the ASCII text "lacuna witness head 1", the count as
   * little-endian u64 and the 32 bytes of `last`.
   */
  readonly signature?: string;
}

/** One entry of a chain. */
export interface WitnessEntry {
  readonly kind: WitnessKind | 'other';
  /** The type byte. */
  readonly type: number;
  /** Its number, or nanoseconds since 1970. */
  readonly time: bigint;
  /** Hash of the entry before, and of the action, in hexadecimal. */
  readonly previous: string;
  readonly action: string;
}

/** What an action hash is made of, ready to be kept as JSON; hashes in hexadecimal. */
export interface WitnessCommitment {
  readonly kind: WitnessKind;
  readonly matrix?: string;
  readonly rhs?: string;
  /** What was asked for: of a solve `transpose`, `rtol`, `atol`, `maxiter` (0: the default), `refine`. */
  readonly plan?: object;
  readonly variant?: string;
  /** The report; its members `setupTime` and `solveTime` are not hashed. */
  readonly report?: object;
  readonly result?: string;
}

/** The same with the things themselves in place of their hashes: either will do. */
export interface WitnessAction extends Omit<WitnessCommitment, 'matrix' | 'rhs' | 'result'> {
  readonly matrix?: SparseMatrix | string;
  readonly rhs?: ArrayLike<number> | string;
  readonly result?: ArrayLike<number> | string;
}

/** A chain as bytes, in one piece or as they come. */
export type WitnessBytes = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Settings of {@link verifyWitness}. */
export interface VerifyOptions {
  /** Ed25519 key that the head must be signed with. */
  publicKey?: WebKey;
}

/**
 * Why a chain was refused: an entry does not hold the hash of the one before; the length is no multiple
 * of 73; entries are missing, or there are more than the head knows; it is another chain, or its last
 * entry was changed; the head is not signed, or not by this key.
 */
export type WitnessFlaw = 'broken-link' | 'partial-entry' | 'missing' | 'surplus' | 'wrong-last' | 'unsigned' | 'bad-signature';

/** The outcome of {@link verifyWitness}. */
export interface WitnessVerdict {
  readonly valid: boolean;
  /** Whole entries found. */
  readonly entries: number;
  /** Number of the first entry that is changed, missing or too much. */
  readonly firstBad?: number;
  /** `'ok'`; `'links-only'` where no head was given, so that changes of the end cannot be seen. */
  readonly reason: 'ok' | 'links-only' | WitnessFlaw;
}

/** @internal What a solver tells its witness. */
export interface Recorder {
  /** Makes room for so many entries, so that recording them cannot fail; throws where there is none. */
  expect(entries: number): void;
  /** A set-up; `values` where they are new. */
  built(report: SetupReport, values?: Float64Array): void;
  solved(request: SolvePlan, rhs: Float64Array, x: Output, report: SolveReport): void;
}

/** @internal What was asked of a solve. */
export interface SolvePlan {
  readonly transpose: boolean;
  readonly rtol: number;
  readonly atol: number;
  readonly maxiter: number;
  readonly refine: boolean;
}

/**
 * A record of what was done that cannot be changed without being noticed: made by
 * {@link createWitness}, given to solvers as option `witness`. Each entry holds the hash of the one
 * before; the head, kept elsewhere or signed, gives away every change, cut and extension. 73 bytes an
 * entry, as in the RVF witness format.
 */
export interface WitnessChain extends Scoped {
  /** Entries so far. */
  readonly length: number;
  /** What was recorded as seed: decimal, or hexadecimal if it came from the host. */
  readonly seed: string | undefined;
  readonly disposed: boolean;
  /**
   * Adds an entry for something that was done elsewhere, and returns its number.
   *
   * @throws LacunaError `invalid-argument`, `out-of-memory`, `disposed`; the chain is as before then
   */
  append(action: WitnessAction): number;
  /** A copy of the chain, 73 bytes for each entry. */
  bytes(): Uint8Array;
  /** Entry number `index`. */
  entry(index: number): WitnessEntry;
  /**
   * What the action hash of an entry is made of, as long as it is kept: `actionHash` of it is the
   * entry's `action`, and with the matrix, right-hand side or result in place of its hash still is.
   */
  commitment(index: number): WitnessCommitment | undefined;
  /** Count and last hash. */
  head(): WitnessHead;
  /** The same signed with an Ed25519 private key, through WebCrypto. */
  head(options: { signWith: WebKey }): Promise<WitnessHead>;
  /** Gives the memory back. Idempotent; solvers that have this witness refuse to go on. */
  dispose(): void;
  /** @internal Hashes A for a solver that is about to be set up. */
  watch(A: SparseMatrix): Recorder;
}
