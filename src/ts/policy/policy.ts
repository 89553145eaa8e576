import type { Scoped } from '../dispose.js';
import type { Engine } from '../engine.js';
import type { SparseMatrix } from '../matrix.js';
import type { AsyncControls, SolverOptions } from '../options.js';
import type { Method, Preconditioner } from '../report.js';
import type { Solver } from '../solver.js';
import type { WitnessChain } from '../witness/witness.js';
import type { FEATURES } from './feature-names.js';
import type { AcceptanceManifest, AcceptanceOptions } from './manifest.js';
import type { ProblemSource, TrainOptions, TrainReport } from './training.js';

/** How pivots are ordered, `'auto'` where the method decides. */
export type PlanOrdering = 'auto' | 'natural' | 'amd' | 'nested-dissection' | 'rcm';

/** A whole plan that a policy can choose. */
export interface PolicyArm {
  /** `'auto'`, `'cg+ic'`, `'cholesky:amd'`. */
  readonly name: string;
  readonly method: Method | 'auto';
  readonly preconditioner: Preconditioner | 'auto';
  readonly ordering: PlanOrdering;
}

/**
 * What was measured of a system: plain data, JSON as it is. Of 64 bits each in hexadecimal: the hash of
 * the pattern. `arms` are the names of those that fit, `rulesArm` that which `'auto'` would try first.
 */
export type PolicyFeatures = Readonly<Record<(typeof FEATURES)[number], number>> & {
  /** Changes when a feature is measured in another way. */
  readonly version: number;
  readonly patternHash: string;
  readonly arms: readonly string[];
  readonly rulesArm: string;
};

/** What a job is besides its matrix. */
export interface PolicyJob {
  /**
   * Right-hand sides to come: what is set up once pays over all of them.
   * @defaultValue 1
   */
  rhsCount?: number;
  /**
   * Accuracy asked.
   * @defaultValue 1e-10
   */
  rtol?: number;
}

/** What {@link Policy.propose} takes; parts of the plan may be fixed. */
export interface ProposeOptions extends PolicyJob {
  method?: Method | 'auto';
  preconditioner?: Preconditioner | 'auto';
  ordering?: PlanOrdering;
  /**
   * Draw from what is known, so that what is not known yet gets tried. Without it the plan with the
   * least expected score is proposed, and neither counted nor drawn.
   * @defaultValue true
   */
  explore?: boolean;
}

/**
 * Why a plan was proposed: learning is off or nothing else fits; it worked on this pattern; it has the
 * least score; it is tried against the one that is remembered for the pattern. `'observed'`, in the entries
 * of a witness alone: it was not proposed, but run all the same, in the place of one that failed or in
 * training.
 */
export type PolicySource = 'rules' | 'memory' | 'bandit' | 'challenge' | 'observed';

/** A plan to run. */
export interface PolicyProposal {
  /** What {@link Policy.record} and {@link Policy.explain} know it by. */
  readonly ticket: number;
  readonly arm: string;
  readonly method: Method | 'auto';
  readonly preconditioner: Preconditioner | 'auto';
  readonly ordering: PlanOrdering;
  readonly source: PolicySource;
  /** Work, in model units, past which the plan is to be left; Infinity where there is no limit. */
  readonly limit: number;
  /** A plan to be run beside it, where both are close and little is known. */
  readonly second?: { readonly arm: string; readonly limit: number };
}

/** How the run of a plan ended. */
export interface PolicyOutcome {
  /** Whether its answer was certified. */
  certified: boolean;
  /** What it cost in model units: set-up and all right-hand sides of the job. */
  work: number;
  /**
   * It was cut off at `work`, for that alone: it would have cost as much or more.
   * @defaultValue false
   */
  censored?: boolean;
  /**
   * Of `'auto'`: its first rung was set up and gave the answer.
   * @defaultValue false
   */
  firstRung?: boolean;
}

