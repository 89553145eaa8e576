import type { SparseMatrix } from '../matrix.js';
import type { WitnessChain } from '../witness/witness.js';

/** A system to solve. */
export interface PolicySystem {
  readonly A: SparseMatrix;
  /** Right-hand side of as many values as A has rows. */
  readonly b: Float64Array;
}

/** Where systems to learn from come from: any number of them, one after the other. */
export type ProblemSource = Iterable<PolicySystem> | AsyncIterable<PolicySystem>;

/** Settings of training. */
export interface TrainOptions {
  /**
   * What is run on each system: the plan that is proposed, as in use, or every plan that fits, which
   * takes about ten times as long and learns what it would have learned of choosing each.
   * @defaultValue 'proposed'
   */
  runs?: 'proposed' | 'all';
  /**
   * Systems to learn from at the most.
   * @defaultValue all of the source; 280 of the families
   */
  systems?: number;
  /**
   * Seed of the systems that are drawn where there is no source.
   * @defaultValue 1
   */
  seed?: number;
  /** Gets an entry of kind `train` at the end. */
  witness?: WitnessChain;
}

/** What training did. */
export interface TrainReport {
  /** Systems learned from. */
  readonly systems: number;
  /** How many of them the chosen plan solved with a certificate. */
  readonly solved: number;
  /** Units of work of these plans. */
  readonly work: number;
}
