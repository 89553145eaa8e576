import type { NativePolicy, PolicyCore } from '#policy-core';
import type { Engine } from '../engine.js';
import type { SparseMatrix as Matrix } from '../matrix.js';
import type { Solver } from '../solver.js';
import type { WitnessChain } from '../witness/witness.js';
import { acceptance } from './acceptance.js';
import { createPlannedSolver } from './create-solver.js';
import { restoreState, writeState } from './state.js';
import { Decision, explanation, SOURCES } from './decision.js';
import { FEATURE_FIELDS, packFeatures, readFeatures } from './features.js';
import type { AcceptanceManifest, AcceptanceOptions } from './manifest.js';
import { train } from './train.js';
import type { ProblemSource, TrainOptions, TrainReport } from './training.js';
import type {
  Policy,
  PolicyArm,
  PolicyExplanation,
  PolicyFeatures,
  PolicyJob,
  PolicyOptions,
  PolicyOutcome,
  PolicyProposal,
  PolicySolverOptions,
  PolicyState,
  PolicyStats,
  ProposeOptions,
} from './policy.js';
import {
  checkChoice,
  checkFlag,
  checkNumber,
  checkOptions,
  checkOrdering,
  describe,
  failure,
  Held,
  type Host,
  LacunaError,
  makeScoped,
  marshal,
  METHODS,
  ORDERINGS,
  PRECONDITIONERS,
  Resources,
  type Span,
  SparseMatrix,
  type Status,
  STATUSES,
  textAt,
  word,
} from '../shared.js';

const LEARNING = ['full', 'off', 'memory'] as const;
/** Codes of `Learning` in the core, in the order of the words. */
const LEARNING_CODES = [2, 0, 1] as const;
const JOB_KEYS = ['rhsCount', 'rtol'] as const;
/** Tickets that stay open: older ones are forgotten. */
const OPEN_TICKETS = 1000;

const STATS = [
  'proposals',
  'records',
  'certified',
  'censored',
  'fromMemory',
  'challenges',
  'challengesWon',
  'speculations',
  'speculationsWon',
  'entries',
  'capacity',
  'volatile',
  'trusted',
  'quarantined',
  'evictions',
  'bytes',
] as const satisfies readonly (keyof PolicyStats)[];

/** What is kept of a proposal. */
interface Ticket {
  readonly proposal: PolicyProposal;
  readonly features: PolicyFeatures;
  readonly decision: Decision;
  recorded: boolean;
}

/** A policy in linear memory. */
export class LearningPolicy extends Held implements Policy {
  /** How much it learns. */
  readonly learning: 'off' | 'memory' | 'full';
  readonly #host: Host<PolicyCore>;
  readonly #settings: PolicyOptions;
  readonly #native: NativePolicy;
  readonly #given: Span;
  readonly #witness: WitnessChain | undefined;
  readonly #arms: readonly PolicyArm[];
  readonly #names: readonly string[];
  /** Features of matrices, which never change, by the job. */
  readonly #measured = new WeakMap<Matrix, Map<string, PolicyFeatures>>();
  readonly #tickets = new Map<number, Ticket>();
  #latest = 0;

  constructor(host: Host<PolicyCore>, options: PolicyOptions | undefined) {
    const given = checkOptions(options, ['state', 'seed', 'learning', 'speculate', 'cutoff', 'trial', 'memoryEntries', 'witness']);
    const seed = checkSeed(given.seed);
    const learning = LEARNING_CODES[checkChoice('learning', given.learning, LEARNING)]!;
    const speculate = checkFlag('speculate', given.speculate, false);
    const atLeastOne = (name: 'cutoff' | 'trial', fallback: number) =>
      checkNumber(name, given[name], fallback, 'a finite number of at least 1', (v) => v >= 1 && v < Infinity);
    const cutoff = atLeastOne('cutoff', 1.25);
    const trial = atLeastOne('trial', 2);
    const entries = checkNumber('memoryEntries', given.memoryEntries, 1024, 'an integer from 1 to 1048576', (v) =>
      Number.isInteger(v) && v >= 1 && v <= 2 ** 20,
    );
    if (given.witness !== undefined && !given.witness?.append) {
      throw new LacunaError('invalid-option', `must be a witness, got ${describe(given.witness)}`, { argument: 'options.witness' });
    }
    const made = host.run((core) => {
      const resources = new Resources(core, new core.NativePolicy());
      try {
        const half = (bits: bigint) => Number(BigInt.asUintN(32, bits));
        check(resources.native.create(half(seed), half(seed >> 32n), learning, +speculate, cutoff, trial, entries), 'options');
        if (given.state != null) restoreState(core, resources, given.state, 'options.state');
        return { resources, given: resources.span(FEATURE_FIELDS) };
      } catch (error) {
        resources.release();
        throw error;
      }
    });
    super(host, made.resources, 'policy', 'createPolicy');
    this.#host = host;
    this.#settings = given;
    this.learning = given.learning ?? 'full';
    this.#native = made.resources.native;
    this.#given = made.given;
    this.#witness = given.witness;
    this.#arms = readArms(host.core(), this.#native);
    this.#names = this.#arms.map(({ name }) => name);
  }

