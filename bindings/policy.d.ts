// Types of policy.js: see module.d.ts.
import type { ModuleOptions, NativeHandle, NativeMatrix, NativeModule } from './module.js';

/** A witness chain: see src/cpp/lacuna/witness/chain.hpp. */
export interface NativeWitness extends NativeHandle {
  status(): number;
  faultPosition(): number;
  reserve(more: number): number;
  /** Milliseconds below 0: the entry's number stands for its time. `action`: address of a digest. */
  append(type: number, milliseconds: number, action: number): number;
  restore(bytes: number, size: number, count: number, last: number): number;
  count(): number;
  /** Addresses of 73 bytes for each entry, and of the digest of the last one. */
  bytes(): number;
  last(): number;
}

/** A chain that is being checked, in pieces. */
export interface NativeWitnessVerifier extends NativeHandle {
  /** `last`: address of the head's digest, 0 for no head. */
  begin(count: number, last: number): void;
  absorb(bytes: number, size: number): void;
  /** Address of flaw, entries and first bad entry as float64. */
  verdict(): number;
}

/** What can be saved and restored as text. */
export interface NativeState extends NativeHandle {
  faultPosition(): number;
  /** The state as UTF-8 at `text()`, until `forgetText()`. */
  write(): number;
  text(): number;
  textSize(): number;
  forgetText(): void;
  restore(text: number, bytes: number): number;
  /** Of the latest state refused. */
  faultPointer(): number;
  faultReason(): number;
}

/** A policy: see src/cpp/lacuna/policy/policy.hpp. Layouts are those of bindings/embind/policy_policy.cpp. */
export interface NativePolicy extends NativeState {
  status(): number;
  create(seedLow: number, seedHigh: number, learning: number, speculate: number, cutoff: number, trial: number, entries: number): number;
  /** Address of the features as float64, 0 where there are none. */
  measure(matrix: NativeMatrix, rhsCount: number, rtol: number): number;
  /** Address of a decision as float64. */
  propose(features: number, method: number, preconditioner: number, ordering: number, explore: number): number;
  record(features: number, arm: number, source: number, certified: number, censored: number, firstRung: number, work: number): void;
  recordRace(secondWon: number): void;
  checkpoint(): number;
  rollback(): number;
  merge(other: NativePolicy): number;
  mergeBeyond(other: NativePolicy, base: NativePolicy): number;
  /** Address of figures as float64. */
  stats(): number;
  armCount(): number;
  armName(arm: number): number;
  armCodes(arm: number): number;
}

/** A bandit: see policy_bandit.cpp. Names of contexts are written to `name()`, at most 120 bytes of UTF-8. */
export interface NativeBandit extends NativeState {
  status(): number;
  /** `arms`: names that each end with a zero byte; `prior`: address of six float64. */
  begin(arms: number, bytes: number, count: number, maxContexts: number, cutOff: number, seedLow: number, seedHigh: number, prior: number): number;
  name(): number;
  /** Arm, incumbent, predicted cost and limit at `numbers()`. */
  choose(nameSize: number): number;
  /** `success` −1: not known. */
  record(nameSize: number, arm: number, success: number, cost: number, censored: boolean): number;
  /** Writes a float64 for each arm. */
  chances(nameSize: number, draws: number, out: number): void;
  /** Chosen, recorded, censored, chance of success, median cost, scale, degrees of freedom, score at `numbers()`. */
  explain(nameSize: number, arm: number): void;
  /** Number of the best arm recorded. */
  incumbent(nameSize: number): number;
  /** 1 where there is this context, else 0. */
  knows(nameSize: number): number;
  /** Contexts, evicted, chosen, recorded, censored at `numbers()`. */
  count(): void;
  numbers(): number;
  merge(text: number, bytes: number): number;
}

/** One instance of the module for policy and witness. */
export interface PolicyCore extends NativeModule {
  readonly NativeWitness: new () => NativeWitness;
  readonly NativeWitnessVerifier: new () => NativeWitnessVerifier;
  readonly NativePolicy: new () => NativePolicy;
  readonly NativeBandit: new () => NativeBandit;

  featureName(code: number): number;
  sourceName(code: number): number;
  trustName(code: number): number;
  orderingName(code: number): number;
  bucketName(bucket: number, part: number): number;

  /** The place for what is hashed next, piece after piece, and for digests: see policy_witness.cpp. */
  _lacuna_hash_piece(): number;
  _lacuna_hash_piece_size(): number;
  /** Kinds: 0 pattern, 1 matrix, 2 vector. */
  _lacuna_hash_begin(kind: number, rows: number, cols: number, count: number): void;
  _lacuna_hash_absorb(bytes: number): void;
  _lacuna_hash_end(): void;
  _lacuna_hash_action(lengths: number, bytes: number): void;
  /** So many permutations, to measure them. */
  _lacuna_hash_permute(count: number): number;
}

export default function createPolicyCore(options: ModuleOptions): Promise<PolicyCore>;