/** One plan in an explanation. */
export interface PolicyCandidate {
  readonly arm: string;
  /** Expected cost in model units, and the factor that it may be off by (one standard deviation). */
  readonly cost: number;
  readonly factor: number;
  /** Expected chance of a certificate. */
  readonly safety: number;
  /** Outcomes learned from, in any context. */
  readonly runs: number;
  /** What the prior table expects. */
  readonly priorCost: number;
  /** ln of cost less ln of the chance, drawn or expected: the least wins. */
  readonly score: number;
}

/** What is remembered of a pattern. */
export interface RememberedPlan {
  readonly arm: string;
  readonly trust: 'volatile' | 'trusted' | 'quarantined';
  readonly uses: number;
  readonly successes: number;
  readonly counterexamples: number;
  readonly survived: number;
  /** Chance that the next use comes to a certificate within its budget. */
  readonly confidence: number;
  readonly cost: number;
}

/** Why a plan was proposed. */
export interface PolicyExplanation {
  readonly proposal: PolicyProposal;
  readonly features: PolicyFeatures;
  /** The kind of system: shape, dimension and size. */
  readonly context: string;
  readonly remembered?: RememberedPlan;
  /** Plans that fit and are not expected to be far dearer than the best, cheapest first. */
  readonly candidates: readonly PolicyCandidate[];
  /** The reason in words. */
  readonly why: string;
}

/** Counts of all that a policy has gone through, in the state it began with too. */
export interface PolicyStats {
  readonly proposals: number;
  readonly records: number;
  readonly certified: number;
  readonly censored: number;
  readonly fromMemory: number;
  readonly challenges: number;
  readonly challengesWon: number;
  readonly speculations: number;
  readonly speculationsWon: number;
  /** Patterns remembered, and the most that may be. */
  readonly entries: number;
  readonly capacity: number;
  readonly volatile: number;
  readonly trusted: number;
  readonly quarantined: number;
  readonly evictions: number;
  /** Bytes of linear memory of all that is learned. */
  readonly bytes: number;
}

/** All that a policy has learned: plain data, JSON as it is. */
export interface PolicyState {
  readonly schema: 'lacuna-policy';
  readonly version: number;
  /** SHAKE-256 of everything else, 64 hexadecimal digits. */
  readonly checksum: string;
  readonly [member: string]: unknown;
}

/** Settings of a policy. */
export interface PolicyOptions {
  /**
   * What an earlier one learned, as {@link Policy.toJSON} gave it, or its text; with it the draws go on.
   * null for a policy that has learned nothing.
   * @defaultValue what the package ships, learned from 714 systems of 17 families
   */
  state?: PolicyState | string | null;
  /**
   * Of the draws: a safe integer or 64 bits; that of a state goes first.
   * @defaultValue 0
   */
  seed?: number | bigint;
  /**
   * `'full'` learns; `'memory'` only tries again what worked on a pattern, and else does what `'auto'`
   * does; `'off'` always does what `'auto'` does.
   * @defaultValue 'full'
   */
  learning?: 'off' | 'memory' | 'full';
  /**
   * Whether {@link Policy.createSolver} may run two plans side by side where it cannot tell which is
   * better. Which one is kept then depends on the clock, so that runs are not reproducible.
   * @defaultValue false
   */
  speculate?: boolean;
  /**
   * A plan that is only tried is cut off at this multiple of what the best known is expected to cost.
   * @defaultValue 1.25
   */
  cutoff?: number;
  /**
   * A remembered plan is cut off at this multiple of what it has cost.
   * @defaultValue 2
   */
  trial?: number;
  /**
   * Patterns that are remembered at the most, about 100 bytes each.
   * @defaultValue 1024
   */
  memoryEntries?: number;
  /** Gets an entry of kind `policy` for everything that is learned. */
  witness?: WitnessChain;
}