  features(A: Matrix, job?: PolicyJob): PolicyFeatures {
    this.core();
    const { rhsCount, rtol } = checkJob(checkOptions(job, JOB_KEYS));
    return this.#measure(A, rhsCount, rtol);
  }

  arms(features?: PolicyFeatures): PolicyArm[] {
    if (features === undefined) return [...this.#arms];
    packFeatures(features, this.#names);
    return this.#arms.filter(({ name }) => features.arms.includes(name));
  }

  propose(system: Matrix | PolicyFeatures, options?: ProposeOptions): PolicyProposal {
    const core = this.#core();
    const given = checkOptions(options, [...JOB_KEYS, 'method', 'preconditioner', 'ordering', 'explore']);
    const job = checkJob(given);
    const method = checkChoice('method', given.method, METHODS);
    const preconditioner = checkChoice('preconditioner', given.preconditioner, PRECONDITIONERS);
    const ordering = checkOrdering(given.ordering);
    const explore = checkFlag('explore', given.explore, true);
    const features = system instanceof SparseMatrix ? this.#measure(system, job.rhsCount, job.rtol) : forJob(checkFeatures(system), given);
    this.#give(features);
    const address = this.#host.run(() => this.#native.propose(this.#given.address, method, preconditioner, ordering, +explore));
    const decision = new Decision(core, address);
    const { name, ...plan } = this.#arms[decision.arm]!;
    const proposal: PolicyProposal = {
      ticket: ++this.#latest,
      arm: name,
      ...plan,
      source: SOURCES[decision.source]!,
      limit: decision.limit,
      ...(decision.second >= 0 && { second: { arm: this.#names[decision.second]!, limit: decision.secondLimit } }),
    };
    this.#tickets.set(proposal.ticket, { proposal, features, decision, recorded: false });
    this.#tickets.delete(proposal.ticket - OPEN_TICKETS);
    return proposal;
  }

  record(ticket: number | PolicyProposal, outcome: PolicyOutcome): void {
    this.core();
    const found = this.#ticket(ticket);
    if (found.recorded) throw unknownTicket(ticket, 'was recorded before');
    this.learn(found.features, found.proposal.arm, found.proposal.source, outcome);
    found.recorded = true;
  }

  explain(ticket: number | PolicyProposal = this.#latest): PolicyExplanation {
    const core = this.#core();
    const { proposal, features, decision } = this.#ticket(ticket);
    const part = (k: number) => textAt(core, core.bucketName(decision.bucket, k));
    return explanation(decision, proposal, features, `${part(0)}/${part(1)}/${part(2)}`, this.#names);
  }

  stats(): PolicyStats {
    const core = this.#core();
    const at = (this.#host.run(() => this.#native.stats()) >>> 0) / 8;
    return Object.fromEntries(STATS.map((name, k) => [name, core.HEAPF64[at + k]!])) as unknown as PolicyStats;
  }

  checkpoint(): void {
    this.core();
    check(this.#host.run(() => this.#native.checkpoint()), 'checkpoint');
  }

  rollback(): void {
    this.core();
    const status = word(STATUSES, this.#host.run(() => this.#native.rollback()));
    if (status === 'not-ready') {
      throw new LacunaError('invalid-argument', 'there is nothing to go back to', { argument: 'rollback', remedy: 'Call checkpoint() before' });
    }
    checkStatus(status, 'rollback');
    this.#note({ rollback: true });
  }

  merge(other: Policy, base?: Policy): void {
    this.core();
    const theirs = this.#peer(other, 'other');
    const common = base === undefined ? undefined : this.#peer(base, 'base');
    check(this.#host.run(() => (common === undefined ? this.#native.merge(theirs) : this.#native.mergeBeyond(theirs, common))), 'other');
    this.#note({ merged: true });
  }

  train(engine: Engine, source?: ProblemSource, options?: TrainOptions): Promise<TrainReport> {
    this.core();
    return train(this, engine, source, options);
  }

  acceptance(engine: Engine, options?: AcceptanceOptions): Promise<AcceptanceManifest> {
    this.core();
    return acceptance(this, engine, options);
  }

  /** @internal Another policy with the settings of this one but for some, which has learned nothing. */
  sibling(settings: PolicyOptions): LearningPolicy {
    const { witness: _witness, state: _state, ...mine } = this.#settings;
    return new LearningPolicy(this.#host, { ...mine, ...settings, state: null });
  }

  toJSON(): PolicyState {
    const core = this.#core();
    return JSON.parse(this.#host.run(() => writeState(core, this.#native, 'policy'))) as PolicyState;
  }

  /** @internal Starts from what the shipped policy has learned, with draws of its own. */
  begin(shipped: PolicyState): void {
    const other = new LearningPolicy(this.#host, { state: shipped });
    try {
      check(this.#host.run(() => this.#native.merge(other.#native)), 'state');
    } finally {
      other.dispose();
    }
  }

  createSolver(engine: Engine, A: Matrix, options?: PolicySolverOptions): Promise<Solver> {
    return createPlannedSolver(this, engine, A, options);
  }

  /** @internal Learns of a plan that no ticket stands for: one that was fallen back on, or a second one. */
  observe(features: PolicyFeatures, arm: string, outcome: PolicyOutcome): void {
    this.core();
    if (!this.#names.includes(arm)) throw new LacunaError('invalid-argument', `there is no plan ${describe(arm)}`, { argument: 'arm' });
    this.learn(features, arm, 'observed', outcome);
  }

  /** @internal Learns what came of a plan; a witness besides that of this policy gets an entry too. */
  learn(features: PolicyFeatures, arm: string, source: PolicyProposal['source'], outcome: PolicyOutcome, besides?: WitnessChain): void {
    const given = checkOptions(outcome, ['certified', 'work', 'censored', 'firstRung'], 'outcome');
    const flag = (name: 'certified' | 'censored' | 'firstRung') => {
      const value = given[name];
      if (value !== undefined && typeof value !== 'boolean') {
        throw new LacunaError('invalid-argument', `must be true or false, got ${describe(value)}`, { argument: `outcome.${name}` });
      }
      return +(value ?? false);
    };
    const certified = flag('certified');
    const censored = flag('censored');
    const firstRung = flag('firstRung');
    const work = given.work as unknown;
    if (typeof work !== 'number' || !(work >= 0 && work < Infinity)) {
      throw new LacunaError('invalid-argument', `must be a finite number of at least 0, got ${describe(work)}`, { argument: 'outcome.work' });
    }
    this.#give(features);
    const k = this.#names.indexOf(arm);
    this.#host.run(() => this.#native.record(this.#given.address, k, SOURCES.indexOf(source), certified, censored, firstRung, work));
    const report = { arm, source, certified: certified === 1, censored: censored === 1, work };
    this.#note(report);
    if (besides !== this.#witness) besides?.append({ kind: 'policy', report });
  }

  /** @internal A ticket whose outcome was learned by {@link learn}. */
  close(ticket: number): void {
    const found = this.#tickets.get(ticket);
    if (found !== undefined) found.recorded = true;
  }

  /** @internal */
  featuresOf(proposal: PolicyProposal): PolicyFeatures {
    return this.#ticket(proposal).features;
  }

  /** @internal Counts a race of two plans. */
  raced(secondWon: boolean): void {
    this.core();
    this.#host.run(() => this.#native.recordRace(+secondWon));
  }

  #core(): PolicyCore {
    this.core();
    return this.#host.core();
  }

  #measure(A: Matrix, rhsCount: number, rtol: number): PolicyFeatures {
    if (!(A instanceof SparseMatrix)) {
      throw new LacunaError('invalid-argument', `must be a SparseMatrix, got ${describe(A)}`, { argument: 'A' });
    }
    let jobs = this.#measured.get(A);
    if (jobs === undefined) this.#measured.set(A, (jobs = new Map()));
    const key = `${rhsCount} ${rtol}`;
    let features = jobs.get(key);
    if (features !== undefined) return features;
    const [known] = jobs.values();
    features = known === undefined ? this.#measureAnew(A, rhsCount, rtol) : forJob(known, { rhsCount, rtol });
    jobs.set(key, features);
    return features;
  }

  #measureAnew(A: Matrix, rhsCount: number, rtol: number): PolicyFeatures {
    const core = this.#core();
    const matrix = new core.NativeMatrix();
    try {
      marshal(core, matrix, A);
      const sealed = word(STATUSES, this.#host.run(() => matrix.seal()));
      if (sealed !== 'ok') throw failure(sealed, 'A', { method: 'auto', preconditioner: 'none', position: matrix.faultPosition(), partner: -1 });
      const address = this.#host.run(() => this.#native.measure(matrix, rhsCount, rtol));
      check(this.#native.status(), 'A');
      return readFeatures(core, address, this.#names);
    } finally {
      matrix.delete();
    }
  }

  #give(features: PolicyFeatures): void {
    this.#given.view().set(packFeatures(features, this.#names));
  }

  #note(report: object): void {
    this.#witness?.append({ kind: 'policy', report });
  }

  #ticket(ticket: number | PolicyProposal): Ticket {
    const found = this.#tickets.get(typeof ticket === 'number' ? ticket : ticket?.ticket);
    if (found !== undefined) return found;
    throw unknownTicket(ticket, 'is not one of the last 1,000 of this policy');
  }

  #peer(policy: Policy, argument: string): NativePolicy {
    if (policy instanceof LearningPolicy && policy.#host === this.#host) {
      policy.core();
      return policy.#native;
    }
    throw new LacunaError('invalid-argument', 'must be a policy of the same engine', {
      argument,
      remedy: 'Make one of its state: createPolicy({ state: other.toJSON(), engine })',
    });
  }
}

makeScoped(LearningPolicy, 'Policy');

function readArms(core: PolicyCore, native: NativePolicy): PolicyArm[] {
  return Array.from({ length: native.armCount() }, (_, k) => {
    const codes = native.armCodes(k);
    return Object.freeze({
      name: textAt(core, native.armName(k)),
      method: word(METHODS, codes & 255),
      preconditioner: word(PRECONDITIONERS, (codes >> 8) & 255),
      ordering: word(ORDERINGS, codes >> 16) as PolicyArm['ordering'],
    });
  });
}

function checkSeed(seed: unknown): bigint {
  if (seed === undefined) return 0n;
  if (typeof seed === 'bigint' || Number.isSafeInteger(seed)) return BigInt.asUintN(64, BigInt(seed as bigint | number));
  throw new LacunaError('invalid-option', `must be a safe integer or a bigint, got ${describe(seed)}`, { argument: 'options.seed' });
}

function checkJob(job: PolicyJob): Required<PolicyJob> {
  return {
    rhsCount: checkNumber('rhsCount', job.rhsCount, 1, 'an integer of at least 1', (v) => Number.isSafeInteger(v) && v >= 1),
    rtol: checkNumber('rtol', job.rtol, 1e-10, 'a finite number of at least 0', (v) => v >= 0 && v < Infinity),
  };
}

function checkFeatures(value: unknown): PolicyFeatures {
  if (typeof value === 'object' && value !== null) return value as PolicyFeatures;
  throw new LacunaError('invalid-argument', `must be a SparseMatrix or its features, got ${describe(value)}`, { argument: 'system' });
}

/** The features with another job, where one is given. */
function forJob(features: PolicyFeatures, { rhsCount = features.rhsCount, rtol = features.rtol }: PolicyJob): PolicyFeatures {
  if (rhsCount === features.rhsCount && rtol === features.rtol) return features;
  return Object.freeze({ ...features, rhsCount, rtol });
}

function unknownTicket(ticket: unknown, message: string): LacunaError {
  return new LacunaError('invalid-argument', message, {
    argument: 'ticket',
    details: { ticket: typeof ticket === 'object' ? (ticket as PolicyProposal | null)?.ticket : ticket },
  });
}

function check(code: number, argument: string): void {
  checkStatus(word(STATUSES, code), argument);
}

function checkStatus(status: Status, argument: string): void {
  if (status !== 'ok') throw failure(status, argument, { method: 'auto', preconditioner: 'none', position: -1, partner: -1 });
}
