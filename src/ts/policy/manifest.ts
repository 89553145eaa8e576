import type { WitnessChain } from '../witness/witness.js';

/** Settings of an acceptance test. */
export interface AcceptanceOptions {
  /**
   * Systems that are never learned from, drawn from the families in turn.
   * @defaultValue 95
   */
  holdout?: number;
  /**
   * Fresh systems to learn from in each cycle; every fourth is a perturbed copy of the one before, with
   * its pattern.
   * @defaultValue 95
   */
  training?: number;
  /** @defaultValue 3 */
  cycles?: number;
  /**
   * Units of work within which a system has to be solved.
   * @defaultValue Infinity
   */
  budget?: number;
  /** @defaultValue 1 */
  seed?: number;
  /**
   * Relative size of the perturbation of every entry on which robustness is judged.
   * @defaultValue 0.01
   */
  noise?: number;
  /** Gets an entry of kind `acceptance` for each mode and cycle, and one for the manifest. */
  witness?: WitnessChain;
}

/** A figure and the interval that holds it with some confidence. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Share of such intervals that hold the true figure. */
  readonly level: number;
}

/** One mode in one cycle, on the frozen holdout. */
export interface CycleRecord {
  readonly cycle: number;
  /** Share of the systems that were solved with a certificate within the budget. */
  readonly solveRate: number;
  /** Units of work of all systems for each that was solved. */
  readonly costPerSolve: number;
  /** The same with every entry perturbed, the same way in every cycle and mode. */
  readonly noisySolveRate: number;
  readonly noisyCostPerSolve: number;
  /** Geometric mean of the cost over that of the cheapest plan, of systems that both solved. */
  readonly regret: number;
  /** Whether what was learned since the cycle before was taken back, since fewer systems were solved. */
  readonly rolledBack: boolean;
}

/** What of a mode is judged by a limit. */
export interface Verdict {
  readonly passed: boolean;
  /** The figure of the last cycle, with its bootstrap interval over the systems of the holdout. */
  readonly value: Interval;
  /** What the estimate must not be above, or below, to pass. */
  readonly limit: number;
  readonly rule: 'at-most' | 'at-least';
}

/** How the rules do on a family, by the training systems of the first cycle. */
export interface FamilyRecord {
  readonly name: string;
  readonly systems: number;
  /** Cost of `auto` over that of the cheapest plans. */
  readonly rulesOverOracle: number;
  /** Whether that is measurably wrong: at least 1.33, with all of its interval above 1.1. */
  readonly rulesWrong: boolean;
}

/** The outcome of an acceptance test. JSON as it is; the same seed and settings give the same manifest. */
export interface AcceptanceManifest {
  readonly version: 1;
  readonly settings: {
    readonly holdout: number;
    readonly training: number;
    readonly cycles: number;
    /** null where there is none. */
    readonly budget: number | null;
    readonly seed: number;
    readonly noise: number;
    readonly learning: string;
  };
  readonly families: readonly FamilyRecord[];
  /** A: one fixed plan by shape. B: the `auto` rules with memory. C: what is learned. */
  readonly modes: { readonly a: readonly CycleRecord[]; readonly b: readonly CycleRecord[]; readonly c: readonly CycleRecord[] };
  readonly verdicts: {
    /** Solve rate of C less that of A: at least 0. */
    readonly solveRate: Verdict;
    /** Cost per certified solve of C over that of A: at most 0.75. */
    readonly costOverFixed: Verdict;
    /** The same over B, on the families where the rules are wrong: at most 0.9; fails where there are none. */
    readonly costOverRules: Verdict;
    /** Cost per certified solve of B over that of A: at most 1. */
    readonly rulesOverFixed: Verdict;
    /** Solve rate of C less that of A on perturbed systems: at least 0. */
    readonly robustness: Verdict;
    /** Geometric mean of the cost of C over that of the cheapest plan: at most 1.3. */
    readonly regret: Verdict;
  };
  /** Whether all verdicts are passed. */
  readonly passed: boolean;
}