/** Options of {@link Policy.createSolver}. */
export interface PolicySolverOptions extends SolverOptions, AsyncControls {
  /**
   * Right-hand sides to come.
   * @defaultValue 1
   */
  rhsCount?: number;
}

/**
 * Learns which way of solving costs least, by Thompson sampling over whole plans with what is known of
 * their cost and safety, and remembers what worked on a pattern. What it proposes decides about speed
 * alone: the solver certifies every answer and goes on by the rules where a plan fails.
 */
export interface Policy extends Scoped {
  readonly disposed: boolean;
  /** Measures A: a few passes over its entries; what depends on the pattern is kept for the last 16. */
  features(A: SparseMatrix, job?: PolicyJob): PolicyFeatures;
  /** Every plan of this build, or those that fit; `'auto'`, the rules, first. */
  arms(features?: PolicyFeatures): PolicyArm[];
  /**
   * Chooses a plan.
   *
   * @throws LacunaError `invalid-argument`, `invalid-option`, `out-of-memory`, `disposed`
   */
  propose(system: SparseMatrix | PolicyFeatures, options?: ProposeOptions): PolicyProposal;
  /**
   * Learns what came of a proposal; each can be recorded once, of the last 1,000.
   *
   * @throws LacunaError `invalid-argument` for a ticket that is not open
   */
  record(ticket: number | PolicyProposal, outcome: PolicyOutcome): void;
  /** Why a plan was proposed, by default the last one. */
  explain(ticket?: number | PolicyProposal): PolicyExplanation;
  stats(): PolicyStats;
  /** Keeps a copy of all that is learned, in place of an earlier one; `rollback` goes back to it. */
  checkpoint(): void;
  rollback(): void;
  /**
   * Adds what another policy has learned; where both began as copies of `base`, what it has learned
   * since then.
   */
  merge(other: Policy, base?: Policy): void;
  /**
   * A solver by a plan of this policy, which learns from its set-up and first solve.
   *
   * @throws LacunaError as `createSolver`
   */
  createSolver(engine: Engine, A: SparseMatrix, options?: PolicySolverOptions): Promise<Solver>;
  /**
   * Learns from the systems of a source, one after the other: solves each as it proposes, or by every
   * plan that fits. Without a source they are drawn from the families of systems that the policy of the
   * package was trained on: grids, meshes, graphs, circuits, flows and others.
   *
   * @throws LacunaError `invalid-option`, `invalid-argument` for what is no system, as `createSolver`
   * @example
   * ```ts
   * import { createPolicy, getDefaultEngine, SparseMatrix } from 'lacuna';
   *
   * const systems = [10, 20, 30].map((n) => ({ A: SparseMatrix.identity(n), b: new Float64Array(n).fill(1) }));
   * const policy = await createPolicy({ seed: 1 });
   * const { solved } = await policy.train(await getDefaultEngine(), systems);
   * console.log(solved); // 3
   * policy.dispose();
   * ```
   */
  train(engine: Engine, source?: ProblemSource, options?: TrainOptions): Promise<TrainReport>;
  /**
   * Holds a copy of this policy, which is trained on, against a fixed plan and against the `'auto'`
   * rules, on systems that nobody learns from: see {@link AcceptanceManifest}. This policy stays as it is.
   * About a minute with the default settings.
   *
   * @throws LacunaError `invalid-option`, as `createSolver`
   * @example
   * ```ts
   * import { createPolicy, getDefaultEngine } from 'lacuna';
   *
   * const policy = await createPolicy({ learning: 'off' });
   * const { passed } = await policy.acceptance(await getDefaultEngine(), { holdout: 4, training: 4, cycles: 1 });
   * console.log(passed); // false
   * policy.dispose();
   * ```
   */
  acceptance(engine: Engine, options?: AcceptanceOptions): Promise<AcceptanceManifest>;
  /** All that was learned. Settings are no part of it. */
  toJSON(): PolicyState;
  /** Gives the memory back. Idempotent. */
  dispose(): void;
}
