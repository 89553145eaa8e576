// Types of policy.js: see module.d.ts.
import type { ModuleOptions, NativeHandle, NativeModule } from './module.js';

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

/** One instance of the module for policy and witness. */
export interface PolicyCore extends NativeModule {
  readonly NativeWitness: new () => NativeWitness;
  readonly NativeWitnessVerifier: new () => NativeWitnessVerifier;

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
