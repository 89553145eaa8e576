import type { Scoped } from '../dispose.js';

/** Beta distribution of a chance; (1, 1) knows nothing. */
export interface SuccessPrior {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Normal-inverse-gamma distribution of mean and variance of ln cost: variance ~ inverse gamma(alpha,
 * beta), mean ~ normal(mean, variance / kappa). Worth `kappa` observations of the mean and 2·alpha of
 * the variance.
 */
export interface CostPrior {
  readonly mean: number;
  readonly kappa: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Settings of {@link createBandit}. */
export interface BanditOptions {
  /** Names of what there is to choose from: different ones of 1 to 120 bytes in UTF-8. */
  arms?: readonly string[];
  /**
   * The same seed and history give the same choices on every platform. `'crypto'` takes 64 bits from
   * `crypto.getRandomValues`; they are part of the state.
   * @defaultValue 0
   */
  seed?: number | bigint | 'crypto';
  /**
   * How many contexts are kept. A new one takes the place of that which was chosen in or recorded least
   * recently. 132 bytes and 80 an arm each, taken as they come.
   * @defaultValue 1024
   */
  maxContexts?: number;
  /**
   * An arm that is not the incumbent is to be cut off at this multiple of the cost predicted for the
   * incumbent: more than 1; `Infinity` for never.
   * @defaultValue 4
   */
  cutOff?: number;
  /**
   * What is known of every arm in every context beforehand.
   * @defaultValue success (1, 1), cost mean 0, kappa 0.01, alpha 1, beta 1
   */
  prior?: { readonly success?: SuccessPrior; readonly cost?: CostPrior };
  /** What {@link Bandit.toJSON} gave, or its text: it holds all other options. */
  state?: BanditState | string;
}

/** What is known of an arm in a context, as part of a state. */
export interface BanditArmState {
  readonly chosen: number;
  readonly recorded: number;
  readonly censored: number;
  readonly success: SuccessPrior;
  readonly cost: CostPrior;
}

/**
 * A bandit as JSON. The checksum is SHAKE-256 of the values: order of members, spaces and the writing
 * of numbers may change, nothing else.
 */
export interface BanditState {
  readonly schema: 'lacuna-bandit';
  readonly version: 1;
  readonly arms: readonly string[];
  readonly maxContexts: number;
  /** 0 for never. */
  readonly cutOff: number;
  /** 64 bits as decimal digits: the seed, and where the generator is. */
  readonly seed: string;
  readonly random: string;
  readonly evicted: number;
  readonly prior: { readonly success: SuccessPrior; readonly cost: CostPrior };
  /** From the least to the most recently used; records in the order of `arms`. */
  readonly contexts: readonly { readonly name: string; readonly arms: readonly BanditArmState[] }[];
  readonly checksum: string;
}

/** A choice of {@link Bandit.choose}. */
export interface BanditChoice {
  readonly arm: string;
  /** See {@link Bandit.best}. */
  readonly incumbent: string;
  /** Cost predicted for `arm`: the median. */
  readonly predicted: number;
  /** Cost at which to cut the run off, and to record it as censored; `Infinity` for none. */
  readonly limit: number;
}

/** What came of a run. */
export interface BanditOutcome {
  /** Left out where it isn't known, as of a run that was cut off. */
  success?: boolean;
  /** Positive, in any unit, of failures too. */
  cost: number;
  /**
   * The run was cut off: it would have cost `cost` or more.
   * @defaultValue false
   */
  censored?: boolean;
}

/** One arm in {@link BanditExplanation}. */
export interface BanditArm {
  readonly arm: string;
  /** How often it was chosen and recorded, and how many of these were censored. */
  readonly chosen: number;
  readonly recorded: number;
  readonly censored: number;
  /** Mean of its chance of success. */
  readonly success: number;
  /** Median cost. */
  readonly cost: number;
  /** How well that is known: scale and degrees of freedom of the Student-t distribution of the mean of ln cost. */
  readonly spread: number;
  readonly dof: number;
  /** ln cost less ln success: ln of the cost of a success where failures are run again. */
  readonly score: number;
  /** Chance of being chosen now, within 0.01 (one standard error, from 2,500 draws). */
  readonly chance: number;
}

/** Why {@link Bandit.choose} chooses as it does. */
export interface BanditExplanation {
  readonly context: string;
  /** Whether anything is kept of this context; else the arms show the prior. */
  readonly known: boolean;
  readonly incumbent: string;
  readonly arms: readonly BanditArm[];
}

/** Sizes of a bandit; runs are counted in the contexts that are kept. */
export interface BanditStats {
  readonly contexts: number;
  readonly maxContexts: number;
  readonly evicted: number;
  readonly chosen: number;
  readonly recorded: number;
  readonly censored: number;
}

/**
 * Learns by Thompson sampling which of several arms is best in which context; made by
 * {@link createBandit}. For each arm and context there is a Beta posterior of success and a
 * normal-inverse-gamma posterior of ln cost; an outcome that was cut off counts as the bound that it
 * is. The arm chosen has the least score: a sample of its mean ln cost less ln of a sample of its
 * chance of success.
 */
export interface Bandit extends Scoped {
  readonly arms: readonly string[];
  readonly disposed: boolean;
  /**
   * Chooses an arm in a context, any string of at most 120 bytes in UTF-8, which is added where it is
   * new. About a microsecond and 0.3 µs for each arm.
   *
   * @throws LacunaError `invalid-argument`, `out-of-memory`, `disposed`; nothing has changed then
   */
  choose(context: string): BanditChoice;
  /**
   * Learns from a run: of an arm that was chosen, or of any other.
   *
   * @throws LacunaError `invalid-argument`, `out-of-memory`, `disposed`; nothing has changed then
   */
  record(context: string, arm: string, outcome: BanditOutcome): void;
  /**
   * The incumbent: of the arms that were recorded in this context, that with the least expected cost of a
   * success by what is known now; the first of `arms` where none was. For use without learning: changes
   * nothing.
   */
  best(context: string): string;
  /**
   * How likely each arm is to be chosen now, from so many draws of a generator of their own: standard
   * error at most 0.5/√draws. Changes nothing.
   */
  chances(context: string, options?: { draws?: number }): Record<string, number>;
  /** What is known of a context, and what follows. Changes nothing. */
  explain(context: string): BanditExplanation;
  stats(): BanditStats;
  /** The whole state; `createBandit({ state })` goes on from it. */
  toJSON(): BanditState;
  /**
   * Adds what another bandit has learned from the same prior with the same arms and options, but for seed and
   * maxContexts, apart from this one: as if its outcomes had been recorded here afterwards (exactly so,
   * but for censored ones). What both have learned from a common state would count twice.
   *
   * @throws LacunaError `invalid-argument`, `unsupported-format`, `out-of-memory`, `disposed`; nothing has changed then
   */
  merge(other: Bandit | BanditState | string): void;
  /** Gives the memory back. Idempotent. */
  dispose(): void;
}
