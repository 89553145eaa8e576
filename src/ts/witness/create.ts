import type { Engine } from '../engine.js';
import { withEngine } from '../with-engine.js';
import type { VerifyOptions, WitnessAction, WitnessBytes, WitnessChain, WitnessHead, WitnessOptions, WitnessVerdict } from './witness.js';

/**
 * A record of set-ups and solves that cannot be changed without being noticed: give it to
 * {@link createSolver} as `witness`. The first one loads a module of its own.
 *
 * Cost: SHAKE-256 of what is recorded, about 4 ns a byte, and 73 bytes an entry; commitments about 1 kB
 * each as long as they are kept.
 *
 * @throws LacunaError `invalid-option`, `invalid-argument`, `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { createSolver, createWitness, SparseMatrix, verifyWitness } from 'lacuna';
 *
 * const witness = await createWitness();
 * const solver = await createSolver(SparseMatrix.fromDense([[2, 1], [1, 2]]), { witness });
 * solver.solve([3, 3]);
 * const head = witness.head(); // keep it apart from the chain, or sign it: head({ signWith: key })
 * console.log(head.count, witness.entry(1).kind); // 2 solve
 * console.log((await verifyWitness(witness.bytes(), head)).reason); // ok
 * console.log((await verifyWitness(witness.bytes().subarray(73), head)).firstBad); // 0
 * solver.dispose();
 * witness.dispose();
 * ```
 */
export async function createWitness(options: WitnessOptions & { engine?: Engine } = {}): Promise<WitnessChain> {
  const [engine, rest] = await withEngine(options);
  return (await engine.maker('policy')).newWitness(rest);
}

/**
 * Checks a witness chain: its links, the head it must lead to (null: the links alone), and with a
 * `publicKey` the signature of the head. Takes the chain whole or in pieces as they come, and names the
 * first bad entry. One permutation of SHAKE-256 for each entry, constant memory.
 *
 * @throws LacunaError `invalid-argument` where the head is none, `invalid-option`, `load-failed`
 * @example
 * ```ts
 * import { createWitness, verifyWitness } from 'lacuna';
 *
 * const witness = await createWitness({ seed: 7 });
 * const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
 * const head = await witness.head({ signWith: privateKey });
 * console.log(await verifyWitness(witness.bytes(), head, { publicKey })); // { valid: true, entries: 1, reason: 'ok' }
 * witness.dispose();
 * ```
 */
export async function verifyWitness(
  bytes: WitnessBytes,
  head: WitnessHead | null,
  options: VerifyOptions & { engine?: Engine } = {},
): Promise<WitnessVerdict> {
  const [engine, rest] = await withEngine(options);
  return (await engine.maker('policy')).verifyWitness(bytes, head, rest);
}

/**
 * The hash that the entry for an action holds, in hexadecimal: whoever has the matrix, right-hand side
 * and solution can tell whether an entry is about them.
 *
 * It is SHAKE-256 (32 bytes) of the fields "lacuna action 1", kind, matrix, rhs, plan, variant, report,
 * result: each as its length in bytes (little-endian u64) and its bytes, an absent one as length 0.
 * Plan and report are canonical JSON (RFC 8785), the report without `setupTime` and `solveTime`. The
 * others are hashes in turn: of a vector that of the field "lacuna vector 1", the count (u64) and the
 * values (float64); of a matrix that of the field "lacuna matrix 1", the 32 bytes of its pattern's
 * hash, the number of stored entries (u64) and the values in CSR order; of a pattern that of the
 * field "lacuna pattern 1", rows, columns and stored entries (u64), row pointers and column indices
 * (int32).
 *
 * @throws LacunaError `invalid-argument`, `invalid-option`, `load-failed`
 * @example
 * ```ts
 * import { actionHash, createSolver, createWitness, SparseMatrix } from 'lacuna';
 *
 * const witness = await createWitness();
 * const matrix = SparseMatrix.fromDense([[2, 1], [1, 2]]);
 * const solver = await createSolver(matrix, { witness });
 * const { x: result, report } = solver.solve([3, 3]);
 * const plan = witness.commitment(1)!.plan!;
 * const hash = await actionHash({ kind: 'solve', matrix, rhs: [3, 3], plan, variant: report.variant, report, result });
 * console.log(hash === witness.entry(1).action); // true
 * solver.dispose();
 * witness.dispose();
 * ```
 */
export async function actionHash(action: WitnessAction, options: { engine?: Engine } = {}): Promise<string> {
  const [engine] = await withEngine(options);
  return (await engine.maker('policy')).actionHash(action);
}
